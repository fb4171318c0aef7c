"""What an applicant does with a case of its own: see that it was sent, confirm the receipt of money."""

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.refusals import Refused
from api.auth.session import COOKIE
from api.pages.bank_forms import Applicant, Insider, OwnCase, field_views, text_of
from api.pages.bank_forms import sent as sent_to
from api.pages.layout import frame
from api.pages.posted import Posted, by_field
from api.pages.render import page, sentence_day, yuan
from flows.actions.answers import answering
from flows.actions.applications import receiving
from flows.actions.applications.receiving import ReceiptForm
from flows.actions.errors import FieldFault, InvalidError
from flows.actions.maker_checker import handing_in, matters
from flows.actions.typed import read
from models import clock
from models.lifecycle import FINAL, PROCESS_NAMES, STATE_NAMES, State
from models.records import institution
from models.records.attachment import Blob
from models.records.case import CaseRecord, JournalEntry
from models.records.claim import of_case as claim_of
from models.records.draft import Draft, DraftFile
from models.records.task import open_of_case

router = APIRouter(prefix="/bank")


def _settled(request: Request, number: str) -> Iterator[None]:
    """Before the page's own transaction: give the worker a moment, so that people see what follows."""
    if COOKIE in request.cookies and len(number) <= 40:
        answering.settled(number, 0)
    yield


@router.get("/cases/{number}/sent", dependencies=[Depends(_settled)])
def sent(request: Request, db: Db, actor: Insider, case: OwnCase) -> HTMLResponse:
    """It has been submitted: its number, who has it now, what comes next."""
    db.refresh(case)
    waiting = open_of_case(db, case.id or 0)
    names = institution.names_on(db, clock.today())
    return page(
        request,
        "pages/bank/sent.html",
        frame=frame(request, db, actor, "home"),
        case=case,
        process=PROCESS_NAMES[case.process],
        state=STATE_NAMES[State(case.state)],
        managing=names[case.managing_institution_id].name,
        due=sentence_day(clock.local(waiting[0].due_at).date()) if waiting else "",
        provisional=bool(waiting) and db.get_one(JournalEntry, waiting[0].entry_id).due_provisional,
        withdrawn=case.state == State.WITHDRAWN,
        closed=case.state in FINAL,
    )


@router.get("/cases/{number}/receipt")
def receipt(request: Request, db: Db, actor: Applicant, case: OwnCase) -> HTMLResponse:
    """The receipt to confirm, filled in with what was paid."""
    receiving.open_task(db, case)
    claim = claim_of(db, case.id or 0)
    first = {"received_amount": yuan(claim.paid), "received_on": ""}
    return _receipt_page(request, db, actor, case, first)


@router.post("/cases/{number}/receipt")
def confirm_receipt(request: Request, db: Db, actor: Applicant, case: OwnCase, posted: Posted) -> Response:
    """Answer the receipt's task."""
    receiving.open_task(db, case)
    typed = text_of(posted)
    try:
        handed = handing_in.hand_in(db, actor, matters.receipt(case, read(ReceiptForm, typed)))
    except InvalidError as error:
        return _receipt_page(request, db, actor, case, typed, error.faults)
    return RedirectResponse(sent_to(handed), 303)


def _receipt_page(
    request: Request,
    db: Session,
    actor: Applicant,
    case: CaseRecord,
    typed: dict[str, str],
    faults: tuple[FieldFault, ...] = (),
) -> HTMLResponse:
    claim = claim_of(db, case.id or 0)
    return page(
        request,
        "pages/bank/receipt.html",
        status=422 if faults else 200,
        frame=frame(request, db, actor, "home"),
        case=case,
        claim=claim,
        fields=field_views(ReceiptForm, ReceiptForm.model_fields, typed, by_field(faults)),
    )


def _own_file(file_id: int, db: Db, actor: Applicant) -> DraftFile:
    found = db.get(DraftFile, file_id) if file_id < 2**31 else None
    owner = db.get(Draft, found.draft_id) if found else None
    if found is None or owner is None or owner.person_id != actor.person_id:
        raise Refused(404, "没有找到这份附件。")
    return found


@router.get("/drafts/files/{file_id}")
def draft_file(db: Db, found: Annotated[DraftFile, Depends(_own_file)]) -> Response:
    """A file of one's own draft, to look at again; always saved, never run."""
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.filename)}"}
    return Response(db.get_one(Blob, found.sha256).data, media_type=found.media_type, headers=headers)
