"""Another version of a project's data: new labels, predictions or pictures, or further items.

What is not given stays as it is. Decisions belong to an item and a tag by name, so they stay where they are; those
about what the new data lacks are kept, and hold again once it is back. The old version's data stays on disk until
somebody removes it (`shelf.remove_earlier`).
"""

import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from labelreview import formats, images
from labelreview.desk import documents, folder, intake, pictures, shelf
from labelreview.desk.auditing import DRAWN_BY
from labelreview.desk.intake import Inputs, Progress, stage
from labelreview.desk.orders import Orders
from labelreview.errors import InputError, few
from labelreview.formats import appended
from labelreview.formats.telling import Tell, part
from labelreview.review.difference import Difference, difference
from labelreview.review.verdicts import Verdicts
from labelreview.settings import Settings
from labelreview.store import DecisionLog
from labelreview.tags import Dataset, Matrix, SparseMatrix, TagMatrix, joined, sparse

OF_PICTURES = ("twins", "neighbours")  # kept arrays that know nothing of labels and predictions


@dataclass(frozen=True)
class New:
    """What is new; the rest stays. `labels` are all labels anew, `items` those of further items, in the form of the
    labels that are there; with them, `predicted` may hold the further items alone. `predict` makes predictions anew
    from the pictures or texts. `ranked_by` None leaves it as it is.
    """

    labels: Path | None = None
    items: Path | None = None
    predicted: Path | Mapping[str, Path] | None = None
    predict: bool = False
    image_source: str | Path | images.Source | None = None
    texts: str | Path | None = None
    labels_format: str | None = None
    predictions_format: str | None = None
    missing_means: str | None = None
    logits: bool = False
    only_common: bool = False
    ranked_by: str | None = None

    def check(self) -> None:
        """InputError where nothing is new, or too much."""
        if self.labels and self.items:
            raise InputError("Give all labels anew (--labels), or those of further items (--items), not both.")
        if self.predict and self.predicted:
            raise InputError("Give predictions (--predictions), or have them made (--predict), not both.")
        changes = self.labels, self.items, self.predicted, self.predict, self.image_source, self.texts, self.ranked_by
        if all(change in (None, False) for change in changes):
            raise InputError("Say what is new: labels, items, predictions, pictures or texts.")


@dataclass(frozen=True)
class Update:
    """A version that is not written yet: what was read and checked, and what it changes. `difference` is None where the
    check found errors. `scratch` is a folder that goes with it.
    """

    before: folder.Folder
    inputs: Inputs
    difference: Difference | None
    scratch: Path

    def drop(self) -> None:
        """Forget it: remove what was written for it alone."""
        shutil.rmtree(self.scratch, ignore_errors=True)


def gather(settings: Settings, name: str, new: New, *, progress: Progress = lambda step, share: None) -> Update:
    """Read and check what is new, and compare it with what is there; the project is not touched.

    Raises InputError where a file cannot be read at all, NotFound where there is no such project.
    """
    new.check()
    before = folder.read(settings.projects, name)
    scratch = settings.uploads / uuid.uuid4().hex
    try:
        inputs = _read(settings, before, new, scratch, progress)
        return Update(before, inputs, _compared(settings, before, inputs, progress), scratch)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise


def apply(settings: Settings, update: Update, *, progress: Progress = lambda step, share: None) -> folder.Folder:
    """Write the new version, in one step. InputError when the check found errors, Refused when the project got another
    version meanwhile; then nothing has been written.
    """
    try:
        content, gone, carried = _contents(update, stage(progress, "Joining", 0, 0.1))
        tell = stage(progress, "Writing", 0.1, 1)
        return shelf.write_version(update.before, *content, gone=gone, carried=carried, tell=tell)
    finally:
        update.drop()


def _contents(update: Update, tell: Tell) -> tuple[intake.Contents, list[str], list[str]]:
    """What the folder of the new version is made of, ids that are gone, and the kept arrays that still hold."""
    before, old, changes = update.before, update.before.card, update.difference
    tell(0.0)
    content = intake.contents(old.name, update.inputs, (old.uid, uuid.uuid4().hex[:12], old.created))
    card, data = content.card, content.dataset
    tell(0.4)
    known, audited = set(card.tags), _audit_goes_on(before.dataset, data)
    tell(0.6)
    card = replace(
        card,
        images=card.images or old.images,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        changes=tuple(": ".join(row) for row in changes.rows()) if changes else (),
        earlier=old.versions,
        gone_tags=tuple(tag for tag in dict.fromkeys([*old.gone_tags, *old.tags]) if tag not in known),
        audit=(old.audit or old.version) if audited else "",
    )
    carried = [DRAWN_BY] if audited else []
    if audited and not before.has(DRAWN_BY):
        before.keep(DRAWN_BY, np.asarray(Orders(before).scores("recipe")))
    same_items = list(data.ids) == list(before.dataset.ids)
    if same_items and card.images == old.images and list(content.images) == list(before.images):
        carried += OF_PICTURES
    tell(0.8)
    here = set(data.ids)
    gone = [item for item in dict.fromkeys([*(before.gone or ()), *before.dataset.ids]) if item not in here]
    return content._replace(card=card), gone, carried


def _read(settings: Settings, before: folder.Folder, new: New, scratch: Path, progress: Progress) -> Inputs:
    card = before.card
    means = new.missing_means or card.missing_means
    tell = stage(progress, "Reading labels", 0, 0.3)
    given = _labels(before, new, means or None, scratch, tell)
    documented = _texts(before, given.matrix.ids, new.texts)
    source = images.opened(new.image_source) if new.image_source is not None else None
    looked, at_hand = _pictures(settings, before, given.matrix.ids, source, new.predict, progress)
    if new.predict:
        read = {intake.MADE_HERE: intake.made_here(given, at_hand, documented, progress)}
    else:
        reading = stage(progress, "Reading predictions", 0.3, 0.6)
        fresh = intake.read_models(new.predicted, new.predictions_format, new.logits, reading)
        read = _predictions(before, fresh, new)
    ranks = new.ranked_by if new.ranked_by is not None else card.ranked_by if card.ranked_by in read else ""
    judge = bool(new.predicted)
    checking = stage(progress, "Checking", 0.6, 0.8)
    found = intake.checked(
        given, read, looked, ranks, documented, only_common=new.only_common, judge=judge, tell=checking
    )
    report = replace(found.report, notes=(*found.report.notes, *_models_gone(card, read)))
    return replace(found, report=report, images=source, missing_means=means)


def _models_gone(card: folder.Card, read: Mapping[str, formats.Source]) -> tuple[str, ...]:
    """A note where models of before have no predictions any more."""
    gone = [model.name for model in card.models if model.name not in read]
    return (f"No longer a model here: {few(gone, 20)}. From now on: {few(read, 20)}.",) if gone else ()


def _compared(settings: Settings, before: folder.Folder, inputs: Inputs, progress: Progress) -> Difference | None:
    if inputs.report.errors:
        return None
    progress("Comparing", 0.8)
    after = joined(inputs.labels.matrix, inputs.pred_probs.matrix, only_common=inputs.only_common)
    progress("Comparing", 0.81)
    log = DecisionLog.open(settings.database_url)
    try:
        verdicts = Verdicts(log.read(before.card.uid))
    finally:
        log.close()
    found = difference(before.dataset, after, verdicts, stage(progress, "Comparing", 0.81, 1))
    progress("Compared", 1.0)
    return found


def _labels(before: folder.Folder, new: New, means: str | None, scratch: Path, tell: Tell) -> formats.Source:
    """The labels of the new version: all anew, or those that are there, with those of further items behind them."""
    card = before.card
    if new.labels:
        return formats.read_labels(new.labels, format=new.labels_format, missing_means=means, tell=tell)
    reading = part(tell, 0, 0.5) if new.items else tell
    held = formats.read_labels(before.labels_source, format=card.labels_format, missing_means=means, tell=reading)
    if not new.items:
        return held
    further = formats.read_labels(new.items, format=new.labels_format or card.labels_format, missing_means=means)
    appended.check_new(held.matrix, further.matrix, new.items.name)
    scratch.mkdir(parents=True, exist_ok=True)
    whole = scratch / card.labels_file
    appended.write(before.labels_source, new.items, card.labels_format, whole)
    found = formats.read_labels(whole, format=card.labels_format, missing_means=means, tell=part(tell, 0.5, 1))
    appended.check(held.matrix, further.matrix, found.matrix, new.items.name, card.labels_format)
    return found


def _texts(before: folder.Folder, ids: Sequence[str], texts: str | Path | None) -> documents.Texts | None:
    if texts is not None:
        return documents.found(texts, ids)
    if before.texts is None:
        return None
    held = dict(zip(before.dataset.ids, before.texts, strict=True))
    without = [item for item in ids if item not in held]
    notes = (f"No text for {len(without):,} further items: {few(without)}. Give the texts anew (--texts).",)
    return documents.Texts(before.card.texts, [held.get(item, "") for item in ids], notes if without else ())


def _pictures(
    settings: Settings,
    before: folder.Folder,
    ids: Sequence[str],
    source: images.Source | None,
    needed: bool,
    progress: Progress,
) -> tuple[pictures.Looked, images.Source | None]:
    """Which picture is whose. Those of items that are there already are not looked at again, where the place stays."""
    if source is not None:
        return pictures.looked_at(source, ids, progress), source
    if not before.card.images:
        return pictures.Looked(), None
    held = dict(zip(before.dataset.ids, before.images, strict=True))
    further = [item for item in ids if item not in held]
    if further or needed:
        source = pictures.source(settings, before.card.images)
    looked = pictures.looked_at(source if further else None, further, progress)
    names = held | dict(zip(further, looked.names, strict=False))
    return replace(looked, names=[names.get(item, "") for item in ids]), source


def _predictions(before: folder.Folder, fresh: Mapping[str, formats.Source], new: New) -> dict[str, formats.Source]:
    """Each model's predictions: those that are there, those given, or with further items both."""
    held = _held(before)
    if not fresh:
        return held
    if not new.items:
        return dict(fresh)
    if len(held) == len(fresh) == 1:
        fresh = dict(zip(held, fresh.values(), strict=True))
    if set(held) != set(fresh):
        raise InputError(f"With further items, give predictions of each model: {few(held, 20)} (--predictions "
                         "NAME=FILE).")  # fmt: skip
    return {
        name: replace(each, matrix=_with(each.matrix, fresh[name].matrix, new.only_common))
        for name, each in held.items()
    }


def _held(before: folder.Folder) -> dict[str, formats.Source]:
    """What each model of the project says now."""
    data, card, found = before.dataset, before.card, {}
    files = {model.name: model for model in card.models}
    for name, probs in before.models.items():
        matrix: Matrix = TagMatrix(data.ids, data.tags, probs)
        if data.some is not None:
            scored = np.flatnonzero(~np.isnan(probs))
            matrix = SparseMatrix(data.ids, data.tags, data.some.cells(scored), probs[scored], np.nan)
        file, form = files[name][1:] if name in files else (card.predictions_file, card.predictions_format)
        found[name] = formats.Source(file, form, matrix)
    return found


def _with(held: Matrix, fresh: Matrix, only_common: bool) -> Matrix:
    """Predictions with those of further items; what `fresh` says of an item takes the place of what was there.

    With `only_common`, tags that the project lacks are left out, and those that `fresh` lacks have no probability.
    """
    at = {tag: column for column, tag in enumerate(fresh.tags)}
    other = set(at) ^ set(held.tags)
    if other and not only_common:
        raise InputError(f"The predictions of the further items have other tags than the project: {few(sorted(other))}."
                         " Give the same tags, or all labels and predictions anew (--labels), or keep the project's "
                         "tags (--only-common).")  # fmt: skip
    known, column_of = set(fresh.ids), {tag: column for column, tag in enumerate(held.tags)}
    kept = held.selected([row for row, item in enumerate(held.ids) if item not in known], None)
    shared = [tag for tag in held.tags if tag in at]
    fresh = fresh.selected(None, [at[tag] for tag in shared])
    if len(shared) < len(held.tags):
        rows, columns = np.divmod(_scored(fresh).cells, len(shared))
        cells = rows * len(held.tags) + np.array([column_of[tag] for tag in shared], np.int64)[columns]
        fresh = SparseMatrix(fresh.ids, held.tags, cells, _scored(fresh).values, np.nan)
    ids = [*kept.ids, *fresh.ids]
    if isinstance(kept, TagMatrix):
        return TagMatrix(ids, held.tags, np.concatenate([kept.values, fresh.dense()], dtype=np.float32))
    fresh = _scored(fresh)
    cells = np.concatenate([kept.cells, fresh.cells + len(kept.ids) * len(held.tags)])
    return sparse(ids, held.tags, cells, np.concatenate([kept.values, fresh.values], dtype=np.float32), np.nan)


def _scored(matrix: Matrix) -> SparseMatrix:
    """Predictions as the cells that are scored."""
    if isinstance(matrix, SparseMatrix):
        return matrix
    values = np.ravel(np.asarray(matrix.values, np.float32))
    said = np.flatnonzero(~np.isnan(values))
    return SparseMatrix(matrix.ids, matrix.tags, said, values[said], np.nan)


def _audit_goes_on(before: Dataset, after: Dataset) -> bool:
    """Whether the draws made so far are draws from the same cells, each with the same label."""
    if list(before.ids) != list(after.ids) or before.tags != after.tags or before.grid.size != after.grid.size:
        return False
    same_cells = before.some is after.some is None or (
        before.some is not None
        and after.some is not None
        and np.array_equal(before.some.positions, after.some.positions)
    )
    return bool(same_cells) and np.array_equal(before.judged, after.judged)
