"""The random audit: who is drawn, with what chance, and what counts."""

from datetime import datetime
from itertools import pairwise

import numpy as np
import pytest

from labelreview.decisions import Decision, Direction, Verdict
from labelreview.errors import InputError
from labelreview.review.audit import EVEN, RIGHT, UNSURE, WRONG, Answers, Audit, answered
from labelreview.review.standing import standing
from labelreview.review.verdicts import Verdicts
from labelreview.tags import Dataset, Names

NOW = datetime(2026, 1, 1)


def made(items: int = 60, tags: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(-1, 2, (items, tags)).astype(np.int8)
    scores = rng.beta(4, 1, (items, tags)).astype(np.float32)
    scores[labels == -1] = np.nan
    return labels, scores


def all_draws(audit: Audit) -> list[int]:
    cells = []
    while drawn := audit.next_cells(1):
        cells += drawn
        audit.mark(drawn[0], True)
    return cells


def right(cells: list[int]) -> Answers:
    return Answers(np.array(sorted(cells), np.int64), np.zeros(len(cells), np.int8))


def test_every_known_cell_is_drawn_once_and_no_unknown_one():
    labels, scores = made()
    scores[0, labels[0] >= 0] = np.nan  # known label, no score: outside
    audit = Audit(labels, scores, seed="a")
    drawn = all_draws(audit)
    assert sorted(drawn) == np.flatnonzero((labels >= 0) & ~np.isnan(scores)).tolist()
    assert audit.population == len(drawn)


def test_the_same_seed_and_marks_give_the_same_draws_and_another_seed_others():
    labels, scores = made()
    one, same, other = (all_draws(Audit(labels, scores, seed=seed)) for seed in ("a", "a", "b"))
    assert one == same != other


def test_the_draws_of_a_seed_stay_the_same_over_versions():
    audit = Audit(np.zeros((100, 3), np.int8), np.full((100, 3), 0.5, np.float32), seed="project-uid/1")
    assert audit.next_cells(5) == [34, 36, 217, 19, 192]


def test_strata_split_all_cells_by_direction_and_doubt():
    labels, scores = made(400, 10)
    audit = Audit(labels, scores, seed="a")
    assert sum(stratum.cells for stratum in audit.strata) == audit.population == audit.totals.sum()
    for direction, value in ((Direction.WRONG, 1), (Direction.MISSING, 0)):
        mine = [stratum for stratum in audit.strata if stratum.direction is direction]
        assert sum(stratum.cells for stratum in mine) == (labels == value).sum()
        assert all(low.high <= high.low and low.size < high.size for low, high in pairwise(mine))


def test_no_cell_has_less_than_half_the_chance_of_a_simple_random_sample():
    labels, scores = made(400, 10)
    audit = Audit(labels, scores, seed="a")
    assert sum(stratum.cells * stratum.size for stratum in audit.strata) == pytest.approx(1)
    assert min(audit.sizes) >= 0.5 / audit.population


def test_a_cell_that_the_ranked_queue_answered_is_passed_over():
    labels, scores = made()
    audit = Audit(labels, scores, seed="a", ahead=4)
    queue = np.flatnonzero(labels.ravel() >= 0)[:50].tolist()
    for cell in queue:
        audit.mark(cell, True)
    later = all_draws(audit)
    assert not set(later) & set(queue)
    assert len(later) + len(queue) == audit.population


def test_marks_given_at_once_are_as_marks_one_after_the_other():
    labels, scores = made()
    one, other = (Audit(labels, scores, seed="a", ahead=4) for _ in range(2))
    drawn = one.next_cells(4)
    marks = [(cell, True) for cell in [*range(30), *drawn]] + [(drawn[0], False), (3, False), (3, True)]
    for mark in marks:
        one.mark(*mark)
    other.mark_all(marks)
    assert all_draws(one) == all_draws(other)
    assert one.evidence(right(drawn)).cells.tolist() == other.evidence(right(drawn)).cells.tolist()


def test_an_open_draw_that_the_ranked_queue_answers_counts_as_drawn():
    labels, scores = made()
    audit = Audit(labels, scores, seed="a", ahead=4)
    first = audit.next_cells(2)
    for cell in first:
        audit.mark(cell, True)
    assert audit.evidence(right(first)).drawn.tolist() == [True, True]


def test_draws_after_one_without_an_answer_do_not_count_yet():
    labels, scores = made()
    audit = Audit(labels, scores, seed="a", ahead=4)
    first, second, third = audit.next_cells(3)
    for cell in (first, third):
        audit.mark(cell, True)
    assert audit.evidence(right([first, third])).drawn.tolist() == [True, False]
    audit.mark(second, True)
    assert audit.evidence(right([first, second, third])).drawn.tolist() == [True, True, True]


def test_a_draw_taken_back_is_asked_again_first():
    labels, scores = made()
    audit = Audit(labels, scores, seed="a", ahead=4)
    first, second = audit.next_cells(2)
    audit.mark(first, True)
    audit.mark(second, True)
    audit.mark(first, False)
    assert audit.next_cells(1) == [first]
    assert not audit.evidence(right([second])).drawn.any()


def test_leased_cells_are_skipped():
    labels, scores = made()
    audit = Audit(labels, scores, seed="a", ahead=4)
    first, second = audit.next_cells(2)
    assert audit.next_cells(1, skip={first}) == [second]


def test_unsure_draws_are_missing_right_or_wrong_as_asked():
    labels, scores = made()
    audit = Audit(labels, scores, seed="a", ahead=4)
    first, second, third = audit.next_cells(3)
    for cell in (first, second, third):
        audit.mark(cell, True)
    pairs = sorted({first: WRONG, second: UNSURE, third: RIGHT}.items())
    given = Answers(np.array([cell for cell, _ in pairs]), np.array([outcome for _, outcome in pairs], np.int8))
    wrong = {end: audit.evidence(given, unsure=end).wrong.tolist() for end in ("missing", "right", "wrong")}
    assert wrong == {"missing": [True, False], "right": [True, False, False], "wrong": [True, True, False]}
    assert audit.evidence(given).drawn.all()
    assert audit.evidence(given).unsure == 1


def test_after_the_first_draws_doubtful_cells_are_drawn_more_often():
    rng = np.random.default_rng(1)
    labels, scores = np.zeros((2000, 5), np.int8), rng.beta(1, 0.1, (2000, 5))
    audit = Audit(labels, scores, seed="a", ahead=1)
    drawn = []
    for _ in range(1500):
        drawn += audit.next_cells(1)
        audit.mark(drawn[-1], True)
    late = np.array(drawn[EVEN:])
    assert (1 - scores.ravel()[late]).mean() > 2 * (1 - scores).mean()


def test_each_open_cell_of_a_stratum_has_the_same_chance():
    labels, scores = np.zeros((8, 1), np.int8), np.full((8, 1), 0.9)
    counts = np.zeros(8)
    for seed in range(600):
        audit = Audit(labels, scores, seed=str(seed), ahead=1)
        if audit.next_cells(1)[0] != 3:
            audit.mark(3, True)  # answered by the queue after the first draw was opened
        audit.mark(audit.next_cells(1)[0], True)
        counts[audit.next_cells(1)] += 1
    others = np.delete(counts, 3)
    assert np.abs(others - others.mean()).max() < 4 * np.sqrt(others.mean())


def test_the_sample_lists_each_stratum_with_what_was_found():
    labels, scores = made()
    audit = Audit(labels, scores, seed="a", ahead=30)
    drawn = audit.next_cells(30)
    for cell in drawn:
        audit.mark(cell, True)
    wrong = Answers(np.array(sorted(drawn)), np.ones(30, np.int8))
    rows = audit.sample(wrong)
    assert sum(row.drawn for row in rows) == sum(row.drawn_wrong for row in rows) == 30
    assert [row.stratum for row in rows] == audit.strata


def test_totals_by_groups_of_items_sum_to_the_strata():
    labels, scores = made(60, 5)
    audit = Audit(labels, scores, seed="a")
    codes = np.arange(60) % 3
    totals = audit.totals_by(codes)
    assert totals.sum(axis=1).tolist() == audit.totals.sum(axis=1).tolist()
    assert totals.sum(axis=0).tolist() == [int((labels[codes == code] >= 0).sum()) for code in range(3)]


def test_answers_hold_wrong_right_and_unsure_and_leave_out_unknown_cells():
    data = Dataset(Names.of(["a"]), ("t0", "t1", "t2", "t3", "t4"), np.array([[1, 0, 0, -1, 1]], np.int8),
                   np.zeros((1, 5), np.float32))  # fmt: skip
    verdicts = [Verdict.ABSENT, Verdict.ABSENT, Verdict.UNSURE, Verdict.PRESENT]
    events = [Decision(f"uid-000{at}", "a", f"t{at}", "ann", NOW, each) for at, each in enumerate(verdicts)]
    events.append(Decision("uid-0009", "a", "t4", "ann", NOW, note="which hat?"))
    events.append(Decision("uid-0010", "gone", "t4", "ann", NOW, note="?"))
    verdicts = Verdicts(events)
    settled = {data.cell(*cell): event for cell, event in verdicts.settled.items()}
    given = answered(data, standing(settled, data.labels, "audit"), verdicts.flags)
    assert given.cells.tolist() == [0, 1, 2, 4]
    assert given.outcome.tolist() == [WRONG, RIGHT, UNSURE, UNSURE]


def test_shapes_that_differ_are_refused():
    with pytest.raises(InputError, match=r"one shape; labels are \(3, 2\), scores \(2, 2\)"):
        Audit(np.zeros((3, 2), np.int8), np.zeros((2, 2)), seed="a")


def test_a_project_without_a_known_cell_has_nothing_to_audit():
    with pytest.raises(InputError, match="nothing to audit"):
        Audit(np.full((3, 2), -1, np.int8), np.zeros((3, 2)), seed="a")
