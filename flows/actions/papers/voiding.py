"""Making an issued document void (作废): one person asks and says why, another decides. The number stays taken."""

from sqlmodel import Session, col, select

from flows.actions.acted import acted
from flows.actions.errors import ConflictError, FieldFault, InvalidError, NotThereError, permitted
from flows.documents.text import printable
from models import clock
from models.permissions import Actor, may_ask_to_void, may_decide_void
from models.records import document
from models.records.document import Document, DocumentState
from models.records.numbers import DocumentVoid

LONGEST = 2000


def ask(s: Session, actor: Actor, document_id: int, reason: str) -> DocumentVoid:
    """Ask that a document becomes void. Nothing changes until another person agrees."""
    found = _locked(s, document_id)
    permitted(may_ask_to_void(actor, found.organ_id))
    if found.state == DocumentState.VOID:
        raise ConflictError("这份文书已经作废。")
    if _open(s, document_id) is not None:
        raise ConflictError("这份文书已有作废申请，正在等另一人批准。")
    void = DocumentVoid(
        document_id=document_id,
        reason=_words("reason", "作废原因", reason, required=True),
        requested_by=actor.person_id,
        requested_at=clock.now(),
    )
    s.add(void)
    s.flush()
    _tell(s, found, actor, "document_void_asked", reason=void.reason)
    return void


def decide(s: Session, actor: Actor, document_id: int, *, approve: bool, opinion: str = "") -> Document:
    """Agree, and the document is void for ever; or decline, and it stays as it is."""
    found = _locked(s, document_id)
    void = _open(s, document_id)
    if void is None:
        raise ConflictError("这份文书没有待批准的作废申请，可能已由他人办理。")
    permitted(may_decide_void(actor, found.organ_id, void.requested_by))
    void.opinion = _words("opinion", "意见", opinion, required=not approve)
    void.approved, void.decided_by, void.decided_at = approve, actor.person_id, clock.now()
    s.flush()
    if approve:
        found.state = DocumentState.VOID
        s.flush()
    event = "document_voided" if approve else "document_void_declined"
    _tell(s, found, actor, event, reason=void.reason, opinion=void.opinion)
    return found


def _locked(s: Session, document_id: int) -> Document:
    query = select(Document).where(Document.id == document_id).with_for_update()
    found = s.exec(query.execution_options(populate_existing=True)).first()
    if found is None:
        raise NotThereError("没有找到这份文书。")
    return found


def _open(s: Session, document_id: int) -> DocumentVoid | None:
    query = select(DocumentVoid).where(
        DocumentVoid.document_id == document_id, col(DocumentVoid.decided_at).is_(None)
    )
    return s.exec(query).first()


def _words(field: str, label: str, typed: str, *, required: bool) -> str:
    text = printable(typed).strip()
    if required and not text:
        raise InvalidError((FieldFault(field, f"请填写{label}。"),))
    if len(text) > LONGEST:
        raise InvalidError((FieldFault(field, f"{label}最多 {LONGEST} 字，现为 {len(text)} 字。"),))
    return text


def _tell(s: Session, found: Document, actor: Actor, event: str, **data: str) -> None:
    facts = {"title": found.title, "number": found.number or "", "document_id": found.id, **data}
    for case_id in document.cases_of(s, found):
        acted(s, actor, case_id, event, facts)
