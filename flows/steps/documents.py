"""Drawing up documents: number, bytes, hash and register entry in one transaction with the step that needs them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from flows.documents import versions
from flows.documents.contexts import DocumentContext
from flows.documents.engine import DOCUMENTS, Rendered, render
from flows.documents.registry import Signer
from flows.kernel import Case, served, step
from flows.steps import (
    document_claim,
    document_decision,
    document_filing,
    document_publicity,
    document_recovery,
    issuing,
)
from flows.steps import document_facts as known
from flows.steps.document_base import Common
from flows.steps.happened import happened
from models import clock
from models.gates import GATES
from models.policy import deadlines
from models.records import claim as claims
from models.records import document, loan_import, meeting
from models.records.case import CaseRecord
from models.records.document import Document
from models.records.institution import Institution, Kind, of_kind
from models.records.reference import working_calendar
from models.records.rules import rules

Builder = Callable[[Session, CaseRecord, Common], DocumentContext]

BUILDERS: dict[str, Builder] = {
    "D07": document_filing.application,
    "D08": document_filing.correction,
    "D09": document_filing.confirmation,
    "D10": document_filing.refusal,
    "D15": document_claim.application,
    "D16": document_claim.acceptance,
    "D16R": document_claim.non_acceptance,
    "D17": document_claim.working_paper,
    "D18": document_claim.review_opinion,
    "D19": document_claim.approval_form,
    "D20": document_claim.minutes,
    "D21": document_publicity.public_notice,
    "D22": document_publicity.objection_reply,
    "D23": document_decision.decision,
    "D24": document_decision.reduced,
    "D25": document_decision.payment_letter,
    "D26": document_decision.payment_notice,
    "D27": document_decision.receipt,
    "D28": document_recovery.progress,
    "D29": document_recovery.notice,
}
SUFFIXES = {
    "D08": "补",
    "D09": "备",
    "D10": "备",
    "D11C": "备",
    "D14": "险",
    "D16": "受",
    "D16R": "受",
    "D18": "审",
    "D20": "纪",
    "D22": "函",
    "D23": "补偿",
    "D24": "补偿",
    "D25": "函",
    "D26": "拨",
    "D29": "返",
    "D34": "报",
    "D35": "报",
}
"""发文代字 after the organ's own word, e.g. 计补〔2026〕41号."""
FOR_APPLICANT = frozenset(
    {"D07", "D08", "D09", "D10", "D15", "D16", "D16R", "D21", "D23", "D24", "D26", "D27", "D28", "D29"}
)
REPEATED = frozenset({"D08", "D22"})
"""Letters of which several may be in force: each return or objection has its own."""
MEETING_NAME = "东莞市中小微企业融资风险补偿联席会议"
UNNUMBERED = "预览·未编号"
AT_ISSUE = "出具时生成"


@step()
def draw_up(case: Case, code: str) -> int:
    """Issue the document `code` of this case; its id. A newer one of the same kind supersedes the older. The 纪要 of
    a vote a session decided is the session's, issued when it was concluded."""
    s, record = case.session, case.record
    shared = meeting.minutes_for(s, case.id) if code == "D20" else None
    if code not in REPEATED:
        document.supersede(s, case.id, code)
    # The session's one 纪要 speaks for every case it decided.
    issued = s.get_one(Document, shared) if shared is not None else issue_for(s, record, code)
    happened(case, "document_issued", title=issued.title, number=issued.number or "", document_id=issued.id)
    return issued.id or 0


def issue_for(s: Session, record: CaseRecord, code: str, *, replaces: int | None = None) -> Document:
    """Issue the document `code` from what the case's facts say now; `replaces` is the void one it stands for."""
    organ = _organ(s, record, code)
    return issuing.issue(
        s,
        code,
        organ,
        SUFFIXES.get(code, ""),
        record.number,
        lambda check, address: _context(s, record, code, organ, check, address),
        case_id=record.id,
        for_applicant=code in FOR_APPLICANT,
        replaces=replaces,
    )


def preview(s: Session, record: CaseRecord, code: str) -> Rendered:
    """The document `code` as it would be issued now, without number, code or register entry; nothing is written."""
    kind = DOCUMENTS[code]
    organ = _organ(s, record, code)
    context = _context(s, record, code, organ, AT_ISSUE, None)
    return render(
        code, context.under(UNNUMBERED if kind.numbered else None), versions.foreseen(s, code, clock.today())
    )


def _context(
    s: Session,
    record: CaseRecord,
    code: str,
    organ: Institution,
    check: str,
    address: str | None,
) -> DocumentContext:
    jointly = DOCUMENTS[code].signer is Signer.MEETING
    common = Common(
        organ_name=MEETING_NAME if jointly else known.full_name(s, organ.id or 0),
        issued_on=clock.today(),
        recipient=_recipient(s, record, code),
        case_number=record.number,
        verification_code=check,
        verification_url=address,
    )
    return BUILDERS[code](s, record, common)


def _organ(s: Session, record: CaseRecord, code: str) -> Institution:
    """Whose document it is; D07 of a back-filing (补录) is of who entered it."""
    signer = DOCUMENTS[code].signer
    origin = loan_import.origin_of(s, record.id or 0) if code == "D07" else None
    if origin is not None and origin.backfilled:
        return s.get_one(Institution, origin.entered_by_institution_id)
    if signer is Signer.MANAGING:
        return s.get_one(Institution, record.managing_institution_id)
    if signer is Signer.INSTITUTION:
        return s.get_one(Institution, record.institution_id)
    kind = Kind.FINANCE if signer is Signer.FINANCE else Kind.BUREAU
    return of_kind(s, kind)[0]


def _recipient(s: Session, record: CaseRecord, code: str) -> str:
    if code in ("D07", "D15", "D27", "D28"):
        return known.full_name(s, record.managing_institution_id)
    if code in ("D18",):
        return known.full_name(s, of_kind(s, Kind.BUREAU)[0].id or 0)
    if code == "D25":
        return known.full_name(s, of_kind(s, Kind.FINANCE)[0].id or 0)
    if code in ("D17", "D19", "D20", "D21", "D22"):
        return ""
    return known.full_name(s, record.institution_id)


@step()
def correction(case: Case) -> dict[str, Any]:
    """What the notice of a return says: every item, until when, and whose clock stands still."""
    s = case.session
    entry = document_filing.returned_entry(s, case.id)
    due = deadlines.due("correction_days", clock.today(), working_calendar(s), rules(s))
    items = [
        {key: str(item.get(key) or "") for key in ("where", "problem", "remedy", "clause")}
        for item in document_filing.faults(entry)
    ]
    return {
        "stage": GATES[entry.name].title,
        "items": items,
        "due_on": due.day.isoformat(),
        "days": deadlines.working_days("correction_days", clock.today(), rules(s)),
        "provisional": due.provisional,
        "from_service": served.counts_from_service(s),
    }


@step()
def announcement(case: Case) -> dict[str, Any]:
    """What the notice of 公示 says."""
    claimed = claims.of_case(case.session, case.id)
    starts = claimed.notice_started_on or clock.today()
    ends = claimed.notice_ends_on or starts
    return {
        "amount": str(claimed.approved),
        "starts_on": starts.isoformat(),
        "ends_on": ends.isoformat(),
        "provisional": working_calendar(case.session).working_days_between(starts, ends).provisional,
        "days": deadlines.working_days("public_notice_days", starts, rules(case.session)),
    }


@step()
def reduced(case: Case) -> bool:
    """Whether less is granted than was asked: then each reason is given in a letter of its own."""
    claimed = claims.of_case(case.session, case.id)
    return (claimed.approved or Decimal(0)) < claimed.requested


@step()
def payment(case: Case) -> dict[str, Any]:
    """What the notice of payment says."""
    claimed = claims.of_case(case.session, case.id)
    due = deadlines.due("receipt_days", clock.today(), working_calendar(case.session), rules(case.session))
    return {
        "amount": str(claimed.paid),
        "voucher_number": claimed.voucher_number,
        "voucher_date": (claimed.voucher_date or clock.today()).isoformat(),
        "due_on": due.day.isoformat(),
        "from_service": served.counts_from_service(case.session),
    }


@step()
def received(case: Case) -> dict[str, Any]:
    """What the notice of a confirmed receipt says."""
    claimed = claims.of_case(case.session, case.id)
    return {
        "amount": str(claimed.received),
        "received_on": (claimed.received_on or clock.today()).isoformat(),
    }


__all__ = ["announcement", "correction", "draw_up", "payment", "preview", "received", "reduced"]
