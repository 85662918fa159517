"""The commands for several people on one project, and for the safety of their work; `cli` takes them in."""

import json
from pathlib import Path
from typing import Annotated

import typer

from labelreview import formats
from labelreview.commands.terminal import Name, opened
from labelreview.decisions import wire
from labelreview.desk import record
from labelreview.errors import InputError
from labelreview.tags import UNKNOWN

app = typer.Typer()


@app.command()
def team(
    name: Name,
    answers: Annotated[int | None, typer.Option(help="How many reviewers answer a cell.", show_default=False)] = None,
    share: Annotated[float | None, typer.Option(help="Of which share of cells.", show_default=False)] = None,
    gold: Annotated[Path | None, typer.Option(help="A labels file of known answers.", show_default=False)] = None,
    gold_from_settled: Annotated[int | None, typer.Option(help="Take so many settled cells for known.")] = None,
    gold_share: Annotated[float | None, typer.Option(help="The share of questions about known cells.")] = None,
    no_gold: Annotated[bool, typer.Option("--no-gold", help="Forget the known answers.")] = False,
) -> None:
    """Set how many reviewers answer a cell and which answers are known; say how good the reviewers are."""
    if sum((gold is not None, gold_from_settled is not None, no_gold)) > 1:
        raise typer.BadParameter("Use one of --gold, --gold-from-settled and --no-gold.")
    with opened(name) as project:
        known: dict[tuple[str, str], int] | None = {} if no_gold else None
        if gold is not None:
            known = _known(gold)
        if gold_from_settled is not None:
            known = project.team.settled_gold(project.verdicts(), gold_from_settled)
            if len(known) < gold_from_settled:
                typer.echo(
                    f"Only {len(known):,} settled cells are answered alike by all: these are known now.", err=True
                )
        if {answers, share, gold_share} != {None} or known is not None:
            project.team.set(answers=answers, share=share, gold_share=gold_share, known=known)
        for line in record.team_lines(project):
            typer.echo(line)


def _known(path: Path) -> dict[tuple[str, str], int]:
    matrix = formats.read_labels(path, missing_means="unknown").matrix
    rows, columns = (matrix.values != UNKNOWN).nonzero()
    cells = zip(rows.tolist(), columns.tolist(), strict=True)
    known = {(matrix.ids[row], matrix.tags[column]): int(matrix.values[row, column]) for row, column in cells}
    if not known:
        raise InputError(f"{path.name} names no label that is known.")
    return known


@app.command("log")
def show_log(
    name: Name,
    item: Annotated[str, typer.Option(help="Only about items whose id contains this.")] = "",
    tag: Annotated[str, typer.Option(help="Only about this tag.")] = "",
    reviewer: Annotated[str, typer.Option(help="Only of this reviewer.")] = "",
    limit: Annotated[int, typer.Option(help="Only so many, from the newest.", min=1)] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for a program.")] = False,
) -> None:
    """Say who said what about a tag, when, and what they had been shown; newest first."""
    with opened(name) as project:
        events = project.search(item=item, tag=tag, reviewer=reviewer, limit=limit)
    for event in events:
        typer.echo(json.dumps(wire(event), ensure_ascii=False) if as_json else record.line(event))
    if not events:
        typer.echo("No event matches.", err=True)


@app.command()
def verify(
    name: Name,
    head: Annotated[str, typer.Option(help="A head that verify printed earlier: the log must go through it.")] = "",
) -> None:
    """Check that the decision log is whole: exit with 4 where events were altered, removed, put in or moved."""
    with opened(name) as project:
        whole, said = record.verdict_on(project, record.noted_head(head) if head else None)
    for each in said:
        typer.echo(each)
    if not whole:
        raise typer.Exit(4)
