"""演示邮箱: every mail the demo sent, as it arrived at the demo's own mail server. Not there outside the demo."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import anyone, requires
from api.auth.refusals import Refused
from api.pages.layout import frame
from api.pages.render import page
from api.pages.views import Column, Empty
from api.runtime.mail import Mail, Mailbox
from models.permissions import Actor
from models.settings import get_settings

router = APIRouter(prefix="/mailbox")
Anyone = Annotated[Actor, requires(anyone)]

LENGTH = 100
COLUMNS = (Column("主题", "full"), Column("收件人"), Column("附件", "n"), Column("时间", "d"))
NO_MAIL = Empty("还没有邮件。", "案件受理、退回、决定、拨付时，给联系人的邮件会到这里。", "mail")
LOOSE_LINKS = "allow-popups allow-popups-to-escape-sandbox"
MAIL_POLICY = f"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox {LOOSE_LINKS}"
"""A mail is a stranger's page: no script, no picture, no form; its links open in a new tab."""


@router.get("")
def mails(request: Request, db: Db, actor: Anyone) -> HTMLResponse:
    """The newest mails."""
    mailbox = _mailbox()
    return page(
        request,
        "pages/mailbox/index.html",
        frame=frame(request, db, actor, "mailbox"),
        mails=mailbox.messages(LENGTH),
        total=mailbox.count(),
        columns=COLUMNS,
        empty_view=NO_MAIL,
    )


@router.get("/{key}")
def mail(request: Request, db: Db, actor: Anyone, key: str) -> HTMLResponse:
    """One mail, with its letter."""
    return page(
        request,
        "pages/mailbox/mail.html",
        frame=frame(request, db, actor, "mailbox"),
        mail=_mail(key),
        sandbox=LOOSE_LINKS,
    )


@router.get("/{key}/html")
def body(key: str, actor: Anyone) -> HTMLResponse:
    """The HTML part of a mail, for the frame on its page."""
    html = _mail(key).html
    if html is None:
        raise Refused(404, "这封邮件没有网页格式的正文。")
    own_tab = html.replace("<head>", '<head><base target="_blank">', 1)
    return HTMLResponse(
        own_tab, headers={"Content-Security-Policy": MAIL_POLICY, "Cache-Control": "no-store"}
    )


@router.get("/{key}/enclosures/{ordinal}")
def enclosure(key: str, ordinal: int, actor: Anyone) -> Response:
    """An attachment, to be saved."""
    enclosures = _mail(key).enclosures
    if not 0 <= ordinal < len(enclosures):
        raise Refused(404, "没有找到这个附件。")
    found = enclosures[ordinal]
    return Response(
        found.data,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.filename, safe='')}"},
    )


def _mailbox() -> Mailbox:
    settings = get_settings()
    if not settings.demo:
        raise Refused(404)
    return Mailbox(settings.data_dir)


def _mail(key: str) -> Mail:
    found = _mailbox().message(key)
    if found is None:
        raise Refused(404, "没有找到这封邮件。")
    return found
