"""Several models' predictions in one project: by name, of the same items and tags, and as one where they rank.

All together are combined as `scoring` combines models: the mean of their log-odds over the models that scored the cell.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from labelreview.errors import InputError, few
from labelreview.scoring.arrays import checked
from labelreview.tags import UNKNOWN, Dataset, Labels, Matrix, Probs, SparseMatrix, TagMatrix, matched, values_at

LONGEST_NAME = 80


def named(given: Sequence[str]) -> dict[str, Path]:
    """Files by the models' names, of `NAME=FILE` or FILE, whose model is called as the file. InputError for a name that
    is there twice.

    >>> named(["clip=a.npy", "runs/resnet.parquet"])
    {'clip': PosixPath('a.npy'), 'resnet': PosixPath('runs/resnet.parquet')}
    """
    found: dict[str, Path] = {}
    for text in given:
        name, is_named, file = text.partition("=")
        if not is_named or "/" in name or Path(text).exists():  # a path may hold '=' too
            name, file = Path(text).stem, text
        if checked_name(name) in found:
            raise InputError(f"Two models are called '{name}'. Give each a name of its own: --predictions NAME=FILE.")
        found[name.strip()] = Path(file).expanduser()
    return found


def checked_name(name: str) -> str:
    """A model's name, when it can be one: a line of text that is not too long."""
    plain = name.strip()
    if not plain or len(plain) > LONGEST_NAME or not plain.isprintable():
        raise InputError(f"'{name[:LONGEST_NAME]}' cannot be a model's name. Use at most {LONGEST_NAME} letters, and "
                         "no line end.")  # fmt: skip
    return plain


def together(labels: Matrix, models: Mapping[str, Matrix], *, only_common: bool = False) -> dict[str, Matrix]:
    """Every model's probabilities of the items and tags that the labels and all models have, in the labels' order;
    sparse when the labels and all of them are.

    InputError names the model whose items or tags differ, unless `only_common` drops them.
    """
    if not all(isinstance(each, SparseMatrix) for each in (labels, *models.values())):
        labels, *rest = (TagMatrix(each.ids, each.tags, each.dense()) for each in (labels, *models.values()))
        models = dict(zip(models, rest, strict=True))
    for name, matrix in models.items():
        try:
            labels, _ = matched(labels, matrix, only_common=only_common)
        except InputError as error:
            raise InputError(f"Model '{name}': {error}") from None
    return {name: matched(labels, matrix, only_common=True)[1] for name, matrix in models.items()}


def as_one(models: Mapping[str, Matrix], ranked_by: str = "") -> Matrix:
    """What `ranking` makes of the matrices of the same items and tags."""
    first = next(iter(models.values()))
    if not isinstance(first, SparseMatrix):
        return TagMatrix(
            first.ids, first.tags, ranking({n: _probs(each.dense()) for n, each in models.items()}, ranked_by)
        )
    cells = np.unique(np.concatenate([each.cells for each in models.values() if isinstance(each, SparseMatrix)]))
    rows = {name: _probs(values_at(each, cells))[None] for name, each in models.items()}
    return SparseMatrix(first.ids, first.tags, cells, ranking(rows, ranked_by)[0], np.nan)


def over(dataset: Dataset, matrix: Matrix) -> Probs:
    """A model's probabilities of all cells that a data set has, in the shape of its own; NaN where it scored none."""
    given = TagMatrix(dataset.ids, dataset.tags, dataset.labels)
    if dataset.some is None:
        return _probs(np.ascontiguousarray(matched(given, matrix, only_common=True)[1].dense()))
    cells = dataset.some.positions
    listed = SparseMatrix(dataset.ids, dataset.tags, cells, dataset.labels, UNKNOWN)
    return _probs(values_at(matched(listed, matrix, only_common=True)[1], cells))


def _probs(values: npt.NDArray[Any]) -> Probs:
    return np.asarray(values, np.float32)


def ranking(models: Mapping[str, Probs], ranked_by: str = "") -> Probs:
    """The probabilities that rank: those of one model, or ('') of all together; NaN where no model scored the cell.

    >>> both = {"a": np.array([[0.9, np.nan]], np.float32), "b": np.array([[0.9, 0.2]], np.float32)}
    >>> ranking(both).round(2), ranking(both, "a").round(2)
    (array([[0.9, 0.2]], dtype=float32), array([[0.9, nan]], dtype=float32))
    """
    check_choice(models, ranked_by)
    if ranked_by or len(models) == 1:
        return models[ranked_by or next(iter(models))]
    matrices = list(models.values())
    unscored = np.logical_and.reduce([np.isnan(matrix) for matrix in matrices])
    labels: Labels = np.where(unscored, np.int8(UNKNOWN), np.int8(0))
    return np.asarray(checked(labels, matrices)[1], np.float32)


def check_choice(names: Collection[str], ranked_by: str) -> None:
    """InputError when the model that is to rank is none of these."""
    if ranked_by and ranked_by not in names:
        raise InputError(f"There is no model '{ranked_by}'. Rank by one of: {few(names, 20)}; or by all together.")
