"""Queues beside that of the open cells: rules, second looks, ranges, selections, orders; and what closing exports."""

import csv

import numpy as np
import pytest

from labelreview.decisions import Direction, Verdict
from labelreview.desk import exports, rulebook, second
from labelreview.desk.people import NotAllowed
from labelreview.desk.project import Project
from labelreview.desk.saved import ids_of
from labelreview.errors import InputError, NotFound
from labelreview.review.worklist import Filters
from labelreview.roles import Role, appointment
from labelreview.web import queues
from tests.gallery import gallery, settings_in
from tests.made import decision

YES, NO, UNSURE = Verdict.PRESENT, Verdict.ABSENT, Verdict.UNSURE


@pytest.fixture
def project(tmp_path):
    gallery(settings_in(tmp_path), tmp_path, items=12)
    with Project.open(settings_in(tmp_path), "gallery") as opened:
        yield opened


def asked(project, who="ann", **filters):
    found = second.batch(project, who, f"tab-of-{who}", Filters(**filters), 100)
    project.asking.release(f"tab-of-{who}")
    return [(each.suspect.item, each.suspect.tag) for each in found.questions], found


def item(project, row: int) -> str:
    return project.dataset.ids[row]


def test_broken_rules_are_a_queue_with_the_consistent_set_and_a_cell_comes_once(project):
    rulebook.agree(project, "ada", [("hat", "implies", "cat"), ("boat", "excludes", "hat")])
    # given: hat on rows 0, 3, 6, 9 and cat on 2, 5, 8, 11: every hat lacks its cat
    cells, found = asked(project, status="rules")
    assert set(cells) == {(item(project, row), tag) for row in (0, 3, 6, 9) for tag in ("hat", "cat")}
    (hat,) = [each for each in found.questions if each.suspect.item == item(project, 0) and each.suspect.tag == "hat"]
    assert hat.rules.broken == ("hat → cat",)
    assert {label: [(mend.tag, mend.to) for mend in mends] for label, mends in hat.rules.mends.items()} == {
        1: [("cat", 1)]
    }
    project.record([decision(item(project, 0), "hat", YES, screen=hat.screen)])
    left, found = asked(project, status="rules")
    assert (item(project, 0), "hat") not in left
    assert (item(project, 0), "cat") in left
    assert (found.progress.total, found.progress.answered) == (8, 1)
    project.record([decision(item(project, 3), "cat", YES), decision(item(project, 6), "cat", YES)])
    assert len(asked(project, status="rules")[0]) == 3


def test_labels_are_closed_under_implications_when_asked(project, tmp_path):
    rulebook.agree(project, "ada", [("hat", "implies", "cat"), ("cat", "implies", "boat")])
    project.record([decision(item(project, 0), "hat", NO), decision(item(project, 3), "cat", NO)])
    changed = exports.corrected_labels(project, tmp_path / "closed.csv", close=True)
    lines = (tmp_path / "closed.csv").read_text(encoding="utf-8").splitlines()
    rows = {row["id"]: row for row in csv.DictReader(lines)}
    for row in rows.values():
        assert row["hat"] == "0" or row["cat"] == row["boat"] == "1"
        assert row["cat"] == "0" or row["boat"] == "1"
    assert rows[item(project, 0)]["hat"] == "0"
    assert exports.corrected_labels(project, tmp_path / "plain.csv") == 1 < changed


def test_second_looks_are_of_ones_own_of_others_of_the_unsure_and_of_flags(project):
    a, b, c, d = ((item(project, row), "hat") for row in range(4))
    project.record(
        [
            decision(*a, YES, "ann"),
            decision(*b, UNSURE, "ann"),
            decision(*c, NO, "ben"),
            decision(*b, NO, "ben"),
            decision(*d, reviewer="ben", note="two hats?"),
        ]
    )
    assert set(asked(project, status="mine")[0]) == {a, b}
    assert asked(project, status="others")[0] == [c]
    assert asked(project, status="unsure")[0] == []  # ben was sure, and his answer is the newest
    assert asked(project, status="unsure", reviewer="ann")[0] == [b]
    assert set(asked(project, reviewer="ben")[0]) == {b, c}
    assert asked(project, status="disputed")[0] == [b]
    flags, found = asked(project, status="flagged")
    assert flags == [d]
    assert found.questions[0].said[0].note == "two hats?"
    assert asked(project, status="mine", text=a[0])[0] == [a]
    project.record([decision(*a, NO, "ann", screen="again:mine")])
    again, found = asked(project, status="mine")
    assert again == [b]
    assert (found.progress.total, found.progress.answered) == (2, 1)


def test_who_may_not_see_what_others_said_looks_again_at_their_own_alone(project):
    a, b = (item(project, 0), "hat"), (item(project, 1), "hat")
    project.people.record(appointment("ada", "ada", Role.OWNER), appointment("ada", "ann", Role.REVIEWER))
    project.record([decision(*a, UNSURE, "ann"), decision(*b, UNSURE, "ben")])
    assert asked(project, status="unsure")[0] == [a]
    assert set(asked(project, "ada", status="unsure")[0]) == {a, b}
    for filters in ({"status": "others"}, {"status": "disputed"}, {"reviewer": "ben"}):
        with pytest.raises(NotAllowed):
            asked(project, **filters)


def test_a_range_of_label_quality_and_a_saved_selection_keep_to_their_cells(project):
    data = project.dataset
    scores = np.ravel(project.orders.scores("recipe"))
    low, high = np.quantile(scores, [0.2, 0.6]).tolist()
    cells, found = asked(project, low=low, high=high)
    within = {data.at(place) for place in np.flatnonzero((scores >= low) & (scores < high)).tolist()}
    assert set(cells) == within
    assert found.progress.total == len(within) > 5
    ids = ids_of(f"id,note\n{item(project, 2)},x\nnobody,y\n{item(project, 5)},z\n")
    assert project.saved.save_selection("doubtful ones", ids, "ada") == 2
    cells, found = asked(project, selection="doubtful ones", tag="hat")
    assert set(cells) == {(item(project, 2), "hat"), (item(project, 5), "hat")}
    assert found.progress.total == 2
    with pytest.raises(NotFound, match="There is no selection 'none'"):
        asked(project, selection="none")
    with pytest.raises(InputError, match="None of these ids is in this project"):
        project.saved.save_selection("others", ["nobody"], "ada")
    with pytest.raises(InputError, match="Choose another name"):
        project.saved.save_selection("doubtful ones", [item(project, 7)], "ben")
    project.saved.save_queue("hats <b>", {"tag": "hat", "low": "0.2"}, "ada")
    assert project.saved.queues() == {"hats <b>": {"tag": "hat", "low": "0.2"}}


def test_orders_by_tag_and_by_uncertainty(project):
    tags = [tag for _, tag in asked(project, order="tags")[0]]
    assert tags == sorted(tags, key=project.dataset.tags.index)
    cells = [project.dataset.cell(*cell) for cell in asked(project, order="uncertain")[0]]
    distance = np.abs(project.dataset.scored(np.array(cells)) - 0.5)
    assert distance[0] == distance.min()  # look-alikes are put apart, so the others need not follow one by one
    assert len(cells) == 36


def test_an_address_says_every_filter_and_leaves_out_what_is_not_set():
    link = {"tag": "hat", "direction": "wrong", "text": "é", "order": "uncertain", "low": "0.2", "high": "0,6"}
    narrow = queues.as_filters({**link, "cells": "all", "selection": "doubtful ones"})
    assert narrow == Filters("hat", Direction.WRONG, "é", "uncertain", low=0.2, high=0.6, selection="doubtful ones")
    assert queues.as_filters({}) == Filters(suspects=True)
    assert queues.as_filters({"status": "unsure", "reviewer": "ann"}) == Filters(status="unsure", reviewer="ann")
    assert queues.as_filters({"low": "x", "high": "7"}) == Filters(suspects=True)
    assert queues.as_filters({"p_low": "50 %", "p_high": "75%"}) == Filters(suspects=True, p_low=0.5, p_high=0.75)
