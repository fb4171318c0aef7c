"""What surrounds a case: its firm's other cases and loans, and what its institution has filed and been paid."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session, col, select

from api.pages import case_rows
from api.pages.cases import address
from api.pages.views import Kpi, Tag
from models import clock
from models.lifecycle import PROCESS_NAMES, Process
from models.permissions import Actor
from models.records.case import CaseRecord
from models.records.case_filters import Filters, Show
from models.records.loan import LOAN_STATE_NAMES, Loan, LoanState

MOST = 50


@dataclass(frozen=True, slots=True)
class OtherCase:
    """Another case of the firm; amounts in 元."""

    href: str
    number: str
    process: str
    institution: str
    opened: str
    stage: Tag
    amount: Decimal


@dataclass(frozen=True, slots=True)
class OtherLoan:
    """A loan of the firm."""

    href: str
    number: str
    institution: str
    principal: Decimal
    disbursed: str
    due: str
    state: str


@dataclass(frozen=True, slots=True)
class AroundView:
    """The firm (empty for a filing of several) and the institution."""

    firm: str
    uscc: str
    cases: tuple[OtherCase, ...]
    loans: tuple[OtherLoan, ...]
    principal: Decimal
    institution: str
    figures: tuple[Kpi, ...]


def view(db: Session, actor: Actor, case: CaseRecord) -> AroundView:
    """What `actor` may know: an applicant its own cases and loans, staff those of every institution."""
    known = case_rows.names(db)
    own = [] if actor.watches_all else [CaseRecord.institution_id == actor.institution_id]
    cases: tuple[OtherCase, ...] = ()
    loans: tuple[OtherLoan, ...] = ()
    if case.uscc:
        query = select(CaseRecord).where(CaseRecord.uscc == case.uscc, CaseRecord.id != case.id, *own)
        cases = tuple(
            _case(one, known) for one in db.exec(query.order_by(col(CaseRecord.id).desc()).limit(MOST))
        )
        lent = (
            select(Loan, CaseRecord)
            .join(CaseRecord, col(CaseRecord.id) == col(Loan.case_id))
            .where(Loan.uscc == case.uscc, *own)
        )
        loans = tuple(
            _loan(loan, filed, known)
            for loan, filed in db.exec(lent.order_by(col(Loan.id).desc()).limit(MOST))
        )
    return AroundView(
        case.subject if case.uscc else "",
        case.uscc,
        cases,
        loans,
        sum((loan.principal for loan in loans), Decimal("0.00")),
        known.get(case.institution_id, ""),
        _history(db, case.institution_id),
    )


def _case(one: CaseRecord, known: dict[int, str]) -> OtherCase:
    return OtherCase(
        f"/cases/{one.number}",
        one.number,
        PROCESS_NAMES[Process(one.process)],
        known.get(one.institution_id, ""),
        clock.local(one.opened_at).date().isoformat(),
        case_rows.stage_tag(one, stopped=False),
        one.amount if one.decided_amount is None else one.decided_amount,
    )


def _loan(loan: Loan, filed: CaseRecord, known: dict[int, str]) -> OtherLoan:
    return OtherLoan(
        f"/cases/{filed.number}",
        loan.filing_number or f"合同 {loan.contract_number}",
        known.get(filed.institution_id, ""),
        loan.principal,
        loan.disbursed_on.isoformat(),
        loan.due_on.isoformat(),
        LOAN_STATE_NAMES[LoanState(loan.state)],
    )


def _history(db: Session, institution_id: int) -> tuple[Kpi, ...]:
    """The institution's cases and claims since the beginning, each with its list."""
    row = db.connection().execute(text(_INSTITUTION), {"institution": institution_id}).one()
    every = address(Filters(Show.ALL, institution_id=institution_id))
    claims = address(Filters(Show.ALL, Process.CLAIM, institution_id=institution_id))
    return (
        Kpi("备案", str(row.filings), "件", address(Filters(Show.ALL, Process.FILING, institution_id=institution_id))),
        Kpi("补偿申请", str(row.claims), f"{row.claimed:,.2f} 元", claims),
        Kpi("不予补偿或受理", str(row.refused), "件", claims),
        Kpi("累计支付", f"{row.paid:,.2f}", f"{row.paid_cases} 件，退回补正 {row.returns} 次", every, "元"),
    )  # fmt: skip


_INSTITUTION = """
SELECT count(*) FILTER (WHERE c.process = 'filing') AS filings, count(*) FILTER (WHERE c.process = 'claim') AS claims,
    coalesce(sum(k.requested), 0) AS claimed,
    count(*) FILTER (WHERE c.state IN ('claim_refused', 'not_accepted')) AS refused,
    count(k.paid) AS paid_cases, coalesce(sum(k.paid), 0) AS paid,
    (SELECT count(*) FROM journal j JOIN cases x ON x.id = j.case_id
        WHERE x.institution_id = :institution AND j.name = 'correction') AS returns
FROM cases c LEFT JOIN claims k ON k.case_id = c.id WHERE c.institution_id = :institution
"""
