"""People, what they may do, and their signed-in sessions."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import UniqueConstraint, func
from sqlmodel import Field, Session, SQLModel, col, select

from models import clock
from models.records.base import coded, moment, one_of
from models.roles import Role


class Person(SQLModel, table=True):
    """Someone who signs in. `password_hash` is argon2; lock-out after repeated failures.

    `must_change`: the password was set by an administrator. `suspended_at`: locked by an administrator, until unlocked.
    """

    __tablename__ = "people"

    id: int | None = Field(default=None, primary_key=True)
    login: str = Field(max_length=60, unique=True)
    name: str = Field(max_length=60)
    password_hash: str = Field(max_length=300)
    institution_id: int = Field(foreign_key="institutions.id", index=True)
    email: str = Field(default="", max_length=200)
    active: bool = True
    demo: bool = False  # a demo account with a known password; `fengbu up` refuses to start with one
    failed_attempts: int = 0
    locked_until: datetime | None = moment(nullable=True)
    must_change: bool = False
    password_set_at: datetime | None = moment(nullable=True)  # real time; None: before this was kept
    suspended_at: datetime | None = moment(nullable=True)


class OldPassword(SQLModel, table=True):
    """A password a person had, as its hash: it is not taken again for a while."""

    __tablename__ = "old_passwords"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="people.id", index=True)
    password_hash: str = Field(max_length=300)
    ended_at: datetime = moment()


class PersonRole(SQLModel, table=True):
    """A role a person holds at their institution."""

    __tablename__ = "person_roles"
    __table_args__ = (UniqueConstraint("person_id", "role"), one_of("role", Role))

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="people.id")
    role: Role = coded(Role, index=True)


class SignIn(SQLModel, table=True):
    """A signed-in session. Only the hash of its token is stored."""

    __tablename__ = "sign_ins"

    token_hash: str = Field(primary_key=True, max_length=64)
    person_id: int = Field(foreign_key="people.id", index=True)
    csrf_token: str = Field(max_length=64)
    created_at: datetime = moment()
    last_seen_at: datetime = moment()
    ended_at: datetime | None = moment(nullable=True)


def end_sessions(session: Session, person_id: int, *, but: str = "") -> int:
    """End every living session of a person, except the one with this token hash; how many there were."""
    query = select(SignIn).where(
        SignIn.person_id == person_id, col(SignIn.ended_at).is_(None), SignIn.token_hash != but
    )
    living = session.exec(query).all()
    for one in living:
        one.ended_at = clock.wall()
    return len(living)


def last_entries(session: Session, ids: Sequence[int]) -> dict[int, datetime]:
    """When each of these people signed in last."""
    query = select(SignIn.person_id, func.max(SignIn.created_at)).where(col(SignIn.person_id).in_(ids))
    return dict(session.exec(query.group_by(col(SignIn.person_id))).all())


def of_institution(session: Session, institution_id: int) -> Sequence[Person]:
    """Everyone of an institution, those who left last."""
    query = select(Person).where(Person.institution_id == institution_id)
    return session.exec(query.order_by(col(Person.active).desc(), col(Person.id))).all()


def old_passwords(session: Session, person_id: int, limit: int) -> Sequence[OldPassword]:
    """The passwords a person had before, newest first."""
    query = select(OldPassword).where(OldPassword.person_id == person_id)
    return session.exec(query.order_by(col(OldPassword.id).desc()).limit(limit)).all()


def by_login(session: Session, login: str) -> Person | None:
    """The person with this login."""
    return session.exec(select(Person).where(Person.login == login)).first()


def roles_of(session: Session, person_id: int) -> frozenset[Role]:
    """The roles a person holds."""
    rows = session.exec(select(PersonRole).where(PersonRole.person_id == person_id))
    return frozenset(row.role for row in rows)


def holders(session: Session, role: Role, institution_id: int | None = None) -> Sequence[Person]:
    """Active people who hold `role` (at one institution, or anywhere), in a stable order."""
    query = (
        select(Person)
        .join(PersonRole, col(PersonRole.person_id) == col(Person.id))
        .where(PersonRole.role == role, col(Person.active))
        .order_by(col(Person.id))
    )
    if institution_id is not None:
        query = query.where(Person.institution_id == institution_id)
    return session.exec(query).all()


def names(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """Names of people by id."""
    if not ids:
        return {}
    rows = session.exec(select(Person.id, Person.name).where(col(Person.id).in_(ids)))
    return {person_id: name for person_id, name in rows if person_id is not None}
