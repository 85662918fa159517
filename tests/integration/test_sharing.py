"""Several answers a cell, known cells hidden in the queue, and disputes: on SQLite and PostgreSQL, over processes."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from labelreview.decisions import ADJUDICATE, Verdict
from labelreview.desk import second as queues
from labelreview.desk.project import Project
from labelreview.errors import InputError
from labelreview.review.sharing import chance, gold_scores
from labelreview.review.worklist import Filters
from labelreview.settings import Settings
from tests.gallery import gallery
from tests.made import decision

YES, NO, UNSURE = Verdict.PRESENT, Verdict.ABSENT, Verdict.UNSURE
ITEMS = 8
EVERYTHING = Filters()


@pytest.fixture
def settings(tmp_path, database_url):
    found = Settings(tmp_path / "home", database_url)
    found.home.mkdir()
    gallery(found, tmp_path, items=ITEMS)
    return found


@pytest.fixture
def project(settings):
    with Project.open(settings, "gallery") as opened:
        yield opened


def ask(project, reviewer, want=100, filters=EVERYTHING, keep=(), tab=""):
    batch = queues.batch(project, reviewer, f"tab-{tab or reviewer}", filters, want, keep)
    return [(each.suspect.item, each.suspect.tag) for each in batch.questions]


def answer(project, reviewer, cells, verdict=YES, **fields):
    events = [decision(*cell, verdict, reviewer, **fields) for cell in cells]
    project.record(events)
    project.asking.release(f"tab-{reviewer}")
    return events


def test_each_cell_is_asked_of_as_many_reviewers_as_the_project_wants_and_of_nobody_twice(project):
    project.team.set(answers=2)
    first = ask(project, "ann", 5)
    answer(project, "ann", first)
    assert not set(ask(project, "ann")) & set(first)
    project.asking.release("tab-ann")
    second = ask(project, "ben", 5)
    assert second == first
    assert not set(ask(project, "eve")) & set(first)  # one at a time: they are on ben's screen
    project.asking.release("tab-eve")
    answer(project, "ben", second, UNSURE)
    assert not set(ask(project, "eve")) & set(first)


def test_what_is_left_is_counted_for_each_reviewer(project):
    project.team.set(answers=2)
    cells = ask(project, "ann", 5)
    answer(project, "ann", cells)
    left = {name: project.queue(name, f"tab-{name}", Filters(), 1).progress.remaining for name in ("ann", "ben")}
    assert left == {"ann": 3 * ITEMS - 5, "ben": 3 * ITEMS}


def test_a_filter_holds_for_second_answers_too(project):
    project.team.set(answers=2)
    answer(project, "ann", ask(project, "ann"))
    asked = ask(project, "ben", filters=Filters(tag="cat"))
    assert len(asked) == ITEMS
    assert {tag for _item, tag in asked} == {"cat"}


def test_an_answer_taken_back_opens_the_cell_for_that_reviewer_again(project):
    project.team.set(answers=2)
    cells = ask(project, "ann", 2)
    first, _ = answer(project, "ann", cells)
    project.record([decision(*cells[0], reviewer="ann", undoes=first.uid)])
    assert cells[0] in ask(project, "ann")


def test_a_share_of_cells_gets_several_answers_and_it_is_the_same_share_everywhere(project, settings):
    project.team.set(answers=2, share=0.4)
    answer(project, "ann", ask(project, "ann"))
    again = ask(project, "ben")
    places = [project.dataset.cell(*cell) for cell in again]
    assert set(places) == {place for place in range(3 * ITEMS) if chance(project.card.uid, place) < 0.4}
    assert 2 <= len(again) <= 3 * ITEMS - 6
    with Project.open(settings, "gallery") as other:
        other.verdicts()
        project.asking.release("tab-ben")
        assert ask(other, "eve") == again


def test_a_rule_that_another_process_sets_holds_with_the_next_queue(project, settings):
    cells = ask(project, "ann", 3)
    answer(project, "ann", cells)
    assert not set(ask(project, "ben")) & set(cells)
    project.asking.release("tab-ben")
    with Project.open(settings, "gallery") as other:
        other.team.set(answers=3)
    assert set(cells) <= set(ask(project, "ben"))


def answer_all(settings, reviewer, together):
    """What a server of its own does for one reviewer: answer what the queue asks, three at a time; the cells."""
    answered, idle = [], 0
    with Project.open(settings, "gallery") as project:
        together.wait(60)
        while idle < 20:
            asked = ask(project, reviewer, 3)
            idle = 0 if asked else idle + 1
            for cell in asked:
                project.record([decision(*cell, YES, reviewer)])
                answered.append(cell)
            project.asking.release(f"tab-{reviewer}")
            time.sleep(0 if asked else 0.02)
    return answered


def test_servers_that_are_asked_at_once_give_each_cell_its_two_answers_and_no_third(settings):
    with Project.open(settings, "gallery") as project:
        project.team.set(answers=2)
        project.prepare()
    together = threading.Barrier(3)
    with ThreadPoolExecutor(3) as pool:
        answered = list(pool.map(lambda name: answer_all(settings, name, together), ("ann", "ben", "eve")))
    assert Counter(Counter(cell for one in answered for cell in one).values()) == {2: 3 * ITEMS}
    assert all(len(set(one)) == len(one) for one in answered)


def test_known_cells_are_slipped_in_for_everybody_and_scored(project):
    known = {(item, "hat"): 1 for item in list(project.dataset.ids)[:4]}
    answer(project, "eve", known)  # answered, so that the queue itself asks nobody
    project.team.set(known=known, gold_share=0.5)
    asked = {name: ask(project, name, 12) for name in ("ann", "ben")}
    hidden = {name: [cell for cell in cells if cell in known] for name, cells in asked.items()}
    assert all(hidden.values())
    assert [asked["ann"].index(cell) for cell in hidden["ann"]] != [
        asked["ben"].index(cell) for cell in hidden["ben"]
    ] or hidden["ann"] != hidden["ben"]  # nobody can tell from another's queue
    assert all(len(cells) == len(set(cells)) == 12 for cells in asked.values())
    answer(project, "ann", hidden["ann"], NO)
    assert not set(ask(project, "ann")) & set(hidden["ann"])
    scores = gold_scores(project.verdicts(), known)
    assert (scores["ann"].wrong, scores["ann"].right.value) == (len(hidden["ann"]), 0)
    assert scores["eve"].right.value == 1


def test_known_cells_at_hand_stay_and_nothing_tells_them_apart(project):
    known = {(item, "hat"): 1 for item in project.dataset.ids}
    answer(project, "eve", known)
    project.team.set(known=known, gold_share=1.0)
    batch = project.queue("ann", "tab-ann", Filters(), 6)
    cells = [(each.suspect.item, each.suspect.tag) for each in batch.questions]
    assert set(cells) & set(known)
    assert {each.screen for each in batch.questions} == {"review"}
    assert ask(project, "ann", 6, keep=cells)[: len(cells)] == cells


def test_a_known_answer_holds_in_every_export_whatever_was_said_last(project):
    cell = (project.dataset.ids[0], "hat")
    answer(project, "ann", [cell], NO)
    assert [(change.item, change.corrected) for change in project.changes()] == [(cell[0], 0)]
    project.team.set(known={cell: 1})
    assert project.changes() == []


def test_what_cannot_be_is_refused(project):
    with pytest.raises(InputError, match="1 to 20 answers, not 0"):
        project.team.set(answers=0)
    with pytest.raises(InputError, match=r"The share of cells is 1.5. Give it as a number from 0 to 1"):
        project.team.set(share=1.5)
    with pytest.raises(InputError, match="no tag 'dog' of an item 'x' in this project"):
        project.team.set(known={("x", "dog"): 1})
    assert project.team.set(gold_share=0.1).answers == 1


def test_settled_cells_become_known_those_with_most_agreement_first(project):
    first, second, third = list(project.dataset.ids)[:3]
    answer(project, "ann", [(first, "hat"), (second, "hat"), (third, "hat")])
    answer(project, "ben", [(second, "hat")])
    answer(project, "eve", [(third, "hat")], NO)
    assert project.team.settled_gold(project.verdicts(), 1) == {(second, "hat"): 1}
    assert project.team.settled_gold(project.verdicts(), 9) == {(second, "hat"): 1, (first, "hat"): 1}


def test_an_adjudicator_is_asked_the_disputes_alone_and_settling_one_ends_it(project):
    first, second, third = list(project.dataset.ids)[:3]
    answer(project, "ann", [(first, "hat"), (second, "cat"), (third, "boat")], note="a cap")
    answer(project, "ben", [(first, "hat"), (second, "cat")], NO)
    project.record([decision(first, "hat", reviewer="eve", note="blurred")])
    disputes = Filters(disputes=True)
    batch = queues.batch(project, "ida", "tab-ida", disputes, 10)
    assert [(q.suspect.item, q.screen) for q in batch.questions] == [(first, ADJUDICATE), (second, ADJUDICATE)]
    assert [(each.reviewer, each.verdict, each.note) for each in batch.questions[0].said] == [
        ("ann", YES, "a cap"),
        ("ben", NO, ""),
        ("eve", None, "blurred"),
    ]
    assert ask(project, "other", filters=disputes) == []
    answer(project, "ida", [(first, "hat")], NO, screen=ADJUDICATE)
    left = queues.batch(project, "ida", "tab-ida", disputes, 10)
    assert [q.suspect.item for q in left.questions] == [second]
    assert (left.progress.total, left.progress.answered) == (2, 1)
