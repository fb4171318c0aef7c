"""风险提示: a letter of the managing institution about an anomaly of a loan that its institution reported.

四（二）: “备案审核、项目审核、后续跟踪”.
"""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session, select

from flows.actions.errors import ConflictError, NotThereError, permitted
from flows.actions.forms.change_forms import WarningForm
from flows.actions.loans import changing
from flows.actions.typed import read
from flows.steps import document_change, notices
from models.permissions import Actor, may_decide_loan_change
from models.policy.anomalies import ANOMALY_NAMES
from models.records import document, person
from models.records.case import CaseRecord
from models.records.document import Document, DocumentState
from models.records.loan import Loan
from models.records.loan_change import LoanChange
from models.records.two_people import Verdict


def warn(s: Session, actor: Actor, change_id: int, typed: Mapping[str, Any]) -> Document:
    """Issue the 风险提示函 (D14) about a confirmed anomaly and tell the institution.

    Raises `NotThereError`, `ForbiddenError`, `ConflictError` (no confirmed anomaly, a letter is in force),
    `InvalidError` with every fault of what was typed.
    """
    query = select(LoanChange).where(LoanChange.id == change_id).with_for_update()
    change = s.exec(query.execution_options(populate_existing=True)).first() if change_id < 2**31 else None
    loan = s.get(Loan, change.loan_id) if change else None
    if (
        change is None
        or loan is None
        or not (actor.watches_all or loan.institution_id == actor.institution_id)
    ):
        raise NotThereError("没有找到这项异常情况。")
    filing = s.get_one(CaseRecord, loan.case_id)
    by = person.names(s, [change.proposed_by]).get(change.proposed_by, "")
    permitted(
        may_decide_loan_change(
            actor, filing.managing_institution_id, loan.institution_id, change.proposed_by, by
        )
    )
    if change.anomaly is None or change.verdict != Verdict.CONFIRMED:
        raise ConflictError("风险提示函针对已核阅的异常情况发出；请先核阅申报机构的报告。")
    if sent := warned(s, change):
        raise ConflictError(
            f"已就这项异常情况发出风险提示函（{sent.number}）；有误的，请申请作废后重新出具。"
        )
    form = read(WarningForm, typed)
    letter = document_change.warning(s, change, form.standard, form.request)
    changing.issued(s, actor, loan, letter)
    told = {
        "what": ANOMALY_NAMES[change.anomaly],
        "loan": f"{loan.firm_name} {loan.receipt_number}",
        "number": change.number,
        "request": form.request,
        "reply_by": letter.context["reply_by"],
        "provisional": letter.context["due_provisional"],
    }
    notices.announce(s, filing, "risk_warned", document=letter, context=told)
    s.flush()
    return letter


def warned(s: Session, change: LoanChange) -> Document | None:
    """The letter of warning about an anomaly that is in force."""
    papers = document.of_changes(s, [change.id or 0])
    return next((one for one in papers if one.code == "D14" and one.state == DocumentState.ISSUED), None)
