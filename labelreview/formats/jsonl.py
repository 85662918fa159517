"""JSON Lines, one item a line, such as the `metadata.jsonl` of a Hugging Face imagefolder. Two shapes, as in CSV:

*delimited*: an id and a list of tags, `{"file_name": "1.jpg", "tags": ["hat", "dog"]}`;
*wide*: an id and one member a tag: true, false, 1, 0, or null for unknown; of predictions, a number.
Members that hold text or objects are no tags.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from labelreview.errors import InputError
from labelreview.formats import limits
from labelreview.formats.cells import PLAIN, Problems, check_ids, check_tags, checked_probs
from labelreview.formats.csvtext import spliced
from labelreview.formats.delimited import matrix_of, present
from labelreview.formats.jsontext import Edit, JsonText, Value, dumped
from labelreview.formats.opened import Kind, Opened
from labelreview.formats.row import EMPTY, Changes, Missing, Notes, by_item, filled
from labelreview.formats.shape import IDS, TAG, TAGS
from labelreview.tags import PRESENT, UNKNOWN, Matrix, TagMatrix

SUFFIXES = (".jsonl", ".ndjson")


def is_delimited(file: Opened, kind: Kind) -> bool:
    return _is_lines(file) and _list_key(_first(file)) is not None


def is_wide(file: Opened, kind: Kind) -> bool:
    return _is_lines(file) and _list_key(_first(file)) is None


def _is_lines(file: Opened) -> bool:
    lines = [line for line in file.head.lstrip(b"\xef\xbb\xbf").splitlines() if line.strip()][:2]
    begun = bool(lines) and all(line.lstrip().startswith(b'{"') for line in lines)
    return begun and lines[0].rstrip().endswith(b"}") and (file.where.suffix.lower() != ".json" or _has_id(file))


def _has_id(file: Opened) -> bool:
    """Whether the first line names an item. A file that is called .json may be one object that lists all items."""
    return _id_key(_first(file)).strip().casefold() in ("file_name", *IDS)


def _first(file: Opened) -> dict[str, Any]:
    line = next(iter(file.head.lstrip(b"\xef\xbb\xbf\r\n").splitlines()), b"")
    value = next(JsonText(file.name, line).whole()).value
    return value if isinstance(value, dict) else {}


def _list_key(value: dict[str, Any]) -> str | None:
    """The member that lists tags: by its name, else the first list of texts."""
    lists = [name for name, found in value.items() if isinstance(found, list)]
    named = [name for name in lists if name.strip().casefold() in TAGS + TAG]
    texts = [name for name in lists if all(isinstance(tag, str) for tag in value[name])]
    return next(iter([*named, *texts]), None)


def _rows(file: Opened) -> Iterator[tuple[str, Value]]:
    """The id and the object of every line."""
    key = None
    for found in file.json.whole():
        if not isinstance(found.value, dict):
            file.json.complain(found.start, "an object is expected, {…}, on every line.")
        key = key or _id_key(found.value)
        if not isinstance(found.value.get(key), str | int):
            file.json.complain(found.start, f"there is no id '{key}'. Give every item one, as text.")
        yield str(found.value[key]), found


def read_members(file: Opened) -> tuple[list[str], str, list[dict[str, Any]]]:
    """The ids, the name of the member that holds them, and the objects of all lines."""
    ids, rows = _read_rows(file)
    return ids, _id_key(rows[0].value), [found.value for found in rows]


def _id_key(value: dict[str, Any]) -> str:
    names = {name.strip().casefold(): name for name in value}
    return next((names[name] for name in ("file_name", *IDS) if name in names), next(iter(value), ""))


def _read_rows(file: Opened) -> tuple[list[str], list[Value]]:
    file.text_bytes()
    rows = list(_rows(file))
    if not rows:
        raise InputError(f"{file.name}: there are no rows.")
    ids = [item for item, _ in rows]
    check_ids(ids, lambda row: file.json.place(rows[row][1].start))
    return ids, [found for _, found in rows]


def read_delimited(file: Opened, kind: Kind, missing_means: Missing) -> tuple[Matrix, Notes]:
    ids, rows = _read_rows(file)
    key = _list_key(_first(file)) or ""
    return matrix_of(ids, [_tags(file.json, found, key) for found in rows], missing_means, file.name), ()


def _tags(json: JsonText, found: Value, key: str) -> list[str]:
    tags = found.value.get(key) or []
    if not isinstance(tags, list) or any(not isinstance(tag, str) for tag in tags):
        json.complain(found.start, f"'{key}' is not a list of tags. Use a list of texts.")
    return tags


def write_delimited(file: Opened, changes: Changes) -> bytes:
    """Only the lists that change differ."""
    wanted, json, key, edits = by_item(changes), file.json, _list_key(_first(file)) or "", list[Edit]()
    for item, found in _rows(file):
        if item in wanted:
            change, tags = wanted[item], _tags(json, found, key)
            kept = [tag for tag in tags if change.get(tag, PRESENT) == PRESENT]
            kept += [tag for tag, label in change.items() if label == PRESENT and tag not in kept]
            if kept != tags:
                edits.append(_put(json, found, key, dumped(kept)))
    return json.encoded(spliced(json.text, edits))


def _put(json: JsonText, found: Value, name: str, text: str) -> Edit:
    """A member of an object replaced, or put at its end."""
    there = json.member(found.start, name)
    return (there.start, there.end, text) if there else json.appended(found, [f"{dumped(name)}: {text}"])


def read_wide(file: Opened, kind: Kind, missing_means: Missing) -> tuple[TagMatrix, Notes]:
    ids, rows = _read_rows(file)
    key = _id_key(rows[0].value)
    tags: dict[str, int] = {}
    for found in rows:
        for name, value in found.value.items():
            if name != key and isinstance(value, int | float | None):
                tags.setdefault(name, len(tags))
    if not tags:
        raise InputError(f"{file.name}: no member is a tag. Give each tag true or false, or a list 'tags'.")
    check_tags(list(tags), file.name)
    limits.check_shape(file.name, len(ids), len(tags))
    if kind == "labels":
        return TagMatrix(ids, tuple(tags), _labels(file, rows, tags, missing_means)), ()
    probs = np.full((len(ids), len(tags)), np.nan, np.float32)
    for row, found in enumerate(rows):
        for name, column in tags.items():
            value = found.value.get(name)
            probs[row, column] = np.nan if value is None else value
    probs = checked_probs(probs, lambda at: f"{file.name}, item '{ids[at // len(tags)]}'", kind)
    return TagMatrix(ids, tuple(tags), probs), ()


def _labels(file: Opened, rows: list[Value], tags: dict[str, int], missing_means: Missing) -> Any:
    labels, problems = filled(file.name, len(rows), len(tags), missing_means), Problems()
    meanings = PLAIN.meanings(EMPTY[missing_means])
    for row, found in enumerate(rows):
        for name, column in tags.items():
            value = found.value.get(name)
            label = meanings.get("" if value is None else str(value).lower())
            if label is None:
                problems.add(f"{file.json.place(found.start)}, '{name}': {dumped(value):.80} is not a label. "
                             "Use true, false, 1, 0 or null.")  # fmt: skip
            labels[row, column] = 0 if label is None else label
    problems.stop()
    return labels


def other_members(file: Opened) -> list[str]:
    """The members that are no tags."""
    _, key, values = read_members(file)
    names = {name for value in values for name, said in value.items() if not isinstance(said, int | float | None)}
    return sorted(names - {key})


def write_wide(file: Opened, changes: Changes) -> bytes:
    """Only the values that change differ, written like the others: true beside false, 1 beside 0."""
    wanted, json, edits = by_item(changes), file.json, list[Edit]()
    rows = list(_rows(file))
    key = _id_key(rows[0][1].value)
    for item, found in rows:
        if item in wanted:
            others = [v for name, v in found.value.items() if name != key and isinstance(v, int | float)]
            new: list[str] = []
            for tag, label in wanted[item].items():
                value = found.value.get(tag)
                like = value if value is not None else next(iter(others), 0)
                text = PLAIN.written(label, dumped(like))
                there = tag in found.value
                edits += [_put(json, found, tag, text)] if there else []
                new += [] if there else [f"{dumped(tag)}: {text}"]
            edits += [json.appended(found, new)] if new else []
    return json.encoded(spliced(json.text, edits))


def make_delimited(matrix: TagMatrix) -> bytes:
    return "".join(dumped({"file_name": item, "tags": tags}) + "\n" for item, tags in present(matrix)).encode()


def make_wide(matrix: TagMatrix) -> bytes:
    lines = []
    for item, row in zip(matrix.ids, matrix.values, strict=True):
        values = [None if np.isnan(value) or value == UNKNOWN else value.item() for value in row]
        lines.append(dumped({"file_name": item, **dict(zip(matrix.tags, values, strict=True))}) + "\n")
    return "".join(lines).encode()
