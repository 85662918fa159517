"""The triage page's figures, tables, marks and report of a real project, against what the log says."""

import csv
import json
import math
import re
from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import pytest

from labelreview import notebook, rulings
from labelreview.cli import main
from labelreview.decisions import Verdict
from labelreview.desk import folder, report, second, triage
from labelreview.desk.auditing import AUDIT, REVIEW
from labelreview.desk.project import Project
from labelreview.desk.report import blocks
from labelreview.desk.triage import EXPLAINED, TABLES, compared, exported, groups, matters, model, moments
from labelreview.desk.triage.tables import ON_TOP
from labelreview.errors import InputError, NotFound
from labelreview.review import estimates
from labelreview.review.standing import standing
from labelreview.review.verdicts import corrected
from labelreview.review.worklist import Filters
from labelreview.settings import Settings
from labelreview.tags import Dataset, Names
from labelreview.web import asked, queues, triage_charts, triaged
from tests.made import decision

ROOT = Path(__file__).resolve().parents[2]
N, TAGS = 400, ("hat", "<b>cat</b>", "=boat()", "dog | wolf", "x" * 200)


@pytest.fixture(scope="module")
def truth():
    return (np.random.default_rng(1).random((N, len(TAGS))) < 0.3).astype(np.int8)


@pytest.fixture(scope="module")
def home(tmp_path_factory, truth):
    """Five per cent of the labels are wrong, twice as many of the second half of the items; 500 verdicts."""
    home = tmp_path_factory.mktemp("triage")
    settings, rng = Settings.from_environment({"LABELREVIEW_HOME": str(home)}), np.random.default_rng(2)
    chance = np.where(np.arange(N) < N // 2, 0.03, 0.07)[:, None]
    labels = np.where(rng.random(truth.shape) < chance, 1 - truth, truth).astype(np.int8)
    probs = np.clip(np.where(truth == 1, 0.75, 0.2) + rng.normal(0, 0.2, truth.shape), 0.01, 0.99).astype(np.float32)
    (home / "labels.csv").write_text("id\n")
    data = Dataset(Names.of(f"item{row}" for row in range(N)), TAGS, labels, probs)
    identity = "0" * 32, "0" * 12, "2026-01-01T00:00:00+00:00"  # the draws follow from it
    card = folder.Card("boats", *identity, "labels.csv", "wide_csv", "p.csv", "wide_csv", "", N, TAGS)
    folder.write(settings.projects, card, data, [""] * N, {"labels.csv": home / "labels.csv"})
    with Project.open(settings, "boats") as project:
        answer(project, truth)
    return home


def answer(project: Project, truth: np.ndarray) -> None:
    audit, ranked, seen, events = project.audit, iter(project.asking.upcoming(N).tolist()), set[int](), []
    while len(seen) < 500:
        chance = len(seen) % 4 == 0
        cell = audit.next_cells(1)[0] if chance else next(ranked, None)
        if cell is None or cell in seen:
            cell = audit.next_cells(1)[0]
        seen.add(cell)
        audit.mark(cell, True)
        said = Verdict.UNSURE if len(seen) == 9 else Verdict.PRESENT if truth.flat[cell] else Verdict.ABSENT
        who = "ann" if len(seen) % 3 else "<i>bea</i>"
        events.append(decision(*project.dataset.at(cell), said, who, seconds=2.0, screen=AUDIT if chance else REVIEW))
    project.record(events)


@pytest.fixture
def project(home):
    with Project.open(Settings.from_environment({"LABELREVIEW_HOME": str(home)}), "boats") as opened:
        yield opened


@pytest.fixture
def found(project):
    return triage.figures(project)


def test_the_columns_of_the_verdicts_are_those_of_the_log(project):
    settled, held = project.standing(), sorted(project.verdicts().settled.values(), key=lambda event: event.seq)
    assert [project.dataset.at(cell) for cell in settled.cells] == [(event.item, event.tag) for event in held]
    assert [settled.reviewers[at] for at in settled.reviewer] == [event.reviewer for event in held]
    assert settled.chance.tolist() == [event.screen == AUDIT for event in held]
    assert (matters.corrected_labels(project) == corrected(project.dataset, project.verdicts())).all()
    taken_back = decision(held[3].item, held[3].tag, reviewer=held[3].reviewer, undoes=held[3].uid)
    before = len(settled)
    project.record([taken_back])
    assert len(project.standing()) == before - 1
    anew = standing(project._settled, project.dataset.labels, AUDIT)
    assert all(
        np.array_equal(getattr(anew, each.name), getattr(project.standing(), each.name)) for each in fields(anew)
    )
    project.record([decision(held[3].item, held[3].tag, held[3].verdict, held[3].reviewer, screen=held[3].screen)])
    assert len(project.standing()) == before


def test_what_comes_next_is_the_front_of_the_whole_order(project):
    taken = set(project.standing().cells.tolist())
    project._learner.submit(int).result()  # the order learns in the background: not between the two questions
    whole = np.concatenate(list(project.orders.cells(Filters(), None))).tolist()
    ahead = project.asking.upcoming(150).tolist()
    assert ahead == [cell for cell in whole if cell not in taken][:150]
    assert (
        project.asking.upcoming(20, Filters("hat")).tolist()
        == [c for c in whole if c % len(TAGS) == 0 and c not in taken][:20]
    )


def test_a_dropped_tag_does_not_come_next_unless_it_is_named(project):
    dropping = rulings.drop("Ada", "hat")
    project.meeting.record(dropping)
    try:
        assert not (project.asking.upcoming(N) % len(TAGS) == 0).any()
        assert (project.asking.upcoming(5, Filters("hat")) % len(TAGS) == 0).all()
    finally:
        project.meeting.record(rulings.undo("Ada", dropping))


def test_the_estimates_hold_the_truth_by_tag_and_by_column(project, found, truth, tmp_path):
    wrong = project.dataset.labels != truth
    assert found.whole.errors.low <= wrong.sum() <= found.whole.errors.high
    for column, rate in enumerate(found.by_tag):
        assert rate.errors.low <= wrong[:, column].sum() <= rate.errors.high
    items = tmp_path / "items.csv"
    items.write_text("id,source,serial\n" + "".join(f"item{r},{'a' if r < N // 2 else ''},{r}\n" for r in range(N)))
    columns = project.columns.keep(items)
    assert list(columns) == ["source"]  # a column of 400 values is none to count by
    assert columns["source"].values == ("(empty)", "a")
    for value, rate in enumerate(groups.rates(project, found, columns["source"])):
        there = columns["source"].codes == value
        assert rate.errors.low <= wrong[there].sum() <= rate.errors.high
        assert rate.cells == there.sum() * len(TAGS)
    items.write_text("id,source\nnobody,a\n")
    with pytest.raises(InputError, match="none of the project's 400 ids is in it"):
        project.columns.keep(items)


def test_the_models_word_is_weighed_by_the_audit(project, found, truth):
    steps = model.reliability(project, found)
    step = np.minimum((project.dataset.pred_probs * 10).astype(int), 9)
    for at, each in enumerate(steps):
        there = step == at
        assert each.cells == there.sum()
        assert each.present.low - 1e-9 <= truth[there].mean() <= each.present.high + 1e-9
    naive = [abs(each.plain - truth[step == at].mean()) for at, each in enumerate(steps) if each.asked]
    assert max(naive) > 0.1, "else the weights would be for nothing"
    bars = model.histogram(project)
    settled = project.standing()
    assert bars.cells.sum() == N * len(TAGS)
    assert (bars.wrong.sum(), bars.right.sum()) == (settled.wrong.sum(), (settled.certain & ~settled.wrong).sum())


def test_confused_tags_are_counted_item_by_item(project, found):
    settled, tags = project.standing(), len(TAGS)
    gone, come = {}, {}
    for cell, given in zip(settled.cells[settled.wrong].tolist(), settled.given[settled.wrong].tolist(), strict=True):
        (gone if given == 1 else come).setdefault(cell // tags, set()).add(cell % tags)
    plain = {(a, b) for row in gone for a in gone[row] for b in come.get(row, ()) if a != b}
    counts = {(a, b): sum(a in gone[row] and b in come.get(row, ()) for row in gone) for a, b in plain}
    assert {(pair.first, pair.second): pair.both_wrong for pair in found.confused} == counts


@pytest.mark.parametrize(
    "kind", ["tag", "pair", "confused", "quality", "probability", "group", "by", "ahead", "reviewer", "corrected",
             "cell", "between", "added"]
)  # fmt: skip
def test_a_mark_leads_to_the_cells_behind_it_and_to_a_queue_of_exactly_these(project, found, kind, tmp_path):
    settled = project.standing()
    wrong = set(settled.cells[settled.wrong].tolist())
    marks = {"tag": ("tag", TAGS[1], "wrong"), "pair": ("pair", *(TAGS[at] for at in first_pair(found))),
             "quality": ("quality", "10"), "probability": ("probability", "1"), "group": ("group", "half", "2"),
             "by": ("by", "40"), "ahead": ("ahead",), "reviewer": ("reviewer", "ann"),
             "corrected": ("corrected",), "confused": ("confused", *(TAGS[at] for at in mixed_up(found))),
             "cell": ("cell", "item1", TAGS[1]), "between": ("between", "200", "now", TAGS[2]),
             "added": ("between", "200", "now", TAGS[2], "added")}  # fmt: skip
    if kind == "group":
        (tmp_path / "i.csv").write_text("id,half\n" + "".join(f"item{row},{row % 2 + 1}\n" for row in range(N)))
        project.columns.keep(tmp_path / "i.csv")
    shown = triage.behind(project, marks[kind])
    for part in shown.kinds:
        assert asked_by(project, shown.queue(part)) == set(all_of(project, shown, part))
    dropping = rulings.drop("Ada", TAGS[2])
    project.meeting.record(dropping)  # answers stand, whatever becomes of their tag
    try:
        later = triage.behind(project, marks[kind])
        assert (later.errors.tolist(), later.others.tolist()) == (shown.errors.tolist(), shown.others.tolist())
        for part in set(later.kinds) - {"ahead"}:
            assert asked_by(project, later.queue(part)) == set(all_of(project, later, part))
    finally:
        project.meeting.record(rulings.undo("Ada", dropping))
    if kind == "added":
        added, _ = compared.compared(project, 200).changed.by_tag(len(TAGS))
        assert sum(map(len, (shown.errors, shown.ahead, shown.others))) == added[2]
    assert set(shown.errors.tolist()) <= wrong
    cells = [*shown.errors.tolist(), *shown.ahead.tolist(), *shown.others.tolist()]
    assert len(cells) == len(set(cells)) > 0
    inside = {
        "tag": lambda c: c % len(TAGS) == 1 and project.dataset.labels.flat[c] == 1,
        "pair": lambda c: c % len(TAGS) in first_pair(found),
        "quality": lambda c: model.quality_bin(project, np.array([c]))[0] == 10,
        "probability": lambda c: 0.1 <= project.dataset.pred_probs.flat[c] < 0.2,
        "group": lambda c: c // len(TAGS) % 2 == 1,
        "by": lambda c: c in settled.cells[:41],
        "ahead": lambda c: c not in settled.cells,
        "corrected": lambda c: c in wrong,
        "confused": lambda c: c in wrong and given_of(project, c) == (c % len(TAGS) == mixed_up(found)[0]),
        "cell": lambda c: c == 1 * len(TAGS) + 1,
        "between": lambda c: c % len(TAGS) == 2,
        "added": lambda c: c in wrong and c % len(TAGS) == 2 and not given_of(project, c),
        "reviewer": lambda c: project.verdicts().settled[project.dataset.at(c)].reviewer == "ann",
    }[kind]
    assert all(inside(cell) for cell in cells)


def all_of(project, shown, part) -> list[int]:
    """The cells of a part: of the open ones all, not the first 200 alone."""
    if part == "ahead" and len(shown.ahead):
        return project.asking.upcoming(N * len(TAGS), shown.filters).tolist()
    return getattr(shown, part).tolist()


def asked_by(project, filters) -> set[int]:
    """What the queue asks that a link to these filters opens; its count is that of the link."""
    sent = asked.filters(project, json.loads(json.dumps(asdict(queues.as_filters(queues.address(filters))))))
    assert sent == filters
    batch = second.batch(project, "cyd", "tab-of-cyd", sent, N * len(TAGS))
    project.asking.release("tab-of-cyd")
    assert batch.progress.remaining == len(batch.questions) == second.progress(project, "cyd", filters).remaining
    return {project.dataset.cell(each.suspect.item, each.suspect.tag) for each in batch.questions}


def given_of(project, cell: int) -> bool:
    return bool(project.dataset.labels.flat[cell])


def mixed_up(found) -> tuple[int, int]:
    pair = found.confused[0]
    return pair.first, pair.second


def first_pair(found) -> tuple[int, int]:
    pair = found.co_wrong[0]
    return pair.first, pair.second


def test_the_leaderboard_says_what_impact_says(project):
    (one,) = matters.leaderboard(project)
    after = matters.corrected_labels(project)
    plain = estimates.impact(np.asarray(project.dataset.pred_probs), np.asarray(project.dataset.labels), after)
    assert one.everywhere == plain
    assert one.everywhere.macro_ap.corrected > one.everywhere.macro_ap.given
    assert one.reviewed.macro_ap.given < one.everywhere.macro_ap.given


def test_learning_from_the_corrections_gains(project, truth, tmp_path):
    rows = np.hstack([truth, np.random.default_rng(0).normal(0, 0.5, (N, 6))]).astype(np.float32)
    np.save(tmp_path / "e.npy", rows)
    (tmp_path / "e.ids.txt").write_text("".join(f"{item}\n" for item in project.dataset.ids))
    learned = matters.learned(project, tmp_path / "e.npy")
    assert learned.changed == project.standing().wrong.sum()
    assert learned.gain.macro_ap.corrected > 0.9
    low, high = learned.gain.macro_ap.difference.low, learned.gain.macro_ap.difference.high
    assert low <= learned.gain.macro_ap.difference.value <= high


def test_an_interval_that_says_nothing_is_told_in_words_and_stays_a_number_in_files(project, found):
    known_rate = found.by_tag[0]
    rate = replace(known_rate, drawn=3, left=estimates.Estimate(0.0, 0.0, 0.98 * known_rate.cells - known_rate.found))
    (row,) = triage.tables.tag_rows(project, [("hat", rate)])
    assert blocks.shown("rate", row) == "not yet known: 3 drawn"
    assert blocks.shown("errors_left", row) == triage.DASH
    assert blocks.shown("rate", {**row, **triage.tables.rate_row(known_rate)}).endswith("%)")
    on_page = triage.known.told(row)
    assert {name for name in row if on_page[name] != row[name]} == {
        f"{name}{end}" for name in ("rate", "rate_left", "errors_left") for end in ("", "_low", "_high")
    }
    assert ",0.98," in triaged.as_csv([row])
    lines = triage.lines(replace(found, by_tag=(rate, *found.by_tag[1:])))
    assert lines[-1].startswith("  hat: not yet known: 3 drawn, ")
    few = replace(known_rate, drawn=4, left=estimates.Estimate(10.0, 0.0, 0.4 * known_rate.cells))
    on_page = triage.known.told({"tag": "hat", **triage.tables.rate_row(few)})
    assert (on_page["rate"], on_page["rate_high"]) == (None, few.rate.high)
    none_seen = replace(known_rate, drawn=60, left=estimates.Estimate(0.0, 0.0, 30.0))  # and not "0: done"
    on_page = triage.known.told({"tag": "hat", **triage.tables.rate_row(none_seen)})
    assert (on_page["errors_left"], on_page["errors_left_high"]) == (None, 30.0)
    beyond = replace(found, cost=estimates.Cost(estimates.Estimate(60.0, 50.0, math.inf), found.cost.hours))
    assert triage.verdicts_to_target(beyond) == f"50–{found.unanswered:,}"  # there are no more labels
    left = replace(found.whole, left=estimates.Estimate(60.0, 50.0, 80.0))
    short = replace(found, whole=left, target=0.001, stop=replace(found.stop, met=False),
                    cost=estimates.Cost(estimates.Estimate(math.inf, 60.0, math.inf), found.cost.hours))  # fmt: skip
    assert triage.sentence(short).endswith(
        f" (60–{short.unanswered:,}) to reach 0.1\xa0%."
    )  # all that are left, at most
    assert triage.next_steps(short)[0].startswith("Give about ")
    nothing = estimates.Estimate(math.nan, math.nan, math.nan)
    aside = replace(short, cost=estimates.Cost(nothing, nothing))
    assert triage.next_steps(aside)[0].startswith("Look again at what was left unsure")
    assert triage.count(1234.0, 1230) == "1,200"
    assert triage.count(1298.0, 1298) == "1,298"
    assert triage.surest_first(rate) > max(map(triage.surest_first, found.by_tag))


def test_near_the_target_it_is_told_how_many_draws_the_stop_rule_will_want(project):
    near = next(each for share in np.linspace(0.01, 0.9, 60)
                if (each := triage.figures(project, share)).reached and not each.stop.met)  # fmt: skip
    assert near.to_stop is not None
    assert near.to_stop.low <= near.to_stop.value <= near.to_stop.high

    def foretold(value: float, high: float) -> triage.Triage:
        made = replace(near)
        vars(made)["to_stop"] = estimates.Estimate(value, 371.0, high)  # where a cached property is kept
        return made

    told = foretold(784.0, 2384.0)
    assert "want about 780 more answers, 370 to 2,400" in triage.next_steps(told)[0]
    open_ended = foretold(3000.0, math.inf)
    assert "want about 3,000 more answers, 370 at least)" in triage.next_steps(open_ended)[0]
    far = foretold(math.inf, math.inf)
    assert "want at least 370 more answers)" in triage.next_steps(far)[0]
    assert triage.shape(open_ended)["stop"]["more_draws"] == {"value": 3000.0, "low": 371.0, "high": None}
    assert triage.figures(project, 0.999).to_stop is None  # met


def test_every_column_is_explained_and_every_explanation_stands_in_the_docs(project, found):
    names = {name for _, make in TABLES.values() for row in make(project, found)[:1] for name in row}
    names |= {name for table in compared.tables(project, compared.compared(project, 200)) for name in table.columns}
    assert names <= set(EXPLAINED)
    text = (ROOT / "docs" / "estimates.md").read_text("utf-8").partition("## Every number")[2]
    assert [name for name in EXPLAINED if f"`{name.removesuffix('_low').removesuffix('_high')}`" not in text] == []
    assert [name for name in ON_TOP if f"\n| {name} | " not in text] == []


def test_the_report_fetches_nothing_and_says_what_stats_says(project, found, tmp_path, home, monkeypatch, capsys):
    monkeypatch.setenv("LABELREVIEW_HOME", str(home))
    out, told = tmp_path / "r.html", triage.shape(found)
    main_of("report", "boats", "--out", str(out), "--tables", str(tmp_path / "tables"))
    page = out.read_text("utf-8")
    assert not re.search(r"(?:src|href|url|@import)\s*[=(]|https?:", page)
    assert len(page) < 2_000_000
    assert "<b>cat</b>" not in page
    assert "&lt;b&gt;cat&lt;/b&gt;" in page
    assert "<i>bea" not in page
    plain = re.sub(r"<[^>]+>", " ", page.replace("&amp;", "&"))
    assert triage.sentence(found) in plain
    assert triage.stop_sentence(found) in plain
    assert f"{told['overall']['errors_found']:,}" in plain
    assert triage.left_sentence(found) in plain
    with (tmp_path / "tables" / "tags.csv").open(encoding="utf-8") as file:
        rows = {row["tag"]: row for row in csv.DictReader(file)}
    assert set(rows) == set(TAGS)
    for tag, row in rows.items():
        of_tag = told["by_tag"][tag]
        assert int(row["errors_found"]) == of_tag["errors_found"]
        assert float(row["rate_high"]) == pytest.approx(of_tag["rate"]["high"], rel=1e-5)
    with (tmp_path / "tables" / "tags-by-direction.csv").open(encoding="utf-8") as file:
        both = [(row["tag"], row["direction"], int(row["errors_found"])) for row in csv.DictReader(file)]
    assert {tag: sum(count for name, _, count in both if name == tag) for tag in TAGS} == {
        tag: int(row["errors_found"]) for tag, row in rows.items()
    }
    sides = {side: sum(count for _, name, count in both if name == side) for side in ("wrong", "missing")}
    assert sides == {side: told["by_direction"][side]["errors_found"] for side in sides}
    capsys.readouterr()
    main_of("stats", "boats", "--json")
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(told))
    main_of("report", "boats", "--out", str(tmp_path / "r.md"))
    text = (tmp_path / "r.md").read_text("utf-8")
    assert "<b>" not in text
    assert r"dog \| wolf" in text
    assert "## The words of the tables" in text
    assert "Most surely still wrong first." in text
    learned = {"difference": -0.1, "difference_low": -0.19204, "difference_high": -0.03996, "p_value": 8.6e-06}
    assert blocks.shown("difference", learned) == "−0.1 (−0.19 to −0.04)"
    assert blocks.shown("p_value", learned) == "< 0.0001"


def main_of(*words: str) -> None:
    with pytest.raises(SystemExit) as done:
        main(list(words))
    assert done.value.code in (0, None)


def test_a_report_is_html_or_markdown_and_replaces_nothing_unasked(project, tmp_path):
    made = report.gathered(project)
    with pytest.raises(InputError, match=r"r\.pdf: a report is written as \.html or \.md"):
        report.write(made, tmp_path / "r.pdf")
    with pytest.raises(InputError, match="a target of 1 or more is met by any labels"):
        triage.figures(project, 1.0)


def test_a_report_of_a_project_without_verdicts_says_that_nothing_is_known(home, tmp_path):
    settings = Settings.from_environment({"LABELREVIEW_HOME": str(tmp_path)})
    (tmp_path / "labels.csv").write_text("id\n")
    data = Dataset(Names.of(["a", "b"]), ("hat",), np.array([[1], [0]], np.int8), np.array([[0.9], [0.2]], np.float32))
    card = folder.Card("new", *folder.new_identity(), "labels.csv", "wide_csv", "p.csv", "wide_csv", "", 2, ("hat",))
    folder.write(settings.projects, card, data, ["", ""], {"labels.csv": tmp_path / "labels.csv"})
    with Project.open(settings, "new") as project:
        text = report.text(report.gathered(project))
    assert "nobody can say yet how many labels are wrong" in text
    assert "anything up to 2 fits the answers so far" in text
    assert "not yet known: " not in text.replace("Not yet known: 3 drawn", "")  # no table of nothing
    assert "macro AP" not in text


def test_a_notebook_gets_every_table_and_every_chart(project, found):
    for name in notebook.tables():
        assert len(notebook.table(project, name, found)) == len(TABLES[name][1](project, found))
    for name in notebook.figures():
        assert notebook.figure(project, name, found).to_dict()["data"]
    with pytest.raises(NotFound, match="There is no table 'tag'. Tables: tags"):
        notebook.table(project, "tag")


def test_a_chart_of_a_thousand_tags_stays_readable():
    rate = estimates.Estimate(0.1, 0.05, 0.2)
    bars = [triage_charts.Bar(f"tag{at}", rate, "", ["tag", f"tag{at}", ""]) for at in range(triage_charts.MOST)]
    assert triage_charts.intervals({"": bars}).layout.height < 900


def test_from_twenty_audit_answers_on_the_answer_is_a_range_and_from_a_hundred_a_rate(found):
    counts = (19, 20, 99, 100)
    said = {count: triage.sentence(replace(found, whole=replace(found.whole, drawn=count))) for count in counts}
    assert "nobody can say yet" in said[19]
    assert said[20].startswith("Between ")
    assert said[99].startswith("Between ")
    assert said[100].startswith("About ")


def test_an_earlier_moment_is_what_the_project_was_then(project, tmp_path):
    """The same figures as of a project whose log ends there."""
    log, source = project.log(), {"labels.csv": project.folder.labels_source}
    early = moments.moment(project, 250)
    settings = Settings.from_environment({"LABELREVIEW_HOME": str(tmp_path)})
    folder.write(settings.projects, project.card, project.dataset, [""] * N, source)
    with Project.open(settings, "boats") as other:
        other.record([replace(event, seq=0, recorded_at=None) for event in log[:250]])
        assert other.standing().cells.tolist() == early.settled.cells.tolist()
        assert estimates.error_rate(other.evidence()) == estimates.error_rate(early.evidence)
    assert moments.moment(project, len(log)).settled.cells.tolist() == project.standing().cells.tolist()
    assert len(moments.moment(project, moments.when("2000-01-01")).settled) == 0
    assert list(moments.choices(project))[::10] == ["Before the first verdict", "Now"]


def test_between_two_moments_found_errors_and_changed_labels_are_counted(project, truth):
    found = compared.compared(project, 200)
    was, now = (moments.moment(project, at).settled for at in (200, None))
    assert found.whole.found == now.wrong.sum() - was.wrong.sum() > 0
    before, after = found.whole.wrong
    assert before.value - after.value == pytest.approx(found.whole.found)
    still = [int((project.dataset.labels != truth).sum() - each.wrong.sum()) for each in (was, now)]
    assert before.low <= still[0] <= before.high
    assert after.low <= still[1] <= after.high
    parts, tags, changed = compared.tables(project, found)
    first = matters.corrected_labels(project)
    for row in changed.rows:
        assert first[project.dataset.ids.position(row["id"]), TAGS.index(row["tag"])] == row["label_after"]
    assert len(changed.rows) == sum(row["added"] + row["removed"] for row in tags.rows) > 0
    assert sum(row["added"] for row in parts.rows[1:]) == parts.rows[0]["added"]
    shown = triage.behind(project, ("between", "200", "now", "hat"))
    assert len(shown.errors) == sum(row["tag"] == "hat" for row in changed.rows)
    with pytest.raises(InputError, match="now is later than after 200 events"):
        compared.compared(project, None, 200)
    with pytest.raises(InputError, match="End of 2999-12-24 is still to come"):
        compared.compared(project, moments.when("2999-12-24"))
    with pytest.raises(InputError, match="'yesterday' is no moment"):
        moments.when("yesterday")


def test_two_files_are_compared_by_their_labels_and_by_what_the_project_knows(project, truth, tmp_path, capsys):
    names = [f'"{tag}"' for tag in TAGS]
    data = project.dataset
    for name, labels in (("a.csv", data.labels), ("b.csv", matters.corrected_labels(project)), ("c.csv", 1 - truth)):
        lines = (f"{item},{','.join(map(str, row))}" for item, row in zip(data.ids, labels.tolist(), strict=True))
        (tmp_path / name).write_text("\n".join([",".join(["id", *names]), *reversed(list(lines))]))
    files = exported.read(tmp_path / "a.csv", tmp_path / "b.csv")
    found, by_tag = exported.wrong(project, files)
    fixed, left = int(project.standing().wrong.sum()), triage.figures(project).whole.left
    assert (found.difference.value, found.difference.low) == (-fixed, -fixed)
    assert (found.after.low, found.after.value, found.after.high) == (left.low, left.value, left.high)
    assert sum(each.before.value for each in by_tag if each.before.value > 0) > 0
    other = exported.wrong(project, exported.read(tmp_path / "a.csv", tmp_path / "c.csv"))[0]
    assert other.after.low <= truth.size <= other.after.high  # every label of c is wrong
    assert other.difference.low <= truth.size - (data.labels != truth).sum() <= other.difference.high
    main_of("compare", str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), "--tables", str(tmp_path / "t"))
    assert f"{fixed:,} labels differ" in capsys.readouterr().out
    with (tmp_path / "t" / "labels-changed.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == fixed
    merging = rulings.merge("Ada", TAGS[1:3], TAGS[1])
    project.meeting.record(merging)
    try:
        with (tmp_path / "b.csv").open(encoding="utf-8") as file:
            rest = [row[:3] + row[4:] for row in csv.reader(file)]  # without the tag that is merged away
        with (tmp_path / "e.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rest)
        (why,) = exported.explained(project, exported.read(tmp_path / "a.csv", tmp_path / "e.csv"))
        assert why.startswith(f"Decided by Ada: merge {TAGS[1]}, {TAGS[2]} into {TAGS[1]} (any): what changed in")
        assert exported.explained(project, files) == []
    finally:
        project.meeting.record(rulings.undo("Ada", merging))
    (tmp_path / "d.csv").write_text("id,hat\nnobody,1\n")
    with pytest.raises(InputError, match="have no item in common"):
        exported.read(tmp_path / "a.csv", tmp_path / "d.csv")


def test_a_report_and_a_notebook_tell_what_has_changed(project):
    text = report.text(report.gathered(project, since=200))
    assert "## What has changed since after 200 events" not in text
    assert "## What has changed since 200 events" in text
    assert len(notebook.compare(project, "200")) == len(TAGS)
    assert notebook.compare_figure(project, "200").to_dict()["data"]
    assert notebook.compare_figure(project, "200", rates=True).to_dict()["data"]


def test_where_chance_has_asked_too_little_the_report_names_no_single_number(project, monkeypatch):
    chosen = "Errors left", "Wrong labels", "Share of the errors found", "Verdicts to the target", "Hours to the target"
    made = triage.figures(project)
    few = replace(made, whole=replace(made.whole, drawn=99))
    monkeypatch.setattr(triage, "figures", lambda *_args: few)
    facts = next(block for block in report.gathered(project).chapters[0].blocks if hasattr(block, "rows"))
    said = {what: (number, between) for what, number, between, _ in facts.rows}
    assert {said[what][0] for what in chosen} == {triage.DASH}
    assert said["Errors left"][1] == f"{triage.count(made.whole.left.low)}–{triage.count(made.whole.left.high)}"
    moments = compared.compared(project, 200)
    asked = [replace(rate, drawn=99) for rate in (moments.whole.before, moments.whole.after)]
    words = " ".join(compared.sentences(replace(moments, whole=compared.Pair(*asked))))
    assert not re.search(r"about [\d,]+ \(", words)
