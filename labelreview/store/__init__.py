"""The decision log, kept in SQL: SQLite by default, PostgreSQL by URL. All SQL of the package is in this room."""

from labelreview.store.chain import Head, Verification
from labelreview.store.log import DecisionLog

__all__ = ["DecisionLog", "Head", "Verification"]
