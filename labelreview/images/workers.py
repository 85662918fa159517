"""A few processes that make small pictures, and who comes first: whoever waits now, before what is only made ahead."""

import atexit
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from labelreview.errors import InputError
from labelreview.images.cache import Cache
from labelreview.images.opening import Picture
from labelreview.images.source import Original, unreadable

COUNT = max(2, min(4, os.cpu_count() or 2))
PATIENCE, LONGEST = 30.0, 20.0  # seconds until a worker is free; seconds that one picture may take
PACKAGE = Path(__file__).resolve().parents[2]


@dataclass
class Job:
    """One picture to make. It becomes urgent when somebody comes to wait for it."""

    key: str
    original: Original
    size: int
    urgent: bool
    cache: Cache


class Workers:
    """The processes: started when they are needed, one of them kept free for what is urgent."""

    def __init__(self, count: int = COUNT, longest: float = LONGEST) -> None:
        self._count, self._longest = max(count, 2), longest
        self._idle: list[_Worker] = []
        self._out, self._urgent, self._closed = 0, 0, False
        self._changed = threading.Condition()

    def made(self, job: Job) -> Picture:
        """The picture, made by a process of its own. InputError says why there is none."""
        worker = self._taken(job)
        try:
            answer, data = worker.ask(self._question(job), job.original, self._longest)
        except _Ended as end:
            raise unreadable(job.original.name, str(end)) from None
        finally:
            self._give_back(worker)
        if "bug" in answer:
            raise RuntimeError(answer["bug"])
        if "problem" in answer:
            raise InputError(answer["problem"])
        return Picture(data, answer["type"])

    def hurry(self, job: Job) -> None:
        """Somebody waits for it now."""
        with self._changed:
            job.urgent = True
            self._changed.notify_all()

    def start(self) -> None:
        """Have a process ready before the first picture is asked for."""
        with self._changed:
            if self._closed or self._idle or self._out:
                return
            self._idle.append(_Worker())

    def close(self) -> None:
        with self._changed:
            self._closed, idle, self._idle = True, self._idle, []
            self._changed.notify_all()
        for worker in idle:
            worker.end()

    def _question(self, job: Job) -> dict[str, Any]:
        path = None if isinstance(job.original.content, bytes) else str(job.original.content)
        length = len(job.original.content) if isinstance(job.original.content, bytes) else 0
        about = {"name": job.original.name, "path": path, "length": length, "size": job.size, "key": job.key}
        return {**about, "cache": str(job.cache.folder), "limit": job.cache.limit}

    def _taken(self, job: Job) -> "_Worker":
        end = time.monotonic() + PATIENCE
        with self._changed:
            counted = False
            try:
                while not self._may_take(job):
                    if job.urgent and not counted:
                        self._urgent, counted = self._urgent + 1, True
                    if self._closed or (job.urgent and time.monotonic() > end):
                        raise unreadable(job.original.name, "has to wait: the server is making other pictures")
                    self._changed.wait(1.0)
            finally:
                self._urgent -= counted
            self._out += 1
            if self._idle:
                return self._idle.pop()
        try:
            return _Worker()
        except OSError as error:
            self._give_back(None)
            raise unreadable(job.original.name, f"cannot be made smaller ({error})") from None

    def _may_take(self, job: Job) -> bool:
        free = self._count - self._out
        return not self._closed and (free > 0 if job.urgent else free > 1 and not self._urgent)

    def _give_back(self, worker: "_Worker | None") -> None:
        with self._changed:
            self._out -= 1
            if worker is not None and worker.works and not self._closed:
                self._idle.append(worker)
                worker = None
            self._changed.notify_all()
        if worker is not None:
            worker.end()


@cache
def shared() -> Workers:
    """The workers of this process, ended with it."""
    made = Workers()
    atexit.register(made.close)
    return made


class _Ended(Exception):
    """The process is gone; the message completes "Image 'x' ..."."""


class _Worker:
    """One process and its pipes."""

    def __init__(self) -> None:
        paths = [str(PACKAGE), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "labelreview.images.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )

    def ask(self, question: dict[str, Any], original: Original, longest: float) -> tuple[dict[str, Any], bytes]:
        """The answer; _Ended when the process crashed, or was ended because it took too long."""
        questions, answers = self._process.stdin, self._process.stdout
        if questions is None or answers is None:
            raise _Ended("cannot be made smaller: the process has no pipes")
        late = threading.Timer(longest, self._process.kill)
        late.daemon = True
        begun = time.monotonic()  # before the timer starts: what it ends took `longest` at least
        late.start()
        try:
            questions.write(json.dumps(question).encode() + b"\n")
            if isinstance(original.content, bytes):
                questions.write(original.content)
            questions.flush()
            line = answers.readline()
            answer: dict[str, Any] = json.loads(line) if line else {}
            data = answers.read(answer["length"]) if line else b""
            if not line or len(data) < answer["length"]:
                raise BrokenPipeError
            return answer, data
        except OSError:
            self.end()
            if time.monotonic() - begun >= longest:
                raise _Ended(f"took more than {longest:g} seconds to decode") from None
            raise _Ended("crashed the program that decodes it") from None
        finally:
            late.cancel()

    @property
    def works(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
