"""What a report is made of: chapters of blocks, which HTML and Markdown set each in their way."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from labelreview.desk.triage import DASH, EXPLAINED, Table, known, percent
from labelreview.desk.triage.digits import MINUS, between, digits
from labelreview.desk.triage.tables import DIGITS, SHARES, WHOLE, Row, title

PERCENT = "\N{NO-BREAK SPACE}%"
MOST = 20  # rows of a table: the rest is in the CSV files
# In which order the rows of a table stand, by its name: the cut at MOST is no accident.
ORDER = {
    "tags": "Most surely still wrong first.",
    "tags-by-direction": "Most surely still wrong first.",
    "confused": "Least likely by chance first.",
    "co-wrong": "Least likely by chance first.",
    "noise": "Most surely turned first.",
    "compared-tags": "Most labels changed first.",
    "models": "Best on the corrected labels first.",
    "reviewers": "Most verdicts first.",
}


@dataclass(frozen=True)
class Text:
    """A paragraph; `strong`: the answer."""

    words: str
    strong: bool = False


@dataclass(frozen=True)
class List:
    entries: list[str]


@dataclass(frozen=True)
class Facts:
    """(what, number, interval, what it says) in rows."""

    rows: list[tuple[str, str, str, str]]


@dataclass(frozen=True)
class Rows:
    """A table of `triage.tables`, cut at MOST."""

    table: Table
    columns: Sequence[str]


@dataclass(frozen=True)
class Picture:
    """An inline SVG and what it shows; Markdown has the words alone."""

    svg: str
    words: str


Block = Text | List | Facts | Rows | Picture


@dataclass(frozen=True)
class Chapter:
    title: str
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True)
class Report:
    """title, when, and of what; chapters in reading order; every table whole, for CSV files."""

    title: str
    subtitle: str
    chapters: list[Chapter]
    tables: list[Table]


def explained(column: str) -> str:
    """What a column says, in one sentence."""
    return EXPLAINED.get(column, "")


def glossary(report: Report) -> list[tuple[str, str]]:
    """The columns of all tables as they are titled, and what each says."""
    blocks = (block for chapter in report.chapters for block in chapter.blocks)
    tables = (block for block in blocks if isinstance(block, Rows) and block.table.rows)
    return [(title(name), explained(name)) for name in dict.fromkeys(name for each in tables for name in each.columns)]


def rest(block: Rows) -> str:
    """In which order a table's rows stand, and that it goes on elsewhere."""
    rows, name = block.table.rows, block.table.name
    order = ORDER.get(name, "") if len(rows) > 1 else ""
    more = f"{MOST} of {len(rows):,} rows; all of them are in the file {name}.csv (labelreview report --tables)."
    return " ".join(part for part in (order, more if len(rows) > MOST else "") if part)


def shown(column: str, row: Row) -> str:
    """A value as a reader sees it, with its interval where it has one, in words where that says nothing."""
    if known.unknown(row, column):
        return known.in_words(row) if column in SHARES else DASH
    value = _one(column, row[column])
    if f"{column}_low" not in row:
        return value
    low, high = (_one(column, row[f"{column}_{end}"]) for end in ("low", "high"))
    if low == high == DASH:
        return value
    span = between(low.removesuffix(PERCENT), high)
    return span if value == DASH or known.ranges_alone(row) else f"{value} ({span})"


def _one(column: str, value: object) -> str:
    """Shares in per cent, counts of errors whole, other numbers with the few digits that say something."""
    if value is None:
        return DASH
    if isinstance(value, float):
        if column in SHARES:
            return percent(value)
        told = f"{value:,.0f}" if column in WHOLE else digits(value, DIGITS.get(column, 2))
        return told.replace("-", MINUS)
    return f"{value:,}".replace("-", MINUS) if isinstance(value, int) else str(value)
