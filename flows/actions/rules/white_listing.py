"""The white list (白名单, 三（二）): a round and the 移出 of a firm are registered by one person, decided by another.

What is on the list is never shortened in the past: loans already made keep what they were made under (A12).
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from flows.actions import two_people
from flows.actions.applications.importing import CHANNEL, file_faults, forget_rows, keep_file
from flows.actions.errors import ConflictError, FieldFault, InvalidError, NotThereError, permitted
from flows.actions.typed import Day, Flag, RoundName, Words200, attempt, read
from flows.steps import listing
from models import clock
from models.database import notify
from models.lifecycle import Board
from models.permissions import (
    Actor,
    may_confirm_removal,
    may_prepare_white_list,
    may_publish_white_list,
    may_remove_from_white_list,
)
from models.records.enterprise import WhiteListEntry
from models.records.loan_import import ImportKind, ImportState, LoanImport
from models.records.two_people import Verdict
from models.records.white_list import WhiteListRemoval, WhiteListRound, of_import


class RoundForm(BaseModel):
    """A round as registered; its firms stand in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: RoundName = Field(title="批次名称")
    effective_on: Day = Field(title="生效日")
    valid_to: Day | None = Field(None, title="有效期至")
    source_document: Words200 = Field(title="公布文件")
    complete: Flag = Field(False, title="全量名单")


class RemovalForm(BaseModel):
    """A firm leaves the list: `since` is the first day it is no longer on it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    since: Day = Field(title="移出日")
    reason: Words200 = Field(title="移出原因")
    document: Words200 = Field(title="依据文件")


def prepare(
    s: Session, actor: Actor, typed: Mapping[str, Any], filename: str, data: bytes
) -> tuple[WhiteListRound, bool]:
    """Register a round with its file, which waits to be read; the round and whether it is new.

    The same file of the same institution is the same round. Raises `ForbiddenError`, or `InvalidError` with every
    fault at once.
    """
    permitted(may_prepare_white_list(actor))
    form, wrong = attempt(RoundForm, typed)
    faults = [*wrong, *file_faults(data), *(_contradictions(form) if form else ())]
    if form is None or faults:
        raise InvalidError(tuple(faults))
    found, new = keep_file(
        s, actor, filename, data, board=Board.BANK, institution_id=actor.institution_id, kind=ImportKind.WHITE_LIST
    )  # fmt: skip
    if not new:
        if found.kind != ImportKind.WHITE_LIST:
            raise InvalidError((FieldFault("file", "这个文件已作为贷款清单上传过，请重新选择。"),))
        return of_import(s, found.id or 0), False
    taken = select(WhiteListRound).where(
        WhiteListRound.name == form.name,
        col(WhiteListRound.verdict).is_(None) | (WhiteListRound.verdict == Verdict.CONFIRMED),
    )
    for earlier in s.exec(taken):
        if s.get_one(LoanImport, earlier.import_id).state == ImportState.REFUSED:
            _close(earlier, actor)  # its file could never be read
        else:
            raise InvalidError((FieldFault("name", f"已有名为“{form.name}”的批次，请换一个名称。"),))
    s.flush()
    row = WhiteListRound(
        import_id=found.id or 0, **form.model_dump(), proposed_by=actor.person_id, proposed_at=clock.now()
    )
    s.add(row)
    try:
        s.flush()
    except IntegrityError as error:
        raise ConflictError("同名批次刚刚由他人登记，请刷新后再看。") from error
    return row, True


def _contradictions(form: RoundForm) -> list[FieldFault]:
    faults = []
    if form.valid_to is not None and form.valid_to < form.effective_on:
        faults.append(
            FieldFault("valid_to", f"有效期至 {form.valid_to} 早于生效日 {form.effective_on}，请核对。")
        )
    if form.complete and form.effective_on < clock.today():
        words = f"全量名单会移出未列入的企业，生效日不能早于今天（{clock.today()}）；补录以前的名单请作为增补批次。"
        faults.append(FieldFault("effective_on", words))
    return faults


def decide(s: Session, actor: Actor, round_id: int, verdict: Verdict, note: str = "") -> WhiteListRound:
    """Publish (its firms go on the list, in the background), reject, or withdraw a round of one's own."""

    def publish(row: WhiteListRound) -> None:
        found = _file(s, row)
        if found.state != ImportState.CHECKED:
            raise ConflictError("名单还在查验，或不能读取，现在不能发布。")
        if not found.good and not row.complete:
            raise ConflictError("没有可以列入的企业：全部在名单内，或都要改。")
        if row.complete and found.bad:
            raise ConflictError(
                f"还有 {found.bad} 行要改；全量名单须全部无误才能发布，否则这些企业会被移出。"
            )
        if row.complete and row.effective_on < clock.today():
            raise ConflictError(
                f"生效日 {row.effective_on} 已过：全量名单只能从今天或以后生效，请撤回后重新登记。"
            )
        found.state = ImportState.SUBMITTING
        found.submitted_by, found.submitted_at = actor.person_id, clock.now()
        notify(s, CHANNEL, str(found.id))

    row = two_people.decide(
        s, actor, WhiteListRound, round_id, verdict, note,
        called="白名单批次", may_confirm=may_publish_white_list, confirmed=publish,
    )  # fmt: skip
    if verdict is not Verdict.CONFIRMED:
        found = _file(s, row)
        forget_rows(s, found)
        found.state, found.lease_token = ImportState.DISCARDED, None
        s.flush()
    return row


def _file(s: Session, row: WhiteListRound) -> LoanImport:
    query = select(LoanImport).where(LoanImport.id == row.import_id).with_for_update()
    return s.exec(query.execution_options(populate_existing=True)).one()


def _close(row: WhiteListRound, actor: Actor) -> None:
    row.verdict, row.decided_by, row.decided_at = Verdict.WITHDRAWN, actor.person_id, clock.now()


def remove(s: Session, actor: Actor, entry_id: int, typed: Mapping[str, Any]) -> WhiteListRemoval:
    """Register the 移出 of a firm from a day on; it counts once another person has confirmed it (`decide_removal`).

    Raises `ForbiddenError`, `NotThereError`, `ConflictError` for a stay that has ended or waits already,
    `InvalidError`.
    """
    permitted(may_remove_from_white_list(actor))
    entry = _stay(s, entry_id)
    form = read(RemovalForm, typed)
    fault = _too_soon(entry, form.since)
    if fault:
        raise InvalidError((FieldFault("since", fault),))
    row = WhiteListRemoval(
        entry_id=entry_id, **form.model_dump(), proposed_by=actor.person_id, proposed_at=clock.now()
    )
    try:
        with s.begin_nested():
            s.add(row)
    except IntegrityError as error:
        raise ConflictError("这家企业的移出已经登记，正在等另一人确认，不能重复登记。") from error
    return row


def decide_removal(
    s: Session, actor: Actor, removal_id: int, verdict: Verdict, note: str = ""
) -> WhiteListRemoval:
    """Confirm (the stay ends, banks are told), reject, or withdraw one's own. Loans made before are not affected."""

    def confirmed(row: WhiteListRemoval) -> None:
        entry = _stay(s, row.entry_id)
        fault = _too_soon(entry, row.since)
        if fault:
            raise ConflictError(f"{fault}请撤回或退回后重新登记。")
        entry.planned_to, entry.valid_to = entry.valid_to, row.since - timedelta(days=1)
        entry.removal_reason, entry.removal_document = row.reason, row.document
        entry.removed_by, entry.removed_at = row.proposed_by, clock.now()
        s.flush()
        listing.removed(s, entry)

    return two_people.decide(
        s, actor, WhiteListRemoval, removal_id, verdict, note,
        called="移出", may_confirm=may_confirm_removal, confirmed=confirmed,
    )  # fmt: skip


def _stay(s: Session, entry_id: int) -> WhiteListEntry:
    """A stay that may still end earlier, its row locked."""
    query = select(WhiteListEntry).where(WhiteListEntry.id == entry_id).with_for_update()
    entry = s.exec(query.execution_options(populate_existing=True)).first()
    if entry is None:
        raise NotThereError("没有找到这段白名单有效期。")
    if entry.removed_by is not None:
        raise ConflictError("这家企业已移出，不能重复办理。")
    if entry.valid_to is not None and entry.valid_to < clock.today():
        raise ConflictError(f"有效期已于 {entry.valid_to} 届满，无须移出。")
    return entry


def _too_soon(entry: WhiteListEntry, since: date) -> str:
    """Why the firm cannot leave on that day; "" if it can."""
    first, last = max(clock.today(), entry.valid_from + timedelta(days=1)), entry.valid_to
    if since < first:
        return f"移出日最早为 {first}：只对以后发放的贷款生效，已发放的贷款不受影响。"
    if last is not None and since > last:
        return f"有效期至 {last} 届满，移出日须不晚于该日。"
    return ""
