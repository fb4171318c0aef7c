"""通知: the inbox of an applicant, and for staff the record of what was delivered and what is parked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import anyone, requires
from api.auth.refusals import Refused
from api.pages.layout import frame
from api.pages.notices_filter import STATE_TAGS, Filter
from api.pages.posted import whole
from api.pages.render import page
from api.pages.service import acknowledged
from api.pages.views import Column, Empty, Link, Note, Pages, Tab, Tag
from flows.delivery.events import AMONG_COLLEAGUES, EVENT_NAMES
from flows.delivery.outbox import resend
from models import clock
from models.permissions import Actor, may_read_inbox, may_see_deliveries
from models.records import delivery_log, institution, notice, person, service
from models.records.case import CaseRecord
from models.records.document import Document
from models.records.notice import CHANNEL_NAMES, Channel, Delivery, DeliveryState, Notice

router = APIRouter(prefix="/notices")
Anyone = Annotated[Actor, requires(anyone)]
Reader = Annotated[Actor, requires(may_read_inbox)]
Staff = Annotated[Actor, requires(may_see_deliveries)]

HIDDEN = "机构内部的通知，内容只有该机构可见。"
INBOX_LENGTH = 200
PAGE_LENGTH = 50
LARGEST_ID = 2**31 - 1
LAST_PAGE = 10_000

COLUMNS = (
    Column("通知", "full"),
    Column("事项"),
    Column("机构"),
    Column("渠道"),
    Column("状态"),
    Column("次数", "n hide"),
    Column("时间", "d"),
    Column("办理", "act", hidden_label=True),
)
ATTEMPT_COLUMNS = (
    Column("时间", "full"),
    Column("结果"),
    Column("应答码", "n"),
    Column("用时（毫秒）", "n"),
    Column("对方应答"),
)
NO_LETTERS = Empty("还没有通知。", "备案和补偿每一步的办理结果都会送到这里。")
ALL_READ = Empty("没有未读通知。", icon="check", link=Link("看全部通知", "/notices"))
ALL_SIGNED = Empty("没有待签收的文书。", icon="check", link=Link("看全部通知", "/notices"))
NO_DELIVERIES = Empty("没有符合条件的投递。", icon="send", link=Link("清除筛选", "/notices/deliveries"))


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice in the inbox."""

    id: int
    title: str
    event: str
    about: Link
    subject: str
    at: datetime
    opened: datetime | None
    acknowledged: bool
    formal: bool  # carries a document, so that its acknowledgement is waited for
    of_case: bool


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery in the record. `reason` says why it waits or is parked."""

    id: int
    title: str
    about: Link
    institution: str
    channel: str
    address: str
    tag: Tag
    tries: int
    at: datetime
    opened: datetime | None
    reason: str
    resendable: bool


@router.get("")
def inbox(request: Request, db: Db, actor: Anyone, unread: str = "", unsigned: str = "") -> Response:
    """What the applicant was told, newest first; staff without an inbox go on to the record of deliveries."""
    if not may_read_inbox(actor):
        return RedirectResponse("/notices/deliveries", 303)
    rows = delivery_log.letters(
        db, actor.institution_id, unread=bool(unread), unsigned=bool(unsigned), limit=INBOX_LENGTH
    )
    return page(
        request,
        "pages/notices/inbox.html",
        frame=frame(request, db, actor, "notices"),
        tabs=(
            Tab("全部", "/notices", current=not unread and not unsigned),
            Tab("未读", "/notices?unread=1", notice.unread(db, actor.institution_id), bool(unread)),
            Tab(
                "待签收",
                "/notices?unsigned=1",
                service.unacknowledged(db, actor.institution_id),
                bool(unsigned),
            ),
        ),
        letters=[_letter(*row) for row in rows],
        empty_view=ALL_READ if unread else ALL_SIGNED if unsigned else NO_LETTERS,
        record_href="/notices/deliveries" if may_see_deliveries(actor) else "",
    )


@router.get("/deliveries")
def deliveries(
    request: Request,
    db: Db,
    actor: Staff,
    *,
    state: str = "",
    channel: str = "",
    case: str = "",
    at: str = "1",
    done: str = "",
) -> HTMLResponse:
    """The record of deliveries, newest first; unknown filters count as none."""
    chosen = Filter.of(state, channel, case)
    total = delivery_log.count(db, state=chosen.state, channel=chosen.channel, case_number=chosen.case_number)
    sheet = min(whole(at) or 1, LAST_PAGE)
    rows = delivery_log.find(
        db,
        state=chosen.state,
        channel=chosen.channel,
        case_number=chosen.case_number,
        limit=PAGE_LENGTH,
        offset=(sheet - 1) * PAGE_LENGTH,
    )
    names = institution.names_on(db, clock.today())
    return page(
        request,
        "pages/notices/deliveries.html",
        frame=frame(request, db, actor, "deliveries"),
        notes=(Note("ok", "", "已排入重发，片刻后刷新可见结果。"),) if done == "resent" else (),
        tabs=chosen.tabs(db),
        picks=chosen.picks(),
        columns=COLUMNS,
        rows=[_row(*row, names[row[0].institution_id].short_name) for row in rows],
        empty_view=NO_DELIVERIES,
        pages=Pages(
            (sheet - 1) * PAGE_LENGTH + 1,
            (sheet - 1) * PAGE_LENGTH + len(rows),
            total,
            "次投递",
            chosen.href(at=sheet - 1) if sheet > 1 else "",
            chosen.href(at=sheet + 1) if sheet * PAGE_LENGTH < total else "",
        )
        if rows
        else None,
    )


@router.get("/deliveries/{delivery_id}")
def one_delivery(request: Request, db: Db, actor: Staff, delivery_id: int, done: str = "") -> HTMLResponse:
    """One delivery with every try: when, how long, what the peer answered."""
    delivery, told, case = _found(db, delivery_id)
    reader = person.names(db, [delivery.opened_by]) if delivery.opened_by else {}
    names = institution.names_on(db, clock.today())
    return page(
        request,
        "pages/notices/delivery.html",
        frame=frame(request, db, actor, "deliveries"),
        notes=(Note("ok", "", "已排入重发，片刻后刷新可见结果。"),) if done == "resent" else (),
        row=_row(delivery, told, case, names[delivery.institution_id].short_name),
        notice_id=told.id,
        chain_href=f"/service/{told.id}" if told.document_id else "",
        paragraphs=[[HIDDEN]] if told.event in AMONG_COLLEAGUES else _paragraphs(told.body),
        next_try=delivery.next_attempt_at if delivery.attempts else None,
        reader=reader.get(delivery.opened_by or 0, ""),
        attempts=delivery_log.attempts_of(db, delivery_id),
        columns=ATTEMPT_COLUMNS,
    )


@router.post("/deliveries/{delivery_id}/resend")
def send_again(
    request: Request, db: Db, actor: Staff, delivery_id: int, back: Annotated[str, Form()] = ""
) -> RedirectResponse:
    """Send a delivery again, with its old id; 409 with a sentence if it is on its way or needs no sending."""
    _found(db, delivery_id)
    try:
        resend(db, delivery_id)
    except ValueError as refusal:
        raise Refused(409, str(refusal)) from refusal
    place = "/notices/deliveries" if back == "list" else f"/notices/deliveries/{delivery_id}"
    return RedirectResponse(f"{place}?done=resent", 303)


@router.get("/{delivery_id}")
def letter(request: Request, db: Db, actor: Reader, delivery_id: int, done: str = "") -> HTMLResponse:
    """A notice of one's own institution; the first to open it is noted. 404 for anyone else's."""
    delivery, told, case = _found(db, delivery_id)
    if delivery.institution_id != actor.institution_id or delivery.channel != Channel.PORTAL:
        raise Refused(404, "没有找到这条通知。")
    delivery_log.open_portal(db, delivery, actor.person_id, clock.now())
    db.flush()
    document = db.get(Document, told.document_id) if told.document_id else None
    return page(
        request,
        "pages/notices/letter.html",
        frame=frame(request, db, actor, "notices"),
        notes=(Note("ok", "", "已签收，签收时间已记入案卷。"),) if done == "acknowledged" else (),
        letter=_letter(delivery, told, case),
        acknowledged=acknowledged(db, told),
        paragraphs=_paragraphs(told.body),
        document=document,
        reader=person.names(db, [delivery.opened_by or 0]).get(delivery.opened_by or 0, ""),
    )


def _found(db: Session, delivery_id: int) -> delivery_log.Row:
    found = delivery_log.one(db, delivery_id) if 0 < delivery_id <= LARGEST_ID else None
    if found is None:
        raise Refused(404, "没有找到这条通知。")
    return found


def _paragraphs(body: str) -> list[list[str]]:
    return [block.splitlines() for block in body.strip().split("\n\n")]


def _about(told: Notice, case: CaseRecord | None) -> Link:
    """The case a notice is about, or what of the office's."""
    if case is not None:
        return Link(case.number, f"/cases/{case.number}")
    office = told.context["office"]
    return Link(office["topic"], urlsplit(office["link"]).path)


def _letter(delivery: Delivery, told: Notice, case: CaseRecord | None) -> Letter:
    return Letter(
        id=delivery.id or 0,
        title=told.title,
        event=EVENT_NAMES.get(told.event, told.event),
        about=_about(told, case),
        subject=case.subject if case else "",
        at=told.created_at,
        opened=delivery.opened_at,
        acknowledged=told.acknowledged_at is not None,
        formal=told.document_id is not None,
        of_case=case is not None,
    )


def _row(delivery: Delivery, told: Notice, case: CaseRecord | None, place: str) -> DeliveryRow:
    return DeliveryRow(
        id=delivery.id or 0,
        title=to_office(told),
        about=Link("本单位事务", "/notices/deliveries")
        if told.event in AMONG_COLLEAGUES
        else _about(told, case),
        institution=place,
        channel=CHANNEL_NAMES[delivery.channel],
        address=shown_address(delivery.channel, delivery.address),
        tag=STATE_TAGS[delivery.state],
        tries=delivery.attempts,
        at=told.created_at,
        opened=delivery.opened_at,
        reason=delivery.last_error,
        resendable=delivery.channel != Channel.PORTAL and delivery.state != DeliveryState.PENDING,
    )


def to_office(told: Notice) -> str:
    """The notice's title as the office reads it: of what an institution's people tell each other, only what kind it is."""
    return EVENT_NAMES[told.event] if told.event in AMONG_COLLEAGUES else told.title


def shown_address(channel: Channel, address: str) -> str:
    """An e-mail address, or the host of a webhook: its path and query may be the bank's secret."""
    if channel != Channel.WEBHOOK:
        return address
    try:
        return urlsplit(address).hostname or "—"
    except ValueError:
        return "—"
