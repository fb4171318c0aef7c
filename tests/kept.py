"""The database of a test: emptied before it, and filled by copying what an earlier test's builders made.

A claim at 公示 is some hundred statements of a dozen people. Many tests begin with the same one, so what a function
marked `kept` makes of a known database is copied from the second time on (what took long, at once): every table as the function left it, the
sequences, the clock's offset, and the function's own result. The database is known from the fixture that filled it
until anybody in this process commits something else; a test that patches anything is given nothing but the real thing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, LiteralString, ParamSpec, TypeVar

import pytest
from psycopg import Cursor, sql
from sqlalchemy import Connection, Engine, event

from models import clock, database
from models.settings import get_settings

EMPTY_ALL_TABLES = """
DO $$
DECLARE
    item record;
BEGIN
    SET LOCAL session_replication_role = replica;  -- no foreign keys, no append-only triggers, for this block
    SET LOCAL lock_timeout = '5s';                 -- a test that left a transaction open is named, not waited for
    FOR item IN SELECT tablename AS name FROM pg_tables
                WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %I', item.name);
    END LOOP;
    FOR item IN SELECT sequencename AS name FROM pg_sequences
                WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', item.name);
    END LOOP;
END $$
"""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
SEQUENCES = """
SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL
"""
P = ParamSpec("P")
R = TypeVar("R", str, int, None)
HEADER = 21
"""The bytes a binary copy of no rows has: 19 before the first row, 2 after the last."""


@dataclass(frozen=True)
class Copy:
    """A database as a function left it."""

    rows: tuple[tuple[str, bytes], ...]
    sequences: tuple[tuple[str, int], ...]
    offset: timedelta
    result: Any


class _Known:
    """What this process's database holds: the calls that made it, or None when nobody knows."""

    calls: tuple[object, ...] | None = None


_copies: dict[tuple[object, ...], Copy | None] = {}
"""None: made once. Most beginnings are of one test only, and a copy of those would be for nobody."""
LONG = 0.3
"""Seconds of making after which a copy is taken at once: it costs a tenth of what it may save."""


def begins(request: pytest.FixtureRequest, name: str) -> None:
    """The database holds what the fixture `name` puts there and nothing else."""
    _Known.calls = None if "monkeypatch" in request.fixturenames else (name,)


@event.listens_for(Engine, "commit")
def _committed(connection: Connection) -> None:
    """Somebody commits; if they wrote, nobody knows the database any more."""
    if _Known.calls is not None:
        cursor = connection.connection.cursor()
        cursor.execute("SELECT pg_current_xact_id_if_assigned() IS NULL")
        if not cursor.fetchone()[0]:  # type: ignore[index]
            _Known.calls = None
        cursor.close()


def kept(make: Callable[P, R]) -> Callable[P, R]:
    """Mark a function that writes to the database, commits, and tells by its result what it made."""

    @wraps(make)
    def made(*args: P.args, **kwargs: P.kwargs) -> R:
        if _Known.calls is None:
            return make(*args, **kwargs)
        how = (clock._instant.get() or clock.today(), clock.offset(), repr(get_settings()))
        calls = (*_Known.calls, (make.__module__, make.__qualname__, repr(args), repr(kwargs), how))
        if copy := _copies.get(calls):
            _restore(copy)
            result: R = copy.result
        else:
            began = time.perf_counter()
            result = make(*args, **kwargs)
            again = calls in _copies or time.perf_counter() - began > LONG
            _copies[calls] = _copied(result) if again else None
        _Known.calls = calls
        return result

    return made


def _copied(result: object) -> Copy:
    with database.session() as s:
        cursor: Cursor[Any] = s.connection().connection.driver_connection.cursor()  # type: ignore[union-attr]
        rows = []
        for (table,) in cursor.execute(TABLES).fetchall():
            with cursor.copy(_of(table, "COPY {} TO STDOUT (FORMAT BINARY)")) as out:
                data = b"".join(bytes(part) for part in out)
            if len(data) > HEADER:
                rows.append((table, data))
        return Copy(tuple(rows), tuple(cursor.execute(SEQUENCES).fetchall()), clock.offset(), result)


def _restore(copy: Copy) -> None:
    with database.session() as s:
        cursor: Cursor[Any] = s.connection().connection.driver_connection.cursor()  # type: ignore[union-attr]
        cursor.execute(EMPTY_ALL_TABLES)
        for table, data in copy.rows:
            with cursor.copy(_of(table, "COPY {} FROM STDIN (FORMAT BINARY)")) as into:
                into.write(data)
        for name, last in copy.sequences:
            cursor.execute("SELECT setval(quote_ident(%s)::regclass, %s)", (name, last))
    clock.set_offset(copy.offset)


def _of(table: str, words: LiteralString) -> sql.Composed:
    return sql.SQL(words).format(sql.Identifier(table))
