"""Items that are documents: the text of each, found by id in a table or in a folder of text files."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labelreview import images
from labelreview.errors import InputError, few
from labelreview.formats import texts


@dataclass(frozen=True)
class Texts:
    """by_item[i] is the text of item i, '' where there is none; `source` names where they came from."""

    source: str
    by_item: Sequence[str]
    notes: tuple[str, ...]


def found(given: str | Path, ids: Sequence[str]) -> Texts:
    """The texts of these ids from FILE, FILE:column or a folder of .txt files. InputError when no id has one.

    A row or file belongs to an id as pictures do: by the id itself, by its path, or by its name with or without suffix.
    """
    path, column = source_of(given)
    rows = texts.read(path, column)
    names = [item if item in rows else "" for item in ids]
    if not all(names):
        names = [name or other for name, other in zip(names, images.matched(rows, ids), strict=True)]
    by_item = [rows.get(name, "") for name in names]
    without = [item for item, text in zip(ids, by_item, strict=True) if not text.strip()]
    if len(without) == len(by_item):
        raise InputError(f"{path}: none of {len(ids):,} ids has a text there (texts: {few(rows, 3)}; labels: "
                         f"{few(ids, 3)}). Is it of the same data set?")  # fmt: skip
    note = f"Texts for {len(ids) - len(without):,} of {len(ids):,} items."
    return Texts(str(path.resolve()), by_item, (note + (f" None for {few(without)}." if without else ""),))


def source_of(given: str | Path) -> tuple[Path, str | None]:
    """The path, and the column where one is named after a colon. What exists as it stands is a path.

    >>> source_of("reviews.csv:body")
    (PosixPath('reviews.csv'), 'body')
    """
    whole = re.fullmatch(r"(.+\.\w+):([^/\\]+)", str(given), re.DOTALL)
    if Path(given).exists() or whole is None:
        return Path(given), None
    return Path(whole[1]), whole[2]
