"""追偿 for core systems: register what came back, look beforehand, hand in the slip of the return."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from api.auth.db import Db
from api.auth.keys import Caller, scoped
from api.rest.calls import IfMatch, Reply, Write
from api.rest.common import CHANGE, WRITE, Materials, answers, as_seen, board_of, materials_of
from api.rest.prepared import WAITING, handed_in
from api.rest.samples import RECOVERY, SLIP
from api.rest.strict import RestRoute
from api.rest.views import CaseOut, CheckOut, check_views
from api.rest.wire import Body, CaseNumber, Out, Yuan, given, under, wire
from flows.actions.applications import recovering
from flows.actions.forms.recovery_forms import (
    MOST_ROWS,
    ActionForm,
    CostForm,
    IncomingForm,
    RecoveryForm,
    ReturnForm,
    read_recovery,
)
from flows.actions.maker_checker import matters
from flows.actions.typed import read
from models.lifecycle import Board, Process
from models.records.api_key import Scope

router = APIRouter(route_class=RestRoute, tags=["办理"])
Claimant = Annotated[Caller, scoped(Scope.CLAIMS_WRITE)]

IncomingIn = wire("IncomingIn", IncomingForm, RECOVERY["receipts"][0], "一笔回款，金额为元。")
CostIn = wire("CostIn", CostForm, RECOVERY["costs"][0], "一项追偿费用，金额为元。")
_ActionIn: Any = wire("ActionIn", ActionForm, RECOVERY, "追偿措施和进展。")


class RecoveryIn(_ActionIn):  # type: ignore[misc]
    """登记的追偿：回款、费用、措施；没有回款时为追偿进展报告，须写 progress。"""

    receipts: list[IncomingIn] = Field(default_factory=list, max_length=MOST_ROWS, description="回款")  # type: ignore[valid-type]
    costs: list[CostIn] = Field(default_factory=list, max_length=MOST_ROWS, description="追偿费用")  # type: ignore[valid-type]


class RecoveryRequest(Body):
    """为一件已拨付的补偿登记追偿。"""

    claim_number: str = Field(
        pattern=r"^[A-Z]{2}-\d{4}-\d{4,8}$", description="补偿案号", examples=["BC-2026-0001"]
    )
    recovery: RecoveryIn
    materials: Materials = Field(default_factory=dict)


SlipIn: Any = wire("SlipFacts", ReturnForm, SLIP, "缴款的日期、金额（元）与回单号。")


class ReturnIn(SlipIn):  # type: ignore[misc]
    """返还回单。"""

    materials: Materials = Field(default_factory=dict)


class RecoveryChecks(Out):
    """预检与测算；没有保存任何内容。"""

    checks: list[CheckOut]
    due: Yuan | None = Field(description="预计本次应返还，元；没有回款为 null")


def stated(body: RecoveryIn) -> RecoveryForm:
    """The registration as sent. Faults are put below `recovery` of the body."""
    return under("recovery", lambda: read_recovery(given(body)))


@router.post(
    "/recovery-checks", response_model=RecoveryChecks, responses=answers(*WRITE), summary="追偿预检与测算"
)
def check(db: Db, caller: Claimant, body: RecoveryRequest) -> RecoveryChecks:
    """登记之前检查并测算本次应返还。不保存任何内容。"""
    board_of(caller.actor)
    paid = recovering.recoverable(db, caller.actor, body.claim_number)
    found = recovering.outlook(db, paid, stated(body.recovery))
    return RecoveryChecks(checks=check_views(found.checks), due=found.share.due_now if found.share else None)


@router.post(
    "/recoveries",
    status_code=201,
    response_model=CaseOut,
    responses=answers(*WRITE) | WAITING,
    summary="登记追偿",
)
def register(db: Db, caller: Claimant, once: Write, body: RecoveryRequest) -> Response:
    """登记一件已拨付补偿的回款、费用或追偿进展；凭证须先上传。同一补偿同时只能有一件在办的追偿。"""

    def do() -> Reply:
        board_of(caller.actor)
        paid = recovering.recoverable(db, caller.actor, body.claim_number)
        form = stated(body.recovery)
        files = materials_of(db, caller.actor, Process.RECOVERY, Board(paid.board), body.materials)
        return handed_in(db, caller, matters.recovery(form, paid, files), 201)

    return once.run(db, caller, do)


@router.post(
    "/cases/{number}/return-slip",
    response_model=CaseOut,
    responses=answers(*CHANGE) | WAITING,
    summary="登记返还回单",
)
def return_slip(
    db: Db, caller: Claimant, once: Write, number: CaseNumber, body: ReturnIn, if_match: IfMatch = None
) -> Response:
    """按追偿返还通知书缴款后登记；金额须与通知书一致，回单（return_slip）须先上传。市财政局确认到账后入账。"""

    def do() -> Reply:
        case = as_seen(db, caller, number, if_match)
        form = read(ReturnForm, {k: v for k, v in given(body).items() if k != "materials"})
        files = materials_of(db, caller.actor, Process(case.process), Board(case.board), body.materials)
        return handed_in(db, caller, matters.slip(case, form, files))

    return once.run(db, caller, do)
