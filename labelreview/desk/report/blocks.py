"""What a report is made of: chapters of blocks, which HTML and Markdown set each in their way."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from labelreview.desk.triage import EXPLAINED, Table
from labelreview.desk.triage.tables import title

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
