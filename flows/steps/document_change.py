"""The documents of a confirmed change of a registered loan: D11 变更（展期）备案表, and D11C 续备案确认书 of an extension;
of an anomaly D13 入库项目异常情况表, and D14 风险提示函."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from flows.documents import contexts
from flows.documents.contexts import DocumentContext
from flows.steps import document_facts as known
from flows.steps import facts, issuing
from flows.steps.documents import SUFFIXES
from models import clock
from models.policy import deadlines, eligibility
from models.policy.anomalies import ANOMALY_NAMES
from models.policy.lines import Check, Result
from models.records import document, person, warning_reply
from models.records.case import CaseRecord
from models.records.claim import on_loan
from models.records.document import Document
from models.records.institution import Institution
from models.records.loan import Loan
from models.records.loan_change import CHANGE_NAMES, ChangeKind, LoanChange, maturity, of_loan, outstanding
from models.records.reference import working_calendar
from models.records.rules import rules

Items = Sequence[tuple[str, str, str]]
"""What a change changes: title, before, after."""


def failing(s: Session, loan: Loan) -> tuple[Check, ...]:
    """The checks of its filing that a loan fails as it stands today."""
    filing = s.get_one(CaseRecord, loan.case_id)
    asked = facts.filing(s, loan, known.opened_on(filing))
    checks = eligibility.filing(asked, rules(s), working_calendar(s))
    return tuple(check for check in checks if check.result is Result.FAIL)


def form(s: Session, change: LoanChange, corrected: Items) -> Document:
    """Issue D11 of a confirmed change; `corrected` says what a correction changes."""
    loan = s.get_one(Loan, change.loan_id)
    record = s.get_one(CaseRecord, loan.case_id)
    people = person.names(s, [change.proposed_by, change.decided_by or 0])

    def compose(check: str, address: str) -> DocumentContext:
        return contexts.LoanChangeForm(
            **_common(s, change, loan, record, loan.institution_id, check, address),
            recipient=known.full_name(s, record.managing_institution_id),
            what=CHANGE_NAMES[ChangeKind(change.kind)],
            items=tuple(
                contexts.ChangedItem(item=item, before=before, after=after or "（空）")
                for item, before, after in (corrected or _items(s, change, loan))
            ),
            reason=change.reason,
            source_document=change.document,
            proposed_by=people.get(change.proposed_by, "　"),
            confirmed_by=people.get(change.decided_by or 0, "　"),
            confirmed_on=clock.local(change.decided_at or clock.now()).date(),
            remark=change.note,
        )

    return _issue(s, "D11", change, loan, record, loan.institution_id, compose)


def confirmation(s: Session, change: LoanChange, *, replaces: int | None = None) -> Document:
    """Issue D11C of a confirmed extension; `replaces` is the void one it stands for."""
    loan = s.get_one(Loan, change.loan_id)
    record = s.get_one(CaseRecord, loan.case_id)
    managing = record.managing_institution_id
    if change.new_due_on is None:
        raise ValueError("only an extension is filed anew")
    after = change.new_due_on

    def compose(check: str, address: str) -> DocumentContext:
        return contexts.ExtensionConfirmation(
            **_common(s, change, loan, record, managing, check, address),
            recipient=known.full_name(s, loan.institution_id),
            due_before=maturity(loan, _earlier(s, change)),
            due_after=after,
            outstanding=outstanding(loan, of_loan(s, change.loan_id)),
            rule_version=rules(s).version,
            contact=known.contact(s, managing),
        )

    return _issue(s, "D11C", change, loan, record, managing, compose, replaces)


def anomaly(s: Session, change: LoanChange) -> Document:
    """Issue D13 of a confirmed anomaly."""
    loan = s.get_one(Loan, change.loan_id)
    record = s.get_one(CaseRecord, loan.case_id)
    people = person.names(s, [change.proposed_by, change.decided_by or 0])

    def compose(check: str, address: str) -> DocumentContext:
        return contexts.AnomalyReport(
            **_head(s, record, loan.institution_id, check, address),
            **_seen(s, change, loan),
            recipient=known.full_name(s, record.managing_institution_id),
            source_document=change.document,
            proposed_by=people.get(change.proposed_by, "　"),
            confirmed_by=people.get(change.decided_by or 0, "　"),
            confirmed_on=clock.local(change.decided_at or clock.now()).date(),
            remark=change.note,
        )

    return _issue(s, "D13", change, loan, record, loan.institution_id, compose)


def warning(
    s: Session, change: LoanChange, standard: str, request: str, *, replaces: int | None = None
) -> Document:
    """Issue D14 about an anomaly; `replaces` is the void one it stands for."""
    loan = s.get_one(Loan, change.loan_id)
    record = s.get_one(CaseRecord, loan.case_id)
    managing = record.managing_institution_id
    given = deadlines.working_days("warning_reply_days", clock.today(), rules(s))
    due = deadlines.due("warning_reply_days", clock.today(), working_calendar(s), rules(s))

    def compose(check: str, address: str) -> DocumentContext:
        return contexts.RiskWarning(
            **_head(s, record, managing, check, address),
            **_seen(s, change, loan),
            recipient=known.full_name(s, loan.institution_id),
            standard=standard,
            request=request,
            reply_days=given,
            reply_by=due.day,
            due_provisional=due.provisional,
            contact=known.contact(s, managing),
        )

    warning_reply.owe(s, change.id or 0, due.day)
    return _issue(s, "D14", change, loan, record, managing, compose, replaces)


def _seen(s: Session, change: LoanChange, loan: Loan) -> dict[str, Any]:
    if change.anomaly is None:
        raise ValueError("only an anomaly was seen")
    return {
        "board": loan.board,
        "loan": known.loan_facts(s, loan),
        "change_number": change.number,
        "proposed_on": clock.local(change.proposed_at).date(),
        "happened_on": change.on,
        "anomaly": ANOMALY_NAMES[change.anomaly],
        "unpaid": change.unpaid,
        "reason": change.reason,
        "measures": change.measures,
    }


def _issue(
    s: Session, code: str, change: LoanChange, loan: Loan, record: CaseRecord, organ_id: int,
    compose: issuing.Compose, replaces: int | None = None,
) -> Document:  # fmt: skip
    claimed = on_loan(s, change.loan_id)
    return issuing.issue(
        s,
        code,
        s.get_one(Institution, organ_id),
        SUFFIXES.get(code, ""),
        change.number,
        compose,
        case_id=loan.case_id,
        shared_with=(claimed.case_id,) if claimed else (),
        for_applicant=True,
        replaces=replaces,
        loan_change_id=change.id,
    )


def _common(
    s: Session, change: LoanChange, loan: Loan, record: CaseRecord, organ_id: int, check: str, address: str,
) -> dict[str, Any]:  # fmt: skip
    first = document.latest(s, loan.case_id, "D09")
    return {
        **_head(s, record, organ_id, check, address),
        "board": loan.board,
        "loan": known.loan_facts(s, loan),
        "first_number": (first.number if first else "") or "",
        "change_number": change.number,
        "proposed_on": clock.local(change.proposed_at).date(),
        "happened_on": change.on,
        "failing": known.check_rows(s, loan.case_id, change.loan_id, failing(s, loan)),
    }


def _head(s: Session, record: CaseRecord, organ_id: int, check: str, address: str) -> dict[str, Any]:
    return {
        "organ_name": known.full_name(s, organ_id),
        "issued_on": clock.today(),
        "case_number": record.number,
        "verification_code": check,
        "verification_url": address,
    }


def _items(s: Session, change: LoanChange, loan: Loan) -> Items:
    """What an extension or a repayment changes."""
    earlier = _earlier(s, change)
    if change.new_due_on is not None:
        return (("到期日期", maturity(loan, earlier).isoformat(), change.new_due_on.isoformat()),)
    left = outstanding(loan, earlier)
    repaid = change.repaid or 0
    return (
        ("提前归还本金", "—", f"{repaid:,.2f}元"),
        ("剩余本金", f"{left:,.2f}元", f"{left - repaid:,.2f}元"),
    )


def _earlier(s: Session, change: LoanChange) -> list[LoanChange]:
    return [one for one in of_loan(s, change.loan_id) if (one.id or 0) < (change.id or 0)]
