"""The documents of a recovery: D28, D29."""

from datetime import date
from typing import Any

from sqlmodel import Session

from flows.documents import contexts
from flows.steps import document_facts as known
from flows.steps.document_base import Common
from models import clock
from models.money import ZERO
from models.policy import deadlines
from models.policy.recovery import RecoveryShare
from models.policy.recovery_checks import ACTION_NAMES, Action
from models.records import document, institution, recovery
from models.records import loan as loans
from models.records.case import CaseRecord
from models.records.institution import Kind, of_kind
from models.records.reference import working_calendar
from models.records.rules import rules


def _shared(s: Session, record: CaseRecord, common: Common) -> dict[str, Any]:
    claim = recovery.claim_of(s, record)
    about, loan = s.get_one(CaseRecord, claim.case_id), loans.by_id(s, claim.loan_id)
    decided = document.latest(s, claim.case_id, "D23")
    own = [record.id or 0]
    receipts, costs = recovery.receipts_of(s, own), recovery.costs_of(s, own)
    return {
        **common,
        "board": record.board.value,
        "applicant": known.full_name(s, record.institution_id),
        "claim_number": about.number,
        "decision_number": (decided.number if decided else None) or about.number,
        "borrower": loan.firm_name,
        "contract_number": loan.contract_number,
        "compensation": claim.paid or ZERO,
        "paid_on": claim.voucher_date or clock.today(),
        "receipts": tuple(
            contexts.IncomingRow(
                no=no, received_on=one.received_on, amount=one.amount, voucher_number=one.voucher_number
            )
            for no, one in enumerate(receipts, start=1)
        ),
        "received": sum((one.amount for one in receipts), ZERO),
        "costs": tuple(
            contexts.CostRow(no=no, reason=one.reason, amount=one.amount)
            for no, one in enumerate(costs, start=1)
        ),
        "spent": sum((one.amount for one in costs), ZERO),
    }


def progress(s: Session, record: CaseRecord, common: Common) -> contexts.ProgressReport:
    """D28, to the managing institution."""
    found, before = recovery.of_case(s, record.id or 0), recovery.earlier(s, record)
    return contexts.ProgressReport(
        **_shared(s, record, common),
        action=ACTION_NAMES[Action(found.action)],
        court_number=found.court_number,
        progress=found.progress,
        received_before=sum((one.amount for one in before.receipts), ZERO),
        returned_before=before.returned,
        contact=known.contact(s, record.institution_id),
    )


def notice(s: Session, record: CaseRecord, common: Common) -> contexts.ReturnNotice:
    """D29, to the applicant. Issued anew after a 作废, it keeps the figures and the day of the first one."""
    found = recovery.of_case(s, record.id or 0)
    share = RecoveryShare.model_validate(found.share)
    treasury = of_kind(s, Kind.FINANCE)[0].id or 0
    due = found.due or ZERO
    due_on = (found.due_on or _due_on(s, record)) if due else None
    today = clock.today()
    account = institution.account_on(s, treasury, today)
    return contexts.ReturnNotice(
        **_shared(s, record, common),
        # The last line is the result, not a limit that decided it.
        lines=tuple(line.model_copy(update={"binding": False}) for line in known.printed_lines(share.lines)),
        ratio=share.ratio,
        principal=share.principal,
        due_in_all=share.due_in_all,
        returned_before=recovery.earlier(s, record).returned,
        due=due,
        costs_carried=share.costs_carried,
        due_on=due_on,
        due_provisional=bool(due_on)
        and working_calendar(s).working_days_between(today, max(today, due_on or today)).provisional,
        return_days=deadlines.working_days("recovery_return_days", today, rules(s)),
        treasury=known.full_name(s, treasury),
        account=contexts.Account(
            name=account.account_name, bank=account.bank_name, number=account.account_number
        )
        if account
        else None,
        contact=known.contact(s, record.managing_institution_id),
    )


def _due_on(s: Session, record: CaseRecord) -> date:
    """The day the notice would name if it were issued today (a look beforehand)."""
    last = recovery.receipts_of(s, [record.id or 0])[-1].received_on
    return deadlines.return_due(last, clock.today(), working_calendar(s), rules(s)).day
