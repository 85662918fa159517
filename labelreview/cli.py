"""The command line: a thin shell over intake, Project and exports.

Exit codes: 0 done · 1 the input, the project or the place to write to is not usable (the message says what to do) ·
2 wrong usage · 3 the labels do not meet the target of `check` ·
4 `verify` found the log tampered with · 130 stopped by Ctrl-C.
"""

import json
import sys
from collections.abc import Sequence
from getpass import getuser
from pathlib import Path
from typing import Annotated, overload

import typer

from labelreview import embed, formats
from labelreview.commands import backup, guidelines, meeting, people, team, versions
from labelreview.commands.terminal import (
    Confidence,
    ExcelSafe,
    FormatName,
    Logits,
    MaxErrorRate,
    MissingMeans,
    Name,
    OnlyCommon,
    Out,
    Overwrite,
)
from labelreview.commands.terminal import opened as _opened
from labelreview.commands.terminal import show as _show
from labelreview.commands.terminal import wrote as _wrote
from labelreview.decisions import Decision
from labelreview.desk import exports, folder, intake, models, pictures, rulebook, triage
from labelreview.desk import predictions as made
from labelreview.desk import report as reports
from labelreview.desk.project import Project
from labelreview.errors import InputError, LabelReviewError, few
from labelreview.formats.check import Report
from labelreview.images import Source
from labelreview.review.worklist import Filters
from labelreview.settings import Settings

STOPPED = 130  # the exit code after Ctrl-C
app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__.split("\n")[0], rich_markup_mode=None)
app.add_typer(team.app)
app.add_typer(people.app)
app.add_typer(backup.app)
app.add_typer(versions.app)

Predictions = Annotated[
    list[str] | None, typer.Option(help="Probabilities, or NAME=F for each of several models; made here if left out.")
]
RankBy = Annotated[str, typer.Option(help="Of several models the one that ranks.", show_default="all together")]
Images = Annotated[str | None, typer.Option(help="The pictures: a folder, an archive, or a URL.", show_default=False)]
Model = Annotated[Path | None, typer.Option(help="An ONNX image model, instead of colours and edges.")]
Scaling = Annotated[str, typer.Option(help=f"How the model wants pixels: {', '.join(embed.SCALINGS)}.")]


@app.command()
def init(
    name: Name,
    labels: Annotated[Path, typer.Option(help="The labels file.", show_default=False)],
    predictions: Predictions = None,
    images: Images = None,
    labels_format: FormatName = None,
    predictions_format: FormatName = None,
    texts: Annotated[str | None, typer.Option(help="Documents: FILE, FILE:column, or a folder of .txt files.")] = None,
    missing_means: MissingMeans = None,
    logits: Logits = False,
    only_common: OnlyCommon = False,
    rank_by: RankBy = "",
    decisions: Annotated[Path | None, typer.Option(help="A decision log to take over.", show_default=False)] = None,
    check_only: Annotated[bool, typer.Option("--check-only", help="Report, write nothing.")] = False,
) -> None:
    """Check the files and make a project of them."""
    settings = _home_for(name)
    log = formats.decision_log.read(decisions) if decisions else []
    inputs = intake.gather(
        labels,
        models.named(predictions or []),
        _source(images),
        labels_format=labels_format,
        predictions_format=predictions_format,
        texts=texts,
        missing_means=missing_means,
        logits=logits,
        only_common=only_common,
        ranked_by=rank_by,
        progress=_show,
    )
    _say(inputs.report)
    if check_only:
        return
    intake.create(settings, name, inputs, progress=_show)
    del inputs  # as large as the files; what follows opens the project's own by memory map
    with Project.open(settings, name) as project:
        _take_over(project, log)
        project.prepare(_show)
    typer.echo(f"Project '{name}' is ready: labelreview serve")


def _take_over(project: Project, log: Sequence[Decision]) -> None:
    """Record the events of another log, and say which of them name a cell that is not there: nobody would miss them."""
    if not log:
        return
    project.record(intake.adopted(log, project.card.uid))
    ids, tags = set(project.dataset.ids), set(project.dataset.tags)
    cells = dict.fromkeys((event.item, event.tag) for event in log)
    lost = [f"{tag} of {item}" for item, tag in cells if item not in ids or tag not in tags]
    without = f" {len(lost):,} of {len(cells):,} cells are not in this project: {few(lost)}." if lost else ""
    typer.echo(f"Taken over: {len(log):,} events of the decision log.{without}")


@app.command("list")
def list_projects() -> None:
    """The projects here, and how far they are."""
    settings = Settings.from_environment()
    found = folder.names(settings.projects)
    if not found:
        typer.echo(f"No project in {settings.home} yet. Make one: labelreview init NAME --labels F --predictions F")
    for name in found:
        with Project.open(settings, name) as project:
            progress, card = project.asking.progress(Filters()), project.card
            typer.echo(f"{name}: {card.items} items, {len(card.tags)} tags, {progress.answered} of {progress.total} "
                       "cells answered")  # fmt: skip


@app.command()
def rank(
    name: Name,
    out: Out,
    by: Annotated[str, typer.Option(help="A cell scorer, or an item pooler such as ema.")] = "recipe",
    limit: Annotated[int | None, typer.Option(help="Only so many rows, from the top.", min=1)] = None,
    excel_safe: ExcelSafe = False,
    overwrite: Overwrite = False,
) -> None:
    """Write every known cell (or every item), most suspicious first."""
    with _opened(name) as project:
        count = exports.ranking(project, out, by=by, limit=limit, excel_safe=excel_safe, overwrite=overwrite)
        _wrote(count, "rows", out)


@app.command()
def issues(
    name: Name,
    out: Out,
    filter_by: Annotated[str, typer.Option(help="The confident-learning rule.")] = "prune_by_noise_rate",
    excel_safe: ExcelSafe = False,
    overwrite: Overwrite = False,
) -> None:
    """Write the cells that confident learning holds for label errors."""
    with _opened(name) as project:
        _wrote(
            exports.label_issues(project, out, filter_by=filter_by, excel_safe=excel_safe, overwrite=overwrite),
            "issues",
            out,
        )


app.command()(meeting.export)
app.command()(meeting.target)
app.command()(meeting.compare)
app.command()(guidelines.guideline)
app.command()(guidelines.pin)


@app.command()
def rules(
    name: Name,
    agree: Annotated[Path | None, typer.Option(help="A CSV or JSON of rules to agree on.", show_default=False)] = None,
    propose: Annotated[bool, typer.Option("--propose", help="Show those that the labels mostly keep.")] = False,
    out: Annotated[Path | None, typer.Option(help="A CSV for the agreed rules, or the proposed ones.")] = None,
    broken: Annotated[Path | None, typer.Option(help="A CSV for the items that break agreed rules.")] = None,
    by: Annotated[str | None, typer.Option(help="Who agrees; without it, this user.", show_default=False)] = None,
    overwrite: Overwrite = False,
) -> None:
    """The rules between a project's tags (cat implies animal), and what breaks them."""
    with _opened(name) as project:
        if agree:
            rows = formats.rule_list.read(agree, project.dataset.tags)
            typer.echo(f"Agreed: {rulebook.agree(project, by or getuser(), rows)} new rules")
        lines = rulebook.proposal_lines(project) if propose else rulebook.lines(project)
        for line in lines:
            typer.echo(line)
        if out:
            found = rulebook.proposals(project) if propose else rulebook.agreed(project)
            rows = [(each.rule.first, each.rule.kind, each.rule.second) for each in found]
            _wrote(formats.rule_list.write(out, rows, overwrite=overwrite), "rules", out)
        if broken:
            _wrote(rulebook.write_broken(project, broken, overwrite=overwrite), "items", broken)


@app.command()
def stats(
    name: Name,
    max_error_rate: MaxErrorRate = None,
    confidence: Confidence = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for a program.")] = False,
    all_tags: Annotated[bool, typer.Option("--all", help="Every tag, where there are more than 50.")] = False,
) -> None:
    """Say how many labels are wrong, how many errors are found, and what is left."""
    with _opened(name) as project:
        found = triage.figures(project, max_error_rate, confidence)
    if as_json:
        typer.echo(json.dumps(triage.shape(found), indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join(triage.lines(found, None if all_tags else triage.MOST_TAGS)))


@app.command()
def report(
    name: Name,
    out: Annotated[Path | None, typer.Option(help="The .html or .md file to write.", show_default=False)] = None,
    tables: Annotated[Path | None, typer.Option(help="A folder for every table as CSV.", show_default=False)] = None,
    items: Annotated[Path | None, typer.Option(help="One row an item: count errors by its columns.")] = None,
    embeddings: Annotated[Path | None, typer.Option(help="What `embed` wrote: learn from the corrections.")] = None,
    since: Annotated[str, typer.Option(help="Also say what changed since: as `compare --from`.")] = "",
    max_error_rate: MaxErrorRate = None,
    confidence: Confidence = None,
    overwrite: Overwrite = False,
) -> None:
    """Write what the triage meeting needs: how many labels are wrong, where, what next."""
    if out is None and tables is None:
        raise typer.BadParameter("Say what to write: --out F or --tables DIR.")
    if out:
        reports.check(out, overwrite=overwrite)
    with _opened(name) as project:
        if items:
            project.columns.keep(items)
        moment = triage.moments.when(since) if since else None
        found = triage.figures(project, max_error_rate, confidence)
        written = reports.gathered(project, found, embeddings=embeddings, since=moment, progress=_show)
    if out:
        reports.write(written, out, overwrite=overwrite)
        _wrote(len(written.chapters), "chapters", out)
    if tables:
        _wrote(len(triage.write_tables(written.tables, tables, overwrite=overwrite)), "tables", tables)


@app.command()
def check(
    name: Name,
    max_error_rate: MaxErrorRate = None,
    confidence: Confidence = None,
) -> None:
    """Exit with 3 unless at most this share of labels is still wrong; by default, the project's target."""
    with _opened(name) as project:
        found = triage.figures(project, max_error_rate, confidence)
    typer.echo(triage.stop_sentence(found))
    if not found.stop.met:
        raise typer.Exit(3)


@app.command("embed")
def embed_images(
    images: Annotated[str, typer.Argument(help="The folder, archive or URL of the pictures.", show_default=False)],
    out: Annotated[Path, typer.Option(help="The .npy file to write; the paths go beside it.", show_default=False)],
    model: Model = None,
    scaling: Scaling = "imagenet",
    overwrite: Overwrite = False,
) -> None:
    """Describe every picture of a folder by numbers, for `predict`."""
    found, problems = made.embed_folder(
        _source(images), out, model, scaling=scaling, overwrite=overwrite, progress=_show
    )
    for path, problem in list(problems.items())[:5]:
        typer.echo(f"Left out: {path}: {problem}", err=True)
    _wrote(len(found.names) - len(problems), f"pictures as {found.rows.shape[1]:,} numbers each", out)


@app.command()
def neighbours(
    name: Name,
    embeddings: Annotated[Path | None, typer.Option(help="What `embed` wrote, instead of the pictures.")] = None,
    model: Model = None,
    scaling: Scaling = "imagenet",
) -> None:
    """Find which items look alike, to be shown beside a question."""
    with _opened(name) as project:
        if embeddings:
            count = project.examples.give(embeddings)
        else:
            count = project.examples.make(embed.encoder(model, scaling), _show)
    typer.echo(f"Look-alikes are known for {count:,} of {project.card.items:,} items.")


@app.command()
def predict(
    labels: Annotated[Path, typer.Argument(help="The labels file.", show_default=False)],
    out: Annotated[Path, typer.Option(help="The .csv or .parquet file to write.", show_default=False)],
    images: Images = None,
    embeddings: Annotated[Path | None, typer.Option(help="Instead of it, what `embed` wrote.")] = None,
    tag_embeddings: Annotated[Path | None, typer.Option(help="Zero-shot: embeddings of the tags' names.")] = None,
    compare: Annotated[Path | None, typer.Option(help="The labels before corrections: what did these do?")] = None,
    model: Model = None,
    scaling: Scaling = "imagenet",
    labels_format: FormatName = None,
    missing_means: MissingMeans = None,
    overwrite: Overwrite = False,
) -> None:
    """Make predictions from pictures and labels, each from other pictures than its own."""
    if (images is None) == (embeddings is None):
        raise typer.BadParameter("Say what to predict from: --images WHERE or --embeddings F.npy.")
    made.check(out, overwrite)
    given, *earlier = (
        formats.read_labels(path, format=labels_format, missing_means=missing_means)
        for path in (labels, compare)
        if path is not None
    )
    found = made.described(given, _source(images), embeddings, model, scaling=scaling, progress=_show)
    probs = made.made_from(given, found, tag_embeddings, progress=_show)
    made.write(probs, out, overwrite=overwrite)
    for line in (*probs.notes, *(made.comparison(given, before, found) for before in earlier)):
        typer.echo(line)
    _wrote(len(probs.matrix.ids), "items", out)


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65535)] = 8501,
    address: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
) -> None:
    """Start the app for the browser."""
    from labelreview.web import serving  # Streamlit takes a second to import, and only this command needs it

    serving.run(address=address, port=port)


def _home_for(name: str) -> Settings:
    """The settings, once the name of a new project is known to be free: said before minutes of reading."""
    settings = Settings.from_environment()
    folder.free_name(settings.projects, name)
    return settings


def _say(report: Report) -> None:
    for line in report.lines():
        typer.echo(line)
    if report.errors:
        raise InputError("Nothing was written. Correct the errors above and run the command again.")


@overload
def _source(where: str) -> Source: ...
@overload
def _source(where: None) -> None: ...
def _source(where: str | None) -> Source | None:
    return pictures.source(Settings.from_environment(), where) if where else None


def main(arguments: list[str] | None = None) -> None:
    """The entry point: what labelreview refuses is a message and exit code 1, anything else a bug with a traceback."""
    try:
        app(args=arguments)
    except SystemExit as ended:
        if ended.code == STOPPED:
            typer.echo("\nlabelreview: stopped. Nothing is half-written.", err=True)
        raise
    except LabelReviewError as error:
        typer.echo(f"labelreview: {error}", err=True)
        sys.exit(1)
