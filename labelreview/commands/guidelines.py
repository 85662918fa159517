"""Commands for what a tag means: its guideline, and the examples that the data team pins."""

from getpass import getuser
from pathlib import Path
from typing import Annotated

import typer

from labelreview import rulings
from labelreview.commands.terminal import Name, opened
from labelreview.desk import pins
from labelreview.errors import InputError

Tag = Annotated[str, typer.Argument(help="The tag.", show_default=False)]
By = Annotated[str | None, typer.Option(help="Who says so; without it, this user.", show_default=False)]


def guideline(
    name: Name,
    tag: Tag,
    file: Annotated[Path | None, typer.Option(help="A text file, Markdown.", show_default=False)] = None,
    text: Annotated[str | None, typer.Option(help="The text itself; '' takes it away.", show_default=False)] = None,
    by: By = None,
) -> None:
    """Write what a tag means, for all reviewers; without a text, say what it is and which examples are pinned."""
    if file is not None and text is not None:
        raise typer.BadParameter("Give --file F or --text TEXT, not both.")
    words = _read(file) if file is not None else text
    with opened(name) as project:
        project.dataset.column(tag)
        held = project.meeting.standing()
        if words is not None and words != held.definition(tag):
            held = project.meeting.record(rulings.define(by or getuser(), held.becomes[tag], words))
        typer.echo(held.definition(tag) or f"Nobody has written what {tag} means yet.")
        for item, label in pins.of(project, tag):
            typer.echo(f"{'example' if label else 'counter-example'}: {item}")


def pin(
    name: Name,
    tag: Tag,
    item: Annotated[str, typer.Argument(help="The item's id.", show_default=False)],
    as_: Annotated[str, typer.Option("--as", help="yes: an example; no: a counter-example.")] = "yes",
    off: Annotated[bool, typer.Option("--off", help="Pin it no longer.")] = False,
    by: By = None,
) -> None:
    """Pin an item as an example or counter-example of a tag, shown beside every question about it."""
    with opened(name) as project:
        pins.pin(project, by or getuser(), tag, item, None if off else pins.as_label(as_))
        count = len(pins.of(project, tag))
    typer.echo(f"{tag}: {count} pinned")


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError(f"{file} is not a text in UTF-8. Save it as UTF-8.") from None
