"""What all commands share: options, opening a project, what is said when something was written."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from labelreview.desk.project import Project
from labelreview.settings import Settings

Name = Annotated[str, typer.Argument(help="The project's name.", show_default=False)]
Out = Annotated[Path, typer.Option(help="The CSV file to write.", show_default=False)]
ExcelSafe = Annotated[bool, typer.Option("--excel-safe", help="Texts that a spreadsheet would run get an apostrophe.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")]
FormatName = Annotated[str | None, typer.Option(help="Instead of the recognised format.", show_default=False)]
MissingMeans = Annotated[str | None, typer.Option(help="absent or unknown: a tag that is not listed.")]
Logits = Annotated[bool, typer.Option("--logits", help="The predictions are logits: take their sigmoid.")]
OnlyCommon = Annotated[bool, typer.Option("--only-common", help="Drop ids and tags that one side lacks.")]
MaxErrorRate = Annotated[float | None, typer.Option(help="The share of labels that may be wrong.", show_default=False)]
Confidence = Annotated[float | None, typer.Option(help="How sure to be.", show_default=False)]


def opened(name: str) -> Project:
    """The project of that name."""
    return Project.open(Settings.from_environment(), name)


def wrote(count: int, noun: str, path: Path) -> None:
    """Say what was written, and how much of it."""
    typer.echo(f"{path}: {count} {noun}")


def show(step: str, share: float) -> None:
    """Progress on the terminal alone: a pipeline's log stays short."""
    if sys.stderr.isatty():
        end = "\n" if share >= 1 else ""
        typer.echo(f"\r{step:<24} {share:4.0%}", err=True, nl=False)
        typer.echo(end, err=True, nl=False)
