"""总览: what is stuck, where everything stands, what was claimed, approved and paid.

Every figure links to the list it counts (`api.pages.cases.address`), built from the same conditions.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlmodel import Session

from api.auth.db import Db
from api.auth.permit import requires
from api.pages import case_rows, task_clock
from api.pages.case_rows import CaseRowView
from api.pages.case_views import LimitView, MeterView
from api.pages.cases import address
from api.pages.layout import frame
from api.pages.limits import meter
from api.pages.render import page, wan
from api.pages.views import Chart, Column, FunnelRow, Kpi, Tab
from models import clock
from models.calendar import WorkingCalendar
from models.lifecycle import BOARD_NAMES, PROCESS_NAMES, STATE_NAMES, Board, Process, State
from models.permissions import Actor, may_manage
from models.records import figures, ledger, overview
from models.records.ledger import AccountKind, LedgerAccount
from models.records.overview import Filters, Show

router = APIRouter()
Manager = Annotated[Actor, requires(may_manage)]
MONTHS = tuple(f"{month}月" for month in range(1, 13))
NOTHING = Decimal("0.00")

STUCK_COLUMNS = (
    Column("停留", "d"), Column("案件", "full"), Column("环节", "hide"), Column("在等谁"), Column("原因"),
)  # fmt: skip
PLACE_COLUMNS = (
    Column("机构", "full"), Column("最紧的年度限额", "hide"), Column("限额余额", "n hide"), Column("在办（件）", "n"),
    Column("今年申请（件）", "n hide"), Column("申请", "n hide"), Column("核定", "n hide"), Column("已付", "n"),
)  # fmt: skip
MONTH_COLUMNS = (Column("月份", "full"), Column("收案（件）", "n"), Column("结案（件）", "n"))


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One applicant. Amounts in 元; `limit` is the bank-year account with the least left of its ceiling, None
    where none was needed yet."""

    name: str
    href: str
    open: int
    claims: int
    claims_href: str
    claimed: Decimal
    approved: Decimal
    paid: Decimal
    limit: MeterView | None
    limit_label: str


@dataclass(frozen=True, slots=True)
class MonthRow:
    """Cases opened and closed in a month, with the list of those opened."""

    label: str
    href: str
    opened: int
    closed: int


@dataclass(frozen=True, slots=True)
class OverviewView:
    """The page."""

    year: int
    boards: tuple[Tab, ...]
    kpis: tuple[Kpi, ...]
    stuck: tuple[CaseRowView, ...]
    stuck_total: int
    stuck_href: str
    open_total: int
    funnel: tuple[FunnelRow, ...]
    budget: LimitView | None
    shortfall: Decimal
    pending_href: str
    chart: Chart
    months: tuple[MonthRow, ...]
    places: tuple[PlaceRow, ...]


@router.get("/overview")
def show(
    request: Request, db: Db, actor: Manager, board: Annotated[str, Query(max_length=20)] = ""
) -> HTMLResponse:
    """The page; `board` narrows the stages."""
    chosen = next((b for b in Board if b.value == board), None)
    return page(
        request,
        "pages/overview/index.html",
        frame=frame(request, db, actor, "overview"),
        view=_view(db, actor, chosen),
        stuck_columns=STUCK_COLUMNS,
        place_columns=PLACE_COLUMNS,
        month_columns=MONTH_COLUMNS,
    )


def _view(db: Session, actor: Actor, board: Board | None) -> OverviewView:
    year = clock.today().year
    known, days = case_rows.names(db), task_clock.calendar(db)
    money = figures.money(db, year)
    budget = ledger.account(db, AccountKind.BUDGET, str(year))
    months = figures.months(db, year)[: clock.today().month]
    funnel = _funnel(db, days, board)
    stuck = Filters(Show.STUCK)
    left = budget.left if budget else NOTHING
    return OverviewView(
        year,
        (
            Tab("全部板块", "/overview", current=board is None),
            *(Tab(BOARD_NAMES[b], f"/overview?board={b.value}", current=b is board) for b in Board),
        ),
        _kpis(db, actor, money, budget, year, months),
        tuple(case_rows.row(one, known, days) for one in overview.stuck(db, actor)),
        overview.count(db, actor, stuck),
        address(stuck),
        sum(row.count for row in funnel),
        funnel,
        _limit(budget) if budget else None,
        max(money.pending - left, NOTHING),
        address(Filters(Show.PENDING)),
        _chart(year, months),
        tuple(
            MonthRow(f"{month}月", address(Filters(Show.ALL, year=year, opened_in=month)), opened, closed)
            for month, (opened, closed) in enumerate(months, start=1)
        ),
        _places(db, known, year),
    )


def _kpis(
    db: Session,
    actor: Actor,
    money: figures.Money,
    budget: LedgerAccount | None,
    year: int,
    months: tuple[tuple[int, int], ...],
) -> tuple[Kpi, ...]:
    def number(show: Show) -> int:
        return overview.count(db, actor, Filters(show))

    late, errors = number(Show.OVERDUE), number(Show.INCIDENT)
    opened, closed = months[-1]
    paid, reserved = Filters(Show.PAID, year=year), Filters(Show.RESERVED)
    return (
        Kpi("在办案件", str(number(Show.OPEN)), f"本月收 {opened}，结 {closed}", address(Filters())),
        Kpi(
            "逾期", str(late), f"另有异常 {errors} 件", address(Filters(Show.OVERDUE)),
            tone="late" if late else None,
        ),
        Kpi("等申报机构", str(number(Show.APPLICANT)), "补正或确认到账", address(Filters(Show.APPLICANT))),
        Kpi("今年已支付", wan(money.paid), f"{money.paid_cases} 件", address(paid), "万元"),
        Kpi("已预留", wan(money.reserved), f"{money.reserved_cases} 件待拨付", address(reserved), "万元"),
        Kpi(
            "预算余额", wan(budget.left) if budget else "—", f"待定申请 {wan(money.pending)} 万元", "/limits",
            "万元" if budget else "", "soon" if budget and budget.left < money.pending else None,
        ),
    )  # fmt: skip


def _funnel(db: Session, days: WorkingCalendar, board: Board | None) -> tuple[FunnelRow, ...]:
    return tuple(
        FunnelRow(
            STATE_NAMES[stage.state]
            if _plain(stage)
            else f"{PROCESS_NAMES[stage.process]}·{STATE_NAMES[stage.state]}",
            address(Filters(process=stage.process, state=stage.state, board=board)),
            stage.ok,
            stage.soon,
            stage.late,
            stage.stop,
            stage.amount,
            "—" if stage.median_days is None else f"{stage.median_days:.1f} 日",
        )
        for stage in figures.stages(db, days, board)
    )


def _plain(stage: figures.Stage) -> bool:
    """Whether the stage's name says its process by itself: 补正 is in both."""
    return stage.state not in (State.CORRECTION, State.SUBMITTED)


def _limit(account: LedgerAccount) -> LimitView:
    return LimitView(account.label, meter(account))


def _chart(year: int, months: tuple[tuple[int, int], ...]) -> Chart:
    opened, closed = [m[0] for m in months], [m[1] for m in months]
    label = f"{year} 年各月收案与结案件数：共收 {sum(opened)} 件，结 {sum(closed)} 件；{MONTHS[len(months) - 1]}收 {opened[-1]}，结 {closed[-1]}"
    spec = {
        "x": list(MONTHS[: len(months)]),
        "series": [
            {"name": "收案", "kind": "bar", "tone": "plain", "data": opened},
            {"name": "结案", "kind": "line", "tone": "act", "data": closed, "end": f"结案 {closed[-1]}"},
        ],
    }
    return Chart(label, spec, "#months")


def _places(db: Session, known: dict[int, str], year: int) -> tuple[PlaceRow, ...]:
    rows = []
    accounts = ledger.accounts(db, AccountKind.BANK_YEAR)
    for place in figures.by_institution(db, year):
        theirs = [a for a in accounts if a.key.startswith(f"{place.institution_id}:")]
        account = min(theirs, key=lambda a: a.left / a.ceiling if a.ceiling else NOTHING, default=None)
        own = Filters(institution_id=place.institution_id)
        of_year = Filters(Show.ALL, Process.CLAIM, institution_id=place.institution_id, year=year)
        rows.append(
            PlaceRow(
                known.get(place.institution_id, ""),
                address(own),
                place.open,
                place.claims,
                address(of_year),
                place.claimed,
                place.approved,
                place.paid,
                meter(account) if account else None,
                f"{account.key.partition(':')[2]} 年" if account else "",
            )
        )
    return tuple(rows)
