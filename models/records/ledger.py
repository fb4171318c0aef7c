"""The ledger of limits (额度台账): accounts with a ceiling, and append-only double entries.

Every entry moves an amount from one side of its account to another (可用 → 预留 → 已付 …), so an account's sides
always sum to zero. The database does the rest: inserting an entry changes the balances in the same statement,
nothing else can; `paid + reserved - returned <= ceiling` holds however many approvals arrive at once; entries
cannot be changed or deleted.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, Session, SQLModel, col, func, or_, select

from models import clock
from models.records.base import coded, moment, money, one_of
from models.records.case import CaseRecord

ZERO = Decimal("0.00")


class AccountKind(StrEnum):
    """The three limits of 三（一） and 三（四）, and the money that came back (追偿返还)."""

    ENTERPRISE = "enterprise"  # 单家企业 1000万元, key = USCC
    BANK_YEAR = "bank_year"  # 当年实际发放贷款本金 2 %, key = institution id:[reading:]year
    BUDGET = "budget"  # 年度预算, key = year
    RECOVERY = "recovery"  # 追偿返还, key = year; it limits nothing


ACCOUNT_NAMES: dict[AccountKind, str] = {
    AccountKind.ENTERPRISE: "单家企业补偿限额",
    AccountKind.BANK_YEAR: "银行年度补偿限额",
    AccountKind.BUDGET: "年度预算",
    AccountKind.RECOVERY: "追偿返还",
}
LOCK_ORDER = tuple(AccountKind)
"""The order in which every transaction locks accounts, so that two of them never wait for each other."""


class EntryType(StrEnum):
    """What an entry does to its account."""

    CEILING = "ceiling"
    REDUCE = "reduce"
    RESERVE = "reserve"
    RELEASE = "release"
    SETTLE = "settle"
    RETURN = "return"


class Side(StrEnum):
    """The sides of an account. `grant` and `returned` are where money comes from, so they stand below zero."""

    GRANT = "grant"  # 核定额度
    FREE = "free"  # 可用
    RESERVED = "reserved"  # 预留
    PAID = "paid"  # 已付
    RETURNED = "returned"  # 返还


SIDES: dict[EntryType, tuple[Side, Side]] = {
    EntryType.CEILING: (Side.GRANT, Side.FREE),
    EntryType.REDUCE: (Side.FREE, Side.GRANT),
    EntryType.RESERVE: (Side.FREE, Side.RESERVED),
    EntryType.RELEASE: (Side.RESERVED, Side.FREE),
    EntryType.SETTLE: (Side.RESERVED, Side.PAID),
    EntryType.RETURN: (Side.RETURNED, Side.FREE),
}
"""From which side to which each kind of entry moves its amount."""


class LedgerAccount(SQLModel, table=True):
    """One limit. Amounts in 元; they follow the entries and cannot be written otherwise."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        one_of("kind", AccountKind),
        CheckConstraint("reserved >= 0 AND paid >= 0 AND returned >= 0", name="no_negative_balance"),
        CheckConstraint("kind = 'recovery' OR returned <= paid", name="no_more_returned_than_paid"),
        CheckConstraint("paid + reserved - returned <= ceiling", name="never_above_the_limit"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: AccountKind = coded(AccountKind)
    key: str = Field(max_length=60)
    label: str = Field(max_length=160)
    ceiling: Decimal = money(default=ZERO)
    reserved: Decimal = money(default=ZERO)
    paid: Decimal = money(default=ZERO)
    returned: Decimal = money(default=ZERO)

    @property
    def used(self) -> Decimal:
        """What is taken: paid and reserved, less what was returned (元)."""
        return self.paid + self.reserved - self.returned

    @property
    def left(self) -> Decimal:
        """What may still be reserved (余额), 元."""
        return self.ceiling - self.used


class LedgerEntry(SQLModel, table=True):
    """One movement from `source` to `target`; the database refuses to change or delete it.

    `left_after` is the account's 余额 after it, written by the database.
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (
        one_of("type", EntryType),
        one_of("source", Side),
        one_of("target", Side),
        CheckConstraint("amount > 0", name="moves_something"),
        CheckConstraint("(type IN ('ceiling', 'reduce')) = (case_id IS NULL)", name="names_its_case"),
        Index("ix_ledger_entries_account", "account_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="ledger_accounts.id")
    case_id: int | None = Field(default=None, foreign_key="cases.id", index=True)
    budget_change_id: int | None = Field(default=None, foreign_key="budget_changes.id")
    at: datetime = moment()
    type: EntryType = coded(EntryType)
    source: Side = coded(Side)
    target: Side = coded(Side)
    amount: Decimal = money()
    left_after: Decimal = money(default=ZERO)
    memo: str = Field(max_length=200)


def account(session: Session, kind: AccountKind, key: str) -> LedgerAccount | None:
    """The account as it stands."""
    query = select(LedgerAccount).where(LedgerAccount.kind == kind, LedgerAccount.key == key)
    return session.exec(query.execution_options(populate_existing=True)).first()


def standing(
    session: Session, wanted: Sequence[tuple[AccountKind, str]]
) -> dict[tuple[AccountKind, str], LedgerAccount]:
    """Those of the accounts (kind, key) that there are, as they stand, in one look."""
    query = select(LedgerAccount).where(
        or_(*((LedgerAccount.kind == kind) & (LedgerAccount.key == key) for kind, key in wanted))
    )
    rows = session.exec(query.execution_options(populate_existing=True))
    return {(AccountKind(one.kind), one.key): one for one in rows}


def opened(session: Session, kind: AccountKind, key: str, label: str) -> LedgerAccount:
    """The account, made if it is new, locked until the transaction ends. Lock in `LOCK_ORDER`."""
    found = _locked(session, kind, key)
    if found is None:
        new = insert(LedgerAccount).values(
            kind=kind, key=key, label=label, ceiling=ZERO, reserved=ZERO, paid=ZERO, returned=ZERO
        )
        session.connection().execute(new.on_conflict_do_nothing())
        found = _locked(session, kind, key)
    if found is None:
        raise RuntimeError(f"the ledger account {kind} {key} vanished")
    return found


def _locked(session: Session, kind: AccountKind, key: str) -> LedgerAccount | None:
    query = select(LedgerAccount).where(LedgerAccount.kind == kind, LedgerAccount.key == key)
    return session.exec(query.with_for_update().execution_options(populate_existing=True)).first()


def locked_by_id(session: Session, ids: Sequence[int]) -> list[LedgerAccount]:
    """These accounts, locked one after the other in `LOCK_ORDER`."""
    kinds = {
        found: (LOCK_ORDER.index(AccountKind(kind)), found)
        for found, kind in session.exec(
            select(LedgerAccount.id, LedgerAccount.kind).where(col(LedgerAccount.id).in_(ids))
        )
    }
    return [
        session.get_one(LedgerAccount, key, with_for_update=True, populate_existing=True)
        for key in sorted(ids, key=lambda one: kinds[one])
    ]


def post(
    session: Session,
    found: LedgerAccount,
    kind: EntryType,
    amount: Decimal,
    memo: str,
    *,
    case_id: int | None = None,
    budget_change_id: int | None = None,
) -> None:
    """Write one entry; the account at hand is read again. IntegrityError when it would pass the limit."""
    source, target = SIDES[kind]
    session.add(
        LedgerEntry(
            account_id=found.id or 0,
            case_id=case_id,
            budget_change_id=budget_change_id,
            at=clock.now(),
            type=kind,
            source=source,
            target=target,
            amount=amount,
            memo=memo[:200],
        )
    )
    session.flush()
    session.refresh(found)


def keep_ceiling(session: Session, found: LedgerAccount, ceiling: Decimal, memo: str) -> None:
    """Bring a ceiling up to date (元): it follows its base, but never falls below what is used already."""
    change = max(ceiling, found.used) - found.ceiling
    if change:
        kind = EntryType.CEILING if change > 0 else EntryType.REDUCE
        post(session, found, kind, abs(change), memo)


def entries_of_case(session: Session, case_id: int) -> Sequence[tuple[LedgerEntry, LedgerAccount]]:
    """The movements a case made, with their accounts, in order."""
    query = (
        select(LedgerEntry, LedgerAccount)
        .join(LedgerAccount, col(LedgerAccount.id) == col(LedgerEntry.account_id))
        .where(LedgerEntry.case_id == case_id)
        .order_by(col(LedgerEntry.id))
    )
    return session.exec(query).all()


def accounts(
    session: Session, kind: AccountKind, words: str = "", limit: int = 500
) -> Sequence[LedgerAccount]:
    """The accounts of a kind, the newest key first; of enterprises those that used most, or that match `words`."""
    query = select(LedgerAccount).where(LedgerAccount.kind == kind)
    if words:
        like = f"%{words}%"
        query = query.where(col(LedgerAccount.label).ilike(like) | col(LedgerAccount.key).startswith(words))
    if kind == AccountKind.ENTERPRISE:
        query = query.order_by((col(LedgerAccount.paid) + col(LedgerAccount.reserved)).desc())
    return session.exec(
        query.order_by(col(LedgerAccount.key).desc(), col(LedgerAccount.id)).limit(limit)
    ).all()


def of_year(session: Session, kind: AccountKind, year: int) -> Sequence[LedgerAccount]:
    """The accounts of a kind whose key ends with a year, the most used first."""
    used = col(LedgerAccount.paid) + col(LedgerAccount.reserved) - col(LedgerAccount.returned)
    query = select(LedgerAccount).where(
        LedgerAccount.kind == kind, col(LedgerAccount.key).endswith(str(year))
    )
    return session.exec(query.order_by(used.desc(), col(LedgerAccount.id))).all()


def entries_of_account(
    session: Session, account_id: int, limit: int = 200, before: int | None = None
) -> Sequence[tuple[LedgerEntry, str]]:
    """The newest movements of an account (older than the entry `before`) with the numbers of their cases."""
    query = (
        select(LedgerEntry, func.coalesce(CaseRecord.number, ""))
        .outerjoin(CaseRecord, col(CaseRecord.id) == col(LedgerEntry.case_id))
        .where(LedgerEntry.account_id == account_id)
        .order_by(col(LedgerEntry.id).desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(col(LedgerEntry.id) < before)
    return session.exec(query).all()
