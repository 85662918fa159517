"""Small pictures of every source: kept, made by processes of their own, and ahead of time where the source is slow."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from labelreview.errors import InputError, LabelReviewError
from labelreview.images.cache import Cache
from labelreview.images.opening import Picture, as_it_is
from labelreview.images.source import READERS, Source, digest
from labelreview.images.workers import Job, Workers, shared

REMEMBER = 20.0  # seconds that a failure is remembered: who asks why gets the same answer at once
MOST_FAILURES, MOST_AHEAD = 2000, 500


@dataclass
class _Making:
    """A picture that is being made; `job` once its original is here."""

    urgent: bool = False
    job: Job | None = None
    future: Future[Picture] = field(default_factory=Future)


class Thumbnails:
    """Pictures at most so many pixels wide and high. Safe to share between threads."""

    def __init__(self, folder: Path, limit: int, workers: Workers | None = None) -> None:
        self.cache = Cache(folder, limit)
        self._workers = workers or shared()
        self._lock, self._wanted_lock = threading.Lock(), threading.Condition()
        self._making: dict[str, _Making] = {}
        self._failed: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._ahead: deque[tuple[Source, str, int]] = deque(maxlen=MOST_AHEAD)
        self._readers: list[threading.Thread] = []
        self._closed = False

    def start(self) -> None:
        """Be ready before the first picture is asked for."""
        self._workers.start()

    def picture(self, source: Source, name: str, size: int, version: str = "") -> Picture:
        """One picture, now. InputError says why there is none. `version`: what the source says of it, where known."""
        return self._picture(source, name, size, version or source.version(name), urgent=True)

    def ahead(self, source: Source, names: Iterable[str], size: int) -> None:
        """Make these soon, in the background, the first ones first."""
        with self._wanted_lock:
            self._ahead.extendleft((source, name, size) for name in reversed(list(names)))
            if not self._readers and not self._closed:
                self._readers = [
                    threading.Thread(target=self._make_ahead, name="labelreview-ahead", daemon=True)
                    for _ in range(READERS)
                ]
                for reader in self._readers:
                    reader.start()
            self._wanted_lock.notify_all()

    def close(self) -> None:
        """Make nothing ahead any more."""
        with self._wanted_lock:
            self._closed = True
            self._wanted_lock.notify_all()

    def _make_ahead(self) -> None:
        while True:
            with self._wanted_lock:
                while not self._ahead and not self._closed:
                    self._wanted_lock.wait()
                if self._closed:
                    return
                source, name, size = self._ahead.popleft()
            try:
                version = source.version(name)
                if not self.cache.has(_key(source, name, size, version)):
                    self._picture(source, name, size, version, urgent=False)
            except LabelReviewError:
                continue  # said when it is asked for

    def _picture(self, source: Source, name: str, size: int, version: str, *, urgent: bool) -> Picture:
        key = _key(source, name, size, version)
        kept = self.cache.get(key)
        if kept is not None:
            return kept
        with self._lock:
            self._fail_as_before(key)
            there = self._making.get(key)
            making = there or self._making.setdefault(key, _Making())
            making.urgent |= urgent
        if there is None:
            self._make(source, name, size, key, making)
        elif urgent and making.job is not None:
            self._workers.hurry(making.job)
        return making.future.result()

    def _make(self, source: Source, name: str, size: int, key: str, making: "_Making") -> None:
        try:
            original = source.original(name)
            with self._lock:
                making.job = Job(key, original, size, making.urgent, self.cache)
            making.future.set_result(as_it_is(original, size) or self._workers.made(making.job))
        except LabelReviewError as error:
            self._remember(key, str(error))
            making.future.set_exception(error)
        except BaseException as error:
            making.future.set_exception(error)
        finally:
            with self._lock:
                self._making.pop(key, None)

    def _remember(self, key: str, why: str) -> None:
        with self._lock:
            self._failed[key] = (why, time.monotonic() + REMEMBER)
            while len(self._failed) > MOST_FAILURES:
                self._failed.popitem(last=False)

    def _fail_as_before(self, key: str) -> None:
        why, until = self._failed.get(key, ("", 0.0))
        if why and time.monotonic() < until:
            raise InputError(why)


@cache
def kept_in(folder: Path, limit: int) -> Thumbnails:
    """The thumbnails of a folder: one for the whole process."""
    return Thumbnails(folder, limit)


def _key(source: Source, name: str, size: int, version: str) -> str:
    return digest(source.where, name, version, size, length=40)
