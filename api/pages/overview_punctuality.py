"""按时率: who answered in time, by person, gate and institution, month by month; every figure opens its answers."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api.auth.db import Db
from api.auth.permit import requires
from api.pages.layout import frame
from api.pages.overview_answers import Asked, address, answers_href, following, month_of, names_of, of_word
from api.pages.render import page
from api.pages.views import Chart, Column, Tab
from models.permissions import Actor, may_manage
from models.records import punctuality
from models.records.punctuality import Of, Punctuality

router = APIRouter()
Manager = Annotated[Actor, requires(may_manage)]
OF_NAMES = {Of.PERSON: "按人员", Of.GATE: "按环节", Of.INSTITUTION: "按机构"}
COLUMNS = (
    Column("对象", "full"), Column("办结（件次）", "n"), Column("逾期", "n"), Column("按时率", "n"),
    Column("用时中位", "n hide"), Column("退回补正", "n hide"), Column("未一次告知", "n"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One person, gate or institution; each figure links to its answers."""

    label: str
    figures: Punctuality
    share: str
    href: str
    late_href: str
    returned_href: str
    untold_href: str
    kept_href: str


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One month of all reviewing sides."""

    label: str
    figures: punctuality.Month
    share: str
    href: str
    late_href: str
    kept_href: str


@router.get("/overview/punctuality")
def show(request: Request, db: Db, actor: Manager, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    """Punctuality of a month."""
    first, of = month_of(asked.month), of_word(asked.by)
    of = of if of in OF_NAMES else Of.PERSON
    rows = punctuality.figures(db, of, first, following(first))
    names = names_of(db, of, rows)
    year = punctuality.months(db, first.year)
    return page(
        request,
        "pages/overview/punctuality.html",
        frame=frame(request, db, actor, "overview"),
        month=first,
        tabs=tuple(Tab(name, address(first, one), current=one is of) for one, name in OF_NAMES.items()),
        months=tuple(Tab(f"{m.first.month}月", address(m.first, of), current=m.first == first) for m in year),
        rows=tuple(_row(one, names.get(one.key, one.key), first, of) for one in rows),
        columns=COLUMNS,
        chart=_chart(year),
        by_month=tuple(_month_row(one) for one in year),
    )


def share(answered: int, late: int) -> str:
    """“94.60%” in time; “—” where there was nothing to answer."""
    return "—" if not answered else f"{100 * (answered - late) / answered:.1f}%"


def _row(one: Punctuality, label: str, first: date, of: Of) -> Row:
    hrefs = [
        answers_href(of, one.key, first, following(first), which)
        for which in ("", "late", "returned", "untold", "kept")
    ]
    return Row(label, one, share(one.answered, one.late), *hrefs)


def _month_row(one: punctuality.Month) -> MonthRow:
    hrefs = [
        answers_href(Of.ALL, "", one.first, following(one.first), which) for which in ("", "late", "kept")
    ]
    return MonthRow(f"{one.first.month}月", one, share(one.answered, one.late), *hrefs)


def _chart(year: tuple[punctuality.Month, ...]) -> Chart:
    shares = [round(100 * (m.answered - m.late) / m.answered, 1) if m.answered else None for m in year]
    last = next((value for value in reversed(shares) if value is not None), None)
    told = "、".join(
        f"{m.first.month}月{value}%" for m, value in zip(year, shares, strict=True) if value is not None
    )
    spec = {
        "x": [f"{m.first.month}月" for m in year],
        "series": [{"name": "按时率（%）", "kind": "line", "tone": "act", "data": shares,
                    "end": f"{last}%" if last is not None else ""}],
        "max": 100,
    }  # fmt: skip
    return Chart(f"{year[0].first.year} 年各月按时率：{told or '还没有办结的任务'}", spec, "#months")
