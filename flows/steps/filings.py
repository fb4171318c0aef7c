"""What a filing (备案) does to its loans: exclude, register, refuse."""

import json
from typing import Any

from sqlalchemy import text

from flows.kernel import Case, step
from flows.steps.happened import happened
from models import clock
from models.records.loan import LoanState, counts
from models.records.rules import pinned


@step(redo=True)
def exclude(case: Case, excluded: dict[str, Any], everything: bool, reason: str) -> int:
    """四（二）: single loans the reviewer takes out, each with a reason (or all of them); how many are left."""
    reasons = {} if everything else {str(key): str(why)[:500] for key, why in excluded.items() if why}
    values = {"case": case.id, "reasons": json.dumps(reasons), "all": reason[:500] if everything else ""}
    case.session.connection().execute(_EXCLUDE, values)
    case.session.expire_all()
    left = counts(case.session, case.id).get(LoanState.FILED, 0)
    if excluded and not everything:
        happened(case, "excluded", count=len(excluded))
    return left


@step()
def register(case: Case) -> dict[str, int]:
    """四（二）: give every remaining loan its filing number (备案号)."""
    values = {
        "case": case.id,
        "number": case.number,
        "now": clock.now(),
        "version": pinned(case.session).version,
    }
    case.session.connection().execute(_REGISTER, values)
    case.session.expire_all()
    found = counts(case.session, case.id)
    registered, refused = found.get(LoanState.REGISTERED, 0), found.get(LoanState.EXCLUDED, 0)
    happened(case, "registered", count=registered, excluded=refused)
    return {"registered": registered, "excluded": refused}


# One statement each, whatever the size of the filing. Rows that stay as they are are not written again.
_EXCLUDE = text("""
UPDATE loans SET state = judged.state, state_reason = judged.why
FROM (
    SELECT l.id, COALESCE(NULLIF(:all, ''), r.why, '') AS why,
        CASE WHEN COALESCE(NULLIF(:all, ''), r.why, '') = '' THEN 'filed' ELSE 'excluded' END AS state
    FROM loans l LEFT JOIN jsonb_each_text(CAST(:reasons AS jsonb)) AS r(id, why) ON r.id = l.id::text
    WHERE l.case_id = :case
) judged
WHERE loans.id = judged.id AND (loans.state, loans.state_reason) IS DISTINCT FROM (judged.state, judged.why)
""")
_REGISTER = text("""
UPDATE loans SET state = 'registered', registered_at = :now, parameter_version = :version,
    filing_number = :number || '-' || lpad(item::text, greatest(2, length(item::text)), '0')
WHERE case_id = :case AND state <> 'excluded'
""")
