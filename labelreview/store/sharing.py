"""`SharingStore`: how projects share out their cells, and the cells whose answer is known (gold)."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

import sqlalchemy as sa

from labelreview.sharing import Sharing
from labelreview.store.database import Database
from labelreview.store.tables import gold, rules

Cell = tuple[str, str]


class SharingStore:
    """Rules and known answers of all projects behind one database. Lives as long as the log that it came from."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, project: str) -> Sharing:
        """The rules of a project; one answer a cell where none were set."""
        with self._database.reading() as connection:
            return _rules(connection, project)

    def known(self, project: str) -> dict[Cell, int]:
        """The cells whose answer is known, and their labels."""
        query = sa.select(gold.c.item, gold.c.tag, gold.c.label).where(gold.c.project == project)
        with self._database.reading() as connection:
            return {(item, tag): label for item, tag, label in connection.execute(query)}

    def write(self, project: str, sharing: Sharing, known: Mapping[Cell, int] | None = None) -> Sharing:
        """Set the rules, and all known answers where they are given; gives the rules as stored, in a new edition."""
        with self._database.writing("written", lock=f"sharing {project}") as (connection, _now):
            stored = replace(sharing, edition=_rules(connection, project).edition + 1)
            connection.execute(sa.delete(rules).where(rules.c.project == project))
            values = {name: getattr(stored, name) for name in ("answers", "share", "gold_share", "edition")}
            connection.execute(sa.insert(rules).values(project=project, **values))
            if known is not None:
                connection.execute(sa.delete(gold).where(gold.c.project == project))
                rows = [_gold(project, cell, label) for cell, label in known.items()]
                if rows:
                    connection.execute(sa.insert(gold), rows)
        return stored


def _rules(connection: sa.Connection, project: str) -> Sharing:
    columns = (rules.c.answers, rules.c.share, rules.c.gold_share, rules.c.edition)
    found = connection.execute(sa.select(*columns).where(rules.c.project == project)).first()
    return Sharing(*found) if found else Sharing()


def _gold(project: str, cell: Cell, label: int) -> dict[str, object]:
    item, tag = cell
    digest = hashlib.blake2b("\0".join((project, item, tag)).encode(), digest_size=16).hexdigest()
    return {"cell": digest, "project": project, "item": item, "tag": tag, "label": label}
