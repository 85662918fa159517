"""Pascal VOC annotations: a folder with `Annotations/ID.xml` (or the XML files themselves), one file an image.

A class is present when an object has it, unknown when all such objects are difficult, else absent. The id is the name
of the file without `.xml`. A correction never touches a box: it goes to an element of its own at the end, which other
readers pass over and ours reads; `present` is 1, 0 or unknown.

    <image_tags><tag><name>dog</name><present>0</present></tag></image_tags>
"""

import re
from typing import NamedTuple

from labelreview.errors import InputError
from labelreview.formats.cells import check_ids, check_tags
from labelreview.formats.opened import Kind, Opened
from labelreview.formats.row import Changes, Files, Missing, Notes, Says, by_item, filled
from labelreview.formats.xmltext import escaped, parsed
from labelreview.tags import ABSENT, PRESENT, UNKNOWN, TagMatrix

SAYS = Says("an object has the class", "no object has it", "all such objects are difficult")
FOLDER = "Annotations"
BLOCK = re.compile(rb"[ \t]*<image_tags>.*</image_tags>[ \t]*\r?\n?", re.DOTALL)
WORDS = {"1": PRESENT, "0": ABSENT, "unknown": UNKNOWN}


class Page(NamedTuple):
    """One file: the classes of its objects, each with whether one is not difficult, and what `image_tags` says."""

    objects: dict[str, bool]
    said: dict[str, int]


def recognise(file: Opened, kind: Kind) -> bool:
    return kind == "labels" and bool(_paths(file)) and not file.found("ImageSets/Main/*_*.txt")


def _paths(file: Opened) -> dict[str, str]:
    """The files by id, in the order of the ids."""
    paths = file.found(f"{FOLDER}/*.xml") or file.found("*.xml")
    return dict(sorted((path.rpartition("/")[2].removesuffix(".xml"), path) for path in paths))


def _page(file: Opened, path: str) -> Page:
    place = f"{file.name}/{path}"
    root = parsed(place, file.read(path))
    if root.tag != "annotation":
        raise InputError(f"{place}: the outermost element is '{root.tag}' where 'annotation' is expected. Is this "
                         "Pascal VOC?")  # fmt: skip
    objects: dict[str, bool] = {}
    for found in root.findall("object"):
        name = (found.findtext("name") or "").strip()
        easy = (found.findtext("difficult") or "0").strip() != "1"
        objects[name] = objects.get(name, False) or easy
    said: dict[str, int] = {}
    for found in root.findall("image_tags/tag"):
        word = (found.findtext("present") or "").strip()
        if word not in WORDS:
            raise InputError(f"{place}: '{word}' is not what image_tags may say. Use 1, 0 or unknown.")
        said[(found.findtext("name") or "").strip()] = WORDS[word]
    return Page(objects, said)


def read(file: Opened, kind: Kind, missing_means: Missing) -> tuple[TagMatrix, Notes]:
    paths = _paths(file)
    pages = [_page(file, path) for path in paths.values()]
    names = [name for page in pages for name in (*page.said, *page.objects)]
    tags = {tag: column for column, tag in enumerate(dict.fromkeys(names))}
    if not tags:
        raise InputError(f"{file.path}: no XML file here has an object. Give the folder that holds {FOLDER}.")
    ids = list(paths)
    check_ids(ids, lambda row: f"{file.name}/{paths[ids[row]]}")
    check_tags(list(tags), file.name)
    labels = filled(file.name, len(ids), len(tags), missing_means)
    for row, page in enumerate(pages):
        for tag, easy in page.objects.items():
            labels[row, tags[tag]] = PRESENT if easy else UNKNOWN
        for tag, label in page.said.items():
            labels[row, tags[tag]] = label
    return TagMatrix(ids, tuple(tags), labels), ()


def write(file: Opened, changes: Changes) -> Files:
    """The files of items that change, with `image_tags`; all else in them stays byte for byte."""
    paths, written = _paths(file), dict[str, bytes]()
    for item, change in by_item(changes).items():
        path = paths[item]
        data, said = file.read(path), _page(file, path).said | change
        block = b"\t" + _block(said) + b"\n"
        at = data.rfind(b"</annotation")
        if at < 0:
            raise InputError(f"{file.name}/{path}: this is not in a form that can be corrected. Save it as UTF-8.")
        if BLOCK.search(data):
            written[path] = BLOCK.sub(lambda _, block=block: block, data, count=1)  # type: ignore[misc]
        else:
            written[path] = data[:at] + block + data[at:]
    return written


def _block(said: dict[str, int]) -> bytes:
    words = {label: word.encode() for word, label in WORDS.items()}
    tags = [
        b"<tag><name>%s</name><present>%s</present></tag>" % (escaped(tag), words[label]) for tag, label in said.items()
    ]
    return b"<image_tags>%s</image_tags>" % b"".join(tags)


def make(matrix: TagMatrix) -> Files:
    """Files without boxes: all that is known stands in `image_tags`."""
    if any(set(item) & set("/\\\0") for item in matrix.ids):
        raise InputError("An id of Pascal VOC names a file, so it cannot hold '/' or '\\'. Choose another format.")
    files = {}
    for item, row in zip(matrix.ids, matrix.values, strict=True):
        said = {tag: int(value) for tag, value in zip(matrix.tags, row, strict=True)}
        name = b"\t<filename>%s</filename>\n" % escaped(item)
        files[f"{FOLDER}/{item}.xml"] = b"<annotation>\n%s\t%s\n</annotation>\n" % (name, _block(said))
    return files
