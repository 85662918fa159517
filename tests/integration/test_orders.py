"""Orders by name on real project folders, and the one that learns from the decision log."""

from itertools import pairwise

import numpy as np
import pytest

from labelreview.decisions import Direction, Verdict
from labelreview.desk import folder
from labelreview.desk.orders import EVERY, LEARNED, ORDERS, Orders
from labelreview.desk.project import Project
from labelreview.errors import InputError
from labelreview.review.worklist import Filters
from labelreview.settings import Settings
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, Dataset, Names
from tests.made import decision

N, TAGS = 300, ("hat", "cat", "boat", "dog")


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings.from_environment({"LABELREVIEW_HOME": str(tmp_path / "home")})


@pytest.fixture
def truth() -> np.ndarray:
    return (np.random.default_rng(1).random((N, len(TAGS))) < 0.3).astype(np.int8)


@pytest.fixture
def opened(settings, tmp_path, truth) -> folder.Folder:
    """Boats are often missing, other tags seldom wrong; some cells are unknown, one has no probability."""
    rng = np.random.default_rng(2)
    labels = truth.copy()
    labels[(rng.random(N) < 0.6) & (truth[:, 2] == PRESENT), 2] = ABSENT
    flipped = rng.random(labels.shape) < 0.02
    labels[flipped] = 1 - labels[flipped]
    labels[5, :2] = labels[40:44, 1] = UNKNOWN
    probs = np.clip(np.where(truth == 1, 0.7, 0.25) + rng.normal(0, 0.15, truth.shape), 0.01, 0.99).astype(np.float32)
    probs[7, 3] = probs[41, 1] = np.nan
    (tmp_path / "labels.csv").write_text("id\n")
    data = Dataset(Names.of(f"item{row}" for row in range(N)), TAGS, labels, probs)
    uid, version, created = folder.new_identity()
    fields = ("labels.csv", "wide_csv", "p.csv", "wide_csv", "", N, TAGS)
    card = folder.Card("boats", uid, version, created, *fields)
    return folder.write(settings.projects, card, data, [""] * N, {"labels.csv": tmp_path / "labels.csv"})


def everything(orders: Orders, filters: Filters, rows=None) -> list[int]:
    return [int(cell) for chunk in orders.cells(filters, rows) for cell in chunk]


@pytest.mark.parametrize("name", ORDERS)
def test_every_order_asks_each_judged_cell_once(opened, name):
    cells = everything(Orders(opened), Filters(order=name))
    assert sorted(cells) == np.flatnonzero(opened.dataset.judged != UNKNOWN).tolist()


@pytest.mark.parametrize("filters", [Filters("boat"), Filters("", Direction.WRONG), Filters("cat", Direction.MISSING)])
@pytest.mark.parametrize("name", [LEARNED, "recipe", "self_confidence", "ema"])
def test_a_filter_leaves_cells_of_its_kind_in_any_order(opened, filters, name):
    asked = Filters(filters.tag, filters.direction, order=name)
    data = opened.dataset
    for cell in everything(Orders(opened), asked):
        row, column = divmod(cell, len(TAGS))
        assert filters.tag in ("", TAGS[column])
        assert filters.direction in (None, Direction.WRONG if data.labels[row, column] else Direction.MISSING)


@pytest.mark.parametrize("name", [LEARNED, "uncertain", "ema"])
def test_an_order_under_a_filter_is_its_part_of_the_whole_one(opened, name):
    orders, cells, rng = Orders(opened), np.arange(0, 600), np.random.default_rng(3)
    orders.adopt(orders.learn(cells, cells % 4 == 2), 600)
    order, rows, only = everything(orders, Filters(order=name)), rng.random(N) < 0.3, rng.random(N * len(TAGS)) < 0.3
    assert everything(orders, Filters("boat", order=name)) == [cell for cell in order if cell % 4 == 2]
    assert everything(orders, Filters(text="x", order=name), rows) == [cell for cell in order if rows[cell // 4]]
    some = np.concatenate(list(orders.cells(Filters(order=name, suspects=True), None, only)))
    assert some[only[some]].tolist() == [cell for cell in order if only[cell]]
    assert name != "ema" or only[some].all()


@pytest.mark.parametrize("name", [LEARNED, "uncertain", "tags", "ema", "self_confidence"])
def test_labels_left_empty_are_asked_when_asked_for_and_become_labels(opened, settings, name):
    probs, empty = np.ravel(opened.dataset.pred_probs), np.flatnonzero(opened.dataset.labels == UNKNOWN)
    cells = everything(Orders(opened), Filters(order=name, unlabelled=True))
    first = np.abs(probs - 0.5) if name == "uncertain" else -probs
    wanted = sorted(empty, key=lambda cell: (name == "tags" and cell % 4, bool(np.isnan(probs[cell])), first[cell]))
    assert cells == wanted
    with Project(settings, opened) as project:
        filters = Filters("cat", unlabelled=True, order=name)
        batch = project.queue("ann", "ann.tab-00001", filters, 9)
        asked = [(each.suspect.item, each.suspect.tag) for each in batch.questions]
        assert sorted(asked) == sorted(map(opened.dataset.at, empty[empty % 4 == 1]))
        project.record([decision(*asked[0], Verdict.PRESENT)])
        assert [(change.item, change.tag) for change in project.changes()] == asked[:1]
        assert (project.asking.progress(filters).answered, project.asking.progress(filters).total) == (1, 5)
        assert project.asking.progress(Filters("cat")).answered == 0


def test_the_learned_order_is_the_recipe_before_any_answer(opened):
    orders = Orders(opened)
    scores = np.ravel(orders.scores("recipe"))[everything(orders, Filters())]
    assert (np.diff(scores) > -1e-6).all()


def test_the_front_of_the_learned_order_is_its_whole_order_cut_short(opened):
    orders = Orders(opened)
    cells = np.arange(0, 600)
    orders.adopt(orders.learn(cells, cells % 4 == 2), 600)
    rows = np.ones(N, bool)  # with a mask of rows there is no short cut
    assert everything(orders, Filters()) == everything(orders, Filters(), rows)


def test_an_order_that_is_not_there_is_named(opened):
    with pytest.raises(InputError, match="no order 'best'"):
        everything(Orders(opened), Filters(order="best"))


def test_items_come_one_after_the_other_when_ordered_by_a_pooler(opened):
    items = [cell // len(TAGS) for cell in everything(Orders(opened), Filters(order="ema"))]
    assert len([1 for one, next_ in pairwise(items) if one != next_]) == len(set(items)) - 1


def answer_all(project: Project, truth: np.ndarray, count: int) -> None:
    """A reviewer who is right answers the queue from its front."""
    while count > 0:
        batch = project.queue("ann", "holder-of-ann", Filters(), min(count, EVERY))
        sent = []
        for question in batch.questions:
            suspect = question.suspect
            cell = project.dataset.cell(suspect.item, suspect.tag)
            verdict = Verdict.PRESENT if truth.flat[cell] else Verdict.ABSENT
            sent.append(decision(suspect.item, suspect.tag, verdict))
        project.record(sent)
        project.verdicts()
        count -= len(sent)


def test_answers_move_cells_like_them_and_the_card_says_so(settings, opened, truth):
    with Project.open(settings, "boats") as project:
        answer_all(project, truth, 100)
        project.close()  # waits for the last lesson
        assert project.orders.revision == 100
        missing_boat = [c for c in everything(project.orders, Filters("boat", Direction.MISSING)) if c // 4 > 5][-1]
        (why,) = project.orders.reasons(np.array([missing_boat]))
        assert why.asked > 10
        assert why.wrong / why.asked > 0.5
        assert why.moved > 0


def test_two_processes_come_to_the_same_order_from_the_same_log(settings, opened, truth):
    with Project.open(settings, "boats") as project:
        answer_all(project, truth, 110)
        first = project.orders
    with Project.open(settings, "boats") as again:  # reads the whole log at once
        again.verdicts()
        second = again.orders
    assert first.revision == second.revision == 100
    assert everything(first, Filters()) == everything(second, Filters())


def test_cells_that_a_tab_has_ready_stay_in_front(settings, opened):
    with Project.open(settings, "boats") as project:
        before = [q.suspect for q in project.queue("ann", "holder-of-ann", Filters(), 30).questions]
        ready = [(suspect.item, suspect.tag) for suspect in reversed(before[5:10])]
        project.record([decision(*ready[0], Verdict.PRESENT)])
        after = [q.suspect for q in project.queue("ann", "holder-of-ann", Filters(), 30, ready).questions]
        assert [(s.item, s.tag) for s in after[:4]] == ready[1:]
        assert len({(s.item, s.tag) for s in after}) == 30


def test_no_probability_of_error_is_given_before_answers_reach_the_cell(settings, opened, truth):
    with Project.open(settings, "boats") as project:
        first = project.queue("ann", "holder-of-ann", Filters(), 10).questions
        assert all(question.reason.chance is None for question in first)
        answer_all(project, truth, 100)
        project.close()
        (why,) = project.orders.reasons(np.array([project.dataset.cell(first[0].suspect.item, first[0].suspect.tag)]))
        assert 0 <= why.low <= why.chance <= why.high <= 1
