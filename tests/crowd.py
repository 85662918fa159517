"""What other processes do in the tests of the store. Not in the test file, so that a fresh process can import it."""

import multiprocessing
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from threading import BrokenBarrierError
from typing import Any

from labelreview.decisions import Verdict
from labelreview.store import DecisionLog
from tests.made import decision

_spawn = multiprocessing.get_context("spawn")
_barrier: Any = None
TOGETHER = 60


def all_at_once(job: Callable[..., Any], arguments: list[tuple[Any, ...]]) -> list[Any]:
    """Run the job in as many fresh processes as there are tuples of arguments."""
    barrier = _spawn.Barrier(len(arguments))
    with ProcessPoolExecutor(len(arguments), _spawn, _meet_at, (barrier,)) as pool:
        return [future.result() for future in [pool.submit(job, *given) for given in arguments]]


def _meet_at(barrier: Any) -> None:
    global _barrier  # a barrier reaches a process only when it starts
    _barrier = barrier


def open_each(urls: list[str]) -> list[str]:
    """Open each log in the same moment as the other processes; what went wrong, in words."""
    wrong = []
    for url in urls:
        try:
            _barrier.wait(TOGETHER)
            DecisionLog.open(url).close()
        except BrokenBarrierError:
            raise
        except Exception as error:  # the test shows it
            wrong.append(repr(error))
    return wrong


def lease_all(url: str, holder: str, cells: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Take three more cells, again and again, until there is nothing left."""
    held: list[tuple[str, str]] = []
    with DecisionLog.open(url) as log:
        _barrier.wait(TOGETHER)
        while more := log.lease("p", [c for c in cells if c not in held], holder=holder, want=3, seconds=60):
            held += more
    return held


def append_some(url: str, reviewer: str, count: int) -> list[str]:
    """Append one decision after the other; the uids that were acknowledged."""
    with DecisionLog.open(url) as log:
        _barrier.wait(TOGETHER)
        events = [decision("a", f"tag{n}", Verdict.PRESENT, reviewer, uid=f"{reviewer}-{n:05}") for n in range(count)]
        return [uid for event in events for uid in log.append("p", [event])]


if __name__ == "__main__":  # append until killed; say each uid once it is acknowledged
    with DecisionLog.open(sys.argv[1]) as endless:
        for number in range(1_000_000):
            sent = decision("a", f"tag{number}", Verdict.ABSENT, uid=f"kill-{number:06}")
            print(*endless.append("p", [sent]), flush=True)
