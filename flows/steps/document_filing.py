"""The documents of a filing: D07, D09, D10; and D08 for both processes."""

from typing import Any, Literal

from sqlmodel import Session, col, select

from flows.documents import contexts
from flows.kernel import served
from flows.steps import document_facts as known
from flows.steps.document_base import Common
from models import clock
from models.gates import GATES, Outcome
from models.lifecycle import Process
from models.policy import deadlines
from models.policy.lines import Check
from models.records import check_words, loan_import
from models.records import loan as loans
from models.records.case import CaseRecord, EntryKind, JournalEntry, journal_of
from models.records.loan import Loan, LoanState
from models.records.reference import working_calendar
from models.records.rules import rules


def application(s: Session, record: CaseRecord, common: Common) -> contexts.FilingApplication:
    """D07."""
    filed = loans.rows_of_case(s, record.id or 0)
    lender = known.full_name(s, record.institution_id)
    origin = loan_import.origin_of(s, record.id or 0)
    entered = origin if origin is not None and origin.backfilled else None
    return contexts.FilingApplication(
        **common,
        board=record.board.value,
        contact=known.contact(s, entered.entered_by_institution_id if entered else record.institution_id),
        filed_for=lender if entered else "",
        source=entered.source_document if entered else "",
        loans=tuple(_loan(loan, loan.lender_name or lender) for loan in filed),
        total_principal=sum(loan.principal for loan in filed),
    )


def _loan(loan: Loan, lender: str) -> contexts.FilingLoan:
    return contexts.FilingLoan(
        no=loan.item,
        borrower=loan.firm_name,
        uscc=loan.uscc,
        industry=f"{loan.sector}（{loan.industry}）" if loan.sector else loan.industry,
        size_class=loan.size_class,
        employees=loan.employees,
        revenue=loan.revenue_wan * 10_000,
        assets=loan.assets_wan * 10_000,
        lender=lender,
        contract_number=loan.contract_number,
        receipt_number=loan.receipt_number,
        principal=loan.principal,
        disbursed_on=loan.disbursed_on,
        due_on=loan.due_on,
        rate_percent=loan.annual_rate_pct,
        lpr_percent=loan.lpr_pct,
        lpr_published_on=loan.lpr_published_on,
        purpose=loan.purpose,
        security=known.secured(loan),
        shares=known.risk_shares(loan),
    )


def confirmation(s: Session, record: CaseRecord, common: Common) -> contexts.FilingConfirmation:
    """D09."""
    # the session's own loans: `foreseeing` has them registered, not the table
    every = loans.without_checks(s, record.id or 0)
    kept = [loan for loan in every if loan.state == LoanState.REGISTERED]
    rows = tuple(
        contexts.RegisteredLoan(
            no=number,
            filing_number=loan.filing_number or "",
            borrower=loan.firm_name,
            uscc=loan.uscc,
            contract_number=loan.contract_number,
            receipt_number=loan.receipt_number,
            principal=loan.principal,
            disbursed_on=loan.disbursed_on,
            due_on=loan.due_on,
        )
        for number, loan in enumerate(kept, start=1)
    )
    return contexts.FilingConfirmation(
        **common,
        board=record.board.value,
        received_on=known.opened_on(record),
        loans=rows,
        total_principal=sum(loan.principal for loan in kept),
        checks=_checks(s, record, kept[0]) if len(kept) == 1 else (),
        rule_version=rules(s).version,
        excluded_count=len(every) - len(kept),
        contact=known.contact(s, record.managing_institution_id),
    )


def _checks(s: Session, record: CaseRecord, loan: Loan) -> tuple[contexts.CheckRow, ...]:
    found = [Check.model_validate(one) for one in check_words.whole(s, loan.checks)]
    return known.check_rows(s, record.id or 0, loan.id or 0, found)


def refusal(s: Session, record: CaseRecord, common: Common) -> contexts.FilingRefusal:
    """D10."""
    out = [loan for loan in loans.of_case(s, record.id or 0) if loan.state == LoanState.EXCLUDED]
    rows = tuple(
        contexts.RefusedLoan(
            no=number,
            borrower=loan.firm_name,
            contract_number=loan.contract_number,
            receipt_number=loan.receipt_number,
            principal=loan.principal,
            fact=loan.state_reason,
            clause=_failed_clause(loan),
        )
        for number, loan in enumerate(out, start=1)
    )
    return contexts.FilingRefusal(
        **common,
        board=record.board.value,
        received_on=known.opened_on(record),
        loans=rows,
        remedy="条件变化后可以重新申请备案。",
        objection=known.objection(s, record.managing_institution_id),
    )


def _failed_clause(loan: Loan) -> str:
    failed = [check["clause"] for check in loan.checks.get("checks", []) if check["result"] == "fail"]
    return str(failed[0]) if failed else "四（二）"


_ABOUT: dict[Process, Literal["备案", "补偿", "追偿"]] = {
    Process.FILING: "备案",
    Process.CLAIM: "补偿",
    Process.RECOVERY: "追偿",
}


def correction(s: Session, record: CaseRecord, common: Common) -> contexts.CorrectionNotice:
    """D08: every item of the newest return, and the arithmetic of the stopped clock."""
    entry = returned_entry(s, record.id or 0)
    gate = GATES[entry.name]
    days = working_calendar(s)
    stopped = clock.local(entry.finished_at or clock.now()).date()
    stood = entry.stands(days, stopped)
    given = deadlines.working_days("correction_days", clock.today(), rules(s))
    due = deadlines.due("correction_days", clock.today(), days, rules(s))
    return contexts.CorrectionNotice(
        **common,
        about=_ABOUT[Process(record.process)],
        board=record.board.value,
        matter=record.subject if record.subject.endswith("贷款") else f"{record.subject}贷款",
        received_on=known.opened_on(record),
        round=len([e for e in journal_of(s, record.id or 0) if e.kind == EntryKind.GATE and _is_return(e)]),
        faults=tuple(
            contexts.Fault(no=number, **_fault(item)) for number, item in enumerate(faults(entry), start=1)
        ),
        stage=gate.title,
        allowed_days=max(stood.given, 1),
        used_days=stood.used,
        remaining_days=max(stood.given - stood.used, 0),
        stopped_on=stopped,
        correction_days=given,
        correction_due_on=due.day,
        due_provisional=due.provisional,
        from_service=served.counts_from_service(s),
        contact=known.contact(s, record.managing_institution_id),
    )


def _is_return(entry: JournalEntry) -> bool:
    return bool(entry.result) and (entry.result or {}).get("outcome") == Outcome.RETURN.value


def returned_entry(s: Session, case_id: int) -> JournalEntry:
    """The newest gate round that was answered 退回补正."""
    query = select(JournalEntry).where(JournalEntry.case_id == case_id, JournalEntry.kind == EntryKind.GATE)
    return next(e for e in s.exec(query.order_by(col(JournalEntry.id).desc())) if _is_return(e))


def faults(entry: JournalEntry) -> list[dict[str, Any]]:
    """The 补正清单 of a return; an answer without a list is one item, its opinion."""
    result = entry.result or {}
    listed = result.get("fields", {}).get("faults") or []
    return listed or [{"problem": result.get("opinion", "")}]


def _fault(item: dict[str, Any]) -> dict[str, str]:
    return {
        "where": str(item.get("where") or "申请材料"),
        "problem": str(item.get("problem") or "需补充说明"),
        "remedy": str(item.get("remedy") or "请补充或更正后重新提交"),
        "clause": str(item.get("clause") or ""),
    }
