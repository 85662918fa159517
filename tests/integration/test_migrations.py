"""The tables come to be, once, whoever starts when."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from labelreview.decisions import Verdict
from labelreview.errors import StoreError
from labelreview.store import DecisionLog
from labelreview.store.migrations import VERSION_TABLE
from labelreview.store.tables import metadata
from tests.crowd import all_at_once, open_each
from tests.made import decision

ROUNDS, PROCESSES = 5, 4


def test_the_migrations_lead_to_the_tables_that_the_code_uses(database_url):
    with DecisionLog.open(database_url) as log, log._database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []


def test_opening_again_changes_nothing(database_url):
    for _ in range(2):
        with DecisionLog.open(database_url) as log:
            log.append("p", [decision("a", "hat", Verdict.PRESENT)])
    with DecisionLog.open(database_url) as log, log._database.reading() as connection:
        assert connection.exec_driver_sql(f"SELECT count(*) FROM {VERSION_TABLE}").scalar() == 1
        assert len(log.read("p")) == 2


def test_a_log_of_a_newer_labelreview_is_left_alone(database_url):
    with DecisionLog.open(database_url) as log, log._database.writing("written", lock="x") as (connection, _now):
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(StoreError, match="written by a newer labelreview: its tables are at revision '9999'"):
        DecisionLog.open(database_url)


def test_four_processes_may_start_at_once_on_an_empty_sqlite_file(tmp_path):
    urls = [f"sqlite:///{tmp_path}/{number}.db" for number in range(ROUNDS)]
    assert all_at_once(open_each, [(urls,)] * PROCESSES) == [[]] * PROCESSES


def test_four_processes_may_start_at_once_on_an_empty_postgresql_database(postgres_url):
    engine = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    url, names = sa.make_url(postgres_url), [f"labelreview_round_{number}" for number in range(ROUNDS)]
    with engine.connect() as connection:
        for name in names:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        urls = [url.set(database=name).render_as_string(hide_password=False) for name in names]
        assert all_at_once(open_each, [(urls,)] * PROCESSES) == [[]] * PROCESSES
        for name in names:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
