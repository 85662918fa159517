"""The decision log keeps its promises on SQLite and on PostgreSQL alike."""

import math
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from labelreview.decisions import Decision, Verdict, from_wire, wire
from labelreview.errors import InputError, Refused, StoreError
from labelreview.store import DecisionLog
from labelreview.store.database import in_plain_words
from tests.crowd import all_at_once, append_some, lease_all
from tests.made import decision

CELLS = [(f"item{n}", "hat") for n in range(10)]


@pytest.fixture
def log(database_url):
    with DecisionLog.open(database_url) as opened:
        yield opened


def uids(events: list[Decision]) -> list[str]:
    return [event.uid for event in events]


# What is stored


def test_a_decision_comes_back_as_it_was_sent(log):
    east = timezone(timedelta(hours=9))
    shown = {"seconds": 1.25, "given": 1, "pred_prob": 0.1 + 0.2, "score": 1e-300, "screen": "queue", "note": "who's?"}
    sent = decision("kä/ 木\n;'\"%", "hät 🎩", Verdict.UNSURE, "Åsa", **shown)
    sent = replace(sent, at=datetime(2026, 3, 1, 8, 0, 0, 123456, east))
    log.append("p", [sent])
    (stored,) = log.read("p")
    assert replace(stored, seq=0, recorded_at=None) == sent
    assert stored.at.utcoffset() == timedelta(0)
    assert stored.recorded_at is not None
    assert abs(datetime.now(UTC) - stored.recorded_at) < timedelta(minutes=1)


def test_a_flag_and_an_undo_come_back_with_nan_where_nothing_was_shown(log):
    log.append("p", [decision("a", "hat", note="blurred"), decision("a", "hat", undoes="uid-11111111")])
    flag, undo = log.read("p")
    assert (flag.verdict, flag.note, undo.verdict, undo.undoes) == (None, "blurred", None, "uid-11111111")
    assert math.isnan(flag.pred_prob)
    assert math.isnan(flag.score)


def test_what_the_browser_sends_survives_the_log(log):
    sent = wire(decision("a", "hat", Verdict.ABSENT, pred_prob=0.03, score=0.97, given=0))
    log.append("p", [from_wire(sent, reviewer="ann")])
    assert {**wire(log.read("p")[0]), "seq": 0, "recorded_at": None} == sent


def test_a_moment_without_a_zone_is_taken_as_utc(log):
    log.append("p", [replace(decision("a", "hat"), at=datetime(2026, 1, 1, 12))])
    assert log.read("p")[0].at == datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_ids_may_be_as_long_as_the_wire_allows(log):
    item, tag = "ö" * 4000, "木" * 4000
    log.append("p", [decision(item, tag, Verdict.PRESENT)])
    assert log.lease("p", [(item, tag)], holder="h", want=1, seconds=60) == [(item, tag)]
    assert log.lease("p", [(item, tag)], holder="other", want=1, seconds=60) == []


def test_reading_gives_the_order_of_storing_after_any_point(log):
    events = [decision("a", f"tag{n}", Verdict.PRESENT) for n in range(1200)]
    assert log.append("p", events) == uids(events)
    stored = log.read("p")
    assert uids(stored) == uids(events)
    assert [event.seq for event in stored] == sorted({event.seq for event in stored})
    assert log.read("p", after=stored[999].seq) == stored[1000:]
    assert log.read("p", after=stored[2].seq, limit=2) == stored[3:5]
    assert log.read("p", after=stored[-1].seq) == []


def test_projects_do_not_see_each_other(log):
    log.append("p", [decision("a", "hat", Verdict.PRESENT)])
    assert log.read("q") == []
    log.lease("p", CELLS, holder="ann", want=3, seconds=60)
    assert log.lease("q", CELLS, holder="ben", want=3, seconds=60) == CELLS[:3]


def test_nothing_sent_is_nothing_stored(log):
    assert log.append("p", []) == []


def test_a_log_outlives_its_process(database_url):
    with DecisionLog.open(database_url) as log:
        log.append("p", [decision("a", "hat", Verdict.PRESENT)])
    with DecisionLog.open(database_url) as log:
        assert len(log.read("p")) == 1


# Retries


def test_a_decision_sent_twice_is_stored_once(log):
    sent = decision("a", "hat", Verdict.PRESENT)
    assert log.append("p", [sent]) == log.append("p", [sent]) == [sent.uid]
    assert log.append("p", [sent, sent]) == [sent.uid, sent.uid]
    assert uids(log.read("p")) == [sent.uid]


def test_a_batch_sent_again_with_news_keeps_the_order(log):
    events = [decision("a", f"tag{n}", Verdict.PRESENT) for n in range(4)]
    log.append("p", events[:2])
    log.append("p", events)
    assert uids(log.read("p")) == uids(events)


@pytest.mark.parametrize(
    "other",
    [
        {"item": "b"},
        {"tag": "cat"},
        {"reviewer": "ben"},
        {"verdict": Verdict.ABSENT},
        {"verdict": None, "undoes": "x" * 8},
    ],
    ids=lambda other: "+".join(other),
)
def test_a_uid_that_belongs_to_another_decision_is_refused_and_nothing_of_the_batch_is_stored(log, other):
    first = decision("a", "hat", Verdict.PRESENT)
    log.append("p", [first])
    with pytest.raises(Refused, match=rf"decision '{first.uid}' is in the log already.*Nothing was stored"):
        log.append("p", [decision("c", "hat", Verdict.ABSENT), replace(first, **other)])
    assert uids(log.read("p")) == [first.uid]


def test_a_uid_that_belongs_to_another_project_is_refused(log):
    sent = decision("a", "hat", Verdict.PRESENT)
    log.append("p", [sent])
    with pytest.raises(Refused, match="another project"):
        log.append("q", [sent])
    assert log.read("q") == []


def test_one_uid_for_two_decisions_in_one_batch_is_refused(log):
    sent = decision("a", "hat", Verdict.PRESENT)
    with pytest.raises(Refused, match="a uid of its own"):
        log.append("p", [sent, replace(sent, tag="cat")])
    assert log.read("p") == []


def test_a_decision_sent_by_many_threads_at_once_is_stored_once(log):
    events = [decision("a", f"tag{n}", Verdict.PRESENT) for n in range(5)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: log.append("p", events), range(24)))
    assert answers == [uids(events)] * 24
    assert uids(log.read("p")) == uids(events)


def test_of_threads_that_store_together_only_the_one_at_fault_is_refused(log):
    """While one commit is under way the others gather; the next one is theirs, with one bad one among them."""
    first, bad = decision("a", "hat", Verdict.PRESENT), decision("b", "hat", Verdict.ABSENT)
    log.append("p", [first])
    good = [[decision("a", f"tag{n}", Verdict.PRESENT), decision("a", f"tag{n}", note="x")] for n in range(7)]
    batches = [*good[:4], [bad, replace(first, tag="cat")], *good[4:]]
    with ThreadPoolExecutor(len(batches)) as pool, log.database.writing("written", lock="decisions p"):
        sent = [pool.submit(log.append, "p", batch) for batch in batches]
        while log.database.together.waiting("p") < len(batches) - 1:
            assert not any(future.done() for future in sent)
    assert [future.exception() for future in sent if future.exception()] == [sent[4].exception()]
    with pytest.raises(Refused, match=rf"decision '{first.uid}' is in the log already"):
        sent[4].result()
    assert Counter(uids(log.read("p"))) == Counter([first.uid, *(event.uid for batch in good for event in batch)])
    assert log.verify("p").problems == ()


# Nothing is lost


@pytest.mark.parametrize("statement", ["UPDATE decisions SET verdict = 'absent'", "DELETE FROM decisions"])
def test_the_database_itself_refuses_to_change_a_decision(database_url, log, statement):
    log.append("p", [decision("a", "hat", Verdict.PRESENT)])
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError, match="append-only"):
        connection.execute(sa.text(statement))
    assert log.read("p")[0].verdict is Verdict.PRESENT


def test_a_reader_that_polls_sees_every_decision_once_and_in_order(log):
    """Many writers draw numbers and commit in any order: a reader at number 7 must not pass a 6 that comes later."""
    writers, each, done = 6, 25, threading.Event()
    seen: list[Decision] = []

    def write(writer: int) -> None:
        for n in range(each):
            log.append("p", [decision("a", f"tag{n}", Verdict.PRESENT, f"w{writer}") for _ in range(2)])

    def poll() -> None:
        last = False
        while not last:
            last = done.is_set()
            seen.extend(log.read("p", after=seen[-1].seq if seen else 0))

    with ThreadPoolExecutor(writers + 1) as pool:
        polling = pool.submit(poll)
        list(pool.map(write, range(writers)))
        done.set()
        polling.result()
    assert seen == log.read("p")
    assert len(seen) == writers * each * 2
    for writer in range(writers):
        tags = [event.tag for event in seen if event.reviewer == f"w{writer}"]
        assert tags == [f"tag{n}" for n in range(each) for _ in range(2)]


def test_processes_that_write_at_once_lose_and_double_nothing(database_url):
    acknowledged = all_at_once(append_some, [(database_url, f"reviewer{n}", 30) for n in range(3)])
    with DecisionLog.open(database_url) as log:
        stored = log.read("p")
    assert Counter(uids(stored)) == Counter(uid for one in acknowledged for uid in one)
    for n, sent in enumerate(acknowledged):
        assert [event.uid for event in stored if event.reviewer == f"reviewer{n}"] == sent


def test_what_was_acknowledged_is_there_after_kill_9(database_url):
    command = [sys.executable, "-m", "tests.crowd", database_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as writer:
        said = [writer.stdout.readline() for _ in range(40)]
        writer.kill()
        said += writer.stdout.readlines()
    acknowledged = [line.strip() for line in said if line.endswith("\n")]
    with DecisionLog.open(database_url) as log:
        stored = uids(log.read("p"))
        assert stored[: len(acknowledged)] == acknowledged
        assert len(stored) - len(acknowledged) <= 1  # stored, and killed before it could say so
        log.append("p", [decision("a", "hat", Verdict.PRESENT)])


# Leases


def test_two_people_never_hold_the_same_cell(log):
    assert log.lease("p", CELLS, holder="ann", want=4, seconds=60) == CELLS[:4]
    assert log.lease("p", CELLS, holder="ben", want=4, seconds=60) == CELLS[4:8]
    assert log.lease("p", CELLS, holder="eve", want=4, seconds=60) == CELLS[8:]
    assert log.lease("p", CELLS, holder="fay", want=4, seconds=60) == []


def test_a_holder_is_given_the_same_cells_again(log):
    first = log.lease("p", CELLS, holder="ann", want=4, seconds=60)
    assert log.lease("p", CELLS, holder="ann", want=4, seconds=60) == first


def test_released_cells_go_to_the_next_who_asks(log):
    log.lease("p", CELLS, holder="ann", want=4, seconds=60)
    log.release("p", "ann")
    log.release("p", "nobody")
    assert log.lease("p", CELLS, holder="ben", want=4, seconds=60) == CELLS[:4]


def test_an_expired_lease_counts_no_more_and_a_renewed_one_does(log):
    log.lease("p", CELLS, holder="ann", want=2, seconds=0)
    log.lease("p", CELLS[:1], holder="ann", want=1, seconds=60)
    assert log.lease("p", CELLS, holder="ben", want=2, seconds=60) == CELLS[1:3]


def test_asking_for_nothing_leases_nothing(log):
    assert log.lease("p", CELLS, holder="ann", want=0, seconds=60) == []
    assert log.lease("p", [], holder="ann", want=5, seconds=60) == []


def test_threads_that_ask_at_once_share_the_cells_out(log):
    cells = [(f"item{n}", "hat") for n in range(60)]
    with ThreadPoolExecutor(12) as pool:
        shares = list(pool.map(lambda n: log.lease("p", cells, holder=f"h{n}", want=5, seconds=60), range(12)))
    assert sorted(cell for share in shares for cell in share) == sorted(cells)


def test_processes_that_ask_at_once_share_the_cells_out(database_url):
    cells = [(f"item{n}", "hat") for n in range(90)]
    shares = all_at_once(lease_all, [(database_url, f"holder{n}", cells) for n in range(3)])
    assert sorted(cell for share in shares for cell in share) == sorted(cells)


# Opening, closing, and trouble


def test_logs_of_one_url_share_their_connections_until_the_last_is_closed(database_url):
    first, second = DecisionLog.open(database_url), DecisionLog.open(database_url)
    assert first._database is second._database
    first.close()
    first.close()
    second.append("p", [decision("a", "hat", Verdict.PRESENT)])
    second.close()
    with DecisionLog.open(database_url) as third:
        assert third._database is not second._database
        assert len(third.read("p")) == 1


def test_sqlite_writes_ahead_and_waits_for_the_disk(sqlite_url):
    with DecisionLog.open(sqlite_url) as log, log._database.reading() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                 for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")]  # fmt: skip
    assert found == ["wal", 2, 1, 30000]


def test_postgresql_waits_for_the_disk_even_where_the_database_is_set_not_to(postgres_url):
    name = sa.make_url(postgres_url).database
    engine = sa.create_engine(postgres_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    with DecisionLog.open(postgres_url) as log, log._database.reading() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_urls_are_taken_as_hosts_give_them(postgres_url, scheme):
    url = postgres_url.replace("postgresql+psycopg", scheme, 1)
    with DecisionLog.open(url) as log:
        assert log.read("p") == []


def test_a_lost_connection_costs_a_new_one_and_no_error(postgres_url):
    with DecisionLog.open(postgres_url) as log:
        log.append("p", [decision("a", "hat", Verdict.PRESENT)])
        with sa.create_engine(postgres_url, poolclass=sa.NullPool).connect() as other:
            other.exec_driver_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                  " WHERE datname = current_database() AND pid <> pg_backend_pid()")  # fmt: skip
        log.append("p", [decision("a", "cat", Verdict.PRESENT)])
        assert len(log.read("p")) == 2


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("decisions.db", "'decisions.db' is not a URL. Use sqlite:"),
        ("mysql://localhost/x", "names 'mysql', which labelreview does not know"),
        ("sqlite://", "a database in memory: decisions would be lost"),
        ("sqlite:///:memory:", "a database in memory"),
    ],
)
def test_a_url_of_no_use_says_what_to_use(url, says):
    with pytest.raises(InputError, match=says):
        DecisionLog.open(url)


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(StoreError, match=r"nowhere/d\.db cannot be opened: unable to open.*Does its folder exist"):
        DecisionLog.open(f"sqlite:///{tmp_path}/nowhere/d.db")


def test_a_file_that_is_no_database_is_said_and_left_alone(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("dear diary, " * 500)
    with pytest.raises(StoreError, match="file is not a database. Point LABELREVIEW_DATABASE_URL at another file"):
        DecisionLog.open(f"sqlite:///{file}")
    assert file.read_text() == "dear diary, " * 500


def test_a_server_that_cannot_be_reached_is_said_without_the_password():
    with pytest.raises(StoreError, match=r"ann:\*\*\*@127\.0\.0\.1:1/x cannot be opened: .*Is the database running"):
        DecisionLog.open("postgresql://ann:secret@127.0.0.1:1/x")


def test_a_database_that_does_not_exist_is_said(postgres_server):
    url = postgres_server.set(database="no_such_database").render_as_string(hide_password=False)
    with pytest.raises(StoreError, match='"no_such_database" does not exist. Create it, or correct'):
        DecisionLog.open(url)


def test_a_read_only_database_can_be_read_and_says_so_when_written(database_url):
    DecisionLog.open(database_url).close()
    if database_url.startswith("sqlite"):
        url = database_url.replace("sqlite:///", "sqlite:///file:") + "?mode=ro&uri=true"
    else:
        url = sa.make_url(database_url).update_query_dict({"options": "-c default_transaction_read_only=on"})
        url = url.render_as_string(hide_password=False)
    with DecisionLog.open(url) as log:
        assert log.read("p") == []
        with pytest.raises(StoreError, match=r"written: .*(readonly|read-only).*(right to write|takes writes)"):
            log.append("p", [decision("a", "hat", Verdict.PRESENT)])


def test_a_user_who_may_not_make_tables_is_said(postgres_url):
    with sa.create_engine(postgres_url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql(
            "DO $$ BEGIN CREATE ROLE lr_guest LOGIN; EXCEPTION WHEN duplicate_object THEN END $$"
        )
    url = sa.make_url(postgres_url).set(username="lr_guest").render_as_string(hide_password=False)
    with pytest.raises(StoreError, match="permission denied for schema public. Give this database user the right"):
        DecisionLog.open(url)


def test_a_full_disk_is_said_and_what_was_acknowledged_stays(sqlite_url):
    with DecisionLog.open(sqlite_url) as log:
        log.append("p", [decision("a", "hat", Verdict.PRESENT)])

        @sa.event.listens_for(log._database.engine, "begin")
        def no_page_more(connection: sa.Connection) -> None:
            connection.exec_driver_sql(
                "PRAGMA max_page_count = 1"
            )  # SQLite takes the present size: as a full disk does

        with pytest.raises(StoreError, match="cannot be written: database or disk is full. Free some space"):
            log.append("p", [decision("a", f"tag{n}", Verdict.PRESENT, note="x" * 4000) for n in range(50)])
        assert len(log.read("p")) == 1


def test_a_writer_that_waits_too_long_is_told_so(sqlite_url, monkeypatch):
    monkeypatch.setattr("labelreview.store.database.PATIENCE", 0.2)
    with DecisionLog.open(sqlite_url) as log, sa.create_engine(sqlite_url, poolclass=sa.NullPool).connect() as other:
        other.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="database is locked. Another program holds it"):
            log.append("p", [decision("a", "hat", Verdict.PRESENT)])
        assert log.read("p") == []
        other.rollback()
        log.append("p", [decision("a", "hat", Verdict.PRESENT)])


def test_only_the_first_line_of_what_a_driver_says_is_shown():
    assert in_plain_words(Exception("connection failed\n\tmore")).startswith("connection failed. Is the database")
