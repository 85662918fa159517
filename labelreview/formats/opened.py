"""A file, read once, and seen as text or as Parquet."""

from functools import cached_property
from pathlib import Path
from typing import Literal

from labelreview.errors import InputError, NotFound
from labelreview.formats.csvtext import CsvText
from labelreview.formats.parquetfile import MAGIC, ParquetFile

Kind = Literal["labels", "pred_probs"]


class Opened:
    """The bytes of a file and its name for messages. Nothing is ever written to it."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path, self.data, self.name = path, data, Path(path).name

    @classmethod
    def at(cls, path: str | Path) -> "Opened":
        try:
            return cls(str(path), Path(path).read_bytes())
        except FileNotFoundError:
            raise NotFound(f"There is no file '{path}'. Check the path.") from None
        except IsADirectoryError:
            raise InputError(f"{path} is a folder. Give the file that holds the labels or predictions.") from None
        except OSError as error:
            raise InputError(f"{path}: this file cannot be read ({error.strerror}). Check who may read it.") from None

    @property
    def is_parquet(self) -> bool:
        return self.data.startswith(MAGIC)

    @cached_property
    def csv(self) -> CsvText:
        if self.is_parquet:
            raise InputError(f"{self.name}: this is a Parquet file. Choose a Parquet format for it.")
        if not self.data:
            raise InputError(f"{self.name}: the file is empty.")
        return CsvText(self.name, self.data)

    @cached_property
    def parquet(self) -> ParquetFile:
        if not self.data:
            raise InputError(f"{self.name}: the file is empty.")
        if not self.is_parquet:
            raise InputError(f"{self.name}: this is no Parquet file. Choose a text format for it.")
        return ParquetFile(self.name, self.data)
