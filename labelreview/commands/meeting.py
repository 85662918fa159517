"""Commands that a meeting needs: the target, what was decided about tags in exports, two moments compared."""

from collections.abc import Callable
from functools import partial
from getpass import getuser
from pathlib import Path
from typing import Annotated

import typer

from labelreview import rulings
from labelreview.commands.terminal import (
    Confidence,
    ExcelSafe,
    FormatName,
    MaxErrorRate,
    Name,
    Overwrite,
    opened,
    wrote,
)
from labelreview.desk import decided, exports
from labelreview.desk.triage import Table, compared, exported, moments, write_tables
from labelreview.review.consensus import NEWEST, RULES

MOST = 20  # tags listed in a terminal
CLOSE = "In OUT, give items what their tags imply by agreed rules."
APPLY = "Merge, rename and drop tags in OUT as decided."


def export(
    name: Name,
    out: Annotated[Path | None, typer.Option(help="Corrected labels, in the format they came in.")] = None,
    changes: Annotated[Path | None, typer.Option(help="A CSV of the changed cells.")] = None,
    decisions: Annotated[Path | None, typer.Option(help="A CSV of the decision log.")] = None,
    apply_tag_decisions: Annotated[bool, typer.Option("--apply-tag-decisions", help=APPLY)] = False,
    close_implications: Annotated[bool, typer.Option("--close-implications", help=CLOSE)] = False,
    as_: Annotated[str | None, typer.Option("--as", help="Another format for it.", show_default=False)] = None,
    tags: Annotated[Path | None, typer.Option(help="The tags: .csv, .json, or .md with the definitions.")] = None,
    minutes: Annotated[Path | None, typer.Option(help="A CSV of what was decided about tags.")] = None,
    consensus: Annotated[str, typer.Option(help=f"The rule where several answered: {', '.join(RULES)}.")] = NEWEST,
    excel_safe: ExcelSafe = False,
    overwrite: Overwrite = False,
) -> None:
    """Write the corrected labels, the changes, the decision log, the tags and what was decided about them."""
    if as_ and not apply_tag_decisions:
        raise typer.BadParameter("--as goes with --apply-tag-decisions: without it OUT keeps the form it came in.")
    labels = partial(decided.labels, as_format=as_) if apply_tag_decisions else partial(exports.corrected_labels)
    labels = partial(labels, consensus=consensus, close=close_implications)
    wanted: list[tuple[Path | None, Callable[..., int], str]] = [
        (
            out,
            partial(labels, consensus=consensus, close=close_implications),
            "tags" if apply_tag_decisions else "changed cells",
        ),
        (changes, partial(exports.changed_cells, consensus=consensus, excel_safe=excel_safe), "changed cells"),
        (decisions, partial(exports.decision_log, excel_safe=excel_safe), "events"),
        (tags, partial(decided.tag_list, excel_safe=excel_safe), "tags"),
        (minutes, partial(decided.minutes, excel_safe=excel_safe), "decisions about tags"),
    ]
    if not any(path for path, _, _ in wanted):
        raise typer.BadParameter("Say what to write: --out F, --changes F, --decisions F, --tags F or --minutes F.")
    with opened(name) as project:
        if out and not apply_tag_decisions and (steps := project.meeting.standing().steps):
            typer.echo(
                f"{len(steps)} decisions about tags are not applied; --apply-tag-decisions applies them", err=True
            )
        for path, write, noun in wanted:
            if path:
                wrote(write(project, path, overwrite=overwrite), noun, path)


def target(
    name: Name,
    max_error_rate: MaxErrorRate = None,
    confidence: Confidence = None,
    by: Annotated[str | None, typer.Option(help="Who sets it; without it, this user.", show_default=False)] = None,
) -> None:
    """Set the project's target, or say what it is."""
    with opened(name) as project:
        goal = project.target
        if max_error_rate is not None or confidence is not None:
            rate = goal.max_error_rate if max_error_rate is None else max_error_rate
            sure = goal.confidence if confidence is None else confidence
            goal = project.meeting.record(rulings.target(by or getuser(), rate, sure)).target
    at_most, how_sure = f"{100 * goal.max_error_rate:.6g}%", f"{100 * goal.confidence:.6g}%"
    typer.echo(f"{name}: at most {at_most} of labels may still be wrong, with {how_sure} confidence")


FROM = "The earlier moment: a day (its end), a day and time, a number of events, or start."
FILES = "Of two files: the project whose verdicts and audit tell which labels are wrong."


def compare(
    first: Annotated[str, typer.Argument(help="A project's name, or a labels file.", show_default=False)],
    second: Annotated[Path | None, typer.Argument(help="Another labels file.", show_default=False)] = None,
    since: Annotated[str, typer.Option("--from", help=FROM)] = "start",
    until: Annotated[str, typer.Option("--to", help="The later moment, written likewise.")] = "now",
    project: Annotated[str, typer.Option(help=FILES)] = "",
    labels_format: FormatName = None,
    missing_means: Annotated[str | None, typer.Option(help="absent or unknown: a tag that is not listed.")] = None,
    tables: Annotated[Path | None, typer.Option(help="A folder for the tables as CSV.", show_default=False)] = None,
    overwrite: Overwrite = False,
) -> None:
    """Say what changed between two moments of a project, or between two labels files."""
    if second is None:
        with opened(first) as one:
            found = compared.compared(one, moments.when(since), moments.when(until))
            told, made = compared.sentences(found), compared.tables(one, found)
    else:
        files = exported.read(Path(first), second, form=labels_format, missing_means=missing_means)
        wrong, decided_on = None, list[str]()
        if project:
            with opened(project) as one:
                wrong, decided_on = exported.wrong(one, files), exported.explained(one, files)
        told, made = exported.sentences(files, wrong and wrong[0]) + decided_on, exported.tables(files, wrong)
    for line in [*told, *_by_tag(made[1])]:
        typer.echo(line)
    if tables:
        wrote(len(write_tables(made, tables, overwrite=overwrite)), "tables", tables)


def _by_tag(table: Table) -> list[str]:
    """The tags whose labels changed most, for a terminal."""
    moved = [row for row in table.rows if row["added"] or row["removed"]]
    rest = [f"  and {len(moved) - MOST:,} more tags"] if len(moved) > MOST else []
    return [f"  {row['tag']}: {row['added']:,} added, {row['removed']:,} removed" for row in moved[:MOST]] + rest
