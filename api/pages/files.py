"""Letters and materials as files. Staff may open every one; an applicant its own case's, and only what is for it."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from markupsafe import Markup
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import Permission
from api.auth.refusals import Refused
from api.auth.session import CurrentActor
from api.pages.layout import frame
from api.pages.render import page
from api.pages.views import Link
from flows.documents import engine, office
from flows.documents.press import Stage, press
from models.permissions import may_see_case
from models.records.attachment import Attachment, Blob
from models.records.case import CaseRecord
from models.records.document import Document
from models.records.opinion_file import OpinionFile
from models.records.warning_reply import WarningFile

router = APIRouter()

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"
INLINE = frozenset({"image/png", "image/jpeg", "application/pdf"})
"""What a browser may show by itself; everything else is only ever saved."""


class _DocumentInView(Permission):
    def __call__(self, document_id: int, db: Db, actor: CurrentActor) -> Document:
        found = db.get(Document, document_id) if document_id < 2**31 else None
        case = db.get(CaseRecord, found.case_id) if found and found.case_id else None
        if found is None or not (actor.watches_all or found.for_applicant):
            raise Refused(404, "没有找到这份文书。")
        if not (may_see_case(actor, case.institution_id) if case else actor.watches_all):
            raise Refused(404, "没有找到这份文书。")
        return found


class _AttachmentInView(Permission):
    def __call__(self, attachment_id: int, db: Db, actor: CurrentActor) -> Attachment:
        found = db.get(Attachment, attachment_id) if attachment_id < 2**31 else None
        case = db.get(CaseRecord, found.case_id) if found else None
        if found is None or case is None or not may_see_case(actor, case.institution_id):
            raise Refused(404, "没有找到这份材料。")
        return found


SeenDocument = Annotated[Document, Depends(_DocumentInView())]
SeenAttachment = Annotated[Attachment, Depends(_AttachmentInView())]


@router.get("/documents/{document_id}")
def download(db: Db, actor: CurrentActor, document: SeenDocument) -> Response:
    """The letter as it was issued, byte for byte."""
    return _file(db, document.sha256, document.filename, WORD, inline=False)


@router.get("/documents/{document_id}/preview")
def preview(request: Request, db: Db, actor: CurrentActor, document: SeenDocument) -> Response:
    """The letter as a page to read and print."""
    case = db.get(CaseRecord, document.case_id) if document.case_id else None
    html = engine.preview_html(db.get_one(Blob, document.sha256).data)
    return page(
        request,
        "pages/files/document.html",
        frame=frame(request, db, actor, "cases"),
        document=document,
        html=Markup(html),  # noqa: S704 - escaped by preview_html
        crumbs=(Link("案件", "/cases"), Link(case.number, f"/cases/{case.number}"))
        if case
        else (Link("文号登记", "/numbers"),),
        links=(
            Link("下载 Word", f"/documents/{document.id}"),
            *((Link("PDF", f"/documents/{document.id}/pdf"),) if office.program() else ()),
        ),
        no_pdf="" if office.program() else office.MISSING,
    )


@router.get("/documents/{document_id}/pdf")
def pdf(request: Request, db: Db, actor: CurrentActor, document: SeenDocument) -> Response:
    """The letter as PDF; made in the background, and until it is there a page that looks again every two seconds."""
    if office.program() is None:
        raise Refused(503, office.MISSING)
    found = press.ask(document.sha256, lambda: db.get_one(Blob, document.sha256).data)
    if found.stage is Stage.FAILED:
        raise Refused(503, found.fault)
    if found.stage is Stage.FULL:
        raise Refused(503, "等待生成的 PDF 太多，请过一会儿再试，或者下载 Word 文件打印。")
    if found.stage is Stage.DONE:
        name = document.filename.removesuffix(".docx") + ".pdf"
        return _sent(found.pdf, document.sha256, name, "application/pdf", inline=True)
    words = f"前面还有 {found.ahead} 份。" if found.ahead else "LibreOffice 正在转换，一般需要几秒。"
    waiting = page(
        request,
        "pages/files/printing.html",
        status=202,
        frame=frame(request, db, actor, "cases"),
        document=document,
        words=f"{words}本页每 2 秒自动更新。",
        crumbs=(Link("文书", f"/documents/{document.id}/preview"),),
    )
    waiting.headers["Refresh"] = "2"
    return waiting


@router.get("/attachments/{attachment_id}")
def attachment(db: Db, actor: CurrentActor, attachment: SeenAttachment, download: str = "") -> Response:
    """The material as uploaded; pictures and PDF open in the browser unless a download is asked for."""
    return sent_file(db, attachment, download=download == "1")


def sent_file(db: Session, file: Attachment | OpinionFile | WarningFile, *, download: bool) -> Response:
    """A file as it was uploaded, by whoever may see it."""
    inline = file.media_type in INLINE and not download
    media_type = file.media_type if file.media_type in INLINE else "application/octet-stream"
    return _file(db, file.sha256, file.filename, media_type, inline=inline)


def _file(db: Db, sha256: str, filename: str, media_type: str, *, inline: bool) -> Response:
    return _sent(db.get_one(Blob, sha256).data, sha256, filename, media_type, inline=inline)


def _sent(data: bytes, sha256: str, filename: str, media_type: str, *, inline: bool) -> Response:
    """`nosniff` and a sandbox: what others uploaded never runs as a page of ours. (A browser's own PDF reader
    does not open inside a sandbox, and needs none.)"""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%;' else "_" for c in filename)
    way = "inline" if inline else "attachment"
    return Response(
        data,
        media_type=media_type,
        headers={
            "Content-Disposition": f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "frame-ancestors 'none'"
            if media_type == "application/pdf"
            else SANDBOX,
            "Cache-Control": "private, no-cache",
            "ETag": f'"{sha256}"',
        },
    )
