"""消息 and 抄送我: what colleagues told the reader; opening one marks it read, and leads to what it is about."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session

from api.auth.db import Db
from api.auth.permit import requires
from api.auth.session import CurrentActor
from api.pages.layout import frame
from api.pages.posted import whole
from api.pages.render import page
from api.pages.views import Empty, Link, Tab
from flows.actions.colleagues import telling
from models.permissions import Actor, may_talk
from models.records import message
from models.records.message import MESSAGE_NAMES, Message, MessageKind

router = APIRouter(prefix="/messages", dependencies=[requires(may_talk)])
PAGE = 50


@router.get("")
def show(request: Request, db: Db, actor: CurrentActor, kind: str = "", before: str = "") -> HTMLResponse:
    """The list; `kind=copy` is 抄送我, its unread ones first."""
    copies = kind == MessageKind.COPY.value
    start = whole(before) or 0
    kinds = (MessageKind.COPY,) if copies else ()
    found = message.of_person(db, actor.person_id, kinds, limit=PAGE + 1, before=start)
    shown = list(found[:PAGE])
    if copies:
        shown.sort(key=lambda one: one.read_at is not None)
    older = (
        f"/messages?{'kind=copy&' if copies else ''}before={found[PAGE - 1].id}" if len(found) > PAGE else ""
    )
    return page(
        request,
        "pages/messages/index.html",
        frame=frame(request, db, actor, "messages"),
        title="抄送我" if copies else "消息",
        copies=copies,
        tabs=_tabs(db, actor, copies=copies),
        rows=shown,
        names=MESSAGE_NAMES,
        older=Link("更早的", older) if older else None,
        empty_view=Empty("没有抄送给你的案件。" if copies else "没有消息。", "同事转办、加签、催办、抄送或提到你，以及会议和白名单的通知，会列在这里。", "mail"),
    )  # fmt: skip


@router.get("/{message_id}")
def open_one(db: Db, actor: CurrentActor, message_id: int) -> RedirectResponse:
    """Open it: it is read from now on."""
    found = telling.read(db, actor, message_id)
    return RedirectResponse(_about(found), 303)


@router.post("/{message_id}/read")
def read(db: Db, actor: CurrentActor, message_id: int) -> RedirectResponse:
    """已阅, without leaving the list."""
    found = telling.read(db, actor, message_id)
    return RedirectResponse("/messages" + ("?kind=copy" if found.kind is MessageKind.COPY else ""), 303)


def _about(one: Message) -> str:
    return one.href or (f"/tasks/{one.task_id}" if one.task_id else f"/cases/{one.case_number}")


def _tabs(db: Session, actor: Actor, *, copies: bool) -> tuple[Tab, ...]:
    """Both count what is unread."""
    return (
        Tab("全部消息", "/messages", message.unread(db, actor.person_id), not copies),
        Tab("抄送我", "/messages?kind=copy", message.unread(db, actor.person_id, MessageKind.COPY), copies),
    )
