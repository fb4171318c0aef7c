"""Files with an opinion (意见附件): uploaded while an answer is being written, given in the answer's own transaction.

The rules of what may be uploaded are those of the applicants' materials (`flows.actions.attaching`).
"""

from collections.abc import Collection, Sequence

from sqlmodel import Session

from flows.actions.answers.sitting import verdict
from flows.actions.attaching import Stored, store
from flows.actions.errors import (
    ConflictError,
    FieldFault,
    ForbiddenError,
    InvalidError,
    NotThereError,
    permitted,
)
from models import clock
from models.gates import GATES
from models.permissions import Actor
from models.records import opinion_file
from models.records.message import Comment
from models.records.opinion_file import OpinionFile, drop_staged, staged
from models.records.task import Task, TaskState
from models.roles import Party

MOST_FILES = 10
"""Files one opinion or remark may carry."""
FIELD = "files"


def stage(s: Session, actor: Actor, task_id: int, filename: str, data: bytes) -> OpinionFile:
    """Keep a file for the half-written answer of an open task. Raises `InvalidError` for one that may not be kept."""
    task = _answerable(s, actor, task_id)
    _room(len(staged(s, task_id, actor.person_id)) + 1)
    found = _row(actor, task.case_id, read(s, filename, data))
    found.task_id = task.id
    s.add(found)
    s.flush()
    return found


def unstage(s: Session, actor: Actor, task_id: int, file_id: int) -> None:
    """Take one's own file back out of a half-written answer."""
    if not opinion_file.unstage(s, file_id, task_id, actor.person_id):
        raise NotThereError("这个附件已经移除或已随意见提交，请刷新页面。")


def read(s: Session, filename: str, data: bytes) -> Stored:
    """A file whose bytes are kept. Raises `InvalidError` (field "files")."""
    try:
        return store(s, FIELD, filename, data)
    except InvalidError as error:
        raise InvalidError(tuple(FieldFault(FIELD, fault.message) for fault in error.faults)) from error


def give(
    s: Session, actor: Actor, task: Task, shown: Collection[int] | None, files: Sequence[Stored]
) -> list[dict[str, object]]:
    """With the answer that is being recorded: the files uploaded for it, which must be the ones that were `shown`
    beside it (None: whoever answers did not see them, and they go with the draft), and `files` named with it.

    What the timeline keeps of each. Raises `ConflictError` when the page shows other files than there are.
    """
    mine = staged(s, task.id or 0, actor.person_id) if shown is not None else ()
    if shown is not None and {one.id for one in mine} != set(shown):
        raise ConflictError("意见附件在你打开页面之后有变化，请核对附件后重新提交。你写的意见仍在页面上。")
    _room(len(mine) + len(files))
    given = [*mine, *_given(s, actor, task.case_id, files, task_id=task.id)]
    for one in mine:
        one.given_at = clock.now()
    s.flush()
    drop_staged(s, task.id or 0)
    return told(given)


def give_with(s: Session, actor: Actor, remark: Comment, files: Sequence[Stored]) -> list[dict[str, object]]:
    """With a remark or with a delegate's advice."""
    _room(len(files))
    s.flush()
    return told(
        _given(s, actor, remark.case_id, files, task_id=remark.task_id, comment_id=remark.id) if files else ()
    )


def told(files: Sequence[OpinionFile]) -> list[dict[str, object]]:
    """What an event keeps of files: enough to name, to open and to recognise them."""
    return [{"id": one.id, "name": one.filename, "sha256": one.sha256} for one in files]


def _given(
    s: Session,
    actor: Actor,
    case_id: int,
    files: Sequence[Stored],
    *,
    task_id: int | None,
    comment_id: int | None = None,
) -> list[OpinionFile]:
    rows = [_row(actor, case_id, file) for file in files]
    for row in rows:
        row.task_id, row.comment_id, row.given_at = task_id, comment_id, clock.now()
    s.add_all(rows)
    s.flush()
    return rows


def _row(actor: Actor, case_id: int, file: Stored) -> OpinionFile:
    return OpinionFile(
        case_id=case_id,
        filename=file.filename,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
        uploaded_by=actor.person_id,
        uploaded_at=clock.now(),
    )


def _room(count: int) -> None:
    if count > MOST_FILES:
        raise InvalidError((FieldFault(FIELD, f"一份意见最多附 {MOST_FILES} 个文件，请合并后再上传。"),))


def _answerable(s: Session, actor: Actor, task_id: int) -> Task:
    task = s.get(Task, task_id)
    if task is None or not actor.watches_all:
        raise NotThereError("没有找到这件任务。")
    if task.state != TaskState.OPEN:
        raise ConflictError("这件任务已经办理或不再需要办理，附件没有保存。")
    if GATES[task.gate].party is Party.APPLICANT:
        raise ForbiddenError("申报机构的材料请在案件页面上传。")
    permitted(verdict(s, actor, task))
    return task
