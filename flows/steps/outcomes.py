"""How a claim ends: not accepted, refused, received."""

from datetime import date
from decimal import Decimal

from flows.kernel import Case, step
from flows.steps.happened import happened
from models import clock
from models.records import claim as claims


@step()
def decide_against(case: Case, reason: str) -> None:
    """The claim ends without compensation; the loan may be claimed again with new facts."""
    claimed = claims.of_case(case.session, case.id)
    claimed.alive = False
    claimed.refusal_reason = reason[:2000]
    claimed.approved = None
    case.record.decided_amount = Decimal("0.00")
    happened(case, "decided_against", reason=reason)


@step()
def decide_for(case: Case) -> Decimal:
    """The city has decided: from now on the claim cannot be withdrawn. The amount, 元."""
    claimed = claims.of_case(case.session, case.id)
    amount = claimed.approved or Decimal("0.00")
    happened(case, "decided", amount=str(amount))
    return amount


@step()
def confirm_receipt(case: Case, received_on: str, received_amount: str) -> None:
    """The payee says what arrived and when."""
    claimed = claims.of_case(case.session, case.id)
    claimed.received_on = date.fromisoformat(received_on)
    claimed.received = Decimal(received_amount)
    claimed.received_at = clock.now()
    happened(case, "receipt_confirmed", amount=received_amount, on=received_on)
