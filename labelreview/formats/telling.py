"""How far a file is read. A reader *tells* the share that is done (0 to 1), often; what listens may show it, or raise
to end the reading.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

Tell = Callable[[float], None]
T = TypeVar("T")


def nothing(_share: float) -> None:
    """Nobody listens."""


def part(tell: Tell, start: float, end: float) -> Tell:
    """For a step that is this part of the whole.

    >>> told = []
    >>> part(told.append, 0.5, 0.75)(0.5)
    >>> told
    [0.625]
    """
    return lambda share: tell(start + (end - start) * min(share, 1.0))


def steps(things: Sequence[T], tell: Tell, every: int = 1) -> Iterator[T]:
    """The things one by one, telling after each, or after so many."""
    for at, thing in enumerate(things, 1):
        yield thing
        if at % every == 0:
            tell(at / len(things))


def told(things: Iterable[T], tell: Tell, total: int, size: Callable[[T], int]) -> Iterator[T]:
    """Blocks one by one, telling how much of the total was there before each."""
    done = 0
    for thing in things:
        yield thing
        done += size(thing)
        tell(done / max(total, 1))
