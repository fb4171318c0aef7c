"""总览: what is stuck, where everything stands, what was claimed, approved and paid.

Every figure links to the list it counts (`api.pages.cases.address`), built from the same conditions.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session

from api.auth.db import Db
from api.auth.permit import requires
from api.pages import case_rows, failing, overview_kpis, overview_trend, task_clock
from api.pages.case_rows import CaseRowView
from api.pages.case_views import LimitView
from api.pages.cases import address
from api.pages.layout import frame
from api.pages.limits import meter
from api.pages.narrowing import many
from api.pages.overview_groups import GROUP_COLUMNS, GROUPINGS, PLACE_COLUMNS, PlaceRow, places
from api.pages.render import page
from api.pages.views import Chart, Column, FunnelRow, Kpi, Note, Tab
from flows.actions.colleagues import telling
from flows.steps import gap
from models import clock
from models.calendar import WorkingCalendar
from models.lifecycle import BOARD_NAMES, PROCESS_NAMES, STATE_NAMES, Board, State
from models.permissions import Actor, may_manage
from models.records import figures, ledger, loan_change, overview
from models.records.case_filters import Ageing, Filters, Show
from models.records.figures import By
from models.records.ledger import AccountKind, LedgerAccount
from models.records.paging import COUNTED

router = APIRouter()
Manager = Annotated[Actor, requires(may_manage)]
MONTHS = tuple(f"{month}月" for month in range(1, 13))
NOTHING = Decimal("0.00")
NUDGED = {True: (Note("ok", "已催办。", "办理人已收到消息，案件经过里有记录。"),), False: ()}

STUCK_COLUMNS = (
    Column("停留", "d"), Column("案件", "full"), Column("环节", "hide"), Column("在等谁"), Column("原因"),
    Column("操作", "act", hidden_label=True),
)  # fmt: skip
MONTH_COLUMNS = (Column("月份", "full"), Column("收案（件）", "n"), Column("结案（件）", "n"))


@dataclass(frozen=True, slots=True)
class MonthRow:
    """Cases opened and closed in a month, each with its list."""

    label: str
    href: str
    closed_href: str
    opened: int
    closed: int


@dataclass(frozen=True, slots=True)
class OverRow:
    """A cap that the undecided claims would pass together, 元, and those claims."""

    label: str
    over: Decimal
    asked: Decimal
    left: Decimal
    href: str


@dataclass(frozen=True, slots=True)
class OverviewView:
    """The page."""

    year: int
    boards: tuple[Tab, ...]
    counts: tuple[Kpi, ...]
    amounts: tuple[Kpi, ...]
    stuck: tuple[CaseRowView, ...]
    stuck_total: int
    stuck_href: str
    reasons: tuple[Tab, ...]
    open_total: int
    funnel: tuple[FunnelRow, ...]
    budget: LimitView | None
    budget_href: str
    pending: Decimal
    pending_cases: int
    shortfall: Decimal
    pending_href: str
    over: tuple[OverRow, ...]
    open_href: str
    chart: Chart
    months: tuple[MonthRow, ...]
    groupings: tuple[Tab, ...]
    places: tuple[PlaceRow, ...]
    by_institution: bool


@router.get("/overview")
def show(
    request: Request,
    db: Db,
    actor: Manager,
    board: Annotated[str, Query(max_length=20)] = "",
    of: Annotated[str, Query(max_length=60)] = "",
    by: Annotated[str, Query(max_length=20)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """The page; `board` narrows the stages and the groups, `by` says what is grouped by, `of` whose months are drawn."""
    chosen = next((b for b in Board if b.value == board), None)
    grouped = next((b for b in By if b.value == by), By.INSTITUTION)
    return page(
        request,
        "pages/overview/index.html",
        frame=frame(request, db, actor, "overview"),
        view=_view(db, actor, chosen, grouped),
        trend=overview_trend.trend(db, case_rows.names(db), clock.today().year, of),
        flow_columns=overview_trend.COLUMNS,
        notes=(*NUDGED[done == "nudged"], *failing.for_managers(db)),
        stuck_columns=STUCK_COLUMNS,
        place_columns=PLACE_COLUMNS if grouped is By.INSTITUTION else GROUP_COLUMNS,
        month_columns=MONTH_COLUMNS,
    )


@router.post("/overview/nudge/{task_id}")
def nudge(db: Db, actor: Manager, task_id: int) -> RedirectResponse:
    """催办 in one click: once a day for each task; refused with a sentence otherwise."""
    telling.nudge(db, actor, task_id)
    return RedirectResponse("/overview?done=nudged", 303)


def _view(db: Session, actor: Actor, board: Board | None, by: By) -> OverviewView:
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
        overview_kpis.counts(db, actor, year, months),
        overview_kpis.amounts(
            money, budget, year, many(overview.count(db, actor, Filters(Show.UNREPORTED), COUNTED))
        ),
        tuple(case_rows.row(one, known, days) for one in overview.stuck(db, actor)),
        overview.count(db, actor, stuck),
        address(stuck),
        _reasons(db, actor),
        sum(row.count for row in funnel),
        funnel,
        _limit(budget) if budget else None,
        f"/limits/{budget.id}" if budget else "/limits",
        money.pending,
        money.pending_cases,
        max(money.pending - left, NOTHING),
        address(Filters(Show.PENDING)),
        _over(db, known),
        address(Filters(board=board)),
        _chart(year, months),
        tuple(
            MonthRow(
                f"{month}月",
                address(Filters(Show.ALL, year=year, month=month)),
                address(Filters(Show.CLOSED, year=year, month=month)),
                opened,
                closed,
            )
            for month, (opened, closed) in enumerate(months, start=1)
        ),
        tuple(
            Tab(
                GROUPINGS[one],
                f"/overview?by={one.value}{f'&board={board}' if board else ''}#groups",
                current=one is by,
            )
            for one in By
        ),
        places(db, known, year, by, board),
        by is By.INSTITUTION,
    )


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
            (
                _aged(stage, board, Ageing.OK),
                _aged(stage, board, Ageing.SOON),
                _aged(stage, board, Ageing.LATE),
                _aged(stage, board, Ageing.STOP),
            ),
        )
        for stage in figures.stages(db, days, board)
    )


def _aged(stage: figures.Stage, board: Board | None, ageing: Ageing) -> str:
    return address(Filters(process=stage.process, state=stage.state, board=board, ageing=ageing))


def _plain(stage: figures.Stage) -> bool:
    """Whether the stage's name says its process by itself: 补正 is in both."""
    return stage.state not in (State.CORRECTION, State.SUBMITTED)


def _over(db: Session, known: dict[int, str]) -> tuple[OverRow, ...]:
    """The caps that would be passed, the farthest first."""
    return tuple(
        OverRow(
            f"{known.get(one.institution_id, '')} {one.year} 年度限额"
            if one.institution_id
            else f"{one.firm} 单家限额",
            one.over,
            one.asked,
            one.left,
            address(
                Filters(Show.PENDING, board=Board.BANK, institution_id=one.institution_id, firm=one.uscc)
            ),
        )
        for one in gap.over_caps(db)
    )


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


def _reasons(db: Session, actor: Actor) -> tuple[Tab, ...]:
    """Why cases stand: each reason with its list."""
    reasons = (
        ("逾期待办", Filters(Show.OVERDUE)),
        ("等补正·停钟", Filters(state=State.CORRECTION)),
        ("公示期内", Filters(state=State.PUBLIC_NOTICE)),
        ("待额度", Filters(state=State.AWAITING_ROOM)),
        ("无人可办", Filters(Show.UNSTAFFED)),
        ("异常", Filters(Show.INCIDENT)),
    )
    late = loan_change.overdue(db, clock.today())
    return (
        *(Tab(label, address(one), overview.count(db, actor, one)) for label, one in reasons),
        Tab("变更审核逾期", "/loan-changes", late),
    )
