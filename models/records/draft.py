"""Drafts (草稿): what an applicant has typed and uploaded and not yet submitted. Colleagues see that there is one and
may take it over; nobody outside the institution learns of it.

A draft is as typed, faults and all; it becomes a case only through an action.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, Session, SQLModel, col, select

from models.records.base import Facts, coded, facts, moment, one_of
from models.records.person import Person


class DraftKind(StrEnum):
    """What the draft is to become."""

    FILING = "filing"
    CLAIM = "claim"
    CORRECTION = "correction"
    RECOVERY = "recovery"


class Draft(SQLModel, table=True):
    """One per person and matter. `subject` is the loan's id (claim), the case number (correction), the claim's number (recovery), or empty."""

    __tablename__ = "drafts"
    __table_args__ = (one_of("kind", DraftKind), UniqueConstraint("person_id", "kind", "subject"))

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="people.id")
    kind: DraftKind = coded(DraftKind)
    subject: str = Field(default="", max_length=40)
    data: Facts = facts()
    updated_at: datetime = moment()


class DraftFile(SQLModel, table=True):
    """A file already uploaded for a draft, one per material slot."""

    __tablename__ = "draft_files"
    __table_args__ = (UniqueConstraint("draft_id", "slot"),)

    id: int | None = Field(default=None, primary_key=True)
    draft_id: int = Field(foreign_key="drafts.id")
    slot: str = Field(max_length=40)
    filename: str = Field(max_length=200)
    media_type: str = Field(max_length=100)
    size: int
    sha256: str = Field(foreign_key="blobs.sha256", max_length=64)
    uploaded_at: datetime = moment()


def find(
    session: Session, person_id: int, kind: DraftKind, subject: str = "", *, lock: bool = False
) -> Draft | None:
    """The person's draft of this matter; `lock` holds it until the transaction ends."""
    query = select(Draft).where(Draft.person_id == person_id, Draft.kind == kind, Draft.subject == subject)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.exec(query).first()


def of_person(session: Session, person_id: int) -> Sequence[Draft]:
    """A person's drafts, newest first."""
    query = select(Draft).where(Draft.person_id == person_id).order_by(col(Draft.updated_at).desc())
    return session.exec(query).all()


def of_colleagues(session: Session, institution_id: int, person_id: int) -> Sequence[tuple[Draft, str]]:
    """Drafts of everyone else of the institution with their names, newest first; also of those who left."""
    query = (
        select(Draft, Person.name)
        .join(Person, col(Person.id) == col(Draft.person_id))
        .where(Person.institution_id == institution_id, Draft.person_id != person_id)
    )
    return session.exec(query.order_by(col(Draft.updated_at).desc())).all()


def files(session: Session, draft_id: int) -> Sequence[DraftFile]:
    """The files of a draft, in the order they were first uploaded."""
    query = select(DraftFile).where(DraftFile.draft_id == draft_id).order_by(col(DraftFile.id))
    return session.exec(query.execution_options(populate_existing=True)).all()
