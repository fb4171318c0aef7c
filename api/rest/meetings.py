"""联席会议 over the API: 市工信局 convenes, records and concludes; members vote. The rules of the pages."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path
from sqlmodel import Session
from starlette.responses import Response, StreamingResponse

from api.auth.db import Db
from api.auth.keys import Caller, scoped
from api.rest import meeting_views
from api.rest.calls import IfMatch, IfNoneMatch, Reply, Write, shown, unchanged
from api.rest.common import CHANGE, READ, WRITE, answers
from api.rest.meeting_bodies import AgendaIn, RecordIn, SessionIn, VoteIn
from api.rest.meeting_views import MeetingLine, MeetingOut
from api.rest.problems import ApiError
from api.rest.strict import RestRoute
from api.rest.views import CaseLine, case_line
from api.rest.wire import Id, Out, Page, given
from flows.actions.answers import answering
from flows.actions.errors import ConflictError, ForbiddenError, NotThereError, permitted
from flows.actions.meetings import concluding, convening
from flows.documents import packing
from models.permissions import Actor, may_see_meetings
from models.records import case as cases
from models.records import meeting
from models.records.api_key import Scope
from models.records.meeting import AgendaItem, Meeting, Presence, Result

router = APIRouter(route_class=RestRoute, tags=["联席会议"])
Reader = Annotated[Caller, scoped(Scope.TASKS_READ)]
Actors = Annotated[Caller, scoped(Scope.TASKS_WRITE)]
ItemId = Annotated[int, Path(ge=1, le=2**31 - 1, description="议题编号")]
ZIP: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "各案文书和材料，一案一个文件夹",
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class SaidOut(Out):
    """一件议题的结果，一句话。"""

    case: str
    result: Result
    sentence: str


class ConclusionOut(MeetingOut):
    """议定之后的会议，及各案的结果。"""

    said: list[SaidOut]


@router.get("/meetings", response_model=Page[MeetingLine], responses=answers(*READ), summary="联席会议列表")
def meetings(db: Db, caller: Reader) -> Page[MeetingLine]:
    """最近 100 次，最新的在前。"""
    _reader(caller.actor)
    return Page(items=[meeting_views.line(db, one) for one in meeting.newest(db)], next=None)


@router.get(
    "/meeting-candidates", response_model=Page[CaseLine], responses=answers(*READ), summary="待上会案件"
)
def candidates(db: Db, caller: Reader) -> Page[CaseLine]:
    """在表决环节、还不在任何议程里的案件，等得久的在前。"""
    _reader(caller.actor)
    return Page(items=[case_line(record) for record, _ in meeting.candidates(db)], next=None)


@router.get(
    "/meetings/{meeting_id}",
    response_model=MeetingOut,
    responses=answers(*READ) | {304: {"description": "没有变化"}},
    summary="一次联席会议",
)
def one(db: Db, caller: Reader, meeting_id: Id, if_none_match: IfNoneMatch = None) -> Response:
    """议程、每位成员的表决、出席与纪要。ETag 用于 If-Match。"""
    return shown(meeting_views.view(db, caller.actor, _found(db, caller.actor, meeting_id)), if_none_match)


@router.get(
    "/meetings/{meeting_id}/materials",
    response_class=Response,
    responses=answers(*READ) | ZIP,
    summary="会议材料",
)
def materials(db: Db, caller: Reader, meeting_id: Id) -> Response:
    """议程中各案的文书和材料，打成一个压缩包。"""
    held = _found(db, caller.actor, meeting_id)
    ids = [item.case_id for item in meeting.items_of(db, meeting_id)]
    files = packing.papers(db, ids, applicant=False) + packing.materials(db, ids)
    if not files:
        raise ApiError(422, sentence="议程里还没有案件，没有材料可以打包。")
    name = quote(f"{held.name}-会议材料.zip", safe="")
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "Cache-Control": "private, no-cache",
    }
    return StreamingResponse(packing.stream(sorted(files)), media_type="application/zip", headers=headers)


@router.post(
    "/meetings", status_code=201, response_model=MeetingOut, responses=answers(*WRITE), summary="召集会议"
)
def convene(db: Db, caller: Actors, once: Write, body: SessionIn) -> Response:  # type: ignore[valid-type]
    """登记一次会议，议程为空。由市工信局办理。"""

    def do() -> Reply:
        typed = given(body)
        made = convening.convene(db, caller.actor, typed.get("held_on", ""), typed.get("place", ""))
        view = meeting_views.view(db, caller.actor, made)
        return Reply(view, 201, {"Location": f"/api/v1/meetings/{made.id}"})

    return once.run(db, caller, do)


@router.post(
    "/meetings/{meeting_id}/items",
    response_model=MeetingOut,
    responses=answers(*WRITE),
    summary="列入议程",
)
def put_on(db: Db, caller: Actors, once: Write, meeting_id: Id, body: AgendaIn) -> Response:
    """列入待上会案件；有一件不能列入就都不列入，一次说明全部原因。会议通知已发的，成员收到一次变更通知。"""

    def do() -> Reply:
        held = _found(db, caller.actor, meeting_id)
        refused = convening.put_on_all(db, caller.actor, meeting_id, body.cases)
        if refused:
            raise ConflictError("".join(dict.fromkeys(one.sentence for one in refused)))
        return Reply(meeting_views.view(db, caller.actor, held))

    return once.run(db, caller, do)


@router.post(
    "/meetings/{meeting_id}/items/{item_id}/removal",
    response_model=MeetingOut,
    responses=answers(*WRITE),
    summary="撤下议程",
)
def take_off(db: Db, caller: Actors, once: Write, meeting_id: Id, item_id: ItemId) -> Response:
    """案件恢复为逐件表决，已投的票仍然有效。"""

    def do() -> Reply:
        held = _found(db, caller.actor, meeting_id)
        convening.take_off(db, caller.actor, meeting_id, item_id)
        return Reply(meeting_views.view(db, caller.actor, held))

    return once.run(db, caller, do)


@router.post(
    "/meetings/{meeting_id}/call", response_model=MeetingOut, responses=answers(*WRITE), summary="发会议通知"
)
def call(db: Db, caller: Actors, once: Write, meeting_id: Id) -> Response:
    """把日期、地点、议程和材料的地址发给全体成员；此后的变更自动通知。"""

    def do() -> Reply:
        held = _found(db, caller.actor, meeting_id)
        convening.call(db, caller.actor, meeting_id)
        return Reply(meeting_views.view(db, caller.actor, held))

    return once.run(db, caller, do)


@router.post(
    "/meetings/{meeting_id}/cancellation",
    response_model=MeetingOut,
    responses=answers(*CHANGE),
    summary="取消会议",
)
def cancel(db: Db, caller: Actors, once: Write, meeting_id: Id, if_match: IfMatch = None) -> Response:
    """议程中的案件恢复为逐件表决；收到过会议通知的成员会得知取消。"""

    def do() -> Reply:
        held = _found(db, caller.actor, meeting_id)
        for key in sorted(item.case_id for item in meeting.items_of(db, meeting_id)):
            cases.locked(db, key)  # cases before sessions, as everywhere
        meeting.locked(db, meeting_id)
        unchanged(meeting_views.view(db, caller.actor, held), if_match)
        convening.cancel(db, caller.actor, meeting_id)
        return Reply(meeting_views.view(db, caller.actor, held))

    return once.run(db, caller, do)


@router.post(
    "/meetings/{meeting_id}/record",
    response_model=MeetingOut,
    responses=answers(*CHANGE),
    summary="登记会议记录",
)
def record(
    db: Db, caller: Actors, once: Write, meeting_id: Id, body: RecordIn, if_match: IfMatch = None
) -> Response:
    """出席、主持、列席和表述；从不代人表决。改了日期或地点的，成员会收到通知。"""

    def do() -> Reply:
        held = _found(db, caller.actor, meeting_id)
        meeting.locked(db, meeting_id)
        unchanged(meeting_views.view(db, caller.actor, held), if_match)
        presences = dict.fromkeys(body.present, Presence.PRESENT.value)
        presences |= dict.fromkeys(body.leave, Presence.LEAVE.value)
        convening.note(
            db,
            caller.actor,
            meeting_id,
            held_on=body.held_on,
            place=body.place,
            chair=str(body.chair or ""),
            presences=presences,
            observers="\n".join(f"{one.organ} {one.name}" for one in body.observers),
            resolutions="\n".join(body.resolutions),
            wordings={
                int(key): words for key, words in body.wordings.items() if key.isascii() and key.isdigit()
            },
        )
        return Reply(meeting_views.view(db, caller.actor, held))

    return once.run(db, caller, do)


@router.post(
    "/meetings/{meeting_id}/items/{item_id}/vote",
    response_model=MeetingOut,
    responses=answers(*WRITE),
    summary="投票",
)
def vote(db: Db, caller: Actors, once: Write, meeting_id: Id, item_id: ItemId, body: VoteIn) -> Response:
    """成员对一件议题投自己的一票；不能代人，不能更改。议定之前不计票。"""

    def do() -> Reply:
        held = _found(db, caller.actor, meeting_id)
        item = convening.item_of(db, item_id, meeting_id)
        seat = meeting_views.seat_of(db, caller.actor, item)
        if seat is None:
            raise _no_seat(db, caller.actor, item)
        answering.answer(
            db, caller.actor, seat.id or 0, body.outcome, opinion=body.opinion, shown_hash=body.shown
        )
        return Reply(meeting_views.view(db, caller.actor, held))

    return once.run(db, caller, do)


@router.post(
    "/meetings/{meeting_id}/conclusion",
    response_model=ConclusionOut,
    responses=answers(*CHANGE),
    summary="议定并出具纪要",
)
def conclude(db: Db, caller: Actors, once: Write, meeting_id: Id, if_match: IfMatch = None) -> Response:
    """逐件计票、出具一份会议纪要、把结果写回各案；成员随即收到纪要。中断后可再次提交，已办的不重复。"""

    def do() -> Reply:
        held = _found(db, caller.actor, meeting_id)
        unchanged(meeting_views.view(db, caller.actor, held), if_match)
        said = concluding.conclude(caller.actor, meeting_id)  # small transactions of its own
        db.expire_all()
        view = meeting_views.view(db, caller.actor, _found(db, caller.actor, meeting_id))
        told = [SaidOut(case=one.case_number, result=one.result, sentence=one.sentence) for one in said]
        return Reply(ConclusionOut(**dict(view), said=told))

    return once.run(db, caller, do)


def _reader(actor: Actor) -> None:
    permitted(may_see_meetings(actor))


def _found(db: Session, actor: Actor, meeting_id: int) -> Meeting:
    _reader(actor)
    held = db.get(Meeting, meeting_id)
    if held is None:
        raise NotThereError("没有找到这次会议。")
    return held


def _no_seat(db: Session, actor: Actor, item: AgendaItem) -> ForbiddenError | ConflictError:
    """Why there is no seat to vote from: not a member, or the vote was cast."""
    if meeting_views.voted(db, actor, item):
        return ConflictError("你已经对这件议题投过票，不能更改。")
    return ForbiddenError("表决由联席会议成员本人作出；你没有这件议题的席位。")
