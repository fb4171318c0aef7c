"""Looking at a claim before it is submitted: every check and an estimate, by the rules the reviewers use.

Nothing is stored: the claim is put together from what was typed.
"""

from dataclasses import dataclass

from sqlmodel import Session

from flows.actions.applications.claiming import claim_facts
from flows.actions.forms.application_forms import ClaimForm
from flows.steps import facts
from models.policy import compensation, eligibility
from models.policy.award import Award
from models.policy.lines import Check
from models.records.base import remembering
from models.records.claim import Claim
from models.records.loan import Loan
from models.records.reference import working_calendar
from models.records.rules import rules


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would be found if the claim were submitted today; the award is an estimate, limits change daily."""

    checks: tuple[Check, ...]
    award: Award


def outlook(s: Session, form: ClaimForm, loan: Loan) -> Outlook:
    """The checks and the estimated award of a claim on a registered loan."""
    claimed = Claim(case_id=0, loan_id=loan.id or 0, **claim_facts(form))
    with remembering(s):
        given = facts.claim(s, claimed, loan, None)
        found = eligibility.claim(given, rules(s), working_calendar(s))
        award = compensation.finish(compensation.draft(given, rules(s)))
    return Outlook(found, award)
