"""白名单: rounds of firms, one firm's validity through all of them, and removal; for those who see every case."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel
from sqlmodel import Session
from starlette.datastructures import UploadFile
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import anyone, requires
from api.auth.refusals import Refused
from api.pages import imports_view as views
from api.pages import policy_layout, white_list_sheet
from api.pages import white_list_view as shown
from api.pages.form_views import FieldView
from api.pages.imports import workbook
from api.pages.layout import frame
from api.pages.policy_layout import Deciding
from api.pages.posted import Posted, by_field, whole
from api.pages.render import page
from api.pages.views import Note
from flows.actions import typed
from flows.actions.errors import FieldFault, InvalidError
from flows.actions.rules import white_listing
from flows.importing import workbooks
from models import clock
from models.permissions import (
    Actor,
    may_prepare_white_list,
    may_publish_white_list,
    may_read_rules,
    may_remove_from_white_list,
)
from models.records import person
from models.records.enterprise import WhiteListEntry
from models.records.loan_import import ImportState, LoanImport
from models.records.white_list import WhiteListRound, counted, removals_waiting, rounds

router = APIRouter(prefix="/white-list")
Reader = Annotated[Actor, requires(may_read_rules)]
Registrar = Annotated[Actor, requires(may_prepare_white_list)]
Remover = Annotated[Actor, requires(may_remove_from_white_list)]

SAID = {
    "confirmed": "已确认，正在发布；完成后名单生效。",
    "rejected": "已退回，名单不变。",
    "withdrawn": "已撤回，名单不变。",
    "removed": "移出已登记，等另一人确认；确认前名单不变。",
    "removal-confirmed": "已移出，合作银行和受托管理机构已收到通知；此前发放的贷款不受影响。",
    "removal-rejected": "移出已退回，名单不变。",
    "removal-withdrawn": "移出已撤回，名单不变。",
    "same": "这个文件以前登记过，没有重复处理。",
}
SHOWS = {"bad": "要改", "warned": "提醒", "good": "可列入", "known": "跳过", "filed": "已列入", "all": "全部"}


@router.get("")
def show(request: Request, db: Db, actor: Reader, q: str = "", on: str = "", done: str = "") -> HTMLResponse:
    """Rounds, registration, and the search of a firm."""
    return _page(request, db, actor, q=q, on=on, done=done)


@router.get("/template.xlsx", dependencies=[requires(may_read_rules)])
def template() -> Response:
    """The empty workbook of a round."""
    return workbook(workbooks.white_list_template(), "白名单模板.xlsx")


@router.post("")
def prepare(request: Request, db: Db, actor: Registrar, posted: Posted) -> Response:
    """Register a round with its file."""
    sent = posted.get("file")
    name, data = (sent.filename or "", sent.file.read()) if isinstance(sent, UploadFile) else ("", b"")
    given = {key: str(posted.get(key) or "") for key in white_listing.RoundForm.model_fields}
    try:
        row, new = white_listing.prepare(db, actor, given, name, data)
    except InvalidError as error:
        return _page(request, db, actor, given=given, faults=error.faults)
    return RedirectResponse(f"/white-list/rounds/{row.id}" + ("" if new else "?done=same"), 303)


@router.get("/rounds/{round_id}", dependencies=[requires(may_read_rules)])
def one(
    request: Request, db: Db, actor: Reader, round_id: int, show: str = "", kind: str = "", done: str = ""
) -> HTMLResponse:
    """One round: progress while it is read, then its rows, and its publication."""
    row = db.get(WhiteListRound, round_id) if round_id < 2**31 else None
    if row is None:
        raise Refused(404, "没有找到这个批次。")
    file = db.get_one(LoanImport, row.import_id)
    chosen = show if show in SHOWS else "bad" if file.bad else "all"
    raw = request.query_params.get("page", "0")
    number = whole(raw, 5) or 0
    grid, pages = views.grid(db, file, chosen, kind if chosen == "bad" else "", number)
    who = person.names(db, [i for i in (row.proposed_by, row.decided_by) if i])
    said = SAID.get(done, "") if done != "confirmed" or views.at_work(file) else ""
    return page(
        request,
        "pages/white_list/round.html",
        frame=frame(request, db, actor, "policy"),
        notes=(*((Note("ok", "", said),) if said else ()), *views.notes(file)),
        row=row,
        view=file,
        tag_view=shown.tag(row, file),
        headline=shown.headline(row, file),
        who=who.get(row.proposed_by, ""),
        outcome=policy_layout.decided(
            row.verdict, who.get(row.decided_by or 0, ""), row.decided_at, row.note
        ),
        at_work=views.at_work(file),
        progress=views.progress(file),
        tabs=views.tabs(file, chosen, SHOWS),
        kinds=views.kinds(db, file),
        kind=kind,
        chosen=chosen,
        grid=grid,
        pages_view=pages,
        deciding=_deciding(actor, row, file, who),
    )


@router.post("/rounds/{round_id}/decide")
def decide(
    db: Db, actor: Reader, round_id: int, verdict: Annotated[str, Form()] = "",
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:  # fmt: skip
    """Publish, reject or withdraw."""
    chosen = policy_layout.verdict_of(verdict, "发布")
    white_listing.decide(db, actor, round_id, chosen, note)
    return RedirectResponse(f"/white-list/rounds/{round_id}?done={chosen.value}", 303)


@router.post("/stays/{entry_id}/remove")
def remove(request: Request, db: Db, actor: Remover, entry_id: int, posted: Posted) -> Response:
    """移出 a firm from a day to come."""
    names = white_listing.RemovalForm.model_fields
    given = {key: str(posted.get(f"{key}-{entry_id}") or "") for key in names}
    q = str(posted.get("q") or "")[:120]
    try:
        white_listing.remove(db, actor, entry_id, given)
    except InvalidError as error:
        return _page(request, db, actor, q=q, removal=(entry_id, given, error.faults))
    entry = db.get_one(WhiteListEntry, entry_id)
    return RedirectResponse(f"/white-list?q={entry.uscc}&done=removed", 303)


@router.post("/removals/{removal_id}/decide")
def decide_removal(
    db: Db, actor: Reader, removal_id: int, verdict: Annotated[str, Form()] = "",
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:  # fmt: skip
    """Confirm a 移出 another registered, reject it, or withdraw one's own."""
    chosen = policy_layout.verdict_of(verdict)
    if removal_id >= 2**31:
        raise Refused(422, "请选择确认、不同意或撤回。")
    row = white_listing.decide_removal(db, actor, removal_id, chosen, note)
    entry = db.get_one(WhiteListEntry, row.entry_id)
    return RedirectResponse(f"/white-list?q={entry.uscc}&done=removal-{chosen.value}", 303)


@router.get("/rounds/{round_id}/firms.xlsx", dependencies=[requires(anyone)])
def firms_of_round(db: Db, round_id: int) -> Response:
    """名单: the firms a published round put on the list and took off it; for everyone who signs in."""
    row = db.get(WhiteListRound, round_id) if round_id < 2**31 else None
    if row is None or not row.effects:
        raise Refused(404, "没有找到这个批次，或尚未公布。")
    return workbook(white_list_sheet.workbook(db, row), f"白名单-{row.name}.xlsx")


def _page(
    request: Request,
    db: Session,
    actor: Actor,
    *,
    q: str = "",
    on: str = "",
    done: str = "",
    given: Mapping[str, str] | None = None,
    faults: tuple[FieldFault, ...] = (),
    removal: shown.Removal | None = None,
) -> HTMLResponse:
    words = q.strip()[:120]
    day, wrong = _day(on)
    listed = rounds(db)
    who = person.names(db, sorted({row.proposed_by for row in listed}))
    firms = shown.firms(db, actor, words, day, removal) if words else ()
    fields = shown.fields(given or {}, by_field(faults)) if may_prepare_white_list(actor) else ()
    asked = tuple(f for firm in firms for stay in firm.stays for f in stay.fields)
    return page(
        request,
        "pages/white_list/index.html",
        status=422 if faults or removal else 200,
        frame=frame(request, db, actor, "policy"),
        notes=(Note("ok", "", SAID[done]),) if done in SAID else (),
        tabs=policy_layout.tabs(actor, "white-list"),
        today=clock.today(),
        counts=counted(db, clock.today()),
        rows=tuple(_row(db, row, who) for row in listed),
        round_columns=shown.ROUNDS,
        stay_columns=shown.STAYS,
        q=words,
        on=FieldView("查询日", "on", on.strip()[:20], wrong, type="date"),
        firms=firms,
        waiting=removals_waiting(db),
        fields=fields,
        faulty=(*fields, *asked),
    )


def _day(on: str) -> tuple[date, str]:
    """The day asked about, today where none is; a sentence where it is none."""
    if not on.strip():
        return clock.today(), ""
    form, wrong = typed.attempt(_Asked, {"on": on})
    return (form.on, "") if form else (clock.today(), wrong[0].message)


class _Asked(BaseModel):
    on: typed.Day


def _row(db: Session, row: WhiteListRound, who: Mapping[int, str]) -> shown.RoundRow:
    return shown.RoundRow(
        row, shown.tag(row, db.get_one(LoanImport, row.import_id)), who.get(row.proposed_by, "")
    )


def _deciding(actor: Actor, row: WhiteListRound, file: LoanImport, who: Mapping[int, str]) -> Deciding | None:
    if row.verdict is not None:
        return None
    action, proposer = f"/white-list/rounds/{row.id}/decide", who.get(row.proposed_by, "")
    asked = policy_layout.deciding(
        actor, action, row.proposed_by, proposer, may_publish_white_list, "确认发布"
    )
    if file.state == ImportState.CHECKED and (file.good or row.complete) and not (row.complete and file.bad):
        return asked
    return Deciding(action, False, asked.withdraw, "") if asked.withdraw else None
