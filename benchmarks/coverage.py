"""Do the estimates keep their word? Simulated projects with a known truth: coverage, width, and wrong stops.

    python benchmarks/coverage.py                      # 600 projects, seeds 1000-1599
    python benchmarks/coverage.py --first 0 --projects 100
    python benchmarks/coverage.py --forecast           # is what the next verdicts find inside the forecast's band?
    python benchmarks/coverage.py --until              # does the stop rule say yes when it was forecast to?
    python benchmarks/coverage.py --least              # the least width that any design could reach

Each seed is one project of its own size, noise (0.1 % to 20 %, by tag), model (good, over-confident, useless) and
budget (100 to 5,000 verdicts). One reviewer answers a queue of which a share is drawn by the audit (a tenth, a third,
all); half of the queues learn from the answers. Beside it: a simple random sample with as many verdicts.
"""

import argparse
import multiprocessing
from dataclasses import dataclass

import numpy as np
from sklearn.isotonic import IsotonicRegression

from labelreview.decisions import Direction
from labelreview.review.audit import Answers, Audit
from labelreview.review.estimates import calibration, forecast, likelihood, rates, stopping

MODELS = ("good", "over-confident", "useless")
BUDGETS = (100, 300, 1000, 2500, 5000)
CONFIDENCE = 0.95
SHARES = {"tenth": 0.1, "third": 1 / 3, "whole": 1.0}
ENDS = ("tenth", "whole")
MOST_DRAWS = 5000


@dataclass(frozen=True)
class World:
    """labels, truth of the errors and the model's error probability, (N, K)."""

    labels: np.ndarray
    wrong: np.ndarray
    doubt: np.ndarray
    noise: float
    model: str
    budget: int
    learns: bool


def world(seed: int) -> World:
    """One project. Errors depend on the tag and on how hard the cell is; models see the hardness more or less."""
    rng = np.random.default_rng(seed)
    tags = int(rng.integers(4, 41))
    items = max(50, int(np.exp(rng.uniform(np.log(6_000), np.log(300_000))) / tags))
    noise, model = float(np.exp(rng.uniform(np.log(0.001), np.log(0.2)))), MODELS[seed % 3]
    labels = (rng.random((items, tags)) < rng.beta(0.7, 3, tags)).astype(np.int8)
    hard = rng.normal(size=(items, tags)) * rng.uniform(1.5, 4)
    bias = rng.normal(size=tags) * 0.7 + np.where(labels == 1, rng.normal(), 0)
    odds = _to_mean(hard + bias, noise)
    wrong = rng.random((items, tags)) < _sigmoid(odds)
    seen = {"good": lambda: odds, "over-confident": lambda: 2.5 * (odds + hard.std() * rng.normal(size=odds.shape)),
            "useless": lambda: rng.permutation(odds.ravel()).reshape(odds.shape)}[model]()  # fmt: skip
    doubt = _sigmoid(seen).astype(np.float32)
    return World(labels, wrong, doubt, noise, model, int(rng.choice(BUDGETS)), bool(rng.integers(2)))


def _sigmoid(odds):
    return 1 / (1 + np.exp(-np.clip(odds, -30, 30)))


def _to_mean(odds, mean):
    low, high = -40.0, 40.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if _sigmoid(odds + middle).mean() < mean else (low, middle)
    return odds + low


class Team:
    """A reviewer at the queue: `share` of the questions are the audit's."""

    def __init__(self, project: World, seed: int, share: float) -> None:
        self.project, self.share = project, share
        self.audit = Audit(project.labels, 1 - project.doubt, seed=f"{seed}", ahead=8)
        self.wrong, doubt = project.wrong.ravel(), project.doubt.ravel()
        front = min(len(doubt), 4 * project.budget + 20_000)
        self.front = np.argpartition(-doubt, front - 1)[:front]
        self.order = self.front[np.argsort(-doubt[self.front], kind="stable")]
        self.at, self.asked = 0, []
        self.done = set()

    def verdict(self) -> None:
        """Answer one question."""
        count = len(self.asked)
        by_chance = int((count + 1) * self.share) > int(count * self.share)
        drawn = self.audit.next_cells(1) if by_chance else []
        cell = drawn[0] if drawn else self._ranked()
        self.asked.append(cell)
        self.done.add(cell)
        self.audit.mark(cell, True)
        if self.project.learns and count % 50 == 49:
            self._learn()

    def _ranked(self) -> int:
        while int(self.order[self.at]) in self.done:
            self.at += 1
        return int(self.order[self.at])

    def _learn(self) -> None:
        """Tags that were wrong more often than the model thought move up."""
        tags = self.project.labels.shape[1]
        asked = np.array(self.asked)
        doubt = self.project.doubt.ravel()
        hits = np.bincount(asked % tags, self.wrong[asked], tags)
        thought = np.bincount(asked % tags, doubt[asked], tags)
        lift = np.log((hits + 2) / (thought + 2))
        odds = np.log(np.clip(doubt[self.front], 1e-7, 1 - 1e-7))
        self.order, self.at = self.front[np.argsort(-(odds + lift[self.front % tags]), kind="stable")], 0

    def answers(self) -> Answers:
        cells = np.sort(np.array(self.asked, np.int64))
        return Answers(cells, self.wrong[cells].astype(np.int8))


def simple_sample(project: World, seed: int, draws: int) -> tuple[float, float]:
    """The interval of the error count from a simple random sample, by the same likelihood (one group)."""
    rng = np.random.default_rng([seed, 7])
    wrong = project.wrong.ravel()
    found = wrong[rng.choice(len(wrong), draws, replace=False)]
    left = np.cumsum(found[::-1])[::-1].astype(float)
    pool = len(wrong) - np.arange(draws, dtype=float)
    one = likelihood.Draws(np.zeros(draws, int), found, pool, left, np.ones(draws))
    _, low, high = likelihood.remaining(one, likelihood.Groups(np.array([len(wrong) - draws * 1.0]), np.array([0]), 1))
    return float(low[0] + found.sum()), float(high[0] + found.sum())


def trial(seed: int) -> dict:
    """All that is measured in one project."""
    project = world(seed)
    truth, row = int(project.wrong.sum()), {}
    row |= {
        "seed": seed,
        "model": project.model,
        "noise": project.noise,
        "budget": project.budget,
        "learns": project.learns,
    }
    simple = {draws: simple_sample(project, seed, draws) for draws in {project.budget, project.budget // 10}}
    low, high = simple[project.budget]
    row |= {"simple": low <= truth <= high, "simple_width": high - low}
    small = simple[project.budget // 10]
    row["small_width"] = small[1] - small[0]
    for name, share in SHARES.items():
        row |= {f"{name}_{key}": value for key, value in session(project, seed, share, truth).items()}
    return row


def session(project: World, seed: int, share: float, truth: int) -> dict:
    team, row = Team(project, seed, share), {}
    target = float(np.random.default_rng([seed, 3]).choice([0.3, 0.6, 0.9, 1.2])) * truth / project.wrong.size
    stopped = False
    for count in range(project.budget):
        team.verdict()
        if not stopped and count % max(20, project.budget // 20) == 19:
            evidence = team.audit.evidence(team.answers())
            allowed = evidence.found + int(target * project.wrong.size)
            # The bound itself takes 50 times as long; it can meet the target only if the next number is refuted.
            if not stopping.ever_refuted(evidence, allowed + 1, CONFIDENCE):
                continue
            stop = stopping.may_stop(evidence, target, CONFIDENCE)
            left = truth - int(team.wrong[team.asked].sum())
            if stop.met:
                stopped = True
                row |= {"stopped_at": count + 1, "wrong_stop": left > target * project.wrong.size}
    evidence = team.audit.evidence(team.answers())
    whole = rates.error_rate(evidence, CONFIDENCE)
    row |= {"covers": whole.errors.low <= truth <= whole.errors.high, "width": whole.left.high - whole.left.low}
    row |= {"below": truth > whole.errors.high, "above": truth < whole.errors.low}
    row |= {"bias": whole.errors.value - truth, "found": whole.found / max(truth, 1), "drawn": whole.drawn}
    row["stopped"] = stopped
    row["sequence"] = not stopping.ever_refuted(evidence, truth, CONFIDENCE)
    row["bound"] = stopping.left_at_most(evidence) / max(whole.left.high, 1)
    sides = rates.by_direction(evidence, CONFIDENCE)
    given = project.labels == 1
    row["sides"] = np.mean([
        sides[side].errors.low <= (project.wrong & mask).sum() <= sides[side].errors.high
        for side, mask in ((Direction.WRONG, given), (Direction.MISSING, ~given))
    ])  # fmt: skip
    tags = rates.by_tag(evidence, confidence=CONFIDENCE)
    inside = [t.errors.low <= w <= t.errors.high for t, w in zip(tags, project.wrong.sum(0), strict=True) if t.drawn]
    row["tags"] = np.mean(inside) if inside else np.nan
    return row


def future(seed: int) -> dict:
    """Half of the budget answered, a tenth of it drawn: is what the next quarter finds inside the forecast's band?"""
    project = world(seed)
    team, doubt = Team(project, seed, 0.1), project.doubt.ravel()
    for _ in range(project.budget // 2):
        team.verdict()
    upcoming = [cell for cell in team.order.tolist() if cell not in team.done][: max(20, project.budget // 4)]
    left = rates.error_rate(team.audit.evidence(team.answers()), CONFIDENCE).left
    band = forecast(calibration(doubt[team.asked], team.wrong[team.asked]), doubt[upcoming], left)
    found = team.wrong[upcoming].sum()
    inside = band.low[-1] <= found <= band.high[-1]
    off, width = abs(band.found[-1] - found) / len(upcoming), (band.high[-1] - band.low[-1]) / len(upcoming)
    return {"model": project.model, "learns": project.learns, "inside": inside, "off": off, "width": width}


def until(seed: int) -> dict | None:
    """Everything drawn by chance: after some draws the estimate is below a target and the stop rule is not sure. When
    it is, and was that forecast? None where such a moment does not come."""
    project, rng = world(seed), np.random.default_rng([seed, 9])
    team, cells = Team(project, seed, 1.0), project.wrong.size
    target = max(0.002, float(rng.choice([0.7, 1, 1.3, 1.7, 2.2, 3])) * project.wrong.sum() / cells)
    for _ in range(int(rng.choice([150, 300, 600]))):
        team.verdict()
    evidence = team.audit.evidence(team.answers())
    left = rates.error_rate(evidence, CONFIDENCE).left
    if left.value > target * cells or stopping.may_stop(evidence, target, CONFIDENCE).met:
        return None
    told, actual = stopping.draws_to_stop(evidence, left, target, CONFIDENCE), np.inf
    for more in range(1, MOST_DRAWS + 1):
        team.verdict()
        if more % max(5, more // 16) == 0:
            evidence = team.audit.evidence(team.answers())
            if stopping.ever_refuted(evidence, evidence.found + int(target * cells) + 1, CONFIDENCE):
                actual = more
                break
    return {"model": project.model, "inside": told.low <= actual <= told.high, "sooner": actual < told.low,
            "later": actual > told.high, "best": told.value, "actual": actual}  # fmt: skip


def report_until(rows: list[dict | None]) -> None:
    print("\n| model | moments | inside | sooner | later | median of actual ÷ forecast | within a factor of 3 |\n"
          "|---|---|---|---|---|---|---|")  # fmt: skip
    for model in ("all", *MODELS):
        mine = [row for row in rows if row and model in ("all", row["model"])]
        both = [row["actual"] / row["best"] for row in mine if np.isfinite(row["actual"]) and np.isfinite(row["best"])]
        shares = " | ".join(percent(mine, key) for key in ("inside", "sooner", "later"))
        near = 100 * np.mean([1 / 3 <= each <= 3 for each in both])
        print(f"| {model} | {len(mine)} | {shares} | {np.median(both):.2f} | {near:.0f} |")


def least(seed: int) -> dict:
    """How narrow can any design-based interval be? Godambe & Joshi 1965: no estimator that is unbiased by design has,
    averaged over what a model thinks possible, a smaller variance than draws in proportion to each cell's own standard
    deviation give. Here the design is told what no project knows: the exact chance of an error of each cell (at each
    level of doubt), and which cells the ranked queue should have taken first."""
    project = world(seed)
    wrong, doubt = project.wrong.ravel(), project.doubt.ravel()
    if project.model == "over-confident":
        doubt = IsotonicRegression(out_of_bounds="clip").fit_transform(doubt, wrong)
    chance = np.full(len(doubt), wrong.mean()) if project.model == "useless" else doubt
    chance = np.clip(chance.astype(float), 0, 1)
    spread = np.sort(np.sqrt(chance * (1 - chance)))[::-1]
    rate, verdicts, cells = wrong.mean(), project.budget, len(wrong)
    simple = cells * (cells - verdicts) * rate * (1 - rate) / verdicts
    row = {"model": project.model, "budget": verdicts}
    for name, share in SHARES.items():
        draws = max(1, int(verdicts * share))
        row[name] = float(np.sqrt(_least_variance(spread[verdicts - draws :], draws) / max(simple, 1e-9)))
    return row


def _least_variance(spread: np.ndarray, draws: int) -> float:
    """spread: standard deviations, greatest first. Cells whose chance would exceed 1 are taken for certain."""
    rest = np.cumsum(spread[::-1])[::-1]
    sure = int(np.argmax(spread[:draws] * (draws - np.arange(draws)) < rest[:draws]))
    return float(rest[sure] ** 2 / (draws - sure) - (spread[sure:] ** 2).sum())


def report_least(rows: list[dict]) -> None:
    print("\n| model | verdicts | projects | 10 % drawn | a third | all | 0.7 possible at 10 % | all |")
    print("|---|---|---|---|---|---|---|---|")
    for model in MODELS:
        for budget in ("all", *BUDGETS):
            mine = [row for row in rows if row["model"] == model and budget in ("all", row["budget"])]
            widths = " | ".join(f"{np.median([row[share] for row in mine]):.2f}" for share in SHARES)
            possible = " | ".join(f"{100 * np.mean([row[share] <= 0.7 for row in mine]):.0f} %" for share in ENDS)
            print(f"| {model} | {budget} | {len(mine)} | {widths} | {possible} |")


def report_futures(rows: list[dict]) -> None:
    print(
        "\n| model | queue learns | projects | inside the band | median error by verdict | width |\n"
        "|---|---|---|---|---|---|"
    )
    for model in MODELS:
        for learns in (False, True):
            mine = [row for row in rows if (row["model"], row["learns"]) == (model, learns)]
            off, width = (f"{np.median([row[key] for row in mine]):.3f}" for key in ("off", "width"))
            print(f"| {model} | {learns} | {len(mine)} | {percent(mine, 'inside')} | {off} | {width} |")


COLUMNS = {
    "projects": lambda rows: f"{len(rows)}",
    "coverage, 10 % drawn": lambda rows: percent(rows, "tenth_covers"),
    "a third": lambda rows: percent(rows, "third_covers"),
    "all": lambda rows: percent(rows, "whole_covers"),
    "simple": lambda rows: percent(rows, "simple"),
    "by direction": lambda rows: percent(rows, "tenth_sides"),
    "by tag": lambda rows: percent(rows, "tenth_tags"),
    "width ÷ simple of as many verdicts, 10 % drawn": lambda rows: ratio(rows, "tenth_width", "simple_width"),
    "a third ": lambda rows: ratio(rows, "third_width", "simple_width"),
    "all ": lambda rows: ratio(rows, "whole_width", "simple_width"),
    "10 % drawn ÷ simple of as many draws": lambda rows: ratio(rows, "tenth_width", "small_width"),
    "errors found, 10 % drawn": lambda rows: percent(rows, "tenth_found"),
    "all  ": lambda rows: percent(rows, "whole_found"),
}
STOPS = {
    "stopped": lambda rows, share: f"{sum(row[share + '_stopped'] for row in rows)} of {len(rows)}",
    "wrong stops": lambda rows, share: str(sum(row.get(share + "_wrong_stop", False) for row in rows)),
    "bound broken at any moment": lambda rows, share: f"{100 - float(percent(rows, share + '_sequence')):.1f}",
    "bound ÷ the interval's upper end": lambda rows, share: f"{np.median([row[share + '_bound'] for row in rows]):.2f}",
    "interval too low": lambda rows, share: percent(rows, share + "_below"),
    "too high": lambda rows, share: percent(rows, share + "_above"),
}
BANDS = {"0.1 to 0.3 %": 0.003, "to 1 %": 0.01, "to 3 %": 0.03, "to 10 %": 0.1, "to 20 %": 1.0}
CUTS = {
    "all": lambda row: "all",
    "model": lambda row: row["model"],
    "verdicts": lambda row: row["budget"],
    "noise": lambda row: next(name for name, top in BANDS.items() if row["noise"] < top),
    "queue learns": lambda row: row["learns"],
    "good model, verdicts": lambda row: row["budget"] if row["model"] == "good" else None,
}


def percent(rows: list[dict], key: str) -> str:
    return f"{100 * np.nanmean([row[key] for row in rows]):.1f}"


def ratio(rows: list[dict], ours: str, theirs: str) -> str:
    return f"{np.median([row[ours] / row[theirs] for row in rows]):.2f}"


def report(rows: list[dict]) -> None:
    """Tables in Markdown: percentages of projects, medians of width ratios."""
    for title, cut in CUTS.items():
        print(f"\n| {title} | {' | '.join(name.strip() for name in COLUMNS)} |\n|{'---|' * (len(COLUMNS) + 1)}")
        order = [*MODELS, *BUDGETS, *BANDS, False, True, "all"]
        for group in sorted({cut(row) for row in rows} - {None}, key=order.index):
            mine = [row for row in rows if cut(row) == group]
            print(f"| {group} | {' | '.join(column(mine) for column in COLUMNS.values())} |")
    print(f"\n| drawn | {' | '.join(STOPS)} |\n|{'---|' * (len(STOPS) + 1)}")
    for name, share in (("10 %", "tenth"), ("a third", "third"), ("all", "whole")):
        print(f"| {name} | {' | '.join(column(rows, share) for column in STOPS.values())} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first", type=int, default=1000, help="the first seed; 0-999 were used in development")
    parser.add_argument("--projects", type=int, default=600)
    parser.add_argument("--jobs", type=int, default=1)
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--forecast", action="store_true", help="measure the forecast's band instead")
    other.add_argument("--until", action="store_true", help="measure the forecast of the stop rule instead")
    other.add_argument("--least", action="store_true", help="print the least width that any design can reach instead")
    chosen = parser.parse_args()
    others = {"forecast": (future, report_futures), "until": (until, report_until), "least": (least, report_least)}
    one, tell = next((both for name, both in others.items() if getattr(chosen, name)), (trial, report))
    seeds = range(chosen.first, chosen.first + chosen.projects)
    with multiprocessing.Pool(chosen.jobs) as pool:
        rows = pool.map(one, seeds, chunksize=4)
    print(f"seeds {seeds.start} to {seeds.stop - 1}")
    tell(rows)


if __name__ == "__main__":
    main()
