"""Versions of the document templates (文书模板): whose wording is in force on which day.

A document keeps the version it was issued with for ever. The templates the system ships are taken over as versions
of their own; everything later is the office's, uploaded by one person and confirmed by another.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, Session, SQLModel, col, select

from models.records.base import coded, dated, moment, one_of


class TemplateState(StrEnum):
    """Where a version stands."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DECLINED = "declined"


TEMPLATE_STATE_NAMES = {
    TemplateState.PROPOSED: "待确认",
    TemplateState.CONFIRMED: "已确认",
    TemplateState.DECLINED: "未采用",
}


class TemplateVersion(SQLModel, table=True):
    """One version of one document's template; its bytes are in `blobs`."""

    __tablename__ = "document_templates"
    __table_args__ = (
        one_of("state", TemplateState),
        UniqueConstraint("code", "version"),
        Index("uq_document_templates_open", "code", unique=True, postgresql_where=text("state = 'proposed'")),
        CheckConstraint(
            "state <> 'confirmed' OR effective_on IS NOT NULL AND (shipped OR confirmed_by <> proposed_by)",
            name="confirmed_by_another",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=10)
    version: int
    sha256: str = Field(foreign_key="blobs.sha256", max_length=64)
    state: TemplateState = coded(TemplateState)
    shipped: bool = False  # came with the system
    note: str = Field(default="", max_length=1000)  # what was changed, and why
    proposed_by: int | None = Field(default=None, foreign_key="people.id")
    proposed_at: datetime = moment()
    confirmed_by: int | None = Field(default=None, foreign_key="people.id")  # who decided, also against it
    confirmed_at: datetime | None = moment(nullable=True)
    effective_on: date | None = dated(nullable=True)


def in_force(session: Session, code: str, on: date) -> TemplateVersion | None:
    """The version documents issued on a day are made with."""
    query = (
        select(TemplateVersion)
        .where(
            TemplateVersion.code == code,
            TemplateVersion.state == TemplateState.CONFIRMED,
            col(TemplateVersion.effective_on) <= on,
        )
        .order_by(col(TemplateVersion.effective_on).desc(), col(TemplateVersion.version).desc())
    )
    return session.exec(query.limit(1)).first()


def versions(session: Session, code: str | None = None) -> Sequence[TemplateVersion]:
    """Every version (of one document), newest first."""
    query = select(TemplateVersion).order_by(col(TemplateVersion.code), col(TemplateVersion.version).desc())
    return session.exec(query.where(TemplateVersion.code == code) if code else query).all()


def of(session: Session, code: str, version: int) -> TemplateVersion | None:
    """One version."""
    query = select(TemplateVersion).where(TemplateVersion.code == code, TemplateVersion.version == version)
    return session.exec(query).first()
