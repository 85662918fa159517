"""The commands that keep everything safe: all of it in one file, and back; `cli` takes them in."""

from pathlib import Path
from typing import Annotated

import typer

from labelreview.commands.terminal import show
from labelreview.desk import backup
from labelreview.settings import Settings

app = typer.Typer()


@app.command("backup")
def back_up(file: Annotated[Path, typer.Argument(help="The .zip file to write.", show_default=False)]) -> None:
    """Write all projects and the database into one file, while people work."""
    contents = backup.write(Settings.from_environment(), file, show)
    typer.echo(f"{file}: {_counted(contents)}, as of {contents.made}")
    for line in contents.lines:
        typer.echo(line)


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="What `backup` wrote.", show_default=False)]) -> None:
    """Bring a backup into an empty home and an empty database, SQLite or PostgreSQL."""
    settings = Settings.from_environment()
    contents = backup.restore(settings, file, show)
    typer.echo(f"{settings.home}: {_counted(contents)}, each event as it was stored")
    for line in contents.lines:
        typer.echo(line)


def _counted(contents: backup.Contents) -> str:
    count = len(contents.projects)
    return f"{count} project{'' if count == 1 else 's'}"
