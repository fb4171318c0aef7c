"""流程热力图: on the drawing of each process, how many cases stand at each gate and how long its rounds took."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from sqlmodel import Session

import flows.claim
import flows.filing
import flows.recovery  # noqa: F401 - registers the processes whose diagrams are drawn
from api.auth.db import Db
from api.auth.permit import requires
from api.pages import task_clock
from api.pages.cases import address
from api.pages.layout import frame
from api.pages.overview_answers import answers_href
from api.pages.render import page
from api.pages.views import Column, Tab
from flows.kernel.diagram_heat import Heat, drawing
from flows.kernel.process import latest
from models import clock
from models.gates import GATES
from models.lifecycle import PROCESS_NAMES, STATE_NAMES, Process, State
from models.permissions import Actor, may_manage
from models.records import figures, punctuality
from models.records.case_filters import Filters, Show
from models.records.figures import Stage
from models.records.punctuality import Of, Punctuality

router = APIRouter()
SPAN = timedelta(days=91)
"""How far back the rounds are measured: a quarter."""
COLUMNS = (
    Column("环节", "full"), Column("在办（件）", "n"), Column("逾期", "n"), Column("已停留中位", "n hide"),
    Column("近一季办结（件次）", "n"), Column("用时中位", "n"), Column("逾期办结", "n hide"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One gate: the cases there now, and the rounds finished in the period; None where there was none."""

    label: str
    href: str
    late_href: str
    done_href: str
    done_late_href: str
    now: Stage | None
    done: Punctuality | None


@router.get("/overview/heat")
def show(
    request: Request, db: Db, actor: Annotated[Actor, requires(may_manage)], process: str = ""
) -> HTMLResponse:
    """The drawing and the same figures as a table."""
    chosen = next((one for one in Process if one.value == process), Process.CLAIM)
    stages, done = _figures(db, chosen)
    heats = {
        name: Heat(
            now.ok + now.soon + now.late + now.stop if now else 0,
            now.late if now else 0,
            done[state].median if state in done else None,
            address(Filters(process=chosen, state=state)),
        )
        for state in {*stages, *done}
        for name in (state.value, f"until.{state.value}")
        for now in (stages.get(state),)
    }
    rows = tuple(
        Row(
            GATES[state.value].title if state.value in GATES else STATE_NAMES[state],
            address(Filters(process=chosen, state=state)),
            address(Filters(Show.OVERDUE, process=chosen, state=state)),
            answers_href(Of.GATE, f"{chosen.value}:{state.value}", *_span()),
            answers_href(Of.GATE, f"{chosen.value}:{state.value}", *_span(), "late"),
            stages.get(state),
            done.get(state),
        )
        for state in State
        if state in stages or state in done
    )
    return page(
        request,
        "pages/overview/heat.html",
        frame=frame(request, db, actor, "overview"),
        tabs=tuple(
            Tab(PROCESS_NAMES[one], f"/overview/heat?process={one.value}", current=one is chosen)
            for one in Process
        ),
        svg=Markup(drawing(latest(chosen).function, heats)),  # noqa: S704 - escaped by the drawing
        rows=rows,
        columns=COLUMNS,
    )


def _span() -> tuple[date, date]:
    """The period of the finished rounds: its first day, and the day after it."""
    return clock.today() - SPAN, clock.today() + timedelta(days=1)


def _figures(db: Session, process: Process) -> tuple[dict[State, Stage], dict[State, Punctuality]]:
    stages = {one.state: one for one in figures.stages(db, task_clock.calendar(db)) if one.process == process}
    found = punctuality.at_gates(db, *_span())
    done = {State(gate): one for (kind, gate), one in found.items() if kind == process.value}
    return stages, done
