"""申报复核: what a colleague prepared, exactly as it will be submitted; another person releases it or returns it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import Permission
from api.auth.refusals import Refused
from api.auth.session import CurrentActor
from api.pages.bank_forms import Insider, check_findings
from api.pages.form_views import DialogView, FieldView, FileView
from api.pages.layout import frame
from api.pages.render import page, stamp, yuan
from api.pages.views import Note, Tag, Tone
from flows.actions.errors import ActionRefusedError, ForbiddenError, InvalidError
from flows.actions.maker_checker import handing_in
from flows.actions.maker_checker.matter import Shown
from flows.actions.maker_checker.matters import KINDS
from models.permissions import Actor, Denied, may_file, may_release
from models.policy.lines import Result
from models.records import person, prepared
from models.records.attachment import Blob
from models.records.institution import Institution
from models.records.prepared import STATE_NAMES, Prepared
from models.records.two_people import Verdict

router = APIRouter(prefix="/bank/prepared")
DECIDED_SHOWN = 30
TONES: dict[Verdict | None, Tone] = {
    None: "soon",
    Verdict.CONFIRMED: "ok",
    Verdict.REJECTED: "late",
    Verdict.WITHDRAWN: "idle",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A submission in a list. `act`: what the reader can do with it, as the word on its button."""

    id: int
    title: str
    kind: str
    amount: Decimal
    maker: str
    at: datetime
    tag: Tag
    note: str
    act: str
    case_number: str


class _Seen(Permission):
    def __call__(self, row_id: int, db: Db, actor: CurrentActor) -> Prepared:
        return handing_in.seen(db, actor, row_id)


SeenPrepared = Annotated[Prepared, Depends(_Seen())]
"""The submission `{row_id}` of the actor's own institution; 404 for everyone else."""


class ShownHash(BaseModel):
    """What the page showed."""

    shown: str = ""


class Reason(BaseModel):
    """Why it is returned."""

    reason: str = ""


@router.get("")
def listed(request: Request, db: Db, actor: Insider) -> HTMLResponse:
    """What waits, what came back, what was decided lately."""
    home = actor.institution_id
    return page(
        request,
        "pages/bank/prepared_list.html",
        frame=frame(request, db, actor, "home"),
        waiting=open_rows(db, actor),
        decided=rows_of(db, actor, prepared.decided(db, home, DECIDED_SHOWN)),
        since=db.get_one(Institution, home).checker_since,
    )


@router.get("/{row_id}")
def show(request: Request, db: Db, actor: CurrentActor, row: SeenPrepared, done: str = "") -> HTMLResponse:
    """Everything that will be submitted, the checks as of now, and what the reader may do."""
    said = {
        "returned": Note("ok", "已退回经办。", "经办可取回修改后再送复核。"),
        "withdrawn": Note("ok", "已撤回。", "可取回修改，或就此作罢。"),
    }.get(done)
    return _page(request, db, actor, row, (said,) if said else ())


@router.post("/{row_id}/release")
def release(
    request: Request, db: Db, actor: CurrentActor, row: SeenPrepared, form: Annotated[ShownHash, Form()]
) -> Response:
    """Let it go to the city."""
    try:
        with db.begin_nested():
            done = handing_in.release(db, actor, row.id or 0, form.shown)
    except ActionRefusedError as error:
        return _refused(request, db, actor, row, error)
    if done.case_number and done.kind != "loan_change":
        return RedirectResponse(f"/bank/cases/{done.case_number}/sent", 303)
    return RedirectResponse(KINDS[done.kind].page.format(subject=done.subject), 303)


@router.post("/{row_id}/return")
def give_back(
    request: Request, db: Db, actor: CurrentActor, row: SeenPrepared, form: Annotated[Reason, Form()]
) -> Response:
    """Back to who prepared it."""
    try:
        handing_in.give_back(db, actor, row.id or 0, form.reason)
    except ActionRefusedError as error:
        return _refused(request, db, actor, row, error, typed=form.reason)
    return RedirectResponse(f"/bank/prepared/{row.id}?done=returned", 303)


@router.post("/{row_id}/withdraw")
def withdraw(request: Request, db: Db, actor: CurrentActor, row: SeenPrepared) -> Response:
    """Taken back by its maker."""
    try:
        handing_in.withdraw(db, actor, row.id or 0)
    except ActionRefusedError as error:
        return _refused(request, db, actor, row, error)
    return RedirectResponse(f"/bank/prepared/{row.id}?done=withdrawn", 303)


@router.post("/{row_id}/take-up")
def take_up(request: Request, db: Db, actor: CurrentActor, row: SeenPrepared) -> Response:
    """取回修改: a draft of one's own again."""
    try:
        with db.begin_nested():
            address = handing_in.take_up(db, actor, row.id or 0)
        return RedirectResponse(address, 303)
    except ActionRefusedError as error:
        return _refused(request, db, actor, row, error)


@router.get("/{row_id}/files/{place}")
def file(db: Db, row: SeenPrepared, place: int) -> Response:
    """One of its files, always saved, never run."""
    if not 0 <= place < len(row.files):
        raise Refused(404, "没有找到这份附件。")
    found = row.files[place]
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found['filename'])}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(db.get_one(Blob, found["sha256"]).data, media_type=found["media_type"], headers=headers)


def open_rows(db: Session, actor: Actor) -> tuple[Row, ...]:
    """What waits in the actor's institution or came back, oldest first: for the home of those who file."""
    return rows_of(db, actor, prepared.open_of(db, actor.institution_id))


def rows_of(db: Session, actor: Actor, found: Sequence[Prepared]) -> tuple[Row, ...]:
    """Submissions as rows of a list."""
    names = person.names(db, [row.proposed_by for row in found])
    return tuple(
        Row(
            row.id or 0, row.title, KINDS[row.kind].name, row.amount, names[row.proposed_by], row.proposed_at,
            _tag(row), row.note, _act(actor, row), row.case_number,
        )
        for row in found
    )  # fmt: skip


def _tag(row: Prepared) -> Tag:
    return Tag(STATE_NAMES[row.verdict], TONES[row.verdict])


def _act(actor: Actor, row: Prepared) -> str:
    if row.verdict is None:
        return "复核" if may_release(actor, row.proposed_by, "") else "查看"
    again = row.verdict is not Verdict.CONFIRMED and row.taken_up_at is None
    return "取回修改" if again and _files(actor) else "查看"


def _files(actor: Actor) -> bool:
    return actor.files_board is not None and bool(may_file(actor, actor.files_board))


def _refused(
    request: Request, db: Session, actor: Actor, row: Prepared, error: ActionRefusedError, typed: str = ""
) -> HTMLResponse:
    """Said on the page, with everything that is in the way."""
    db.refresh(row)
    faults = error.faults if isinstance(error, InvalidError) else ()
    field = next((fault.message for fault in faults if fault.field == "reason"), "")
    words = field or "；".join(fault.message for fault in faults) or error.sentence
    note = Note("late", "没有办成。", words, alert=True)
    status = 422 if faults else 403 if isinstance(error, ForbiddenError) else 409
    return _page(request, db, actor, row, (note,), status=status, typed=typed, fault=field)


def _page(
    request: Request,
    db: Session,
    actor: Actor,
    row: Prepared,
    notes: tuple[Note, ...] = (),
    *,
    status: int = 200,
    typed: str = "",
    fault: str = "",
) -> HTMLResponse:
    names = person.names(db, [row.proposed_by, row.decided_by or 0])
    maker, waits = names[row.proposed_by], row.verdict is None
    allowed = may_release(actor, row.proposed_by, maker)
    shown, obstacles = _shown(db, row), handing_in.obstacles(db, row) if waits else ()
    checks = [check for _, check in shown.checks]
    may_take = not waits and row.verdict is not Verdict.CONFIRMED and row.taken_up_at is None
    return page(
        request,
        "pages/bank/prepared.html",
        status=status,
        frame=frame(request, db, actor, "home"),
        notes=notes,
        row=row,
        kind=KINDS[row.kind].name,
        maker=maker,
        tag=_tag(row),
        decided=_decided(row, names),
        sections=shown.sections,
        files=_file_views(row, shown),
        obstacles=obstacles,
        findings=_found(shown),
        passed=sum(check.result is Result.PASS for check in checks),
        waits=waits,
        may_release=bool(allowed),
        denied=allowed.sentence if isinstance(allowed, Denied) else "",
        mine=row.proposed_by == actor.person_id,
        may_take=may_take and _files(actor),
        reason=FieldView(
            "退回原因", "reason", typed, fault, "经办会看到", "textarea", required=True, maxlength=500
        ),
        dialogs=(_confirm(row, maker),) if waits and allowed else (),
    )


def _shown(db: Session, row: Prepared) -> Shown:
    """In words; what cannot be read any more (the case moved on) is left to the obstacles."""
    maker = db.get_one(person.Person, row.proposed_by)
    home = db.get_one(Institution, row.institution_id)
    actor = Actor(row.proposed_by, maker.name, row.institution_id, frozenset(), home.files_board)
    try:
        return KINDS[row.kind].show(db, actor, handing_in.matter_of(row))
    except ActionRefusedError:
        return Shown(())


def _found(shown: Shown) -> tuple[Any, ...]:
    found: list[Any] = []
    for where in dict.fromkeys(where for where, _ in shown.checks):
        of = check_findings([check for at, check in shown.checks if at == where], "#content")
        found += [(where, one) for one in of]
    return tuple(sorted(found, key=lambda pair: pair[1].tone != "late"))


def _file_views(row: Prepared, shown: Shown) -> tuple[tuple[str, FileView], ...]:
    return tuple(
        (
            shown.materials.get(one["slot"], one["slot"]),
            FileView(
                one["filename"], f"/bank/prepared/{row.id}/files/{place}", f"SHA-256 {one['sha256'][:12]}…"
            ),
        )
        for place, one in enumerate(row.files)
    )


def _decided(row: Prepared, names: dict[int, str]) -> str:
    if row.decided_at is None:
        return ""
    return f"{names.get(row.decided_by or 0, '')} {stamp(row.decided_at)} {STATE_NAMES[row.verdict]}"


def _confirm(row: Prepared, maker: str) -> DialogView:
    return DialogView(
        "release",
        f"放行“{row.title}”",
        f"金额 {yuan(row.amount)} 元，经办 {maker}。放行后立即提交给受托管理机构，你作为复核人留痕。",
        "核对无误，放行",
        action=f"/bank/prepared/{row.id}/release",
        fields=(FieldView("", "shown", row.shown, type="hidden"),),
    )
