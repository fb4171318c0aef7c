"""The documents of 公示: D21, and D22 to whoever objects."""

from sqlmodel import Session, col, select

from flows.documents import contexts
from flows.steps import document_facts as known
from flows.steps.document_base import Common
from flows.steps.document_claim import of
from models import clock
from models.policy import deadlines
from models.records.case import CaseRecord
from models.records.claim import Objection
from models.records.institution import Kind, of_kind
from models.records.reference import working_calendar
from models.records.rules import rules
from models.records.task import of_case


def _bureau(s: Session) -> contexts.Contact:
    """Whom to ask at 市工信局, which announces and answers objections."""
    return known.contact(s, of_kind(s, Kind.BUREAU)[0].id or 0)


def public_notice(s: Session, record: CaseRecord, common: Common) -> contexts.PublicNotice:
    """D21: the firm's name desensitised."""
    claimed, loan = of(s, record)
    amount = claimed.approved or 0
    starts = claimed.notice_started_on or clock.today()
    ends = claimed.notice_ends_on or starts
    row = contexts.PublicRow(
        no=1,
        board=record.board.value,
        applicant=known.full_name(s, record.institution_id),
        borrower_shown=known.masked(loan.firm_name),
        principal=loan.principal,
        disbursed_on=loan.disbursed_on,
        amount=amount,
    )
    return contexts.PublicNotice(
        **common,
        batch=f"{record.number}号",
        rows=(row,),
        total=amount,
        starts_on=starts,
        ends_on=ends,
        due_provisional=working_calendar(s).working_days_between(starts, ends).provisional,
        working_days=deadlines.working_days("public_notice_days", starts, rules(s)),
        contact=_bureau(s),
    )


def objection_reply(s: Session, record: CaseRecord, common: Common) -> contexts.ObjectionReply:
    """D22, to the objector."""
    query = select(Objection).where(Objection.case_id == record.id).order_by(col(Objection.id).desc())
    objection = s.exec(query.limit(1)).one()
    task = [t for t in of_case(s, record.id or 0) if t.gate == "objection" and t.answered_at][-1]
    rejected = task.outcome == "approve"
    found = objection.findings or task.opinion
    return contexts.ObjectionReply(
        **{**common, "recipient": objection.objector},
        notice_title=f"关于{record.number}号中小微企业融资风险补偿项目的公示",
        received_on=clock.local(objection.at).date(),
        summary=objection.content,
        findings=(
            contexts.Finding(
                no=1, point="关于上述异议。", finding=found if found.startswith("经") else f"经查，{found}"
            ),
        ),
        outcome="rejected" if rejected else "upheld",
        conclusion="公示继续进行。" if rejected else "原补偿意见不再执行。",
        contact=_bureau(s),
    )
