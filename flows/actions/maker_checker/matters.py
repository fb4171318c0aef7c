"""What a filer submits, as data: each kind once, with how it is carried out and what a checker is shown of it.

A matter holds what was typed and the files, so that it can wait for a second person (`handing_in`) and is carried
out by the same action either way. A new kind is one function that makes its `Matter` and one entry of `KINDS`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from flows.actions.applications import (
    claiming,
    correcting,
    filing,
    importing,
    receiving,
    recovering,
    returning,
)
from flows.actions.applications.receiving import ReceiptForm
from flows.actions.attaching import Upload
from flows.actions.errors import ConflictError
from flows.actions.forms.application_forms import (
    ClaimForm,
    FilingForm,
    LoanForm,
    read_claim,
    read_filing,
    read_loan,
)
from flows.actions.forms.change_forms import as_typed
from flows.actions.forms.recovery_forms import (
    RecoveryForm,
    ReturnForm,
    flattened,
    nested,
    read_recovery,
)
from flows.actions.loans import changing, replying
from flows.actions.maker_checker import matters_shown
from flows.actions.maker_checker.matter import Matter, Shown
from flows.actions.typed import read
from models.lifecycle import Board, Process
from models.money import ZERO
from models.permissions import Actor
from models.records import loan_import
from models.records.case import CaseRecord
from models.records.draft import DraftKind
from models.records.loan import Loan
from models.records.loan_change import CHANGE_NAMES, ChangeKind, LoanChange
from models.records.loan_import import LoanImport


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of matter is called, carried out (giving its case, if it has one) and shown.

    `page` is where it is begun and where it is put right; `draft` the draft it becomes when it is taken up again.
    """

    name: str
    page: str
    perform: Callable[[Session, Actor, Matter], CaseRecord | None]
    show: Callable[[Session, Actor, Matter], Shown]
    draft: DraftKind | None = None


def file(form: FilingForm, files: Sequence[Upload] = ()) -> Matter:
    """备案: loans put up for filing."""
    typed = [as_typed(type(loan), loan) for loan in form.loans]
    total = sum((loan.principal for loan in form.loans), ZERO)
    first = form.loans[0].firm_name
    title = f"备案：{first}" if len(typed) == 1 else f"备案：{first}等 {len(typed)} 笔贷款"
    return Matter("filing", "", title, total, {"loans": typed}, files)


def claim(form: ClaimForm, loan: Loan, files: Sequence[Upload] = ()) -> Matter:
    """补偿申请 on a registered loan."""
    data = {"typed": as_typed(type(form), form)}
    return Matter("claim", str(loan.id), f"补偿申请：{loan.firm_name}", form.requested, data, files)


def correct_filing(
    case: CaseRecord, loans: Mapping[int, LoanForm], files: Sequence[Upload] = (), note: str = ""
) -> Matter:
    """补正 of a filing: the loans that are changed, by id."""
    data = {"loans": {str(key): as_typed(type(loan), loan) for key, loan in loans.items()}, "note": note}
    return Matter("correction", case.number, f"补正：{case.subject}", case.amount, data, files)


def correct_claim(case: CaseRecord, form: ClaimForm, files: Sequence[Upload] = (), note: str = "") -> Matter:
    """补正 of a claim: all its facts."""
    data = {"typed": as_typed(type(form), form), "note": note}
    return Matter("correction", case.number, f"补正：{case.subject}", form.requested, data, files)


def change(loan: Loan, kind: ChangeKind, typed: Mapping[str, Any]) -> Matter:
    """登记贷款变更, as typed."""
    data = {"change": kind.value, "typed": dict(typed)}
    title = f"{CHANGE_NAMES[kind]}：{loan.firm_name} {loan.receipt_number}"
    return Matter("loan_change", str(loan.id), title, loan.principal, data)


def reply(loan: Loan, one: LoanChange, words: str, files: Sequence[Upload] = ()) -> Matter:
    """回复风险提示函 about an anomaly of a loan, as typed."""
    data = {"change": one.id, "typed": {"words": words}}
    title = f"回复风险提示函：{loan.firm_name} {one.number}"
    return Matter("warning_reply", str(loan.id), title, one.unpaid or ZERO, data, files)


def receipt(case: CaseRecord, form: ReceiptForm) -> Matter:
    """收款回执."""
    data = {"typed": as_typed(ReceiptForm, form)}
    return Matter("receipt", case.number, f"确认收款：{case.subject}", form.received_amount, data)


def recovery(form: RecoveryForm, paid: CaseRecord, files: Sequence[Upload] = ()) -> Matter:
    """登记追偿 of a paid claim."""
    total = sum((one.amount for one in form.receipts), ZERO)
    title = f"{'登记回款' if form.receipts else '追偿进展'}：{paid.subject}"
    return Matter("recovery", paid.number, title, total, {"typed": flattened(form)}, files)


def correct_recovery(
    case: CaseRecord, form: RecoveryForm, files: Sequence[Upload] = (), note: str = ""
) -> Matter:
    """补正 of a recovery: everything it states."""
    total = sum((one.amount for one in form.receipts), ZERO)
    data = {"typed": flattened(form), "note": note}
    return Matter("correction", case.number, f"补正：{case.subject}", total, data, files)


def slip(case: CaseRecord, form: ReturnForm, files: Sequence[Upload] = ()) -> Matter:
    """返还回单."""
    data = {"typed": as_typed(ReturnForm, form)}
    return Matter("return", case.number, f"返还回单：{case.subject}", form.returned_amount, data, files)


def imported(s: Session, found: LoanImport, *, good_only: bool) -> Matter:
    """提交批量备案: the good rows of a list, as it was read when this was written."""
    data = {"good_only": good_only, "good": found.good, "bad": found.bad, "sha256": found.sha256}
    title = f"批量备案：{found.filename}（{found.good} 笔）"
    return Matter("import", str(found.id), title[:200], loan_import.good_amount(s, found.id or 0), data)


def _file(s: Session, actor: Actor, matter: Matter) -> CaseRecord:
    form = read_filing(actor.files_board or Board.BANK, matter.data["loans"])
    return filing.submit(s, actor, form, matter.files)


def _claim(s: Session, actor: Actor, matter: Matter) -> CaseRecord:
    loan = claiming.claimable(s, actor, int(matter.subject))
    form = read_claim(Board(loan.board), matter.data["typed"])
    return claiming.submit(s, actor, form, loan.id or 0, matter.files)


def _correct(s: Session, actor: Actor, matter: Matter) -> CaseRecord:
    case, data = matters_shown.case_of(s, matter), matter.data
    board, note = Board(case.board), data["note"]
    if case.process == Process.CLAIM:
        form = read_claim(board, data["typed"])
        return correcting.correct_claim(s, actor, case.number, form, matter.files, note)
    if case.process == Process.RECOVERY:
        stated = read_recovery(nested(data["typed"]))
        return correcting.correct_recovery(s, actor, case.number, stated, matter.files, note)
    loans = {int(key): read_loan(board, typed) for key, typed in data["loans"].items()}
    return correcting.correct_filing(s, actor, case.number, loans, matter.files, note)


def _change(s: Session, actor: Actor, matter: Matter) -> CaseRecord:
    kind, loan_id = ChangeKind(matter.data["change"]), int(matter.subject)
    changing.propose(s, actor, loan_id, kind, matter.data["typed"])
    return s.get_one(CaseRecord, s.get_one(Loan, loan_id).case_id)  # the loan's filing


def _reply(s: Session, actor: Actor, matter: Matter) -> CaseRecord:
    replying.reply(s, actor, matter.data["change"], matter.data["typed"], matter.files)
    return s.get_one(CaseRecord, s.get_one(Loan, int(matter.subject)).case_id)  # the loan's filing


def _receipt(s: Session, actor: Actor, matter: Matter) -> CaseRecord:
    case = matters_shown.case_of(s, matter)
    receiving.confirm(s, actor, case, read(ReceiptForm, matter.data["typed"]))
    return case


def _recovery(s: Session, actor: Actor, matter: Matter) -> CaseRecord:
    form = read_recovery(nested(matter.data["typed"]))
    return recovering.submit(s, actor, matter.subject, form, matter.files)


def _slip(s: Session, actor: Actor, matter: Matter) -> CaseRecord:
    case = matters_shown.case_of(s, matter)
    returning.state(s, actor, case, read(ReturnForm, matter.data["typed"]), matter.files)
    return case


def _import(s: Session, actor: Actor, matter: Matter) -> None:
    found, data = importing.seen(s, actor, int(matter.subject)), matter.data
    if (found.good, found.bad, found.sha256) != (data["good"], data["bad"], data["sha256"]):
        raise ConflictError(
            "这份清单在送复核之后重新查验过，可提交的行已有变化。请退回，由经办核对后重新送复核。"
        )
    importing.submit(s, actor, int(matter.subject), good_only=data["good_only"])


KINDS: dict[str, Kind] = {
    "filing": Kind("备案", "/bank/filings/new", _file, matters_shown.show_filing, DraftKind.FILING),
    "claim": Kind(
        "补偿申请", "/bank/claims/new?loan={subject}", _claim, matters_shown.show_claim, DraftKind.CLAIM
    ),
    "correction": Kind(
        "补正", "/bank/cases/{subject}/correct", _correct, matters_shown.show_correction, DraftKind.CORRECTION
    ),
    "loan_change": Kind("贷款变更", "/loans/{subject}", _change, matters_shown.show_change),
    "warning_reply": Kind("回复风险提示函", "/loans/{subject}", _reply, matters_shown.show_reply),
    "receipt": Kind("收款回执", "/bank/cases/{subject}/receipt", _receipt, matters_shown.show_receipt),
    "recovery": Kind(
        "追偿登记",
        "/bank/recoveries/new?claim={subject}",
        _recovery,
        matters_shown.show_recovery,
        DraftKind.RECOVERY,
    ),
    "return": Kind("返还回单", "/bank/cases/{subject}/return", _slip, matters_shown.show_slip),
    "import": Kind("批量备案", "/imports/{subject}", _import, matters_shown.show_import),
}
"""Every kind of matter, by the word it is stored under."""
