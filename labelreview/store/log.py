"""`DecisionLog`: the append-only log of decisions, and the leases on the cells being answered just now.

A lease need not survive a power cut, and so does not wait for the disk, which decisions wait for.
"""

import hashlib
import math
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from labelreview.decisions import Decision, Verdict
from labelreview.errors import Refused, StoreError
from labelreview.store import chain
from labelreview.store.database import Database
from labelreview.store.migrations import bring_up_to_date, is_up_to_date
from labelreview.store.people import PeopleLog
from labelreview.store.rulings import RulingLog
from labelreview.store.sharing import SharingStore
from labelreview.store.tables import chains, decisions, leases

_opening = threading.Lock()
_opened: dict[str, tuple[Database, int]] = {}
UIDS_A_QUERY = 500
SPARE = 20  # cells looked at beyond those wanted, since others may take some in this very moment
LONGEST_LEASE = 600.0  # seconds
Cell = tuple[str, str]
FIELDS = [decisions.c[field.name] for field in fields(Decision)]  # in this order
VERDICTS: dict[str | None, Verdict | None] = {None: None, **{verdict.value: verdict for verdict in Verdict}}


class DecisionLog:
    """All decisions of all projects behind one database URL. Safe to share between threads.

    Logs of one URL share their connections within a process; the last `close` gives them back.
    """

    def __init__(self, url: str, database: Database) -> None:
        self._url, self._database = url, database
        self._closed = False

    @classmethod
    def open(cls, url: str) -> "DecisionLog":
        """Open the log, creating or upgrading its tables. InputError for a bad URL, StoreError when it cannot be."""
        with _opening:
            database, users = _opened.get(url) or (_ready(url), 0)
            _opened[url] = database, users + 1
            return cls(url, database)

    def close(self) -> None:
        """Give the connections back; closing twice is harmless."""
        with _opening:
            if self._closed:
                return
            self._closed = True
            database, users = _opened.pop(self._url)
            if users > 1:
                _opened[self._url] = database, users - 1
            else:
                database.engine.dispose()

    def __enter__(self) -> "DecisionLog":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    @property
    def database(self) -> Database:
        """The database that the log is in."""
        return self._database

    @property
    def rulings(self) -> RulingLog:
        """The log of rulings in the same database."""
        return RulingLog(self._database)

    @property
    def people(self) -> PeopleLog:
        """The log of appointments in the same database."""
        return PeopleLog(self._database)

    @property
    def sharing(self) -> SharingStore:
        """How projects share out their cells, in the same database."""
        return SharingStore(self._database)

    def append(self, project: str, events: Sequence[Decision]) -> list[str]:
        """Store events in this order, all or none; gives their uids once they are durably stored.

        An event that is there already (a retry) counts as stored. Refused when its uid belongs to another event.
        """
        if events:
            self._database.together.do(project, events, partial(self._append_all, project))
        return [event.uid for event in events]

    def _append_all(self, project: str, batches: list[Sequence[Decision]]) -> list[Refused | None]:
        """Store several threads' batches in one transaction, each whole or not at all; what was refused of each."""
        try:
            return self._in_one(project, batches)
        except sa.exc.IntegrityError as error:  # another project took one of the uids in this very moment
            if batches[1:]:  # whose it is, each finds out alone
                return [refused for batch in batches for refused in self._append_all(project, [batch])]
            refused = Refused("A decision's uid is in the log already, for another project. Nothing was stored.")
            refused.__cause__ = error
            return [refused]

    def _in_one(self, project: str, batches: list[Sequence[Decision]]) -> list[Refused | None]:
        # The lock makes the order of `seq` the order of commits: who polls with `after` never misses a late one. It
        # also makes it safe to look before writing, which the chain needs: nobody else adds to this project meanwhile.
        outcomes: list[Refused | None] = []
        with self._database.writing("written", lock=f"decisions {project}") as (connection, now):
            for events in batches:
                try:
                    fresh = _unseen(connection, project, events)
                except Refused as error:
                    outcomes.append(error)
                    continue
                if fresh:
                    last = chain.head(connection, project)
                    self._extend(
                        connection, project, chain.linked(last, project, [_row(project, e, now) for e in fresh])
                    )
                outcomes.append(None)
        return outcomes

    def _extend(self, connection: sa.Connection, project: str, rows: list[dict[str, Any]]) -> None:
        connection.execute(sa.insert(decisions), rows)
        upsert = self._insert(chains)
        new = {"number": upsert.excluded.number, "hash": upsert.excluded.hash}
        values = {"project": project, "number": rows[-1]["number"], "hash": rows[-1]["hash"]}
        connection.execute(upsert.values(**values).on_conflict_do_update(index_elements=["project"], set_=new))

    def read(self, project: str, *, after: int = 0, limit: int | None = None) -> list[Decision]:
        """The project's events with a `seq` above `after`, in the order they were stored."""
        query = (
            sa.select(*FIELDS)
            .where(decisions.c.project == project, decisions.c.seq > after)
            .order_by(decisions.c.seq)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [_decision(*row) for row in connection.execute(query)]

    def search(
        self, project: str, *, item: str = "", tag: str = "", reviewer: str = "", limit: int | None = None
    ) -> list[Decision]:
        """The events about items whose id contains a text, about a tag, of a reviewer; newest first."""
        query = sa.select(*FIELDS).where(decisions.c.project == project).order_by(decisions.c.seq.desc()).limit(limit)
        if item:
            query = query.where(decisions.c.item.contains(item, autoescape=True))
        for column, wanted in ((decisions.c.tag, tag), (decisions.c.reviewer, reviewer)):
            query = query.where(column == wanted) if wanted else query
        with self._database.reading() as connection:
            return [_decision(*row) for row in connection.execute(query)]

    def verify(self, project: str, *, through: chain.Head | None = None) -> chain.Verification:
        """Whether every event is there and as it was stored; `through` is a head that was noted earlier."""
        with self._database.reading() as connection:
            return chain.verified(connection, project, through=through)

    def lease(
        self,
        project: str,
        cells: Iterable[Cell],
        *,
        holder: str,
        want: int,
        seconds: float,
        take_over: bool = False,
        apart: bool = False,
    ) -> list[Cell]:
        """The first `want` of these (item, tag) that nobody else holds; they are the holder's for so many seconds.

        What the holder has already is given again, and renewed. A holder may be named `PERSON.TAB`: with `take_over`,
        where the others do not suffice, cells that other tabs of this person hold (closed ones, mostly) follow.
        `apart`: of each item one cell, the first that can be had.
        """
        wanted, granted = iter(cells), dict[Cell, None]()
        own = f"{holder.partition('.')[0]}." if take_over and "." in holder else ""
        own_cells = dict[Cell, None]()  # held by this person's other tabs

        def spaced(cells: Iterable[Cell]) -> Iterator[Cell]:
            return _apart(cells, {item for item, _ in granted}) if apart else iter(cells)

        while len(granted) < want:
            # Looking through the cells takes long, and must not make writers wait: it is done before, and what it
            # found is looked at again where nobody else can write.
            with self._database.reading() as connection:
                now = self._database.now(connection)
                taken = _taken(connection, project, holder, now, seconds)
            missing = want - len(granted)
            candidates = list(islice(spaced(_free(wanted, taken, own, own_cells)), missing + SPARE))
            free = self._grant(project, candidates, holder, missing, seconds)
            granted |= dict.fromkeys(free)
            if len(candidates) < missing + SPARE:
                granted |= dict.fromkeys(
                    self._grant(project, list(spaced(own_cells)), holder, want - len(granted), seconds, own)
                )  # fmt: skip
                break
        return list(granted)

    def _grant(
        self, project: str, cells: list[Cell], holder: str, want: int, seconds: float, own: str = ""
    ) -> list[Cell]:
        """The first `want` of a few cells that are free, or held by whose name begins with `own`; now leased."""
        if not cells or want <= 0:
            return []
        with self._database.writing("written", lock=f"leases {project}", durable=False) as (connection, now):
            of_project = leases.c.project == project
            stale = (leases.c.expires_at <= now) | (leases.c.expires_at > _longest(now, seconds))
            connection.execute(sa.delete(leases).where(of_project, stale))
            names = {_name(project, *cell): cell for cell in cells}
            taken = set[Cell]()
            for some in _parts(list(names), UIDS_A_QUERY):
                others = sa.select(leases.c.cell).where(leases.c.cell.in_(some), leases.c.holder != holder)
                if own:
                    others = others.where(~leases.c.holder.startswith(own, autoescape=True))
                taken |= {names[name] for name in connection.execute(others).scalars()}
            free = [cell for cell in cells if cell not in taken][:want]
            until = now + timedelta(seconds=seconds)
            if free:
                connection.execute(self._upsert_lease(), [_lease(project, *cell, holder, until) for cell in free])
        return free

    def release(self, project: str, holder: str) -> None:
        """Give back all that a holder has in this project."""
        with self._database.writing("written", lock=f"leases {project}", durable=False) as (connection, _now):
            connection.execute(sa.delete(leases).where(leases.c.project == project, leases.c.holder == holder))

    def _insert(self, table: sa.Table) -> Any:
        return (sqlite.insert if self._database.sqlite else postgresql.insert)(table)

    def _upsert_lease(self) -> Any:
        insert = self._insert(leases)
        new = {"holder": insert.excluded.holder, "expires_at": insert.excluded.expires_at}
        return insert.on_conflict_do_update(index_elements=["cell"], set_=new)


def check(url: str) -> None:
    """StoreError unless the database behind a URL answers and its tables are up to date."""
    with DecisionLog.open(url) as log, log.database.reading() as connection:
        if not is_up_to_date(connection):
            raise StoreError(f"The tables of {log.database.shown} are not those of this labelreview. Restart it.")


def _ready(url: str) -> Database:
    database = Database(url)
    try:
        database.prepare()
        bring_up_to_date(database)
    except BaseException:
        database.engine.dispose()
        raise
    return database


def _unseen(connection: sa.Connection, project: str, events: Sequence[Decision]) -> list[Decision]:
    """The events that are not stored yet, each once. Refused when a uid stands for something else than its event."""
    known: dict[str, tuple[Any, ...]] = {}
    names = ("uid", "project", "reviewer", "item", "tag", "verdict", "undoes")
    for some in _parts(events, UIDS_A_QUERY):
        uids = [event.uid for event in some]
        query = sa.select(*(decisions.c[name] for name in names)).where(decisions.c.uid.in_(uids))
        known |= {row.uid: tuple(row) for row in connection.execute(query)}
    unseen = []
    for event in events:
        sent = (event.uid, project, event.reviewer, event.item, event.tag, event.verdict, event.undoes)
        if event.uid not in known:
            unseen.append(event)
        if known.setdefault(event.uid, sent) != sent:
            raise Refused(
                f"decision '{event.uid}' is in the log already, for another project, reviewer, cell or answer. "
                "Nothing was stored: give every decision a uid of its own."
            )
    return unseen


def _parts(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def _row(project: str, event: Decision, now: datetime) -> dict[str, Any]:
    return {
        "uid": event.uid,
        "project": project,
        "item": event.item,
        "tag": event.tag,
        "verdict": event.verdict.value if event.verdict else None,
        "reviewer": event.reviewer,
        "seconds": float(event.seconds),
        "at": event.at,
        "given": int(event.given),
        "pred_prob": None if math.isnan(event.pred_prob) else float(event.pred_prob),
        "score": None if math.isnan(event.score) else float(event.score),
        "screen": event.screen,
        "note": event.note,
        "undoes": event.undoes,
        "recorded_at": now,
    }


def _decision(
    uid: str, item: str, tag: str, reviewer: str, at: datetime, verdict: str | None, seconds: float, given: int,
    pred_prob: float | None, score: float | None, *rest: Any,
) -> Decision:  # fmt: skip
    """An event of its columns, by place: for 100,000 events the columns' names alone take a second."""
    pred_prob, score = (math.nan if number is None else number for number in (pred_prob, score))
    return Decision(uid, item, tag, reviewer, at, VERDICTS[verdict], seconds, given, pred_prob, score, *rest)


def _free(wanted: Iterator[Cell], taken: Mapping[Cell, str], own: str, own_cells: dict[Cell, None]) -> Iterator[Cell]:
    """The cells that nobody has; those of holders whose name begins with `own` are noted beside them."""
    for cell in wanted:
        if cell not in taken:
            yield cell
        elif own and taken[cell].startswith(own):
            own_cells[cell] = None


def _apart(cells: Iterable[Cell], had: set[str]) -> Iterator[Cell]:
    """Of each item the first cell, without the items `had`."""
    for cell in cells:
        if cell[0] not in had:
            had.add(cell[0])
            yield cell


def _taken(connection: sa.Connection, project: str, holder: str, now: datetime, seconds: float) -> dict[Cell, str]:
    """What others hold, and who."""
    holds = (leases.c.expires_at > now) & (leases.c.expires_at <= _longest(now, seconds))
    of_others = (leases.c.project == project, leases.c.holder != holder, holds)
    query = sa.select(leases.c.item, leases.c.tag, leases.c.holder).where(*of_others)
    return {(item, tag): other for item, tag, other in connection.execute(query)}


def _longest(now: datetime, seconds: float) -> datetime:
    """A lease that ends later than any that is given now was given before the clock was set back."""
    return now + timedelta(seconds=max(seconds, LONGEST_LEASE))


def _name(project: str, item: str, tag: str) -> str:
    return hashlib.blake2b("\0".join((project, item, tag)).encode(), digest_size=16).hexdigest()


def _lease(project: str, item: str, tag: str, holder: str, until: datetime) -> dict[str, Any]:
    return {
        "cell": _name(project, item, tag),
        "project": project,
        "item": item,
        "tag": tag,
        "holder": holder,
        "expires_at": until,
    }
