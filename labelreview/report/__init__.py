"""The triage report: what a reader who never saw the tool needs, as one HTML file without network, or as Markdown.

`gathered` collects everything once; `content` puts it in reading order; `html` and `markdown` only set it.
"""

from collections.abc import Callable
from pathlib import Path

from labelreview.errors import InputError
from labelreview.formats.atomic import replacing
from labelreview.report.content import Report, gathered
from labelreview.report.html import page
from labelreview.report.markdown import text

WRITERS: dict[str, Callable[[Report], str]] = {"html": page, "md": text}

__all__ = ["WRITERS", "Report", "gathered", "page", "text", "write"]


def write(report: Report, out: Path, *, overwrite: bool = False) -> None:
    """Write the report in the form that the file's name asks for, whole or not at all."""
    kind = (
        out.suffix.lower().removeprefix(".").replace("htm", "html").replace("htmll", "html").replace("markdown", "md")
    )
    if kind not in WRITERS:
        raise InputError(f"{out.name}: a report is written as .html or .md. Give the file one of these endings.")
    with replacing(out, overwrite=overwrite) as file:
        file.write(WRITERS[kind](report).encode())
