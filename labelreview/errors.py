"""The errors that labelreview raises on purpose.

Doors (command line, pages, routes) catch `LabelReviewError` alone and show its message; anything else is a bug and
keeps its traceback. A message says where, what was found, and what to do. Long lists are cut by `few`, and
counts told by `many`.
"""

from collections.abc import Iterable


class LabelReviewError(Exception):
    """The base: its message is written for the person in front of the screen, in English. Where pages say it in other
    languages too, `key` names its sentence in their catalogue (`error.KEY`), and `values` are what it fills in."""

    def __init__(self, message: str = "", key: str = "", **values: object) -> None:
        super().__init__(message)
        self.key, self.values = key, values


class InputError(LabelReviewError, ValueError):
    """What the user gave (a file, an argument, a request) cannot be used as it is."""


class NotFound(LabelReviewError, LookupError):
    """A project, item, tag or file that was named does not exist."""


class Refused(LabelReviewError):
    """The request is understood and not allowed: no valid token, or it would overwrite something."""


class StoreError(LabelReviewError):
    """The decision log cannot be opened, read or written."""


def many(number: int, noun: str) -> str:
    """A count with its noun.

    >>> many(1, "item"), many(1200, "item")
    ('1 item', '1,200 items')
    """
    return f"{number:,} {noun}{'s' * (number != 1)}"


def few(names: Iterable[object], limit: int = 5) -> str:
    """The first names, quoted, and how many more there are.

    >>> few(["a", "b"])
    "'a', 'b'"
    >>> few(range(7), limit=2)
    "'0', '1' and 5 more"
    """
    listed = [str(name) for name in names]
    text = ", ".join(f"'{name}'" for name in listed[:limit])
    return text if len(listed) <= limit else f"{text} and {len(listed) - limit} more"
