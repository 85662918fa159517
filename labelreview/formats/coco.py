"""COCO instances and panoptic JSON as tags: a category is present on an image when an annotation (or a segment) has it,
and absent otherwise. The id of an item is the image's `file_name`.

A correction never touches a box or a mask. It goes to a list of its own at the end of the file, which other readers of
COCO pass over and ours reads:

    "image_tags": [{"image_id": 9, "category_id": 3, "present": false}]

A tag that is wrong does not say which of the boxes is wrong; whoever wants them gone has the list to do it by. All
else stays byte for byte. `present` may be null: unknown.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from labelreview.errors import InputError
from labelreview.formats.cells import check_ids, check_tags
from labelreview.formats.csvtext import spliced
from labelreview.formats.jsontext import Edit, JsonText, Value, dumped
from labelreview.formats.opened import Kind, Opened
from labelreview.formats.row import EMPTY, Changes, Missing, Notes, Retagging, Says, filled
from labelreview.tags import PRESENT, UNKNOWN, TagMatrix

SAYS = Says("an annotation has the category", "no annotation has it", '`image_tags` with `"present": null`')
TAGS = "image_tags"
LISTS = frozenset({"images", "annotations", "categories", TAGS})


@dataclass
class Contents:
    """What a file says, by the ids of its images and categories."""

    images: dict[Any, str] = field(default_factory=dict)
    categories: dict[Any, str] = field(default_factory=dict)
    pairs: list[tuple[Any, Any]] = field(default_factory=list)
    said: dict[tuple[Any, Any], int] = field(default_factory=dict)


def recognise(file: Opened, kind: Kind) -> bool:
    return file.head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and all(
        f'"{name}"'.encode() in file.data for name in ("images", "annotations", "categories")
    )


def read(file: Opened, kind: Kind, missing_means: Missing) -> tuple[TagMatrix, Notes]:
    found = _contents(file.json)
    if not found.images or not found.categories:
        raise InputError(f"{file.name}: there are no images or no categories. Is this a COCO file of annotations?")
    ids, tags = list(found.images.values()), tuple(found.categories.values())
    check_ids(ids, lambda row: f"{file.name}, images[{row}].file_name")
    check_tags(tags, f"{file.name}, categories")
    rows = {image: row for row, image in enumerate(found.images)}
    columns = {category: column for column, category in enumerate(found.categories)}
    labels = filled(file.name, len(ids), len(tags), missing_means)
    try:
        labels[[rows[image] for image, _ in found.pairs], [columns[category] for _, category in found.pairs]] = PRESENT
        for (image, category), label in found.said.items():
            labels[rows[image], columns[category]] = label
    except KeyError as error:
        raise InputError(f"{file.name}: an annotation names image or category {error.args[0]!r}, which is not in the "
                         "file. Add it, or remove the annotation.") from None  # fmt: skip
    notes = (f"{len(found.said):,} cells are as {TAGS} has them.",) if found.said else ()
    return TagMatrix(ids, tags, labels), notes


def _contents(text: JsonText) -> Contents:
    found = Contents()
    for member in text.members(text.start, lists=LISTS):
        if member.key not in LISTS:
            continue
        try:
            _add(found, member)
        except (KeyError, TypeError) as error:
            text.complain(member.start, f"this is not what COCO has under '{member.key}' ({error}). Add what is "
                                        "missing, or remove the entry.")  # fmt: skip
    return found


def _add(found: Contents, member: Value) -> None:
    value = member.value
    if member.key == "images":
        found.images[value["id"]] = _text(value["file_name"])
    elif member.key == "categories":
        found.categories[value["id"]] = _text(value["name"])
    elif member.key == TAGS:
        present = value["present"]
        found.said[value["image_id"], value["category_id"]] = UNKNOWN if present is None else int(bool(present))
    else:
        segments = value.get("segments_info", [value])
        found.pairs += [(value["image_id"], segment["category_id"]) for segment in segments]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def write(file: Opened, changes: Changes) -> bytes:
    """The file with the changes in `image_tags`; all else byte for byte."""
    text = file.json
    found = _contents(text)
    images = {name: image for image, name in found.images.items()}
    categories = {name: category for category, name in found.categories.items()}
    said = found.said | {(images[item], categories[tag]): label for (item, tag), label in changes.items()}
    entries = [
        dumped({"image_id": image, "category_id": category, "present": None if label == UNKNOWN else label == PRESENT})
        for (image, category), label in said.items()
    ]
    return text.encoded(spliced(text.text, [_edit(text, f"[{', '.join(entries)}]")]))


def _edit(text: JsonText, entries: str) -> Edit:
    there = text.member(text.start, TAGS)
    if there:
        return there.start, there.end, entries
    whole = Value(None, None, text.start, len(text.text.rstrip()))
    return text.appended(whole, [f'"{TAGS}": {entries}'])


def retag(file: Opened, wanted: Retagging) -> bytes:
    """Categories renamed, merged (their boxes go along) and left out (with their boxes); all else stays."""
    whole: dict[str, Any] = json.loads(file.json.text)
    found, home = _contents(file.json), dict[str, Any]()
    for category, tag in sorted(found.categories.items(), key=lambda pair: wanted.names[pair[1]] != pair[1]):
        home.setdefault(wanted.names[tag], category)  # the category that a name goes by: its own, else the first
    now = {category: home[name] for category, tag in found.categories.items() if (name := wanted.names[tag])}
    kept = [category for category in whole["categories"] if now.get(category["id"]) == category["id"]]
    whole["categories"] = [category | {"name": wanted.names[found.categories[category["id"]]]} for category in kept]
    for annotation in whole["annotations"]:
        if "segments_info" in annotation:
            annotation["segments_info"] = _moved(annotation["segments_info"], now)
    whole["annotations"] = _moved(whole["annotations"], now)
    has = {(image, now[category]) for image, category in found.pairs if category in now}
    told = {(image, now[category]) for image, category in found.said if category in now}
    images = {item: image for image, item in found.images.items()}
    columns = [home[tag] for tag in wanted.matrix.tags]
    said = []
    for item, row in zip(wanted.matrix.ids, wanted.matrix.values.tolist(), strict=True):
        image = images[item]
        for category, label in zip(columns, row, strict=True):
            shown = PRESENT if (image, category) in has else EMPTY[wanted.missing]
            if label != shown or (image, category) in told:
                present = None if label == UNKNOWN else label == PRESENT
                said.append({"image_id": image, "category_id": category, "present": present})
    whole |= {TAGS: said} if said or TAGS in whole else {}
    return file.json.encoded(dumped(whole))


def _moved(parts: list[dict[str, Any]], now: dict[Any, Any]) -> list[dict[str, Any]]:
    """Boxes or segments under the categories that they belong to now."""
    moved = [part | {"category_id": now.get(part["category_id"])} if "category_id" in part else part for part in parts]
    return [part for part in moved if part.get("category_id", "") is not None]


def make(matrix: TagMatrix) -> bytes:
    """A file without boxes: all that is known stands in `image_tags`."""
    said = [
        {"image_id": row + 1, "category_id": column + 1, "present": None if value == UNKNOWN else bool(value)}
        for row, values in enumerate(matrix.values)
        for column, value in enumerate(values)
        if value
    ]
    images = [{"id": row + 1, "file_name": item} for row, item in enumerate(matrix.ids)]
    categories = [{"id": column + 1, "name": tag} for column, tag in enumerate(matrix.tags)]
    return dumped({"images": images, "annotations": [], "categories": categories, TAGS: said}).encode()
