"""The triage report: what a reader who never saw the tool needs, as one HTML file without network, or as Markdown.

`gathered` collects everything once; `content` puts it in reading order; `html` and `markdown` only set it.
"""

from collections.abc import Callable
from pathlib import Path

from labelreview.desk.report.blocks import Report
from labelreview.desk.report.content import gathered
from labelreview.desk.report.html import page
from labelreview.desk.report.markdown import text
from labelreview.errors import InputError
from labelreview.formats.atomic import check_free, replacing

WRITERS: dict[str, Callable[[Report], str]] = {"html": page, "md": text}

__all__ = ["WRITERS", "Report", "check", "gathered", "page", "text", "write"]


ENDINGS = {".html": "html", ".htm": "html", ".md": "md", ".markdown": "md"}


def check(out: Path, *, overwrite: bool = False) -> str:
    """The form that the file's name asks for; InputError or Refused where nothing could be written, before the work."""
    if out.suffix.lower() not in ENDINGS:
        raise InputError(f"{out.name}: a report is written as .html or .md. Give the file one of these endings.")
    check_free(out, overwrite)
    return ENDINGS[out.suffix.lower()]


def write(report: Report, out: Path, *, overwrite: bool = False) -> None:
    """Write the report in the form that the file's name asks for, whole or not at all."""
    kind = check(out, overwrite=overwrite)
    with replacing(out, overwrite=overwrite) as file:
        file.write(WRITERS[kind](report).encode())
