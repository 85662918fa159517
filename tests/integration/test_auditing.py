"""The random audit in the queue of a real project: its share, its repeatability, and that it is kept apart."""

import numpy as np
import pytest

from labelreview.decisions import Direction, Verdict
from labelreview.desk import folder, triage
from labelreview.desk.auditing import AUDIT, REVIEW
from labelreview.desk.project import Project
from labelreview.desk.questions import Question
from labelreview.review import estimates
from labelreview.review.worklist import Filters
from labelreview.settings import Settings
from labelreview.tags import Dataset, Names
from tests.made import decision

N, TAGS = 600, ("hat", "cat", "boat", "dog")


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings.from_environment({"LABELREVIEW_HOME": str(tmp_path / "home")})


@pytest.fixture
def truth() -> np.ndarray:
    return (np.random.default_rng(1).random((N, len(TAGS))) < 0.3).astype(np.int8)


@pytest.fixture
def project(settings, tmp_path, truth):
    """Six per cent of the labels are wrong; the model is good."""
    rng = np.random.default_rng(2)
    labels = np.where(rng.random(truth.shape) < 0.06, 1 - truth, truth).astype(np.int8)
    probs = np.clip(np.where(truth == 1, 0.75, 0.2) + rng.normal(0, 0.12, truth.shape), 0.01, 0.99).astype(np.float32)
    (tmp_path / "labels.csv").write_text("id\n")
    data = Dataset(Names.of(f"item{row}" for row in range(N)), TAGS, labels, probs)
    fields = ("labels.csv", "wide_csv", "p.csv", "wide_csv", "", N, TAGS)
    card = folder.Card("boats", *folder.new_identity(), *fields)
    folder.write(settings.projects, card, data, [""] * N, {"labels.csv": tmp_path / "labels.csv"})
    with Project.open(settings, "boats") as opened:
        yield opened


def cell(question: Question) -> tuple[str, str]:
    return question.suspect.item, question.suspect.tag


def drawn(questions: tuple[Question, ...]) -> list[tuple[str, str]]:
    return [cell(question) for question in questions if question.screen == AUDIT]


def answer(project: Project, truth: np.ndarray, count: int, *, want: int = 40, reviewer: str = "ann") -> list[str]:
    """A reviewer who is right answers the front of the queue; gives the screens in the order of the answers."""
    screens: list[str] = []
    while len(screens) < count:
        batch = project.queue(reviewer, f"holder-of-{reviewer}", Filters(), want)
        sent = []
        for question in batch.questions[:20]:
            verdict = Verdict.PRESENT if truth.flat[project.dataset.cell(*cell(question))] else Verdict.ABSENT
            sent.append(decision(*cell(question), verdict, reviewer, screen=question.screen))
        project.record(sent)
        screens += [event.screen for event in sent]
    return screens


def test_every_tenth_question_of_a_batch_is_drawn_by_chance(project):
    questions = project.queue("ann", "holder-of-ann", Filters(), 100).questions
    places = [at for at, question in enumerate(questions) if question.screen == AUDIT]
    assert places == list(range(9, 100, 10))
    assert len({cell(question) for question in questions}) == 100


@pytest.mark.parametrize("want", [3, 40])
def test_the_share_is_kept_whatever_the_size_of_a_batch(project, truth, want):
    screens = answer(project, truth, 200, want=want)
    assert abs(screens.count(AUDIT) - len(screens) / 10) <= 1


def test_the_draws_follow_from_the_log_alone(project, settings, truth):
    answer(project, truth, 120)
    project.asking.release("holder-of-ann")
    here = drawn(project.queue("ann", "holder-of-ann", Filters(), 60).questions)
    project.asking.release("holder-of-ann")
    with Project.open(settings, "boats") as other:
        assert drawn(other.queue("bea", "holder-of-bea", Filters(), 60).questions) == here
    assert len(here) == 6


def test_two_tabs_get_different_draws(project):
    first = drawn(project.queue("ann", "holder-of-ann", Filters(), 100).questions)
    second = drawn(project.queue("bea", "holder-of-bea", Filters(), 100).questions)
    assert len(first) == len(second) == 10
    assert not set(first) & set(second)


def test_pictures_that_are_ready_stay_and_stay_the_audits(project):
    before = project.queue("ann", "holder-of-ann", Filters(), 40).questions
    ready = [cell(question) for question in before[5:15]]
    after = project.queue("ann", "holder-of-ann", Filters(), 40, ready).questions
    assert [(cell(q), q.screen) for q in after[:10]] == [(cell(q), q.screen) for q in before[5:15]]
    assert len({cell(question) for question in after}) == 40


@pytest.mark.parametrize(
    "filters", [Filters("hat"), Filters(direction=Direction.WRONG), Filters(text="1"), Filters(order="ema")]
)
def test_a_queue_that_somebody_narrowed_or_sorted_holds_no_draws(project, filters):
    assert not drawn(project.queue("ann", "holder-of-ann", filters, 60).questions)


def test_draws_are_among_suspects_but_not_in_their_progress(project, truth):
    suspects = Filters(suspects=True)
    batch = project.queue("ann", "holder-of-ann", suspects, 40)
    asked = [project.dataset.cell(*cell(question)) for question in batch.questions]
    suspect = np.ravel(project.issues)[asked]
    assert all(suspect[at] for at, question in enumerate(batch.questions) if question.screen == REVIEW)
    (innocent,) = [c for c in drawn(batch.questions) if not np.ravel(project.issues)[project.dataset.cell(*c)]][:1]
    project.record([decision(*innocent, Verdict.PRESENT, screen=AUDIT)])
    assert project.asking.progress(suspects).answered == 0
    assert project.asking.progress(Filters()).answered == 1


def test_the_queue_of_suspects_ends_where_the_suspects_end(project):
    rest = project.dataset, np.flatnonzero(np.ravel(project.issues))[3:]
    project.record([decision(*rest[0].at(place), Verdict.UNSURE) for place in rest[1].tolist()])
    questions = project.queue("ann", "holder-of-ann", Filters(suspects=True), 100).questions
    assert sum(question.screen == REVIEW for question in questions) == 3
    assert questions[-1].screen == REVIEW


def test_a_draw_that_is_taken_back_or_unflagged_is_asked_again(project):
    first = drawn(project.queue("ann", "holder-of-ann", Filters(), 100).questions)
    answered, flagged = decision(*first[0], Verdict.ABSENT), decision(*first[1], note="blurred")
    gone = [(event.item, event.tag, event.uid) for event in (answered, flagged)]
    project.record([answered, flagged])
    later = drawn(project.queue("ann", "holder-of-ann", Filters(), 100).questions)
    assert not set(first[:2]) & set(later)
    project.record([decision(*event[:2], undoes=event[2]) for event in gone])
    assert drawn(project.queue("ann", "holder-of-ann", Filters(), 100).questions)[:2] == first[:2]


def test_the_estimate_holds_the_truth_and_counts_the_draws_only(project, truth):
    screens = answer(project, truth, 600)
    rate = estimates.error_rate(project.evidence())
    wrong = int((project.dataset.labels != truth).sum())
    assert rate.drawn >= screens.count(AUDIT) - 10
    assert rate.errors.low <= wrong <= rate.errors.high
    assert rate.cells == N * len(TAGS)


def test_a_project_of_few_cells_is_not_audited(settings, tmp_path):
    (tmp_path / "labels.csv").write_text("id\n")
    labels, probs = np.eye(12, dtype=np.int8), np.full((12, 12), 0.3, np.float32)
    data = Dataset(Names.of(f"item{row}" for row in range(12)), tuple(f"tag{at}" for at in range(12)), labels, probs)
    fields = ("labels.csv", "wide_csv", "p.csv", "wide_csv", "", 12, data.tags)
    card = folder.Card("few", *folder.new_identity(), *fields)
    folder.write(settings.projects, card, data, [""] * 12, {"labels.csv": tmp_path / "labels.csv"})
    with Project.open(settings, "few") as few:
        assert not drawn(few.queue("ann", "holder-of-ann", Filters(), 100).questions)


def test_answers_to_later_draws_wait_for_the_earlier_ones_and_triage_says_so(project):
    last = drawn(project.queue("ann", "holder-of-ann", Filters(), 40).questions)[-1]
    project.record([decision(*last, Verdict.ABSENT, screen=AUDIT)])
    found = triage.figures(project)
    assert (found.whole.drawn, found.waiting) == (0, 1)
    assert "1 more answer counts once earlier draws" in triage.sentence(found)


def test_draws_left_open_by_another_tab_come_first_once_it_gave_them_up(project):
    gone = drawn(project.queue("ann", "holder-of-ann", Filters(), 40).questions)
    later = drawn(project.queue("bea", "holder-of-bea", Filters(), 40).questions)
    project.record([decision(*each, Verdict.ABSENT, "bea", screen=AUDIT) for each in later])
    held = project.queue("bea", "holder-of-bea", Filters(), 40).questions
    assert not set(gone) & set(drawn(held)), "they are Ann's as long as she holds them"
    project.asking.release("holder-of-ann")
    ready = [cell(question) for question in held[:3]]
    freed = project.queue("bea", "holder-of-bea", Filters(), 40, ready).questions
    assert [cell(question) for question in freed[: 3 + len(gone)]] == ready + gone
    assert {question.screen for question in freed[3 : 3 + len(gone)]} == {AUDIT}
    assert len({cell(question) for question in freed}) == 40
    # all of them: chance may also have drawn a cell that the batch holds as a ranked one
    project.record([decision(*cell(each), Verdict.ABSENT, "bea", screen=each.screen) for each in freed])
    assert triage.figures(project).waiting == 0


def test_in_the_order_by_chance_every_question_is_the_audits_and_counts(project, truth):
    asked = []
    for _ in range(8):
        batch = project.queue("ann", "tab", Filters(order=AUDIT), 240)  # cut to what one tab gets
        assert {question.screen for question in batch.questions} == {AUDIT}
        sent = [
            decision(*cell(question), Verdict.PRESENT if truth.flat[project.dataset.cell(*cell(question))] else
                     Verdict.ABSENT, screen=question.screen)
            for question in batch.questions
        ]  # fmt: skip
        project.record(sent)
        asked += sent
    found = triage.figures(project)
    assert found.whole.drawn == len({(each.item, each.tag) for each in asked}) == 128
    tabs = [project.queue("bea", f"tab {number}", Filters(order=AUDIT), 240).questions for number in range(5)]
    assert {question.screen for questions in tabs for question in questions} == {AUDIT}
    assert [len(questions) for questions in tabs] == [16, 16, 16, 16, 0]  # nothing else, though draws run short
    narrowed = project.queue("bea", "other", Filters(tag="hat", order=AUDIT), 10)
    assert {question.screen for question in narrowed.questions} == {REVIEW}
