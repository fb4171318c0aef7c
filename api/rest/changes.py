"""贷款变更 over the API: 展期（续备案）, 提前还款, 法定代表人变更, 更正, 异常情况; registered by the loan's institution, confirmed by the
managing one, which may warn of an anomaly."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field
from sqlmodel import Session, select
from starlette.responses import Response

from api.auth.db import Db
from api.auth.keys import Caller, scoped
from api.rest.calls import IfMatch, IfNoneMatch, Reply, Write, shown, unchanged
from api.rest.change_bodies import (
    AnomalyIn,
    DecisionIn,
    ExtensionIn,
    LoanCorrectionIn,
    PrepaymentIn,
    ReplyIn,
    RepresentativeIn,
    WarningIn,
)
from api.rest.common import CHANGE, READ, WRITE, answers, enclosed_of
from api.rest.prepared import WAITING, replied
from api.rest.strict import RestRoute
from api.rest.warning_view import ReplyOut, reply_view
from api.rest.wire import Id, Moment, Out, Page, Yuan, given
from flows.actions.errors import NotThereError, permitted
from flows.actions.forms import change_forms
from flows.actions.loans import changing, warning
from flows.actions.maker_checker import handing_in, matters
from models.permissions import Actor, may_see_loan_changes
from models.policy.anomalies import ANOMALY_NAMES, Anomaly
from models.records import loan_change, person
from models.records.api_key import Scope
from models.records.case import CaseRecord
from models.records.loan import Loan
from models.records.loan_change import CHANGE_NAMES, ChangeKind, LoanChange
from models.records.two_people import VERDICT_NAMES, Verdict
from models.roles import Role

router = APIRouter(route_class=RestRoute, tags=["变更"])
Reader = Annotated[Caller, scoped(Scope.CASES_READ)]
Filer = Annotated[Caller, scoped(Scope.FILINGS_WRITE)]
Reviewer = Annotated[Caller, scoped(Scope.TASKS_READ)]
Decider = Annotated[Caller, scoped(Scope.TASKS_WRITE)]
ChangeId = Annotated[int, Path(ge=1, le=2**31 - 1, description="变更编号（id）")]


class FailingOut(Out):
    """确认之后这笔贷款将不符合的一项备案条件。"""

    code: str
    label: str
    remedy: str
    clause: str


class ChangeOut(Out):
    """一项变更。"""

    id: int
    loan_id: int
    case: str = Field(description="备案案号")
    number: str = Field(description="变更编号；展期的即续备案号", examples=["FB-2026-000001-变1"])
    kind: ChangeKind = Field(description="、".join(f"{k.value} {name}" for k, name in CHANGE_NAMES.items()))
    on: date = Field(description="签订、还款、登记或发现异常的日期")
    new_due_on: date | None
    repaid: Yuan | None
    anomaly: Anomaly | None = Field(
        description="异常类型：" + "、".join(f"{k.value} {name}" for k, name in ANOMALY_NAMES.items())
    )
    unpaid: Yuan | None = Field(description="发现异常时的未还本金，元")
    measures: str = Field(description="对异常已采取的措施")
    warned: str = Field(description="已发出的风险提示函的文号；没有的为空")
    reply: ReplyOut | None = Field(description="风险提示函的答复期限与回复；没有发函的为 null")
    before: dict[str, str] = Field(description="更正、变更前；法定代表人在 representative")
    after: dict[str, str] = Field(description="更正、变更后")
    reason: str
    document: str
    due_on: date = Field(description="审核期限")
    verdict: Verdict | None = Field(
        description="、".join(f"{v.value} {name}" for v, name in VERDICT_NAMES.items()) + "；待审核为 null"
    )
    proposed_by: str
    proposed_at: Moment
    decided_by: str | None
    decided_at: Moment | None
    note: str
    failing: list[FailingOut] = Field(description="待审核时：确认后将不符合的备案条件，供审核方参考")


@router.get(
    "/loans/{loan_id}/changes", response_model=Page[ChangeOut], responses=answers(*READ), summary="贷款的变更"
)
def changes(db: Db, caller: Reader, loan_id: Id) -> Page[ChangeOut]:
    """一笔贷款的全部变更，先登记的在前。"""
    loan = db.get(Loan, loan_id)
    if loan is None or not (caller.actor.watches_all or loan.institution_id == caller.actor.institution_id):
        raise NotThereError("没有找到这笔贷款。")
    items = [_view(db, caller.actor, one) for one in loan_change.of_loan(db, loan_id)]
    return Page(items=items, next=None)


@router.get("/loan-changes", response_model=Page[ChangeOut], responses=answers(*READ), summary="待审核的变更")
def waiting(
    db: Db, caller: Reviewer, decided: Annotated[bool, Query(description="也列已审核的")] = False
) -> Page[ChangeOut]:
    """审核方使用：待审核的按期限在前，至多 100 项；受托管理机构看到由其审核的。"""
    permitted(may_see_loan_changes(caller.actor))
    managing = caller.actor.roles & {Role.MANAGING_OFFICER, Role.MANAGING_HEAD}
    rows = loan_change.recent(db, caller.actor.institution_id if managing else None)
    items = [_view(db, caller.actor, one) for one, _ in rows if decided or one.verdict is None]
    return Page(items=items, next=None)


@router.get(
    "/loan-changes/{change_id}",
    response_model=ChangeOut,
    responses=answers(*READ) | {304: {"description": "没有变化"}},
    summary="一项变更",
)
def change(db: Db, caller: Reader, change_id: ChangeId, if_none_match: IfNoneMatch = None) -> Response:
    """现状与结论。ETag 用于 If-Match。"""
    return shown(_view(db, caller.actor, _found(db, caller.actor, change_id)), if_none_match)


@router.post(
    "/loans/{loan_id}/extensions",
    status_code=201,
    response_model=ChangeOut,
    responses=answers(*WRITE) | WAITING,
    summary="登记展期（续备案）",
)
def extend(db: Db, caller: Filer, once: Write, loan_id: Id, body: ExtensionIn) -> Response:  # type: ignore[valid-type]
    """经受托管理机构确认后计入这笔贷款。"""
    return _proposed(db, caller, once, loan_id, ChangeKind.EXTENSION, given(body))


@router.post(
    "/loans/{loan_id}/prepayments",
    status_code=201,
    response_model=ChangeOut,
    responses=answers(*WRITE) | WAITING,
    summary="登记提前还款",
)
def prepay(db: Db, caller: Filer, once: Write, loan_id: Id, body: PrepaymentIn) -> Response:  # type: ignore[valid-type]
    """经受托管理机构确认后计入这笔贷款。"""
    return _proposed(db, caller, once, loan_id, ChangeKind.PREPAYMENT, given(body))


@router.post(
    "/loans/{loan_id}/representatives",
    status_code=201,
    response_model=ChangeOut,
    responses=answers(*WRITE) | WAITING,
    summary="登记法定代表人变更",
)
def represent(db: Db, caller: Filer, once: Write, loan_id: Id, body: RepresentativeIn) -> Response:  # type: ignore[valid-type]
    """经受托管理机构确认后计入这笔贷款；申请补偿之后也可以登记，审核人会核对。"""
    return _proposed(db, caller, once, loan_id, ChangeKind.REPRESENTATIVE, given(body))


@router.post(
    "/loans/{loan_id}/corrections",
    status_code=201,
    response_model=ChangeOut,
    responses=answers(*WRITE) | WAITING,
    summary="登记更正",
)
def correct(db: Db, caller: Filer, once: Write, loan_id: Id, body: LoanCorrectionIn) -> Response:
    """经受托管理机构确认后更正备案内容；原内容留痕。"""
    corrected = {name: change_forms.typed_value(value) for name, value in given(body.corrected).items()}
    typed = corrected | {"reason": body.reason, "document": body.document}
    return _proposed(db, caller, once, loan_id, ChangeKind.CORRECTION, typed)


@router.post(
    "/loans/{loan_id}/anomalies",
    status_code=201,
    response_model=ChangeOut,
    responses=answers(*WRITE) | WAITING,
    summary="报告异常情况",
)
def report(db: Db, caller: Filer, once: Write, loan_id: Id, body: AnomalyIn) -> Response:  # type: ignore[valid-type]
    """欠息、停产、诉讼等，贷款情况不变；不论是否有其他变更待审核都可以报告。受托管理机构核阅后出具入库项目异常情况表。"""
    return _proposed(db, caller, once, loan_id, ChangeKind.ANOMALY, given(body))


@router.post(
    "/loan-changes/{change_id}/warning",
    status_code=201,
    response_model=ChangeOut,
    responses=answers(*WRITE),
    summary="发出风险提示函",
)
def warn(db: Db, caller: Decider, once: Write, change_id: ChangeId, body: WarningIn) -> Response:  # type: ignore[valid-type]
    """由备案的受托管理机构就已核阅的异常情况发出，编文号；申报机构收到通知，须在期限内回复（POST /loan-changes/{change_id}/reply）。"""

    def do() -> Reply:
        warning.warn(db, caller.actor, change_id, given(body))
        return Reply(_view(db, caller.actor, _found(db, caller.actor, change_id)), 201)

    return once.run(db, caller, do)


@router.post(
    "/loan-changes/{change_id}/reply",
    response_model=ChangeOut,
    responses=answers(*WRITE) | WAITING,
    summary="回复风险提示函",
)
def reply(db: Db, caller: Filer, once: Write, change_id: ChangeId, body: ReplyIn) -> Response:
    """申报机构回复就其报告的异常情况发出的风险提示函；逾期仍可回复，一份函回复一次。"""

    def do() -> Reply:
        found = _found(db, caller.actor, change_id)
        files = enclosed_of(db, caller.actor, body.attachments)
        matter = matters.reply(db.get_one(Loan, found.loan_id), found, body.words, files)
        handed = handing_in.hand_in(db, caller.actor, matter)
        return replied(db, caller, handed) if handed.waiting else Reply(_view(db, caller.actor, found))

    return once.run(db, caller, do)


@router.post(
    "/loan-changes/{change_id}/decision",
    response_model=ChangeOut,
    responses=answers(*CHANGE),
    summary="审核变更",
)
def decide(
    db: Db, caller: Decider, once: Write, change_id: ChangeId, body: DecisionIn, if_match: IfMatch = None
) -> Response:
    """由备案的受托管理机构审核，不能审核自己登记的；申报机构收到通知。"""

    def do() -> Reply:
        found = _found(db, caller.actor, change_id, lock=True)
        if found.verdict is None:
            unchanged(_view(db, caller.actor, found), if_match)
        changing.decide(db, caller.actor, change_id, Verdict(body.verdict.value), body.note)
        return Reply(_view(db, caller.actor, found))

    return once.run(db, caller, do)


@router.post(
    "/loan-changes/{change_id}/withdrawal",
    response_model=ChangeOut,
    responses=answers(*WRITE),
    summary="撤回变更",
)
def withdraw(db: Db, caller: Filer, once: Write, change_id: ChangeId) -> Response:
    """登记人撤回还没有审核的变更；贷款情况不变。"""

    def do() -> Reply:
        found = _found(db, caller.actor, change_id, lock=True)
        changing.decide(db, caller.actor, change_id, Verdict.WITHDRAWN)
        return Reply(_view(db, caller.actor, found))

    return once.run(db, caller, do)


def _proposed(
    db: Session, caller: Caller, once: Write, loan_id: int, kind: ChangeKind, typed: Mapping[str, Any]
) -> Response:
    def do() -> Reply:
        loan = db.get(Loan, loan_id)
        if loan is None or loan.institution_id != caller.actor.institution_id:
            raise NotThereError("没有找到这笔贷款。")
        handed = handing_in.hand_in(db, caller.actor, matters.change(loan, kind, typed))
        if handed.waiting is not None:
            return replied(db, caller, handed)
        made = loan_change.of_loan(db, loan_id)[-1]
        place = {"Location": f"/api/v1/loan-changes/{made.id}"}
        return Reply(_view(db, caller.actor, made), 201, place)

    return once.run(db, caller, do)


def _found(db: Session, actor: Actor, change_id: int, *, lock: bool = False) -> LoanChange:
    query = select(LoanChange, Loan).join(Loan).where(LoanChange.id == change_id)
    if not actor.watches_all:
        query = query.where(Loan.institution_id == actor.institution_id)
    if lock:
        query = query.with_for_update(of=LoanChange).execution_options(populate_existing=True)
    found = db.exec(query).first()
    if found is None:
        raise NotThereError("没有找到这项变更。")
    return found[0]


def _view(db: Session, actor: Actor, one: LoanChange) -> ChangeOut:
    loan = db.get_one(Loan, one.loan_id)
    who = person.names(db, [key for key in (one.proposed_by, one.decided_by) if key])
    letter = warning.warned(db, one) if one.anomaly else None
    foreseen = changing.foreseen(db, one) if one.verdict is None and actor.watches_all else ()
    stated = {name: getattr(one, name) for name in ChangeOut.model_fields if hasattr(one, name)}
    return ChangeOut(
        **stated
        | {
            "case": db.get_one(CaseRecord, loan.case_id).number,
            "warned": letter.number or "" if letter else "",
            "reply": reply_view(db, one.id or 0) if one.anomaly else None,
            "proposed_by": who.get(one.proposed_by, ""),
            "decided_by": who.get(one.decided_by or 0) if one.decided_by else None,
            "failing": [
                FailingOut(code=c.code, label=c.label, remedy=c.remedy or "", clause=c.clause)
                for c in foreseen
            ],
        }
    )
