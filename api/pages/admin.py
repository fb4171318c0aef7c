"""Operations: cases that stopped with an error, workers that are alive, and in the demo the business clock."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session, col, select
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import requires
from api.auth.refusals import Refused
from api.pages import failing
from api.pages.form_views import FieldView
from api.pages.layout import frame
from api.pages.notices import to_office
from api.pages.render import page
from api.pages.views import Column, Empty, Note, Tag
from flows.actions.cases import incidents
from flows.kernel.case import WAKE_CHANNEL
from models import clock, database
from models.permissions import Actor, may_administer, may_resolve_incident
from models.records import delivery_log, institution
from models.records.case import CaseRecord, Incident
from models.records.notice import CHANNEL_NAMES, DeliveryState
from models.records.reference import ClockSetting, WorkerBeat, sync_clock, working_calendar
from models.settings import get_settings

router = APIRouter(prefix="/admin")
Operator = Annotated[Actor, requires(may_resolve_incident)]
Administrator = Annotated[Actor, requires(may_administer)]

ALIVE = timedelta(seconds=30)
"""A worker that was seen within this time is alive."""
OFFICE_OPENS = timedelta(hours=9)


INCIDENT_COLUMNS = (
    Column("案号", "full"),
    Column("停在"),
    Column("原因"),
    Column("发生", "d"),
    Column("尝试", "n hide"),
    Column("办理", "act", hidden_label=True),
)
WORKER_COLUMNS = (Column("名称", "full"), Column("状态"), Column("最近心跳", "d"))
PARKED_COLUMNS = (
    Column("通知", "full"),
    Column("机构"),
    Column("渠道"),
    Column("原因"),
    Column("次数", "n hide"),
    Column("办理", "act", hidden_label=True),
)
MOST_PARKED = 50
NO_PARKED = Empty(
    "没有搁置的通知。", "被拒收、退信或24小时内没有送达的通知会列在这里，可排除原因后重发。", "check"
)
NO_INCIDENTS = Empty("没有异常案件。", "案件连续出错时会列在这里，可在排除原因后重试。", "check")
NO_WORKERS = Empty(
    "没有工作进程在运行。", "到期案件由 Prefect 的定时流程唤醒；可运行 fengbu worker 启动一个。", "server"
)


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """A stopped case."""

    id: int
    number: str
    subject: str
    line: str
    error: str
    attempts: int
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A delivery that needs a person: refused, come back, or out of tries."""

    id: int
    title: str
    institution: str
    channel: str
    reason: str
    tries: int


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker and when it was last seen."""

    name: str
    seen: str
    tag: Tag


@router.get("")
def operations(request: Request, db: Db, actor: Operator, done: str = "") -> HTMLResponse:
    """The page. `done` names what was just done, so that the page can say so."""
    said = {"retried": "已重新唤醒案件，片刻后刷新可见结果。", "moved": "业务时间已前进。"}.get(done)
    return _page(request, db, actor, Note("ok", "", said) if said else None)


@router.post("/incidents/{incident_id}/retry")
def retry(request: Request, db: Db, actor: Operator, incident_id: int) -> RedirectResponse:
    """Wake a stopped case again after the cause is gone."""
    incidents.retry(db, actor, incident_id)
    return RedirectResponse("/admin?done=retried", 303)


@router.post("/clock")
def move_clock(
    request: Request,
    db: Db,
    actor: Administrator,
    days: Annotated[str, Form()] = "",
    day: Annotated[str, Form()] = "",
) -> Response:
    """Move the demo's business time forward: by working days (工作日), or to the morning of a day."""
    if not get_settings().demo:
        raise Refused(404)
    fault, target = _target(db, days, day)
    if target is None:
        return _page(request, db, actor, day=day, fault=fault, status=422)
    moved = clock.move_to(clock.start_of(target) + OFFICE_OPENS)
    db.merge(ClockSetting(id=1, offset_seconds=int(moved.total_seconds()), moved_at=clock.wall()))
    db.flush()
    sync_clock(db)
    database.notify(db, WAKE_CHANNEL)
    return RedirectResponse("/admin?done=moved", 303)


def _target(db: Session, days: str, day: str) -> tuple[str, date | None]:
    """The day to move to, or the sentence that says why there is none."""
    today = clock.today()
    if days in {"1", "5"}:
        return "", working_calendar(db).add_working_days(today, int(days)).day
    try:
        target = date.fromisoformat(day.strip())
    except ValueError:
        return "请写成 2026-12-01 这样的日期。", None
    if target <= today:
        return f"业务时间只能向前：请选 {today.isoformat()} 之后的日期。", None
    if target.year > today.year + 3:
        return f"一次最多前进三年：请选 {today.year + 3}-12-31 以前的日期。", None
    return "", target


def _page(
    request: Request,
    db: Session,
    actor: Actor,
    note: Note | None = None,
    *,
    day: str = "",
    fault: str = "",
    status: int = 200,
) -> HTMLResponse:
    settings = get_settings()
    return page(
        request,
        "pages/admin/operations.html",
        status=status,
        frame=frame(request, db, actor, "admin"),
        notes=(note,) if note else (),
        incidents=_incidents(db),
        incident_columns=INCIDENT_COLUMNS,
        no_incidents=NO_INCIDENTS,
        failing=failing.rows(db),
        failing_columns=failing.COLUMNS,
        no_failing=failing.NONE,
        parked=_parked(db),
        parked_total=delivery_log.count(db, state=DeliveryState.PARKED),
        parked_columns=PARKED_COLUMNS,
        no_parked=NO_PARKED,
        workers=_workers(db),
        worker_columns=WORKER_COLUMNS,
        no_workers=NO_WORKERS,
        prefect_href=settings.prefect_url,
        movable=settings.demo and bool(may_administer(actor)),
        demo=settings.demo,
        now=clock.now(),
        moved=clock.offset() >= timedelta(minutes=1),
        day=FieldView(
            "到某日",
            "day",
            day,
            fault,
            type="date",
            required=True,
            hint="写成 2026-12-01 这样，只能选今天以后的日期",
        ),
    )


def _incidents(db: Session) -> tuple[IncidentRow, ...]:
    query = (
        select(Incident, CaseRecord)
        .join(CaseRecord, col(CaseRecord.id) == col(Incident.case_id))
        .where(col(Incident.resolved_at).is_(None))
        .order_by(col(Incident.raised_at))
    )
    return tuple(
        IncidentRow(
            incident.id or 0,
            case.number,
            case.subject,
            incident.line,
            incident.error,
            incident.attempts,
            incident.raised_at,
        )
        for incident, case in db.exec(query)
    )


def _parked(db: Session) -> tuple[ParkedRow, ...]:
    names = institution.names_on(db, clock.today())
    rows = delivery_log.find(db, state=DeliveryState.PARKED, limit=MOST_PARKED)
    return tuple(
        ParkedRow(
            way.id or 0,
            to_office(told),
            names[way.institution_id].short_name,
            CHANNEL_NAMES[way.channel],
            way.last_error,
            way.attempts,
        )
        for way, told, _ in rows
    )


def _workers(db: Session) -> tuple[WorkerRow, ...]:
    rows = db.exec(select(WorkerBeat).order_by(col(WorkerBeat.seen_at).desc()).limit(50))
    return tuple(_worker(row) for row in rows)


def _worker(row: WorkerBeat) -> WorkerRow:
    ago = clock.wall() - row.seen_at
    if ago <= ALIVE:
        return WorkerRow(row.name, f"{max(int(ago.total_seconds()), 0)} 秒前", Tag("运行中", "ok"))
    seen = clock.local(row.seen_at).strftime("%m-%d %H:%M:%S")
    return WorkerRow(row.name, seen, Tag("已停止", "idle"))
