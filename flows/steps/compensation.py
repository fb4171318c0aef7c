"""Calculating (测算): the policy's award for one claim, kept with its inputs, parameter version and clauses."""

from decimal import Decimal
from typing import Any

from flows.kernel import Case, step
from flows.steps import facts, line
from flows.steps.happened import happened
from models import clock
from models.policy import compensation, deadlines
from models.records import claim as claims
from models.records import loan as loans
from models.records.rules import pinned, rules
from models.records.waiting import WaitEnd


@step(redo=True)
def calculate(case: Case) -> Decimal:
    """三（三）/ 三（四）: what would be paid (元) with the terms of the loan's day and the balances of now.

    Never more than was asked: an applicant may ask for less than the rules give.
    """
    s = case.session
    claimed = claims.of_case(s, case.id)
    loan = loans.by_id(s, claimed.loan_id)
    given = facts.claim(s, claimed, loan, case.record)
    award = compensation.finish(compensation.draft(given, pinned(s)))
    payable = min(award.payable, claimed.requested)
    claimed.facts = given.model_dump(mode="json")
    claimed.award = award.model_dump(mode="json")
    claimed.calculated = payable
    case.record.decided_amount = payable
    case.record.parameter_version = award.parameter_version
    if payable:
        line.leave(s, case.id, WaitEnd.SERVED)
    happened(case, "calculated", amount=str(payable), binding=award.binding or "")
    return payable


@step(redo=True)
def wants_meeting(case: Case, asked_for: bool) -> bool:
    """四（一）: a large amount, or a case 市工信局 puts forward, goes to the joint meeting (联席会议)."""
    claimed = claims.of_case(case.session, case.id)
    amount = claimed.calculated or Decimal(0)
    return asked_for or deadlines.needs_meeting(amount, clock.today(), rules(case.session))


@step()
def why_nothing(case: Case) -> str:
    """三（三）（四）: which line of the calculation left nothing to pay, in a sentence for the letter."""
    return reason_of(claims.of_case(case.session, case.id).award or {})


def reason_of(award: dict[str, Any]) -> str:
    """The same from the award as it is kept."""
    line_of = {line["code"]: line for line in award.get("lines", ())}
    deciding = line_of.get(award.get("deciding"))
    if deciding is None or award.get("deciding") == "ratio":
        return "测算补偿金额为零"
    return f"{deciding['label']}为 0.00 元，测算补偿金额为零"
