"""Calculating (测算): the policy's award for one claim, kept with its inputs, parameter version and clauses."""

from decimal import Decimal

from flows.kernel import Case, step
from flows.steps import facts
from flows.steps.happened import happened
from models import clock
from models.policy import compensation, deadlines
from models.records import claim as claims
from models.records import loan as loans
from models.records.rules import pinned, rules


@step(redo=True)
def calculate(case: Case) -> Decimal:
    """三（三）/ 三（四）: what would be paid (元) with the terms of the loan's day and the balances of now.

    Never more than was asked: an applicant may ask for less than the rules give.
    """
    s = case.session
    claimed = claims.of_case(s, case.id)
    loan = loans.by_id(s, claimed.loan_id)
    given = facts.claim(s, claimed, loan, case.number, clock.local(case.record.opened_at).date())
    award = compensation.finish(compensation.draft(given, pinned(s)))
    payable = min(award.payable, claimed.requested)
    claimed.facts = given.model_dump(mode="json")
    claimed.award = award.model_dump(mode="json")
    claimed.calculated = payable
    case.record.decided_amount = payable
    case.record.parameter_version = award.parameter_version
    happened(case, "calculated", amount=str(payable), binding=award.binding or "")
    return payable


@step(redo=True)
def wants_meeting(case: Case, asked_for: bool) -> bool:
    """四（一）: a large amount, or a case 市工信局 puts forward, goes to the joint meeting (联席会议)."""
    claimed = claims.of_case(case.session, case.id)
    amount = claimed.calculated or Decimal(0)
    return asked_for or deadlines.needs_meeting(amount, clock.today(), rules(case.session))
