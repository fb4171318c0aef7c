"""待复核申报: what waits for the institution's own checker (经办/复核) before it reaches the city."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from api.auth.db import Db
from api.auth.keys import Caller, scoped
from api.rest.calls import IfNoneMatch, Reply, Write, shown
from api.rest.cases import Reader
from api.rest.common import READ, WRITE, answers, place
from api.rest.strict import RestRoute
from api.rest.views import case_view
from api.rest.wire import After, Id, Limit, Moment, Out, Page, Yuan, page_of
from flows.actions.maker_checker import handing_in
from flows.actions.maker_checker.handing_in import Handed
from flows.actions.maker_checker.matter import Matter
from models.records import person, prepared
from models.records.api_key import Scope
from models.records.prepared import Prepared
from models.records.two_people import Verdict

Writer = Annotated[Caller, scoped(Scope.FILINGS_WRITE)]
router = APIRouter(prefix="/submissions", route_class=RestRoute, tags=["办理"])
STATES: dict[Verdict | None, str] = {
    None: "waiting",
    Verdict.CONFIRMED: "released",
    Verdict.REJECTED: "returned",
    Verdict.WITHDRAWN: "withdrawn",
}


class PreparedOut(Out):
    """一份送本单位复核的申报。放行后才提交给受托管理机构，案号在 case_number。"""

    id: int
    kind: str = Field(
        description="filing 备案，claim 补偿申请，correction 补正，loan_change 贷款变更，receipt 收款回执，recovery 追偿登记，return 返还回单，import 批量备案",
        examples=["filing"],
    )
    title: str = Field(examples=["备案：东莞市示例精密制造有限公司"])
    amount: Yuan
    state: str = Field(
        description="waiting 待复核，released 已放行并提交，returned 复核退回，withdrawn 已撤回",
        examples=["waiting"],
    )
    prepared_by: str = Field(description="经办")
    prepared_at: Moment
    decided_by: str | None = Field(description="复核人；撤回时为经办")
    decided_at: Moment | None
    reason: str = Field(description="复核退回的原因")
    case_number: str | None = Field(
        description="放行后的案号；贷款变更为其备案的案号，批量备案没有单独的案号"
    )


WAITING: dict[int | str, dict[str, Any]] = {
    202: {
        "model": PreparedOut,
        "description": "你单位启用了申报复核：内容已全部检查并保存，待本单位复核人放行；Location 为其地址",
    }
}
"""What a write may answer where an institution works by 经办/复核."""


def handed_in(db: Db, caller: Caller, matter: Matter, status: int = 200) -> Reply:
    """Submit the matter and answer with what became of it."""
    return replied(db, caller, handing_in.hand_in(db, caller.actor, matter), status)


def replied(db: Db, caller: Caller, handed: Handed, status: int = 200) -> Reply:
    """The case a submission became (201, with its address) or moved, or what waits for the institution's checker (202)."""
    if handed.waiting is not None:
        where = {"Location": f"/api/v1/submissions/{handed.waiting.id}"}
        return Reply(_views(db, [handed.waiting])[0], 202, where)
    if handed.case is None:
        raise RuntimeError("a submission of this kind has no case")
    where = {"Location": f"/api/v1/cases/{handed.case.number}"} if status == 201 else {}
    return Reply(case_view(db, caller.actor, handed.case), status, where)


@router.get("", response_model=Page[PreparedOut], responses=answers(*READ), summary="待复核申报列表")
def submissions(db: Db, caller: Reader, after: After = "", limit: Limit = 50) -> Page[PreparedOut]:
    """你单位送复核的申报，最新的在前；没有启用申报复核的为空。"""
    home = caller.actor.institution_id
    rows = prepared.of_institution(db, home, before=place(after), limit=limit + 1)
    views = {view.id: view for view in _views(db, rows)}
    return page_of(rows, limit, lambda row: str(row.id), lambda row: views[row.id or 0])


@router.get(
    "/{submission_id}",
    response_model=PreparedOut,
    responses=answers(*READ) | {304: {"description": "没有变化"}},
    summary="一份待复核申报",
)
def submission(db: Db, caller: Reader, submission_id: Id, if_none_match: IfNoneMatch = None) -> Response:
    """可带 If-None-Match 轮询；放行后 case_number 给出案号，退回的更正后重新提交。"""
    return shown(_views(db, [handing_in.seen(db, caller.actor, submission_id)])[0], if_none_match)


@router.post(
    "/{submission_id}/withdrawal",
    response_model=PreparedOut,
    responses=answers(*WRITE),
    summary="撤回待复核申报",
)
def withdraw(db: Db, caller: Writer, once: Write, submission_id: Id) -> Response:
    """复核之前由经办（密钥代表的人）撤回。"""

    def do() -> Reply:
        return Reply(_views(db, [handing_in.withdraw(db, caller.actor, submission_id)])[0])

    return once.run(db, caller, do)


def _views(db: Db, rows: Sequence[Prepared]) -> list[PreparedOut]:
    names = person.names(db, [key for row in rows for key in (row.proposed_by, row.decided_by) if key])
    return [
        PreparedOut(
            id=row.id or 0,
            kind=row.kind,
            title=row.title,
            amount=row.amount,
            state=STATES[row.verdict],
            prepared_by=names[row.proposed_by],
            prepared_at=row.proposed_at,
            decided_by=names.get(row.decided_by or 0),
            decided_at=row.decided_at,
            reason=row.note,
            case_number=row.case_number or None,
        )
        for row in rows
    ]


__all__ = ["WAITING", "PreparedOut", "replied", "router"]
