"""送达 and 消息 for reviewing sides: the phone list, calls, 送达回证, and what colleagues told one."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.keys import Caller, scoped
from api.rest.calls import Reply, Write
from api.rest.common import READ, WRITE, answers, place
from api.rest.strict import RestRoute
from api.rest.views import DocumentOut, document_view
from api.rest.wire import After, Id, Limit, Moment, Out, Page, given, page_of, wire
from flows.actions.colleagues import telling
from flows.actions.errors import permitted
from flows.actions.papers import serving
from flows.actions.papers.serving import CallForm
from flows.actions.typed import read
from models import clock
from models.permissions import may_see_deliveries, may_talk
from models.records import institution, message, service
from models.records.api_key import Scope
from models.records.message import MESSAGE_NAMES, Message, MessageKind
from models.records.notice import ACKNOWLEDGED_NAMES, Acknowledged
from models.records.service import Row, ServiceCall
from models.roles import Role

router = APIRouter(route_class=RestRoute, tags=["协作"])
Reader = Annotated[Caller, scoped(Scope.TASKS_READ)]
Answerer = Annotated[Caller, scoped(Scope.TASKS_WRITE)]
NoticeId = Annotated[UUID, Path(description="通知编号")]
MOST = 200

CallIn = wire(
    "CallIn",
    CallForm,
    {"spoke_with": "李敏", "phone": "0769-2222 0000", "reached": True, "words": "已告知文书内容和文号。"},
    "一次电话送达：reached 表示是否已告知文书内容；未接通或非本单位人员为 false。",
)


class ServedOut(Out):
    """一份送出的文书与送达情况。"""

    notice: UUID
    case: str
    document: str = Field(description="文书名称")
    number: str = Field(description="文号")
    institution: str
    sent_at: Moment
    reminded_at: Moment | None
    acknowledged_at: Moment | None
    acknowledged_via: Acknowledged | None = Field(
        description="、".join(f"{way.value} {name}" for way, name in ACKNOWLEDGED_NAMES.items())
    )
    calls: int = Field(description="已登记的通话次数")


class MessageOut(Out):
    """一条消息：转办、催办、抄送、会议通知等。"""

    id: int
    kind: MessageKind = Field(description="、".join(f"{k.value} {name}" for k, name in MESSAGE_NAMES.items()))
    case: str = Field(description="案号；与案件无关的为空")
    about: str = Field(description="与案件无关的消息所说的事")
    task_id: int | None
    words: str
    sender: str
    at: Moment
    read_at: Moment | None


@router.get("/unserved", response_model=Page[ServedOut], responses=answers(*READ), summary="待电话送达的文书")
def unserved(db: Db, caller: Reader) -> Page[ServedOut]:
    """提醒后仍未签收的，先送出的在前，至多 200 份；受托管理机构看到由其管理的。"""
    permitted(may_see_deliveries(caller.actor))
    own = caller.actor.roles & {Role.MANAGING_OFFICER, Role.MANAGING_HEAD}
    rows = service.to_call(db, caller.actor.institution_id if own else None, MOST)
    return Page(items=[_served(row, service.calls_of(db, [row[0].id]), db) for row in rows], next=None)


@router.post(
    "/unserved/{notice_id}/calls",
    response_model=ServedOut,
    responses=answers(*WRITE),
    summary="登记电话送达",
)
def call(db: Db, caller: Answerer, once: Write, notice_id: NoticeId, body: CallIn) -> Response:  # type: ignore[valid-type]
    """已告知文书内容的，即为送达；期限从送达起算的随之起算。"""

    def do() -> Reply:
        serving.served_to(db, caller.actor, notice_id)
        typed = given(body)
        reached = next(word for word, meant in serving.REACHED.items() if meant == typed["reached"])
        form = read(CallForm, typed | {"reached": reached})
        serving.call(db, caller.actor, notice_id, form)
        row = serving.served_to(db, caller.actor, notice_id)
        return Reply(_served(row, service.calls_of(db, [notice_id]), db))

    return once.run(db, caller, do)


@router.post(
    "/unserved/{notice_id}/receipt",
    response_model=DocumentOut,
    responses=answers(*WRITE),
    summary="出具送达回证",
)
def receipt(db: Db, caller: Answerer, once: Write, notice_id: NoticeId) -> Response:
    """本案至今送达的全部文书与各次时间；此前出具的被替代。"""
    return once.run(
        db, caller, lambda: Reply(document_view(serving.draw_up_receipt(db, caller.actor, notice_id)))
    )


@router.get("/messages", response_model=Page[MessageOut], responses=answers(*READ), summary="消息")
def messages(
    db: Db,
    caller: Reader,
    kind: Annotated[MessageKind | None, Query(description="只列一种")] = None,
    after: After = "",
    limit: Limit = 50,
) -> Page[MessageOut]:
    """这把密钥代表的人收到的消息，最新的在前。"""
    _staff(caller)
    kinds = (kind,) if kind else ()
    rows = message.of_person(db, caller.actor.person_id, kinds, limit=limit + 1, before=place(after))
    return page_of(rows, limit, lambda row: str(row.id), _message)


@router.post(
    "/messages/{message_id}/read", response_model=MessageOut, responses=answers(*WRITE), summary="已阅"
)
def read_one(db: Db, caller: Answerer, once: Write, message_id: Id) -> Response:
    """记下已阅；第一次的时间为准。"""

    def do() -> Reply:
        _staff(caller)
        return Reply(_message(telling.read(db, caller.actor, message_id)))

    return once.run(db, caller, do)


def _staff(caller: Caller) -> None:
    permitted(may_talk(caller.actor))


def _message(one: Message) -> MessageOut:
    return MessageOut(
        id=one.id or 0,
        kind=one.kind,
        case=one.case_number,
        about=one.about,
        task_id=one.task_id,
        words=one.words,
        sender=one.sender,
        at=one.at,
        read_at=one.read_at,
    )


def _served(row: Row, calls: Sequence[ServiceCall], db: Session) -> ServedOut:
    told, case, document = row
    return ServedOut(
        notice=told.id,
        case=case.number,
        document=document.title,
        number=document.number or "",
        institution=institution.name_on(db, told.institution_id, clock.today()).short_name,
        sent_at=told.created_at,
        reminded_at=told.reminded_at,
        acknowledged_at=told.acknowledged_at,
        acknowledged_via=told.acknowledged_via,
        calls=len(calls),
    )
