"""The demo's institutions and people for tests, and who is who among them."""

from functools import cache

from sqlmodel import Session

from api.demo import people
from models.gates import Role
from models.permissions import Actor
from models.records import person
from models.records.institution import Institution

PASSWORD = "Demo-2026-fengbu"


def seed(session: Session) -> None:
    """Fill an empty database with `people.PLACES`; everyone's password is `PASSWORD`."""
    people.create_institutions_and_people(session, PASSWORD)


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
