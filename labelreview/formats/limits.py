"""How much a file may hold before it is refused with a word instead of eating all memory."""

from collections.abc import Callable
from typing import IO

from labelreview.errors import InputError

LINE = 256 << 20  # bytes; a header of a million columns has about 10 MB
JSON = 2 << 30  # bytes; COCO's largest has 0.5 GB
PART = 1 << 30  # bytes; a line for each of 10 million items has 0.5 GB
COLUMNS = 100_000
CELLS = 2_000_000_000
DENSE, SPARSE_SHARE = 20_000_000, 0.1  # above so many cells, a file that lists at most this share of them stays sparse
BLOCK = 1 << 24


def check_lines(name: str, file: IO[bytes], read: Callable[[int], None] = lambda size: None) -> None:
    """Refuse a file with a line that is longer than `LINE`, having read no more than a block at a time.

    `read` hears how many bytes that was so far.
    """
    since, before = 0, 0  # the length of the line so far; where the block begins
    while block := file.read(BLOCK):
        first = min((at for at in (block.find(b"\n"), block.find(b"\r")) if at >= 0), default=-1)
        if since + (len(block) if first < 0 else first) > LINE:
            raise InputError(f"{name}, byte {before - since + 1}: this line is longer than {LINE:,} bytes. Is this a "
                             "text file with one item a line? Save it with line ends.")  # fmt: skip
        last = max(block.rfind(b"\n"), block.rfind(b"\r"))
        since = since + len(block) if last < 0 else len(block) - last - 1
        before += len(block)
        read(before)


def check_json(name: str, size: int) -> None:
    """Refuse a JSON file that would not fit in memory once it is parsed."""
    if size > JSON:
        raise InputError(f"{name}: {size:,} bytes of JSON are more than the {JSON:,} that are read at once. Split the "
                         "file, or give the tags as CSV or Parquet.")  # fmt: skip


def check_part(name: str, size: int) -> None:
    """Refuse a file beside another, or one of a folder, that is too large to be a list of names or of labels."""
    if size > PART:
        raise InputError(f"{name}: {size:,} bytes are more than the {PART:,} that such a file may have. Is it the "
                         "right one?")  # fmt: skip


def check_shape(name: str, items: int, tags: int) -> None:
    """Refuse a table of items × tags that is too large to be held as one."""
    if items * tags > CELLS:
        raise InputError(f"{name}: {items:,} items × {tags:,} tags are {items * tags:,} cells, more than the {CELLS:,} "
                         "that one project holds. Split the items, or keep the tags that matter.")  # fmt: skip


def is_sparse(name: str, items: int, tags: int, listed: int) -> bool:
    """Whether a file that lists some cells of items × tags is held without the others; too many listed are refused."""
    if listed > CELLS:
        raise InputError(f"{name}: {listed:,} cells are listed, more than the {CELLS:,} that one project holds. Split "
                         "the items, or keep the tags that matter.")  # fmt: skip
    cells = items * tags
    return cells > CELLS or (cells > DENSE and listed <= SPARSE_SHARE * cells)


def check_columns(name: str, columns: int) -> None:
    """Refuse a wide file with more columns than anybody has tags."""
    if columns > COLUMNS:
        raise InputError(f"{name}, line 1: {columns:,} columns are more than the {COLUMNS:,} that are read. Give one "
                         "tag a row instead (id,tag,value). Or is the file turned on its side?")  # fmt: skip


def check_unpacked(name: str, rows: int, columns: int) -> None:
    """Refuse a packed table before it is unpacked: a few bytes may stand for any number of equal cells."""
    if rows * columns > CELLS:
        raise InputError(f"{name}: {rows:,} rows × {columns:,} columns are {rows * columns:,} cells once unpacked, "
                         f"more than the {CELLS:,} that are read. Split the file, or leave out columns.")  # fmt: skip
