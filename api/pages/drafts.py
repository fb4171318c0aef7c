"""拟稿: papers the office signs and sends itself, written from what the system knows; a file to download, nothing recorded."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import requires
from api.auth.refusals import Refused
from api.pages.form_views import Option
from api.pages.layout import frame
from api.pages.numbers import places
from api.pages.render import page
from api.pages.views import Link, Note
from flows.actions.errors import InvalidError
from flows.actions.papers import composing
from flows.documents.engine import DOCUMENTS, preview_html
from flows.documents.registry import DRAFTED, SIGNER_NAMES
from models.permissions import Actor, may_see_registers

router = APIRouter(prefix="/drafts")
Reader = Annotated[Actor, requires(may_see_registers)]

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
NOTHING = {
    "D04": "还没有发布过白名单批次。",
    "D05": "还没有发布过白名单批次。",
    "D06": "还没有移出的企业。",
}


@dataclass(frozen=True, slots=True)
class DraftRow:
    """One kind of paper and what it can be about."""

    code: str
    title: str
    genre: str
    signer: str
    options: tuple[Option, ...]
    nothing: str


@router.get("")
def show(request: Request, db: Db, actor: Reader) -> HTMLResponse:
    """What can be drafted."""
    return _show(request, db, actor)


@router.get("/{code}")
def preview(request: Request, db: Db, actor: Reader, code: str, of: str = "") -> HTMLResponse:
    """The draft to read, before it is downloaded."""
    try:
        made = composing.compose(db, _known(code), of)
    except InvalidError as error:
        return _show(request, db, actor, Note("late", "没有拟成。", error.faults[0].message, alert=True), 422)
    return page(
        request,
        "pages/drafts/paper.html",
        frame=frame(request, db, actor, "papers"),
        title=DOCUMENTS[code].title,
        html=Markup(preview_html(made.data)),  # noqa: S704 - escaped by preview_html
        crumbs=(Link("拟稿", "/drafts"),),
        links=(Link("下载 Word", f"/drafts/{code}/file?of={quote(of)}"),),
    )


@router.get("/{code}/file", dependencies=[requires(may_see_registers)])
def download(db: Db, code: str, of: str = "") -> Response:
    """The draft as a Word file."""
    try:
        made = composing.compose(db, _known(code), of)
    except InvalidError as error:
        raise Refused(422, error.faults[0].message) from error
    disposition = f"attachment; filename=\"{code}.docx\"; filename*=UTF-8''{quote(made.filename, safe='')}"
    headers = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
    return Response(made.data, media_type=WORD, headers=headers)


def _known(code: str) -> str:
    if code not in DRAFTED:
        raise Refused(404, "没有这种拟稿。")
    return code


def _show(
    request: Request, db: Session, actor: Actor, note: Note | None = None, status: int = 200
) -> HTMLResponse:
    return page(
        request,
        "pages/drafts/index.html",
        status=status,
        frame=frame(request, db, actor, "papers"),
        places=places("drafts"),
        notes=(note,) if note else (),
        rows=tuple(_row(db, code) for code in DRAFTED),
    )


def _row(db: Session, code: str) -> DraftRow:
    kind = DOCUMENTS[code]
    offered = tuple(Option(one.key, one.label) for one in composing.choices(db, code))
    return DraftRow(
        code,
        kind.title,
        kind.genre,
        SIGNER_NAMES[kind.signer],
        offered,
        NOTHING.get(code, "没有可选的对象。"),
    )
