"""Claiming (补偿申请): a registered loan has been lost; the claim with its materials becomes one case.

三（三）、三（四）: what is compensated; 四（二）: who reviews it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from flows.actions.attaching import Upload, attach_stored, stored_all
from flows.actions.errors import ConflictError, FieldFault, InvalidError, NotThereError, permitted
from flows.actions.forms.application_forms import ClaimForm
from flows.actions.opening import open_case, told
from models.lifecycle import Board, Process
from models.permissions import Actor, may_file
from models.policy.materials import missing
from models.records.case import CaseRecord
from models.records.claim import Claim, on_loan
from models.records.loan import LOAN_STATE_NAMES, Loan, LoanState
from models.records.loan_change import of_loan, outstanding


def submit(
    s: Session, actor: Actor, form: ClaimForm, loan_id: int, files: Sequence[Upload] = ()
) -> CaseRecord:
    """File a claim on a registered loan. Raises `NotThereError`, `ConflictError` (not registered, claimed before),
    `InvalidError` with every fault of the form and every missing material."""
    loan = claimable(s, actor, loan_id)
    kept = stored_all(s, files)
    slots = {file.slot for file in kept}
    faults = [*against_loan(s, form, loan)]
    faults += [
        FieldFault(f"materials.{slot.key}", f"缺少“{slot.title}”，请上传。")
        for slot in missing(Board(loan.board), slots)
    ]
    if faults:
        raise InvalidError(tuple(faults))
    record = open_case(
        s,
        actor,
        Process.CLAIM,
        Board(loan.board),
        subject=loan.firm_name,
        amount=form.requested,
        uscc=loan.uscc,
        town=loan.town,
        industry=loan.industry,
    )
    try:
        with s.begin_nested():
            s.add(
                Claim(
                    case_id=record.id or 0, loan_id=loan_id, opened_at=record.opened_at, **claim_facts(form)
                )
            )
    except IntegrityError as error:  # the index is the last word: one living claim per loan
        raise ConflictError("该笔贷款刚刚已由本单位另一人申请补偿，不能重复申请。") from error
    for file in kept:
        attach_stored(s, actor, record, file)
    told(s, actor, record, "claim_submitted", "claim_received")
    return record


def claimable(s: Session, actor: Actor, loan_id: int) -> Loan:
    """The loan, if the actor may claim on it now; otherwise the reason why not."""
    loan = s.get(Loan, loan_id)
    if loan is None or loan.institution_id != actor.institution_id:
        raise NotThereError("没有找到这笔贷款。只能为本单位已备案的贷款申请补偿。")
    permitted(may_file(actor, Board(loan.board)))
    if loan.state != LoanState.REGISTERED:
        state = LOAN_STATE_NAMES[LoanState(loan.state)]
        raise ConflictError(f"该笔贷款尚未备案（{state}），不能申请补偿。请先办理备案，取得备案号后再申请。")
    earlier = on_loan(s, loan_id)
    if earlier is not None:
        number = s.get_one(CaseRecord, earlier.case_id).number
        raise ConflictError(f"该笔贷款已申请补偿（{number}），同一笔贷款不能重复申请。")
    if outstanding(loan, of_loan(s, loan_id)) == 0:
        raise ConflictError("该笔贷款的本金已全部提前归还，没有可以补偿的损失。")
    return loan


def against_loan(s: Session, form: ClaimForm, loan: Loan) -> tuple[FieldFault, ...]:
    """What the claim says that the registered loan contradicts, its early repayments taken off."""
    left = outstanding(loan, of_loan(s, loan.id or 0))
    faults: list[FieldFault] = []
    if form.unpaid_principal > left:
        faults.append(
            FieldFault(
                "unpaid_principal",
                f"未清偿本金 {form.unpaid_principal:,.2f} 元大于{'贷款本金' if left == loan.principal else '扣除提前还款后的本金'} {left:,.2f} 元，请核对。",
            )
        )
    if form.overdue_since <= loan.disbursed_on:
        faults.append(
            FieldFault(
                "overdue_since", f"首次逾期日 {form.overdue_since} 须晚于放款日 {loan.disbursed_on}，请核对。"
            )
        )
    return tuple(faults)


def claim_facts(form: ClaimForm) -> dict[str, Any]:
    """The columns of a claim as stated."""
    return form.model_dump() | {"classification": form.classification.value}
