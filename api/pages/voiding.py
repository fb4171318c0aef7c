"""作废: asking that an issued document becomes void, and the second person's decision about it."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import check, requires
from api.auth.refusals import Refused
from api.pages.form_views import FieldView
from api.pages.layout import frame
from api.pages.numbers import STATE_NAMES, TONES
from api.pages.render import page
from api.pages.views import Link, Note, Tag
from flows.actions.errors import InvalidError
from flows.actions.papers import reissuing, voiding
from models.permissions import Actor, may_ask_to_void, may_decide_void, may_see_registers
from models.records import document, numbers, person
from models.records.case import CaseRecord
from models.records.document import Document, DocumentState

router = APIRouter(prefix="/documents/{document_id}/void")
Reader = Annotated[Actor, requires(may_see_registers)]

DONE = {
    "asked": Note("ok", "已提出作废申请。", "另一位负责人批准后生效；批准前文书仍然有效。"),
    "yes": Note("ok", "已批准作废。", "文号保留在登记簿，核验页显示已作废。"),
    "no": Note("ok", "未同意作废。", "文书仍然有效。"),
}


@router.get("")
def show(request: Request, db: Db, actor: Reader, document_id: int, done: str = "") -> HTMLResponse:
    """The document's standing, and what this person may do about it."""
    return _page(request, db, actor, _found(db, document_id), note=DONE.get(done))


@router.post("")
def ask(
    request: Request, db: Db, actor: Reader, document_id: int, reason: Annotated[str, Form()] = ""
) -> Response:
    """Ask; nothing changes yet."""
    try:
        voiding.ask(db, actor, document_id, reason)
    except InvalidError as error:
        return _page(request, db, actor, _found(db, document_id), typed=reason, fault=error.faults[0].message)
    return RedirectResponse(f"/documents/{document_id}/void?done=asked", 303)


@router.post("/decision")
def decide(
    request: Request, db: Db, actor: Reader, document_id: int,
    answer: Annotated[str, Form()] = "", opinion: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """Agree or decline."""
    if answer not in ("yes", "no"):
        raise Refused(422, "请选择同意或不同意作废。")
    try:
        voiding.decide(db, actor, document_id, approve=answer == "yes", opinion=opinion)
    except InvalidError as error:
        return _page(
            request, db, actor, _found(db, document_id), typed=opinion, fault=error.faults[0].message
        )
    return RedirectResponse(f"/documents/{document_id}/void?done={answer}", 303)


@router.post("/replacement")
def replace(db: Db, actor: Reader, document_id: int) -> Response:
    """Issue the letter anew in place of the void one."""
    made = reissuing.reissue(db, actor, document_id)
    return RedirectResponse(f"/documents/{made.id}/preview", 303)


def _found(db: Session, document_id: int) -> Document:
    found = db.get(Document, document_id) if document_id < 2**31 else None
    if found is None:
        raise Refused(404, "没有找到这份文书。")
    return found


def _page(
    request: Request, db: Session, actor: Actor, found: Document, *, note: Note | None = None, typed: str = "",
    fault: str = "",
) -> HTMLResponse:  # fmt: skip
    void = numbers.voids_of(db, [found.id or 0]).get(found.id or 0)
    waiting = void is not None and void.decided_at is None
    people = person.names(db, [key for key in (void.requested_by, void.decided_by) if key]) if void else {}
    deciding = may_decide_void(actor, found.organ_id, void.requested_by) if void and waiting else None
    asking = may_ask_to_void(actor, found.organ_id)
    if not waiting and found.state != DocumentState.VOID and note is None:
        check(asking)
    state = DocumentState(found.state)
    return page(
        request,
        "pages/numbers/void.html",
        status=422 if fault else 200,
        frame=frame(request, db, actor, "papers"),
        notes=(note,) if note else (),
        document=found,
        tag=Tag(STATE_NAMES[state], TONES[state]),
        void=void,
        asker=people.get(void.requested_by, "") if void else "",
        decider=people.get(void.decided_by or 0, "") if void else "",
        waiting=waiting,
        denied=getattr(deciding, "sentence", ""),
        may_ask=bool(asking) and state != DocumentState.VOID and not waiting,
        crumbs=_crumbs(db, found),
        successor=document.replacing(db, found.id or 0),
        may_replace=bool(reissuing.may_reissue(db, actor, found)),
        reason=FieldView(
            "作废原因", "reason", typed, fault, "写明哪里有误；批准后记入登记簿", "textarea", required=True,
            rows=4, maxlength=voiding.LONGEST,
        ),
        opinion=FieldView(
            "意见", "opinion", typed, fault, "不同意时必填", "textarea", rows=3, maxlength=voiding.LONGEST
        ),
    )  # fmt: skip


def _crumbs(db: Session, found: Document) -> tuple[Link, ...]:
    case = db.get(CaseRecord, found.case_id) if found.case_id else None
    register = Link("文号登记", "/numbers")
    return (register, Link(case.number, f"/cases/{case.number}")) if case else (register,)
