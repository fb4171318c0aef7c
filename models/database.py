"""The way to PostgreSQL: one engine per process, one transaction per block, notifications, migrations.

Everything here is synchronous except `listen`, which the worker awaits in its event loop.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import orjson
import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from models.settings import get_settings

OPTIONS = "-c timezone=UTC -c jit=off"
"""Compiling a query (JIT) pays off for long reports; here it would add a tenth of a second to a list."""
MIGRATIONS = Path(__file__).parent / "migrations"


class NoDatabaseError(RuntimeError):
    """No database is configured; the message says what to do."""


def engine() -> Engine:
    """Return this process's engine for the configured database; `NoDatabaseError` if none is configured."""
    return _engine(_configured_url())


def _configured_url() -> str:
    url = get_settings().database_url
    if url is None:
        raise NoDatabaseError(
            "没有配置数据库：请设置 DATABASE_URL，或用 fengbu up、fengbu demo 启动内置数据库。"
        )
    return url


@lru_cache
def _engine(url: str) -> Engine:
    return create_engine(
        sqlalchemy_url(url),
        pool_size=10,
        max_overflow=30,  # FastAPI answers synchronous routes on up to 40 threads
        pool_timeout=10,
        pool_pre_ping=True,  # a restarted PostgreSQL costs one ping, not one failed request per connection
        connect_args={"application_name": "fengbu", "options": OPTIONS},
        json_serializer=_as_json,
        json_deserializer=orjson.loads,
    )


def _as_json(value: object) -> str:
    """What a jsonb column is given; the library's own way takes five times as long for a letter of 500 loans."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def sqlalchemy_url(url: str) -> URL:
    """Return a ``postgres://``, ``postgresql://`` or driver URL for psycopg 3, unix sockets included."""
    return make_url(url.replace("postgres://", "postgresql://", 1)).set(drivername="postgresql+psycopg")


def libpq_url(url: str) -> str:
    """Return `url` without SQLAlchemy's driver name, as psycopg, psql and ``DATABASE_URL`` want it."""
    return sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def transaction() -> Iterator[Session]:
    """Yield a session that is one transaction: committed at the end, rolled back if the block raises.

    For routes: ``Depends(transaction, scope="function")``. FastAPI's default scope would commit after the
    response has left, and a failing commit would still answer 200.
    """
    with Session(engine(), expire_on_commit=False) as opened, opened.begin():
        yield opened


session = contextmanager(transaction)
"""``with session() as s:`` - the same transaction for everything that is not a route."""


@contextmanager
def aside(s: Session) -> Iterator[Session]:
    """A side look at the transaction of `s`: it reads what `s` would read, PostgreSQL refuses it every write, and
    whatever its objects are made to say is forgotten at the end: closing rolls the savepoint back."""
    s.flush()
    with Session(
        bind=s.connection(), autoflush=False, join_transaction_mode="create_savepoint", expire_on_commit=False
    ) as looking:
        looking.connection().execute(text("SET TRANSACTION READ ONLY"))
        yield looking


def notify(s: Session, channel: str, payload: str = "") -> None:
    """Tell everyone who listens on `channel`, when and only when the transaction of `s` commits."""
    s.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload})


async def listen(channel: str, *, every: float) -> AsyncIterator[str | None]:
    """Yield the payload of each notification on `channel`, and None first and after `every` quiet seconds.

    None means "look for yourself": notifications sent while nobody listened are gone. A lost connection is made
    again; every attempt is followed by a None, so a caller that works on each item never stands still.
    """
    url = libpq_url(_configured_url())
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
                await connection.execute(f'LISTEN "{channel}"'.encode())
                yield None
                while True:
                    quiet = True
                    async for notification in connection.notifies(timeout=every, stop_after=1):
                        quiet = False
                        yield notification.payload
                    if quiet:
                        yield None
        except psycopg.OperationalError:
            yield None
            await asyncio.sleep(min(every, 1))


def healthy() -> bool:
    """Say whether the database answers a query now."""
    try:
        with engine().connect() as connection:
            return bool(connection.scalar(text("SELECT true")))
    except SQLAlchemyError:
        return False


def alembic_config(url: str) -> Config:
    """Return the alembic configuration for the migrations of this package on `url`."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["url"] = url
    return config


def run_migrations(url: str) -> None:
    """Bring the database at `url` to the newest revision; several processes may do so at the same time."""
    command.upgrade(alembic_config(url), "head")
