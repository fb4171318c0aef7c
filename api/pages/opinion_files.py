"""Files with an opinion (意见附件): added to the answer that is being written, read by the reviewing sides only."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse
from sqlmodel import Session
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import Permission, ReviewedTask
from api.auth.refusals import Refused
from api.auth.session import CurrentActor
from api.pages import previews
from api.pages.files import sent_file
from api.pages.form_views import AttachedFile
from api.pages.posted import Posted, fields_of, whole
from api.pages.render import fragment, stamp
from api.pages.task_form import Typed
from api.pages.task_papers import size
from flows.actions.answers import half_written, opinion_files
from flows.actions.errors import InvalidError
from models.permissions import Actor
from models.records import opinion_file
from models.records.case import CaseRecord
from models.records.opinion_file import OpinionFile
from models.records.task import Task

router = APIRouter()


class _FileInView(Permission):
    def __call__(self, file_id: int, db: Db, actor: CurrentActor) -> OpinionFile:
        found = db.get(OpinionFile, file_id) if file_id < 2**31 else None
        mine = found is not None and (found.given_at is not None or found.uploaded_by == actor.person_id)
        if found is None or not mine or not actor.watches_all:
            raise Refused(404, "没有找到这个附件。")
        return found


SeenFile = Annotated[OpinionFile, Depends(_FileInView())]


@router.post("/tasks/{task_id}/files")
def add(request: Request, db: Db, actor: CurrentActor, task: ReviewedTask, form: Posted) -> Response:
    """Files for the answer that is being written, kept as soon as they are chosen; what is typed so far is kept too."""
    said = "已添加附件。"
    try:
        stage(db, actor, task, form)
    except InvalidError as error:
        said = error.faults[0].message
        return _answer(request, db, actor, task, said, fault=said)
    half_written.save(db, actor, task.id or 0, Typed.posted(fields_of(form)).draft())
    return _answer(request, db, actor, task, said)


@router.post("/tasks/{task_id}/files/{file_id}/remove")
def remove(request: Request, db: Db, actor: CurrentActor, task: ReviewedTask, file_id: int) -> Response:
    """One's own file goes from the half-written answer."""
    opinion_files.unstage(db, actor, task.id or 0, min(file_id, 2**31 - 1))
    return _answer(request, db, actor, task, "已移除附件。")


@router.get("/opinion-files/{file_id}")
def download(db: Db, actor: CurrentActor, file: SeenFile, download: str = "") -> Response:
    """The file as uploaded; pictures and PDF open in the browser unless a download is asked for."""
    return sent_file(db, file, download=download == "1")


@router.get("/opinion-files/{file_id}/preview")
def preview(request: Request, db: Db, actor: CurrentActor, file: SeenFile) -> Response:
    """The file to read without saving it."""
    case = db.get_one(CaseRecord, file.case_id)
    return previews.shown(request, db, actor, file, case, f"/opinion-files/{file.id}")


def stage(db: Session, actor: Actor, task: Task, form: FormData) -> list[int]:
    """Keep every file of a form for the answer, their ids; one that may not be kept leaves none of them behind."""
    with db.begin_nested():
        found = [opinion_files.stage(db, actor, task.id or 0, *file) for file in files_of(form)]
    return [one.id or 0 for one in found]


def files_of(form: FormData) -> list[tuple[str, bytes]]:
    """The files of a form: names and bytes. An input nobody chose a file for sends an empty one without a name."""
    sent = [value for name, value in form.multi_items() if name == opinion_files.FIELD]
    return [(one.filename, one.file.read()) for one in sent if isinstance(one, UploadFile) and one.filename]


def named(form: FormData) -> list[int]:
    """The files that stood on the page beside the answer."""
    given = [value for name, value in form.multi_items() if name == "attached" and isinstance(value, str)]
    return [key for key in map(whole, given) if key is not None]


def attached(db: Session, actor: Actor, task: Task) -> tuple[AttachedFile, ...]:
    """What the reader has added to the answer so far."""
    return tuple(
        AttachedFile(
            one.id or 0,
            one.filename,
            f"/opinion-files/{one.id}/preview",
            f"{size(one.size)}　{stamp(one.uploaded_at)}",
            f"/tasks/{task.id}/files/{one.id}/remove",
        )
        for one in opinion_file.staged(db, task.id or 0, actor.person_id)
    )


def _answer(
    request: Request, db: Session, actor: Actor, task: Task, said: str, *, fault: str = ""
) -> Response:
    if not request.headers.get("HX-Request"):
        return RedirectResponse(f"/tasks/{task.id}", 303)
    return fragment(
        request,
        "pages/task/attached.html",
        status=422 if fault else 200,
        headers={"HX-Retarget": "#attached", "HX-Reswap": "outerHTML"},
        announce=said,
        files=attached(db, actor, task),
        files_href=f"/tasks/{task.id}/files",
        fault=fault,
    )
