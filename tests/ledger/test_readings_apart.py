"""Revision 0033 on a ledger with bookings: what was decided by another reading of 当年 moves to an account of its own."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from psycopg import sql

from api.runtime import postgres
from models import database

Connection = psycopg.Connection[Any]
FILLING = {
    "boolean": False, "integer": 0, "numeric": 0, "date": "2026-01-01", "jsonb": "{}", "character varying": "",
    "timestamp with time zone": "2026-01-01T00:00:00Z",
}  # fmt: skip
"""What a column that the story does not speak of holds."""
NEEDED = """
SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s
    AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO' AND is_generated = 'NEVER'
"""


@pytest.fixture
def before(postgres_home: Path) -> Iterator[str]:
    """A database as the release before 0033 left it."""
    url = postgres.socket_url(postgres_home / "postgres", "before_0033")
    postgres.ensure_database(url)
    command.upgrade(database.alembic_config(url), "0032")
    yield url
    with psycopg.connect(
        postgres.socket_url(postgres_home / "postgres", "postgres"), autocommit=True
    ) as connection:
        connection.execute("DROP DATABASE before_0033 WITH (FORCE)")


def put(connection: Connection, table: str, **facts: object) -> None:
    row = {name: FILLING[kind] for name, kind in connection.execute(NEEDED, [table]).fetchall()} | facts
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(map(sql.Placeholder, row)),
        ),
        row,
    )


def booked(url: str) -> None:
    """A bank lent in 2025 and 2026; for loans from June 2026 on, 当年 is the year of 受理 (A1).

    Claims 1 (a loan of 2025) and 2 (of March 2026) are of the usual reading, 3 and 4 (of July) of the new one.
    """
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")  # whom a row refers to is not the story
        put(
            connection, "parameter_overrides", name="cap_basis", value='"claim_year"', effective_from="2026-06-01",
            proposed_by=1, decided_by=2, decided_at="2026-06-01T04:00:00Z", verdict="confirmed",
        )  # fmt: skip
        for number, lent in ((1, "2025-06-02"), (2, "2026-03-12"), (3, "2026-07-01"), (4, "2026-07-02")):
            for process, key in (("filing", number + 10), ("claim", number)):
                put(
                    connection, "cases", id=key, number=f"{process}-{number}", process=process, board="bank",
                    origin="page", state="paid", institution_id=1,
                )  # fmt: skip
            put(connection, "loans", id=number, case_id=number + 10, institution_id=1, board="bank",
                state="registered", disbursed_on=lent, receipt_number=str(number))  # fmt: skip
            put(connection, "claims", case_id=number, loan_id=number)
        for year in (2025, 2026):  # accounts 1 and 2
            put(connection, "ledger_accounts", kind="bank_year", key=f"1:{year}", label=f"{year}")
        put(connection, "ledger_waits", account_id=2, case_id=4, amount=1)
        connection.execute("SET session_replication_role = origin")  # balances follow the entries
        for place, (account, case, kind, source, target, amount) in enumerate(ENTRIES):
            put(
                connection, "ledger_entries", account_id=account, case_id=case, type=kind, source=source,
                target=target, amount=amount, at=f"2026-08-{place + 1:02}T02:00:00Z",
            )  # fmt: skip


ENTRIES = (
    (1, None, "ceiling", "grant", "free", 5_000_000),
    (1, 1, "reserve", "free", "reserved", 1_000_000),
    (2, None, "ceiling", "grant", "free", 10_000_000),
    (2, 2, "reserve", "free", "reserved", 2_000_000),
    (2, 3, "reserve", "free", "reserved", 3_000_000),
    (2, 4, "reserve", "free", "reserved", 1_000_000),
    (2, 3, "settle", "reserved", "paid", 3_000_000),
    (2, 2, "settle", "reserved", "paid", 2_000_000),
    (2, 4, "release", "reserved", "free", 1_000_000),
    (2, 3, "return", "returned", "free", 500_000),
)
BALANCES = "SELECT key, ceiling, reserved, paid, returned FROM ledger_accounts ORDER BY key"
BOOKS = """
SELECT a.key, e.case_id, e.type, e.amount, e.left_after FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
ORDER BY a.key, e.id
"""
AS_WRITTEN = (
    "SELECT id, case_id, type, source, target, amount, at, memo FROM ledger_entries WHERE id > 0 ORDER BY id"
)


def millions(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows with their amounts in 百万元."""
    return [
        tuple(float(cell / 1_000_000) if isinstance(cell, Decimal) else cell for cell in row) for row in rows
    ]


def test_what_was_booked_by_another_reading_moves_and_both_accounts_still_add_up(before: str) -> None:
    booked(before)
    with psycopg.connect(before) as connection:
        assert millions(connection.execute(BALANCES).fetchall()) == [
            ("1:2025", 5.0, 1.0, 0.0, 0.0),
            ("1:2026", 10.0, 0.0, 5.0, 0.5),
        ]
        written = connection.execute(AS_WRITTEN).fetchall()
    command.upgrade(database.alembic_config(before), "0033")
    with psycopg.connect(before, autocommit=True) as connection:
        assert millions(connection.execute(BALANCES).fetchall()) == [
            ("1:2025", 5.0, 1.0, 0.0, 0.0),
            ("1:2026", 10.0, 0.0, 2.0, 0.0),
            ("1:claims:2026", 10.0, 0.0, 3.0, 0.5),
        ]
        assert millions(connection.execute(BOOKS).fetchall()) == [
            ("1:2025", None, "ceiling", 5.0, 5.0),
            ("1:2025", 1, "reserve", 1.0, 4.0),
            ("1:2026", None, "ceiling", 10.0, 10.0),
            ("1:2026", 2, "reserve", 2.0, 8.0),
            ("1:2026", 2, "settle", 2.0, 8.0),
            ("1:claims:2026", None, "ceiling", 10.0, 10.0),
            ("1:claims:2026", 3, "reserve", 3.0, 7.0),
            ("1:claims:2026", 4, "reserve", 1.0, 6.0),
            ("1:claims:2026", 3, "settle", 3.0, 6.0),
            ("1:claims:2026", 4, "release", 1.0, 7.0),
            ("1:claims:2026", 3, "return", 0.5, 7.5),
        ]
        assert connection.execute(AS_WRITTEN).fetchall() == written
        waits = "SELECT a.key, a.label FROM ledger_waits w JOIN ledger_accounts a ON a.id = w.account_id"
        assert connection.execute(waits).fetchall() == [("1:claims:2026", "2026（按受理年度）")]
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            connection.execute("UPDATE ledger_entries SET amount = 1")
    with pytest.raises(RuntimeError, match="which the earlier release cannot keep"):
        command.downgrade(database.alembic_config(before), "0032")
