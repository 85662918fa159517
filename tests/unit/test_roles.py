"""Roles: what the docs say of them is what the code says."""

import re
from pathlib import Path

import pytest

from labelreview.errors import InputError
from labelreview.roles import MAY, MEANING, Action, Role, appointment, members, refuse_ownerless

DOCS = Path(__file__).parents[2] / "docs" / "people.md"


def test_the_matrix_of_roles_in_the_docs_is_the_one_in_the_code():
    table = DOCS.read_text("utf-8").split("<!-- the matrix -->")[1].split("\n\n")[1]
    header, _line, *rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()]
    shown = {row[0]: {role for role, cell in zip(header[1:], row[1:], strict=True) if cell == "yes"} for row in rows}
    assert set(header[1:]) == set(Role)
    assert shown == {MEANING[action]: {role for role in Role if action in MAY[role]} for action in Action}


def test_the_newest_appointment_holds_and_nobody_is_left_without_an_owner():
    events = [appointment("Ada", "ADA@x.org", Role.OWNER), appointment("Ada", "Ben", Role.REVIEWER)]
    assert {name: event.role for name, event in members(events).items()} == {"ada@x.org": "owner", "Ben": "reviewer"}
    refuse_ownerless(events)
    with pytest.raises(InputError, match="without an owner. Make somebody an owner first"):
        refuse_ownerless([*events, appointment("Ada", "ada@x.org", None)])
    for by, person in (("", "Ben"), ("Ada", " \u200b\n")):
        with pytest.raises(InputError, match=re.escape("is empty.")):
            appointment(by, person, Role.REVIEWER)
