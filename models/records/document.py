"""Issued documents (文书). Their bytes, numbers and facts never change: triggers of the database see to it.

The numbers come from `models.records.numbers`, the templates from `models.records.template`.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ColumnElement, ForeignKeyConstraint, UniqueConstraint, or_, update
from sqlmodel import Field, Session, SQLModel, col, select

from models.records.base import Facts, coded, dated, facts, moment, one_of


class DocumentState(StrEnum):
    """Whether an issued document is in force."""

    ISSUED = "issued"
    SUPERSEDED = "superseded"
    VOID = "void"


class Document(SQLModel, table=True):
    """One issued document: its number, the context it was rendered from, and the hash of its bytes.

    `case_id` is None for one that is not about a single case (the 纪要 of a session, a report): `DocumentCase` names
    the cases it is about."""

    __tablename__ = "documents"
    __table_args__ = (
        one_of("state", DocumentState),
        UniqueConstraint("organ_id", "word", "year", "serial"),
        ForeignKeyConstraint(
            ["code", "template_version"], ["document_templates.code", "document_templates.version"]
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    entry_id: int | None = Field(default=None, sa_type=BigInteger)
    code: str = Field(max_length=10, index=True)  # D09
    title: str = Field(max_length=120)
    organ_id: int = Field(foreign_key="institutions.id")
    word: str | None = Field(default=None, max_length=20)  # 发文代字, None where the form takes no number
    year: int | None = None
    serial: int | None = None
    number: str | None = Field(default=None, max_length=60, index=True)  # 东工信函〔2026〕12号
    filename: str = Field(max_length=200)
    sha256: str = Field(foreign_key="blobs.sha256", max_length=64)
    template_version: int | None = None
    template_sha256: str = Field(max_length=64)
    context_sha256: str = Field(max_length=64)
    context: Facts = facts()
    issued_at: datetime = moment()
    issued_on: date = dated()
    verification_code: str = Field(max_length=20, unique=True)
    for_applicant: bool = False  # the applicant may read it
    replaces_id: int | None = Field(default=None, foreign_key="documents.id", unique=True)  # a void one
    loan_change_id: int | None = Field(default=None, foreign_key="loan_changes.id", index=True)
    state: DocumentState = coded(DocumentState, default=DocumentState.ISSUED)


class DocumentCase(SQLModel, table=True):
    """A case that one document of several cases is about."""

    __tablename__ = "document_cases"

    document_id: int = Field(foreign_key="documents.id", primary_key=True)
    case_id: int = Field(foreign_key="cases.id", primary_key=True, index=True)


def about(case_id: int) -> ColumnElement[bool]:
    """The condition that a document is about a case: its own, or one it shares with others."""
    shared = select(DocumentCase.document_id).where(DocumentCase.case_id == case_id)
    return or_(col(Document.case_id) == case_id, col(Document.id).in_(shared))


def of_case(session: Session, case_id: int) -> Sequence[Document]:
    """The documents of a case in order of issue."""
    return session.exec(select(Document).where(about(case_id)).order_by(col(Document.id))).all()


def cases_of(session: Session, found: Document) -> list[int]:
    """The cases a document is about."""
    if found.case_id is not None:
        return [found.case_id]
    shared = select(DocumentCase.case_id).where(DocumentCase.document_id == found.id)
    return list(session.exec(shared.order_by(col(DocumentCase.case_id))))


def latest(session: Session, case_id: int, document_code: str) -> Document | None:
    """The newest document of a kind that is in force."""
    query = (
        select(Document)
        .where(
            about(case_id),
            Document.code == document_code,
            Document.state == DocumentState.ISSUED,
        )
        .order_by(col(Document.id).desc())
    )
    return session.exec(query).first()


def of_changes(session: Session, change_ids: Sequence[int]) -> Sequence[Document]:
    """The documents about these changes of loans, in order of issue."""
    query = select(Document).where(col(Document.loan_change_id).in_(change_ids))
    return session.exec(query.order_by(col(Document.id))).all()


def supersede(session: Session, case_id: int, document_code: str) -> None:
    """A newer document of this kind is issued: those of this case alone that are in force are superseded."""
    query = (
        update(Document)
        .where(col(Document.case_id) == case_id, col(Document.code) == document_code)
        .where(col(Document.state) == DocumentState.ISSUED)
        .values(state=DocumentState.SUPERSEDED)
    )
    session.execute(query.execution_options(synchronize_session="evaluate"))


def replacing(session: Session, document_id: int) -> Document | None:
    """The document that was issued in place of this void one."""
    return session.exec(select(Document).where(Document.replaces_id == document_id)).first()


def by_verification(session: Session, verification_code: str) -> Document | None:
    """The document that carries this code."""
    query = select(Document).where(Document.verification_code == verification_code)
    return session.exec(query).first()
