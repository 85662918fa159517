"""The decision log, kept in SQL: SQLite by default, PostgreSQL by URL. All SQL of the package is in this room."""

from labelreview.store.chain import Head, Verification
from labelreview.store.copying import Filling, Shape, Snapshot, filling, snapshot
from labelreview.store.log import DecisionLog, check
from labelreview.store.people import PeopleLog
from labelreview.store.rulings import RulingLog
from labelreview.store.sharing import SharingStore

__all__ = [
    "DecisionLog",
    "Filling",
    "Head",
    "PeopleLog",
    "RulingLog",
    "Shape",
    "SharingStore",
    "Snapshot",
    "Verification",
    "check",
    "filling",
    "snapshot",
]
