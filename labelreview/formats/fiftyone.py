"""FiftyOne `samples.json` (a FiftyOneDataset export): samples with a field of Classifications. The id is `filepath`.

Labels are the field `ground_truth`, else the first field of Classifications that has no confidences; predictions the
field `predictions`, else the first that has. A sample whose field is null or missing is unknown; when one of its tags
is corrected it has a field, so its others become absent.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from labelreview.errors import InputError
from labelreview.formats import limits
from labelreview.formats.cells import check_ids, check_tags, checked_probs
from labelreview.formats.csvtext import spliced
from labelreview.formats.jsontext import Edit, JsonText, Value, dumped
from labelreview.formats.opened import Kind, Opened
from labelreview.formats.row import Changes, Missing, Notes, Says, by_item, filled
from labelreview.tags import PRESENT, UNKNOWN, TagMatrix

SAYS = Says("a classification has the label", "the sample has classifications, none of them this", "the field is null")
LIST = "classifications"
MANY = "Classifications"
FIELDS = {"labels": "ground_truth", "pred_probs": "predictions", "logits": "predictions"}


class Sample(NamedTuple):
    """One sample: its id, its fields of Classifications, and where it stands."""

    item: str
    fields: dict[str, list[dict[str, Any]]]
    found: Value


def recognise(file: Opened, kind: Kind) -> bool:
    return (
        file.head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
        and b'"samples"' in file.head
        and b'"Classifications"' in file.data
    )


def read(file: Opened, kind: Kind, missing_means: Missing) -> tuple[TagMatrix, Notes]:
    samples = list(_samples(file.json))
    name = _field(file, samples, kind)
    ids = [sample.item for sample in samples]
    check_ids(ids, lambda row: f"{file.name}, samples[{row}].filepath")
    position: dict[str, int] = {}
    cells = [
        (row, position.setdefault(entry["label"], len(position)), entry.get("confidence"))
        for row, sample in enumerate(samples)
        for entry in sample.fields.get(name, ())
    ]
    check_tags(list(position), f"{file.name}, field '{name}'")
    shape = (len(ids), len(position))
    note = (f"Read from the field '{name}'.",)
    if kind == "labels":
        labels = filled(file.name, *shape, missing_means)
        labels[[row for row, _, _ in cells], [column for _, column, _ in cells]] = PRESENT
        labels[[row for row, sample in enumerate(samples) if name not in sample.fields]] = UNKNOWN
        return TagMatrix(ids, tuple(position), labels), note
    limits.check_shape(file.name, *shape)
    probs = np.full(shape, np.nan, np.float32)
    for row, column, confidence in cells:
        if not isinstance(confidence, int | float | None) or isinstance(confidence, bool):
            file.json.complain(samples[row].found.start, f"{confidence!r:.80} is no confidence. Use a number.")
        probs[row, column] = np.nan if confidence is None else confidence
    place = f"{file.name}, field '{name}' of sample "
    probs = checked_probs(probs, lambda at: f"{place}'{ids[at // shape[1]]}'", kind)
    return TagMatrix(ids, tuple(position), probs), note


def _samples(json: JsonText) -> Iterator[Sample]:
    for found in json.members(json.start, lists=frozenset({"samples"})):
        if found.key != "samples":
            continue
        if not isinstance(found.value, dict) or not isinstance(found.value.get("filepath"), str):
            json.complain(found.start, "a sample has no 'filepath'. Export the data set as FiftyOneDataset.")
        fields = {}
        for name, value in found.value.items():
            if isinstance(value, dict) and value.get("_cls") == MANY:
                entries = value.get(LIST) or []
                if any(not isinstance(entry.get("label"), str) for entry in entries):
                    json.complain(found.start, f"a classification in '{name}' has no 'label'. Give it one.")
                fields[name] = entries
        yield Sample(found.value["filepath"], fields, found)


def _field(file: Opened, samples: list[Sample], kind: Kind) -> str:
    """The field to read: by its name, else by whether its classifications have a confidence."""
    sure: dict[str, bool] = {}
    for sample in samples:
        for name, entries in sample.fields.items():
            sure[name] = sure.get(name, False) or any(entry.get("confidence") is not None for entry in entries)
    if FIELDS[kind] in sure:
        return FIELDS[kind]
    for name, has_confidence in sure.items():
        if has_confidence == (kind != "labels"):
            return name
    wanted = "without confidences" if kind == "labels" else "with confidences"
    raise InputError(f"{file.name}: no sample has a field of Classifications {wanted}. Is this the right file?")


def write(file: Opened, changes: Changes) -> bytes:
    """Only the lists that change differ; a classification that stays keeps all it has."""
    json, wanted = file.json, by_item(changes)
    samples = list(_samples(json))
    name = _field(file, samples, "labels")
    edits = [_edit(json, sample, name, wanted[sample.item]) for sample in samples if sample.item in wanted]
    return json.encoded(spliced(json.text, edits))


def _edit(json: JsonText, sample: Sample, name: str, change: dict[str, int]) -> Edit:
    there = json.member(sample.found.start, name)
    listed = json.member(there.start, LIST) if there and there.value else None
    kept = list(json.elements(listed.start)) if listed and listed.value else []
    kept = [entry for entry in kept if change.get(entry.value["label"], PRESENT) == PRESENT]
    labels = {entry.value["label"] for entry in kept}
    new = [tag for tag, label in change.items() if label == PRESENT and tag not in labels]
    texts = [json.text[entry.start : entry.end] for entry in kept] + [dumped(_classification(tag)) for tag in new]
    text = f"[{', '.join(texts)}]"
    if listed:
        return listed.start, listed.end, text
    text = f'{{"_cls": "{MANY}", "{LIST}": {text}}}'
    return (there.start, there.end, text) if there else json.appended(sample.found, [f"{dumped(name)}: {text}"])


def _classification(tag: str, confidence: float | None = None) -> dict[str, Any]:
    return {"_cls": "Classification", "tags": [], "label": tag} | (
        {} if confidence is None else {"confidence": confidence}
    )


def make(matrix: TagMatrix) -> bytes:
    sure = matrix.values.dtype.kind == "f"
    samples = []
    for item, row in zip(matrix.ids, matrix.values, strict=True):
        if sure:
            cells = [_classification(tag) | {"confidence": float(value)}
                     for tag, value in zip(matrix.tags, row, strict=True) if not np.isnan(value)]  # fmt: skip
        else:
            cells = [_classification(tag) for tag, value in zip(matrix.tags, row, strict=True) if value == PRESENT]
        samples.append({"filepath": item, FIELDS["pred_probs" if sure else "labels"]: {"_cls": MANY, LIST: cells}})
    return dumped({"samples": samples}).encode()
