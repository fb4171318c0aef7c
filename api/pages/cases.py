"""案件: the list of all cases a person may see; every figure of the overview opens it with its filters set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import anyone, requires
from api.pages import case_rows, task_clock
from api.pages.case_rows import CaseRowView
from api.pages.form_views import Option
from api.pages.layout import frame
from api.pages.narrowing import TOWNS, Narrow, Narrowing, many, narrowing, opening, yuan
from api.pages.render import page
from api.pages.views import Column, Empty, Link, Pages, Tab
from models.lifecycle import BOARD_NAMES, PROCESS_NAMES, STATE_NAMES, Board, Process, State
from models.permissions import Actor
from models.records import institution, overview
from models.records.base import remember
from models.records.case_filters import Ageing, Filters, Show, Sort
from models.records.paging import COUNTED, Cursor
from models.records.saved_view import Place

router = APIRouter()
Reader = Annotated[Actor, requires(anyone)]
E = TypeVar("E", bound=StrEnum)
PAGE = 50
NO_TOWN = "未分镇街"
"""How an address names the cases of several towns."""

SHOWN: dict[Show, str] = {
    Show.OPEN: "在办",
    Show.OVERDUE: "逾期",
    Show.APPLICANT: "等申报机构",
    Show.INCIDENT: "异常",
    Show.STUCK: "需过问",
    Show.PENDING: "待定申请",
    Show.APPROVED: "已核定",
    Show.RESERVED: "已预留待拨付",
    Show.PAID: "已拨付",
    Show.RECOVERED: "已追偿返还",
    Show.UNREPORTED: "未报送追偿进展",
    Show.UNSTAFFED: "无人可办",
    Show.FOLLOWED: "我关注",
    Show.MINE: "我发起",
    Show.CLOSED: "已办结",
    Show.ALL: "全部",
}
AGEING_NAMES = {Ageing.OK: "期内", Ageing.SOON: "2 日内到期", Ageing.LATE: "逾期", Ageing.STOP: "停钟"}
SORTS: dict[Sort, str] = {Sort.TIME: "新的在前", Sort.AMOUNT: "金额大的在前"}
COLUMNS = (
    Column("案件", "full"),
    Column("环节"),
    Column("停留", "hide"),
    Column("期限", "d"),
    Column("在等谁"),
    Column("申报机构", "hide"),
    Column("金额（万元）", "wan"),
)


class Asked(BaseModel):
    """The address of a list. Words the list does not know are ignored."""

    show: str = ""
    process: str = ""
    state: str = ""
    board: str = ""
    institution: str = ""
    year: str = ""
    month: str = ""
    town: str = ""
    industry: str = ""
    q: str = ""
    firm: str = ""
    least: str = ""  # 万元
    most: str = ""
    batch: str = ""
    due: str = ""
    sort: str = ""
    after: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class CasesView:
    """The page."""

    shows: tuple[Tab, ...]
    processes: tuple[Tab, ...]
    boards: tuple[Tab, ...]
    narrow: Narrowing
    narrowed: str
    book_href: str
    words: str
    rows: tuple[CaseRowView, ...]
    total: int | str
    amount: Decimal | None
    decided: Decimal | None
    pages: Pages | None
    empty: Empty
    columns: tuple[Column, ...] = COLUMNS


@router.get("/cases")
def cases(request: Request, db: Db, actor: Reader, asked: Annotated[Asked, Query()]) -> Response:
    """The list; banks and guarantors find only their own cases in it."""
    if away := opening(db, actor, Place.CASES, bool(request.query_params)):
        return away
    remember(db)  # from here on it is only read
    return page(
        request,
        "pages/cases/index.html",
        frame=frame(request, db, actor, "cases"),
        view=_view(db, actor, asked),
        packing_href=f"/exports?{request.url.query}",
    )


def address(filters: Filters, **more: str) -> str:
    """The address of the list with these filters: what a figure links to."""
    given = {
        "show": filters.show.value,
        "process": filters.process or "",
        "state": filters.state or "",
        "board": filters.board or "",
        "institution": str(filters.institution_id or ""),
        "year": str(filters.year or ""),
        "month": str(filters.month or ""),
        "town": NO_TOWN if filters.town == "" else filters.town or "",
        "industry": filters.industry or "",
        "q": filters.words,
        "firm": filters.firm,
        "least": _wan(filters.at_least),
        "most": _wan(filters.at_most),
        "batch": str(filters.batch or ""),
        "due": filters.ageing or "",
        **more,
    }
    return f"/cases?{urlencode({key: str(value) for key, value in given.items() if value})}"


def _wan(amount: Decimal | None) -> str:
    return "" if amount is None else f"{(amount / 10_000).normalize():f}"


def narrowed(filters: Filters) -> str:
    """What a list is narrowed to beyond what its tabs and fields show: “2026 年 11 月、虎门镇、工业”."""
    period = f"{filters.year} 年" + (f" {filters.month} 月" if filters.month else "") if filters.year else ""
    town = NO_TOWN if filters.town == "" else filters.town or ""
    return "、".join(part for part in (period, town, filters.industry or "") if part)


def parse(asked: Asked) -> Filters:
    """The filters an address means. A search looks at all cases, closed ones too."""
    words = asked.q.strip()[:80].replace("\x00", "")
    year = _number(asked.year, 2000, 2100)
    return Filters(
        _code(Show, asked.show) or (Show.ALL if words else Show.OPEN),
        _code(Process, asked.process),
        _code(State, asked.state),
        _code(Board, asked.board),
        _number(asked.institution, 1, 2**31 - 1),
        words,
        year,
        _number(asked.month, 1, 12) if year else None,
        "" if asked.town == NO_TOWN else _word(asked.town),
        _word(asked.industry),
        (_word(asked.firm) or "").upper(),
        yuan(asked.least),
        yuan(asked.most),
        _number(asked.batch, 1, 2**31 - 1),
        _code(Ageing, asked.due),
    )


def sort_of(asked: Asked) -> Sort:
    """What the list is sorted by."""
    return _code(Sort, asked.sort) or Sort.TIME


def _code(kind: type[E], value: str) -> E | None:
    return next((member for member in kind if member.value == value), None)


def _word(value: str) -> str | None:
    return value.strip()[:40].replace("\x00", "") or None


def _number(value: str, least: int, most: int) -> int | None:
    fits = value.isascii() and value.isdigit() and len(value) < 12 and least <= int(value) <= most
    return int(value) if fits else None


def _view(db: Session, actor: Actor, asked: Asked) -> CasesView:
    filters = parse(asked)
    after, before = Cursor.parse(asked.after), Cursor.parse(asked.before)
    found = overview.cases(db, actor, filters, sort=sort_of(asked), limit=PAGE, after=after, before=before)
    known, days = case_rows.names(db), task_clock.calendar(db)
    shows = [Show.OPEN, Show.OVERDUE, Show.APPLICANT, Show.CLOSED, Show.ALL]
    if actor.watches_all:
        shows.insert(3, Show.INCIDENT)
        shows.append(Show.FOLLOWED)
    shows.append(Show.MINE)
    if filters.show not in shows:
        shows.insert(0, filters.show)
    given = asked.model_dump() | {"show": filters.show.value}
    return CasesView(
        _shows(db, actor, filters, shows, found),
        tuple(_pick(filters, "process", process, PROCESS_NAMES[process]) for process in Process),
        tuple(_pick(filters, "board", board, BOARD_NAMES[board]) for board in Board)
        if actor.watches_all
        else (),
        narrowing(db, actor, Place.CASES, _fields(db, actor, asked, known), given, address(Filters())),
        narrowed(filters),
        address(filters, sort=asked.sort).replace("/cases?", "/cases.xlsx?"),
        filters.words,
        tuple(
            case_rows.row(one if actor.watches_all else replace(one, incident=None), known, days)
            for one in found.rows
        ),
        many(found.total, found.most),
        found.amount,
        found.decided,
        _pages(filters, found, asked.sort),
        _empty(filters),
    )


def _fields(db: Session, actor: Actor, asked: Asked, known: Mapping[int, str]) -> tuple[Narrow, ...]:
    """Every column the list may be narrowed by, and its order."""
    states = tuple(Option(one.value, name) for one, name in STATE_NAMES.items() if one != State.SUBMITTED)
    places = tuple(Option(str(one.id), known[one.id or 0]) for one in institution.filing_institutions(db))
    towns = (*TOWNS, Option(NO_TOWN, NO_TOWN))
    return (
        Narrow("state", "环节", asked.state, states),
        Narrow(
            "due", "期限", asked.due, tuple(Option(one.value, name) for one, name in AGEING_NAMES.items())
        ),
        *((Narrow("institution", "申报机构", asked.institution, places),) if actor.watches_all else ()),
        Narrow("town", "镇街", asked.town, towns),
        Narrow("year", "年份", asked.year, figure=True),
        Narrow("firm", "企业信用代码", asked.firm, hint="18 位"),
        Narrow("least", "金额不低于（万元）", asked.least, figure=True),
        Narrow("most", "金额不高于（万元）", asked.most, figure=True),
        Narrow("batch", "批量备案批次号", asked.batch, figure=True),
        Narrow("sort", "排序", asked.sort, tuple(Option(sort.value, name) for sort, name in SORTS.items())),
    )


def _shows(
    db: Session, actor: Actor, filters: Filters, shows: Sequence[Show], found: overview.Slice
) -> tuple[Tab, ...]:
    """Each list with its count. While words or a clock are asked for only the list itself is counted."""
    counts = (
        {filters.show: found.total}
        if filters.words or filters.ageing
        else overview.beside(db, actor, filters, shows, found.total)
    )
    most = {filters.show: found.most}
    return tuple(
        Tab(
            SHOWN[show],
            address(replace(filters, show=show)),
            many(counts[show], most.get(show, COUNTED)) if show in counts else None,
            show is filters.show,
        )
        for show in shows
    )


def _pick(filters: Filters, name: str, value: Process | Board, label: str) -> Tab:
    """A filter that is switched on and off."""
    on = getattr(filters, name) == value
    without = Filters(**{f: getattr(filters, f) for f in filters.__slots__} | {name: None if on else value})
    return Tab(label, address(without), current=on)


def _pages(filters: Filters, found: overview.Slice, sort: str) -> Pages | None:
    if not found.rows:
        return None
    return Pages(
        found.skipped + 1,
        found.skipped + len(found.rows),
        found.total,
        previous_href=address(filters, sort=sort, before=str(found.first)) if found.skipped else "",
        next_href=address(filters, sort=sort, after=str(found.last)) if found.more else "",
        most=found.most if found.skipped <= COUNTED else COUNTED,
    )


def _empty(filters: Filters) -> Empty:
    if filters == Filters():
        return Empty("现在没有在办案件。", "新的备案和补偿申请提交后会列在这里。", "folders")
    used = [SHOWN[filters.show]]
    used += [STATE_NAMES[filters.state]] if filters.state else []
    used += [PROCESS_NAMES[filters.process]] if filters.process else []
    used += [BOARD_NAMES[filters.board]] if filters.board else []
    used += [AGEING_NAMES[filters.ageing]] if filters.ageing else []
    used += [narrowed(filters)] if narrowed(filters) else []
    used += [filters.words] if filters.words else []
    return Empty(f"没有符合“{'、'.join(used)}”的案件。", "", "filter", Link("清除筛选", address(Filters())))
