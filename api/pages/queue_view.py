"""From tasks to rows: the queue's groups by due, its filters as links, the peek column."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode

from sqlmodel import Session

from api.pages import queue_batch, task_clock
from api.pages.views import Empty, Link, Pages, QueueGroup, Tab, Tag, TaskRowView, Tone
from flows.actions import sitting
from models import clock
from models.calendar import WorkingCalendar
from models.gates import GATES
from models.lifecycle import PROCESS_NAMES, Process
from models.permissions import Actor
from models.records import institution, message, person, queue
from models.records.message import MessageKind
from models.records.queue import Cursor, Filters, Queue, Row
from models.records.task import ADDED_NAMES

PER_PAGE = 50
LARGE = Decimal("3000000.00")
"""A case of this size (元) has a filter of its own."""
DUE_LABELS: tuple[tuple[str, str, Tone | None], ...] = (
    ("overdue", "已逾期", "late"),
    ("today", "今日截止", "soon"),
    ("soon", "余 1–2 工作日", "soon"),
    ("later", "余 3 工作日以上", None),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; unknown values count as not given."""

    tab: str = "mine"
    process: str = ""
    gate: str = ""
    org: str = ""
    due: str = ""
    large: bool = False
    corrected: bool = False
    q: str = ""
    after: str = ""
    before: str = ""
    paused: bool = False

    def href(self, **changes: object) -> str:
        """The address with some questions changed; a change of filter starts at the first page."""
        asked = replace(self, **{"after": "", "before": "", **changes})  # type: ignore[arg-type]
        given = {
            name: "1" if value is True else value
            for name in self.__slots__
            if (value := getattr(asked, name)) and (name, value) != ("tab", "mine")
        }
        return "/queue" + (f"?{urlencode(given)}" if given else "")

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(
            self.process or self.gate or self.org or self.due or self.large or self.corrected or self.q
        )

    def filters(self, bounds: Sequence[datetime]) -> Filters:
        """As the records understand it; `bounds` are the starts of the due groups after the first."""
        edges: list[datetime | None] = [None, *bounds, None]
        place = next((i for i, (key, *_) in enumerate(DUE_LABELS) if key == self.due), None)
        return Filters(
            process=Process(self.process) if self.process in set(Process) else None,
            gate=self.gate if self.gate in GATES else "",
            applicant_id=int(self.org) if self.org.isdecimal() and len(self.org) < 9 else None,
            due_from=None if place is None else edges[place],
            due_before=None if place is None else edges[place + 1],
            at_least=LARGE if self.large else None,
            corrected=self.corrected,
            words=self.q,
        )


class Rows:
    """Turns tasks into rows for one reader, with the names and the calendar looked up once."""

    def __init__(self, db: Session, actor: Actor, days: WorkingCalendar) -> None:
        self._db, self._actor, self._days = db, actor, days
        self._names = institution.names_on(db, clock.today())

    def name(self, institution_id: int) -> str:
        """The short name of an institution today."""
        return self._names[institution_id].short_name

    def of(self, rows: Sequence[Row], *, current: int | None = None, done: bool = False) -> list[TaskRowView]:
        """One view per task, in order. `done` rows show the answer given in place of the holder."""
        holders = person.names(self._db, [r.task.assignee_id for r in rows if r.task.assignee_id])
        return [self._row(row, holders, row.task.id == current, done) for row in rows]

    def _row(self, row: Row, holders: dict[int, str], current: bool, done: bool) -> TaskRowView:
        task, gate = row.task, GATES[row.task.gate]
        mine = task.assignee_id == self._actor.person_id
        holder = "我已认领" if mine else holders.get(task.assignee_id or 0, "未认领")
        tags = [Tag("补正回来", "act")] if task.corrected else []
        tags += [Tag(ADDED_NAMES[task.added], "act")] if task.added else []
        tags += [Tag("委派", "act")] if task.delegated_by else []
        tags += [Tag("无人可办", "late", "alert")] if task.unstaffed and not done else []
        if done:
            answer = next((one for one in sitting.choices(task) if one.outcome == task.outcome), None)
            holder = answer.label if answer else ""
            tags = [Tag("已作废", "idle")] if task.voided else []
            due = task_clock.answered(self._days, row.entry)
        else:
            due = task_clock.working_days(self._days, row.entry)
        return TaskRowView(
            key=queue_batch.key(task),
            href=f"/tasks/{task.id}",
            firm=task.subject,
            number=task.case_number,
            gate=f"{PROCESS_NAMES[task.process]} · {gate.title}",
            institution=self.name(task.applicant_id),
            amount=task.amount,
            holder=holder,
            due=due,
            tags=tuple(tags),
            pickable=gate.batch and not done and task.added is None,
            kind=task.gate,
            mine=mine or done,
            current=current,
            peek_href="" if done else f"/queue/peek/{task.id}",
        )

    def paused(self, rows: Sequence[Row]) -> tuple[TaskRowView, ...]:
        """Cases whose clock stands still; they lead to the case, because there is nothing to answer."""
        return tuple(
            replace(
                view,
                href=f"/cases/{row.task.case_number}",
                holder=self.name(row.task.applicant_id),
                due=task_clock.stopped(self._days, row.entry),
                tags=(),
                pickable=False,
                peek_href="",
            )
            for row, view in zip(rows, self.of(rows), strict=True)
        )


def groups(
    rows: Sequence[Row], views: Sequence[TaskRowView], counts: Sequence[int], bounds: Sequence[datetime]
) -> list[QueueGroup]:
    """The rows under their due headings; each heading counts the whole list, not the page."""
    found: list[QueueGroup] = []
    edges = [*bounds, None]
    start: datetime | None = None
    for (_, label, tone), count, end in zip(DUE_LABELS, counts, edges, strict=True):
        inside = tuple(
            view
            for row, view in zip(rows, views, strict=True)
            if (start is None or row.task.due_at >= start) and (end is None or row.task.due_at < end)
        )
        if inside:
            found.append(QueueGroup(label, count, inside, tone))
        start = end
    return found


def tabs(db: Session, actor: Actor, asked: Asked) -> tuple[Tab, ...]:
    """待办, 团队, 已办."""
    return (
        Tab("待办", Asked().href(), queue.count_open(db, actor), asked.tab == "mine"),
        Tab("团队", Asked("team").href(), queue.count_open(db, actor, queue=Queue.TEAM), asked.tab == "team"),
        Tab("已办", Asked("done").href(), None, asked.tab == "done"),
        Tab("抄送我", "/messages?kind=copy", message.unread(db, actor.person_id, MessageKind.COPY)),
        Tab("代理与回避", "/arrangements"),
    )


def picks(
    db: Session, actor: Actor, asked: Asked, which: Queue, counts: Sequence[int], rows: Rows
) -> tuple[tuple[Tab, ...], tuple[Tab, ...]]:
    """The quick filters; and, behind 机构, one link per applicant. A filter that is on is switched off by its link."""
    quick = [Tab("全部", Asked(asked.tab, q=asked.q).href(), None, not replace(asked, q="").filtered)]
    for (key, label, _), count in zip(DUE_LABELS[:3], counts, strict=False):
        if count or asked.due == key:
            on = asked.due == key
            quick.append(Tab(label, asked.href(due="" if on else key), count, on))
    at_gates = queue.gates(db, actor, which)
    for (process, gate), count in at_gates.items():
        if len(at_gates) == 1 and not asked.gate:
            break
        on = (asked.process, asked.gate) == (process.value, gate)
        href = asked.href(process="" if on else process.value, gate="" if on else gate)
        quick.append(Tab(f"{PROCESS_NAMES[process]}{GATES[gate].title}", href, count, on))
    for label, name, narrowed in (
        ("补正回来", "corrected", Filters(corrected=True)),
        ("≥ 300 万元", "large", Filters(at_least=LARGE)),
    ):
        on = bool(getattr(asked, name))
        if (count := queue.count_open(db, actor, narrowed, which)) or on:
            quick.append(Tab(label, asked.href(**{name: not on}), count, on))
    from_whom = tuple(
        Tab(
            rows.name(key),
            asked.href(org="" if asked.org == str(key) else str(key)),
            count,
            asked.org == str(key),
        )
        for key, count in queue.applicants(db, actor, which).items()
    )
    return tuple(quick), from_whom


def pages(asked: Asked, found: queue.Slice, *, done: bool = False) -> Pages | None:
    """Where the page stands in the list; None where everything fits."""
    if not found.rows or (not found.skipped and not found.more):
        return None
    first, last = (_cursor(row, done) for row in (found.rows[0], found.rows[-1]))
    return Pages(
        found.skipped + 1,
        found.skipped + len(found.rows),
        found.total,
        previous_href=asked.href(before=first) if found.skipped else "",
        next_href=asked.href(after=last) if found.more else "",
    )


def _cursor(row: Row, done: bool) -> str:
    task = row.task
    return str(Cursor((task.answered_at if done else None) or task.due_at, task.id or 0))


def nothing(db: Session, actor: Actor, asked: Asked) -> Empty:
    """Why the list is empty, and what to do next."""
    if asked.filtered:
        return Empty(
            f"没有符合“{_named(asked)}”的任务。", "", "search", Link("清除筛选", Asked(asked.tab).href())
        )
    if asked.tab == "done":
        return Empty("还没有办理过任务。", "办结的任务会按办理时间列在这里。", "history")
    if asked.tab == "team":
        return Empty("本岗位没有待办任务。", "新任务到达时会列在这里。", "check")
    return Empty("今天的待办办完了。", "新任务到达时会列在这里；已办的可在“已办”里查看。", "check")


def _named(asked: Asked) -> str:
    words = [asked.q] if asked.q else []
    words += [label for key, label, _ in DUE_LABELS if key == asked.due]
    words += [GATES[asked.gate].title] if asked.gate in GATES else []
    words += ["补正回来"] if asked.corrected else []
    words += ["≥ 300 万元"] if asked.large else []
    return "、".join(words) or "筛选条件"
