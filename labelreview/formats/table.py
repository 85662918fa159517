"""The columns of a file, wherever they come from, as arrays: text, labels or probabilities.

Both CSV and Parquet end here, so that a cell means the same in each and a bad one is named in the same words.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from labelreview.errors import InputError
from labelreview.formats.cells import PLAIN, Problems, Spelling, prob_of
from labelreview.formats.telling import Tell, nothing
from labelreview.tags import UNKNOWN

Role = Literal["text", "code", "label", "prob"]
TEXT: Role = "text"
CODE: Role = "code"  # texts of which many rows have the same: read as codes
LABEL: Role = "label"
PROB: Role = "prob"

NO_LABEL = -2


class Table:
    """Columns by position. `place(row, column)` says where a cell stands, for error messages."""

    def __init__(
        self,
        name: str,
        header: list[str],
        columns: Mapping[int, Any],
        place: Callable[[int, int], str],
        tell: Tell = nothing,
    ) -> None:
        self.name, self.header, self._columns, self.place = name, header, columns, place
        self._tell, self._taken = tell, 0
        if not len(next(iter(columns.values()))):
            raise InputError(f"{name}: there is a header and no rows.")

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    def _take(self, column: int) -> Any:
        """A column, and a word to whoever listens."""
        self._taken += 1
        self._tell(self._taken / len(self._columns))
        return self._columns[column]

    def text(self, column: int) -> Any:
        """A column as an Arrow array of text, whole numbers as they are written, null as ''."""
        found = self._take(column)
        kind = found.type.value_type if pa.types.is_dictionary(found.type) else found.type
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind)
                or pa.types.is_string_view(kind) or pa.types.is_null(kind)):  # fmt: skip
            raise InputError(f"{self.name}, column '{self.header[column]}': {found.type} does not keep every letter. "
                             "Store ids and tags as text.")  # fmt: skip
        whole = pc.fill_null(found.cast(kind).cast(pa.large_string()), "")
        return whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole

    def texts(self, column: int) -> list[str]:
        """A column of text as a list."""
        return list(self.text(column).to_pylist())

    def coded(self, column: int) -> tuple[list[str], npt.NDArray[np.int64]]:
        """The distinct texts of a column in order of appearance, and each row's place among them."""
        found = self._take(column)
        if not pa.types.is_dictionary(found.type):
            found = self.text(column).dictionary_encode()
        places, codes = dict[str, int](), [np.zeros(0, np.int64)]
        for chunk in found.chunks if isinstance(found, pa.ChunkedArray) else [found]:
            names = [text or "" for text in chunk.dictionary.to_pylist()]
            names += [""] * bool(chunk.null_count)
            lookup = np.array([places.setdefault(name, len(places)) for name in names], np.int64)
            codes.append(lookup[np.asarray(pc.fill_null(chunk.indices, len(names) - 1))])
        return list(places), np.concatenate(codes)

    def labels(self, column: int, spelling: Spelling = PLAIN, missing: int = UNKNOWN) -> npt.NDArray[np.int8]:
        """A column of labels; what is no label is an error that names the first few. An empty cell is `missing`."""
        meanings = spelling.meanings(missing)
        found = self._take(column)
        chunks = found.chunks if isinstance(found, pa.ChunkedArray) else [found]
        labels = np.concatenate([_labels(chunk, meanings) for chunk in chunks]) if chunks else np.empty(0, np.int8)
        if (labels == NO_LABEL).any():
            self._complain(column, np.flatnonzero(labels == NO_LABEL), f"is not a label. {spelling.remedy}")
        return labels

    def probs(self, column: int) -> npt.NDArray[np.float32]:
        """A column of numbers as float32, NaN where it is empty; the range is for `cells.checked_probs`."""
        found = self._take(column)
        remedy = "is not a number. Use one from 0 to 1 with a decimal point, or leave it empty."
        if pa.types.is_dictionary(found.type):
            found = found.cast(found.type.value_type)
        if pa.types.is_string(found.type) or pa.types.is_large_string(found.type):
            numbers = [prob_of(text or "") for text in found.to_pylist()]
            if None in numbers:
                self._complain(column, np.flatnonzero([number is None for number in numbers]), remedy)
            return np.array(numbers, np.float32)
        try:
            values = np.array(found.cast(pa.float32(), safe=False).to_numpy(), np.float32)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise InputError(f"{self.name}, column '{self.header[column]}': {found.type} is not a number.") from None
        wrong = ~np.isfinite(values) & np.asarray(found.is_valid())
        if wrong.any():
            self._complain(column, np.flatnonzero(wrong), remedy)
        return values

    def _complain(self, column: int, rows: npt.NDArray[np.int64], remedy: str) -> None:
        problems = Problems()
        for row in rows[: problems.limit]:
            value = self._columns[column][int(row)].as_py()
            value = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
            problems.add(f"{self.place(int(row), column)}: '{str(value)[:80]}' {remedy}")
        problems.count = len(rows)
        problems.stop()


def _labels(chunk: Any, meanings: Mapping[str, int]) -> npt.NDArray[np.int8]:
    """The labels of one chunk: each distinct value is looked up once. NaN and null are empty."""
    if pa.types.is_fixed_size_binary(chunk.type):
        return _letters(chunk, meanings)
    coded = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
    found = [meanings.get(_plain(value), NO_LABEL) for value in coded.dictionary.to_pylist()]
    lookup = np.array([*found, meanings[""]], np.int8)
    labels: npt.NDArray[np.int8] = lookup[np.asarray(pc.fill_null(coded.indices, len(found)))]
    return labels


def _letters(chunk: Any, meanings: Mapping[str, int]) -> npt.NDArray[np.int8]:
    """The labels of a chunk of one letter each."""
    lookup = np.full(256, NO_LABEL, np.int8)
    for text, label in meanings.items():
        if len(text) == 1:
            lookup[ord(text)] = label
    lookup[ord(" ")] = meanings[""]
    labels: npt.NDArray[np.int8] = lookup[np.frombuffer(chunk.buffers()[1], np.uint8)[chunk.offset :][: len(chunk)]]
    if chunk.null_count:
        labels[np.asarray(chunk.is_null())] = meanings[""]
    return labels


def _plain(value: object) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return str(value).strip().lower()
