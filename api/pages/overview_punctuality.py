"""按时率: who answered in time, by person, gate and institution, month by month; every figure opens its answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel
from sqlmodel import Session

from api.auth.db import Db
from api.auth.permit import requires
from api.pages import case_rows, task_clock
from api.pages.case_book import Value, book
from api.pages.layout import frame
from api.pages.render import page, stamp
from api.pages.views import Chart, Column, Tab
from models import clock
from models.calendar import WorkingCalendar
from models.gates import GATES
from models.lifecycle import PROCESS_NAMES, Process
from models.permissions import Actor, may_manage
from models.records import person, punctuality
from models.records.punctuality import Of, Punctuality
from models.records.task import Task

router = APIRouter()
Manager = Annotated[Actor, requires(may_manage)]
OF_NAMES = {Of.PERSON: "按人员", Of.GATE: "按环节", Of.INSTITUTION: "按机构"}
PAGE = 100
COLUMNS = (
    Column("对象", "full"), Column("办结（件次）", "n"), Column("逾期", "n"), Column("按时率", "n"),
    Column("用时中位", "n hide"), Column("退回补正", "n hide"), Column("未一次告知", "n"),
)  # fmt: skip
ANSWER_COLUMNS = (
    Column("案件", "full"), Column("环节"), Column("办理人", "hide"), Column("结论", "hide"), Column("办结", "d"),
    Column("期限", "hide"), Column("超出", "n"),
)  # fmt: skip
ANSWER_HEADINGS = (
    "案号",
    "企业",
    "业务",
    "环节",
    "轮次",
    "办理人",
    "结论",
    "收到",
    "期限",
    "办结",
    "超出（工作日）",
    "未一次告知（项）",
)


class Asked(BaseModel):
    """The address. Words it does not know are ignored."""

    month: str = ""
    by: str = ""
    key: str = ""
    late: str = ""
    untold: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One person, gate or institution; each figure links to its answers."""

    label: str
    figures: Punctuality
    share: str
    href: str
    late_href: str
    untold_href: str


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One answer. `over` working days after its deadline."""

    number: str
    firm: str
    href: str
    gate: str
    person: str
    outcome: str
    at: str
    due: str
    over: int


@router.get("/overview/punctuality")
def show(request: Request, db: Db, actor: Manager, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    """Punctuality of a month."""
    first, of = _month(asked.month), _of(asked.by)
    rows = punctuality.figures(db, of, first, following(first))
    names = _names(db, of, rows)
    year = punctuality.months(db, first.year)
    return page(
        request,
        "pages/overview/punctuality.html",
        frame=frame(request, db, actor, "overview"),
        month=first,
        tabs=tuple(Tab(OF_NAMES[one], _address(first, one), current=one is of) for one in Of),
        months=tuple(
            Tab(f"{m.first.month}月", _address(m.first, of), current=m.first == first) for m in year
        ),
        rows=tuple(_row(one, names.get(one.key, one.key), first, of) for one in rows),
        columns=COLUMNS,
        chart=_chart(year),
        by_month=tuple((f"{m.first.month}月", m, share(m.answered, m.late)) for m in year),
    )


@router.get("/overview/answers")
def answers(request: Request, db: Db, actor: Manager, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    """The answers behind a figure."""
    first, of = _month(asked.month), _of(asked.by)
    after = (
        int(asked.after) if asked.after.isascii() and asked.after.isdigit() and len(asked.after) < 10 else 0
    )
    found = punctuality.answers(
        db, of, asked.key[:80], first, following(first), late=bool(asked.late), untold=bool(asked.untold),
        limit=PAGE + 1, after=after,
    )  # fmt: skip
    shown, days = found[:PAGE], task_clock.calendar(db)
    people = person.names(db, [task.answered_by for task in shown if task.answered_by])
    total = next(
        (one for one in punctuality.figures(db, of, first, following(first)) if one.key == asked.key), None
    )
    given = asked.model_dump(exclude={"after"})
    return page(
        request,
        "pages/overview/answers.html",
        frame=frame(request, db, actor, "overview"),
        title=_title(db, of, asked, first),
        total=_count(total, asked),
        rows=tuple(_answer(task, people, days) for task in shown),
        columns=ANSWER_COLUMNS,
        back=_address(first, of),
        book_href=f"/overview/answers.xlsx?{urlencode(given)}",
        next_href=f"/overview/answers?{urlencode(given | {'after': shown[-1].id})}"
        if len(found) > PAGE
        else "",
    )


@router.get("/overview/answers.xlsx")
def export(db: Db, actor: Manager, asked: Annotated[Asked, Query()]) -> StreamingResponse:
    """The same answers as an Excel file."""
    first, of = _month(asked.month), _of(asked.by)
    title = _title(db, of, asked, first)
    return book(f"办理明细-{first:%Y-%m}", ANSWER_HEADINGS, _exported(db, of, asked, first), (title,))


def following(first: date) -> date:
    """The first day of the month after."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def share(answered: int, late: int) -> str:
    """“94.60%” in time; “—” where there was nothing to answer."""
    return "—" if not answered else f"{100 * (answered - late) / answered:.1f}%"


def _month(asked: str) -> date:
    """The month asked for, else the present one."""
    try:
        return date.fromisoformat(f"{asked}-01")
    except ValueError:
        return clock.today().replace(day=1)


def _of(asked: str) -> Of:
    return next((one for one in Of if one.value == asked), Of.PERSON)


def _address(first: date, of: Of) -> str:
    return f"/overview/punctuality?month={first:%Y-%m}&by={of.value}"


def _row(one: Punctuality, label: str, first: date, of: Of) -> Row:
    given = {"month": f"{first:%Y-%m}", "by": of.value, "key": one.key}
    href = f"/overview/answers?{urlencode(given)}"
    return Row(label, one, share(one.answered, one.late), href, f"{href}&late=1", f"{href}&untold=1")


def _names(db: Session, of: Of, rows: tuple[Punctuality, ...]) -> dict[str, str]:
    if of is Of.GATE:
        return {one.key: gate_name(one.key) for one in rows}
    if of is Of.INSTITUTION:
        return {str(key): name for key, name in case_rows.names(db).items()}
    return {str(key): name for key, name in person.names(db, [int(one.key) for one in rows]).items()}


def gate_name(key: str) -> str:
    """“补偿·受理” for `claim:acceptance`."""
    process, _, gate = key.partition(":")
    kind = next((PROCESS_NAMES[p] for p in Process if p.value == process), "")
    return f"{kind}·{GATES[gate].title}" if gate in GATES else key


def _title(db: Session, of: Of, asked: Asked, first: date) -> str:
    key = asked.key[:80]
    fitting = of is Of.GATE or (key.isascii() and key.isdigit() and len(key) < 10)
    name = _names(db, of, (Punctuality(key, 0, 0, 0, 0, None),)).get(key, "") if fitting else ""
    kind = "未一次告知的退回" if asked.untold else "逾期办结" if asked.late else "办结"
    return f"{name} {first.year}年{first.month}月{kind}"


def _count(total: Punctuality | None, asked: Asked) -> int:
    if total is None:
        return 0
    return total.untold if asked.untold else total.late if asked.late else total.answered


def _answer(task: Task, people: dict[int, str], days: WorkingCalendar) -> AnswerRow:
    return AnswerRow(
        task.case_number,
        task.subject,
        f"/tasks/{task.id}",
        GATES[task.gate].title,
        people.get(task.answered_by or 0, ""),
        _outcome(task),
        stamp(task.answered_at),
        clock.local(task.due_at).date().isoformat(),
        _over(task, days),
    )


def _outcome(task: Task) -> str:
    said = GATES[task.gate].answer(task.outcome) if task.outcome else None
    return said.label if said else ""


def _over(task: Task, days: WorkingCalendar) -> int:
    """Working days after the deadline; an answer late on a day off counts as one."""
    if task.answered_at is None or task.answered_at <= task.due_at:
        return 0
    due, done = clock.local(task.due_at).date(), clock.local(task.answered_at).date()
    return max(days.working_days_between(due, done).days, 1)


def _exported(db: Session, of: Of, asked: Asked, first: date) -> Iterator[tuple[Value, ...]]:
    days = task_clock.calendar(db)
    for batch in punctuality.every(
        db, of, asked.key[:80], first, following(first), late=bool(asked.late), untold=bool(asked.untold)
    ):
        people = person.names(db, [task.answered_by for task in batch if task.answered_by])
        for task in batch:
            yield (
                task.case_number, task.subject, PROCESS_NAMES[Process(task.process)], GATES[task.gate].title,
                task.round, people.get(task.answered_by or 0, ""), _outcome(task), task.opened_at, task.due_at,
                task.answered_at, _over(task, days), len(task.fields.get("untold", ())),
            )  # fmt: skip


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


__all__ = ["following", "gate_name", "router", "share"]
