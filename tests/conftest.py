"""What tests stand on: one throw-away PostgreSQL per test run, one database per test worker, empty for each test.

The server starts in a thread while pytest collects; a run that needs no database does not wait for it. The schema
comes from the migrations, so a test also fails when a migration is missing.
"""

import gc
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings as hypothesis_settings
from psycopg import sql
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy.engine import make_url
from sqlmodel import Session

from api.runtime import garbage, postgres
from flows.actions.people import passwords
from models import database
from tests import kept

QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "400"}
"""A test run's server is thrown away; only the product's has to survive a power cut."""
TEMPLATE = "migrated"
MEMORY = Path("/dev/shm")  # noqa: S108 - only asked for a directory of our own
ROOM = 4 * 2**30
"""Bytes free for databases and files of a run, which take about one: else they are on disk, and some tests wait for it."""


class Server:
    """The controlling process's part: starts the server in a thread, stops it after the last worker."""

    def __init__(self) -> None:
        if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
            os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)  # the workers' too, and what tests start
        self.home = Path(tempfile.mkdtemp(prefix="fengbu-tests-"))
        self._running: postgres.RunningPostgres | None = None
        self._thread = threading.Thread(target=self._start)
        self._thread.start()

    def _start(self) -> None:
        outcome = ""
        try:
            self._running = postgres.start(self.home, QUICK)
        except Exception as error:
            outcome = f"{type(error).__name__}: {error}"
        (self.home / "outcome.part").write_text(outcome)
        (self.home / "outcome.part").rename(self.home / "outcome")

    def stop(self) -> None:
        self._thread.join()
        if self._running is not None:
            self._running.stop()
        shutil.rmtree(self.home)


# A deadline measures how busy the machine is; that it is never wrong is what a property is about.
hypothesis_settings.register_profile("house", deadline=None)
hypothesis_settings.load_profile("house")

REAL_HASHER = passwords._hasher
"""The product's: made to take a tenth of a second. Tests hash some hundreds of passwords and use a quick one."""
SERVER = pytest.StashKey[Server]()
HOME = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Point each process of this run at its own database and data directory, before anything reads settings."""
    gc.disable()  # until everything is collected
    worker = getattr(config, "workerinput", None)
    if worker is None:
        config.stash[SERVER] = Server()
        config.stash[HOME] = config.stash[SERVER].home
        name = "main"
    else:
        config.stash[HOME] = Path(worker["home"])
        name = worker["workerid"]
    for variable in [given for given in os.environ if given.startswith(("FENGBU_", "PREFECT_"))]:
        del os.environ[variable]
    # where it is set, each process of a run would compile the whole project and every test for itself
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    os.environ["DATABASE_URL"] = postgres.socket_url(config.stash[HOME] / "postgres", f"test_{name}")
    os.environ["FENGBU_DATA_DIR"] = str(config.stash[HOME] / name)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tell a starting xdist worker where this run's server is."""
    node.workerinput["home"] = str(node.config.stash[HOME])  # type: ignore[attr-defined]


def pytest_collection_finish() -> None:
    """What the tests' imports made is no garbage: looking through it again and again was a tenth of a run."""
    garbage.settle()
    gc.enable()
    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    passwords._hasher = cache(lambda: quick)
    if pages := sys.modules.get("api.pages.render"):
        pages.environment.auto_reload = False  # a template does not change during a run


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop this process's browser and the server after the last test."""
    if browser := sys.modules.get("tests.browser"):  # not imported by a run without pages
        browser.close_chromium()
    if SERVER in config.stash:
        config.stash[SERVER].stop()


@pytest.fixture(scope="session")
def postgres_home(pytestconfig: pytest.Config) -> Path:
    """The directory of this run's PostgreSQL, which is up when this returns."""
    home = pytestconfig.stash[HOME]
    outcome = home / "outcome"
    deadline = time.monotonic() + postgres.START_TIMEOUT
    while not outcome.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    if reason := outcome.read_text():
        pytest.fail(f"PostgreSQL did not start: {reason}")
    return home


@pytest.fixture(scope="session")
def database_url(postgres_home: Path) -> Iterator[str]:
    """This worker's database, migrated: the one ``DATABASE_URL`` names. Its contents are whatever tests left."""
    url = os.environ["DATABASE_URL"]
    name = make_url(url).database or ""
    template = postgres.socket_url(postgres_home / "postgres", TEMPLATE)
    maintenance = postgres.socket_url(postgres_home / "postgres", "postgres")
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")  # the first worker migrates, the others copy
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone() is None:
            postgres.ensure_database(template)
            database.run_migrations(template)
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE))
        )
        connection.execute("SELECT pg_advisory_unlock(1)")
    yield url
    database.engine().dispose()


@pytest.fixture(scope="session")
def emptying(database_url: str) -> Iterator[psycopg.Connection]:
    """The connection that empties the tables: one that has not seen them yet takes five times as long."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def db(
    request: pytest.FixtureRequest, emptying: psycopg.Connection
) -> Callable[[], AbstractContextManager[Session]]:
    """An empty database for this test; the value is `models.database.session`: ``with db() as s: ...``."""
    emptying.execute(kept.EMPTY_ALL_TABLES)
    kept.begins(request, "nothing")
    return database.session


@pytest.fixture
def server_dir() -> Iterator[Path]:
    """A data directory with a short path, for tests that start servers of their own."""
    with tempfile.TemporaryDirectory(prefix="fengbu-test-") as directory:
        yield Path(directory)
