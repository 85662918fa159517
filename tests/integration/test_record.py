"""The hash chain over the log finds whatever was done to it, on SQLite and on PostgreSQL alike."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from labelreview.decisions import Verdict
from labelreview.store import DecisionLog, migrations
from labelreview.store.chain import Head
from labelreview.store.database import Database
from tests.made import decision

EVENTS = 8


@pytest.fixture
def log(database_url):
    with DecisionLog.open(database_url) as opened:
        for number in range(EVENTS):  # two projects, whose events take turns
            for project in ("p", "q"):
                said = decision(
                    f"item {number}", "hat", Verdict.PRESENT, uid=f"{project}-uid-{number:04}", pred_prob=-0.0
                )
                opened.append(project, [said])
        yield opened


def tamper(url: str, *statements: str) -> None:
    """What somebody with full rights on the database can do: take the guards away, and change what they like."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER decisions_no_update")
            connection.exec_driver_sql("DROP TRIGGER decisions_no_delete")
        else:
            connection.exec_driver_sql("DROP TRIGGER decisions_append_only ON decisions")
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_an_untouched_log_is_whole_and_says_its_head(log):
    found = log.verify("p")
    assert found.problems == ()
    assert found.head.number == EVENTS
    assert len(found.head.hash) == 64
    assert log.verify("no such project").head == Head()
    assert log.verify("q", through=log.verify("q").head).problems == ()


def test_a_batch_a_retry_and_a_refusal_leave_the_chain_whole(log):
    events = [decision("a", f"tag{n}", Verdict.UNSURE, note="ä🎩", seconds=0.1 + 0.2) for n in range(700)]
    log.append("p", events[:400])
    log.append("p", [*events, *events[:3]])
    with pytest.raises(Exception, match="in the log already"):
        log.append("p", [decision("a", "x", Verdict.ABSENT), decision("b", "x", uid=events[0].uid)])
    found = log.verify("p")
    assert (found.problems, found.head.number) == ((), EVENTS + 700)


P = "WHERE project = 'p' AND number"
COPIED = "project, item, tag, verdict, reviewer, seconds, at, given, screen, note, undoes, recorded_at, hash"
FORGED = f"INSERT INTO decisions (uid, number, {COPIED}) SELECT 'forged-01', 9, {COPIED} FROM decisions {P} = 8"
ALTERED = {
    1: "recorded_at = '2020-01-01 00:00:00.000000'",
    2: "note = ' '",
    3: "verdict = 'absent'",
    4: "score = 0.5",
    5: "reviewer = 'eve'",
    6: "item = 'item 9'",
    8: "hash = 'x'",
}
TAMPERINGS = {
    "one gone": ([f"DELETE FROM decisions {P} = 5"], "^Events 5 to 5 are missing before event 6"),
    "first gone": ([f"DELETE FROM decisions {P} < 3"], "^Events 1 to 2 are missing before event 3"),
    "last gone": ([f"DELETE FROM decisions {P} > 6"], "^The log ends with event 6, and 8 were stored"),
    "all gone": (["DELETE FROM decisions WHERE project = 'p'"], "^The log ends with event 0, and 8 were stored"),
    "closed up": (
        [f"DELETE FROM decisions {P} = 5", *(f"UPDATE decisions SET number = {n - 1} {P} = {n}" for n in (6, 7, 8))],
        "^Event 5 .*is not as it was stored",
    ),
    "moved": (
        [f"UPDATE decisions SET seq = 1000 {P} = 2", f"UPDATE decisions SET seq = 3 {P} = 3"],
        "^Event 3 .*stands before event 2 in the log",
    ),
    "swapped": (
        [f"UPDATE decisions SET number = {new} {P} = {old}" for old, new in ((2, 99), (3, 2), (99, 3))],
        "^Event 2 .*is not as it was stored",
    ),
    "to another project": ([f"UPDATE decisions SET project = 'r' {P} = 4"], "^Events 4 to 4 are missing"),
    "put in": (
        [FORGED],
        "^Event 9 .*is not as it was stored",
    ),
}  # fmt: skip


def test_every_altered_event_is_named(database_url, log):
    tamper(database_url, *(f"UPDATE decisions SET {change} {P} = {number}" for number, change in ALTERED.items()))
    problems = log.verify("p").problems
    assert len(problems) == len(ALTERED) + 1  # and the end is not the noted head
    for number, problem in zip(ALTERED, problems, strict=False):
        assert re.search(f"^Event {number} .*is not as it was stored", problem)
    assert "its noted head" in problems[-1]


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_whatever_is_done_to_the_log_is_found_where_it_was_done(database_url, log, kind):
    statements, says = TAMPERINGS[kind]
    tamper(database_url, *statements)
    problems = log.verify("p").problems
    assert problems
    assert re.search(says, problems[0])
    assert log.verify("q").problems == ()


def test_a_value_that_is_no_value_is_found_on_sqlite(sqlite_url):
    with DecisionLog.open(sqlite_url) as log:
        log.append("p", [decision("a", f"tag{n}", Verdict.PRESENT) for n in range(3)])
        tamper(sqlite_url, "UPDATE decisions SET at = 'yesterday' WHERE number = 2")
        assert "a value of the next event is not of its kind" in log.verify("p").problems[0]


def test_a_log_made_anew_is_found_by_who_noted_its_head(database_url, log):
    noted = log.verify("p").head
    log.append("p", [decision("b", "hat", Verdict.ABSENT)])
    assert log.verify("p", through=noted).problems == ()
    tamper(database_url, "DELETE FROM decisions WHERE project = 'p'", "DELETE FROM chains WHERE project = 'p'")
    log.append("p", [decision(f"item {n}", "hat", Verdict.ABSENT) for n in range(EVENTS)])
    assert log.verify("p").problems == ()
    assert f"does not go through {noted}" in log.verify("p", through=noted).problems[0]


def test_old_events_get_their_links_when_the_database_is_brought_up_to_date(database_url):
    database = Database(database_url)
    database.prepare()
    script = ScriptDirectory(Path(migrations.__file__).parent)
    with database.writing("opened", lock="migrations") as (connection, _now):
        context = MigrationContext.configure(connection, opts={"version_table": migrations.VERSION_TABLE})
        with Operations.context(context):
            migrations._run(context, script, "0001")
        connection.execute(
            sa.text(
                "INSERT INTO decisions (uid, project, item, tag, verdict, reviewer, seconds, at, given, pred_prob,"
                " screen, note, undoes, recorded_at) VALUES (:uid, :project, 'kä 🎩', 'hat', 'present', 'ann', 0.3,"
                " '2026-01-02 03:04:05.000006', 1, 0.1, 'review', '', '', '2026-01-02 03:04:05.600000')"
            ),
            [{"uid": f"{project}-uid-{n:05}", "project": project} for n in range(1100) for project in ("p", "q")],
        )
    database.engine.dispose()
    with DecisionLog.open(database_url) as log:
        assert [log.verify(project).problems for project in ("p", "q")] == [(), ()]
        log.append("p", [decision("a", "hat", Verdict.ABSENT)])
        assert log.verify("p").head.number == 1101
    with (
        sa.create_engine(database_url, poolclass=sa.NullPool).begin() as connection,
        pytest.raises(sa.exc.DBAPIError, match="append-only"),
    ):
        connection.exec_driver_sql("UPDATE decisions SET note = 'x'")


def test_a_search_gives_the_newest_first_and_only_what_was_asked_for(log):
    log.append("p", [decision("item 1", "cat%", Verdict.ABSENT, "ben"), decision("ITEM_x", "hat", note="?")])
    assert [event.item for event in log.search("p", limit=2)] == ["ITEM_x", "item 1"]
    assert [event.uid for event in log.search("p", item="em 1", tag="hat")] == ["p-uid-0001"]
    assert [event.tag for event in log.search("p", reviewer="ben")] == ["cat%"]
    assert log.search("p", item="%") == []
    assert [event.item for event in log.search("p", item="_")] == ["ITEM_x"]


def test_a_lease_from_before_the_clock_was_set_back_does_not_last(log):
    cells = [("a", "hat")]
    log.lease("p", cells, holder="gone", want=1, seconds=86400)
    assert log.lease("p", cells, holder="here", want=1, seconds=120) == cells
