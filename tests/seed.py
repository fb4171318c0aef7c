"""The demo's institutions and people for tests, and who is who among them."""

from functools import cache
from typing import LiteralString

from psycopg import sql
from sqlmodel import Session

from api.demo import people, play
from models import database
from models.permissions import Actor
from models.records import person
from models.records.institution import Institution
from models.roles import Role
from tests.kept import kept

PASSWORD = "Demo-2026-fengbu"


TABLES = (
    "institutions", "institution_names", "institution_contacts", "institution_accounts", "share_agreements",
    "people", "person_roles",
)  # fmt: skip
"""What `seed` fills, in the order of their references."""
_copied: dict[str, tuple[bytes, int]] = {}


def seed(session: Session) -> None:
    """Fill an empty database with `people.PLACES`; everyone's password is `PASSWORD`.

    Made row by row the first time and copied after that: a third of the tests' time went into the same 150 rows.
    """
    cursor = session.connection().connection.driver_connection.cursor()  # type: ignore[union-attr]
    if not _copied:
        people.create_institutions_and_people(session, PASSWORD)
        for table in TABLES:
            with cursor.copy(_about(table, "COPY {} TO STDOUT (FORMAT BINARY)")) as out:
                rows = b"".join(bytes(part) for part in out)
            newest = cursor.execute(_about(table, "SELECT max(id) FROM {}")).fetchone()[0]
            _copied[table] = rows, newest
        return
    for table, (rows, newest) in _copied.items():
        with cursor.copy(_about(table, "COPY {} FROM STDIN (FORMAT BINARY)")) as into:
            into.write(rows)
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", (table, newest))


@kept
def seed_all(budget: str = "60000000.00") -> None:
    """`play.seed` on an empty database: institutions, people, calendar, LPR and this year's budget."""
    with database.session() as s:
        play.seed(s, budget)


def _about(table: str, words: LiteralString) -> sql.Composed:
    return sql.SQL(words).format(sql.Identifier(table))


@cache
def logins(role: Role, code: str | None = None) -> tuple[str, ...]:
    """Who holds `role` (at the institution `code`, or anywhere), in a stable order."""
    return tuple(
        member.login
        for place in people.PLACES
        if code in (None, place.code)
        for member in place.people
        if member.role == role
    )


def actor(session: Session, login: str) -> Actor:
    """The person as the permissions know them."""
    found = person.by_login(session, login)
    assert found is not None and found.id is not None, login
    institution = session.get_one(Institution, found.institution_id)
    return Actor(
        found.id,
        found.name,
        found.institution_id,
        person.roles_of(session, found.id),
        institution.files_board,
    )
