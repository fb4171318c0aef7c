"""Changes of the register of institutions (机构名录), each by two people, each kept.

`institutions` and its dated tables hold what is in force; these rows say how it came to be, and are never edited.
"""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import Index, text
from sqlmodel import Field, Session, col, select

from models.records.base import Facts, coded, facts, one_of
from models.records.two_people import ByTwo, by_two


class Part(StrEnum):
    """Which part of an institution's entry is changed."""

    ENTRY = "entry"  # a new institution
    NAME = "name"
    ACCOUNT = "account"
    SHARES = "shares"
    CONTACT = "contact"
    COOPERATION = "cooperation"


PART_NAMES = {
    Part.ENTRY: "新机构",
    Part.NAME: "名称",
    Part.ACCOUNT: "收款账户",
    Part.SHARES: "分担比例",
    Part.CONTACT: "联系方式",
    Part.COOPERATION: "合作状态",
}


class InstitutionChange(ByTwo, table=True):
    """One change of the institution with this `code`; `after` is the form as read, `before` what it replaces, None
    for something that was not there."""

    __tablename__ = "institution_changes"
    __table_args__ = (
        one_of("part", Part),
        *by_two(),
        Index("ix_institution_changes_code", "code", "id"),
        Index(
            "uq_institution_changes_open",
            "code",
            "part",
            unique=True,
            postgresql_where=text("verdict IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=40)
    part: Part = coded(Part)
    before: Facts | None = facts(nullable=True)
    after: Facts = facts()
    basis: str = Field(max_length=120)  # the agreement, letter or notice it rests on


def changes_of(s: Session, code: str) -> Sequence[InstitutionChange]:
    """Every change of an institution, the newest first, at most 200."""
    query = select(InstitutionChange).where(InstitutionChange.code == code)
    return s.exec(query.order_by(col(InstitutionChange.id).desc()).limit(200)).all()


def waiting(s: Session) -> Sequence[InstitutionChange]:
    """Every change that waits for a second person, the oldest first."""
    query = select(InstitutionChange).where(col(InstitutionChange.verdict).is_(None))
    return s.exec(query.order_by(col(InstitutionChange.id))).all()
