"""The limits as a ledger: reserve (预留) at approval, settle (已付) at payment, release when it comes to nothing,
return on recovery (A3, A21).

Accounts are always locked in the order enterprise, bank-year, budget, so that approvals never deadlock.
"""

from datetime import date, datetime
from decimal import Decimal

from sqlmodel import Session

from flows.kernel import Case, step
from flows.steps import line
from flows.steps.accounts import Draw, draws, held, paid
from flows.steps.happened import happened
from models import clock
from models.records import claim as claims
from models.records import ledger, waiting
from models.records.case import CaseRecord, EntryKind, locked
from models.records.ledger import AccountKind, EntryType, LedgerAccount
from models.records.rules import rules
from models.records.waiting import WaitEnd

ZERO = Decimal("0.00")
APPROVING = frozenset({"leader_approval", "meeting"})
Short = tuple[Draw, LedgerAccount, int, Decimal]
"""A limit without room: the draw on it, the account, how many wait before this case and what they need (元)."""


def release_all(s: Session, record: CaseRecord, memo: str) -> bool:
    """Give back whatever the case holds reserved and leave the line it stands in; whether anything was held."""
    case_id = record.id or 0
    holds = held(s, case_id)
    for account in ledger.locked_by_id(s, list(holds)):
        ledger.post(s, account, EntryType.RELEASE, holds[account.id or 0], memo, case_id=case_id)
    waited_for = line.leave(s, case_id, WaitEnd.LEFT)
    for account_id in dict.fromkeys([*holds, *([waited_for] if waited_for else [])]):
        line.call(s, account_id)
    return bool(holds)


def _release_step(case: Case) -> None:
    if release_all(case.session, case.record, "退回，释放预留"):
        happened(case, "released")
    claims.of_case(case.session, case.id).approved = None


@step(undo=_release_step)
def reserve(case: Case) -> str:
    """三（一）（四）: hold the approved amount against every limit; "" when held, else the sentence that says which
    limit has no room, with the figures. Nothing is held unless everything is.

    Where waiting can help (总额控制: the budget may be raised) the case joins the line; see `waits`.
    """
    s, record = case.session, case.record
    claimed = claims.of_case(s, case.id)
    amount = claimed.calculated or ZERO
    wanted = [(draw, draw.opened(s)) for draw in draws(s, record, claimed, amount)]
    mine = waiting.of_case(s, case.id)
    anew = mine is None and _recalculation_asked(s, case.id)
    short = _short(s, wanted, mine)
    if short is None:
        line.leave(s, case.id, WaitEnd.SERVED)
        for draw, account in wanted:
            ledger.post(s, account, EntryType.RESERVE, draw.amount, f"{record.number} 预留", case_id=case.id)
        claimed.approved = amount
        record.decided_amount = amount
        happened(case, "reserved", amount=str(amount), accounts=[account.label for _, account in wanted])
        return ""
    draw, account, _, _ = short
    if draw.waits and not anew:
        said = _waiting_sentence(short)
        if line.join(s, case.id, account, draw.amount, _approved_at(case)):
            happened(case, "awaiting_room", reason=said)
        return said
    line.leave(s, case.id, WaitEnd.LEFT)
    left = max(draw.room(account), ZERO)
    return (
        f"{account.label}余额 {left:,.2f} 元，不足核定的 {draw.amount:,.2f} 元，"
        f"相差 {draw.amount - left:,.2f} 元，须按现有余额重新测算。"
    )


def _short(
    s: Session, wanted: list[tuple[Draw, LedgerAccount]], mine: waiting.LedgerWait | None
) -> Short | None:
    """The limit that stands in the way: first one where waiting does not help, else the first."""
    found: list[Short] = []
    for draw, account in wanted:
        before = waiting.ahead(s, account.id or 0, mine) if draw.waits else (0, ZERO)
        if draw.room(account) - before[1] < draw.amount:
            found.append((draw, account, *before))
    return min(found, key=lambda one: one[0].waits, default=None)


def _waiting_sentence(short: Short) -> str:
    draw, account, before, needed = short
    left = draw.room(account)
    queue = f"前面另有 {before} 件待额度、共需 {needed:,.2f} 元，" if before else ""
    return (
        f"{account.label}余额 {left:,.2f} 元，{queue}本案核定 {draw.amount:,.2f} 元，"
        f"尚缺 {draw.amount + needed - left:,.2f} 元。额度补足后按批准先后自动继续。"
    )


def _approved_at(case: Case) -> datetime:
    """When the last approving gate was answered: the case's place in the line."""
    answered = [
        entry.finished_at
        for entry in case.journal.values()
        if entry.kind == EntryKind.GATE and entry.name in APPROVING and entry.finished_at
    ]
    return max(answered, default=clock.now())


def _recalculation_asked(s: Session, case_id: int) -> bool:
    """Whether 市工信局 had the case taken out of the line; said once, it may wait again after new approvals."""
    last = waiting.latest(s, case_id)
    if last is None or last.ended != WaitEnd.RECALCULATE:
        return False
    last.ended = WaitEnd.LEFT
    return True


@step()
def waits(case: Case) -> bool:
    """Whether the case stands in the line of a limit (待额度); otherwise it must be calculated anew."""
    return waiting.of_case(case.session, case.id) is not None


@step()
def waits_for_budget(case: Case) -> bool:
    """三（一）“总额控制”: a claim whose figure is nil only because nothing is left of the budget (or of a deferred
    bank-year, A2) waits for room before anyone reviews it; it is not refused."""
    s, record = case.session, case.record
    claimed = claims.of_case(s, case.id)
    deciding = (claimed.award or {}).get("deciding")
    kinds = {"budget": AccountKind.BUDGET, "bank_year.cap": AccountKind.BANK_YEAR}
    draw = next(
        (d for d in draws(s, record, claimed, ZERO) if d.waits and d.kind == kinds.get(str(deciding))), None
    )
    if draw is None:
        return False
    account = draw.opened(s)
    if line.join(s, case.id, account, ZERO, clock.now()):
        reason = f"{account.label}余额 {max(draw.room(account), ZERO):,.2f} 元，额度补足后自动测算并送初审。"
        happened(case, "awaiting_room", reason=reason)
    return True


@step()
def next_budget_year(case: Case) -> datetime:
    """When a waiting case looks again at the latest: the first instant of the next budget year."""
    return clock.start_of(date(clock.today().year + 1, 1, 1))


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
    amount = claimed.approved or ZERO
    holds = held(s, case.id)
    for account in ledger.locked_by_id(s, list(holds)):
        memo = f"{record.number} 凭证 {voucher_number}"
        ledger.post(s, account, EntryType.SETTLE, holds[account.id or 0], memo, case_id=case.id)
    claimed.paid = amount
    claimed.voucher_number = voucher_number
    claimed.voucher_date = date.fromisoformat(voucher_date)
    happened(case, "paid", amount=str(amount), voucher=voucher_number, on=voucher_date)


class OverReturnedError(ValueError):
    """More would come back for a case than was paid for it; the sentence has the figures."""


def give_back(s: Session, record: CaseRecord, amount: Decimal, memo: str) -> None:
    """A3, A21: money (元) came back by recovery (追偿返还). It is kept in the year's account of returns, and refills
    the enterprise limit only, unless a parameter lets it refill the bank-year and the still open budget year too.

    `record` is the claim's; its row is taken first, so that returns of one claim follow each other. Raises
    `OverReturnedError` for more than was paid for the case and not yet returned.
    """
    case_id = record.id or 0
    locked(s, case_id)
    claimed = claims.of_case(s, case_id)
    today = clock.today()
    before = sum(
        (e.amount for e, a in ledger.entries_of_case(s, case_id) if a.kind == AccountKind.RECOVERY), ZERO
    )
    left = (claimed.paid or ZERO) - before
    if not ZERO < amount <= left:
        raise OverReturnedError(
            f"{record.number} 已付 {claimed.paid or ZERO:,.2f} 元、已返还 {before:,.2f} 元，"
            f"最多还可返还 {left:,.2f} 元，现为 {amount:,.2f} 元，请核对。"
        )
    refills = {AccountKind.ENTERPRISE}
    if rules(s).on(today).choice("recovery_refills") == "all":
        refills |= {AccountKind.BANK_YEAR, AccountKind.BUDGET}
    spent = paid(s, case_id)
    for account in ledger.locked_by_id(s, list(spent)):
        closed = account.kind == AccountKind.BUDGET and int(account.key) < today.year
        if account.kind in refills and not closed:
            # a limit that counts loss is refilled in the proportion it was used
            share = (spent[account.id or 0] * amount / left).quantize(ZERO, rounding="ROUND_DOWN")
            ledger.post(s, account, EntryType.RETURN, share, memo, case_id=case_id)
            line.call(s, account.id or 0)
    returns = ledger.opened(s, AccountKind.RECOVERY, str(today.year), f"{today.year}年度追偿返还")
    ledger.post(s, returns, EntryType.RETURN, amount, memo, case_id=case_id)
