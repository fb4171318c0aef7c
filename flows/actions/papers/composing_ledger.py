"""D12 贷款台账 of an institution, as far as it is known here: loans, changes, claims. Overdue sums and classes that
nobody has reported stay empty for the institution to fill in."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from flows.documents import contexts as c
from models.policy.anomalies import ANOMALY_NAMES
from models.policy.facts import AssetClass
from models.records import claim, loan, loan_change
from models.records.claim import Claim
from models.records.institution import Institution
from models.records.loan import Loan
from models.records.loan_change import LoanChange

MOST_LOANS = 2_000  # in a Word table


def rows(s: Session, applicant: Institution, most: int = MOST_LOANS) -> tuple[c.LedgerRow, ...]:
    """The loans of an institution of which something is left, oldest first; at most one more than `most`."""
    found = loan.registered_in_order(s, applicant.id or 0, most + 1)
    ids = [one.id or 0 for one in found]
    changes, claims = loan_change.of_loans(s, ids), claim.alive_on(s, ids)
    return tuple(
        _row(no, one, changes.get(one.id or 0, []), claims)
        for no, one in enumerate(
            (one for one in found if loan_change.outstanding(one, changes.get(one.id or 0, [])) > 0), 1
        )
    )


def _row(no: int, one: Loan, changes: list[LoanChange], claims: Mapping[int, Claim]) -> c.LedgerRow:
    claimed = claims.get(one.id or 0)
    return c.LedgerRow(
        no=no,
        filing_number=one.filing_number or "",
        borrower=one.firm_name,
        receipt_number=one.receipt_number,
        principal=one.principal,
        disbursed_on=one.disbursed_on,
        due_on=loan_change.maturity(one, changes),
        outstanding=claimed.unpaid_principal if claimed else loan_change.outstanding(one, changes),
        overdue_since=claimed.overdue_since if claimed else None,
        asset_class=AssetClass(claimed.classification).value if claimed and claimed.classification else "",
        remark="已申请补偿" if claimed else _anomalies(changes),
    )


def _anomalies(changes: list[LoanChange]) -> str:
    """What was reported of the loan, each sign once."""
    seen = [ANOMALY_NAMES[one.anomaly] for one in changes if one.anomaly is not None]
    return "、".join(dict.fromkeys(seen))


def ledger(
    common: Mapping[str, object], applicant: Institution, found: tuple[c.LedgerRow, ...], today: date
) -> c.LoanLedger:
    """The ledger's facts; `common` are organ, day and reader."""
    return c.LoanLedger.model_validate(
        {
            **common,
            "board": applicant.files_board,
            "as_of": today,
            "rows": found,
            "total": sum((row.principal for row in found), Decimal("0.00")),
        }
    )
