"""文号登记: every number that was given, what became of it, and whether a number is missing; also as an Excel file."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import requires
from api.pages import case_rows
from api.pages.form_views import Option
from api.pages.layout import frame
from api.pages.numbers_sheet import WORKBOOK, workbook
from api.pages.posted import whole
from api.pages.render import day, page
from api.pages.views import Column, Empty, Link, Pages, Tab, Tag, Tone
from models import clock
from models.permissions import Actor, may_see_registers
from models.records import numbers, person
from models.records.document import Document, DocumentState
from models.records.numbers import DocumentVoid, Series, Wanted

router = APIRouter()
Reader = Annotated[Actor, requires(may_see_registers)]

PAGE = 50
STATE_NAMES = {
    DocumentState.ISSUED: "有效",
    DocumentState.SUPERSEDED: "已被替代",
    DocumentState.VOID: "已作废",
}
TONES: dict[DocumentState, Tone] = {
    DocumentState.ISSUED: "ok",
    DocumentState.SUPERSEDED: "idle",
    DocumentState.VOID: "late",
}
COLUMNS = (
    Column("文号", "full"), Column("文书"), Column("案件"), Column("日期", "d"), Column("状态"),
    Column("SHA-256", "hide"), Column("办理", "act", hidden_label=True),
)  # fmt: skip
SERIES_COLUMNS = (
    Column("登记簿", "full"), Column("单位"), Column("起始号", "n"), Column("已用至", "n"), Column("份数", "n"), Column("作废", "n"),
    Column("缺号检查"),
)  # fmt: skip
ASKED_COLUMNS = (
    Column("文书", "full"),
    Column("原因"),
    Column("申请人"),
    Column("办理", "act", hidden_label=True),
)


class Asked(BaseModel):
    """The filter as it stands in the address."""

    organ: str = ""
    word: str = ""
    year: str = ""
    state: str = ""
    q: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class NumberRow:
    """One number. `voided` says why, who asked and who agreed."""

    number: str
    title: str
    href: str
    case_number: str
    issued: str
    tag: Tag
    sha256: str
    void_href: str
    voided: str = ""


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One register book: an organ's 发文代字 in a year. `href` lists its numbers; `opening` says why the first one kept
    here is not 1."""

    name: str
    organ: str
    href: str
    opening: str
    first: int
    last: int
    used: int
    voided: int
    tag: Tag


@dataclass(frozen=True, slots=True)
class AskedRow:
    """A request to make a document void that waits for a second person."""

    title: str
    reason: str
    who: str
    href: str


@dataclass(frozen=True, slots=True)
class NumbersView:
    """The page."""

    series: tuple[SeriesRow, ...]
    asked: tuple[AskedRow, ...]
    states: tuple[Tab, ...]
    organs: tuple[Option, ...]
    years: tuple[Option, ...]
    hidden: tuple[tuple[str, str], ...]
    chosen: Asked
    rows: tuple[NumberRow, ...]
    total: int
    pages: Pages | None
    sheet_href: str
    empty: Empty


def places(current: str) -> tuple[Tab, ...]:
    """The pages about documents."""
    known = (
        ("numbers", "文号登记", "/numbers"),
        ("templates", "文书模板", "/templates"),
        ("drafts", "拟稿", "/drafts"),
        ("exports", "打包下载", "/exports"),
        ("reports", "报告", "/reports"),
    )
    return tuple(Tab(label, href, current=key == current) for key, label, href in known)


@router.get("/numbers")
def register(request: Request, db: Db, actor: Reader, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    """The register, newest number first."""
    return page(
        request,
        "pages/numbers/index.html",
        frame=frame(request, db, actor, "papers"),
        places=places("numbers"),
        view=_view(db, asked),
        columns=COLUMNS,
        series_columns=SERIES_COLUMNS,
        asked_columns=ASKED_COLUMNS,
    )


@router.get("/numbers.xlsx")
def sheet(db: Db, actor: Reader, asked: Annotated[Asked, Query()]) -> Response:
    """The numbers the filter leaves, and the gap report, as a workbook."""
    known = case_rows.names(db)
    found = numbers.entries(db, wanted(asked))
    data = workbook(
        [(known.get(d.organ_id, ""), d, case, _voided(db, d)) for d, case in found],
        [(known.get(one.organ_id, ""), one) for one in numbers.series(db)],
        STATE_NAMES,
    )
    name = quote(f"文号登记-{clock.today().isoformat()}.xlsx", safe="")
    disposition = f"attachment; filename=\"numbers.xlsx\"; filename*=UTF-8''{name}"
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return Response(data, media_type=WORKBOOK, headers=headers)


def wanted(asked: Asked) -> Wanted:
    """The filter an address means; what it does not understand is left out."""
    state = next((state for state in DocumentState if state.value == asked.state), None)
    return Wanted(
        whole(asked.organ), asked.word.strip()[:20].replace("\x00", ""), whole(asked.year), state,
        asked.q.strip()[:80].replace("\x00", ""),
    )  # fmt: skip


def _view(db: Session, asked: Asked) -> NumbersView:
    filters, known = wanted(asked), case_rows.names(db)
    books = numbers.series(db)
    total = numbers.count(db, filters)
    at = min(max(whole(asked.page) or 1, 1), max(-(-total // PAGE), 1))
    found = numbers.entries(db, filters, limit=PAGE, offset=(at - 1) * PAGE)
    waiting = numbers.open_voids(db)
    people = person.names(db, [void.requested_by for void, _ in waiting])
    return NumbersView(
        tuple(_series(one, known) for one in books),
        tuple(
            AskedRow(f"{d.title} {d.number or ''}", void.reason, people.get(void.requested_by, ""), f"/documents/{d.id}/void")
            for void, d in waiting
        ),
        tuple(
            Tab(name, _address(asked, state="" if asked.state == state.value else state.value), current=asked.state == state.value)
            for state, name in STATE_NAMES.items()
        ),
        tuple(Option(str(key), known[key]) for key in dict.fromkeys(one.organ_id for one in books)),
        tuple(Option(str(year), f"{year} 年") for year in dict.fromkeys(one.year for one in books)),
        tuple((name, value) for name, value in (("state", asked.state), ("word", asked.word)) if value),
        asked,
        tuple(_row(db, one, case) for one, case in found),
        total,
        Pages(
            (at - 1) * PAGE + 1, (at - 1) * PAGE + len(found), total, "份",
            _address(asked, page=str(at - 1)) if at > 1 else "",
            _address(asked, page=str(at + 1)) if at * PAGE < total else "",
        )
        if found
        else None,
        _address(asked, "/numbers.xlsx", page=""),
        Empty("没有符合条件的文号。", "", "filter", Link("清除筛选", "/numbers"))
        if filters != Wanted()
        else Empty("还没有给过文号。", "文书出具时在同一事务内取号，登记在这里。", "file"),
    )  # fmt: skip


def _address(asked: Asked, place: str = "/numbers", **more: str) -> str:
    given = {**asked.model_dump(), "page": "", **more}
    query = urlencode({key: value for key, value in given.items() if value})
    return f"{place}?{query}" if query else place


def _series(one: Series, known: dict[int, str]) -> SeriesRow:
    fault = "、".join(str(serial) for serial in (one.missing + one.beyond)[:10])
    tag = Tag("连续无缺号", "ok", "check") if one.whole else Tag(f"缺号或越号：{fault}", "late", "alert")
    href = _address(Asked(organ=str(one.organ_id), word=one.word, year=str(one.year)))
    return SeriesRow(
        f"{one.word}〔{one.year}〕", known.get(one.organ_id, ""), href,
        f"期初已用至 {one.opened} 号（{one.source}）" if one.opened else "", one.opened + 1, one.last, one.used, one.voided,
        tag,
    )  # fmt: skip


def _row(db: Session, one: Document, case_number: str) -> NumberRow:
    state = DocumentState(one.state)
    return NumberRow(
        one.number or "", one.title, f"/documents/{one.id}/preview", case_number, day(one.issued_on),
        Tag(STATE_NAMES[state], TONES[state]), one.sha256, f"/documents/{one.id}/void", _voided(db, one),
    )  # fmt: skip


def _voided(db: Session, one: Document) -> str:
    """Why a document is void, who asked and who agreed; "" for one that is not."""
    if one.state != DocumentState.VOID:
        return ""
    void: DocumentVoid = numbers.voids_of(db, [one.id or 0])[one.id or 0]
    people = person.names(db, [void.requested_by, void.decided_by or 0])
    asked, agreed = people.get(void.requested_by, ""), people.get(void.decided_by or 0, "")
    return f"{void.reason}（{asked}申请，{agreed}批准，{day(void.decided_at)}）"
