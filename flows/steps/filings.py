"""What a filing (备案) does to its loans: exclude, register, refuse."""

from typing import Any

from flows.kernel import Case, step
from flows.steps.happened import happened
from models import clock
from models.records.loan import LoanState, of_case
from models.records.rules import pinned


@step(redo=True)
def exclude(case: Case, excluded: dict[str, Any], everything: bool, reason: str) -> int:
    """四（二）: single loans the reviewer takes out, each with a reason (or all of them); how many are left."""
    left = 0
    for loan in of_case(case.session, case.id):
        why = reason if everything else str(excluded.get(str(loan.id), ""))
        loan.state = LoanState.EXCLUDED if why else LoanState.FILED
        loan.state_reason = why[:500]
        left += not why
    if excluded and not everything:
        happened(case, "excluded", count=len(excluded))
    return left


@step()
def register(case: Case) -> dict[str, int]:
    """四（二）: give every remaining loan its filing number (备案号)."""
    registered = refused = 0
    version = pinned(case.session).version
    for loan in of_case(case.session, case.id):
        if loan.state == LoanState.EXCLUDED:
            refused += 1
            continue
        registered += 1
        loan.state = LoanState.REGISTERED
        loan.filing_number = f"{case.number}-{loan.item:02d}"
        loan.registered_at = clock.now()
        loan.parameter_version = version
    happened(case, "registered", count=registered, excluded=refused)
    return {"registered": registered, "excluded": refused}
