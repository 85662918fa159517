"""Work of many threads, done by one of them for all: whoever would wait for the disk alone, waits with the others.

A commit takes as long as the disk does (some milliseconds), whatever is in it. One after the other, fifty people's
answers a second keep a slow disk busy all the time; what comes while a commit is under way makes up the next one.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

Work = TypeVar("Work")
Outcomes = Sequence[BaseException | None]


class Together:
    """Gathers work by key. Threads of one key take turns; who is next does what all others brought meanwhile."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: dict[str, threading.Lock] = {}
        self._waiting: dict[str, list[tuple[Any, Future[None]]]] = {}

    def do(self, key: str, work: Work, all_of_it: Callable[[list[Work]], Outcomes]) -> None:
        """Have it done, in the order in which it came; comes back when it is. Raises what was its own outcome.

        `all_of_it` gets everybody's work and gives an outcome for each; what it raises is everybody's outcome.
        """
        mine: Future[None] = Future()
        with self._lock:
            self._waiting.setdefault(key, []).append((work, mine))
            turn = self._turns.setdefault(key, threading.Lock())
        with turn:
            if not mine.done():
                with self._lock:
                    gathered = self._waiting.pop(key)
                _settle(gathered, all_of_it)
        mine.result()

    def waiting(self, key: str) -> int:
        """How many wait to be gathered."""
        with self._lock:
            return len(self._waiting.get(key, ()))


def _settle(gathered: list[tuple[Work, Future[None]]], all_of_it: Callable[[list[Work]], Outcomes]) -> None:
    try:
        outcomes = all_of_it([work for work, _ in gathered])
    except BaseException as error:
        outcomes = [error] * len(gathered)
    for (_, future), outcome in zip(gathered, outcomes, strict=True):
        if outcome is None:
            future.set_result(None)
        else:
            future.set_exception(outcome)
