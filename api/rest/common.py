"""What the resources share: what is found for whom, files named as materials, the answers every route may give."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlmodel import Session, select

from api.auth.keys import Caller, permit
from api.rest.calls import unchanged
from api.rest.problems import CODES, MEDIA_TYPE, ApiError, Problem
from api.rest.samples import UPLOAD
from api.rest.views import case_view
from flows.actions.answers.opinion_files import MOST_FILES
from flows.actions.attaching import Stored
from flows.actions.errors import FieldFault, ForbiddenError, InvalidError, NotThereError, permitted
from models.lifecycle import Board, Process
from models.permissions import Actor, may_file
from models.policy.materials import SLOTS
from models.records.api_call import Upload
from models.records.api_key import Scope
from models.records.case import CaseRecord

Materials = Annotated[
    dict[str, UUID],
    Field(
        description="材料项 → 上传编号（POST /uploads 的 id）", examples=[{"contract": UPLOAD}], max_length=40
    ),
]
READ = (401, 403, 404, 422, 429, 503)
WRITE = (400, *READ, 408, 409, 413, 415)
CHANGE = (*WRITE, 412, 428)
Enclosing = list[UUID]
ENCLOSING: Any = Field(
    default_factory=list,
    max_length=MOST_FILES,
    description="随意见提交的附件：先上传，再以 id 引用；申报机构看不到",
)


def answers(*statuses: int, **more: Any) -> dict[int | str, dict[str, Any]]:
    """The refusals a route documents."""
    found: dict[int | str, dict[str, Any]] = {
        status: {"description": CODES[status][1], "model": Problem, "content": {MEDIA_TYPE: {}}}
        for status in sorted(set(statuses))
    }
    return found | more


def find_case(db: Session, actor: Actor, number: str, *, lock: bool = False) -> CaseRecord:
    """The case, for those who may see it. Another institution's case is looked for as one that does not exist:
    the same question, the same answer, the same work."""
    query = select(CaseRecord).where(CaseRecord.number == number)
    if not actor.watches_all:
        query = query.where(CaseRecord.institution_id == actor.institution_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = db.exec(query).first()
    if found is None:
        raise NotThereError("没有找到这件案件。")
    return found


def own_case(db: Session, actor: Actor, number: str) -> CaseRecord:
    """A case of the actor's own institution, its row locked: for what only applicants do."""
    board_of(actor)
    found = find_case(db, actor, number, lock=True)
    if found.institution_id != actor.institution_id:
        raise ForbiddenError("只有申报机构自己可以办理这件事。")
    return found


def as_seen(db: Session, caller: Caller, number: str, if_match: str | None) -> CaseRecord:
    """The caller's own case, locked, if it still is what they last read. What is no filing takes claims:write."""
    found = own_case(db, caller.actor, number)
    if found.process != Process.FILING:
        permit(caller, Scope.CLAIMS_WRITE)
    unchanged(case_view(db, caller.actor, found), if_match)
    return found


def board_of(actor: Actor) -> Board:
    """The board the actor files on. Raises `ForbiddenError` for anyone who does not file."""
    board = actor.files_board or Board.BANK
    permitted(may_file(actor, board))
    return board


def materials_of(
    db: Session, actor: Actor, process: Process, board: Board, named: Mapping[str, UUID]
) -> tuple[Stored, ...]:
    """The uploads named for slots, ready to be attached. Raises `InvalidError` for each that is not there."""
    slots = {slot.key for slot in SLOTS[process][board]}
    found: list[Stored] = []
    faults: list[FieldFault] = []
    for slot, upload_id in named.items():
        upload = db.get(Upload, upload_id)
        if slot not in slots:
            faults.append(
                FieldFault(f"materials.{slot}", f"没有这一项材料；可用：{'、'.join(sorted(slots))}。")
            )
        elif upload is None or upload.institution_id != actor.institution_id:
            faults.append(
                FieldFault(f"materials.{slot}", "没有找到这份上传的文件，请先上传（上传后保留 30 日）。")
            )
        else:
            found.append(Stored(slot, upload.filename, upload.media_type, upload.size, upload.sha256))
    if faults:
        raise InvalidError(tuple(faults))
    return tuple(found)


def enclosed_of(db: Session, actor: Actor, named: Sequence[UUID]) -> tuple[Stored, ...]:
    """The uploads named to go with an opinion. Raises `InvalidError` for each that is not there."""
    found: list[Stored] = []
    faults: list[FieldFault] = []
    for at, upload_id in enumerate(named):
        upload = db.get(Upload, upload_id)
        if upload is None or upload.institution_id != actor.institution_id:
            faults.append(
                FieldFault(f"attachments.{at}", "没有找到这份上传的文件，请先上传（上传后保留 30 日）。")
            )
        else:
            found.append(Stored("files", upload.filename, upload.media_type, upload.size, upload.sha256))
    if faults:
        raise InvalidError(tuple(faults))
    return tuple(found)


def place(after: str) -> int:
    """A cursor that is a number. Raises `ApiError` for any other."""
    if after and not (after.isascii() and after.isdigit() and len(after) < 19):
        raise ApiError(
            422, "invalid_cursor", "游标不对：请原样使用上一页给出的 next，或不带 after 从头开始。"
        )
    return int(after or 0)
