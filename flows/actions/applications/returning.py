"""Returning (返还): the applicant says what it transferred to the treasury, which then looks whether it arrived."""

from collections.abc import Sequence

from sqlmodel import Session

from flows.actions.answers import answering
from flows.actions.attaching import Upload, attach_stored, stored_all
from flows.actions.errors import ConflictError, FieldFault, InvalidError
from flows.actions.forms.recovery_forms import ReturnForm
from models import clock
from models.gates import RETURN_SLIP, Outcome
from models.permissions import Actor
from models.policy.materials import SLIP
from models.records import attachment, recovery
from models.records.case import CaseRecord, locked
from models.records.task import Task, open_of_case


def open_task(s: Session, case: CaseRecord) -> Task:
    """The task that asks for the slip. Raises `ConflictError` while there is none."""
    found = next((t for t in open_of_case(s, case.id or 0) if t.gate == RETURN_SLIP.key), None)
    if found is None:
        raise ConflictError("现在没有待返还的款项：返还通知书尚未出具，或已由同事登记回单。请到案件页查看。")
    return found


def state(s: Session, actor: Actor, case: CaseRecord, form: ReturnForm, files: Sequence[Upload] = ()) -> Task:
    """Answer the slip's task. Raises `InvalidError` where date or amount contradict the notice or no slip is there."""
    locked(s, case.id or 0)
    task = open_task(s, case)
    kept = stored_all(s, files)
    faults = _against_notice(s, form, case)
    present = {one.slot for one in kept} | {one.slot for one in attachment.current(s, case.id or 0)}
    if SLIP.key not in present:
        faults.append(FieldFault(f"materials.{SLIP.key}", f"缺少“{SLIP.title}”，请上传。"))
    if faults:
        raise InvalidError(tuple(faults))
    for one in kept:
        attach_stored(s, actor, case, one)
    fields = {name: str(value) for name, value in form.model_dump().items()}
    return answering.answer(s, actor, task.id or 0, Outcome.APPROVE, fields=fields)


def _against_notice(s: Session, form: ReturnForm, case: CaseRecord) -> list[FieldFault]:
    found = recovery.of_case(s, case.id or 0)
    first = recovery.receipts_of(s, [case.id or 0])[0].received_on
    faults = []
    if form.returned_on > clock.today():
        faults.append(FieldFault("returned_on", f"缴款日期 {form.returned_on} 晚于今天，请在缴款后登记。"))
    elif form.returned_on < first:
        said = f"缴款日期 {form.returned_on} 早于回款到账日 {first}，请核对。"
        faults.append(FieldFault("returned_on", said))
    if found.due is not None and form.returned_amount != found.due:
        said = (
            f"缴款 {form.returned_amount:,.2f} 元与应返还 {found.due:,.2f} 元不一致。"
            "请按通知书金额一次缴足；对金额有异议的请先联系受托管理机构。"
        )
        faults.append(FieldFault("returned_amount", said))
    return faults
