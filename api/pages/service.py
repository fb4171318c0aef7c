"""送达: acknowledging what one was sent, the chain of times of each document, and the phone list of what nobody answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import requires
from api.auth.refusals import Refused
from api.pages.case_views import Fact
from api.pages.form_views import FieldView, Option
from api.pages.layout import frame
from api.pages.posted import by_field
from api.pages.render import page, stamp
from api.pages.views import Column, Empty, Note, Tag
from flows.actions.errors import InvalidError, NotThereError
from flows.actions.papers import serving
from flows.actions.papers.serving import CallForm
from flows.actions.typed import read
from models import clock
from models.permissions import Actor, may_read_inbox, may_see_deliveries, may_serve_by_phone
from models.records import institution, person, service
from models.records.notice import ACKNOWLEDGED_NAMES, CHANNEL_NAMES, Channel, Delivery, DeliveryState, Notice
from models.records.service import Row
from models.roles import Role

router = APIRouter()
Reader = Annotated[Actor, requires(may_read_inbox)]
Staff = Annotated[Actor, requires(may_see_deliveries)]

MOST = 200
WAY_COLUMNS = (
    Column("途径", "full"),
    Column("送出", "d"),
    Column("到达", "d"),
    Column("打开", "d"),
    Column("状态"),
)
CALL_COLUMNS = (
    Column("时间", "full"),
    Column("电话"),
    Column("接听人"),
    Column("结果"),
    Column("通话要点"),
    Column("登记人"),
)
LIST_COLUMNS = (
    Column("文书", "full"),
    Column("案件"),
    Column("机构"),
    Column("联系人"),
    Column("送出", "d"),
    Column("已提醒", "d"),
)
NOBODY = Empty("没有待电话送达的文书。", "送出后提醒仍未签收的文书会列在这里。", "check")
STATES = {
    DeliveryState.PENDING: Tag("待发送", "soon"),
    DeliveryState.DELIVERED: Tag("已到达", "ok"),
    DeliveryState.PARKED: Tag("未送达", "late"),
}
LINK_DEAD = "这个签收链接无效。请核对邮件中的链接是否完整，或登录平台在“通知”中签收。"


@dataclass(frozen=True, slots=True)
class Way:
    """One way a notice went. Times are "" for what has not happened."""

    name: str
    address: str
    sent: str
    arrived: str
    opened: str
    tag: Tag
    href: str
    reason: str


@dataclass(frozen=True, slots=True)
class ToCall:
    """A document that waits for a call, and whom to ring."""

    notice_id: UUID
    title: str
    number: str
    case: str
    institution: str
    contacts: tuple[str, ...]
    sent: datetime
    reminded: datetime | None


class Called(BaseModel):
    """The form of a call, as typed."""

    spoke_with: str = ""
    phone: str = ""
    reached: str = ""
    words: str = ""


@router.get("/ack/{token}")
def offered(request: Request, db: Db, token: str) -> HTMLResponse:
    """What the link of an e-mail acknowledges; looking at it acknowledges nothing, as mail scanners look too."""
    found = service.by_token(db, token)
    if found is None:
        return _public(request, None, token, "", Note("late", LINK_DEAD), 404)
    return _public(request, found[0], token, _place(db, found[0]))


@router.post("/ack/{token}")
def accepted(request: Request, db: Db, token: str) -> HTMLResponse:
    """签收 by whoever reads the institution's mailbox."""
    try:
        told = serving.acknowledge_by_link(db, token)
    except NotThereError:
        return _public(request, None, token, "", Note("late", LINK_DEAD), 404)
    return _public(request, told, token, _place(db, told))


@router.post("/notices/{delivery_id}/acknowledge")
def acknowledge(db: Db, actor: Reader, delivery_id: int) -> RedirectResponse:
    """签收 on the portal; once acknowledged it stays as it was."""
    delivery = db.get(Delivery, delivery_id) if 0 < delivery_id < 2**31 else None
    if delivery is None or delivery.channel != Channel.PORTAL:
        raise Refused(404, "没有找到这条通知。")
    serving.acknowledge(db, actor, delivery)
    return RedirectResponse(f"/notices/{delivery_id}?done=acknowledged", 303)


@router.get("/service")
def calls(request: Request, db: Db, actor: Staff) -> HTMLResponse:
    """The phone list: a managing institution's own, or everybody's for the city."""
    own = actor.roles & {Role.MANAGING_OFFICER, Role.MANAGING_HEAD}
    rows = service.to_call(db, actor.institution_id if own else None, MOST)
    return page(
        request,
        "pages/service/calls.html",
        frame=frame(request, db, actor, "deliveries"),
        rows=[_to_call(db, row) for row in rows],
        columns=LIST_COLUMNS,
        empty_view=NOBODY,
    )


@router.get("/service/{notice_id}")
def chain(request: Request, db: Db, actor: Staff, notice_id: UUID, done: str = "") -> HTMLResponse:
    """Every time in the life of one served document."""
    note = Note("ok", "", "通话已登记。") if done == "called" else None
    return _chain(request, db, actor, serving.served_to(db, actor, notice_id), note=note)


@router.post("/service/{notice_id}/call")
def call(
    request: Request, db: Db, actor: Staff, notice_id: UUID, form: Annotated[Called, Form()]
) -> Response:
    """Register a call; who was reached is served."""
    row = serving.served_to(db, actor, notice_id)
    try:
        serving.call(db, actor, notice_id, read(CallForm, form.model_dump()))
    except InvalidError as error:
        faults = by_field(error.faults)
        return _chain(request, db, actor, row, typed=form, faults=faults, status=422)
    return RedirectResponse(f"/service/{notice_id}?done=called", 303)


@router.post("/service/{notice_id}/receipt")
def receipt(db: Db, actor: Staff, notice_id: UUID) -> RedirectResponse:
    """Make the case's 送达回证 and go to it."""
    made = serving.draw_up_receipt(db, actor, notice_id)
    return RedirectResponse(f"/documents/{made.id}", 303)


def acknowledged(db: Session, told: Notice) -> str:
    """When, how and by whom a notice was acknowledged; "" while nobody has."""
    if told.acknowledged_at is None or told.acknowledged_via is None:
        return ""
    who = person.names(db, [told.acknowledged_by or 0]).get(told.acknowledged_by or 0, "")
    way = ACKNOWLEDGED_NAMES[told.acknowledged_via]
    return f"{who}{'于' if who else ''}{stamp(told.acknowledged_at)}签收（{way}）"


def _public(
    request: Request, told: Notice | None, token: str, place: str, note: Note | None = None, status: int = 200
) -> HTMLResponse:
    facts: tuple[Fact, ...] = ()
    if told is not None:
        facts = (
            Fact("通知", told.title),
            Fact("收件单位", place),
            Fact("送出", stamp(told.created_at), num=True),
        )
        if told.acknowledged_at is not None and told.acknowledged_via is not None:
            way = ACKNOWLEDGED_NAMES[told.acknowledged_via]
            note = Note("ok", "已签收。", f"{stamp(told.acknowledged_at)}，{way}。")
    return page(
        request,
        "pages/service/public.html",
        status=status,
        notes=(note,) if note else (),
        facts=facts,
        token=token if told is not None and told.acknowledged_at is None else "",
    )


def _place(db: Session, told: Notice) -> str:
    return institution.name_on(db, told.institution_id, clock.today()).name


def _to_call(db: Session, row: Row) -> ToCall:
    told, case, document = row
    return ToCall(
        told.id,
        document.title,
        document.number or "",
        case.number,
        institution.name_on(db, told.institution_id, clock.today()).short_name,
        tuple(f"{one.name}　{one.phone}" for one in institution.contacts(db, told.institution_id)),
        told.created_at,
        told.reminded_at,
    )


def _chain(
    request: Request,
    db: Session,
    actor: Actor,
    row: Row,
    *,
    note: Note | None = None,
    typed: Called | None = None,
    faults: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    told, case, document = row
    waiting = told.acknowledged_at is None and bool(may_serve_by_phone(actor))
    return page(
        request,
        "pages/service/chain.html",
        status=status,
        frame=frame(request, db, actor, "deliveries"),
        notes=(note,) if note else (),
        title=document.title,
        case=case.number,
        tag=Tag("已签收", "ok") if told.acknowledged_at else Tag("未签收", "soon"),
        facts=_facts(db, row),
        ways=[_way(told, one) for one in service.ways_of(db, told.id)],
        way_columns=WAY_COLUMNS,
        calls=service.calls_of(db, [told.id]),
        call_columns=CALL_COLUMNS,
        action=f"/service/{told.id}/call" if waiting else "",
        receipt=f"/service/{told.id}/receipt" if may_serve_by_phone(actor) else "",
        fields=_fields(db, told, typed or Called(), faults or {}),
    )


def _facts(db: Session, row: Row) -> tuple[Fact, ...]:
    told, _, document = row
    by = person.names(db, [told.acknowledged_by]) if told.acknowledged_by else {}
    found = [
        Fact("文书", f"{document.title}{'　' + document.number if document.number else ''}"),
        Fact("受送达人", _place(db, told)),
        Fact("送出", stamp(told.created_at), num=True),
    ]
    if told.reminded_at:
        found.append(Fact("提醒", stamp(told.reminded_at), num=True))
    if told.escalated_at:
        found.append(Fact("转电话送达", stamp(told.escalated_at), num=True))
    if told.acknowledged_at and told.acknowledged_via:
        who = by.get(told.acknowledged_by or 0, "")
        way = ACKNOWLEDGED_NAMES[told.acknowledged_via]
        found.append(Fact("签收", f"{stamp(told.acknowledged_at)}　{way}{'　' + who if who else ''}"))
    return tuple(found)


def _way(told: Notice, one: Delivery) -> Way:
    return Way(
        CHANNEL_NAMES[one.channel],
        one.address if one.channel == Channel.EMAIL else "",
        stamp(told.created_at),
        stamp(one.delivered_at) if one.delivered_at else "—",
        stamp(one.opened_at) if one.opened_at else "—",
        STATES[one.state],
        f"/notices/deliveries/{one.id}",
        one.last_error,
    )


def _fields(db: Session, told: Notice, typed: Called, faults: dict[str, str]) -> tuple[FieldView, ...]:
    contact = next(iter(institution.contacts(db, told.institution_id)), None)
    phone = typed.phone or (contact.phone if contact else "")
    return (
        FieldView(
            "接听人", "spoke_with", typed.spoke_with, faults.get("spoke_with", ""), required=True, maxlength=60
        ),
        FieldView("电话", "phone", phone, faults.get("phone", ""), type="tel", required=True, maxlength=40),
        FieldView(
            "通话结果", "reached", typed.reached, faults.get("reached", ""), type="radio", required=True,
            options=(
                Option("yes", "已告知文书内容", "记为电话送达"),
                Option("no", "未接通或非本单位人员", "继续列在电话送达名单"),
            ),
        ),
        FieldView("通话要点", "words", typed.words, faults.get("words", ""), type="textarea", maxlength=200),
    )  # fmt: skip
