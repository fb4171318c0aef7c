"""The line before a limit without room (待额度): joining it, leaving it, and calling those who now find room.

A case is called by ending its wait for the next budget year. The caller holds the account; a case that somebody
works on in this very moment is left out (never waited for, so nobody deadlocks) and called by the next look.
"""

from datetime import datetime
from decimal import Decimal

from sqlmodel import Session, col, select

from flows.kernel.case import wake
from flows.kernel.words import interrupt
from flows.steps.accounts import bank_year_ceiling, of_bank_year
from models import clock
from models.lifecycle import State
from models.records import ledger, waiting
from models.records.case import CaseRecord, EntryKind, JournalEntry
from models.records.ledger import AccountKind, LedgerAccount
from models.records.rules import rules
from models.records.waiting import LedgerWait, WaitEnd

ZERO = Decimal("0.00")


def join(s: Session, case_id: int, account: LedgerAccount, amount: Decimal, since: datetime) -> bool:
    """Stand in the line of an account with `amount` (元; 0 before 初审); False if the case stood there already."""
    mine = waiting.of_case(s, case_id)
    if mine is not None and mine.account_id == account.id:
        mine.amount = amount
        return False
    leave(s, case_id, WaitEnd.LEFT)
    s.add(LedgerWait(case_id=case_id, account_id=account.id or 0, amount=amount, since=since))
    s.flush()
    return True


def leave(s: Session, case_id: int, how: WaitEnd) -> int | None:
    """Stop waiting; the account the case stood before, or None."""
    mine = waiting.of_case(s, case_id)
    if mine is None:
        return None
    mine.ended, mine.ended_at = how, clock.now()
    s.flush()
    return mine.account_id


def call(s: Session, account_id: int) -> int:
    """Wake those at the head of the line who find room, first approved first; how many were woken.

    Nobody passes one who does not fit. Those without an amount yet follow when something is left.
    """
    line = waiting.line(s, account_id)
    if not line:
        return 0
    (account,) = ledger.locked_by_id(s, [account_id])
    room = _room(s, account)
    woken = 0
    for wait in line:
        if wait.amount > room or room <= 0:
            break
        room -= wait.amount
        woken += _wake(s, wait.case_id)
    return woken


def call_everyone() -> int:
    """Look at every line; how many cases were woken. For the scheduled look: room may also come from loans
    registered since, and a call may have met a case that was just being worked on."""
    from models.database import session

    with session() as s:
        waited_for = waiting.accounts_waited_for(s)
    woken = 0
    for account_id in waited_for:
        with session() as s:
            woken += call(s, account_id)
    return woken


def _room(s: Session, account: LedgerAccount) -> Decimal:
    """What is left, a bank-year's base taken as it stands now."""
    if account.kind != AccountKind.BANK_YEAR:
        return account.left
    ceiling, why = bank_year_ceiling(s, *of_bank_year(account.key, rules(s).on(clock.today())))
    ledger.keep_ceiling(s, account, ceiling, why)
    return account.left


def _wake(s: Session, case_id: int) -> int:
    resting = (
        select(CaseRecord)
        .where(
            CaseRecord.id == case_id,
            CaseRecord.state == State.AWAITING_ROOM,
            col(CaseRecord.lease_token).is_(None),
        )
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    record = s.exec(resting).first()
    if record is None:
        return 0
    wait = s.exec(
        select(JournalEntry).where(
            JournalEntry.case_id == case_id,
            JournalEntry.kind == EntryKind.UNTIL,
            col(JournalEntry.result).is_(None),
            col(JournalEntry.voided_at).is_(None),
        )
    ).first()
    if wait is None:
        return 0
    interrupt(record, wait, {"called": True})
    wake(s, record)
    return 1
