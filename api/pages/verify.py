"""文书核验, the public page behind the QR code of a letter: is it real, and is it still in force?

Whoever holds a letter has its code. The page confirms what stands on the letter's face and whether an uploaded copy
is the file that was issued; it says nothing about the case. A client may ask a few dozen times a minute.
"""

import hashlib
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, File, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.refusals import Refused
from api.pages.case_views import Fact
from api.pages.form_views import FieldView
from api.pages.render import day, page
from api.pages.views import Note, Tone
from flows.documents import qr
from models.records import document, institution
from models.records.document import Document, DocumentState

PER_MINUTE, PER_HOUR = 30, 300
LIMITS: tuple[RateLimitItem, ...] = (RateLimitItemPerMinute(PER_MINUTE), RateLimitItemPerHour(PER_HOUR))
_limiter = MovingWindowRateLimiter(MemoryStorage())

UNKNOWN = (
    "没有查到这个核验码对应的文书。请对照文书左下方的核验码再输入一次；仍查不到的，请向落款单位电话核实。"
)
STANDINGS: dict[DocumentState, tuple[Tone, str, str]] = {
    DocumentState.ISSUED: ("ok", "文书真实，现行有效。", "以下内容与你手中的文书一致，即为落款单位出具。"),
    DocumentState.SUPERSEDED: (
        "soon",
        "文书真实，但已被新的文书替代。",
        "请以落款单位后来出具的同类文书为准。",
    ),
    DocumentState.VOID: ("late", "文书已作废。", "文号保留，文书不再有效；如有疑问请向落款单位核实。"),
}


def limited(request: Request) -> None:
    """Dependency: each client its share, so that nobody tries codes out."""
    client = request.client.host if request.client else ""
    if not all(_limiter.hit(limit, "verify", client) for limit in LIMITS):
        raise Refused(429, "核验太频繁了，请过一会儿再试。", {"Retry-After": "60"})


router = APIRouter(prefix="/v", dependencies=[Depends(limited)])


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What the page says about a letter: its standing, what stands on its face, the hash of its file."""

    code: str
    note: Note
    facts: tuple[Fact, ...]
    sha256: str


@router.get("")
def ask(request: Request, code: str = "") -> Response:
    """The form for a code typed from paper; what was typed leads to its page."""
    typed = _typed(code)
    return RedirectResponse(f"/v/{typed}", 303) if typed else _page(request)


@router.get("/{code}")
def confirm(request: Request, db: Db, code: str) -> HTMLResponse:
    """What the letter with this code says about itself."""
    found = _found(db, code)
    if found is None:
        return _page(request, typed=_typed(code), fault=UNKNOWN, status=404)
    return _page(request, confirmed=_confirmed(db, found))


@router.post("/{code}")
def compare(
    request: Request, db: Db, code: str, file: Annotated[UploadFile | str, File()] = ""
) -> HTMLResponse:
    """Whether an uploaded copy is the issued file, byte for byte. Nothing of the copy is kept."""
    found = _found(db, code)
    if found is None:
        return _page(request, typed=_typed(code), fault=UNKNOWN, status=404)
    confirmed = _confirmed(db, found)
    if isinstance(file, str) or not file.filename:
        return _page(request, confirmed=confirmed, fault="请先选择要核对的文件。", status=422)
    same = hashlib.sha256(file.file.read()).hexdigest() == found.sha256
    if same:
        result = Note("ok", "上传的文件与所发文书完全一致。", "逐字节比对相符。")
    else:
        result = Note(
            "late",
            "上传的文件与所发文书不一致。",
            "只有系统出具的原始 Word 文件才会一致；另存、转换为 PDF、扫描或改动过的文件都不一致，不代表内容有假，请对照文号和内容。",
        )
    return _page(request, confirmed=confirmed, result=result)


def _typed(code: str) -> str:
    """A code as people type it: small letters, spaces and dashes do not matter."""
    return "".join(c for c in code.upper() if c.isascii() and c.isalnum())[:20]


def _found(db: Session, code: str) -> Document | None:
    typed = _typed(code)
    known = len(typed) == qr.CODE_LENGTH and set(typed) <= set(qr.ALPHABET)
    return document.by_verification(db, typed) if known else None


def _confirmed(db: Session, found: Document) -> Confirmed:
    tone, lead, text = STANDINGS[DocumentState(found.state)]
    organ = str(found.context.get("organ_name") or "")
    organ = organ or institution.name_on(db, found.organ_id, found.issued_on).name
    facts = (
        Fact("文书", found.title),
        Fact("文号", found.number or "无文号", num=True),
        Fact("落款单位", organ),
        Fact("落款日期", day(found.issued_on), num=True),
        *_replaced(db, found),
    )
    return Confirmed(found.verification_code, Note(tone, lead, text), facts, found.sha256)


def _replaced(db: Session, found: Document) -> tuple[Fact, ...]:
    """Which void letter this one stands for, or which one stands for it."""
    if found.replaces_id is not None:
        return (Fact("替代", f"{db.get_one(Document, found.replaces_id).number}（已作废）", num=True),)
    successor = document.replacing(db, found.id or 0) if found.state == DocumentState.VOID else None
    return (Fact("由新文书替代", successor.number or "", num=True),) if successor else ()


def _page(
    request: Request, *, confirmed: Confirmed | None = None, typed: str = "", fault: str = "",
    result: Note | None = None, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    wrong = fault if confirmed else ""
    return page(
        request,
        "pages/verify/index.html",
        status=status,
        notes=tuple(note for note in (confirmed.note if confirmed else None, result) if note),
        confirmed=confirmed,
        code=FieldView(
            "核验码",
            "code",
            typed,
            "" if confirmed else fault,
            "印在文书落款左侧，12 位字母和数字",
            required=True,
            maxlength=20,
        ),
        copy=FieldView(
            "核对文件", "file", "", wrong, "上传收到的 Word 文件，只比对、不保存", "file", required=True, accept=".docx"
        ),
    )  # fmt: skip
