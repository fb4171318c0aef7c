"""One task: read it, claim it, answer it. Bank-side tasks are answered on the bank's pages."""

from collections.abc import Callable, Sequence

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import ReviewedTask, SeenTask
from api.auth.session import CurrentActor
from api.pages import changes_view, meters, task_done, task_drafts, task_matter, task_verbs, task_view
from api.pages.case_views import ChangesView
from api.pages.layout import frame
from api.pages.opinion_files import named, stage
from api.pages.posted import Posted, fields_of
from api.pages.render import fragment, page
from api.pages.task_form import Parsed, Typed, parse
from api.pages.views import Link, Note
from flows.actions.answers import answering, half_written, sitting
from flows.actions.colleagues import visiting
from flows.actions.errors import (
    ActionRefusedError,
    ConflictError,
    FieldFault,
    ForbiddenError,
    InvalidError,
    NotThereError,
    permitted,
)
from models import clock
from models.gates import GATES, Outcome
from models.permissions import Actor, Denied
from models.records import queue
from models.records.case import CaseRecord
from models.records.task import Task, TaskState
from models.roles import Party, Role

router = APIRouter(prefix="/tasks/{task_id}")


@router.get("", dependencies=[Depends(task_done.settled)])
def show(
    request: Request,
    db: Db,
    actor: CurrentActor,
    task: SeenTask,
    paper: str = "",
    done: str = "",
    said: str = "",
) -> Response:
    """The page. `done` names the task answered just before, `paper` the letter or material that lies open,
    `said` the verb that was used."""
    if not actor.watches_all or (GATES[task.gate].party is Party.APPLICANT and Role.FILER in actor.roles):
        return RedirectResponse(f"/cases/{task.case_number}", 303)
    return _page(
        request,
        db,
        actor,
        task,
        paper=paper,
        notes=task_done.notes(db, actor, done) + task_verbs.notes(said),
    )


@router.get("/papers/{paper}")
def paper(request: Request, db: Db, actor: CurrentActor, task: ReviewedTask, paper: str) -> Response:
    """The middle column with another letter or material; opened directly, the page with it."""
    if not request.headers.get("HX-Request"):
        return RedirectResponse(f"/tasks/{task.id}?paper={paper}", 303)
    shown = task_view.open_papers(db, actor, task, paper)
    return fragment(request, "pages/task/paper.html", papers=shown, announce=f"已打开{shown.title}")


@router.post("/preview")
def preview(
    request: Request, db: Db, actor: CurrentActor, task: ReviewedTask, form: Posted, paper: str = ""
) -> HTMLResponse:
    """将生成: a letter as the answer in the form would have it written. Nothing is recorded, no number is taken."""
    shown = task_view.open_papers(db, actor, task, paper, Typed.posted(fields_of(form)))
    return fragment(request, "pages/task/paper.html", papers=shown, announce=f"已更新预览：{shown.title}")


@router.post("/answer")
def answer(request: Request, db: Db, actor: CurrentActor, task: SeenTask, form: Posted) -> Response:
    """Answer and go on to the next task. Whatever is refused is said on the page, which keeps every word."""
    typed = Typed.posted(fields_of(form))
    matter = task_matter.matter_of(db, task)
    parsed = parse(sitting.asked(task), typed, matter.prepared, matter.names)
    try:
        new = stage(db, actor, task, form)
        _act(db, actor, task, parsed, str(form.get("shown", "")), [*named(form), *new])
    except InvalidError as error:
        return _again(request, db, actor, task, typed, error.faults)
    except (ConflictError, ForbiddenError) as error:
        return _refused(request, db, actor, task, typed, error)
    following = queue.next_task(db, actor, task)
    href = f"/tasks/{following.id}?done={task.id}" if following else f"/queue?done={task.id}"
    if request.headers.get("HX-Request"):
        return Response(status_code=204, headers={"HX-Redirect": href})
    return RedirectResponse(href, 303)


def _act(db: Session, actor: Actor, task: Task, parsed: Parsed, shown: str, files: Sequence[int]) -> None:
    """Record the answer, or nothing at all. Who was first and who may not is said before what is missing."""
    if GATES[task.gate].party is Party.APPLICANT:
        raise ForbiddenError(f"{GATES[task.gate].title}由申报机构在案件页面上办理。")
    outcome = parsed.outcome
    if outcome is None or parsed.faults:
        permitted(sitting.verdict(db, actor, task))
        if task.state == TaskState.OPEN:
            raise InvalidError(parsed.faults)
    with db.begin_nested():
        answering.answer(
            db,
            actor,
            task.id or 0,
            outcome or Outcome.APPROVE,  # a task that is no longer open refuses every outcome
            opinion=parsed.opinion,
            fields=parsed.fields,
            shown_hash=shown,
            shown_files=files,
        )


def _again(
    request: Request, db: Session, actor: Actor, task: Task, typed: Typed, faults: tuple[FieldFault, ...]
) -> HTMLResponse:
    """422: the same panel with the faults beside their fields, and what happened to the case meanwhile."""
    if request.headers.get("HX-Request"):
        view = task_view.view(db, actor, task, typed=typed, faults=faults)
        words = f"有 {len(faults)} 处要改，还没有提交。"
        headers = {"HX-Retarget": "#decide", "HX-Reswap": "outerHTML"}
        changes = _changes(db, actor, task)
        return fragment(
            request, "pages/task/decide.html", status=422, announce=words, headers=headers, view=view, changes=changes
        )  # fmt: skip
    words = " ".join(fault.message for fault in faults)
    note = Note("late", "还没有提交。", words, alert=True)
    return _page(request, db, actor, task, typed=typed, faults=faults, notes=(note,), status=422)


def _refused(
    request: Request, db: Session, actor: Actor, task: Task, typed: Typed, error: ActionRefusedError
) -> HTMLResponse:
    """403 and 409: nothing was recorded; the page says why and what happened meanwhile, and keeps what was typed."""
    status = 403 if isinstance(error, ForbiddenError) else 409
    db.refresh(task)
    half_written.save(db, actor, task.id or 0, typed.draft())
    note = Note("late", "没有提交。", error.sentence, alert=True)
    if request.headers.get("HX-Request"):
        link = Link("看最新情况", f"/tasks/{task.id}")
        shown = Note("late", "没有提交。", error.sentence, link=link)
        changes = _changes(db, actor, task)
        return fragment(request, "pages/task/note.html", status=status, note_view=shown, changes=changes)
    return _page(request, db, actor, task, typed=typed, notes=(note,), status=status)


@router.post("/claim")
def claim(request: Request, db: Db, actor: CurrentActor, task: SeenTask) -> Response:
    """认领: others see whose it is."""
    return _moved(request, db, actor, task, answering.claim)


@router.post("/release")
def release(request: Request, db: Db, actor: CurrentActor, task: SeenTask) -> Response:
    """释放: back to the group."""
    return _moved(request, db, actor, task, answering.release)


def _moved(
    request: Request, db: Session, actor: Actor, task: Task, act: Callable[[Session, Actor, int], Task]
) -> Response:
    try:
        act(db, actor, task.id or 0)
    except NotThereError:
        raise
    except ActionRefusedError as error:
        status = 403 if isinstance(error, ForbiddenError) else 409
        note = Note("late", "没有办成。", error.sentence, alert=True)
        return _page(request, db, actor, task, notes=(note,), status=status)
    return RedirectResponse(f"/tasks/{task.id}", 303)


@router.post("/draft")
def draft(request: Request, db: Db, actor: CurrentActor, task: SeenTask, form: Posted) -> HTMLResponse:
    """Keep a half-written answer."""
    kept = half_written.save(db, actor, task.id or 0, Typed.posted(fields_of(form)).draft())
    drafts, allowed = half_written.of(db, actor, task), sitting.verdict(db, actor, task)
    said = f"草稿 {task_drafts.when(clock.now())} 已存" if kept else "草稿没有保存：这件不由你办理"
    also = None
    if kept and task.state == TaskState.OPEN:
        if isinstance(allowed, Denied):
            said = f"{said}，现在不能提交：{allowed.sentence}"
        else:
            also = task_drafts.note(drafts)
            said = "；".join(filter(None, (said, task_drafts.others(drafts))))
    return fragment(request, "pages/task/draft.html", said=said, also=also)


def _changes(db: Session, actor: Actor, task: Task) -> ChangesView | None:
    """Every page of a task is a look at its case, also the one that comes back with faults or after somebody else's answer."""
    return changes_view.view(visiting.visit_case(db, actor, db.get_one(CaseRecord, task.case_id)))


def _page(
    request: Request,
    db: Session,
    actor: Actor,
    task: Task,
    *,
    paper: str = "",
    typed: Typed | None = None,
    faults: tuple[FieldFault, ...] = (),
    notes: tuple[Note, ...] = (),
    status: int = 200,
) -> HTMLResponse:
    following = queue.next_task(db, actor, task)
    return page(
        request,
        "pages/task/task.html",
        status=status,
        frame=frame(request, db, actor, "queue"),
        notes=notes,
        changes=_changes(db, actor, task),
        view=task_view.view(db, actor, task, paper=paper, typed=typed, faults=faults),
        limits=meters.of_task(db, task),
        crumbs=(Link("待办", "/queue"),),
        next_href=f"/tasks/{following.id}" if following else "",
    )
