"""A meeting's rulings on SQLite and on PostgreSQL: kept for ever, checked before they are stored, the same for all."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from labelreview.desk.meeting import Meeting
from labelreview.errors import InputError
from labelreview.rulings import assign, define, drop, merge, rename, target, undo
from labelreview.store import DecisionLog

TAGS = ("cap", "hat", "boat")


@pytest.fixture
def log(database_url):
    with DecisionLog.open(database_url) as opened:
        yield opened


def test_a_ruling_comes_back_as_it_was_made_and_for_its_project_alone(log):
    here, there = (Meeting(log.rulings, name, TAGS) for name in ("p", "q"))
    made = [merge("Åsa", ["hat", "cap"], "hät 🎩", "first", "the same, I'd say"), target("Åsa", 0.02, 0.9)]
    here.record(*made)
    here.record(target("Bo", 0.02, 0.9))  # it is set already: no decision
    kept = Meeting(log.rulings, "p", TAGS).standing()
    assert [(r.uid, r.kind, r.by, r.at, r.tags, dict(r.value), r.why) for r in kept.history] == [
        (r.uid, r.kind, r.by, r.at, r.tags, dict(r.value), r.why) for r in made
    ]
    assert kept.target.max_error_rate == 0.02
    assert there.standing().history == ()


def test_rulings_are_never_changed_or_deleted(log):
    Meeting(log.rulings, "p", TAGS).record(drop("Ada", "boat"))
    for statement in ("UPDATE rulings SET why = 'x'", "DELETE FROM rulings"):
        with (
            pytest.raises(sa.exc.DBAPIError, match="append-only"),
            log._database.writing("written", lock="x") as (connection, _now),
        ):
            connection.exec_driver_sql(statement)


def test_of_rulings_that_exclude_each_other_one_is_stored_however_many_decide_at_once(log):
    meetings = [Meeting(log.rulings, "p", TAGS) for _ in range(6)]

    def decide(number):
        try:
            meetings[number].record(rename(f"person {number}", "cap", f"name {number}"))
        except InputError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(decide, range(6)))
    assert sorted(bool(text) for text in said) == [False] + [True] * 5
    assert all("There is no tag 'cap' any more" in text for text in said if text)
    assert [len(meeting.standing().steps) for meeting in meetings] == [1] * 6


def test_all_of_several_rulings_are_stored_or_none(log):
    meeting = Meeting(log.rulings, "p", TAGS)
    with pytest.raises(InputError, match="no tag 'dog'"):
        meeting.record(assign("Ada", "cap", "Bo"), define("Ada", "dog", "a dog"))
    assert meeting.standing().history == ()


def test_an_undo_is_seen_by_who_looked_before(log):
    one, other = Meeting(log.rulings, "p", TAGS), Meeting(log.rulings, "p", TAGS)
    ruling = one.record(drop("Ada", "boat")).history[0]
    assert other.standing().dropped == ["boat"]
    one.record(undo("Bo", ruling, "it is needed"))
    assert other.standing().dropped == []
    assert [event.by for event in other.standing().history] == ["Ada", "Bo"]
