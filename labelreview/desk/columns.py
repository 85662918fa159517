"""The items file that a project keeps: columns such as source or annotator, to count errors and to narrow queues by."""

from pathlib import Path

from labelreview.errors import NotFound
from labelreview.formats import items
from labelreview.formats.atomic import replacing
from labelreview.formats.items import Column, Mask
from labelreview.tags import Names

SUFFIXES = (".csv", ".tsv", ".parquet")
Stamp = tuple[tuple[str, int, int], ...]


class Columns:
    """The columns of one project, in whose folder the file lies; read once, and anew when the file is another one."""

    def __init__(self, folder: Path, ids: Names) -> None:
        self._folder, self._ids = folder, ids
        self._read: tuple[Stamp, dict[str, Column]] = (), {}

    def keep(self, path: Path) -> dict[str, Column]:
        """Read an items file, and keep it for the next time; the one before is replaced."""
        columns = items.read(path, self._ids)
        for old in self._files():
            old.unlink()
        suffix = path.suffix.lower() if path.suffix.lower() in SUFFIXES else ".csv"
        with replacing(self._folder / f"items{suffix}", overwrite=True) as out:
            out.write(path.read_bytes())
        return columns

    def all(self) -> dict[str, Column]:
        """The columns by name; none where there is no file."""
        now, files = self.stamp(), self._files()
        if now != self._read[0]:
            self._read = now, items.read(files[0], self._ids) if files else {}
        return self._read[1]

    def stamp(self) -> Stamp:
        """Changes when the file does."""
        told = ((path.name, path.stat()) for path in self._files())
        return tuple((name, about.st_mtime_ns, about.st_size) for name, about in told)

    def rows(self, name: str, value: str) -> Mask:
        """(N,) the items that have a value in a column; NotFound without such a column or value."""
        column = self.all().get(name)
        if column is None or value not in column.values:
            raise NotFound(f"The items file of this project has no column '{name}' with the value '{value}'.")
        found: Mask = column.codes == column.values.index(value)
        return found

    def _files(self) -> list[Path]:
        return [path for suffix in SUFFIXES if (path := self._folder / f"items{suffix}").exists()]
