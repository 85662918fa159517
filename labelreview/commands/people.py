"""The command for the people of a project; `cli` takes it in."""

from datetime import datetime
from getpass import getuser
from typing import Annotated

import typer

from labelreview.commands.terminal import Name, opened
from labelreview.desk.project import Project
from labelreview.roles import Appointment, Role, appointment

app = typer.Typer()
People = list[str] | None


@app.command()
def people(
    name: Name,
    reviewer: Annotated[People, typer.Option(help="Make this person a reviewer.", show_default=False)] = None,
    adjudicator: Annotated[People, typer.Option(help="Make this person an adjudicator.", show_default=False)] = None,
    owner: Annotated[People, typer.Option(help="Make this person an owner.", show_default=False)] = None,
    disable: Annotated[People, typer.Option(help="Take this person's role away.", show_default=False)] = None,
    by: Annotated[str | None, typer.Option(help="Who says so; without it, this user.", show_default=False)] = None,
    history: Annotated[bool, typer.Option("--history", help="Say who gave whom which role, when.")] = False,
) -> None:
    """Say who is in a project, what they may do there and when they were last active; give and take roles."""
    told = ((Role.OWNER, owner), (Role.ADJUDICATOR, adjudicator), (Role.REVIEWER, reviewer), (None, disable))
    events = [appointment(by or getuser(), person, role) for role, persons in told for person in persons or ()]
    with opened(name) as project:
        project.people.record(*events)
        for line in _history(project) if history else _lines(project):
            typer.echo(line)


def _lines(project: Project) -> list[str]:
    found = [
        f"{row['Person']}: {row['Role'] or 'no role'}, {_since(row['Since'])}{row['Events']} events"
        f"{_last(row['Last active'])}"
        for row in project.people.rows()
    ]
    return found or ["Nobody is appointed: whoever gives a name on this machine is owner."]


def _since(moment: object) -> str:
    return f"since {moment:%Y-%m-%d %H:%M}, " if isinstance(moment, datetime) else ""


def _last(moment: object) -> str:
    return f", last active {moment:%Y-%m-%d %H:%M}" if isinstance(moment, datetime) else ""


def _history(project: Project) -> list[str]:
    def line(event: Appointment) -> str:
        done = f"made {event.person} {event.role}" if event.role else f"disabled {event.person}"
        return f"{event.recorded_at:%Y-%m-%d %H:%M:%S}  {event.by} {done}"

    return [line(event) for event in project.people.history()]
