"""The ledger of limits (额度台账): accounts with a ceiling, and append-only entries.

`used = paid + reserved - returned` and the CHECK `used <= ceiling` hold in the database: a reservation that
would pass a limit cannot be written, however many approvals arrive at once.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, Session, SQLModel, col, func, select

from models.records.base import coded, moment, money, one_of
from models.records.case import CaseRecord


class AccountKind(StrEnum):
    """The three limits of 三（一） and 三（四）."""

    ENTERPRISE = "enterprise"  # 单家企业 1000万元, key = USCC
    BANK_YEAR = "bank_year"  # 当年实际发放贷款本金 2 %, key = institution id:year
    BUDGET = "budget"  # 年度预算, key = year


ACCOUNT_NAMES: dict[AccountKind, str] = {
    AccountKind.ENTERPRISE: "单家企业补偿限额",
    AccountKind.BANK_YEAR: "银行年度补偿限额",
    AccountKind.BUDGET: "年度预算",
}


class EntryType(StrEnum):
    """What an entry does to its account."""

    CEILING = "ceiling"
    RESERVE = "reserve"
    RELEASE = "release"
    SETTLE = "settle"
    RETURN = "return"


class LedgerAccount(SQLModel, table=True):
    """One limit. Amounts in 元."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        one_of("kind", AccountKind),
        CheckConstraint("reserved >= 0 AND paid >= 0 AND returned >= 0", name="no_negative_balance"),
        CheckConstraint("returned <= paid", name="no_more_returned_than_paid"),
        CheckConstraint("paid + reserved - returned <= ceiling", name="never_above_the_limit"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: AccountKind = coded(AccountKind)
    key: str = Field(max_length=60)
    label: str = Field(max_length=160)
    ceiling: Decimal = money()
    reserved: Decimal = money(default=Decimal("0.00"))
    paid: Decimal = money(default=Decimal("0.00"))
    returned: Decimal = money(default=Decimal("0.00"))

    @property
    def left(self) -> Decimal:
        """What may still be reserved (余额), 元."""
        return self.ceiling - self.paid - self.reserved + self.returned


class LedgerEntry(SQLModel, table=True):
    """One movement; never changed afterwards."""

    __tablename__ = "ledger_entries"
    __table_args__ = (one_of("type", EntryType),)

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="ledger_accounts.id", index=True)
    case_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    at: datetime = moment()
    type: EntryType = coded(EntryType)
    amount: Decimal = money()
    left_after: Decimal = money()
    memo: str = Field(max_length=200)


def account(session: Session, kind: AccountKind, key: str) -> LedgerAccount | None:
    """The account as it stands."""
    query = select(LedgerAccount).where(LedgerAccount.kind == kind, LedgerAccount.key == key)
    return session.exec(query).first()


def locked_account(session: Session, kind: AccountKind, key: str) -> LedgerAccount | None:
    """The account, locked until the transaction ends. Lock in the order enterprise, bank-year, budget."""
    query = select(LedgerAccount).where(LedgerAccount.kind == kind, LedgerAccount.key == key)
    return session.exec(query.with_for_update().execution_options(populate_existing=True)).first()


def entries_of_case(session: Session, case_id: int) -> Sequence[tuple[LedgerEntry, LedgerAccount]]:
    """The movements a case made, with their accounts, in order."""
    query = (
        select(LedgerEntry, LedgerAccount)
        .join(LedgerAccount, col(LedgerAccount.id) == col(LedgerEntry.account_id))
        .where(LedgerEntry.case_id == case_id)
        .order_by(col(LedgerEntry.id))
    )
    return session.exec(query).all()


def accounts(session: Session, kind: AccountKind) -> Sequence[LedgerAccount]:
    """The accounts of a kind, the newest key first, at most 500."""
    query = select(LedgerAccount).where(LedgerAccount.kind == kind)
    return session.exec(query.order_by(col(LedgerAccount.key).desc(), col(LedgerAccount.id)).limit(500)).all()


def entries_of_account(session: Session, account_id: int) -> Sequence[tuple[LedgerEntry, str]]:
    """The newest 200 movements of an account with the numbers of the cases that made them."""
    query = (
        select(LedgerEntry, func.coalesce(CaseRecord.number, ""))
        .outerjoin(CaseRecord, col(CaseRecord.id) == col(LedgerEntry.case_id))
        .where(LedgerEntry.account_id == account_id)
        .order_by(col(LedgerEntry.id).desc())
        .limit(200)
    )
    return session.exec(query).all()
