"""Bulk filing (批量备案) and back-filing (批量补录): handing in a file, submitting its good rows, throwing it away.

What is read and checked, and the filings made of it, come later and in pieces (`flows.importing`).
"""

from hashlib import sha256

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, select

from flows.actions.attaching import safe_name
from flows.actions.errors import (
    ConflictError,
    FieldFault,
    ForbiddenError,
    InvalidError,
    NotThereError,
    permitted,
)
from flows.documents.text import printable
from models import clock
from models.database import notify
from models.lifecycle import Board
from models.permissions import Actor, may_backfill, may_file, may_prepare, may_read_rules
from models.records import person, prepared
from models.records.attachment import Blob
from models.records.institution import Institution
from models.records.loan_import import AT_WORK, ImportKind, ImportRow, ImportState, LoanImport, same_file
from models.records.person import Person
from models.records.prepared import Prepared
from models.settings import MEGABYTE, get_settings

CHANNEL = "fengbu_import"
LONGEST_SOURCE = 200


def hand_in(
    s: Session,
    actor: Actor,
    filename: str,
    data: bytes,
    *,
    institution_id: int | None = None,
    board: Board | None = None,
    source_document: str = "",
) -> tuple[LoanImport, bool]:
    """Keep the file and queue it; the import and whether it is new: the same file twice is the same import.

    `institution_id` of another institution makes it a back-filing, which names its `source_document`. Raises
    `ForbiddenError`, `NotThereError`, or `InvalidError` for a file or source that cannot be.
    """
    backfilled = institution_id is not None and institution_id != actor.institution_id
    whose = s.get(Institution, institution_id or actor.institution_id)
    if whose is None or whose.files_board is None or not whose.active:
        if backfilled:
            raise NotThereError("没有找到这家申报机构，请从列表中选择。")
        raise ForbiddenError("只有合作银行和政府性融担机构的申报经办可以批量备案。")
    chosen = board or whose.files_board
    permitted(may_backfill(actor, whose.id) if backfilled else may_file(actor, chosen))
    source = " ".join(printable(source_document).split())
    faults = []
    if chosen != whose.files_board:
        faults.append(FieldFault("board", "所选机构不在这一板块申报，请核对板块。"))
    if backfilled and not source:
        faults.append(
            FieldFault("source_document", "请写明依据的文件名称和文号，例如：东工信〔2024〕18号备案清单。")
        )
    if len(source) > LONGEST_SOURCE:
        faults.append(
            FieldFault("source_document", f"最多 {LONGEST_SOURCE} 个字，现为 {len(source)} 个字，请缩短。")
        )
    faults += file_faults(data)
    if faults:
        raise InvalidError(tuple(faults))
    return keep_file(
        s,
        actor,
        filename,
        data,
        board=chosen,
        institution_id=whose.id or 0,
        backfilled=backfilled,
        source_document=source if backfilled else "",
    )


def file_faults(data: bytes) -> list[FieldFault]:
    """What is wrong with a file before it is read."""
    limit = get_settings().upload_limit
    if not data:
        return [FieldFault("file", "请选择一个文件；空文件不能上传。")]
    if len(data) > limit:
        return [FieldFault("file", f"文件超过 {limit // MEGABYTE} MB，请分成几个文件，或另存为 xlsx。")]
    return []


def keep_file(
    s: Session,
    actor: Actor,
    filename: str,
    data: bytes,
    *,
    board: Board,
    institution_id: int,
    kind: ImportKind = ImportKind.LOANS,
    backfilled: bool = False,
    source_document: str = "",
) -> tuple[LoanImport, bool]:
    """The file as an import that waits to be read, and whether it is new."""
    digest = sha256(data).hexdigest()
    earlier = same_file(s, institution_id, actor.institution_id, digest)
    if earlier is not None:
        return earlier, False
    s.connection().execute(
        insert(Blob).values(sha256=digest, size=len(data), data=data).on_conflict_do_nothing()
    )
    values: dict[str, object] = {
        "kind": kind,
        "board": board,
        "institution_id": institution_id,
        "uploader_institution_id": actor.institution_id,
        "uploaded_by": actor.person_id,
        "uploaded_at": clock.now(),
        "backfilled": backfilled,
        "source_document": source_document,
        "filename": safe_name(filename),
        "media_type": "application/octet-stream",
        "size": len(data),
        "sha256": digest,
        "state": ImportState.QUEUED,
        "sheet": "",
        "headings": [],
        "notes": [],
        **dict.fromkeys(_COUNTS, 0),
    }
    s.connection().execute(insert(LoanImport).values(values).on_conflict_do_nothing())
    made = same_file(s, institution_id, actor.institution_id, digest)
    if made is None:
        raise RuntimeError("the import was written and is not there")
    notify(s, CHANNEL, str(made.id))
    return made, True


_COUNTS = (
    "header_row", "rows_expected", "last_row", "rows", "good", "bad", "known", "warned", "faults", "filed", "attempts",
)  # fmt: skip


def submit(s: Session, actor: Actor, import_id: int, *, good_only: bool) -> LoanImport:
    """Let the good rows become filings. With `good_only` the bad ones wait; without, there may be none."""
    found = _own(s, actor, import_id)
    if found.state in (ImportState.SUBMITTING, ImportState.SUBMITTED) and not found.good:
        raise ConflictError("这份清单可提交的行已经全部提交。")
    if found.state not in (ImportState.CHECKED, ImportState.SUBMITTED):
        raise ConflictError("这份清单现在不能提交：还在查验，或已经作废。请刷新页面查看。")
    if not found.good:
        raise ConflictError("没有可以提交的行。请按批注更正后重新上传。")
    if found.bad and not good_only:
        raise ConflictError(f"还有 {found.bad} 行要改。请全部更正后重新上传，或先提交无误的行。")
    found.state = ImportState.SUBMITTING
    found.submitted_by, found.submitted_at = actor.person_id, clock.now()
    s.flush()
    notify(s, CHANNEL, str(found.id))
    return found


def check_again(s: Session, actor: Actor, import_id: int) -> LoanImport:
    """Read the file anew, as the records are now; only while nothing of it has been filed or waits for a checker."""
    found = _own(s, actor, import_id)
    _not_waiting(s, found, "重新查验")
    if found.filed or found.state != ImportState.CHECKED:
        raise ConflictError("已经提交过的清单不再重新查验；其余的行请更正后另行上传。")
    forget_rows(s, found)
    found.state = ImportState.QUEUED
    s.flush()
    notify(s, CHANNEL, str(found.id))
    return found


def discard(s: Session, actor: Actor, import_id: int) -> None:
    """作废 a file of which nothing has been filed or waits for a checker."""
    found = _own(s, actor, import_id)
    _not_waiting(s, found, "作废")
    if found.filed or found.state in AT_WORK:
        raise ConflictError("这份清单正在处理或已有提交，不能作废。")
    forget_rows(s, found)
    found.state = ImportState.DISCARDED


def forget_rows(s: Session, found: LoanImport) -> None:
    """Take back what was read: no row, no count."""
    rows = ImportRow.__table__  # type: ignore[attr-defined]
    s.connection().execute(rows.delete().where(rows.c.import_id == found.id))
    for name in _COUNTS:
        setattr(found, name, 0)
    found.notes, found.headings = [], []


def seen(s: Session, actor: Actor, import_id: int) -> LoanImport:
    """The import, for those whose institution handed it in; a white list round for those who see the list.

    Raises `NotThereError` for everyone else.
    """
    found = s.get(LoanImport, import_id) if import_id < 2**31 else None
    if found is not None and found.kind == ImportKind.WHITE_LIST and may_read_rules(actor):
        return found
    mine = found is not None and found.uploader_institution_id == actor.institution_id
    if found is None or not mine or not (may_backfill(actor) if found.backfilled else may_prepare(actor)):
        raise NotThereError("没有找到这份清单。")
    return found


def _own(s: Session, actor: Actor, import_id: int) -> LoanImport:
    """The import, locked. What becomes of a white list round is decided at its own page."""
    if seen(s, actor, import_id).kind != ImportKind.LOANS:
        raise ConflictError("这是白名单批次的文件，请在白名单页面发布或撤回。")
    if not s.get_one(LoanImport, import_id).backfilled:
        permitted(may_file(actor, s.get_one(LoanImport, import_id).board))
    query = select(LoanImport).where(LoanImport.id == import_id).with_for_update()
    return s.exec(query.execution_options(populate_existing=True)).one()


def waiting(s: Session, found: LoanImport) -> Prepared | None:
    """What a checker of the institution that handed the list in has before them (待复核)."""
    return prepared.waiting_on(s, found.uploader_institution_id, "import", str(found.id))


def _not_waiting(s: Session, found: LoanImport, verb: str) -> None:
    """ConflictError for a list that is before a checker: they release the rows they were shown."""
    row = waiting(s, found)
    if row is not None:
        maker = person.names(s, [row.proposed_by]).get(row.proposed_by, "同事")
        raise ConflictError(
            f"这份清单已由{maker}送本单位复核，尚未放行，不能{verb}。请等复核，或由{maker}撤回后再办理。"
        )


def actor_of(s: Session, person_id: int) -> Actor:
    """The person as the permissions know them now. Raises `ForbiddenError` for an account that was closed."""
    found = s.get(Person, person_id)
    place = s.get(Institution, found.institution_id) if found else None
    if found is None or place is None or not found.active or not place.active:
        raise ForbiddenError("提交人的账号已停用，不能继续提交。请由本单位其他经办重新提交。")
    return Actor(
        person_id, found.name, found.institution_id, person.roles_of(s, person_id), place.files_board
    )


__all__ = [
    "CHANNEL",
    "actor_of",
    "check_again",
    "discard",
    "file_faults",
    "forget_rows",
    "hand_in",
    "keep_file",
    "seen",
    "submit",
    "waiting",
]
