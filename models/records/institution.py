"""Institutions (机构): banks, guarantors, managing institutions, the city's bureaux.

Names are dated: 市金融工作局 became 市委金融办, and a document of 2024 must still say what was true in 2024.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, Session, SQLModel, col, or_, select

from models.lifecycle import Board
from models.records.base import coded, dated, moment, once, one_of
from models.records.marks import kept


class Kind(StrEnum):
    """What an institution is in the policy."""

    BANK = "bank"
    GUARANTOR = "guarantor"
    MANAGING = "managing"
    BUREAU = "bureau"
    FINANCE = "finance"
    MEMBER = "member"


KIND_NAMES: dict[Kind, str] = {
    Kind.BANK: "合作银行",
    Kind.GUARANTOR: "政府性融担机构",
    Kind.MANAGING: "受托管理机构",
    Kind.BUREAU: "市工业和信息化局",
    Kind.FINANCE: "市财政局",
    Kind.MEMBER: "联席会议成员单位",
}


class Institution(SQLModel, table=True):
    """One institution. `files_board` says on which board it files and claims; 科创担保 both manages and claims."""

    __tablename__ = "institutions"
    __table_args__ = (one_of("kind", Kind), one_of("files_board", Board))

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=40, unique=True)
    kind: Kind = coded(Kind, index=True)
    files_board: Board | None = coded(Board, nullable=True)
    uscc: str | None = Field(default=None, max_length=18)
    number_word: str = Field(default="", max_length=20)  # 发文代字, e.g. 东工信, 计
    town: str = Field(default="", max_length=40)
    contact_person: str = Field(default="", max_length=60)  # whom the readers of its letters may ask
    contact_phone: str = Field(default="", max_length=40)
    address: str = Field(default="", max_length=120)
    active: bool = True
    stopped_on: date | None = dated(nullable=True)  # 停止合作: from this day no new loans are filed
    checker_since: datetime | None = moment(
        nullable=True
    )  # 经办/复核: since when another person releases what is filed


class InstitutionName(SQLModel, table=True):
    """What an institution was called from `valid_from` until the next name."""

    __tablename__ = "institution_names"
    __table_args__ = (UniqueConstraint("institution_id", "valid_from"),)

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institutions.id")
    name: str = Field(max_length=120)
    short_name: str = Field(max_length=40)
    valid_from: date = dated()


class InstitutionContact(SQLModel, table=True):
    """A person outside who receives an institution's notices; `active` once the address was verified by a code
    that was mailed to it, until the institution's administrator ends it."""

    __tablename__ = "institution_contacts"

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institutions.id", index=True)
    name: str = Field(max_length=60)
    email: str = Field(max_length=200)
    phone: str = Field(default="", max_length=40)
    active: bool = True
    created_at: datetime | None = moment(nullable=True)
    verified_at: datetime | None = moment(nullable=True)
    ended_at: datetime | None = moment(nullable=True)
    code_hash: str = Field(default="", max_length=64)
    code_sent_at: datetime | None = moment(nullable=True)
    code_tries: int = 0


class InstitutionAccount(SQLModel, table=True):
    """The account an institution receives money on, from `valid_from`: compensation, or what 市财政局 gets back."""

    __tablename__ = "institution_accounts"
    __table_args__ = (UniqueConstraint("institution_id", "valid_from"),)

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institutions.id", index=True)
    account_name: str = Field(max_length=120)
    account_number: str = Field(max_length=40)
    bank_name: str = Field(max_length=120)
    valid_from: date = dated()


class ShareAgreement(SQLModel, table=True):
    """Who bears which part of a loss on the guarantee board, by guarantor and date (shares in %, sum 100)."""

    __tablename__ = "share_agreements"
    __table_args__ = (
        Index("ix_share_agreements_lookup", "institution_id", "valid_from"),
        UniqueConstraint("institution_id", "valid_from"),
        CheckConstraint("bank + national + provincial + city + other = 100", name="shares_sum_to_100"),
    )

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institutions.id")
    valid_from: date = dated()
    bank: int
    national: int
    provincial: int
    city: int
    other: int = 0


class WebhookEndpoint(SQLModel, table=True):
    """Where an institution's own system receives notices; the secret signs them (Standard Webhooks).

    `active` once it answered a challenge. A rotated secret signs beside its successor until `old_secret_until`.
    After `failures` in a row nothing is sent until `paused_until`, then one notice at a time until one succeeds.
    Real time throughout.
    """

    __tablename__ = "webhook_endpoints"

    id: int | None = Field(default=None, primary_key=True)
    institution_id: int = Field(foreign_key="institutions.id", index=True)
    url: str = Field(max_length=500)
    secret: str = Field(max_length=120)
    active: bool = True
    created_at: datetime | None = moment(nullable=True)
    verified_at: datetime | None = moment(nullable=True)
    ended_at: datetime | None = moment(nullable=True)
    old_secret: str = Field(default="", max_length=120)
    old_secret_until: datetime | None = moment(nullable=True)
    failures: int = 0
    failing_since: datetime | None = moment(nullable=True)
    paused_until: datetime | None = moment(nullable=True)


def names_on(session: Session, on: date) -> dict[int, InstitutionName]:
    """Every institution's name in force on a day; an institution younger than `on` shows its first name."""
    chosen: dict[int, InstitutionName] = {}
    for row in kept(session, "institution_names", lambda: _names(session)):
        if row.valid_from <= on or row.institution_id not in chosen:
            chosen[row.institution_id] = row
    return chosen


def _names(session: Session) -> Sequence[InstitutionName]:
    query = select(InstitutionName).order_by(col(InstitutionName.valid_from))
    return [InstitutionName.model_validate(row.model_dump()) for row in session.exec(query)]


def name_on(session: Session, institution_id: int, on: date) -> InstitutionName:
    """The name in force on a day."""
    return names_on(session, on)[institution_id]


def by_code(session: Session, institution_code: str) -> Institution | None:
    """The institution with this code."""
    return session.exec(select(Institution).where(Institution.code == institution_code)).first()


def of_kind(session: Session, kind: Kind) -> Sequence[Institution]:
    """Active institutions of a kind, oldest first."""
    query = select(Institution).where(Institution.kind == kind, col(Institution.active))
    return once(session, ("of_kind", kind), lambda: session.exec(query.order_by(col(Institution.id))).all())


def filing_institutions(session: Session) -> Sequence[Institution]:
    """Every active institution that may file on a board."""
    query = select(Institution).where(col(Institution.files_board).is_not(None), col(Institution.active))
    return session.exec(query.order_by(col(Institution.id))).all()


def account_on(session: Session, institution_id: int, on: date) -> InstitutionAccount | None:
    """The payee account in force on a day."""
    query = (
        select(InstitutionAccount)
        .where(InstitutionAccount.institution_id == institution_id, InstitutionAccount.valid_from <= on)
        .order_by(col(InstitutionAccount.valid_from).desc())
    )
    return session.exec(query).first()


def shares_on(session: Session, institution_id: int, on: date) -> ShareAgreement | None:
    """The share agreement in force on a day."""
    query = (
        select(ShareAgreement)
        .where(ShareAgreement.institution_id == institution_id, ShareAgreement.valid_from <= on)
        .order_by(col(ShareAgreement.valid_from).desc())
    )
    return session.exec(query).first()


def having_on(
    session: Session, kept: type[InstitutionAccount] | type[ShareAgreement], on: date
) -> frozenset[int]:
    """Institutions with an account, or an agreement, in force on a day."""
    return frozenset(session.exec(select(kept.institution_id).where(kept.valid_from <= on)))


def agreements_of(session: Session, institution_id: int) -> Sequence[ShareAgreement]:
    """An institution's share agreements, newest first."""
    query = select(ShareAgreement).where(ShareAgreement.institution_id == institution_id)
    return session.exec(query.order_by(col(ShareAgreement.valid_from).desc())).all()


def contacts(session: Session, institution_id: int) -> Sequence[InstitutionContact]:
    """Contacts who receive notices."""
    every = kept(session, "institution_contacts", lambda: _contacts(session))
    return [one for one in every if one.institution_id == institution_id]


def _contacts(session: Session) -> Sequence[InstitutionContact]:
    query = select(InstitutionContact).where(col(InstitutionContact.active))
    found = session.exec(query.order_by(col(InstitutionContact.id)))
    return [InstitutionContact.model_validate(one.model_dump()) for one in found]


def endpoints(session: Session, institution_id: int) -> Sequence[WebhookEndpoint]:
    """Active webhook endpoints."""
    query = select(WebhookEndpoint).where(
        WebhookEndpoint.institution_id == institution_id, col(WebhookEndpoint.active)
    )
    return session.exec(query.order_by(col(WebhookEndpoint.id))).all()


def all_contacts(session: Session, institution_id: int) -> Sequence[InstitutionContact]:
    """Contacts that were not ended, verified or not."""
    query = select(InstitutionContact).where(
        InstitutionContact.institution_id == institution_id, col(InstitutionContact.ended_at).is_(None)
    )
    return session.exec(query.order_by(col(InstitutionContact.id))).all()


def all_endpoints(session: Session, institution_id: int) -> Sequence[WebhookEndpoint]:
    """Endpoints that were not ended, verified or not."""
    query = select(WebhookEndpoint).where(
        WebhookEndpoint.institution_id == institution_id, col(WebhookEndpoint.ended_at).is_(None)
    )
    return session.exec(query.order_by(col(WebhookEndpoint.id))).all()


def matching(session: Session, words: str) -> Sequence[int]:
    """Ids of institutions of which any name contains `words` (for searches)."""
    query = select(InstitutionName.institution_id).where(
        or_(
            col(InstitutionName.name).icontains(words, autoescape=True),
            col(InstitutionName.short_name).icontains(words, autoescape=True),
        )
    )
    return session.exec(query.distinct()).all()
