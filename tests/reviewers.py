"""Reviewers as programs, over HTTP: each takes cells from the queue, answers them at a pace, one after the other, and
sends an answer again until the server says that it is stored, as the page in the browser does.
"""

import asyncio
import math
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from labelreview.decisions import Decision
from labelreview.desk.project import Project
from labelreview.settings import Settings
from labelreview.web import auth

BATCH = 20
PAUSE = 0.1  # before an answer is sent again


@dataclass
class Record:
    """What a reviewer saw: the uids that were acknowledged, in order; each one's seconds; what went wrong, by kind."""

    name: str
    acknowledged: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)
    cells: list[tuple[str, str]] = field(default_factory=list)


def crew(settings: Settings, project: str, count: int) -> dict[str, str]:
    """Names of reviewers, and a token for each."""
    with Project.open(settings, project) as opened:
        key, uid = auth.secret(settings.home), opened.card.uid
        return {name: auth.token(key, uid, name) for name in (f"reviewer {number:02}" for number in range(count))}


async def work(
    addresses: Sequence[str],
    project: str,
    tokens: dict[str, str],
    records: Sequence[Record],
    going: Callable[[Record], bool],
    *,
    pace: float = 0.0,
) -> None:
    """Each reviewer answers a cell every `pace` seconds while it is going on for them, and keeps a record."""
    limits = httpx.Limits(max_connections=len(tokens), max_keepalive_connections=len(tokens))
    async with httpx.AsyncClient(timeout=15, limits=limits) as client:
        jobs = [
            _review(client, f"{addresses[n % len(addresses)]}/api/projects/{project}", tokens[record.name], record,
                    going,
                    pace, pace * n / len(records))
            for n, record in enumerate(records)
        ]  # fmt: skip
        await asyncio.gather(*jobs)


async def _review(
    client: httpx.AsyncClient,
    at: str,
    token: str,
    record: Record,
    going: Callable[[Record], bool],
    pace: float,
    late: float,
) -> None:
    headers, holder = {auth.HEADER: token}, uuid.uuid4().hex
    ready: list[dict[str, Any]] = []
    due = time.monotonic() + late
    while going(record):
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        due += pace
        if not ready:
            answer = await _ask(client, f"{at}/queue", headers, {"want": BATCH, "holder": holder}, record)
            ready = answer["cells"]
            if not ready:
                return
        cell = ready.pop(0)
        event = {"uid": uuid.uuid4().hex, "item": cell["item"], "tag": cell["tag"], "at": "2026-01-02T03:04:05Z",
                 "verdict": "absent", "seconds": 1.0}  # fmt: skip
        began = time.perf_counter()
        answer = await _ask(client, f"{at}/decisions", headers, {"holder": holder, "decisions": [event]}, record)
        record.seconds.append(time.perf_counter() - began)
        record.acknowledged += answer["stored"]
        record.cells.append((cell["item"], cell["tag"]))


async def _ask(
    client: httpx.AsyncClient, url: str, headers: dict[str, str], body: dict[str, Any], record: Record
) -> dict[str, Any]:
    while True:
        try:
            answer = await client.post(url, json=body, headers=headers)
            if answer.status_code == 200:
                return dict(answer.json())
            record.troubles[f"{answer.status_code} {answer.json().get('error', '')[:400]}"] += 1
            assert answer.status_code >= 500, answer.text
        except (httpx.HTTPError, ValueError) as error:
            record.troubles[type(error).__name__] += 1
        await asyncio.sleep(PAUSE)


@dataclass(frozen=True)
class Account:
    """Acknowledged answers against the log: all must be there, once, and in each reviewer's order."""

    acknowledged: int
    lost: int
    doubled: int
    disordered: int

    @property
    def clean(self) -> bool:
        return (self.lost, self.doubled, self.disordered) == (0, 0, 0)


def account(records: Sequence[Record], events: Sequence[Decision]) -> Account:
    """Compare what was acknowledged with what is stored."""
    stored = Counter(event.uid for event in events)
    cells = Counter((event.reviewer, event.item, event.tag) for event in events)
    lost = sum(stored[uid] == 0 for record in records for uid in record.acknowledged)
    doubled = sum(count - 1 for counts in (stored, cells) for count in counts.values())
    order = {uid: place for place, uid in enumerate(event.uid for event in events)}
    places = [[order[uid] for uid in record.acknowledged if uid in order] for record in records]
    disordered = sum(each != sorted(each) for each in places)
    return Account(sum(len(record.acknowledged) for record in records), lost, doubled, disordered)


def quantile(seconds: Sequence[float], share: float) -> float:
    """The time within which a share of all is answered, in milliseconds."""
    return 1000 * sorted(seconds)[min(len(seconds) - 1, math.ceil(share * len(seconds)) - 1)] if seconds else math.nan
