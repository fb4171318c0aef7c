"""What a checker sees of each kind of matter: everything that will be submitted, in words, and the rules' findings."""

from dataclasses import replace
from decimal import Decimal

from pydantic import BaseModel
from sqlmodel import Session

from flows.actions.applications import correcting, filing, prechecking, recovering
from flows.actions.applications.receiving import ReceiptForm
from flows.actions.attaching import Stored
from flows.actions.errors import NotThereError
from flows.actions.forms.application_forms import ClaimForm, loan_form, read_claim, read_filing, read_loan
from flows.actions.forms.change_forms import FORMS, as_typed
from flows.actions.forms.recovery_forms import (
    ActionForm,
    RecoveryForm,
    ReturnForm,
    nested,
    read_recovery,
)
from flows.actions.loans.warning import warned
from flows.actions.maker_checker.matter import Matter, Section, Shown
from flows.actions.typed import attempt, read, said
from flows.steps import papers
from models.lifecycle import Board, Process
from models.permissions import Actor
from models.policy.anomalies import ANOMALY_NAMES, Anomaly
from models.policy.lines import Check
from models.policy.materials import CLAIM_SLOTS, FILING_SLOTS, SLIP, SLOTS
from models.records import recovery
from models.records.case import CaseRecord, by_number
from models.records.claim import of_case as claim_of
from models.records.loan import Loan
from models.records.loan import of_case as loans_of
from models.records.loan_change import CHANGE_NAMES, ChangeKind, LoanChange


def case_of(s: Session, matter: Matter) -> CaseRecord:
    """The case a matter is about. Raises `NotThereError`."""
    found = by_number(s, matter.subject)
    if found is None:
        raise NotThereError("没有找到这件案件。")
    return found


def _of_form(heading: str, form: BaseModel) -> Section:
    lines = []
    for name, info in type(form).model_fields.items():
        value = getattr(form, name)
        other_board = name in _GUARANTEE and not value
        if value not in (None, "") and not other_board:
            lines.append((info.title or name, said(value) + _unit(name, value)))
    return Section(heading, tuple(lines))


_GUARANTEE = frozenset({"national_fund_backed", "fund_shares_confirmed", "fee_rate_pct"})
"""What only the guarantee board asks: a bank's “no” there would only puzzle."""


def _unit(name: str, value: object) -> str:
    if isinstance(value, Decimal):
        return "%" if name.endswith("_pct") else " 万元" if name.endswith("_wan") else " 元"
    return " 人" if name == "employees" else ""


def show_filing(s: Session, actor: Actor, matter: Matter) -> Shown:
    board = actor.files_board or Board.BANK
    form = read_filing(board, matter.data["loans"])
    sections, checks = [], []
    for place, loan in enumerate(form.loans, start=1):
        sections.append(_of_form(f"第 {place} 笔：{loan.firm_name}", loan))
        found = filing.preview(s, board, actor.institution_id, loan)
        checks += [(f"第 {place} 笔", check) for check in found]
    return Shown(tuple(sections), tuple(checks), {slot.key: slot.title for slot in FILING_SLOTS[board]})


def show_claim(s: Session, actor: Actor, matter: Matter) -> Shown:
    loan = s.get_one(Loan, int(matter.subject))
    form = read_claim(Board(loan.board), matter.data["typed"])
    shown = _claimed(s, form, loan)
    files = [one for one in matter.files if isinstance(one, Stored)]
    lines = [(one.title, one.words) for one in papers.compared(s, loan, form, files)]
    if words := papers.disagreement(loan, form):
        lines.append(("代偿金额", words))
    read_ = (Section("材料与填报核对", tuple(lines)),) if lines else ()
    return replace(shown, sections=(*shown.sections, *read_))


def _claimed(s: Session, form: ClaimForm, loan: Loan) -> Shown:
    of = Section(
        "备案的贷款",
        (
            ("企业", loan.firm_name),
            ("备案号", loan.filing_number or "—"),
            ("借款合同号", loan.contract_number),
            ("借据号", loan.receipt_number),
            ("贷款本金", f"{said(loan.principal)} 元"),
        ),
    )
    found = prechecking.outlook(s, form, loan)
    estimate = Section("测算", (("预计补偿", f"{said(min(found.award.payable, form.requested))} 元"),))
    checks = tuple(("补偿申请", check) for check in found.checks)
    titles = {slot.key: slot.title for slot in CLAIM_SLOTS[Board(loan.board)]}
    return Shown((of, _of_form("申请内容", form), estimate), checks, titles)


def show_correction(s: Session, actor: Actor, matter: Matter) -> Shown:
    case, data = case_of(s, matter), matter.data
    board, changed = Board(case.board), list[dict[str, str]]()
    checks: tuple[tuple[str, Check], ...] = ()
    slots = SLOTS[case.process][board]
    if case.process == Process.RECOVERY:
        form_of_all = read_recovery(nested(data["typed"]))
        shown = _recovered(s, s.get_one(CaseRecord, case.about_id), form_of_all)
        notes = (Section("补正说明", (("说明", data["note"]),)),) if data["note"] else ()
        return Shown((*shown.sections, *notes), shown.checks, shown.materials)
    if case.process == Process.CLAIM:
        stands = claim_of(s, case.id or 0)
        form = read_claim(board, data["typed"])
        changed = correcting.differences(stands, form, "补偿申请")
        checks = _claimed(s, form, s.get_one(Loan, stands.loan_id)).checks
    else:
        for row in loans_of(s, case.id or 0):
            typed = data["loans"].get(str(row.id))
            if typed is not None:
                form_of = read_loan(board, typed)
                changed += correcting.differences(row, form_of, f"第 {row.item} 笔")
                found = filing.preview(s, board, actor.institution_id, form_of)
                checks = (*checks, *((f"第 {row.item} 笔", check) for check in found))
    lines = tuple((f"{one['where']}　{one['what']}", f"{one['before']} → {one['after']}") for one in changed)
    sections = [Section("更改", lines or (("填报内容", "没有更改"),))]
    if data["note"]:
        sections.append(Section("补正说明", (("说明", data["note"]),)))
    return Shown(tuple(sections), checks, {slot.key: slot.title for slot in slots})


def show_change(s: Session, actor: Actor, matter: Matter) -> Shown:
    loan = s.get_one(Loan, int(matter.subject))
    kind, typed = ChangeKind(matter.data["change"]), matter.data["typed"]
    lines: list[tuple[str, str]] = []
    if kind is ChangeKind.CORRECTION:
        form, stands = loan_form(Board(loan.board)), as_typed(loan_form(Board(loan.board)), loan)
        wanted, _ = attempt(form, stands | {n: str(typed[n]) for n in form.model_fields if n in typed})
        changed = correcting.differences(loan, wanted, "") if wanted else []
        lines += [(one["what"], f"{one['before']} → {one['after']}") for one in changed]
    names = FORMS[kind].model_fields
    for name, info in names.items():
        value = str(typed.get(name) or "（空）")
        known = ANOMALY_NAMES.get(Anomaly(value)) if name == "anomaly" and value in set(Anomaly) else None
        lines.append((info.title or name, known or value))
    about = (("企业", loan.firm_name), ("备案号", loan.filing_number or "—"), ("借据号", loan.receipt_number))
    return Shown((Section("贷款", about), Section(CHANGE_NAMES[kind], tuple(lines))))


def show_reply(s: Session, actor: Actor, matter: Matter) -> Shown:
    about = s.get_one(LoanChange, matter.data["change"])
    letter = warned(s, about)
    said_ = (("风险提示函", letter.number or "—"), ("提示要求", letter.context["request"])) if letter else ()
    what = (("异常情况", f"{about.number}　{ANOMALY_NAMES[about.anomaly]}"),) if about.anomaly else ()
    lines = (("回复", str(matter.data["typed"]["words"])),)
    return Shown((Section("风险提示", (*what, *said_)), Section("回复", lines)), (), {"files": "附件"})


def show_receipt(s: Session, actor: Actor, matter: Matter) -> Shown:
    paid = claim_of(s, case_of(s, matter).id or 0)
    of = Section("拨付情况", (("拨付金额", f"{said(paid.paid)} 元"), ("拨付日期", said(paid.voucher_date)), ("凭证号", paid.voucher_number)))  # fmt: skip
    return Shown((of, _of_form("到账情况", read(ReceiptForm, matter.data["typed"]))))


def show_recovery(s: Session, actor: Actor, matter: Matter) -> Shown:
    return _recovered(s, case_of(s, matter), read_recovery(nested(matter.data["typed"])))


def _recovered(s: Session, paid: CaseRecord, form: RecoveryForm) -> Shown:
    claim, seen = claim_of(s, paid.id or 0), recovering.outlook(s, paid, form)
    of = Section(
        "补偿案件",
        (("案号", paid.number), ("企业", paid.subject), ("已付补偿", f"{said(claim.paid)} 元")),
    )
    rows = [_of_form(f"回款 {n}", one) for n, one in enumerate(form.receipts, start=1)]
    rows += [_of_form(f"费用 {n}", one) for n, one in enumerate(form.costs, start=1)]
    action = _of_form("追偿措施和进展", ActionForm(**form.model_dump(include=set(ActionForm.model_fields))))
    due = (("预计本次应返还", f"{said(seen.share.due_now)} 元"),) if seen.share else ()
    sections = (of, *rows, action, *((Section("测算", due),) if due else ()))
    checks = tuple(("", check) for check in seen.checks)
    return Shown(sections, checks, {slot.key: slot.title for slot in SLOTS["recovery"][Board(paid.board)]})


def show_slip(s: Session, actor: Actor, matter: Matter) -> Shown:
    found = recovery.of_case(s, case_of(s, matter).id or 0)
    of = Section("应返还", (("金额", f"{said(found.due)} 元"), ("返还期限", said(found.due_on))))
    form = read(ReturnForm, matter.data["typed"])
    return Shown((of, _of_form("缴款情况", form)), (), {SLIP.key: SLIP.title})


def show_import(s: Session, actor: Actor, matter: Matter) -> Shown:
    data = matter.data
    lines = [("提交的行", f"{data['good']} 笔"), ("本金合计", f"{said(matter.amount)} 元")]
    if data["bad"]:
        lines.append(("不提交的行", f"{data['bad']} 行有错误，更正后另行上传"))
    return Shown((Section("清单", (*lines, ("文件校验值", data["sha256"]))),))
