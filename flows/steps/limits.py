"""The limits as a ledger: reserve (预留) at approval, settle (已付) at payment, release when it comes to nothing.

Accounts are always locked in the order enterprise, bank-year, budget, so that two approvals cannot deadlock.
"""

from datetime import date
from decimal import Decimal

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from flows.kernel import Case, step
from flows.steps.happened import happened
from models import clock
from models.lifecycle import Board
from models.records import claim as claims
from models.records import institution, ledger
from models.records import loan as loans
from models.records.case import CaseRecord
from models.records.ledger import AccountKind, EntryType, LedgerAccount, LedgerEntry
from models.records.loan import Loan, lending_of_year
from models.records.rules import rules


def release_all(s: Session, record: CaseRecord, memo: str) -> None:
    """Give back whatever the case holds reserved."""
    held: dict[int, Decimal] = {}
    for entry, account in ledger.entries_of_case(s, record.id or 0):
        sign = {EntryType.RESERVE: 1, EntryType.RELEASE: -1, EntryType.SETTLE: -1}.get(
            EntryType(entry.type), 0
        )
        held[account.id or 0] = held.get(account.id or 0, Decimal(0)) + sign * entry.amount
    for account_id in sorted(held):
        if held[account_id] > 0:
            account = s.get_one(LedgerAccount, account_id, with_for_update=True, populate_existing=True)
            account.reserved -= held[account_id]
            _post(s, record, account, EntryType.RELEASE, held[account_id], memo)


def _release_step(case: Case) -> None:
    release_all(case.session, case.record, "退回，释放预留")
    claims.of_case(case.session, case.id).approved = None
    happened(case, "released")


@step(undo=_release_step)
def reserve(case: Case) -> str:
    """三（一）（四）: hold the approved amount against every limit; "" when held, else the sentence that says which
    limit no longer has room. Nothing is held unless everything is."""
    s, record = case.session, case.record
    claimed = claims.of_case(s, case.id)
    amount = claimed.calculated or Decimal(0)
    accounts = _accounts(s, record, loans.by_id(s, claimed.loan_id))
    short = next((account for account in accounts if account.left < amount), None)
    if short is not None:
        return f"{short.label}余额 {short.left:,.2f} 元，不足核定的 {amount:,.2f} 元，须按现有余额重新测算。"
    for account in accounts:
        account.reserved += amount
        _post(s, record, account, EntryType.RESERVE, amount, f"{record.number} 预留")
    claimed.approved = amount
    record.decided_amount = amount
    happened(case, "reserved", amount=str(amount), accounts=[account.label for account in accounts])
    return ""


@step()
def release(case: Case, why: str) -> None:
    """The case came to nothing after its approval."""
    release_all(case.session, case.record, why)
    claims.of_case(case.session, case.id).approved = None
    happened(case, "released")


@step()
def settle(case: Case, voucher_number: str, voucher_date: str) -> None:
    """三（一）“据实列支”: what was reserved has been paid."""
    s, record = case.session, case.record
    claimed = claims.of_case(s, case.id)
    amount = claimed.approved or Decimal(0)
    for account in _accounts(s, record, loans.by_id(s, claimed.loan_id), grow=False):
        account.reserved -= amount
        account.paid += amount
        _post(s, record, account, EntryType.SETTLE, amount, f"{record.number} 凭证 {voucher_number}")
    claimed.paid = amount
    claimed.voucher_number = voucher_number
    claimed.voucher_date = date.fromisoformat(voucher_date)
    happened(case, "paid", amount=str(amount), voucher=voucher_number, on=voucher_date)


def _accounts(s: Session, record: CaseRecord, loan: Loan, *, grow: bool = True) -> list[LedgerAccount]:
    """The accounts a claim draws on, locked, ceilings brought up to date. Enterprise and bank-year limits stand in
    三（四） only; the budget covers both boards. A19: the budget year is that of the reservation."""
    today = clock.today()
    used = rules(s)
    terms = used.on(max(loan.disbursed_on, used.get("policy_from").rows[0].since))
    reserved_in = _budget_year(s, record, today.year)
    found: list[LedgerAccount] = []
    if record.board == Board.BANK:
        names = institution.name_on(s, record.institution_id, today)
        year = loan.disbursed_on.year if terms.choice("cap_basis") == "vintage" else today.year
        cap = terms.decimal("bank_enterprise_cap")
        found.append(
            _account(s, AccountKind.ENTERPRISE, loan.uscc, f"{loan.firm_name}单家企业补偿限额", cap, grow)
        )
        lent = lending_of_year(s, record.institution_id, year)
        ceiling = (lent * terms.decimal("bank_year_cap_ratio")).quantize(
            Decimal("0.01"), rounding="ROUND_DOWN"
        )
        label = f"{names.short_name}{year}年度补偿限额"
        key = f"{record.institution_id}:{year}"
        found.append(_account(s, AccountKind.BANK_YEAR, key, label, ceiling, grow))
    budget = ledger.locked_account(s, AccountKind.BUDGET, str(reserved_in))
    if budget is None:
        label = f"{reserved_in}年度风险补偿预算"
        budget = _account(s, AccountKind.BUDGET, str(reserved_in), label, Decimal("0.00"), False)
    return [*found, budget]


def _budget_year(s: Session, record: CaseRecord, current: int) -> int:
    """The budget year the case already holds money of, else the current one."""
    for _, account in reversed(ledger.entries_of_case(s, record.id or 0)):
        if account.kind == AccountKind.BUDGET:
            return int(account.key)
    return current


def _account(
    s: Session, kind: AccountKind, key: str, label: str, ceiling: Decimal, grow: bool
) -> LedgerAccount:
    """The account, made if it is new, locked; a ceiling only grows (the 2 % base grows as loans are registered)."""
    empty = Decimal("0.00")
    query = insert(LedgerAccount).values(
        kind=kind, key=key, label=label, ceiling=ceiling, reserved=empty, paid=empty, returned=empty
    )
    s.connection().execute(query.on_conflict_do_nothing())
    account = ledger.locked_account(s, kind, key)
    if account is None:
        raise RuntimeError(f"the ledger account {kind} {key} vanished")
    if grow and ceiling > account.ceiling:
        account.ceiling = ceiling
    return account


def _post(
    s: Session, record: CaseRecord, account: LedgerAccount, kind: EntryType, amount: Decimal, memo: str
) -> None:
    s.flush()
    s.add(
        LedgerEntry(
            account_id=account.id or 0,
            case_id=record.id,
            at=clock.now(),
            type=kind,
            amount=amount,
            left_after=account.left,
            memo=memo,
        )
    )
