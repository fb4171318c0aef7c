"""办理明细: the answers behind every figure of 按时率 and of the heat map, on a page and in Excel."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
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
from api.pages.posted import whole
from api.pages.render import page, stamp
from api.pages.views import Column
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
PAGE = 100
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
    since: str = ""  # a day; with `until` in place of a month, both included
    until: str = ""
    by: str = ""
    key: str = ""
    late: str = ""
    untold: str = ""
    returned: str = ""
    kept: str = ""
    after: str = ""


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


@router.get("/overview/answers")
def answers(request: Request, db: Db, actor: Manager, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    """The answers behind a figure."""
    wanted = _wanted(asked)
    found = punctuality.answers(db, wanted, limit=PAGE + 1, after=whole(asked.after) or 0)
    shown, days = found[:PAGE], task_clock.calendar(db)
    people = person.names(db, [task.answered_by for task in shown if task.answered_by])
    given = asked.model_dump(exclude={"after"})
    return page(
        request,
        "pages/overview/answers.html",
        frame=frame(request, db, actor, "overview"),
        title=_title(db, wanted),
        total=punctuality.count(db, wanted),
        rows=tuple(_answer(task, people, days) for task in shown),
        columns=ANSWER_COLUMNS,
        back=address(wanted.start, wanted.of),
        book_href=f"/overview/answers.xlsx?{urlencode(given)}",
        next_href=f"/overview/answers?{urlencode(given | {'after': shown[-1].id})}"
        if len(found) > PAGE
        else "",
    )


@router.get("/overview/answers.xlsx")
def export(db: Db, actor: Manager, asked: Annotated[Asked, Query()]) -> StreamingResponse:
    """The same answers as an Excel file."""
    wanted = _wanted(asked)
    return book(
        f"办理明细-{wanted.start:%Y-%m}", ANSWER_HEADINGS, _exported(db, wanted), (_title(db, wanted),)
    )


def answers_href(of: Of, key: str, start: date, end: date, which: str = "") -> str:
    """The address of the answers behind a figure, from `start` up to and without `end`; `which`: late, kept (in time),
    returned or untold ones only."""
    given = {"by": of.value, "key": key}
    if start.day == 1 and end == following(start):
        given["month"] = f"{start:%Y-%m}"
    else:
        given |= {"since": start.isoformat(), "until": (end - timedelta(days=1)).isoformat()}
    return f"/overview/answers?{urlencode(given | ({which: '1'} if which else {}))}"


def _wanted(asked: Asked) -> punctuality.Asked:
    """Which answers an address means."""
    start = month_of(asked.month)
    end = following(start)
    if asked.since and asked.until:
        try:
            start, end = date.fromisoformat(asked.since), date.fromisoformat(asked.until) + timedelta(days=1)
        except (ValueError, OverflowError):
            end = following(start)
    return punctuality.Asked(
        of_word(asked.by),
        asked.key[:80],
        start,
        end,
        bool(asked.late),
        bool(asked.untold),
        bool(asked.returned),
        bool(asked.kept),
    )


def following(first: date) -> date:
    """The first day of the month after."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def month_of(asked: str) -> date:
    """The month asked for, else the present one."""
    try:
        return date.fromisoformat(f"{asked}-01")
    except ValueError:
        return clock.today().replace(day=1)


def of_word(asked: str) -> Of:
    return next((one for one in Of if one.value == asked), Of.PERSON)


def address(first: date, of: Of) -> str:
    return f"/overview/punctuality?month={first:%Y-%m}&by={of.value}"


def names_of(db: Session, of: Of, rows: tuple[Punctuality, ...]) -> dict[str, str]:
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


def _title(db: Session, asked: punctuality.Asked) -> str:
    fitting = asked.of is Of.GATE or whole(asked.key) is not None
    known = names_of(db, asked.of, (Punctuality(asked.key, 0, 0, 0, 0, None),)) if fitting else {}
    name = "审核各方" if asked.of is Of.ALL else known.get(asked.key, "")
    kind = (
        "未一次告知的退回"
        if asked.untold
        else "退回补正"
        if asked.returned
        else "逾期办结"
        if asked.late
        else "按时办结"
        if asked.kept
        else "办结"
    )
    if asked.start.day == 1 and asked.end == following(asked.start):
        return f"{name} {asked.start.year}年{asked.start.month}月{kind}"
    return f"{name} {asked.start} 至 {asked.end - timedelta(days=1)}{kind}"


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


def _exported(db: Session, asked: punctuality.Asked) -> Iterator[tuple[Value, ...]]:
    days = task_clock.calendar(db)
    for batch in punctuality.every(db, asked):
        people = person.names(db, [task.answered_by for task in batch if task.answered_by])
        for task in batch:
            yield (
                task.case_number, task.subject, PROCESS_NAMES[Process(task.process)], GATES[task.gate].title,
                task.round, people.get(task.answered_by or 0, ""), _outcome(task), task.opened_at, task.due_at,
                task.answered_at, _over(task, days), len(task.fields.get("untold", ())),
            )  # fmt: skip
