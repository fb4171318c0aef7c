"""联席会议: sessions, one session with its agenda, the members' votes on many cases, and its conclusion."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import requires
from api.auth.refusals import Refused
from api.pages import meeting_view
from api.pages.evidence import zipped
from api.pages.form_views import DialogView, FieldView
from api.pages.layout import frame
from api.pages.posted import Posted, by_field, texts, whole
from api.pages.render import page
from api.pages.task_facts import clause_view
from api.pages.views import Column, Empty, Link, Note
from flows.actions.answers import answering
from flows.actions.errors import ActionRefusedError, InvalidError
from flows.actions.meetings import concluding, convening
from flows.documents import packing
from models import clock, database
from models.gates import Outcome
from models.permissions import Actor, may_convene, may_see_meetings
from models.records import meeting
from models.records.export import Export
from models.records.meeting import RESULT_NAMES, Meeting

router = APIRouter(prefix="/meetings")
Reader = Annotated[Actor, requires(may_see_meetings)]
Secretary = Annotated[Actor, requires(may_convene)]
COLUMNS = (
    Column("会议", "full"),
    Column("日期", "d"),
    Column("地点", "hide"),
    Column("议题（件）", "n"),
    Column("状态"),
)
DONE = {
    "convened": Note("ok", "会议已登记。", "从待上会案件中选取议题；列入议程的案件在会议议定时统一计票。"),
    "called": Note("ok", "会议通知已发给全体成员。", "成员在消息和邮箱里收到；此后的变更会自动通知。"),
    "added": Note("ok", "已列入议程。"),
    "off": Note("ok", "已撤下议程。", "已投的票仍然有效，案件恢复为逐件表决。"),
    "noted": Note("ok", "会议记录已保存。"),
    "cancelled": Note("ok", "会议已取消。", "议程中的案件恢复为逐件表决。"),
}  # fmt: skip
MOST_VOTES = 200


@router.get("")
def show(request: Request, db: Db, actor: Reader) -> HTMLResponse:
    """The sessions, and for the secretary a new one."""
    return _list(request, db, actor)


@router.post("")
def convene(request: Request, db: Db, actor: Secretary, form: Posted) -> Response:
    """A new session."""
    typed = texts(form)
    try:
        with db.begin_nested():
            made = convening.convene(db, actor, typed.get("held_on", ""), typed.get("place", ""))
    except InvalidError as error:
        return _list(request, db, actor, typed, {f.field: f.message for f in error.faults}, status=422)
    return RedirectResponse(f"/meetings/{made.id}?done=convened", 303)


@router.get("/{meeting_id}")
def one(request: Request, db: Db, actor: Reader, meeting_id: int, done: str = "") -> HTMLResponse:
    """One session."""
    notes = (DONE[done],) if done in DONE else ()
    return _page(request, db, actor, meeting_id, notes)


@router.get("/{meeting_id}/materials.zip")
def materials(db: Db, actor: Reader, meeting_id: int) -> Response:
    """材料包: documents and materials of every case on the agenda; a large one is packed in the background."""
    held = _found(db, meeting_id)
    ids = [item.case_id for item in meeting.items_of(db, meeting_id)]
    files = packing.papers(db, ids, applicant=False) + packing.materials(db, ids)
    if not files:
        raise Refused(422, "议程里还没有案件，没有材料可以打包。")
    if len(files) <= packing.AT_ONCE:
        return zipped(packing.stream(sorted(files)), f"{held.name}-会议材料.zip", "meeting")
    db.add(
        Export(
            person_id=actor.person_id, title=f"{held.name}会议材料", case_ids=ids, applicant=False, materials=True,
            requested_at=clock.now(), total=len(files),
        )
    )  # fmt: skip
    return RedirectResponse("/exports", 303)


@router.post("/{meeting_id}/items")
def put_on(request: Request, db: Db, actor: Secretary, meeting_id: int, form: Posted) -> Response:
    """Put the ticked cases on the agenda; each for itself."""
    _found(db, meeting_id)
    numbers = [str(value) for value in form.getlist("number")][:MOST_VOTES]
    if not numbers:
        note = Note("soon", "还没有选案件。", "请先勾选要列入议程的案件。", alert=True)
        return _page(request, db, actor, meeting_id, (note,), status=422)
    refused = convening.put_on_all(db, actor, meeting_id, numbers)
    if refused:
        words = "".join(dict.fromkeys(one.sentence for one in refused))
        note = Note("late", f"{len(refused)} 件没有列入。", words, alert=True)
        return _page(request, db, actor, meeting_id, (note,), status=409)
    return RedirectResponse(f"/meetings/{meeting_id}?done=added", 303)


@router.post("/{meeting_id}/call")
def call(db: Db, actor: Secretary, meeting_id: int) -> Response:
    """Invite the members."""
    convening.call(db, actor, meeting_id)
    return RedirectResponse(f"/meetings/{meeting_id}?done=called", 303)


@router.post("/{meeting_id}/items/{item_id}/off")
def take_off(db: Db, actor: Secretary, meeting_id: int, item_id: int) -> Response:
    """Take a case off the agenda."""
    convening.take_off(db, actor, meeting_id, item_id)
    return RedirectResponse(f"/meetings/{meeting_id}?done=off", 303)


@router.post("/{meeting_id}/cancel")
def cancel(db: Db, actor: Secretary, meeting_id: int) -> Response:
    """The session is not held."""
    convening.cancel(db, actor, meeting_id)
    return RedirectResponse(f"/meetings/{meeting_id}?done=cancelled", 303)


@router.post("/{meeting_id}/record")
def note_down(request: Request, db: Db, actor: Secretary, meeting_id: int, form: Posted) -> Response:
    """Attendance and wording."""
    typed = texts(form)
    try:
        with db.begin_nested():
            convening.note(
                db, actor, meeting_id, held_on=typed.get("held_on", ""), place=typed.get("place", ""),
                chair=typed.get("chair", ""), observers=typed.get("observers", ""),
                resolutions=typed.get("resolutions", ""), presences=_numbered(typed, "presence-"),
                wordings=_numbered(typed, "wording-"),
            )  # fmt: skip
    except InvalidError as error:
        return _refused(request, db, actor, meeting_id, error, typed)
    return RedirectResponse(f"/meetings/{meeting_id}?done=noted", 303)


@router.post("/{meeting_id}/votes")
def votes(request: Request, db: Db, actor: Reader, meeting_id: int, form: Posted) -> Response:
    """A member's own votes on the cases of the agenda: each is an answer of its own, in its own transaction."""
    _found(db, meeting_id)
    typed = texts(form)
    chosen = {key: value for key, value in _numbered(typed, "vote-").items() if value}
    if not chosen:
        note = Note("soon", "还没有选择。", "请对至少一件议题选择赞成或反对，再提交。", alert=True)
        return _page(request, db, actor, meeting_id, (note,), typed, status=422)
    done, faults = 0, {}
    for key, value in list(chosen.items())[:MOST_VOTES]:
        outcome = next((o for o in (Outcome.APPROVE, Outcome.REFUSE) if o.value == value), None)
        if outcome is None:
            continue
        try:
            with database.session() as s:
                answering.answer(
                    s, actor, key, outcome, opinion=typed.get(f"opinion-{key}", ""),
                    shown_hash=typed.get(f"shown-{key}", ""),
                )  # fmt: skip
            done += 1
        except ActionRefusedError as error:
            said = error.faults[0].message if isinstance(error, InvalidError) else error.sentence
            faults[f"vote-{key}"] = said
    notes = []
    if done:
        notes.append(Note("ok", f"{done} 件已投票。", "会议议定前不计票；投票记在你名下，不能更改。"))
    if faults:
        words = "".join(dict.fromkeys(faults.values()))
        notes.append(Note("late", f"{len(faults)} 件没有投成。", words, alert=True))
    return _page(
        request,
        db,
        actor,
        meeting_id,
        tuple(notes),
        typed,
        faults,
        status=422 if faults and not done else 200,
    )


@router.post("/{meeting_id}/conclusion")
def conclude(request: Request, db: Db, actor: Secretary, meeting_id: int) -> Response:
    """Count, write the 纪要, give each case its result; a result for each is shown."""
    _found(db, meeting_id)
    try:
        said = concluding.conclude(actor, meeting_id)
    except InvalidError as error:
        return _refused(request, db, actor, meeting_id, error, {})
    words = "；".join(f"{one.case_number} {one.sentence}" for one in said)
    db.expire_all()
    note = Note("ok", "会议已议定，纪要已出具。", words, "check")
    return _page(request, db, actor, meeting_id, (note,))


def _numbered(typed: Mapping[str, str], prefix: str) -> dict[int, str]:
    """Fields like vote-12 by their number."""
    found = (
        (whole(name.removeprefix(prefix)), value) for name, value in typed.items() if name.startswith(prefix)
    )
    return {key: value for key, value in found if key is not None}


def _found(db: Session, meeting_id: int) -> Meeting:
    held = db.get(Meeting, meeting_id) if meeting_id < 2**31 else None
    if held is None:
        raise Refused(404, "没有找到这次会议。")
    return held


def _refused(
    request: Request,
    db: Session,
    actor: Actor,
    meeting_id: int,
    error: InvalidError,
    typed: Mapping[str, str],
) -> HTMLResponse:
    faults = by_field(error.faults)
    return _page(request, db, actor, meeting_id, (), typed, faults, status=422)


def _list(
    request: Request, db: Session, actor: Actor, typed: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None, *, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    typed, faults = typed or {}, faults or {}
    fields = (
        FieldView("会议日期", "held_on", typed.get("held_on", ""), faults.get("held_on", ""), type="date", required=True),
        FieldView("会议地点", "place", typed.get("place", ""), faults.get("place", ""), required=True, maxlength=120),
    )  # fmt: skip
    return page(
        request, "pages/meetings/index.html", status=status, frame=frame(request, db, actor, "meetings"),
        rows=meeting_view.rows(db), columns=COLUMNS, clause=clause_view("四（一）"),
        fields=fields if may_convene(actor) else (), waiting=len(meeting.candidates(db)),
        empty_view=Empty("还没有会议。", "市工信局召集会议后列在这里。", "users"),
    )  # fmt: skip


def _page(
    request: Request, db: Session, actor: Actor, meeting_id: int, notes: tuple[Note, ...] = (),
    typed: Mapping[str, str] | None = None, faults: Mapping[str, str] | None = None, *, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    shown = meeting_view.view(db, actor, _found(db, meeting_id), typed, faults)
    conclusion = DialogView(
        "conclude",
        f"议定{shown.name}",
        f"对议程中的 {len(shown.items)} 件案件逐件计票，出具一份会议纪要，并把结果写回各案。",
        "计票并出具纪要",
        action=f"/meetings/{shown.id}/conclusion",
        facts=(
            "结果只由成员本人的投票决定；没有达到通过票数、也还可能达到的案件记为“暂缓”，留待下次会议。",
            "计票后不能再投票；纪要取号后不能更改。",
        ),
    )
    calling_off = DialogView(
        "cancel", f"取消{shown.name}", "议程中的案件恢复为逐件表决，已投的票仍然有效。", "取消会议",
        action=f"/meetings/{shown.id}/cancel", negative=True,
    )  # fmt: skip
    return page(
        request, "pages/meetings/show.html", status=status, frame=frame(request, db, actor, "meetings"),
        notes=notes, view=shown, results=RESULT_NAMES, conclusion=conclusion, calling_off=calling_off,
        crumbs=(Link("联席会议", "/meetings"),),
    )  # fmt: skip
