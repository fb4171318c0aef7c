"""重新出具: a new letter, with a new number, in place of a void one. It says what the case's facts say now."""

from sqlmodel import Session

from flows.actions.acted import acted
from flows.actions.errors import ConflictError, NotThereError, permitted
from flows.documents.engine import DOCUMENTS
from flows.documents.registry import Signer
from flows.steps import document_change
from flows.steps.documents import REPEATED, issue_for
from models.permissions import Actor, Denied, Verdict, may_decide_void
from models.records import document, numbers
from models.records.case import CaseRecord
from models.records.document import Document, DocumentState
from models.records.loan_change import LoanChange


def may_reissue(s: Session, actor: Actor, found: Document) -> Verdict:
    """Whether this person may issue a new letter in place of this one, with the reason why not."""
    if sentence := _reason_against(s, found):
        return Denied(sentence)
    void = numbers.voids_of(s, [found.id or 0])[found.id or 0]
    allowed = may_decide_void(actor, found.organ_id, void.requested_by)
    if isinstance(allowed, Denied):
        return Denied("重新出具由出具单位的审核负责人、分管领导或统筹管理办理，且不能是申请作废的人。")
    return allowed


def _reason_against(s: Session, found: Document) -> str:
    """Why nobody may; "" if somebody may."""
    kind = DOCUMENTS[found.code]
    if found.state != DocumentState.VOID:
        return "只有已作废的文书可以重新出具；有效的文书请先申请作废。"
    if found.case_id is None or not kind.numbered or kind.signer is Signer.MEETING:
        return "这种文书由原来的程序重新形成，不能在这里重新出具。"
    if found.code in REPEATED:
        return f"{kind.title}可以有多份，请在案件中按程序再次出具。"
    if document.replacing(s, found.id or 0) is not None:
        return "已经重新出具过。"
    if found.loan_change_id is None and document.latest(s, found.case_id, found.code) is not None:
        return f"案件中已有一份有效的{kind.title}，不需要重新出具。"
    return ""


def reissue(s: Session, actor: Actor, document_id: int) -> Document:
    """Issue the letter anew: next number, today's date, a code of its own. The void one keeps its number."""
    found = s.get(Document, document_id)
    if found is None:
        raise NotThereError("没有找到这份文书。")
    record = s.get(CaseRecord, found.case_id, with_for_update=True) if found.case_id else None
    if sentence := _reason_against(s, found):
        raise ConflictError(sentence)
    permitted(may_reissue(s, actor, found))
    if record is None:
        raise NotThereError("没有找到这份文书的案件。")
    try:
        issued = _again(s, record, found)
    except (LookupError, ValueError) as error:
        raise ConflictError(
            f"按案件现在的资料不能形成{found.title}：案件可能已退回或者撤回。请在案件中按程序办理。"
        ) from error
    told = {
        "title": issued.title,
        "number": issued.number or "",
        "replaced": found.number or "",
        "document_id": issued.id,
    }
    acted(s, actor, record.id or 0, "document_reissued", told)
    return issued


def _again(s: Session, record: CaseRecord, found: Document) -> Document:
    if found.loan_change_id is not None and found.code == "D14":
        said, about = found.context, s.get_one(LoanChange, found.loan_change_id)
        return document_change.warning(s, about, said["standard"], said["request"], replaces=found.id)
    if found.loan_change_id is not None:
        return document_change.confirmation(s, s.get_one(LoanChange, found.loan_change_id), replaces=found.id)
    return issue_for(s, record, found.code, replaces=found.id)
