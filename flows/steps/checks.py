"""Checking everything at once (一次性告知): completeness and eligibility, each check with value, source and clause."""

from collections.abc import Mapping
from typing import Any

from flows.kernel import Case, step
from flows.steps import facts, set_checks
from flows.steps.happened import happened
from models import clock
from models.policy import eligibility
from models.policy.lines import Check, Result
from models.records import claim as claims
from models.records import loan as loans
from models.records.case import Origin
from models.records.reference import working_calendar
from models.records.rules import rules

FROM_A_LIST = frozenset({Origin.IMPORT, Origin.BACKFILL})
"""Filings made of a list have the checks of their first day already: `flows.importing.filing_rows` writes both at once."""


@step(redo=True)
def filed_loans(case: Case) -> dict[str, int]:
    """四（二）备案审核: every check of every loan of the filing; how many passed, failed, or want a person."""
    filed_on = clock.local(case.record.opened_at).date()
    if case.record.origin not in FROM_A_LIST or case.reached("checks.filed_loans"):
        set_checks.store(case.session, case.board, case.id, filed_on)
    counts = _counts(loans.verdicts(case.session, case.id))
    happened(case, "checks_run", **counts)
    return counts


@step(redo=True)
def claimed_loss(case: Case) -> dict[str, int]:
    """四（二）项目审核: every check of the claim and its loan."""
    claimed = claims.of_case(case.session, case.id)
    loan = loans.by_id(case.session, claimed.loan_id)
    given = facts.claim(case.session, claimed, loan, case.record)
    found = eligibility.claim(given, rules(case.session), working_calendar(case.session))
    claimed.facts = given.model_dump(mode="json")
    claimed.checks = _stored(found)
    totals = dict.fromkeys(Result, 0)
    for check in found:
        totals[check.result] += 1
    happened(case, "checks_run", **_counts(totals))
    return _counts(totals)


def _stored(found: tuple[Check, ...]) -> dict[str, list[dict[str, object]]]:
    return {"checks": [check.model_dump(mode="json") for check in found]}


def _counts(totals: Mapping[Any, int]) -> dict[str, int]:
    return {
        "passed": totals.get(Result.PASS, 0),
        "failed": totals.get(Result.FAIL, 0),
        "look": totals.get(Result.LOOK, 0),
    }
