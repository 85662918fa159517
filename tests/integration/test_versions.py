"""A project takes new labels, predictions and items; the answers stay, by item and tag."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse

from labelreview.decisions import Verdict
from labelreview.desk import exports, folder, intake, shelf, versions
from labelreview.desk.project import Project
from labelreview.desk.versions import New
from labelreview.errors import InputError, NotFound, Refused
from labelreview.formats import limits
from labelreview.grid import SparseGrid
from labelreview.review.difference import difference
from labelreview.review.verdicts import Verdicts
from labelreview.settings import Settings
from labelreview.tags import Dataset, Names
from tests.made import decision

LABELS = "id,hat,cat\r\na,1,0\r\nb,0,1\r\nc,,1\r\n"
PROBS = "id,hat,cat\na,0.1,0.2\nb,0.3,0.9\nc,0.5,0.6\n"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    made = Settings.from_environment({"LABELREVIEW_HOME": str(tmp_path / "home")})
    intake.create(made, "p", intake.gather(written("labels.csv", LABELS), written("probs.csv", PROBS)))
    return made


def written(name: str, text: str) -> Path:
    Path(name).write_bytes(text.encode())
    return Path(name)


def updated(settings: Settings, **new: object) -> folder.Folder:
    return versions.apply(settings, versions.gather(settings, "p", New(**new)))  # type: ignore[arg-type]


def record(settings: Settings, *decisions: object) -> None:
    with Project.open(settings, "p") as project:
        project.record(decisions)  # type: ignore[arg-type]


def test_new_labels_keep_the_predictions_and_the_answers_and_say_what_changed(settings):
    said = [("a", "hat", Verdict.ABSENT), ("b", "cat", Verdict.PRESENT), ("c", "cat", Verdict.PRESENT)]
    record(settings, *(decision(*each) for each in said))
    update = versions.gather(settings, "p", New(labels=written("new.csv", "id,cat,hat\na,0,0\nb,0,0\nc,1,1\n")))
    found = update.difference
    assert (found.labels.count, found.labels.first) == (3, ["'hat' of 'a'", "'cat' of 'b'", "'hat' of 'c'"])
    assert found.turned == {(1, 0): 2, (-1, 1): 1}
    assert (found.probs.count, found.verdicts, found.without_cell.count) == (0, 3, 0)
    assert found.agreed.first == ["'hat' of 'a'"]
    assert found.against.first == ["'cat' of 'b'"]
    assert folder.read(settings.projects, "p").card.version == update.before.card.version
    after = versions.apply(settings, update)
    assert after.card.uid == update.before.card.uid
    assert after.dataset.pred_probs[0, after.dataset.column("hat")] == np.float32(0.1)
    with Project.open(settings, "p") as project:
        assert set(project.verdicts().settled) == {("a", "hat"), ("b", "cat"), ("c", "cat")}
        assert [(c.item, c.tag, c.corrected) for c in project.changes()] == [("b", "cat", 1)]
        exports.corrected_labels(project, Path("out.csv"))
    assert Path("out.csv").read_text() == "id,cat,hat\na,0,0\nb,1,0\nc,1,1\n"


def test_further_items_go_behind_those_there_are_in_the_file_too(settings):
    after = updated(
        settings,
        items=written("more.csv", "id,hat,cat\nd,1,1\n"),
        predicted=written("m.csv", "id,cat,hat\nd,0.7,0.8\n"),
    )
    assert list(after.dataset.ids) == ["a", "b", "c", "d"]
    assert after.dataset.pred_probs[3].tolist() == [np.float32(0.8), np.float32(0.7)]
    assert after.labels_source.read_bytes() == (LABELS + "d,1,1\n").encode()
    with Project.open(settings, "p") as project:
        project.record([decision("d", "cat", Verdict.ABSENT)])
        exports.corrected_labels(project, Path("out.csv"))
    assert Path("out.csv").read_bytes() == (LABELS + "d,1,0\n").encode()
    assert list(settings.uploads.iterdir()) == []


@pytest.mark.parametrize(
    ("new", "why"),
    [
        ({"items": "id,hat,cat\na,1,1\n"}, "more.csv: items that are in the project already: 'a'"),
        ({"items": "id;hat;cat\nd;1;1\n"}, "line 1: columns are separated by ';', in the labels that are there by ','"),
        ({"items": "id,cat,hat\nd,1,1\n"}, "line 1: the header is not that of the labels that are there"),
        ({"items": "id,hat,cat\nd,1,1\n"}, "1 id only in the labels: 'd'"),
        ({"labels": "id,hat,cat\nd,yes,1\n"}, "column 'hat': 'yes'"),
        ({}, "Say what is new"),
    ],
)
def test_what_does_not_fit_is_said_and_the_old_version_stays(settings, new, why):
    before = folder.read(settings.projects, "p")
    with pytest.raises(InputError, match=why):
        updated(settings, **{name: written("more.csv", text) for name, text in new.items()})
    assert folder.read(settings.projects, "p").card == before.card
    assert not settings.uploads.exists() or not list(settings.uploads.iterdir())


def test_answers_about_what_is_gone_are_kept_still_taken_and_hold_again_when_it_is_back(settings):
    record(settings, decision("a", "hat", Verdict.ABSENT))
    updated(settings, labels=written("less.csv", "id,cat\nb,0\nc,1\n"), only_common=True)
    with Project.open(settings, "p") as project:
        assert project.changes() == []
        late = decision("a", "cat", Verdict.PRESENT)
        project.check([late])
        with pytest.raises(NotFound, match="nobody"):
            project.check([decision("nobody", "cat", Verdict.PRESENT)])
        project.record([late])
    versions_found = versions.gather(settings, "p", New(predicted=written("probs.csv", PROBS), only_common=True))
    assert versions_found.difference.without_cell.count == 2
    both = {"labels": written("labels.csv", LABELS), "predicted": written("probs.csv", PROBS)}
    after = updated(settings, **both)
    assert (after.card.gone_tags, list(after.gone)) == ((), [])
    with Project.open(settings, "p") as project:
        assert [(c.item, c.tag) for c in project.changes()] == [("a", "hat"), ("a", "cat")]


def test_models_that_new_predictions_replace_are_named_before_they_go(settings):
    p2, p3 = written("p2.csv", PROBS), written("p3.csv", PROBS)
    updated(settings, predicted={"mine": p2, "hers": p3})
    found = versions.gather(settings, "p", New(predicted={"hers": p3}))
    assert "No longer a model here: 'mine'. From now on: 'hers'." in found.inputs.report.notes
    found.drop()


def test_every_version_is_listed_and_the_data_of_earlier_ones_stay_until_they_are_removed(settings):
    first = folder.read(settings.projects, "p")
    second = updated(settings, predicted=written("p2.csv", PROBS.replace("0.9", "0.8")))
    assert [(v.version, v.predictions_file) for v in second.card.versions] == [
        (first.card.version, "probs.csv"),
        (second.card.version, "p2.csv"),
    ]
    assert "Predictions changed: 1: 'cat' of 'b'" in second.card.versions[1].changes
    assert shelf.size(second, first.card.version)
    assert shelf.remove_earlier(second) == [first.card.version]
    assert shelf.size(second, first.card.version) is None
    assert folder.read(settings.projects, "p").card.versions == second.card.versions


def test_two_updates_at_once_are_not_mixed(settings):
    one, other = (versions.gather(settings, "p", New(predicted=written("p2.csv", PROBS))) for _ in range(2))
    versions.apply(settings, one)
    with pytest.raises(Refused, match="another version meanwhile"):
        versions.apply(settings, other)
    assert len(folder.read(settings.projects, "p").card.versions) == 2
    assert len(list((settings.projects / "p").iterdir())) == 3


def test_what_was_left_half_made_goes_after_an_hour_and_nothing_else(settings):
    project = settings.projects / "p"
    left = [settings.projects / f".{'a' * 32}.partial", project / f".{'b' * 32}.partial", project / ("c" * 12)]
    fresh, other = project / f".{'d' * 32}.partial", settings.projects / ".mine"
    for path in (*left, fresh, other):
        path.mkdir()
        (path / "x.npy").write_bytes(b"x")
    for path in (*left, other):
        for each in (path / "x.npy", path):
            os.utime(each, (0, 0))
    shelf.sweep(settings.projects)
    assert [path.exists() for path in (*left, fresh, other)] == [False, False, False, True, True]
    assert len(folder.read(settings.projects, "p").dataset.ids) == 3


def test_the_audit_goes_on_where_only_predictions_are_new_and_begins_anew_with_new_labels(settings):
    rng = np.random.default_rng(3)
    labels, ids = (rng.random((400, 3)) < 0.3).astype(int), [f"i{row}" for row in range(400)]
    names = ("labels.csv", "probs.csv", "probs2.csv", "labels2.csv")
    other = labels.copy()
    other[0] = 1 - other[0]
    values = [labels, rng.random((400, 3)).round(3), rng.random((400, 3)).round(3), other]
    for name, matrix in zip(names, values, strict=True):
        rows = [f"{item},{','.join(map(str, row))}" for item, row in zip(ids, matrix.tolist(), strict=True)]
        written(name, "\n".join(["id,hat,cat,boat", *rows]))
    updated(settings, labels=Path("labels.csv"), predicted=Path("probs.csv"))
    with Project.open(settings, "p") as project:
        draws = project.audit.next_cells(64)
        project.record([decision(*project.dataset.at(cell), Verdict.PRESENT) for cell in draws[:20]])
        drawn = int(project.evidence().drawn.sum())
    updated(settings, predicted=Path("probs2.csv"))
    updated(settings, predicted=Path("probs.csv"))
    with Project.open(settings, "p") as project:
        assert project.audit.next_cells(64)[:44] == draws[20:]
        assert int(project.evidence().drawn.sum()) == drawn == 20
    updated(settings, labels=Path("labels2.csv"))
    with Project.open(settings, "p") as project:
        assert project.audit.next_cells(64) != draws
        evidence = project.evidence()
        assert len(evidence.cells) == 20
        assert evidence.drawn.sum() < 20


def sparse_files(stem: str, ids: list[str], tags: list[str], seed: int) -> tuple[Path, Path]:
    rng = np.random.default_rng(seed)
    probs = scipy.sparse.random_array((len(ids), len(tags)), density=0.02, rng=rng, format="csr", dtype=np.float32)
    scipy.sparse.save_npz(f"{stem}.npz", probs)
    written(f"{stem}.ids.txt", "\n".join(ids) + "\n")
    written(f"{stem}.tags.txt", "\n".join(tags) + "\n")
    found = probs.tocoo()
    rows = [
        f"{ids[r]},{tags[c]}" for r, c in zip(found.row.tolist(), found.col.tolist(), strict=True) if rng.random() < 0.5
    ]
    labelled = {row.split(",")[0] for row in rows}
    rows += [f"{item},{tags[0]}" for item in ids if item not in labelled]
    return written(f"{stem}.csv", "\n".join(["id,tag", *rows]) + "\n"), Path(f"{stem}.npz")


def test_sparse_data_take_new_labels_and_further_items_and_are_never_made_dense(settings, monkeypatch):
    monkeypatch.setattr(limits, "DENSE", 1000)
    tags = [f"t{at}" for at in range(300)]
    labels, probs = sparse_files("s", [f"i{at}" for at in range(50)], tags, 1)
    intake.create(settings, "q", intake.gather(labels, probs, only_common=True))
    before = folder.read(settings.projects, "q")
    assert before.dataset.some is not None
    monkeypatch.setattr("labelreview.tags.DENSE_CELLS", 0)
    more, more_probs = sparse_files("m", [f"j{at}" for at in range(20)], tags, 2)
    new = New(items=more, predicted=more_probs, only_common=True)
    update = versions.gather(settings, "q", new)
    assert update.difference.items_added.count == 20
    assert (update.difference.items_gone.count, update.difference.labels.count) == (0, 0)
    after = versions.apply(settings, update)
    assert after.dataset.some is not None
    old, cells = before.dataset, before.dataset.some.positions
    for cell in cells[:: len(cells) // 50].tolist():
        item, tag = old.at(cell)
        place = after.dataset.cell(item, tag)
        assert after.dataset.given(np.array([place])) == old.given(np.array([cell]))
        np.testing.assert_equal(after.dataset.scored(np.array([place])), old.scored(np.array([cell])))


def test_dense_and_sparse_data_are_compared_alike():
    rng = np.random.default_rng(5)
    shape, tags = (12, 7), tuple("abcdefg")
    sides = []
    for _ in range(2):
        labels = rng.choice([-1, -1, -1, 0, 1], shape).astype(np.int8)
        probs = np.where(labels < 0, np.nan, rng.choice([0.25, 0.5], shape)).astype(np.float32)
        ids = Names.of(f"i{at}" for at in rng.permutation(14)[:12].tolist())
        order = rng.permutation(7).tolist()
        cells = np.flatnonzero(labels.ravel() >= 0)
        named = tuple(tags[at] for at in order)
        dense = Dataset(ids, named, labels, probs)
        sparse = Dataset(ids, named, labels.ravel()[cells], probs.ravel()[cells], SparseGrid(*shape, cells))
        sides.append((dense, sparse))
    wanted = difference(sides[0][0], sides[1][0], Verdicts())
    changed = 0
    before, after = sides[0][0], sides[1][0]
    for item in set(before.ids) & set(after.ids):
        for tag in tags:
            changed += before.given(np.array([before.cell(item, tag)])) != after.given(
                np.array([after.cell(item, tag)])
            )
    assert wanted.labels.count == int(np.sum(changed))
    for one in sides[0]:
        for other in sides[1]:
            found = difference(one, other, Verdicts())
            assert (found.labels.count, found.turned, found.probs.count) == (
                wanted.labels.count,
                wanted.turned,
                wanted.probs.count,
            )


def test_a_project_card_of_before_there_were_versions_opens(settings):
    path = settings.projects / "p" / "project.json"
    shape = json.loads(path.read_text())
    for name in ("missing_means", "made", "changes", "earlier", "gone_tags", "audit"):
        del shape[name]
    path.write_text(json.dumps(shape))
    after = updated(settings, predicted=written("p2.csv", PROBS))
    assert len(after.card.versions) == 2
