"""待办, 团队 and 已办: what waits for whom, earliest deadline first."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import SeenTask, anyone, requires
from api.auth.session import CurrentActor
from api.pages import queue_batch, queue_view, task_clock, task_done, task_peek
from api.pages.layout import frame
from api.pages.narrowing import many, narrowing, opening
from api.pages.queue_asked import LARGE, Asked, more_fields
from api.pages.queue_view import PER_PAGE, Rows
from api.pages.render import fragment, page
from api.pages.views import Note, QueueGroup
from flows.documents.text import printable
from models import clock
from models.permissions import Actor
from models.records import queue
from models.records.base import remember
from models.records.paging import Cursor
from models.records.queue import Queue
from models.records.saved_view import Place

router = APIRouter()


def asked(
    tab: str = "mine",
    process: str = "",
    gate: str = "",
    org: str = "",
    due: str = "",
    large: str = "",
    corrected: str = "",
    q: Annotated[str, Query()] = "",
    board: str = "",
    town: str = "",
    firm: str = "",
    least: str = "",
    most: str = "",
    batch: str = "",
    sort: str = "",
    after: str = "",
    before: str = "",
    paused: str = "",
) -> Asked:
    """The address as a question; what makes no sense is left out rather than refused."""
    return Asked(
        tab if tab in {"mine", "team", "done"} else "mine",
        process,
        gate,
        org,
        due,
        large == "1",
        corrected == "1",
        _typed(q, 60),
        board,
        _typed(town, 20),
        _typed(firm, 18),
        _typed(least, 20),
        _typed(most, 20),
        _typed(batch, 9),
        sort,
        after,
        before,
        paused == "1",
    )


def _typed(words: str, most: int) -> str:
    return " ".join(printable(words).split())[:most]


@router.get("/queue", dependencies=[Depends(task_done.settled), requires(anyone)])
def show(
    request: Request, db: Db, actor: CurrentActor, asked: Annotated[Asked, Depends(asked)], done: str = ""
) -> Response:
    """One of the three lists. `done` names the tasks just answered, so that the page can say what became of them."""
    if away := opening(db, actor, Place.QUEUE, bool(request.query_params)):
        return away
    return _page(request, db, actor, asked, task_done.notes(db, actor, done))


@router.post("/queue/batch", dependencies=[requires(anyone)])
def batch(request: Request, db: Db, actor: CurrentActor, task: Annotated[list[str], Form()] = []) -> Response:  # noqa: B006 - never changed
    """批量通过: the ticked tasks, each by itself; what could not be approved is named with its reason."""
    found = queue_batch.approve(db, actor, task)
    href = "/queue" + (f"?done={','.join(map(str, found.done))}" if found.done else "")
    if not found.refused:
        return RedirectResponse(href, 303)
    done = f"已通过 {len(found.done)} 件。" if found.done else ""
    words = f"{done}{len(found.refused)} 件没有提交——{' '.join(found.refused)}"
    note = Note("soon", "没有全部提交。", words, alert=True)
    return _page(request, db, actor, Asked(), (note,), status=409)


def _page(
    request: Request, db: Session, actor: Actor, asked: Asked, notes: tuple[Note, ...], status: int = 200
) -> HTMLResponse:
    remember(db)  # from here on it is only read
    days = task_clock.calendar(db)
    rows = Rows(db, actor, days)
    which = Queue.TEAM if asked.tab == "team" else Queue.MINE
    bounds = [clock.start_of(day) for day in task_clock.bounds(days)]
    filters, order = asked.filters(bounds), asked.order
    after, before = Cursor.parse(asked.after), Cursor.parse(asked.before)
    counts = queue.facets(db, actor, queue.Filters(), bounds, which, large=LARGE)
    other = Queue.MINE if which is Queue.TEAM else Queue.TEAM
    totals = {which: counts.total, other: queue.count_open(db, actor, queue=other)}
    if asked.tab == "done":
        found = queue.done_tasks(db, actor, asked.q, limit=PER_PAGE, after=after, before=before)
        views = rows.of(found.rows, done=True)
        groups = [QueueGroup("最近办理的在前", many(found.total, found.most), tuple(views))] if views else []
    else:
        narrowed = queue.facets(db, actor, filters, bounds, which) if asked.filtered else counts
        found = queue.open_tasks(
            db,
            actor,
            filters,
            queue=which,
            sort=order,
            limit=PER_PAGE,
            after=after,
            before=before,
            total=narrowed.total,
        )
        first = found.rows[0].task.id if found.rows else None
        views = rows.of(found.rows, current=first)
        groups = queue_view.groups(found.rows, views, narrowed, bounds, order)
        if asked.tab == "mine" and not asked.filtered and not found.more:
            waiting, total = queue.paused_tasks(db, actor)
            if total:
                shown = rows.paused(waiting) if asked.paused else ()
                href = asked.href(paused=not asked.paused)
                groups.append(QueueGroup("已停钟（等申报机构补正）", many(total), shown, "stop", href))
    quick, applicants = ((), ()) if asked.tab == "done" else queue_view.picks(asked, counts, rows)
    first_task = found.rows[0].task if found.rows and asked.tab != "done" else None
    return page(
        request,
        "pages/queue/index.html",
        frame=frame(request, db, actor, "queue", waiting=totals[Queue.MINE]),
        status=status,
        notes=notes,
        asked=asked,
        tabs=queue_view.tabs(db, actor, asked, totals),
        quick=quick,
        applicants=applicants,
        chosen_applicant=next((tab.label for tab in applicants if tab.current), ""),
        groups=tuple(groups),
        total=many(found.total, found.most),
        narrow=narrowing(
            db, actor, Place.QUEUE, more_fields(asked, rows.filing()), asked.given(), Asked(asked.tab).href()
        ),
        counts=counts.due,
        next_href=f"/tasks/{first_task.id}" if first_task else "",
        peek=task_peek.peek(db, actor, first_task, days) if first_task else None,
        empty=queue_view.nothing(db, actor, asked),
        pages=queue_view.pages(asked, found, done=asked.tab == "done"),
        picking=asked.tab == "mine" and any(view.pickable for view in views),
        confirm=queue_batch.CONFIRM,
        clear_href=asked.href(q=""),
        now=clock.local(clock.now()),
    )


@router.get("/queue/peek/{task_id}")
def peek(request: Request, db: Db, actor: CurrentActor, task: SeenTask) -> Response:
    """The column beside the queue, for the row the reader stands on; opened directly, the task's page."""
    if not request.headers.get("HX-Request"):
        return RedirectResponse(f"/tasks/{task.id}", 303)
    view = task_peek.peek(db, actor, task, task_clock.calendar(db))
    return fragment(request, "pages/queue/peek.html", peek=view)
