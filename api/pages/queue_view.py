"""From tasks to rows: the queue's groups by due, its filters as links, the peek column."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from api.pages import queue_batch, task_clock
from api.pages.form_views import Option
from api.pages.narrowing import many
from api.pages.queue_asked import DUE_LABELS, LARGE, SORTS, Asked, named
from api.pages.views import Empty, Link, Pages, QueueGroup, Tab, Tag, TaskRowView
from flows.actions.answers import sitting
from models import clock
from models.calendar import WorkingCalendar
from models.gates import GATES
from models.lifecycle import PROCESS_NAMES
from models.permissions import Actor
from models.records import institution, message, person, queue, visit
from models.records.message import MessageKind
from models.records.paging import Cursor, Key
from models.records.queue import Facets, Queue, Row, Sort
from models.records.task import ADDED_NAMES

PER_PAGE = 50


class Rows:
    """Turns tasks into rows for one reader, with the names and the calendar looked up once."""

    def __init__(self, db: Session, actor: Actor, days: WorkingCalendar) -> None:
        self._db, self._actor, self._days = db, actor, days
        self._names = institution.names_on(db, clock.today())

    def name(self, institution_id: int) -> str:
        """The short name of an institution today."""
        return self._names[institution_id].short_name

    def filing(self) -> tuple[Option, ...]:
        """The institutions whose cases there may be, to choose from."""
        return tuple(
            Option(str(one.id), self.name(one.id or 0)) for one in institution.filing_institutions(self._db)
        )

    def of(self, rows: Sequence[Row], *, current: int | None = None, done: bool = False) -> list[TaskRowView]:
        """One view per task, in order. `done` rows show the answer given in place of the holder."""
        holders = person.names(self._db, [r.task.assignee_id for r in rows if r.task.assignee_id])
        looked = self._actor.watches_all and not done
        cases = {row.task.case_id for row in rows} if looked else ()
        changed = visit.changed(self._db, self._actor.person_id, cases)
        return [
            replace(
                self._row(row, holders, row.task.id == current, done), changed=row.task.case_id in changed
            )
            for row in rows
        ]

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
    rows: Sequence[Row], views: Sequence[TaskRowView], counts: Facets, bounds: Sequence[datetime], sort: Sort
) -> list[QueueGroup]:
    """The rows under their due headings; each heading counts the whole list, not the page. A list in another order
    has one heading."""
    if sort is not Sort.DUE:
        return [QueueGroup(SORTS[sort], many(counts.total, counts.most), tuple(views))] if views else []
    found: list[QueueGroup] = []
    edges = [*bounds, None]
    start: datetime | None = None
    for place, ((_, label, tone), end) in enumerate(zip(DUE_LABELS, edges, strict=True)):
        inside = tuple(
            view
            for row, view in zip(rows, views, strict=True)
            if (start is None or row.task.due_at >= start) and (end is None or row.task.due_at < end)
        )
        if inside:
            found.append(QueueGroup(label, due_count(counts, place) or f"{counts.most}+", inside, tone))
        start = end
    return found


def due_count(counts: Facets, place: int) -> int | str:
    """How many are due within a heading; “+” where the counting stopped inside it, 0 beyond."""
    number = counts.due[place]
    return f"{number}+" if counts.more and number and not any(counts.due[place + 1 :]) else number


def tabs(db: Session, actor: Actor, asked: Asked, totals: Mapping[Queue, int]) -> tuple[Tab, ...]:
    """待办, 团队, 已办. `totals`: how many tasks the first two hold."""
    return (
        Tab("待办", Asked().href(), many(totals[Queue.MINE]), asked.tab == "mine"),
        Tab("团队", Asked("team").href(), many(totals[Queue.TEAM]), asked.tab == "team"),
        Tab("已办", Asked("done").href(), None, asked.tab == "done"),
        Tab("抄送我", "/messages?kind=copy", message.unread(db, actor.person_id, MessageKind.COPY)),
        Tab("代理与回避", "/arrangements"),
    )


def picks(asked: Asked, counts: Facets, rows: Rows) -> tuple[tuple[Tab, ...], tuple[Tab, ...]]:
    """The quick filters; and, behind 机构, one link per applicant. A filter that is on is switched off by its link."""

    def least(number: int) -> int | str:
        return f"{number}+" if counts.more else number

    quick = [Tab("全部", Asked(asked.tab, q=asked.q).href(), None, not replace(asked, q="").filtered)]
    for place, (key, label, _) in enumerate(DUE_LABELS[:3]):
        if counts.due[place] or asked.due == key:
            on = asked.due == key
            quick.append(Tab(label, asked.href(due="" if on else key), due_count(counts, place), on))
    for (process, gate), count in counts.gates.items():
        if len(counts.gates) == 1 and not asked.gate:
            break
        on = (asked.process, asked.gate) == (process.value, gate)
        href = asked.href(process="" if on else process.value, gate="" if on else gate)
        lead, title = PROCESS_NAMES[process], GATES[gate].title
        quick.append(Tab(title if title.startswith(lead) else lead + title, href, least(count), on))
    for label, name, count in (
        ("补正回来", "corrected", counts.corrected),
        (f"≥ {LARGE / 10_000:.0f} 万元", "large", counts.large),
    ):
        on = bool(getattr(asked, name))
        if count or on:
            quick.append(Tab(label, asked.href(**{name: not on}), least(count), on))
    from_whom = tuple(
        Tab(
            rows.name(key),
            asked.href(org="" if asked.org == str(key) else str(key)),
            least(count),
            asked.org == str(key),
        )
        for key, count in counts.applicants.items()
    )
    return tuple(quick), from_whom


def pages(asked: Asked, found: queue.Slice, *, done: bool = False) -> Pages | None:
    """Where the page stands in the list; None where everything fits."""
    if not found.rows or (not found.skipped and not found.more):
        return None
    first, last = (_cursor(row, asked, done) for row in (found.rows[0], found.rows[-1]))
    return Pages(
        found.skipped + 1,
        found.skipped + len(found.rows),
        found.total,
        previous_href=asked.href(before=first) if found.skipped else "",
        next_href=asked.href(after=last) if found.more else "",
        most=found.most,
    )


def _cursor(row: Row, asked: Asked, done: bool) -> str:
    task = row.task
    if done:
        return str(Cursor(task.answered_at or task.due_at, task.id or 0))
    places: dict[Sort, Key] = {
        Sort.DUE: task.due_at,
        Sort.AMOUNT: task.amount,
        Sort.OPENED: task.opened_at,
    }
    at = places[asked.order]
    return str(Cursor(at, task.id or 0))


def nothing(db: Session, actor: Actor, asked: Asked) -> Empty:
    """Why the list is empty, and what to do next."""
    if asked.filtered:
        return Empty(
            f"没有符合“{named(asked)}”的任务。", "", "search", Link("清除筛选", Asked(asked.tab).href())
        )
    if asked.tab == "done":
        return Empty("还没有办理过任务。", "办结的任务会按办理时间列在这里。", "history")
    if asked.tab == "team":
        return Empty("本岗位没有待办任务。", "新任务到达时会列在这里。", "check")
    return Empty("今天的待办办完了。", "新任务到达时会列在这里；已办的可在“已办”里查看。", "check")
