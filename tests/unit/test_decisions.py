"""Decisions on the wire: what a browser may send, and what comes back."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelreview.decisions import Decision, Direction, Suspect, Verdict, from_wire, wire
from labelreview.errors import InputError
from labelreview.tags import ABSENT, PRESENT, UNKNOWN
from tests.made import decision

SENT = wire(decision("a", "hat", Verdict.ABSENT, uid="uid-0001", given=1, pred_prob=0.03, score=0.03, seconds=1.5))

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40)
unit = st.floats(0, 1) | st.just(math.nan)
kinds = st.one_of(
    st.builds(lambda verdict, note: {"verdict": verdict, "note": note}, st.sampled_from(Verdict), st.just("") | texts),
    st.builds(lambda uid: {"undoes": uid}, st.from_regex(r"[A-Za-z0-9_-]{8,64}", fullmatch=True)),
    st.builds(lambda note: {"note": note}, texts),
)
times = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
decisions = st.builds(
    lambda item, tag, at, number, seconds, label, kind: Decision(
        "uid-0001", item, tag, "ann", at.replace(microsecond=at.microsecond // 1000 * 1000),
        seconds=seconds / 1000, given=label, pred_prob=number, score=number, **kind,
    ),
    texts, texts, times, unit, st.integers(0, 10**6), st.sampled_from([PRESENT, ABSENT, UNKNOWN]), kinds,
)  # fmt: skip


@given(decisions)
def test_a_decision_survives_json_there_and_back(sent):
    there = json.loads(json.dumps(wire(sent), allow_nan=False))
    assert wire(from_wire(there, reviewer="ann")) == wire(sent)


def test_the_reviewer_comes_from_the_token_and_never_from_the_body():
    assert from_wire({**SENT, "reviewer": "mallory"}, reviewer="ann").reviewer == "ann"


def test_seq_and_time_of_storing_are_the_logs_and_never_the_bodys():
    received = from_wire({**SENT, "seq": 7, "recorded_at": "2020-01-01T00:00:00Z"}, reviewer="ann")
    assert (received.seq, received.recorded_at) == (0, None)


def test_what_is_not_sent_has_a_default():
    least = from_wire({k: SENT[k] for k in ("uid", "item", "tag", "at", "verdict")}, reviewer="ann")
    assert (least.seconds, least.given, least.screen, least.note, least.undoes) == (0, UNKNOWN, "review", "", "")
    assert math.isnan(least.pred_prob)
    assert math.isnan(least.score)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24T16:05:00.000Z", datetime(2026, 11, 24, 16, 5, tzinfo=UTC)),
        ("2026-11-24T16:05:00+02:00", datetime(2026, 11, 24, 14, 5, tzinfo=UTC)),
        ("2026-11-24T16:05:00", datetime(2026, 11, 24, 16, 5, tzinfo=UTC)),
    ],
)
def test_times_are_moments_in_utc(text, moment):
    received = from_wire({**SENT, "at": text}, reviewer="ann").at
    assert received == moment
    assert received.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("field", "value", "wanted"),
    [
        ("uid", None, "a text of at most 64"),
        ("uid", "short", "8 to 64 letters, digits"),
        ("uid", "uid-0001\n", "8 to 64 letters, digits"),
        ("uid", "u" * 65, "a text of at most 64"),
        ("undoes", "x'; DROP", "8 to 64 letters, digits"),
        ("item", "", "a text of at most 4000"),
        ("item", 7, "a text"),
        ("tag", "t" * 4001, "a text of at most 4000"),
        ("tag", "a\0b", "without NUL"),
        ("tag", "half \ud800", "without half characters"),
        ("note", ["x"], "a text of at most 4000"),
        ("verdict", "maybe", "present, absent or unsure"),
        ("verdict", [], "present, absent or unsure"),
        ("verdict", None, "either a verdict, or the uid it undoes, or a note alone"),
        ("undoes", "uid-0000", "either a verdict, or the uid it undoes, or a note alone"),
        ("given", 2, "a number from -1 to 1"),
        ("given", 0.5, "1, 0 or -1"),
        ("given", True, "a number from -1 to 1"),
        ("pred_prob", math.nan, "a number from 0 to 1"),
        ("score", 1.01, "a number from 0 to 1"),
        ("seconds", -1, "a number from 0"),
        ("seconds", math.inf, "a number from 0"),
        ("at", None, "a time in ISO 8601"),
        ("at", "yesterday", "a time in ISO 8601"),
        ("at", 1764000300, "a time in ISO 8601"),
        ("at", "0001-01-01T00:00:00+14:00", "a time in ISO 8601"),
    ],
)
def test_what_cannot_be_used_is_said_with_field_value_and_remedy(field, value, wanted):
    with pytest.raises(InputError, match=rf"^decision, field '\w+': .* is not usable\. Send .*{wanted}"):
        from_wire({**SENT, field: value}, reviewer="ann")


def test_a_long_value_is_cut_in_the_message():
    with pytest.raises(InputError, match="field 'uid'") as caught:
        from_wire({**SENT, "uid": "u" * 10_000}, reviewer="ann")
    assert len(str(caught.value)) < 250


def test_times_of_storing_are_shown_in_utc():
    stored = replace(decision("a", "hat", note="?"), seq=3, recorded_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert (wire(stored)["seq"], wire(stored)["recorded_at"]) == (3, "2026-01-01T00:00:00+00:00")


@pytest.mark.parametrize(
    ("verdict", "label"), [(Verdict.PRESENT, PRESENT), (Verdict.ABSENT, ABSENT), (Verdict.UNSURE, UNKNOWN)]
)
def test_a_verdict_stands_for_a_label(verdict, label):
    assert verdict.label == label


@pytest.mark.parametrize(
    ("given", "suggested", "direction"),
    [(PRESENT, ABSENT, Direction.WRONG), (ABSENT, PRESENT, Direction.MISSING)],
)
def test_a_suspect_suggests_the_other_value(given, suggested, direction):
    suspect = Suspect("a", "hat", given, 0.5, 0.5)
    assert (suspect.suggested, suspect.direction) == (suggested, direction)
