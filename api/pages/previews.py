"""Materials on a page: pictures as they are, Word as text, Excel as tables; a browser shows PDF by itself."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from markupsafe import Markup
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.session import CurrentActor
from api.pages.files import WORD, SeenAttachment
from api.pages.layout import frame
from api.pages.render import page
from api.pages.views import Link, Note
from flows.documents import glance as words
from flows.importing import glance as books
from models.permissions import Actor
from models.records.attachment import Attachment, Blob
from models.records.case import CaseRecord
from models.records.opinion_file import OpinionFile

router = APIRouter()
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OFFICE = frozenset({WORD, EXCEL})
"""What is shown on a page of ours because browsers cannot."""
UNREADABLE = Note(
    "soon", "这个文件不能在线显示。", "可能已损坏、内容过大或不是普通的文件，请下载后查看。", "alert"
)


@router.get("/attachments/{attachment_id}/preview")
def show(request: Request, db: Db, actor: CurrentActor, attachment: SeenAttachment) -> Response:
    """The material to read without saving it."""
    case = db.get_one(CaseRecord, attachment.case_id)
    return shown(request, db, actor, attachment, case, f"/attachments/{attachment.id}")


def shown(
    request: Request, db: Session, actor: Actor, file: Attachment | OpinionFile, case: CaseRecord, href: str
) -> Response:
    """A file of a case on a page of ours; `href` is where its bytes are."""
    if file.media_type == "application/pdf":
        return RedirectResponse(href, 303)
    data = db.get_one(Blob, file.sha256).data
    html = words.word(data) if file.media_type == WORD else None
    pages = books.workbook(data) if file.media_type == EXCEL else None
    picture = file.media_type.startswith("image/")
    return page(
        request,
        "pages/files/material.html",
        frame=frame(request, db, actor, "cases"),
        notes=() if picture or html or pages else (UNREADABLE,),
        attachment=file,
        picture=href if picture else "",
        html=Markup(html) if html else "",  # noqa: S704 - escaped by preview_html
        pages=pages or (),
        most=books.MOST_ROWS,
        crumbs=(Link("案件", "/cases"), Link(case.number, f"/cases/{case.number}")),
        links=(Link("下载", f"{href}?download=1", icon="download"),),
    )
