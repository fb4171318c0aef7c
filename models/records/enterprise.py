"""Borrowing firms (企业), and the white list (白名单) of 三（二）."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import CheckConstraint, Index, column, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field, Session, SQLModel, col, select

from models.records.base import dated, moment, money


class Enterprise(SQLModel, table=True):
    """A firm as last filed. What a decision used is kept with the loan, not here."""

    __tablename__ = "enterprises"

    id: int | None = Field(default=None, primary_key=True)
    uscc: str = Field(max_length=18, unique=True)
    name: str = Field(max_length=120, index=True)
    sector: str = Field(default="", max_length=40)  # section of GB/T 4754, as models.policy.sector.Sector
    finance_like: bool = False  # 类金融
    investment_management: bool = False  # 投资与资产管理
    industry: str = Field(max_length=40)  # key of the 16 industries of 工信部联企业〔2011〕300号
    employees: int
    revenue_wan: Decimal = money()  # 万元
    assets_wan: Decimal = money()  # 万元
    size_class: str = Field(max_length=10)  # 微型 小型 中型 大型, as models.policy.size_class.Size
    town: str = Field(default="", max_length=40)
    legal_representative: str = Field(default="", max_length=60)
    legal_person: bool = True


class WhiteListEntry(SQLModel, table=True):
    """A firm's stay on the white list; `valid_to` is the last day, None while it stays on.

    Two stays of a firm never overlap; none is deleted or begins on another day than it was published with.
    A removal (移出) keeps in `planned_to` the last day that was meant before.
    """

    __tablename__ = "white_list"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="ends_after_it_begins"),
        ExcludeConstraint(
            (column("uscc"), "="),
            (text("daterange(valid_from, valid_to, '[]')"), "&&"),
            name="one_stay_at_a_time",
            using="gist",
        ),
        Index("ix_white_list_stays", "uscc", "valid_from"),
    )

    id: int | None = Field(default=None, primary_key=True)
    uscc: str = Field(max_length=18)
    batch: str = Field(max_length=40)
    recommended_by: str = Field(max_length=80)
    valid_from: date = dated()
    valid_to: date | None = dated(nullable=True)
    firm_name: str = Field(default="", max_length=120)
    grounds: str = Field(default="", max_length=120)
    town: str = Field(default="", max_length=40)
    size_class: str = Field(default="", max_length=10)  # "" where the facts for it were not given
    round_id: int | None = Field(default=None, foreign_key="white_list_rounds.id", index=True)
    removal_reason: str = Field(default="", max_length=200)
    removal_document: str = Field(default="", max_length=200)
    planned_to: date | None = dated(nullable=True)
    removed_by: int | None = Field(default=None, foreign_key="people.id")
    removed_at: datetime | None = moment(nullable=True)
    left_round_id: int | None = Field(
        default=None, foreign_key="white_list_rounds.id"
    )  # whole list without it

    def covers(self, day: date) -> bool:
        """Whether the firm is on the list on that day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def stays_of(session: Session, firms: Collection[str]) -> dict[str, list[WhiteListEntry]]:
    """The stays on the white list of each firm (by 统一社会信用代码), earliest first."""
    found: dict[str, list[WhiteListEntry]] = {}
    query = select(WhiteListEntry).where(col(WhiteListEntry.uscc).in_(firms))
    for stay in session.exec(query.order_by(col(WhiteListEntry.valid_from), col(WhiteListEntry.id))):
        found.setdefault(stay.uscc, []).append(stay)
    return found


class Stay(NamedTuple):
    """What a list of loans needs to know of a firm's stay: the batch, and from when to when."""

    batch: str
    valid_from: date
    valid_to: date | None

    def covers(self, day: date) -> bool:
        """Whether the firm is on the list on that day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def stays_in_short(session: Session, firms: Collection[str]) -> dict[str, list[Stay]]:
    """The same as `stays_of`, for thousands of firms at once."""
    query = text("""
    SELECT uscc, batch, valid_from, valid_to FROM white_list WHERE uscc = ANY(:firms) ORDER BY valid_from, id""")
    found: dict[str, list[Stay]] = {}
    for uscc, *stay in session.connection().execute(query, {"firms": list(firms)}):
        found.setdefault(uscc, []).append(Stay(*stay))
    return found
