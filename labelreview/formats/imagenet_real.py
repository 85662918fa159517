"""ImageNet ReaL `real.json`: for each image, in the order of the images, the list of the classes that are on it.

The file names neither images nor classes. A file beside it may: `real.ids.txt` (one id a line) and `real.tags.txt` (one
class a line). Without them the images are `ILSVRC2012_val_00000001.JPEG` and so on, and the classes their numbers.
An empty list says that people saw none of the classes: all are absent.
"""

from labelreview.errors import InputError
from labelreview.formats.cells import check_ids, check_tags
from labelreview.formats.csvtext import spliced
from labelreview.formats.jsontext import JsonText, Value, dumped
from labelreview.formats.opened import Kind, Opened, as_lines
from labelreview.formats.row import Changes, Files, Missing, Notes, Says, by_item, filled
from labelreview.tags import PRESENT, TagMatrix

SAYS = Says("the class is in the image's list", "it is not", "cannot be said")
IDS, TAGS = ".ids.txt", ".tags.txt"


def recognise(file: Opened, kind: Kind) -> bool:
    """A list of lists of numbers."""
    head = file.head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"[") and head[1:].lstrip().startswith(b"[") and not set(head) - set(b"[]0123456789, \t\r\n")


def read(file: Opened, kind: Kind, missing_means: Missing) -> tuple[TagMatrix, Notes]:
    lists = _lists(file.json)
    ids, tags = _names(file, lists)
    check_ids(ids, lambda row: f"{file.where.stem}{IDS}, line {row + 1}")
    check_tags(tags, f"{file.where.stem}{TAGS}")
    labels = filled(file.name, len(ids), len(tags), missing_means)
    for row, found in enumerate(lists):
        if found.value and max(found.value) >= len(tags):
            file.json.complain(found.start, f"class {max(found.value)} is not among the {len(tags)} of "
                                            f"{file.where.stem}{TAGS}. Is this the right list?")  # fmt: skip
        labels[row, found.value] = PRESENT
    named = file.beside(IDS) is not None
    return TagMatrix(ids, tuple(tags), labels), () if named else ("Images are named as in the validation set.",)


def _lists(json: JsonText) -> list[Value]:
    lists = list(json.elements(json.start))
    for found in lists:
        if not isinstance(found.value, list) or any(type(at) is not int or at < 0 for at in found.value):
            json.complain(found.start, "a list of class numbers is expected. Is this real.json?")
    return lists


def _names(file: Opened, lists: list[Value]) -> tuple[list[str], list[str]]:
    ids = file.listed_beside(IDS) or [f"ILSVRC2012_val_{row + 1:08d}.JPEG" for row in range(len(lists))]
    if len(ids) != len(lists):
        raise InputError(f"{file.where.stem}{IDS}: {len(ids):,} ids for the {len(lists):,} images of {file.name}. "
                         "Give one line an image.")  # fmt: skip
    count = max((max(found.value) + 1 for found in lists if found.value), default=0)
    tags = file.listed_beside(TAGS) or [str(at) for at in range(count)]
    if not ids or not tags:
        raise InputError(f"{file.name}: no image has a class.")
    return ids, tags


def write(file: Opened, changes: Changes) -> bytes:
    """Only the lists that change differ."""
    json, wanted = file.json, by_item(changes)
    lists = _lists(json)
    ids, tags = _names(file, lists)
    position, edits = {tag: at for at, tag in enumerate(tags)}, []
    for item, found in zip(ids, lists, strict=True):
        if item in wanted:
            change = {position[tag]: label for tag, label in wanted[item].items()}
            kept = [at for at in found.value if change.get(at, PRESENT) == PRESENT]
            kept += [at for at, label in change.items() if label == PRESENT and at not in kept]
            edits.append((found.start, found.end, dumped(kept)))
    return json.encoded(spliced(json.text, edits))


def make(matrix: TagMatrix) -> Files:
    lists = [[at for at, value in enumerate(row) if value == PRESENT] for row in matrix.values]
    return {"": dumped(lists).encode(), IDS: as_lines(matrix.ids), TAGS: as_lines(matrix.tags)}
