"""Issued documents (文书). Their bytes, numbers and facts never change: triggers of the database see to it.

The numbers come from `models.records.numbers`, the templates from `models.records.template`.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKeyConstraint, UniqueConstraint, update
from sqlmodel import Field, Session, SQLModel, col, select

from models.records.base import Facts, coded, dated, facts, moment, one_of


class DocumentState(StrEnum):
    """Whether an issued document is in force."""

    ISSUED = "issued"
    SUPERSEDED = "superseded"
    VOID = "void"


class Document(SQLModel, table=True):
    """One issued document: its number, the context it was rendered from, and the hash of its bytes."""

    __tablename__ = "documents"
    __table_args__ = (
        one_of("state", DocumentState),
        UniqueConstraint("organ_id", "word", "year", "serial"),
        ForeignKeyConstraint(
            ["code", "template_version"], ["document_templates.code", "document_templates.version"]
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="cases.id", index=True)
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
    state: DocumentState = coded(DocumentState, default=DocumentState.ISSUED)


def of_case(session: Session, case_id: int) -> Sequence[Document]:
    """The documents of a case in order of issue."""
    return session.exec(select(Document).where(Document.case_id == case_id).order_by(col(Document.id))).all()


def latest(session: Session, case_id: int, document_code: str) -> Document | None:
    """The newest document of a kind that is in force."""
    query = (
        select(Document)
        .where(
            Document.case_id == case_id,
            Document.code == document_code,
            Document.state == DocumentState.ISSUED,
        )
        .order_by(col(Document.id).desc())
    )
    return session.exec(query).first()


def supersede(session: Session, case_id: int, document_code: str) -> None:
    """A newer document of this kind is issued: those in force are superseded."""
    query = (
        update(Document)
        .where(col(Document.case_id) == case_id, col(Document.code) == document_code)
        .where(col(Document.state) == DocumentState.ISSUED)
        .values(state=DocumentState.SUPERSEDED)
    )
    session.execute(query.execution_options(synchronize_session="evaluate"))


def by_verification(session: Session, verification_code: str) -> Document | None:
    """The document that carries this code."""
    query = select(Document).where(Document.verification_code == verification_code)
    return session.exec(query).first()
