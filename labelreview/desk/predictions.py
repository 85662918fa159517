"""Predictions made here, where none were brought: pictures to embeddings, embeddings and labels to probabilities.

They are out of sample: no picture's probability depends on its own labels or on those of its near-duplicates.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from labelreview import embed, formats, images
from labelreview.errors import InputError, few
from labelreview.formats import embeddings
from labelreview.formats.atomic import check_free
from labelreview.formats.telling import part
from labelreview.scoring import duplicates, predict, tfidf
from labelreview.scoring.zeroshot import zero_shot
from labelreview.tags import Labels, Matrix, Probs, TagMatrix

Progress = Callable[[str, float], None]


def nothing(step: str, share: float) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True)
class Described:
    """Embeddings of some labels' items, row for row; which rows are near-duplicates; what made them."""

    rows: embed.Float32s
    groups: duplicates.Groups
    title: str


def embed_folder(
    source: str | Path | images.Source,
    out: Path,
    model: Path | None = None,
    *,
    scaling: str = "imagenet",
    overwrite: bool = False,
    progress: Progress = nothing,
) -> tuple[embeddings.Embeddings, dict[str, str]]:
    """Write the embeddings of all pictures of a source, by their names; gives them, and what is wrong with some."""
    embeddings.check(out, overwrite)  # before minutes of work
    source = images.opened(source)
    paths = list(source.names())
    if not paths:
        raise InputError(f"There is no image in {source.where}. Name the folder that holds the images.")
    encoder = embed.encoder(model, scaling)
    with images.Ahead(source, paths) as ahead:
        made = embed.embedded(paths, lambda path, *size: images.pixels(ahead.original(path), *size), encoder, progress)
    found = embeddings.Embeddings(paths, made.rows)
    embeddings.write(out, found, overwrite=overwrite)
    return found, made.problems


def described(
    labels: formats.Source,
    source: str | Path | images.Source | None,
    file: Path | None = None,
    model: Path | None = None,
    *,
    scaling: str = "imagenet",
    progress: Progress = nothing,
) -> Described:
    """The embeddings of the labels' items, from a file of them or from the pictures of a source."""
    ids = labels.matrix.ids
    if file is not None:
        return _from_file(ids, file)
    if source is not None:
        return _from_images(ids, images.opened(source), embed.encoder(model, scaling), progress)
    raise InputError("Give a file of predictions, or the folder of the pictures to make predictions from.")


def described_texts(texts: Sequence[str]) -> Described:
    """Embeddings of documents, from the words in them."""
    rows = tfidf.latent(texts)
    return Described(rows, duplicates.near_duplicates(rows), "words of the texts")


def _from_images(ids: Sequence[str], source: images.Source, encoder: embed.Encoder, progress: Progress) -> Described:
    """The pictures of these items, found by id; a row of NaN where there is none."""
    paths = source.found(ids)
    if not any(paths):
        raise InputError(
            f"None of {len(ids):,} ids has an image in {source.where}. Name images by the ids: {few(ids, 3)}."
        )
    codes = np.zeros(len(ids), np.uint64)
    where = {path: row for row, path in enumerate(paths)}

    def pixels(path: str, width: int, height: int) -> embed.Pictures:
        original = ahead.original(path)
        picture = images.pixels(original, width, height)
        codes[where[path]] = images.fingerprint(original)
        return picture

    some = [path for path in where if path]
    with images.Ahead(source, some) as ahead:
        made = embed.embedded(some, pixels, encoder, progress)
    position = {path: row for row, path in enumerate(some)}
    rows = np.full((len(ids), made.rows.shape[1]), np.nan, np.float32)
    at = np.flatnonzero([path != "" for path in paths])
    rows[at] = made.rows[[position[path] for path in paths if path]]
    codes = codes[[where[path] for path in paths]]
    return Described(rows, duplicates.together(duplicates.near_duplicates(rows), _alike(codes)), encoder.title)


def _alike(codes: duplicates.Hashes) -> duplicates.Groups:
    """Groups by fingerprint; 0 is a picture without any contrast, or none: like no other."""
    groups = np.arange(len(codes))
    seen = np.flatnonzero(codes)
    _, first, inverse = np.unique(duplicates.same_pictures(codes[seen]), return_index=True, return_inverse=True)
    groups[seen] = seen[first[inverse]]
    return groups


def _from_file(ids: Sequence[str], path: Path) -> Described:
    rows = embeddings_of(ids, path)
    return Described(rows, duplicates.near_duplicates(rows), path.name)


def embeddings_of(ids: Sequence[str], path: Path) -> embed.Float32s:
    """The embeddings of these items from a file, found by id as images are; a row of NaN where there is none."""
    found = embeddings.read(path)
    where = {name: row for row, name in enumerate(found.names)}
    names = [item if item in where else "" for item in ids]
    if not all(names):
        names = [name or other for name, other in zip(names, images.matched(found.names, ids), strict=True)]
    if not any(names):
        raise InputError(f"{path.name} has none of the {len(ids):,} ids of the labels (embeddings: {few(found.names)}; "
                         f"labels: {few(ids)}). Is it of the same data set?")  # fmt: skip
    rows = np.full((len(ids), found.rows.shape[1]), np.nan, np.float32)
    at = np.flatnonzero([name != "" for name in names])
    rows[at] = found.rows[[where[names[row]] for row in at]]
    return rows


def made_from(
    labels: formats.Source, described: Described, tag_embeddings: Path | None = None, *, progress: Progress = nothing
) -> formats.Source:
    """Probabilities of the labels' items and tags. With embeddings of the tags' names: zero-shot, from likeness."""
    progress("Predicting", 0.0)
    given, tags = _known(labels.matrix), labels.matrix.tags
    if tag_embeddings is None:
        probs = predict.out_of_sample(described.rows, given, described.groups)
        title = f"labelreview: {described.title}, one logistic a tag, held-out folds"
    else:
        words = _in_order(embeddings.read(tag_embeddings, "tags"), tags, tag_embeddings)
        probs = zero_shot(described.rows, words, given, described.groups)
        title = f"labelreview: {described.title}, likeness to {tag_embeddings.name}"
    progress("Predicting", 1.0)
    matrix = TagMatrix(labels.matrix.ids, tags, probs)
    return formats.Source(title, title, matrix, _notes(matrix, probs, described))


def check(out: Path, overwrite: bool) -> None:
    """Refused where predictions cannot be written, asked before minutes of work."""
    check_free(out, overwrite)


def write(probs: formats.Source, out: Path, *, overwrite: bool = False) -> None:
    """As wide Parquet where the name says so, otherwise as wide CSV."""
    is_parquet = out.suffix in (".parquet", ".pq")
    formats.write_matrix(probs.matrix, out, "wide_parquet" if is_parquet else "wide_csv", overwrite=overwrite)


def learned_from(described: Described, *labels: Labels, progress: Progress = nothing) -> list[Probs]:
    """For each of these labels of the same items, the probabilities that a model learned from them gives, (N, K)."""
    tell, count = partial(progress, "Learning"), len(labels)
    return [
        predict.out_of_sample(described.rows, each, described.groups, progress=part(tell, at / count, (at + 1) / count))
        for at, each in enumerate(labels)
    ]


def comparison(labels: formats.Source, earlier: formats.Source, described: Described) -> str:
    """In words, what corrections did to predictions made from the same embeddings."""
    there = {item: row for row, item in enumerate(earlier.matrix.ids)}
    columns = {tag: column for column, tag in enumerate(earlier.matrix.tags)}
    if set(there) != set(labels.matrix.ids) or set(columns) != set(labels.matrix.tags):
        raise InputError("The earlier labels are of other items or tags. Give the same labels, before corrections.")
    order = np.ix_([there[item] for item in labels.matrix.ids], [columns[tag] for tag in labels.matrix.tags])
    found = predict.compared(described.rows, _known(earlier.matrix)[order], _known(labels.matrix), described.groups)
    before, after = found.macro
    return (f"Mean average precision over the tags, both judged by the corrected labels: {before:.4f} learned from the "
            f"earlier labels, {after:.4f} learned from these ({found.changed:,} cells differ).")  # fmt: skip


def _known(matrix: Matrix) -> Labels:
    return np.asarray(matrix.dense(), np.int8)


def _in_order(words: embeddings.Embeddings, tags: Sequence[str], path: Path) -> embed.Float32s:
    where = {name: row for row, name in enumerate(words.names)}
    missing = [tag for tag in tags if tag not in where]
    if missing:
        raise InputError(f"{path.name} has no row for {few(missing)}. Give an embedding for each tag of the labels.")
    return words.rows[[where[tag] for tag in tags]]


def _notes(matrix: TagMatrix, probs: Probs, described: Described) -> tuple[str, ...]:
    blind = np.asarray(np.isnan(described.rows).any(axis=1), np.bool_)
    notes = ["Predictions were made here, each from items whose labels and near-duplicates it does not know."]
    twins = len(blind) - len(set(described.groups.tolist()))
    if twins:
        notes.append(f"{twins:,} items are near-duplicates of another and were held out together with it.")
    if blind.any():
        items = few(matrix.ids[row] for row in np.flatnonzero(blind).tolist())
        notes.append(f"{blind.sum():,} items have nothing that can be described, so no prediction: {items}.")
    unseen = np.isnan(probs[~blind])
    if unseen.any():
        tags = few(matrix.tags[column] for column in np.flatnonzero(unseen.any(axis=0)))
        notes.append(f"Too few labels of a kind to learn from (3 present and 3 absent), not predicted: {tags}.")
    return tuple(notes)
