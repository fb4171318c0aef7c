"""通知、事件、推送地址: what an institution was told, and everything it may have missed."""

from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import Field
from sqlmodel import Session, col, select
from starlette.responses import Response

from api.auth.db import Db
from api.auth.keys import Caller, scoped
from api.rest.calls import Reply, Write
from api.rest.common import READ, WRITE, answers, place
from api.rest.strict import RestRoute
from api.rest.wire import After, Limit, Moment, Out, Page, page_of
from flows.actions.errors import NotThereError
from flows.actions.papers import serving
from flows.delivery.webhook import message
from models import clock
from models.records import delivery_log, institution, notice
from models.records.api_key import Scope
from models.records.case import CaseRecord
from models.records.notice import Acknowledged, Channel, Delivery, Notice

router = APIRouter(route_class=RestRoute, tags=["通知"])
Reader = Annotated[Caller, scoped(Scope.NOTICES_READ)]
Signer = Annotated[Caller, scoped(Scope.NOTICES_WRITE)]
NoticeId = Annotated[UUID, Path(description="通知编号，也是 webhook-id")]


class NoticeOut(Out):
    """一份通知（门户收件箱）。"""

    id: UUID
    event: str = Field(description="事件代码", examples=["claim_decided"])
    case: str = Field(description="案号；与案件无关的通知（如白名单公布）为空")
    title: str
    text: str = Field(description="全文")
    document_id: int | None = Field(description="随附文书的编号")
    created_at: Moment
    opened_at: Moment | None = Field(description="你单位何时首次打开；未打开为 null")
    acknowledged_at: Moment | None = Field(description="何时签收，即送达时间；未签收为 null")


class EventOut(Out):
    """一个事件；与 webhook 推送的内容相同，编号相同。"""

    id: UUID = Field(description="即 webhook-id，可据此去重")
    type: str = Field(description="事件代码", examples=["claim_accepted"])
    timestamp: Moment
    position: int = Field(description="在你单位事件流中的位置，从 1 起，没有缺号")
    data: dict[str, Any] = Field(
        description="案件、文书与事件的事实；金额为字符串，元；与案件无关的事件，案件各项为 null"
    )


class Events(Out):
    """事件流的一段。`next` 总是给出：没有新事件时稍后以同一 after 再取。"""

    items: list[EventOut]
    next: str = Field(description="作为 after 传回", examples=["42"])
    more: bool = Field(description="后面是否已有事件")


class EndpointOut(Out):
    """一个推送地址；密钥不显示。"""

    id: int
    host: str = Field(description="地址的主机名")
    active: bool


@router.get("/events", response_model=Events, responses=answers(*READ), summary="事件流")
def events(db: Db, caller: Reader, after: After = "", limit: Limit = 100) -> Events:
    """你单位案件的全部事件，按固定顺序：读过的位置之前不会再出现新事件，推送漏掉的都能在这里补取。"""
    start = place(after)
    rows = notice.feed(db, caller.actor.institution_id, start, limit + 1)
    shown = rows[:limit]
    items = [
        EventOut(
            id=row.id,
            type=row.event,
            timestamp=row.created_at,
            position=row.feed_position or 0,
            data=message(row.id, row.event, row.created_at, row.context)["data"],
        )
        for row in shown
    ]
    return Events(items=items, next=str(items[-1].position if items else start), more=len(rows) > limit)


@router.get("/notices", response_model=Page[NoticeOut], responses=answers(*READ), summary="通知列表")
def notices(
    db: Db,
    caller: Reader,
    unread: Annotated[bool, Query(description="只列未签收的")] = False,
    after: After = "",
    limit: Limit = 50,
) -> Page[NoticeOut]:
    """你单位的通知，最新的在前。"""
    query = (
        select(Delivery, Notice, CaseRecord.number)
        .join(Notice, col(Notice.id) == col(Delivery.notice_id))
        .outerjoin(CaseRecord, col(CaseRecord.id) == col(Notice.case_id))
        .where(Delivery.institution_id == caller.actor.institution_id, Delivery.channel == Channel.PORTAL)
        .order_by(col(Delivery.id).desc())
        .limit(limit + 1)
    )
    if unread:
        query = query.where(col(Delivery.opened_at).is_(None))
    if after:
        query = query.where(col(Delivery.id) < place(after))
    return page_of(db.exec(query).all(), limit, lambda row: str(row[0].id), lambda row: _view(*row))


@router.get("/notices/{notice_id}", response_model=NoticeOut, responses=answers(*READ), summary="一份通知")
def one(db: Db, caller: Reader, notice_id: NoticeId) -> NoticeOut:
    """读取不算签收；签收另行提交。"""
    return _view(*_found(db, caller, notice_id))


@router.post(
    "/notices/{notice_id}/acknowledgement",
    response_model=NoticeOut,
    responses=answers(*WRITE),
    summary="签收通知",
)
def acknowledge(db: Db, caller: Signer, once: Write, notice_id: NoticeId) -> Response:
    """记下由谁、何时签收；已签收的保持第一次的记录。"""

    def do() -> Reply:
        delivery, told, number = _found(db, caller, notice_id)
        delivery_log.open_portal(db, delivery, caller.actor.person_id, clock.now())
        serving.acknowledge(db, caller.actor, delivery, Acknowledged.API)
        db.flush()
        db.refresh(told)
        return Reply(_view(delivery, told, number))

    return once.run(db, caller, do)


@router.get(
    "/webhook-endpoints", response_model=Page[EndpointOut], responses=answers(*READ), summary="推送地址"
)
def endpoints(db: Db, caller: Reader) -> Page[EndpointOut]:
    """你单位登记的 webhook 地址。登记与更换在门户上由机构管理岗位办理。"""
    rows = institution.endpoints(db, caller.actor.institution_id)
    items = [EndpointOut(id=row.id or 0, host=_host(row.url), active=row.active) for row in rows]
    return Page(items=items, next=None)


def _found(db: Session, caller: Caller, notice_id: UUID) -> tuple[Delivery, Notice, str | None]:
    query = (
        select(Delivery, Notice, CaseRecord.number)
        .join(Notice, col(Notice.id) == col(Delivery.notice_id))
        .outerjoin(CaseRecord, col(CaseRecord.id) == col(Notice.case_id))
        .where(
            Notice.id == notice_id,
            Delivery.channel == Channel.PORTAL,
            Delivery.institution_id == caller.actor.institution_id,
        )
    )
    found = db.exec(query).first()
    if found is None:
        raise NotThereError("没有找到这份通知。")
    return found


def _view(delivery: Delivery, told: Notice, number: str | None) -> NoticeOut:
    return NoticeOut(
        id=told.id,
        event=told.event,
        case=number or "",
        title=told.title,
        text=told.body,
        document_id=told.document_id,
        created_at=told.created_at,
        opened_at=delivery.opened_at,
        acknowledged_at=told.acknowledged_at,
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
