"""The annual budget (年度预算): one person proposes a change by resolution, another confirms it, cases in line go on.

三（一）: “相关资金在市工业和信息化局年度预算安排，总额控制、据实列支”.
"""

import unicodedata
from decimal import Decimal

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from flows.actions import two_people
from flows.actions.errors import (
    ConflictError,
    FieldFault,
    ForbiddenError,
    InvalidError,
    NotThereError,
    permitted,
)
from flows.documents.text import printable
from flows.steps import line
from models import clock
from models.money import MoneyError, fen
from models.permissions import Actor, may_decide_budget, may_propose_budget
from models.records import budget, ledger
from models.records.budget import BudgetChange
from models.records.ledger import AccountKind, EntryType, LedgerAccount
from models.records.two_people import Verdict

FIRST_YEAR, LAST_YEAR = 2024, 2038
"""五（二）: in force from 2024; claims are settled for ten years after it ends in 2028."""
LONGEST_RESOLUTION, LONGEST_REASON = 80, 500
LARGEST = Decimal("9999999999.99")


def propose(
    s: Session, actor: Actor, *, year: str, amount: str, resolution: str, reason: str
) -> BudgetChange:
    """Register a change of a budget year as typed: an amount in 元, negative to take out. Nothing changes yet.

    Raises `InvalidError` with every fault, `ConflictError` for a resolution that was entered before.
    """
    permitted(may_propose_budget(actor))
    faults: list[FieldFault] = []
    given = unicodedata.normalize("NFKC", year).strip()
    in_range = given.isascii() and given.isdigit() and FIRST_YEAR <= int(given[:5]) <= LAST_YEAR
    if not in_range:
        faults.append(FieldFault("year", f"请填写 {FIRST_YEAR} 至 {LAST_YEAR} 之间的年度，例如 2026。"))
    change = _amount(amount, faults)
    words = {"resolution": printable(resolution).strip(), "reason": printable(reason).strip()}
    for name, label, most in (
        ("resolution", "决议或批复文号", LONGEST_RESOLUTION),
        ("reason", "事由", LONGEST_REASON),
    ):
        if not words[name]:
            faults.append(FieldFault(name, f"请填写{label}。"))
        elif len(words[name]) > most:
            faults.append(FieldFault(name, f"{label}最多 {most} 字，现为 {len(words[name])} 字。"))
    if faults:
        raise InvalidError(tuple(faults))
    found = BudgetChange(
        year=int(given),
        amount=change,
        resolution=words["resolution"],
        reason=words["reason"],
        proposed_by=actor.person_id,
        proposed_at=clock.now(),
    )
    try:
        with s.begin_nested():
            s.add(found)
    except IntegrityError as error:
        raise ConflictError(
            f"{given}年度已登记过文号“{words['resolution']}”的预算变动，同一文号不能重复登记。"
        ) from error
    return found


def _amount(typed: str, faults: list[FieldFault]) -> Decimal:
    try:
        change = fen(unicodedata.normalize("NFKC", typed).strip().replace("−", "-"), negative=True)
    except MoneyError as error:
        faults.append(FieldFault("amount", str(error)))
        return Decimal(0)
    if not change:
        faults.append(FieldFault("amount", "请填写变动金额：追加写正数，调减写负数，不能为 0.00。"))
    elif abs(change) > LARGEST:
        faults.append(FieldFault("amount", f"单次变动最多 {LARGEST:,.2f} 元，请核对单位是否为元。"))
    return change


def confirm(s: Session, actor: Actor, change_id: int) -> int:
    """The second person's yes: the year's ceiling changes, and cases in line are woken in order of approval.

    The number of cases woken. Raises `ConflictError` when less would be left than is used.
    """
    change = _open(s, actor, change_id)
    year = str(change.year)
    account = ledger.opened(s, AccountKind.BUDGET, year, f"{year}年度风险补偿预算")
    if account.left + change.amount < 0:
        raise ConflictError(_too_much(account, change))
    two_people.close(change, actor, Verdict.CONFIRMED)
    kind = EntryType.CEILING if change.amount > 0 else EntryType.REDUCE
    ledger.post(
        s,
        account,
        kind,
        abs(change.amount),
        f"{change.resolution} {change.reason}",
        budget_change_id=change.id,
    )
    return line.call(s, account.id or 0)


def _too_much(account: LedgerAccount, change: BudgetChange) -> str:
    return (
        f"{account.label}已付 {account.paid:,.2f} 元、预留 {account.reserved:,.2f} 元，余额 {account.left:,.2f} 元，"
        f"不能调减 {-change.amount:,.2f} 元。请核对金额，或先释放预留。"
    )


def reject(s: Session, actor: Actor, change_id: int, reason: str) -> BudgetChange:
    """The second person's no, with its reason."""
    change = _open(s, actor, change_id)
    words = printable(reason).strip()
    if not words or len(words) > LONGEST_REASON:
        raise InvalidError((FieldFault("reason", f"请写明驳回原因（最多 {LONGEST_REASON} 字）。"),))
    two_people.close(change, actor, Verdict.REJECTED, words)
    return change


def withdraw(s: Session, actor: Actor, change_id: int) -> BudgetChange:
    """Whoever proposed a change takes it back before anyone has decided."""
    change = _undecided(s, change_id)
    if change.proposed_by != actor.person_id:
        raise ForbiddenError("只有登记人可以撤回预算变动；不同意的，由确认人驳回。")
    two_people.close(change, actor, Verdict.WITHDRAWN)
    return change


def _open(s: Session, actor: Actor, change_id: int) -> BudgetChange:
    change = _undecided(s, change_id)
    permitted(may_decide_budget(actor, change.proposed_by))
    return change


def _undecided(s: Session, change_id: int) -> BudgetChange:
    change = budget.locked(s, change_id)
    if change is None:
        raise NotThereError("没有找到这笔预算变动。")
    two_people.undecided(s, change, "这笔预算变动")
    return change
