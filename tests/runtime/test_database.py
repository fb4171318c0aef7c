"""One transaction per block, notifications on commit, a connection that comes back."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, aclosing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlmodel import Session

from api.runtime import postgres
from models import database
from models.settings import get_settings

Open = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def notes(db: Open) -> Open:
    with db() as s:
        s.execute(text("CREATE TABLE IF NOT EXISTS note (word text)"))
        s.execute(text("DELETE FROM note"))
    return db


def words(db: Open) -> list[str]:
    with db() as s:
        return list(s.scalars(text("SELECT word FROM note ORDER BY word")))


def test_a_block_that_ends_is_kept_and_one_that_raises_leaves_nothing(notes: Open) -> None:
    with notes() as s:
        s.execute(text("INSERT INTO note VALUES ('kept')"))
    with pytest.raises(LookupError), notes() as s:
        s.execute(text("INSERT INTO note VALUES ('lost')"))
        raise LookupError
    assert words(notes) == ["kept"]


def test_every_connection_speaks_utc(db: Open) -> None:
    with db() as s:
        assert s.scalar(text("SHOW timezone")) == "UTC"


def test_a_notification_arrives_when_its_transaction_commits_and_not_when_it_fails(db: Open) -> None:
    async def story() -> list[str | None]:
        heard: list[str | None] = []
        async with aclosing(database.listen("bell", every=5)) as items:
            heard.append(await anext(items))
            with pytest.raises(LookupError), db() as s:
                database.notify(s, "bell", "never")
                raise LookupError
            with db() as s:
                database.notify(s, "bell", "case 7")
                database.notify(s, "bell", "case 8")
            heard.extend([await anext(items), await anext(items)])
        return heard

    assert asyncio.run(story()) == [None, "case 7", "case 8"]


def test_a_quiet_channel_says_look_for_yourself(db: Open) -> None:
    async def story() -> list[str | None]:
        async with aclosing(database.listen("quiet", every=0.05)) as items:
            return [await anext(items) for _ in range(3)]

    assert asyncio.run(story()) == [None, None, None]


def test_a_listener_and_the_pool_survive_a_restart_of_postgresql(
    server_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = postgres.start(server_dir)
    monkeypatch.setenv("DATABASE_URL", running.url_for(postgres.APP_DATABASE))
    get_settings.cache_clear()

    async def story() -> list[str | None]:
        nonlocal running
        heard: list[str | None] = []
        async with aclosing(database.listen("bell", every=0.2)) as items:
            heard.append(await anext(items))
            running.stop()
            assert not database.healthy()
            running = postgres.start(server_dir)
            assert database.healthy()
            while heard[-1] is None:
                with database.session() as s:
                    database.notify(s, "bell", "after")
                heard.append(await anext(items))
        return heard

    try:
        assert asyncio.run(story())[-1] == "after"
    finally:
        database.engine().dispose()
        running.stop()
        get_settings.cache_clear()


def test_urls_of_every_spelling_reach_psycopg() -> None:
    for given in (
        "postgres://u:p%40ss@h:5/d",
        "postgresql://u:p%40ss@h:5/d",
        "postgresql+asyncpg://u:p%40ss@h:5/d",
    ):
        assert database.sqlalchemy_url(given).drivername == "postgresql+psycopg"
        assert database.libpq_url(given) == "postgresql://u:p%40ss@h:5/d"
    assert database.sqlalchemy_url("postgresql:///d?host=/run/x").query == {"host": "/run/x"}


def test_without_a_database_the_sentence_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    get_settings.cache_clear()
    try:
        with pytest.raises(database.NoDatabaseError, match="DATABASE_URL"):
            database.engine()
    finally:
        get_settings.cache_clear()


def test_two_processes_that_start_together_migrate_one_after_the_other(database_url: str) -> None:
    with psycopg.connect(database_url) as other:
        other.execute("SELECT pg_advisory_xact_lock(7232025)")
        waiting = threading.Thread(target=database.run_migrations, args=(database_url,))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
    waiting.join(10)
    assert not waiting.is_alive()
