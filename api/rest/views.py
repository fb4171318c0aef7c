"""What the API shows of a case, a loan, a document: one schema each, whoever asks."""

from datetime import date

from pydantic import Field
from sqlmodel import Session

from api.rest.returned import ToCorrect, to_correct
from api.rest.wire import Figure, Moment, Out, Yuan
from models import clock
from models.gates import GATES
from models.lifecycle import STATE_NAMES, WITHDRAWABLE, Board, Process, State
from models.permissions import Actor
from models.policy.lines import Check
from models.records import recovery
from models.records.case import CaseRecord
from models.records.claim import Claim
from models.records.claim import of_case as claim_of
from models.records.document import Document, DocumentState
from models.records.loan import LOAN_STATE_NAMES, Loan, LoanState
from models.records.opinion_file import OpinionFile
from models.records.task import open_of_case
from models.records.warning_reply import WarningFile
from models.roles import PARTY_NAMES


class Waiting(Out):
    """案件现在等谁办理。"""

    gate: str = Field(description="环节代码", examples=["acceptance"])
    title: str = Field(description="环节名称", examples=["受理"])
    party: str = Field(description="由哪一方办理", examples=["受托管理机构"])
    yours: bool = Field(description="是否等你单位办理（补正、收款回执、返还回单）")
    due_on: date = Field(description="办理期限（含当日）")


class CheckOut(Out):
    """一项检查的结果。"""

    code: str = Field(description="稳定的代码", examples=["filing.rate"])
    label: str = Field(description="检查什么", examples=["利率上限"])
    result: str = Field(description="pass 通过，fail 不符，look 需人工判断", examples=["pass"])
    value: str
    expected: str
    remedy: str = Field(description="怎样更正")
    clause: str = Field(examples=["三（二）"])


class IncomingOut(Out):
    """一笔回款。"""

    received_on: date
    amount: Yuan
    voucher_number: str


class CostOut(Out):
    """一项追偿费用。"""

    amount: Yuan
    reason: str


class RecoveryOut(Out):
    """登记的追偿与返还，金额为元。"""

    claim_number: str = Field(description="补偿案号")
    action: str = Field(description="追偿措施", examples=["execution"])
    court_number: str
    progress: str
    receipts: list[IncomingOut]
    costs: list[CostOut]
    due: Yuan | None = Field(description="本次应返还；出具返还通知书之前为 null")
    due_on: date | None = Field(description="返还期限")
    returned: Yuan | None = Field(description="已确认到账的返还")
    arrived_on: date | None = Field(description="返还到账日")
    refusal_reason: str = Field(description="不予认定的理由")


class ClaimOut(Out):
    """补偿申请的事实与结果，金额为元。"""

    loan_id: int = Field(description="所申请的贷款")
    overdue_since: date
    classification: str
    unpaid_principal: Yuan
    recovered: Yuan
    recovery_costs: Yuan
    guarantor_paid: Yuan | None
    guarantor_paid_on: date | None
    fund_shares_confirmed: bool
    cause: str
    recovery_plan: str
    requested: Yuan = Field(description="申请补偿金额")
    account_name: str
    account_number: str
    account_bank: str
    approved: Yuan | None = Field(description="决定补偿金额，决定之前为 null")
    refusal_reason: str = Field(description="不予受理、不予补偿或部分补偿的理由")
    notice_starts_on: date | None = Field(description="公示开始")
    notice_ends_on: date | None = Field(description="公示结束")
    paid: Yuan | None
    voucher_number: str
    voucher_date: date | None
    received: Yuan | None
    received_on: date | None


class CaseLine(Out):
    """一件案件（备案、补偿或追偿），如列表所示。"""

    number: str = Field(description="案号", examples=["BC-2026-0001"])
    process: Process = Field(description="业务：filing 备案，claim 补偿，recovery 追偿")
    board: Board = Field(description="板块：bank 银行，guarantee 融担")
    state: State = Field(description="环节代码；请按它编程")
    state_name: str = Field(description="环节名称", examples=["受理"])
    state_since: Moment
    subject: str = Field(description="企业名称，或“12 笔贷款”")
    uscc: str
    town: str
    amount: Yuan = Field(description="备案本金合计、申请补偿金额或回款合计，元")
    decided_amount: Yuan | None = Field(description="决定补偿或应返还的金额，元")
    opened_at: Moment
    closed_at: Moment | None
    withdrawable: bool = Field(description="现在可否撤回")


class CaseOut(CaseLine):
    """一件案件（备案、补偿或追偿）。"""

    waiting_for: list[Waiting] = Field(description="现在等谁办理；空表示系统正在处理、等日期或已办结")
    to_correct: list[ToCorrect] = Field(description="补正要求，一次性列全；不在补正环节为空")
    claim: ClaimOut | None = Field(description="补偿申请的事实；备案、追偿为 null")
    recovery: RecoveryOut | None = Field(description="登记的追偿；备案、补偿为 null")


class LoanOut(Out):
    """一笔贷款（借据）。"""

    id: int = Field(description="贷款编号，申请补偿时使用")
    case: str = Field(description="备案案号")
    item: int = Field(description="备案内的序号")
    state: LoanState
    state_name: str = Field(description="状态名称", examples=["已备案"])
    state_reason: str = Field(description="剔除、不予备案的理由")
    filing_number: str | None = Field(description="备案号")
    registered_at: Moment | None
    uscc: str
    firm_name: str
    sector: str = Field(description="所属行业（门类）")
    finance_like: bool = Field(description="类金融机构")
    investment_management: bool = Field(description="投资与资产管理类企业")
    industry: str = Field(description="划型行业")
    employees: int
    revenue_wan: Yuan = Field(description="营业收入，万元")
    assets_wan: Yuan = Field(description="资产总额，万元")
    size_class: str = Field(description="划型", examples=["小型"])
    legal_person: bool
    town: str
    product: str
    purpose: str
    contract_number: str
    receipt_number: str
    principal: Yuan = Field(description="贷款本金，元")
    contract_date: date
    disbursed_on: date
    due_on: date
    annual_rate_pct: Figure = Field(description="年利率，%")
    guarantee_method: str
    lender_name: str
    guarantee_contract_number: str
    entrust_contract_number: str
    fee_rate_pct: Figure | None = Field(description="担保费率，%")
    national_fund_backed: bool


class DocumentOut(Out):
    """一份文书。"""

    id: int
    code: str = Field(description="文书种类", examples=["D16"])
    title: str = Field(examples=["受理通知书"])
    number: str | None = Field(description="文号", examples=["计受〔2026〕12号"])
    issued_on: date
    state: DocumentState = Field(description="issued 有效，superseded 已被替代，void 已作废")
    filename: str
    sha256: str = Field(description="内容的 SHA-256（十六进制）")
    verification_code: str = Field(description="核验码")


def case_line(case: CaseRecord) -> CaseLine:
    """The case as a list shows it."""
    state = State(case.state)
    return CaseLine(
        number=case.number,
        process=case.process,
        board=case.board,
        state=state,
        state_name=STATE_NAMES[state],
        state_since=case.state_since,
        subject=case.subject,
        uscc=case.uscc,
        town=case.town,
        amount=case.amount,
        decided_amount=case.decided_amount,
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        withdrawable=state in WITHDRAWABLE,
    )


def case_view(db: Session, actor: Actor, case: CaseRecord) -> CaseOut:
    """The case as it stands in this transaction."""
    line = case_line(case)
    return CaseOut(
        **dict(line),
        waiting_for=_waiting(db, actor, case),
        to_correct=to_correct(db, case) if line.state is State.CORRECTION else [],
        claim=_claim(claim_of(db, case.id or 0)) if case.process == Process.CLAIM else None,
        recovery=_recovery(db, case) if case.process == Process.RECOVERY else None,
    )


def _waiting(db: Session, actor: Actor, case: CaseRecord) -> list[Waiting]:
    found: dict[str, Waiting] = {}
    for task in open_of_case(db, case.id or 0):
        gate = GATES[task.gate]
        found[gate.key] = Waiting(
            gate=gate.key,
            title=gate.title,
            party=PARTY_NAMES[gate.party],
            yours=task.institution_id == actor.institution_id,
            due_on=clock.local(task.due_at).date(),
        )
    return list(found.values())


def _claim(claim: Claim) -> ClaimOut:
    decided = claim.notice_started_on is not None or claim.refusal_reason != ""
    stated = {name: getattr(claim, name) for name in ClaimOut.model_fields if hasattr(claim, name)}
    return ClaimOut(
        **stated
        | {
            "approved": claim.approved if decided else None,
            "notice_starts_on": claim.notice_started_on,
            "notice_ends_on": claim.notice_ends_on,
        }
    )


def check_views(found: tuple[Check, ...]) -> list[CheckOut]:
    """Checks as they were found."""
    names = tuple(CheckOut.model_fields)
    return [CheckOut(**{name: str(getattr(check, name) or "") for name in names}) for check in found]


def _recovery(db: Session, case: CaseRecord) -> RecoveryOut:
    found, own = recovery.of_case(db, case.id or 0), [case.id or 0]
    told = found.due_on is not None or case.state == State.NOTHING_DUE
    receipts = sorted(recovery.receipts_of(db, own), key=lambda one: one.item)
    return RecoveryOut(
        claim_number=db.get_one(CaseRecord, case.about_id).number,
        action=found.action,
        court_number=found.court_number,
        progress=found.progress,
        receipts=[
            IncomingOut(**{name: getattr(one, name) for name in IncomingOut.model_fields}) for one in receipts
        ],
        costs=[CostOut(amount=one.amount, reason=one.reason) for one in recovery.costs_of(db, own)],
        due=found.due if told else None,
        due_on=found.due_on,
        returned=found.returned,
        arrived_on=found.arrived_on,
        refusal_reason=found.refusal_reason,
    )


def loan_view(row: Loan, case_number: str) -> LoanOut:
    """A loan as filed."""
    stated = {name: getattr(row, name) for name in LoanOut.model_fields if hasattr(row, name)}
    return LoanOut(**stated | {"case": case_number, "state_name": LOAN_STATE_NAMES[LoanState(row.state)]})


class EnclosedOut(Out):
    """随意见、批注（申报机构看不到）或风险提示函的回复提交的一个附件。"""

    id: int
    filename: str
    media_type: str
    size: int = Field(description="字节")
    sha256: str


def enclosed_view(file: OpinionFile | WarningFile) -> EnclosedOut:
    """A file that came with an opinion, a remark or an answer."""
    return EnclosedOut(**{name: getattr(file, name) for name in EnclosedOut.model_fields})


def document_view(row: Document) -> DocumentOut:
    """A document's facts, without its bytes."""
    return DocumentOut(**{name: getattr(row, name) for name in DocumentOut.model_fields})
