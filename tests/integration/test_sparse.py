"""Thousands of tags, few known cells: never made dense, from file to export; beside the dense project as oracle.

Small data are taken for sparse by lowering the limit above which they are.
"""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from labelreview import formats, tags
from labelreview.cli import main
from labelreview.decisions import Direction, Verdict
from labelreview.desk import exports, intake, rulebook, triage
from labelreview.desk.project import Project
from labelreview.desk.report import content
from labelreview.errors import InputError, NotFound
from labelreview.formats import limits, read_labels, read_pred_probs
from labelreview.review.overview import by_tag
from labelreview.review.worklist import Filters
from labelreview.settings import Settings
from labelreview.tags import ABSENT, UNKNOWN, SparseMatrix, TagMatrix, joined
from labelreview.web import wording
from tests.made import decision

LISTING = ("long_csv", "long_parquet", "delimited_csv", "delimited_parquet", "delimited_jsonl", "open_images",
           "sparse_npz", "hugging_face")  # fmt: skip
ENOUGH = hypothesis_settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def lowered(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(limits, "DENSE", 0)
    monkeypatch.setattr(limits, "SPARSE_SHARE", 1.0)
    return monkeypatch


def matrix(seed: int, format: str, kind: str = "labels") -> TagMatrix:
    rng = np.random.default_rng(seed)
    values = rng.choice([1, 0, -1] if formats.FORMATS[format].holds_unknown else [1, 0], (6, 4)).astype(np.int8)
    values[0], ids, names = 1, [f"item {at}" for at in range(6)], ("b", "a", "d", "c")
    if kind == "labels":
        return TagMatrix(ids, names, values)
    return TagMatrix(ids, names, np.where(values == 0, np.nan, rng.random((6, 4))).astype(np.float32))


@pytest.mark.parametrize("format", LISTING)
@pytest.mark.parametrize("means", ["absent", "unknown"])
@ENOUGH
@given(seed=st.integers(0, 10**6))
def test_a_file_says_the_same_sparse_as_dense(lowered, tmp_path, format, means, seed):
    path = tmp_path / f"f{formats.FORMATS[format].suffixes[0]}"
    formats.write_matrix(matrix(seed, format), path, format, overwrite=True)
    sparse = read_labels(path, format=format, missing_means=means).matrix
    with pytest.MonkeyPatch.context() as usual:
        usual.setattr(limits, "DENSE", 1000)
        dense = read_labels(path, format=format, missing_means=means).matrix
    assert isinstance(sparse, SparseMatrix)
    assert isinstance(dense, TagMatrix)
    assert (sparse.ids, sparse.tags) == (dense.ids, dense.tags)
    np.testing.assert_array_equal(sparse.dense(), dense.values)


@pytest.mark.parametrize("format", ["long_csv", "long_parquet", "open_images", "sparse_npz"])
def test_predictions_say_the_same_sparse_as_dense(lowered, tmp_path, format):
    path, given_ = tmp_path / f"f{formats.FORMATS[format].suffixes[0]}", matrix(3, format, "pred_probs")
    formats.write_matrix(given_, path, format)
    found = read_pred_probs(path, format=format).matrix
    assert isinstance(found, SparseMatrix)
    order = [given_.tags.index(tag) for tag in found.tags]
    np.testing.assert_array_equal(found.dense(), given_.values[:, order])


@pytest.mark.parametrize("layout", ["csr", "csc", "coo"])
@pytest.mark.parametrize("sure", [True, False])
def test_a_matrix_that_scipy_saved_is_read_and_comes_back_corrected(tmp_path, layout, sure):
    import scipy.sparse

    values = np.array([[1, 0, 0], [0, 0, 1]], np.int8)
    scipy.sparse.save_npz(tmp_path / "y.npz", scipy.sparse.coo_array(values).asformat(layout), compressed=sure)
    (tmp_path / "y.ids.txt").write_text("a\nb\n")
    (tmp_path / "y.tags.txt").write_text("hat\ncat\ndog\n")
    source = read_labels(tmp_path / "y.npz")
    assert source.format == "sparse_npz"
    assert source.matrix.dense().tolist() == values.tolist()
    changes = {("a", "cat"): 1, ("a", "hat"): 0} if sure else {("a", "hat"): 0}
    formats.write_labels(tmp_path / "y.npz", tmp_path / "new.npz", None, changes)
    again = scipy.sparse.load_npz(tmp_path / "new.npz")
    assert (again.format, again.dtype) == (layout, np.int8)
    assert again.toarray().tolist() == [[0, 1, 0] if sure else [0, 0, 0], [0, 0, 1]]
    assert read_labels(tmp_path / "new.npz").matrix.dense().tolist() == again.toarray().tolist()


def test_a_cell_that_is_listed_twice_and_arrays_that_do_not_fit_are_named(tmp_path):
    (tmp_path / "y.ids.txt").write_text("a\nb\n")
    (tmp_path / "y.tags.txt").write_text("hat\ncat\n")
    good = {"format": b"coo", "shape": [2, 2], "row": [0, 0], "col": [1, 1], "data": [1.0, 1.0]}
    np.savez(tmp_path / "y.npz", **good)
    with pytest.raises(InputError, match="'cat' of 'a' is listed twice .1 such cells.. Call sum_duplicates"):
        read_labels(tmp_path / "y.npz")
    for broken in ({"col": [1, 2]}, {"data": [1.0]}, {"shape": [4]}, {"row": [-1, 0]}):
        np.savez(tmp_path / "y.npz", **(good | broken))
        with pytest.raises(InputError, match="do not fit together. Write it again with scipy.sparse.save_npz"):
            read_labels(tmp_path / "y.npz")
    np.savez(tmp_path / "y.npz", **(good | {"format": b"dia"}))
    with pytest.raises(InputError, match="no sparse matrix of items × tags .dia.. Write it"):
        read_labels(tmp_path / "y.npz")


@pytest.mark.parametrize("missing", [ABSENT, UNKNOWN])
@given(seed=st.integers(0, 10**6), only_common=st.booleans())
@hypothesis_settings(max_examples=30)
def test_joining_sparse_files_is_joining_dense_ones_where_cells_exist(missing, seed, only_common):
    rng = np.random.default_rng(seed)

    def side(count: int, values: np.ndarray, absent: float) -> SparseMatrix:
        ids, names = rng.permutation(9)[:count], rng.permutation(6)[:count]
        cells = np.sort(rng.permutation(count * count)[: int(rng.integers(0, count * count))])
        made = rng.choice(values, len(cells)).astype(values.dtype)
        return tags.sparse([f"i{at}" for at in ids], tuple(f"t{at}" for at in names), cells, made, absent)

    left = side(6, np.array([1, 0, -1], np.int8), missing)
    right = side(5, np.array([0.25, 0.5, np.nan], np.float32), np.nan)
    try:
        found = joined(left, right, only_common=only_common)
    except InputError:
        return  # nothing in common, or something that is not
    dense = joined(*(TagMatrix(m.ids, m.tags, m.dense()) for m in (left, right)), only_common=only_common)
    assert (list(found.ids), found.tags) == (list(dense.ids), dense.tags)
    cells = found.grid.cells(np.arange(found.grid.size))
    np.testing.assert_array_equal(found.labels, dense.labels.flat[cells])
    np.testing.assert_array_equal(found.pred_probs, dense.pred_probs.flat[cells])
    gone = np.delete(np.arange(dense.labels.size), cells)
    assert (dense.judged.flat[gone] == UNKNOWN).all()


SIZE, NAMES = 300, ("hat", "cat", "boat", "dog", "mug")


def made_files(folder: Path) -> tuple[Path, Path, np.ndarray]:
    """A long CSV of labels and one of predictions that list a third of the cells; the labels as they should be."""
    rng = np.random.default_rng(4)
    truth = (rng.random((SIZE, len(NAMES))) < 0.4).astype(np.int8)
    given_ = np.where(rng.random(truth.shape) < 0.08, 1 - truth, truth)
    probs = np.clip(np.where(truth == 1, 0.7, 0.25) + rng.normal(0, 0.15, truth.shape), 0.01, 0.99)
    there = np.argwhere(rng.random(truth.shape) < 0.7)
    lines = [f"item{row:03d},{NAMES[column]}," for row, column in there]
    (folder / "labels.csv").write_text("id,tag,value\n" + "".join(
        f"{line}{given_[row, column]}\n" for line, (row, column) in zip(lines, there, strict=True)))  # fmt: skip
    (folder / "probs.csv").write_text("id,tag,value\n" + "".join(
        f"{line}{probs[row, column]:.4f}\n" for line, (row, column) in zip(lines, there, strict=True)))  # fmt: skip
    return folder / "labels.csv", folder / "probs.csv", truth


@pytest.fixture
def pair(tmp_path, lowered):
    """The same files as a sparse project and as a dense one, and the truth."""
    settings = Settings.from_environment({"LABELREVIEW_HOME": str(tmp_path / "home")})
    labels, probs, truth = made_files(tmp_path)
    intake.create(settings, "sparse", intake.gather(labels, probs, missing_means="unknown"))
    lowered.setattr(limits, "DENSE", 10**9)
    intake.create(settings, "dense", intake.gather(labels, probs, missing_means="unknown"))
    with Project.open(settings, "sparse") as sparse, Project.open(settings, "dense") as dense:
        assert sparse.dataset.grid.sparse
        assert not dense.dataset.grid.sparse
        yield sparse, dense, truth


FILTERS = [
    Filters(order="self_confidence"), Filters(tag="boat", order="self_confidence"), Filters(text="ITEM01", order="ema"),
    Filters(direction=Direction.WRONG, order="normalized_margin"), Filters(tag="mug", text="2", order="min"),
    Filters(suspects=True, order="self_confidence"),
    Filters(suspects=True, tag="dog", direction=Direction.MISSING, order="self_confidence"),
]  # fmt: skip


@pytest.mark.parametrize("filters", FILTERS)
def test_a_fixed_order_asks_the_same_questions_under_every_filter(pair, filters):
    sparse, dense, _ = pair
    asked = [project.queue("ann", "holder-of-ann", filters, 500) for project in (sparse, dense)]
    suspects = [
        [(q.suspect.item, q.suspect.tag, q.suspect.given, q.suspect.pred_prob) for q in b.questions] for b in asked
    ]
    assert suspects[0] == suspects[1]
    assert suspects[0]
    assert asked[0].progress == asked[1].progress
    assert [q.others for q in asked[0].questions] == [q.others for q in asked[1].questions]


def answer(project: Project, truth: np.ndarray, count: int) -> None:
    for _ in range(count // 25):
        questions = project.queue("ann", "holder-of-ann", Filters(), 25).questions
        sent = []
        for question in questions:
            suspect = question.suspect
            cell = project.dataset.cell(suspect.item, suspect.tag)
            verdict = Verdict.PRESENT if truth.flat[cell] else Verdict.ABSENT
            sent.append(decision(suspect.item, suspect.tag, verdict, screen=question.screen))
        project.record(sent)


def test_review_of_a_sparse_project_finds_errors_learns_and_ends_in_its_own_form(pair, tmp_path):
    sparse, _, truth = pair
    answer(sparse, truth, 150)
    figures = by_tag(sparse.dataset, sparse.issues, sparse.verdicts())
    assert sum(f.answered for f in figures) == 150
    assert sum(f.changed for f in figures) > 40, "of 80 errors or so the first 150 questions find more than half"
    sparse.close()  # waits for the last lesson
    assert sparse.orders.revision == 150
    (why,) = sparse.orders.reasons(np.array([sparse.dataset.grid.cells(np.array([0]))[0]]))
    assert 0 <= why.rate <= 1
    found = triage.figures(sparse)
    assert found.whole.drawn > 10
    changed = sum(f.changed for f in figures)  # no interval by chance: it may miss, one time in twenty
    assert (found.whole.cells, found.whole.found) == (int((sparse.dataset.judged != UNKNOWN).sum()), changed)
    assert found.whole.errors.low < found.whole.errors.high <= found.whole.cells
    assert triage.lines(found, 2)[-1] == "  and 3 more tags: --all lists them, --json and report --tables have them."
    assert len(triage.lines(found, None)) == len(triage.lines(found, 2)) + 2
    assert content.gathered(sparse).chapters
    count = exports.corrected_labels(sparse, tmp_path / "out.csv")
    before, after = ((tmp_path / name).read_text().splitlines() for name in ("labels.csv", "out.csv"))
    assert count == sum(one != other for one, other in zip(before, after, strict=True)) == changed


@pytest.mark.parametrize("by", ["self_confidence", "ema"])
def test_rankings_and_issues_are_written_as_of_the_dense_project(pair, tmp_path, by):
    for project, name in zip(pair, ("sparse", "dense"), strict=False):
        exports.ranking(project, tmp_path / f"{name}-rank.csv", by=by)
        exports.label_issues(project, tmp_path / f"{name}-issues.csv", filter_by="confident_learning")
    for what in ("rank", "issues"):
        assert (tmp_path / f"sparse-{what}.csv").read_text() == (tmp_path / f"dense-{what}.csv").read_text()


def test_a_cell_that_nobody_labelled_or_scored_is_not_there(pair):
    sparse, dense, _ = pair
    there = set(sparse.dataset.some.positions.tolist())
    gone = next(cell for cell in range(SIZE * len(NAMES)) if cell not in there)
    item, tag = dense.dataset.at(gone)
    with pytest.raises(NotFound, match=f"Nobody labelled '{tag}' of '{item}' and no model scored it"):
        sparse.question(item, tag)
    sparse.record([decision(item, tag, Verdict.PRESENT)])  # of a log that is taken over: kept, and ignored
    assert sparse.asking.progress(Filters()).answered == 0


def test_three_thousand_million_cells_are_a_project_in_seconds(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LABELREVIEW_HOME", str(tmp_path / "home"))
    rng = np.random.default_rng(2)
    rows = np.concatenate([np.arange(60_000), rng.integers(0, 60_000, 30_000)])
    columns = np.concatenate([np.arange(60_000) % 50_000, rng.integers(0, 50_000, 30_000)])
    cells = np.unique(rows * 50_000 + columns)
    rows, columns = np.divmod(cells, 50_000)
    values = rng.integers(0, 2, len(cells))
    for name, said in (("labels", values), ("probs", np.round(rng.random(len(cells)), 3))):
        lines = [f"{row},/m/{column},{value}" for row, column, value in zip(rows, columns, said, strict=True)]
        (tmp_path / f"{name}.csv").write_text("ImageID,LabelName,Confidence\n" + "\n".join(lines) + "\n")
    files = ["--labels", str(tmp_path / "labels.csv"), "--predictions", str(tmp_path / "probs.csv")]
    for command in (["init", "big", *files], ["list"]):
        with pytest.raises(SystemExit, match="0"):
            main(command)
    said = capsys.readouterr().out
    assert "of 3,000,000,000 cells and are kept sparse: one that is not listed does not exist." in said
    assert f"big: 60000 items, 50000 tags, 0 of {len(cells)} cells answered" in said
    assert sum(path.stat().st_size for path in (tmp_path / "home").rglob("*.npy")) < 60_000_000


@pytest.mark.parametrize("ranked_by", ["", "two"])
@pytest.mark.parametrize("missing_means", ["unknown", "absent"])
def test_several_models_of_a_sparse_project_say_and_rank_what_they_do_in_a_dense_one(
    tmp_path, lowered, ranked_by, missing_means
):
    labels, one, _ = made_files(tmp_path)
    rows = one.read_text().splitlines()
    half = [line for at, line in enumerate(rows) if at % 2 == 0 or at < 9]  # scores fewer cells, in another order
    (tmp_path / "two.csv").write_text("\n".join([half[0], *half[:0:-1]]).replace(",0.", ",0.1") + "\n")
    settings = Settings.from_environment({"LABELREVIEW_HOME": str(tmp_path / "home")})
    files = {"one": one, "two": tmp_path / "two.csv"}
    for name, limit in (("sparse", 0), ("dense", 10**9)):
        lowered.setattr(limits, "DENSE", limit)
        options = {"missing_means": missing_means, "ranked_by": ranked_by, "only_common": True}
        intake.create(settings, name, intake.gather(labels, files, **options))
    with Project.open(settings, "sparse") as sparse, Project.open(settings, "dense") as dense:
        cells = sparse.dataset.grid.positions
        assert sparse.dataset.grid.sparse
        assert not dense.dataset.grid.sparse
        assert 0 < len(cells) < dense.dataset.labels.size
        np.testing.assert_array_equal(sparse.dataset.labels, dense.dataset.labels.flat[cells])
        np.testing.assert_array_equal(sparse.dataset.pred_probs, dense.dataset.pred_probs.flat[cells])
        assert list(sparse.models) == ["one", "two"]
        for name, probs in sparse.models.items():
            np.testing.assert_array_equal(probs, np.ravel(dense.models[name])[cells])
        asked = sparse.queue("ann", "holder-of-ann", Filters(order="self_confidence"), 5).questions
        assert all(question.suspect.pred_prob is not None for question in asked)
        assert len(asked) == 5
        assert wording.reason(asked[0]).startswith("The model comes to ")
        (other,) = dense.queue("ann", "holder-of-ann", Filters(order="self_confidence"), 1).questions
        assert wording.reason(other).startswith("With its other tags the model comes to ")


def test_a_sparse_file_beside_dense_predictions_makes_a_dense_project(tmp_path, lowered):
    (tmp_path / "labels.csv").write_text("id,tags\na,hat;cat\nb,cat\n")
    (tmp_path / "probs.csv").write_text("id,hat,cat\na,0.5,0.5\nb,0.5,0.5\n")
    data = formats.read_dataset(tmp_path / "labels.csv", tmp_path / "probs.csv")
    assert not data.grid.sparse
    assert data.labels.tolist() == [[1, 1], [0, 1]]


def test_a_rule_between_tags_counts_the_items_that_break_it_as_in_the_dense_project(pair):
    counts = []
    for project in pair[:2]:
        rulebook.agree(project, "Ada", [("hat", "implies", "boat")])
        counts.append((rulebook.agreed(project)[0].broken, [each.item for each in rulebook.broken(project)]))
    assert counts[0] == counts[1]
    assert counts[0][0] > 5
    assert rulebook.proposals(pair[0]) == []
