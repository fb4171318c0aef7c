"""批量备案 for those who file, 批量补录 for managing institutions: upload, progress, faults, submission."""

from pathlib import PurePosixPath
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from starlette.datastructures import UploadFile
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import Permission, anyone, requires
from api.auth.session import CurrentActor
from api.pages import imports_view as views
from api.pages.bank_forms import Applicant, board_of, sent
from api.pages.form_views import FieldView, Option
from api.pages.layout import frame
from api.pages.posted import Posted, by_field, whole
from api.pages.render import fragment, page
from flows.actions.applications import importing
from flows.actions.errors import FieldFault, InvalidError
from flows.actions.maker_checker import handing_in
from flows.importing import workbooks
from models import clock
from models.lifecycle import BOARD_NAMES, Board
from models.permissions import Actor, may_backfill
from models.records import institution, person, prepared
from models.records.loan_import import ImportKind, LoanImport, cases_of, good_amount, recent
from models.records.white_list import of_import

router = APIRouter()
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ACCEPT = ".xlsx,.xls,.ods,.csv"
Backfiller = Annotated[Actor, requires(may_backfill)]


class _ImportInView(Permission):
    def __call__(self, import_id: int, db: Db, actor: CurrentActor) -> LoanImport:
        return importing.seen(db, actor, import_id)


SeenImport = Annotated[LoanImport, Depends(_ImportInView())]
"""The import `{import_id}`; 404 for everyone but the institution that handed it in."""


@router.get("/bank/imports")
def own(request: Request, db: Db, actor: Applicant) -> HTMLResponse:
    """Upload a list of one's own loans; earlier ones."""
    return _desk(request, db, actor, backfilled=False)


@router.get("/backfills")
def others(request: Request, db: Db, actor: Backfiller) -> HTMLResponse:
    """Enter loans approved elsewhere for another institution."""
    return _desk(request, db, actor, backfilled=True)


@router.post("/bank/imports")
def upload(request: Request, db: Db, actor: Applicant, posted: Posted) -> Response:
    """Hand in a list; the same file twice leads to the same page."""
    return _hand_in(request, db, actor, posted, backfilled=False)


@router.post("/backfills")
def backfill(request: Request, db: Db, actor: Backfiller, posted: Posted) -> Response:
    """Hand in a list for another institution, with the document it rests on."""
    return _hand_in(request, db, actor, posted, backfilled=True)


@router.get("/imports/templates/{board}.xlsx", dependencies=[requires(anyone)])
def template(board: Board) -> Response:
    """The empty workbook of a board."""
    return workbook(workbooks.template(board), f"备案清单模板（{BOARD_NAMES[board]}）.xlsx")


@router.get("/imports/{import_id}")
def show(
    request: Request, db: Db, actor: CurrentActor, found: SeenImport, show: str = "", kind: str = ""
) -> Response:
    """Progress while there is work, then the result; `show` picks the rows, `kind` the faults of one kind."""
    if found.kind == ImportKind.WHITE_LIST:
        return RedirectResponse(f"/white-list/rounds/{of_import(db, found.id or 0).id}", 303)
    chosen = show if show in views.SHOWS else "bad" if found.bad else "all"
    number = _page_number(request)
    grid, pages = views.grid(db, found, chosen, kind if chosen == "bad" else "", number)
    amount = good_amount(db, found.id or 0)
    waiting = handing_in.list_waiting(db, found)
    idle = waiting is None
    return page(
        request,
        "pages/imports/show.html",
        frame=frame(request, db, actor, "imports"),
        view=found,
        headline=views.headline(found, waits=not idle),
        waits=not idle,
        board=BOARD_NAMES[Board(found.board)],
        place=institution.name_on(db, found.institution_id, clock.today()).short_name,
        who=person.names(db, [found.uploaded_by]).get(found.uploaded_by, ""),
        at_work=views.at_work(found),
        progress=views.progress(found),
        kpis=views.kpis(db, found) if found.rows else (),
        tabs=views.tabs(found, chosen),
        kinds=views.kinds(db, found),
        kind=kind,
        shown=chosen,
        grid=grid,
        pages_view=pages,
        cases=cases_of(db, found.id or 0),
        back="/backfills" if found.backfilled else "/bank/imports",
        can_submit=idle and found.state in ("checked", "submitted") and found.good > 0,
        can_discard=idle and found.state in ("checked", "refused") and not found.filed,
        can_recheck=idle and found.state == "checked" and not found.filed,
        whole_copy=found.rows <= workbooks.WHOLE_COPY,
        dialogs=views.dialogs(db, found, amount),
        notes=views.notes(found, waiting),
    )


@router.get("/imports/{import_id}/progress")
def progress(request: Request, found: SeenImport) -> HTMLResponse:
    """How far the work is; once it is done the page is loaded anew."""
    headers = None if views.at_work(found) else {"HX-Refresh": "true"}
    return fragment(
        request, "pages/imports/progress.html", view=found, progress=views.progress(found), headers=headers
    )


@router.get("/imports/{import_id}/annotated")
def annotated(db: Db, found: SeenImport) -> Response:
    """The file with its faults, to be corrected and handed in again."""
    return workbook(workbooks.annotated(db, found), f"{PurePosixPath(found.filename).stem}（批注版）.xlsx")


@router.post("/imports/{import_id}/submit")
def submit(db: Db, actor: CurrentActor, found: SeenImport, posted: Posted) -> Response:
    """Let the good rows become filings."""
    good_only = posted.get("good_only") == "1"
    handed = handing_in.hand_in_list(db, actor, found, good_only=good_only)
    return RedirectResponse(sent(handed) if handed.waiting else f"/imports/{found.id}", 303)


@router.post("/imports/{import_id}/recheck")
def recheck(db: Db, actor: CurrentActor, found: SeenImport) -> Response:
    """Check the same file against the records as they are now."""
    importing.check_again(db, actor, found.id or 0)
    return RedirectResponse(f"/imports/{found.id}", 303)


@router.post("/imports/{import_id}/discard")
def discard(db: Db, actor: CurrentActor, found: SeenImport) -> Response:
    """Throw the list away."""
    importing.discard(db, actor, found.id or 0)
    return RedirectResponse("/backfills" if found.backfilled else "/bank/imports", 303)


def _page_number(request: Request) -> int:
    return whole(request.query_params.get("page", ""), 5) or 0


def _hand_in(request: Request, db: Session, actor: Actor, posted: Posted, *, backfilled: bool) -> Response:
    sent = posted.get("file")
    given = isinstance(sent, UploadFile) and bool(sent.filename)
    name, data = (sent.filename or "", sent.file.read()) if isinstance(sent, UploadFile) else ("", b"")
    typed = {key: str(posted.get(key) or "") for key in ("institution", "source_document")}
    whose = whole(typed["institution"])
    try:
        if backfilled and whose is None:
            raise InvalidError((FieldFault("institution", "请选择为哪一家机构补录。"),))
        found, _ = importing.hand_in(
            db,
            actor,
            name,
            data if given else b"",
            institution_id=whose if backfilled else None,
            source_document=typed["source_document"],
        )
    except InvalidError as error:
        return _desk(request, db, actor, backfilled=backfilled, typed=typed, faults=error.faults)
    return RedirectResponse(f"/imports/{found.id}", 303)


def _desk(
    request: Request,
    db: Session,
    actor: Actor,
    *,
    backfilled: bool,
    typed: dict[str, str] | None = None,
    faults: tuple[FieldFault, ...] = (),
) -> HTMLResponse:
    errors, kept = by_field(faults), typed or {}
    names = institution.names_on(db, clock.today())
    places = [p for p in institution.filing_institutions(db) if p.id != actor.institution_id]
    boards = tuple(Board) if backfilled else (board_of(actor),)
    fields = [FieldView("清单文件", "file", type="file", accept=ACCEPT, required=True, error=errors.get("file", ""),
                        hint="xlsx、xls、ods 或 csv，不超过 20 MB、20 万行")]  # fmt: skip
    if backfilled:
        options = tuple(
            Option(str(p.id), f"{names[p.id or 0].short_name}（{BOARD_NAMES[Board(p.files_board)]}）")
            for p in places
            if p.files_board
        )
        fields = [
            FieldView("申报机构", "institution", kept.get("institution", ""), errors.get("institution", ""), type="select", options=options, required=True),
            FieldView("依据的文件", "source_document", kept.get("source_document", ""), errors.get("source_document", ""),
                      "文件名称和文号，例如：东工信〔2024〕18号备案清单", required=True, maxlength=200),
            *fields,
        ]  # fmt: skip
    listed = recent(db, actor.institution_id, backfilled=backfilled)
    waiting = {row.subject for row in prepared.waiting(db, actor.institution_id) if row.kind == "import"}
    return page(
        request,
        "pages/imports/desk.html",
        status=422 if faults else 200,
        frame=frame(request, db, actor, "imports"),
        backfilled=backfilled,
        action="/backfills" if backfilled else "/bank/imports",
        fields=tuple(fields),
        templates=tuple((BOARD_NAMES[board], f"/imports/templates/{board.value}.xlsx") for board in boards),
        rows=tuple(
            (one, views.state_tag(one, waits=str(one.id) in waiting), names[one.institution_id].short_name)
            for one in listed
        ),
    )


def workbook(data: bytes, filename: str) -> Response:
    """A workbook to be saved under this name."""
    headers = {
        "Content-Disposition": f"attachment; filename=\"loans.xlsx\"; filename*=UTF-8''{quote(filename, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return Response(data, media_type=XLSX, headers=headers)
