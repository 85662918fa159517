"""What holds now, against a slow and plain oracle, and what it makes of the labels."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelreview.decisions import Decision, Verdict
from labelreview.review.consensus import changes
from labelreview.review.verdicts import Verdicts, corrected, placed
from labelreview.tags import Dataset, Names
from tests.made import decision

ITEMS, TAGS, REVIEWERS = ("a", "b", "elsewhere"), ("hat", "cat"), ("ann", "ben")
DATA = Dataset(
    Names.of(["a", "b", "c"]),
    TAGS,
    np.array([[1, 0], [0, 1], [-1, 1]], np.int8),
    np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], np.float32),
)


def numbered(events: list[Decision]) -> list[Decision]:
    return [replace(event, seq=at + 1) for at, event in enumerate(events)]


@st.composite
def logs(draw):
    """Any events in any order: also an undo before, of nothing, of an undo, of another's, twice, and a uid twice."""
    events = []
    for number in range(draw(st.integers(0, 14))):
        kind = draw(st.sampled_from(["verdict", "verdict", "undo", "flag", "noted", "again"]))
        if kind == "again" and events:
            events.append(draw(st.sampled_from(events)))
            continue
        fields = {
            "undo": {"undoes": f"uid-{draw(st.integers(0, 14)):04}"},
            "flag": {"note": "look"},
            "noted": {"note": "sure", "verdict": draw(st.sampled_from(Verdict))},
        }.get(kind, {"verdict": draw(st.sampled_from(Verdict))})
        item, tag = draw(st.sampled_from(ITEMS)), draw(st.sampled_from(TAGS))
        reviewer = draw(st.sampled_from(REVIEWERS))
        events.append(decision(item, tag, reviewer=reviewer, uid=f"uid-{number:04}", **fields))
    return numbered(events)


class Oracle:
    """The whole log, read anew for every question."""

    def __init__(self, log: list[Decision]) -> None:
        once = [event for at, event in enumerate(log) if event.uid not in {earlier.uid for earlier in log[:at]}]
        undone = {(event.reviewer, event.undoes) for event in once if event.undoes}
        left = [event for event in once if (event.reviewer, event.uid) not in undone and not event.undoes]
        self.verdicts = [event for event in left if event.verdict]
        self.flags = [event for event in left if not event.verdict]
        self.settled = {(event.item, event.tag): event for event in self.verdicts}


@given(logs(), st.integers(0, 14))
def test_what_holds_is_what_the_whole_log_says_however_it_is_cut(log, cut):
    verdicts, oracle = Verdicts(log[:cut]), Oracle(log)
    verdicts.add(log[cut:])
    assert dict(verdicts.settled) == oracle.settled
    assert verdicts.flags == oracle.flags
    assert verdicts.counts == {
        verdict: sum(d.verdict is verdict for d in oracle.settled.values()) for verdict in Verdict
    }
    assert verdicts.seq == len(log)
    assert verdicts.reviewers == sorted({event.reviewer for event in oracle.verdicts})
    for reviewer in REVIEWERS:
        own = [event for event in oracle.verdicts if event.reviewer == reviewer]
        assert verdicts.standing(reviewer) == own
        assert verdicts.flagged_by(reviewer) == {(e.item, e.tag) for e in oracle.flags if e.reviewer == reviewer}
        for cell in {(item, tag) for item in ITEMS for tag in TAGS}:
            about = [event for event in own if (event.item, event.tag) == cell]
            assert verdicts.of(reviewer, *cell) == (about[-1] if about else None)
            assert [e for e in verdicts.about(*cell) if e.reviewer == reviewer] == about


@given(logs())
def test_the_touched_cells_are_enough_to_follow_what_is_settled(log):
    verdicts, followed = Verdicts(), {}
    for event in log:
        for cell in verdicts.add([event]):
            followed[cell] = verdicts.settled.get(cell)
    assert {cell: decision for cell, decision in followed.items() if decision} == dict(verdicts.settled)


@given(logs())
def test_labels_and_changes_follow_from_what_is_settled(log):
    verdicts, settled = Verdicts(log), Oracle(log).settled
    labels, moved = np.array(DATA.labels), []
    for row, item in enumerate(DATA.ids):
        for column, tag in enumerate(TAGS):
            holds = settled.get((item, tag))
            before = int(labels[row, column])
            assert verdicts.label(item, tag, before) == (
                before if holds is None or holds.verdict is Verdict.UNSURE else holds.verdict.label
            )
            if holds is not None:
                labels[row, column] = verdicts.label(item, tag, before)
                if labels[row, column] != before:
                    moved.append((item, tag, before, int(labels[row, column]), holds.at))
    assert corrected(DATA, verdicts).tolist() == labels.tolist()
    assert [(c.item, c.tag, c.given, c.corrected, c.at) for c in changes(DATA, verdicts)] == moved
    assert len(placed(DATA, verdicts).elsewhere) == sum(item == "elsewhere" for item, _ in settled)


def test_undo_brings_back_ones_own_earlier_verdict_and_then_opens_the_cell():
    first, second = decision("a", "hat", Verdict.PRESENT), decision("a", "hat", Verdict.ABSENT)
    verdicts = Verdicts([first, second])
    assert verdicts.settled["a", "hat"] is second
    verdicts.add([decision("a", "hat", undoes=second.uid)])
    assert verdicts.settled["a", "hat"] is first
    verdicts.add([decision("a", "hat", undoes=first.uid)])
    assert not verdicts.settled


def test_undo_brings_back_what_another_said():
    ann, ben = decision("a", "hat", Verdict.PRESENT), decision("a", "hat", Verdict.ABSENT, "ben")
    verdicts = Verdicts([ann, ben, decision("a", "hat", reviewer="ben", undoes=ben.uid)])
    assert verdicts.settled["a", "hat"] is ann


def test_nobody_takes_back_what_another_said():
    ann = decision("a", "hat", Verdict.PRESENT)
    verdicts = Verdicts([ann, decision("a", "hat", reviewer="ben", undoes=ann.uid)])
    assert verdicts.settled["a", "hat"] is ann


def test_undoing_twice_takes_back_one_verdict():
    first, second = decision("a", "hat", Verdict.PRESENT), decision("a", "hat", Verdict.ABSENT)
    undos = [decision("a", "hat", undoes=second.uid) for _ in range(2)]
    assert Verdicts([first, second, *undos]).settled["a", "hat"] is first


def test_an_undo_that_overtook_its_verdict_still_takes_it_back():
    late = decision("a", "hat", Verdict.PRESENT)
    assert not Verdicts([decision("a", "hat", undoes=late.uid), late]).settled


def test_a_flag_leaves_the_cell_open_and_a_note_with_a_verdict_is_no_flag():
    flag, noted = decision("a", "hat", note="blurred"), decision("a", "cat", Verdict.PRESENT, note="small")
    verdicts = Verdicts([flag, noted])
    assert verdicts.flags == [flag]
    assert list(verdicts.settled) == [("a", "cat")]


def test_settled_cannot_be_changed_from_outside():
    with pytest.raises(TypeError, match="does not support item assignment"):
        Verdicts().settled["a", "hat"] = decision("a", "hat", Verdict.PRESENT)


def test_the_given_labels_stay_as_they_are():
    before = DATA.labels.tolist()
    labels = corrected(DATA, Verdicts([decision("a", "hat", Verdict.ABSENT)]))
    assert labels[0, 0] == 0
    assert labels.dtype == np.int8
    assert DATA.labels.tolist() == before


def test_a_verdict_fills_an_unknown_label_and_unsure_leaves_it():
    assert corrected(DATA, Verdicts([decision("c", "hat", Verdict.PRESENT)]))[2, 0] == 1
    assert corrected(DATA, Verdicts([decision("c", "hat", Verdict.UNSURE)]))[2, 0] == -1


def test_a_change_names_those_who_agree_and_what_was_shown():
    moment = datetime(2026, 5, 1, tzinfo=UTC)
    events = numbered([
        decision("a", "hat", Verdict.ABSENT, "ann"),
        decision("a", "hat", Verdict.PRESENT, "ben"),
        decision("a", "hat", Verdict.ABSENT, "eve"),
        decision("a", "hat", Verdict.PRESENT, "eve"),
        replace(decision("a", "hat", Verdict.ABSENT, "fay", pred_prob=0.25, score=0.5), at=moment),
    ])  # fmt: skip
    (change,) = changes(DATA, Verdicts(events))
    assert (change.reviewers, change.at, change.pred_prob, change.score) == (("ann", "fay"), moment, 0.25, 0.5)


def test_a_change_that_was_decided_without_numbers_shows_the_predictions():
    (change,) = changes(DATA, Verdicts([decision("a", "hat", Verdict.ABSENT)]))
    assert change.pred_prob == pytest.approx(0.1)
    assert np.isnan(change.score)


def test_verdicts_about_other_items_and_tags_are_kept_apart():
    other = [decision("x", "hat", Verdict.ABSENT), decision("a", "dog", Verdict.ABSENT)]
    verdicts = Verdicts([*other, decision("b", "cat", Verdict.ABSENT)])
    found = placed(DATA, verdicts)
    assert (found.cells.tolist(), found.elsewhere) == ([3], other)
    assert len(verdicts.settled) == 3
