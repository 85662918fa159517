"""What the answers say, held against plain oracles and against simulated projects whose truth is known."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import hypergeom
from sklearn.metrics import average_precision_score, f1_score

from labelreview.decisions import Direction
from labelreview.errors import InputError
from labelreview.review import estimates
from labelreview.review.audit import UNSURE, Answers, Audit
from labelreview.review.estimates import Estimate, likelihood, rates
from labelreview.review.estimates.forecast import _fitted, _odds


class Project:
    """Labels, errors and a model of some worth; a reviewer who answers a queue with a share of draws."""

    def __init__(self, seed: int, *, items: int = 400, tags: int = 5, noise: float = 0.05, worth: float = 2.0) -> None:
        rng = np.random.default_rng(seed)
        shape = (items, tags)
        self.labels = (rng.random(shape) < 0.3).astype(np.int8)
        self.wrong = rng.random(shape) < np.minimum(1, noise * rng.gamma(0.5, 2, tags))
        odds = worth * self.wrong + rng.normal(size=shape) - 3
        self.doubt = 1 / (1 + np.exp(-odds))
        self.audit = Audit(self.labels, 1 - self.doubt, seed=str(seed), ahead=4)
        self.order = iter(np.argsort(-self.doubt.ravel()).tolist())
        self.asked: list[int] = []
        self.done: set[int] = set()

    def answer(self, verdicts: int, every: int) -> "Project":
        for count in range(verdicts):
            cell = self.audit.next_cells(1)[0] if count % every == 0 else self.ranked()
            self.asked.append(cell)
            self.done.add(cell)
            self.audit.mark(cell, True)
        return self

    def ranked(self) -> int:
        return next(cell for cell in self.order if cell not in self.done)

    @property
    def answers(self) -> Answers:
        cells = np.array(sorted(self.asked), np.int64)
        return Answers(cells, self.wrong.ravel()[cells].astype(np.int8))

    @property
    def evidence(self):
        return self.audit.evidence(self.answers)


def simple(found: list[bool], population: int) -> tuple[likelihood.Draws, likelihood.Groups]:
    """A simple random sample as one group."""
    wrong = np.array(found)
    draws = likelihood.Draws(
        np.zeros(len(wrong), int), wrong, population - np.arange(len(wrong), dtype=float),
        np.cumsum(wrong[::-1])[::-1].astype(float), np.ones(len(wrong)),
    )  # fmt: skip
    return draws, likelihood.Groups(np.array([population - len(wrong) * 1.0]), np.array([0]), 1)


# --- likelihood ---


def test_the_likelihood_of_a_simple_sample_is_the_hypergeometric_one():
    draws, _ = simple([True, False, False, True, False], 30)
    for left in range(26):  # all that is not drawn
        ours = likelihood._loglik(draws, np.array([float(left)]), 1)[0]
        exact = hypergeom.logpmf(2, 30, left + 2, 5) - math.log(math.comb(5, 2))
        assert ours == pytest.approx(exact)


def test_the_bounds_are_the_extreme_sums_whose_likelihood_is_near_the_maximum():
    one, _ = simple([True] * 3 + [False] * 17, 100)
    two, _ = simple([True] + [False] * 29, 900)
    draws = likelihood.Draws(
        np.repeat([0, 1], [20, 30]),
        *(np.concatenate(pair) for pair in zip((one.wrong, one.pool, one.later, one.weight),
                                               (two.wrong, two.pool, two.later, two.weight), strict=True)),
    )  # fmt: skip
    groups = likelihood.Groups(np.array([80.0, 870.0]), np.array([0, 0]), 1)
    left = [np.arange(0, 78, 0.5), np.arange(0, 600, 0.5)]
    logs = [np.array([likelihood._loglik(draws, np.array([a, 0.0]), 2)[0] for a in left[0]]),
            np.array([likelihood._loglik(draws, np.array([0.0, b]), 2)[1] for b in left[1]])]  # fmt: skip
    together = logs[0][:, None] + logs[1]
    near = together >= together.max() - 3.841 / 2
    sums = (left[0][:, None] + left[1])[near]
    _, low, _ = likelihood.remaining(draws, groups)
    assert low[0] == pytest.approx(sums.min(), abs=1.5)
    start = likelihood._best(draws, groups)
    reach = likelihood._reach(draws, groups, start, 3.841 / 2, up=True)
    assert start.sum() + likelihood._budget(draws, groups, start, reach, 3.841 / 2)[0] == pytest.approx(
        sums.max(), rel=0.01
    )


def test_domains_are_estimated_each_for_itself():
    one, room = simple([True] + [False] * 19, 100)
    alone = likelihood.remaining(one, room)
    twice = likelihood.Draws(
        np.repeat([0, 1], 20), *(np.tile(each, 2) for each in (one.wrong, one.pool, one.later, one.weight))
    )
    both = likelihood.remaining(twice, likelihood.Groups(np.array([80.0, 80.0]), np.array([0, 1]), 2))
    for single, pair in zip(alone, both, strict=True):
        assert pair == pytest.approx(np.repeat(single, 2))


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.03, 0.1, 0.5, 1.0])
def test_the_interval_of_a_simple_sample_covers_at_every_rate(rate):
    population, size, wrong = 2000, 100, round(2000 * rate)
    covered = 0.0
    for found in range(max(0, size - population + wrong), min(size, wrong) + 1):
        chance = hypergeom.pmf(found, population, wrong, size)
        if chance > 1e-6:
            _, low, high = likelihood.remaining(*simple([True] * found + [False] * (size - found), population))
            covered += chance * (low[0] + found - 1e-6 <= wrong <= high[0] + found + 1e-6)
    assert covered > 0.92


def test_the_history_counts_open_cells_and_later_errors_as_a_loop_does():
    rng = np.random.default_rng(0)
    group, wrong = rng.integers(0, 4, 60), rng.random(60) < 0.3
    cells = np.array([40.0, 50, 60, 70])
    pool, later = rates._history(group, wrong, cells)
    for at in range(60):
        mine = group == group[at]
        assert pool[at] == cells[group[at]] - mine[:at].sum()
        assert later[at] == (mine & wrong)[at:].sum()


# --- rates ---


def test_when_all_is_answered_the_errors_are_known_exactly():
    project = Project(1, items=30, tags=3).answer(90, every=3)
    rate = estimates.error_rate(project.evidence)
    true = int(project.wrong.sum())
    assert (rate.errors.value, rate.errors.low, rate.errors.high) == (true, true, true)
    assert rate.share_found.value == 1


def test_an_empty_audit_says_nothing_but_what_is_found():
    project = Project(1)
    rate = estimates.error_rate(project.evidence)
    assert math.isnan(rate.rate.value)
    assert (rate.rate.low, rate.rate.high) == (0, 1)
    assert math.isnan(rate.rate_answered)


def test_intervals_cover_the_truth_though_the_queue_is_biased():
    covered = {"all": [], "sides": [], "tags": []}
    for seed in range(60):
        project = Project(seed, noise=[0.01, 0.05, 0.15][seed % 3], worth=[0, 1, 4][seed % 3]).answer(400, every=4)
        evidence = project.evidence
        pairs = {
            "all": [(estimates.error_rate(evidence), project.wrong)],
            "sides": [(rate, project.wrong & (project.labels == (side is Direction.WRONG)))
                      for side, rate in estimates.by_direction(evidence).items()],
            "tags": list(zip(estimates.by_tag(evidence), project.wrong.T, strict=True)),
        }  # fmt: skip
        for name, found in pairs.items():
            covered[name] += [rate.errors.low - 1e-6 <= wrong.sum() <= rate.errors.high + 1e-6 for rate, wrong in found]
    assert min(np.mean(each) for each in covered.values()) > 0.91


def test_the_estimate_is_unbiased_where_the_queue_alone_would_be_far_off():
    errors, queue = [], []
    for seed in range(60):
        project = Project(seed, worth=2).answer(400, every=4)
        rate = estimates.error_rate(project.evidence)
        errors.append(rate.rate.value - project.wrong.mean())
        queue.append(rate.rate_answered - project.wrong.mean())
    assert abs(np.mean(errors)) < 3 * np.std(errors) / math.sqrt(len(errors)) + 0.002
    assert np.mean(queue) > 0.05


def test_parts_have_the_cells_and_the_findings_of_the_whole():
    project = Project(3).answer(300, every=3)
    evidence, audit = project.evidence, project.audit
    whole = estimates.error_rate(evidence)
    both = [*estimates.by_tag(evidence, Direction.WRONG), *estimates.by_tag(evidence, Direction.MISSING)]
    sides = list(estimates.by_direction(evidence).values())
    items = estimates.by_items(audit, evidence, np.arange(400) % 7)
    for parts in (estimates.by_tag(evidence), sides, items, both):
        for count in ("cells", "answered", "found", "drawn"):
            assert sum(getattr(part, count) for part in parts) == getattr(whole, count)


def test_more_confidence_gives_a_wider_interval():
    evidence = Project(3).answer(300, every=3).evidence
    narrow, wide = (estimates.error_rate(evidence, confidence) for confidence in (0.8, 0.99))
    assert wide.left.low < narrow.left.low < narrow.left.value < narrow.left.high < wide.left.high


def test_unsure_cells_bound_the_rate_from_both_sides():
    project = Project(4).answer(300, every=3)
    seen = project.answers
    outcome = seen.outcome.copy()
    outcome[::10] = UNSURE
    low, high = estimates.unsure_bounds(project.audit, Answers(seen.cells, outcome))
    middle = estimates.error_rate(project.audit.evidence(Answers(seen.cells, outcome)))
    assert low.rate.value < middle.rate.value < high.rate.value
    assert low.answered == high.answered == 300
    assert middle.answered == 270


def test_a_confidence_in_per_cent_is_refused():
    with pytest.raises(InputError, match="The confidence is 95. Give a number between 0 and 1, such as 0.95."):
        estimates.error_rate(Project(1).evidence, 95)


# --- stop rule ---


def test_the_capital_against_the_truth_is_a_fair_game_in_every_order_of_draws():
    """All orders of a small population, exactly: the mean of the capital at the truth is 1 after every draw."""
    wrong = np.array([True, True, False, False, False])
    strata, sizes = np.array([0, 1, 1, 1, 1]), np.array([3.0, 1.0])
    mean, chance_of_all = np.zeros(3), Fraction(0)
    for cells in itertools.permutations(range(5), 3):
        chance, pool = Fraction(1), [0, 1, 2, 3, 4]
        for cell in cells:
            chance *= Fraction(int(sizes[strata[cell]]), sum(int(sizes[strata[each]]) for each in pool))
            pool.remove(cell)
        seen = np.array(cells)
        evidence = estimates.rates.Evidence(seen, strata[seen], wrong[seen], np.ones(3, bool), np.zeros(3, bool),
                                            np.array([[1], [4]]), sizes, np.zeros(2, bool), 0)  # fmt: skip
        for draws in (1, 2, 3):
            game = estimates.stopping._game(rates._only(evidence, np.arange(3) < draws))
            mean[draws - 1] += float(chance) * math.exp(estimates.stopping._capitals(game, np.array([2.0]))[0, -1])
        chance_of_all += chance
    assert chance_of_all == 1
    assert mean == pytest.approx([1, 1, 1])


def test_the_truth_is_seldom_refuted_at_any_moment():
    broken = [
        estimates.ever_refuted(project.evidence, int(project.wrong.sum()))
        for project in (Project(seed, worth=seed % 3).answer(300, every=2) for seed in range(100))
    ]
    assert np.mean(broken) <= 0.05


def test_the_bound_falls_as_right_answers_come_in_and_the_target_is_met():
    project = Project(5, items=2000, noise=0.0)
    bounds = [estimates.may_stop(project.answer(100, every=1).evidence, 0.02).left_at_most for _ in range(4)]
    assert bounds == sorted(bounds, reverse=True)
    stop = estimates.may_stop(project.evidence, 0.02)
    assert stop.met
    assert not estimates.may_stop(project.evidence, 0.001).met
    assert stop.rate_at_most == stop.left_at_most / 10_000


def test_no_error_in_n_draws_bounds_the_rate_near_four_over_n():
    project = Project(5, items=20_000, noise=0.0).answer(100, every=1)
    assert estimates.may_stop(project.evidence, 0.5).rate_at_most < 4.6 / 100


def test_without_a_draw_nothing_is_refuted():
    project = Project(5)
    assert estimates.left_at_most(project.evidence) == 2000
    assert not estimates.ever_refuted(project.evidence, 2000)


def test_when_all_is_answered_nothing_is_left():
    project = Project(1, items=30, tags=3).answer(90, every=3)
    assert estimates.may_stop(project.evidence, 0.0).met


def test_the_stop_rule_comes_about_when_it_was_forecast():
    inside, ratios = [], []
    for seed in range(20):
        project = Project(seed, items=4000, noise=0.005, worth=2).answer(150, every=1)
        seen, target = project.evidence, 0.03
        told = estimates.draws_to_stop(seen, estimates.error_rate(seen).left, target)
        came = 0
        while not estimates.may_stop(project.evidence, target).met:
            came += 25
            project.answer(25, every=1)
        inside.append(told.low - 25 <= came <= told.high + 25)
        ratios.append(came / told.value)
    assert np.mean(inside) > 0.7
    assert 0.5 < np.median(ratios) < 2


def test_where_few_cells_are_open_the_forecast_reaches_to_the_last_of_them():
    seen = Project(1, items=100, tags=5, noise=0.0).answer(250, every=1).evidence
    told = estimates.draws_to_stop(seen, Estimate(0.0, 0.0, 1.0), 0.002)
    assert told.value <= 250
    done = Project(1, items=30, tags=3).answer(90, every=1).evidence
    assert estimates.draws_to_stop(done, Estimate(0.0, 0.0, 0.0), 0.01) == Estimate(0, 0, 0)


def test_more_errors_left_than_the_target_allows_are_never_forecast_to_stop():
    seen = Project(3, items=2000, noise=0.1).answer(200, every=1).evidence
    left = estimates.error_rate(seen).left
    never = estimates.draws_to_stop(seen, Estimate(left.low, left.low, left.low), (left.low - 1) / seen.population)
    assert never == Estimate(math.inf, math.inf, math.inf)
    soon = estimates.draws_to_stop(seen, Estimate(left.low, left.low, left.low), 0.5)
    assert soon.high < 50


def test_a_target_in_per_cent_is_refused():
    with pytest.raises(InputError, match="The target error rate is 2. Give a share between 0 and 1"):
        estimates.may_stop(Project(1).evidence, 2)


# --- forecast ---


def test_the_forecast_band_holds_most_futures():
    inside = []
    for seed in range(100):
        project = Project(seed, worth=[1, 2, 4][seed % 3], noise=0.08).answer(300, every=10)
        doubt, wrong = project.doubt.ravel(), project.wrong.ravel()
        fitted = estimates.calibration(doubt[project.asked], wrong[project.asked])
        ahead = [cell for cell in np.argsort(-doubt).tolist() if cell not in project.done][:200]
        band = estimates.forecast(fitted, doubt[ahead])
        inside.append(band.low[-1] <= wrong[ahead].sum() <= band.high[-1])
    assert np.mean(inside) > 0.9


def test_many_verdicts_joined_in_bins_give_the_same_calibration():
    rng = np.random.default_rng(4)
    many = rng.beta(0.3, 3, 20_000)
    right = rng.random(20_000) < many**1.3
    plain = _fitted(_odds(many), right.astype(float), np.ones(20_000))
    joined = estimates.calibration(many, right)
    assert joined.coefficients == pytest.approx(plain[0], abs=1e-3)


def test_a_model_that_is_sure_and_often_mistaken_is_brought_down():
    fitted = estimates.calibration(np.full(500, 1.0), np.arange(500) % 5 < 2)
    assert fitted(1.0) == pytest.approx(0.4, abs=0.01)


def test_without_verdicts_the_doubt_is_taken_as_it_is():
    fitted = estimates.calibration([], [])
    assert fitted([0.1, 0.7]) == pytest.approx([0.1, 0.7])


def test_a_forecast_never_finds_more_than_is_left():
    band = estimates.forecast(estimates.calibration([], []), np.full(100, 0.5), left=Estimate(10.0, 5.0, 20.0))
    assert band.high.max() == 20


def test_a_target_already_met_costs_nothing_and_one_out_of_reach_says_so():
    whole = estimates.ErrorRate(1000, 0, 0, 50, Estimate(50.0, 30.0, 80.0))
    ahead = estimates.forecast(estimates.calibration([], []), np.full(10, 0.5))
    assert estimates.cost_to_reach(0.08, whole, ahead).verdicts == Estimate(0.0, 0.0, 0.0)
    assert estimates.cost_to_reach(0.0, whole, ahead).verdicts.value == math.inf


def test_doubts_and_verdicts_of_different_length_are_refused():
    with pytest.raises(InputError, match=r"doubt has \(2,\) values and wrong \(1,\)"):
        estimates.calibration([0.1, 0.2], [True])


def test_a_forecast_of_nothing_is_empty():
    assert len(estimates.forecast(estimates.calibration([], []), []).verdicts) == 0


# --- noise ---


def test_noise_by_tag_covers_how_labels_were_turned():
    covered = []
    for seed in range(30):
        project = Project(seed, noise=0.1).answer(500, every=3)
        present = (project.labels == 1) ^ project.wrong
        for tag, noise in enumerate(estimates.noise_by_tag(project.evidence)):
            wrong, truly = project.wrong[:, tag], present[:, tag]
            covered.append(noise.missed.low - 1e-9 <= wrong[truly].mean() <= noise.missed.high + 1e-9)
            covered.append(noise.invented.low - 1e-9 <= wrong[~truly].mean() <= noise.invented.high + 1e-9)
    assert np.mean(covered) > 0.92


def test_co_wrong_pairs_are_those_of_a_plain_count():
    project = Project(2, items=60, noise=0.3).answer(250, every=5)
    evidence = project.evidence
    wrong = dict(zip(evidence.cells.tolist(), evidence.wrong.tolist(), strict=True))
    pairs = {(pair.first, pair.second): pair for pair in estimates.co_wrong(evidence, limit=1000)}
    for first, second in itertools.combinations(range(5), 2):
        both = [(wrong[row * 5 + first], wrong[row * 5 + second]) for row in range(60)
                if row * 5 + first in wrong and row * 5 + second in wrong]  # fmt: skip
        together = sum(a and b for a, b in both)
        if not together:
            assert (first, second) not in pairs
            continue
        pair = pairs[first, second]
        assert (pair.answered, pair.both_wrong) == (len(both), together)
        assert (pair.first_wrong, pair.second_wrong) == (sum(a for a, _ in both), sum(b for _, b in both))
        assert pair.lift == pytest.approx(together * len(both) / (pair.first_wrong * pair.second_wrong))


def test_tags_that_are_wrong_together_come_first():
    project = Project(2, items=300, noise=0.1)
    project.wrong[:, 3] = project.wrong[:, 1]
    project.answer(1500, every=5)
    top = estimates.co_wrong(project.evidence)[0]
    assert (top.first, top.second) == (1, 3)
    assert top.lift > 3


def test_without_answers_no_tags_are_co_wrong():
    assert estimates.co_wrong(Project(2).evidence) == []


# --- impact ---


def model(items: int, seed: int = 0, tags: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """pred_probs (rounded: with ties), given and corrected labels, some unknown."""
    rng = np.random.default_rng(seed)
    truth = (rng.random((items, tags)) < 0.3).astype(np.int8)
    given = np.where(rng.random(truth.shape) < 0.1, 1 - truth, truth).astype(np.int8)
    probs = np.round(np.clip(0.5 * truth + rng.random(truth.shape) * 0.5, 0, 1), 2)
    given[rng.random(truth.shape) < 0.05] = -1
    return probs, given, np.where(given == -1, -1, truth).astype(np.int8)


@pytest.mark.parametrize("items", [40, 3000])
def test_precision_and_f1_are_those_of_scikit_learn(items):
    probs, given, corrected = model(items)
    found = estimates.impact(probs, given, corrected, resamples=20)
    for name, labels in (("given", given), ("corrected", corrected)):
        known = labels >= 0
        aps = [average_precision_score(labels[known[:, k], k], probs[known[:, k], k]) for k in range(4)]
        f1s = [f1_score(labels[known[:, k], k], probs[known[:, k], k] >= 0.5) for k in range(4)]
        assert [getattr(change, name) for change in found.by_tag] == pytest.approx(aps)
        assert getattr(found.macro_ap, name) == pytest.approx(np.mean(aps))
        assert getattr(found.macro_f1, name) == pytest.approx(np.mean(f1s))
        assert getattr(found.micro_ap, name) == pytest.approx(average_precision_score(labels[known], probs[known]))
        assert getattr(found.micro_f1, name) == pytest.approx(f1_score(labels[known], probs[known] >= 0.5))


@pytest.mark.parametrize("items", [150, 1500])
def test_the_interval_is_about_that_of_a_plain_paired_bootstrap(items):
    probs, given, corrected = (each[:, :1] for each in model(items))
    keep = given[:, 0] >= 0
    probs, given, corrected = probs[keep], given[keep], corrected[keep]
    rng, plain = np.random.default_rng(1), []
    for _ in range(200):
        rows = rng.integers(0, len(probs), len(probs))
        scores = [average_precision_score(labels[rows, 0], probs[rows, 0]) for labels in (given, corrected)]
        plain.append(scores[1] - scores[0])
    found = estimates.impact(probs, given, corrected, resamples=1000).macro_ap.difference
    width = np.quantile(plain, 0.975) - np.quantile(plain, 0.025)
    assert found.high - found.low == pytest.approx(width, rel=0.3)
    assert found.low < found.value < found.high


def test_reviewed_cells_alone_are_counted_when_asked():
    probs, given, corrected = model(50)
    only = np.zeros(given.shape, bool)
    only[:20] = True
    part = estimates.impact(probs, given, corrected, only=only, resamples=10)
    alone = estimates.impact(probs[:20], given[:20], corrected[:20], resamples=10)
    assert part.micro_ap.corrected == pytest.approx(alone.micro_ap.corrected)


def test_a_tag_that_is_never_present_has_no_figure_and_spoils_no_mean():
    probs, given, corrected = model(50)
    given[:, 0] = corrected[:, 0] = 0
    found = estimates.impact(probs, given, corrected, resamples=50)
    assert math.isnan(found.by_tag[0].given)
    assert found.macro_ap.given == pytest.approx(np.mean([change.given for change in found.by_tag[1:]]))


def test_no_correction_no_difference():
    probs, given, _ = model(50)
    difference = estimates.impact(probs, given, given, resamples=20).macro_ap.difference
    assert (difference.value, difference.low, difference.high) == (0, 0, 0)


def test_matrices_of_different_shape_are_refused():
    with pytest.raises(InputError, match="Give all for the same items and tags"):
        estimates.impact(np.zeros((2, 2)), np.zeros((2, 2), np.int8), np.zeros((3, 2), np.int8))


def test_noise_that_chance_has_not_reached_is_a_range_and_never_nought():
    nothing = Estimate(math.nan, 0.0, 98.0)
    wrong, missing = rates.ErrorRate(150, 52, 22, 0, nothing), rates.ErrorRate(1771, 103, 42, 0, nothing)
    turned = estimates.noise.turned(wrong, missing)
    for way in (turned.missed, turned.invented):
        assert math.isnan(way.value)
        assert 0 < way.low < way.high <= 1


def test_the_bound_of_the_stop_rule_is_the_greatest_total_of_a_whole_scan():
    project = Project(5)
    evidence = project.answer(400, every=4).evidence
    game, limit = estimates.stopping._game(evidence), -math.log(0.05)
    totals = evidence.found + np.unique(np.geomspace(1, evidence.population, 64).astype(int)).astype(float)
    kept = np.flatnonzero(estimates.stopping._capital(game, totals) < limit)
    assert estimates.stopping._last_kept(game, totals, limit) == kept[-1]
    assert estimates.stopping._last_kept(game, totals[kept[-1] + 1 :], limit) == 0


def test_the_gain_of_a_second_model_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    truth = (rng.random((300, 3)) < 0.3).astype(np.int8)
    first, second = (np.round(truth * shift + rng.random(truth.shape), 2) / 2 for shift in (0.2, 0.8))
    found = estimates.gain(first, second, truth, resamples=100)
    plain = [average_precision_score(truth.ravel(), probs.ravel()) for probs in (first, second)]
    assert (found.micro_ap.given, found.micro_ap.corrected) == pytest.approx(plain)
    plain = [f1_score(truth.ravel(), probs.ravel() >= 0.5) for probs in (first, second)]
    assert (found.micro_f1.given, found.micro_f1.corrected) == pytest.approx(plain)
    assert 0 < found.macro_ap.difference.low < found.macro_ap.difference.value < found.macro_ap.difference.high
