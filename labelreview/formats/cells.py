"""What one cell, one name or one id of a file may be, whatever the format.

Labels: `1`, `0`, empty = unknown; also `1.0` / `0.0` (numbers as pandas writes them beside empty cells) and `true` /
`false` in any case. Nothing else: `-1` means *absent* in some data sets and *unknown* in others, so it is not guessed.
Probabilities: a decimal number in [0, 1]; empty = NaN, no model scored the cell. Text is kept letter for letter; two
tag names that differ only in case, in spaces around them or in Unicode composition are an error: people mix them up.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError, few
from labelreview.tags import PRESENT, UNKNOWN

Kind = Literal["labels", "pred_probs", "logits"]
SPELLINGS = (("1", "0"), ("1.0", "0.0"), ("true", "false"), ("True", "False"), ("TRUE", "FALSE"))
LABELS = {"": UNKNOWN} | {text: label for pair in SPELLINGS for text, label in zip(pair, (1, 0), strict=True)}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
ROUNDING = 1e-6  # a float32 sum of softmax terms may end this much above 1; it is clipped


@dataclass(frozen=True)
class Spelling:
    """How a data set writes labels: pairs of present and absent, the texts that say *uncertain*, and a remedy."""

    pairs: tuple[tuple[str, str], ...] = SPELLINGS
    uncertain: tuple[str, ...] = ()
    remedy: str = "Use 1, 0 or leave it empty."

    def meanings(self, missing: int = UNKNOWN) -> dict[str, int]:
        """The label of every text, in small letters; `missing` is what an empty cell means."""
        known = {text.lower(): label for pair in self.pairs for text, label in zip(pair, (1, 0), strict=True)}
        return {"": missing} | dict.fromkeys(self.uncertain, UNKNOWN) | known

    def written(self, label: int, like: str) -> str:
        """A label written the way its neighbour is: 1 beside `False` is `True`."""
        like = like.strip()
        fits = (pair for pair in self.pairs if like in pair or (like in self.uncertain and like.lstrip("-") in pair))
        present, absent = next(fits, self.pairs[0])
        return present if label == PRESENT else absent


PLAIN = Spelling(remedy="Use 1, 0 or leave it empty. Where -1 means absent or uncertain, name the format "
                        "(celeba_csv, chexpert). Take out a column that is no tag.")  # fmt: skip
MINUS_ONE = Spelling((("1", "-1"), ("1.0", "-1.0")), remedy="Use 1 for present and -1 for absent.")
UNCERTAIN = Spelling((("1.0", "0.0"), ("1", "0")), ("-1", "-1.0"), "Use 1, 0, -1 (uncertain) or leave it empty.")


def label_of(text: str) -> int | None:
    """The label that a text stands for, or None when it is not a label."""
    return LABELS.get(text.strip().lower())


def spelled(label: int, like: str) -> str:
    """A label written the way its neighbour is: 1 beside `False` is `True`."""
    return PLAIN.written(label, like)


def prob_of(text: str) -> float | None:
    """The number that a text stands for (NaN when empty), or None when it is not a finite decimal number."""
    text = text.strip()
    if not text:
        return float("nan")
    return float(text) if NUMBER.fullmatch(text) else None


class Problems:
    """What is wrong with one file, gathered so that the person sees the first few together."""

    def __init__(self, limit: int = 5) -> None:
        self.found: list[str] = []
        self.count, self.limit = 0, limit

    def add(self, message: str) -> None:
        self.count += 1
        if len(self.found) < self.limit:
            self.found.append(message)

    def stop(self) -> None:
        """Raise what was gathered; nothing happens when all is well."""
        if self.found:
            more = self.count - len(self.found)
            raise InputError("\n".join(self.found + [f"and {more} more like these."] * bool(more)))


def plain(name: str) -> str:
    """What two tag names must not share."""
    return unicodedata.normalize("NFC", name).strip().casefold()


def check_tags(tags: Sequence[str], where: str | Callable[[int], str]) -> None:
    """Refuse empty names and names that people would take for the same tag. `where` tells where a tag is named."""
    _check_letters("tag", tags)
    problems, seen = Problems(), dict[str, str]()
    for at, tag in enumerate(tags):
        if tag.strip() and plain(tag) not in seen:
            seen[plain(tag)] = tag
            continue
        place = where if isinstance(where, str) else where(at)
        if not tag.strip():
            problems.add(f"{place}: tag {at + 1} of {len(tags)} has no name. Give it one, or remove it.")
        elif tag == seen.get(plain(tag)):
            problems.add(f"{place}: tag '{tag}' is there twice. Rename one, or merge them.")
        else:
            problems.add(
                f"{place}: tags '{seen[plain(tag)]}' and '{tag}' differ only in case or in spaces around them. "
                "Rename one, or merge them."
            )
    problems.stop()


def check_ids(ids: Sequence[str], place: Callable[[int], str], *, unique: bool = True) -> None:
    """Refuse empty ids and, unless told otherwise, an id in two rows. `place` tells where a row stands."""
    _check_letters("id", ids)
    if (not unique or len(set(ids)) == len(ids)) and all(ids):
        return
    problems, first = Problems(), dict[str, int]()
    for row, item in enumerate(ids):
        if not item.strip():
            problems.add(f"{place(row)}: the id is empty. Give every item an id, or remove the row.")
        elif unique and item in first:
            before = _short(place(first[item]))
            problems.add(f"{place(row)}: id '{item}' is already in {before}. Keep one of the two rows.")
        first.setdefault(item, row)
    problems.stop()


def _check_letters(noun: str, names: Sequence[str]) -> None:
    """Refuse half characters: JSON can name them by escapes, and no file of text can hold them."""
    try:
        "".join(names).encode()
    except UnicodeEncodeError:
        wrong = [name.encode("utf-8", "backslashreplace").decode() for name in names if not _is_whole(name)]
        raise InputError(f"An {noun} holds half a character: {few(wrong)}. Write it in UTF-8." if noun == "id" else
                         f"A {noun} holds half a character: {few(wrong)}. Write it in UTF-8.") from None  # fmt: skip


def _is_whole(name: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


def _short(place: str) -> str:
    """`line 3` of `labels.csv, line 3, column 'id'`."""
    return place.split(", ")[1] if ", " in place else place


def checked_probs(
    probs: npt.NDArray[np.float32], place: Callable[[int], str], kind: Kind = "pred_probs"
) -> npt.NDArray[np.float32]:
    """Probabilities of one file, all in [0, 1] or NaN; `place` tells where a flat position stands. Of logits, the
    sigmoid.
    """
    if kind == "logits":
        return _sigmoid(probs, place)
    flat = probs.reshape(-1)
    with np.errstate(invalid="ignore"):
        bad = np.flatnonzero((flat < -ROUNDING) | (flat > 1 + ROUNDING))
        if bad.size:
            problems, why = Problems(), _range_remedy(float(np.nanmin(flat)), float(np.nanmax(flat)))
            for at in bad[: problems.limit]:
                problems.add(f"{place(int(at))}: {flat[at]:.6g} is not a probability. {why}")
            problems.count = bad.size
            problems.stop()
        return np.clip(probs, 0, 1, out=probs)


def _sigmoid(logits: npt.NDArray[np.float32], place: Callable[[int], str]) -> npt.NDArray[np.float32]:
    infinite = np.flatnonzero(np.isinf(logits.reshape(-1)))
    if infinite.size:
        raise InputError(f"{place(int(infinite[0]))}: infinity is no logit. Leave the cell empty where no model scored "
                         "it.")  # fmt: skip
    with np.errstate(over="ignore"):  # exp overflows to infinity, and 1 / infinity is the right 0
        return np.float32(1) / (np.float32(1) + np.exp(-logits))


def _range_remedy(low: float, high: float) -> str:
    if np.isinf(low) or np.isinf(high):
        return "Probabilities are numbers from 0 to 1; leave the cell empty where no model scored it."
    if low >= 0 and 2 < high <= 100:
        return f"The values go from {low:.6g} to {high:.6g}, which looks like per cent: divide them by 100."
    if low < 0:
        return (f"The values go from {low:.6g} to {high:.6g}, which looks like logits: apply the sigmoid first, "
                "or say that they are logits (--logits).")  # fmt: skip
    return f"The values go from {low:.6g} to {high:.6g}: give numbers from 0 to 1."
