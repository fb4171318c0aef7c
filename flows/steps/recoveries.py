"""What a recovery (追偿) does: check what was stated, work out the return, demand it, and post it once it arrived."""

from datetime import date
from decimal import Decimal
from typing import Any

from flows.kernel import Case, step
from flows.steps import limits, recovery_facts
from flows.steps.happened import happened
from models import clock
from models.policy import deadlines, recovery_checks
from models.policy.lines import Result
from models.policy.recovery import recovery_share
from models.records import recovery
from models.records.case import locked
from models.records.reference import working_calendar
from models.records.rules import pinned, rules
from models.records.timeline import Event

ZERO = Decimal("0.00")


@step(redo=True)
def reports_progress(case: Case) -> bool:
    """四（二）: whether a report of progress (追偿进展报告) is filed with it."""
    return bool(recovery.of_case(case.session, case.id).progress)


@step(redo=True)
def check(case: Case) -> dict[str, int]:
    """四（二）“后续跟踪”: every check of what was stated, at once."""
    s, record = case.session, case.record
    found = recovery_checks.registration(
        recovery_facts.registration(s, record),
        recovery_facts.share(s, record),
        rules(s),
        working_calendar(s),
    )
    recovery.of_case(s, case.id).checks = {"checks": [one.model_dump(mode="json") for one in found]}
    results = [one.result for one in found]
    counts = {
        "passed": results.count(Result.PASS),
        "failed": results.count(Result.FAIL),
        "look": results.count(Result.LOOK),
    }
    happened(case, "checks_run", **counts)
    return counts


@step(redo=True)
def brought_money(case: Case) -> bool:
    """Whether anything came in; a report of progress alone is only noted."""
    return bool(recovery.receipts_of(case.session, [case.id]))


@step(redo=True)
def calculate(case: Case) -> Decimal:
    """A22: what is to be returned now (元), from all receipts of the loan so far, less what was returned before."""
    s, record = case.session, case.record
    given = recovery_facts.so_far(s, record)
    share = recovery_share(given, pinned(s))
    found = recovery.of_case(s, case.id)
    found.share = share.model_dump(mode="json")
    found.due = share.due_now
    record.decided_amount = share.due_now
    record.parameter_version = share.parameter_version
    happened(case, "return_calculated", amount=str(share.due_now), principal=str(share.principal))
    return share.due_now


@step()
def refuse(case: Case, reason: str) -> None:
    """The registration is not accepted; what it states counts in nothing, and may be registered again."""
    found = recovery.of_case(case.session, case.id)
    found.refusal_reason, found.due = reason[:2000], None
    case.record.decided_amount = ZERO
    happened(case, "recovery_refused", reason=reason)


@step()
def demand(case: Case) -> date:
    """From now on it cannot be withdrawn. The last day to return what is due: counted from when the last of the money
    came in, and never so short that the notice could not be followed."""
    s = case.session
    found = recovery.of_case(s, case.id)
    last = recovery.receipts_of(s, [case.id])[-1].received_on
    due = deadlines.return_due(last, clock.today(), working_calendar(s), rules(s))
    found.due_on = due.day if found.due else None
    happened(case, "return_demanded", amount=str(found.due), on=due.day.isoformat())
    return due.day


@step()
def nothing_due(case: Case) -> bool:
    """Whether costs, or what was returned before, leave nothing to return this time."""
    return not recovery.of_case(case.session, case.id).due


@step()
def figures(case: Case) -> dict[str, Any]:
    """What the notice of a return says."""
    found = recovery.of_case(case.session, case.id)
    if found.due_on is None:
        return {}
    today = clock.today()
    days = working_calendar(case.session).working_days_between(today, max(today, found.due_on))
    return {
        "amount": str(found.due),
        "due_on": found.due_on.isoformat(),
        "provisional": days.provisional,
    }


@step()
def give_back(case: Case, arrived_on: str) -> None:
    """A3, A21: the treasury has it, so the ledger has it: only now, and for the claim it was paid for."""
    s = case.session
    found = recovery.of_case(s, case.id)
    claim = locked(s, case.record.about_id or 0)
    amount = found.due or ZERO
    slip = recovery_facts.slip(case)
    found.slip_on, found.slip_amount, found.slip_number = slip.on, slip.amount, slip.number
    limits.give_back(s, claim, amount, f"{case.number} 追偿返还 回单 {slip.number}")
    found.arrived_on, found.returned = date.fromisoformat(arrived_on), amount
    told = {"amount": str(amount), "on": arrived_on, "number": case.number}
    happened(case, "money_returned", **told)
    s.add(Event(case_id=claim.id or 0, at=clock.now(), event="money_returned", data=told))


@step()
def returned(case: Case) -> dict[str, str]:
    """What the notice of an arrived return says."""
    found = recovery.of_case(case.session, case.id)
    return {"amount": str(found.returned), "arrived_on": (found.arrived_on or clock.today()).isoformat()}
