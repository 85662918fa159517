"""The pictures of a project's items: the source that a path or URL names, and which of its pictures is whose."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labelreview import images
from labelreview.desk.documents import source_of
from labelreview.embed import Progress
from labelreview.formats import texts
from labelreview.settings import Settings

SAMPLE = 24  # pictures of a remote source that are looked at before a project is made


@dataclass(frozen=True)
class Looked:
    """names[i] is the picture of item i, '' where there is none; what is wrong with those looked at, by item."""

    names: Sequence[str] = ()
    problems: dict[str, str] | None = None
    notes: tuple[str, ...] = field(default=())


def source(settings: Settings, where: str | Path) -> images.Source:
    """The source at a folder, an archive, a URL, or a table's column of URLs (`items.csv:url`)."""
    path, column = source_of(where)
    if column is not None and path.is_file():
        urls = {item: url.strip() for item, url in texts.read(path, column).items()}
        return images.Listed(urls, private=settings.private_addresses)
    return images.opened(where, private=settings.private_addresses, keep=settings.cache)


def looked_at(source: images.Source | None, ids: Sequence[str], progress: Progress) -> Looked:
    """Find the picture of every item and look at it; of a remote source at some, spread over all."""
    if source is None:
        return Looked()
    names = source.found(ids)
    rows = range(len(ids))
    if source.remote:
        rows = rows[:: max(1, len(ids) // SAMPLE)]
    problems = {item: "no file of this name" for item, name in zip(ids, names, strict=True) if not name}
    with images.Ahead(source, [names[row] for row in rows if names[row]]) as ahead:
        for at, row in enumerate(rows):
            if names[row]:
                problems[ids[row]] = images.problem_of(ahead, names[row])
            if at % 200 == 0:
                progress("Looking at images", 0.4 + 0.5 * at / len(rows))
    note = f"The pictures are at {source.where}: {len(rows):,} of {len(ids):,} were looked at."
    return Looked(names, problems, (note,) if source.remote else ())
