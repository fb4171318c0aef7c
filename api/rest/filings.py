"""备案与补偿 for core systems: look before, submit, correct, withdraw, confirm receipt."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field, StrictStr
from starlette.responses import Response

from api.auth.db import Db
from api.auth.keys import Caller, scoped
from api.rest.calls import IfMatch, Reply, Write
from api.rest.common import CHANGE, WRITE, Materials, answers, as_seen, board_of, materials_of
from api.rest.prepared import WAITING, handed_in
from api.rest.problems import ApiError
from api.rest.recoveries import RecoveryIn, stated
from api.rest.samples import CLAIM, LOAN
from api.rest.strict import RestRoute
from api.rest.views import CaseOut, CheckOut, case_view, check_views
from api.rest.wire import Body, CaseNumber, Out, Yuan, given, under, wire
from flows.actions.applications import claiming, correcting, filing, prechecking, withdrawing
from flows.actions.applications.receiving import ReceiptForm
from flows.actions.errors import NotThereError
from flows.actions.forms.application_forms import (
    MOST_LOANS,
    ClaimForm,
    LoanForm,
    claim_form,
    loan_form,
    read_claim,
    read_filing,
    read_loan,
)
from flows.actions.forms.change_forms import as_typed, typed_value
from flows.actions.maker_checker import matters
from flows.actions.typed import read
from models.lifecycle import Board, Process
from models.records.api_key import Scope
from models.records.claim import of_case as claim_of
from models.records.loan import Loan
from models.records.loan import of_case as loans_of

router = APIRouter(route_class=RestRoute, tags=["办理"])
Filer = Annotated[Caller, scoped(Scope.FILINGS_WRITE)]
Claimant = Annotated[Caller, scoped(Scope.CLAIMS_WRITE)]

LoanIn = wire(
    "LoanIn",
    LoanForm,
    LOAN,
    "一笔贷款（借据）。金额为元，revenue_wan、assets_wan 为万元，利率为 %。"
    "lender_name、guarantee_contract_number、entrust_contract_number、fee_rate_pct 在融担板块必填。",
)
ClaimIn = wire(
    "ClaimIn",
    ClaimForm,
    CLAIM,
    "补偿申请的事实，金额为元。guarantor_paid、guarantor_paid_on 在融担板块必填。",
)


LoanFixIn = wire("LoanFixIn", LoanForm, LOAN, "一笔退回的贷款：只写要更正的各项，其余不变。", optional=True)
ClaimFixIn = wire(
    "ClaimFixIn", ClaimForm, CLAIM, "退回的补偿申请：只写要更正的各项，其余不变。", optional=True
)


class FilingIn(Body):
    """一次备案，1 至 500 笔贷款；更多请用批次。"""

    loans: list[LoanIn] = Field(min_length=1, max_length=MOST_LOANS)  # type: ignore[valid-type]
    materials: Materials = Field(default_factory=dict)


class ClaimRequest(Body):
    """对一笔已备案贷款申请补偿。"""

    loan_id: int = Field(ge=1, le=2**31 - 1, description="贷款编号（GET /loans）", examples=[1])
    claim: ClaimIn  # type: ignore[valid-type]
    materials: Materials = Field(default_factory=dict)


class CorrectionIn(Body):
    """补正：要更正的贷款（备案）、事实（补偿）或登记（追偿，须全部写出），替换的材料，说明。

    案件的 to_correct 列出退回的各项及其 points；没有改动，或改动了没有退回的内容时，须写说明。
    """

    loans: dict[str, LoanFixIn] = Field(  # type: ignore[valid-type]
        default_factory=dict, max_length=MOST_LOANS, description="备案：贷款编号 → 要更正的各项"
    )
    claim: ClaimFixIn | None = Field(None, description="补偿：要更正的各项")  # type: ignore[valid-type]
    recovery: RecoveryIn | None = Field(None, description="追偿：更正后的全部内容")
    materials: Materials = Field(default_factory=dict)
    note: StrictStr = Field("", max_length=1000, description="补正说明", examples=["已补传盖章页。"])


class WithdrawalIn(Body):
    """撤回的原因。"""

    reason: StrictStr = Field(min_length=1, max_length=1000, examples=["企业已清偿。"])


ReceiptIn = wire(
    "ReceiptIn",
    ReceiptForm,
    {"received_on": "2026-11-23", "received_amount": "1000000.00"},
    "到账的日期与金额（元）。",
)


class LoanChecks(Out):
    """一笔贷款的检查结果。"""

    item: int = Field(description="第几笔，从 1 起")
    checks: list[CheckOut]


class FilingChecks(Out):
    """预检结果；没有保存任何内容。"""

    loans: list[LoanChecks]


class ClaimChecks(Out):
    """预检与测算；没有保存任何内容。限额余额每日变化，金额仅供参考。"""

    checks: list[CheckOut]
    estimate: Yuan = Field(description="预计补偿金额，元")


@router.post("/filing-checks", response_model=FilingChecks, responses=answers(*WRITE), summary="备案预检")
def check_filing(db: Db, caller: Filer, body: FilingIn) -> FilingChecks:
    """提交之前逐笔检查：格式、重复、是否符合备案条件及依据条款。不保存任何内容。"""
    board = board_of(caller.actor)
    form = read_filing(board, [given(loan) for loan in body.loans])
    home = caller.actor.institution_id
    return FilingChecks(
        loans=[
            LoanChecks(item=item, checks=check_views(filing.preview(db, board, home, loan)))
            for item, loan in enumerate(form.loans, start=1)
        ]
    )


@router.post(
    "/filings",
    status_code=201,
    response_model=CaseOut,
    responses=answers(*WRITE) | WAITING,
    summary="提交备案",
)
def file(db: Db, caller: Filer, once: Write, body: FilingIn) -> Response:
    """一次提交成为一件案件。全部贷款都没有问题才保存；有问题时一次列出全部。"""

    def do() -> Reply:
        board = board_of(caller.actor)
        form = read_filing(board, [given(loan) for loan in body.loans])
        files = materials_of(db, caller.actor, Process.FILING, board, body.materials)
        return handed_in(db, caller, matters.file(form, files), 201)

    return once.run(db, caller, do)


@router.post("/claim-checks", response_model=ClaimChecks, responses=answers(*WRITE), summary="补偿预检与测算")
def check_claim(db: Db, caller: Claimant, body: ClaimRequest) -> ClaimChecks:
    """提交之前检查是否符合补偿条件并测算。不保存任何内容。"""
    board_of(caller.actor)
    loan = claiming.claimable(db, caller.actor, body.loan_id)
    form = under("claim", lambda: read_claim(Board(loan.board), given(body.claim)))
    found = prechecking.outlook(db, form, loan)
    return ClaimChecks(checks=check_views(found.checks), estimate=found.award.payable)


@router.post(
    "/claims",
    status_code=201,
    response_model=CaseOut,
    responses=answers(*WRITE) | WAITING,
    summary="申请补偿",
)
def claim(db: Db, caller: Claimant, once: Write, body: ClaimRequest) -> Response:
    """对一笔已备案的贷款申请补偿；必备材料须先上传。同一笔贷款只能有一件在办或已办结的补偿。"""

    def do() -> Reply:
        board_of(caller.actor)
        loan = claiming.claimable(db, caller.actor, body.loan_id)
        form = under("claim", lambda: read_claim(Board(loan.board), given(body.claim)))
        files = materials_of(db, caller.actor, Process.CLAIM, Board(loan.board), body.materials)
        return handed_in(db, caller, matters.claim(form, loan, files), 201)

    return once.run(db, caller, do)


@router.post(
    "/cases/{number}/corrections",
    response_model=CaseOut,
    responses=answers(*CHANGE) | WAITING,
    summary="补正后重新提交",
)
def correct(
    db: Db, caller: Filer, once: Write, number: CaseNumber, body: CorrectionIn, if_match: IfMatch = None
) -> Response:
    """只在补正环节；提交后恢复计时，回到原审核环节。补偿、追偿案件另需 claims:write 权限。"""

    def do() -> Reply:
        case = as_seen(db, caller, number, if_match)
        board, process = Board(case.board), Process(case.process)
        correcting.open_task(db, caller.actor, number, process)
        files = materials_of(db, caller.actor, process, board, body.materials)
        if process == Process.CLAIM:
            if body.loans or body.recovery is not None:
                raise ApiError(422, sentence="补偿案件请在 claim 中给出要更正的各项，不带 loans、recovery。")
            stands = claim_of(db, case.id or 0)
            typed = _fixed(claim_form(board), stands, body.claim)
            form = under("claim", lambda: read_claim(board, typed))
            matter = matters.correct_claim(case, form, files, body.note)
        elif process == Process.RECOVERY:
            if body.recovery is None or body.loans or body.claim is not None:
                raise ApiError(
                    422, sentence="追偿案件请在 recovery 中给出更正后的全部内容，不带 loans、claim。"
                )
            matter = matters.correct_recovery(case, stated(body.recovery), files, body.note)
        else:
            if body.claim is not None or body.recovery is not None:
                raise ApiError(422, sentence="备案案件请在 loans 中给出更正的贷款，不带 claim、recovery。")
            loans = _loans(board, body.loans, {str(row.id): row for row in loans_of(db, case.id or 0)})
            matter = matters.correct_filing(case, loans, files, body.note)
        return handed_in(db, caller, matter)

    return once.run(db, caller, do)


def _fixed(form: type[BaseModel], row: object, sent: BaseModel | None) -> dict[str, str]:
    """What stands with what was sent in its place, as a person would type it."""
    changed = {name: typed_value(value) for name, value in given(sent).items()} if sent is not None else {}
    return as_typed(form, row) | changed


def _loans(board: Board, stated: dict[str, Any], rows: dict[str, Loan]) -> dict[int, LoanForm]:
    found: dict[int, LoanForm] = {}
    for key, loan in stated.items():
        if not (key.isascii() and key.isdigit() and len(key) < 10):
            raise ApiError(422, sentence=f"loans 的键须为贷款编号，“{key[:20]}”不是。")
        if key not in rows:
            raise NotThereError("其中有贷款不属于这件案件，请重新读取后再提交。")
        typed = _fixed(loan_form(board), rows[key], loan)
        found[int(key)] = under(f"loans.{key}", partial(read_loan, board, typed))
    return found


@router.post("/cases/{number}/withdrawal", response_model=CaseOut, responses=answers(*CHANGE), summary="撤回")
def withdraw(
    db: Db, caller: Filer, once: Write, number: CaseNumber, body: WithdrawalIn, if_match: IfMatch = None
) -> Response:
    """决定之前可以撤回；在办环节失效，预留额度释放，经过仍可见。补偿、追偿案件另需 claims:write 权限。"""

    def do() -> Reply:
        case = as_seen(db, caller, number, if_match)
        withdrawing.withdraw(db, caller.actor, number, body.reason)
        return Reply(case_view(db, caller.actor, case))

    return once.run(db, caller, do)


@router.post(
    "/cases/{number}/receipt",
    response_model=CaseOut,
    responses=answers(*CHANGE) | WAITING,
    summary="确认到账",
)
def receipt(
    db: Db,
    caller: Claimant,
    once: Write,
    number: CaseNumber,
    body: ReceiptIn,  # type: ignore[valid-type]
    if_match: IfMatch = None,
) -> Response:
    """补偿资金到账后确认日期与金额；案件办结。"""

    def do() -> Reply:
        case = as_seen(db, caller, number, if_match)
        matter = matters.receipt(case, read(ReceiptForm, given(body)))
        return handed_in(db, caller, matter)

    return once.run(db, caller, do)


__all__ = ["ClaimIn", "LoanIn", "router"]
