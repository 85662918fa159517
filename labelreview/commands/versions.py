"""Commands for a project's versions: new labels, predictions, pictures or items for it; which versions there are."""

from pathlib import Path
from typing import Annotated

import typer

from labelreview.commands.terminal import FormatName, Logits, MissingMeans, Name, OnlyCommon, show
from labelreview.desk import folder, models, pictures, shelf, versions
from labelreview.desk.project import Project
from labelreview.errors import InputError
from labelreview.settings import Settings

app = typer.Typer()

Labels = Annotated[Path | None, typer.Option(help="All labels anew.", show_default=False)]
Items = Annotated[Path | None, typer.Option(help="Labels of further items, in the form of those there are.")]
Predictions = Annotated[list[str] | None, typer.Option(help="All predictions anew; with --items, of these at least.")]
Predict = Annotated[bool, typer.Option("--predict", help="Make predictions anew from the pictures or texts.")]
Images = Annotated[str | None, typer.Option(help="Where the pictures are now.", show_default=False)]
Texts = Annotated[str | None, typer.Option(help="The texts anew: FILE, FILE:column or a folder.", show_default=False)]
RankBy = Annotated[str | None, typer.Option(help="The model that ranks; '' is all together.", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, write nothing.")]


@app.command()
def update(
    name: Name,
    labels: Labels = None,
    items: Items = None,
    predictions: Predictions = None,
    predict: Predict = False,
    images: Images = None,
    texts: Texts = None,
    labels_format: FormatName = None,
    predictions_format: FormatName = None,
    missing_means: MissingMeans = None,
    logits: Logits = False,
    only_common: OnlyCommon = False,
    rank_by: RankBy = None,
    dry_run: DryRun = False,
) -> None:
    """Give a project new labels, predictions, pictures or items; the answers stay."""
    settings = Settings.from_environment()
    new = versions.New(
        labels=labels,
        items=items,
        predicted=models.named(predictions) if predictions else None,
        predict=predict,
        image_source=pictures.source(settings, images) if images else None,
        texts=texts,
        labels_format=labels_format,
        predictions_format=predictions_format,
        missing_means=missing_means,
        logits=logits,
        only_common=only_common,
        ranked_by=rank_by,
    )
    _update(settings, name, new, dry_run)


def _update(settings: Settings, name: str, new: versions.New, dry_run: bool) -> None:
    found = versions.gather(settings, name, new, progress=show)
    try:
        for line in (*found.inputs.report.lines(), *(found.difference.lines() if found.difference else ())):
            typer.echo(line)
        if found.inputs.report.errors:
            raise InputError("Nothing was written. Correct the errors above and run the command again.")
        if not dry_run:
            versions.apply(settings, found, progress=show)
    finally:
        found.drop()
    if dry_run:
        typer.echo("Nothing was written. Without --dry-run, this is what changes.")
        return
    with Project.open(settings, name) as project:
        project.prepare(show)
        typer.echo(f"Project '{name}' has version {len(project.card.versions)} now.")


@app.command("versions")
def list_versions(
    name: Name,
    remove_earlier: Annotated[bool, typer.Option("--remove-earlier", help="Remove the earlier ones' data.")] = False,
) -> None:
    """The versions of a project's data, and what came with each."""
    opened = folder.read(Settings.from_environment().projects, name)
    for number, version in enumerate(opened.card.versions, 1):
        size = shelf.size(opened, version.version)
        held = "removed" if size is None else f"{size / 1e6:,.1f} MB"
        typer.echo(f"{number}  {version.made}  {version.items:,} items, {version.tags:,} tags  {version.labels_file}, "
                   f"{version.predictions_file}  {held}")  # fmt: skip
        for change in version.changes:
            if not change.endswith(": 0"):
                typer.echo(f"     {change}")
    if remove_earlier:
        typer.echo(f"Removed the data of {len(shelf.remove_earlier(opened))} earlier versions.")
