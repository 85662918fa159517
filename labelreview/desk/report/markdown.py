"""The report as Markdown: the same words and tables; pictures by their words alone."""

import re

from labelreview.desk.report.blocks import MOST, Block, Facts, List, Picture, Report, Rows, Text, glossary, rest, shown
from labelreview.desk.triage.tables import title

SIGNS = re.compile(r"([\\`*_{}\[\]()<>#+!|~$&])")


def text(report: Report) -> str:
    """The whole file. Names from the data are escaped, so that none of them is markup."""
    parts = [f"# {_safe(report.title)}", _safe(report.subtitle)]
    for chapter in report.chapters:
        parts += [f"## {_safe(chapter.title)}", *(_block(block) for block in chapter.blocks)]
    if words := glossary(report):
        parts += ["## The words of the tables", "\n".join(f"- {_safe(word)}: {_safe(told)}" for word, told in words)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _block(block: Block) -> str:
    if isinstance(block, Text):
        return f"**{_safe(block.words)}**" if block.strong else _safe(block.words)
    if isinstance(block, List):
        return "\n".join(f"- {_safe(entry)}" for entry in block.entries)
    if isinstance(block, Facts):
        return _table(["What", "Number", "95 % interval", "What it says"], [list(row) for row in block.rows])
    if isinstance(block, Picture):
        return ""
    return _rows(block)


def _rows(block: Rows) -> str:
    rows = block.table.rows
    if not rows:
        return ""
    lines = [[shown(name, row) for name in block.columns] for row in rows[:MOST]]
    more = f"\n\n{_safe(told)}" if (told := rest(block)) else ""
    return _table([title(name) for name in block.columns], lines) + more


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *([_safe(cell) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _safe(words: str) -> str:
    return SIGNS.sub(r"\\\1", " ".join(words.split()))
