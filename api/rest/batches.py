"""批次: up to 10,000 loans taken at once and filed by a worker; a resource that tells how far it is."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.responses import Response

from api.auth.db import Db
from api.auth.keys import Caller, scoped
from api.rest.calls import IfNoneMatch, Reply, Write, shown
from api.rest.common import READ, WRITE, answers, board_of
from api.rest.filings import Filer, LoanIn
from api.rest.problems import Fault, pointer
from api.rest.strict import RestRoute
from api.rest.wire import Body, Moment, Out, Page, given
from flows.actions.applications import batching
from flows.actions.errors import NotThereError
from models.records import filing_batch
from models.records.api_key import Scope
from models.records.filing_batch import BatchState, FilingBatch

router = APIRouter(prefix="/filing-batches", route_class=RestRoute, tags=["批次"])
Reader = Annotated[Caller, scoped(Scope.CASES_READ)]
SHOWN = 50
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "没有变化"}}


class BatchIn(Body):
    """一批贷款，最多 10,000 笔。"""

    loans: list[LoanIn] = Field(min_length=1, max_length=batching.MOST_LOANS)  # type: ignore[valid-type]


class BatchOut(Out):
    """一批贷款办到哪里了。"""

    id: UUID
    state: BatchState = Field(
        description="waiting 等待，working 办理中，done 已提交备案，refused 有问题、全部没有提交"
    )
    total: int = Field(description="贷款笔数")
    checked: int = Field(description="已检查笔数")
    filed: int = Field(description="已提交备案笔数")
    cases: list[str] = Field(description="生成的备案案号，每件最多 500 笔")
    faults: list[Fault] = Field(description="需要更正之处，最多列 1,000 处")
    received_at: Moment
    finished_at: Moment | None


@router.post("", status_code=202, response_model=BatchOut, responses=answers(*WRITE), summary="提交一批")
def submit(db: Db, caller: Filer, once: Write, body: BatchIn) -> Response:
    """立即答 202；先检查全部贷款，任何一笔有问题就一笔也不提交，并列出全部问题。
    办理期间若同事先提交了同一借据，只略过该笔并列出。进度看 Location。
    启用了申报复核的单位答 409 checker_required：请用 POST /filings，或在网页上传清单。"""

    def do() -> Reply:
        board = board_of(caller.actor)
        stated = [given(loan) for loan in body.loans]
        data = json.dumps(stated, ensure_ascii=False, default=str).encode()
        batch = batching.submit(db, caller.actor, board, len(stated), data)
        return Reply(_view(batch), 202, {"Location": f"/api/v1/filing-batches/{batch.id}"})

    return once.run(db, caller, do)


@router.get("", response_model=Page[BatchOut], responses=answers(*READ), summary="批次列表")
def batches(db: Db, caller: Reader) -> Page[BatchOut]:
    """你单位最近的 50 批，最新的在前。"""
    rows = filing_batch.of_institution(db, caller.actor.institution_id, SHOWN)
    return Page(items=[_view(row) for row in rows], next=None)


@router.get(
    "/{batch_id}", response_model=BatchOut, responses=answers(*READ) | NOT_MODIFIED, summary="一批的进度"
)
def batch(
    db: Db, caller: Reader, batch_id: Annotated[UUID, Path()], if_none_match: IfNoneMatch = None
) -> Response:
    """可带 If-None-Match 轮询；办理中建议每 2 秒一次。"""
    found = db.get(FilingBatch, batch_id)
    if found is None or found.institution_id != caller.actor.institution_id:
        raise NotThereError("没有找到这一批。")
    return shown(_view(found), if_none_match)


def _view(row: FilingBatch) -> BatchOut:
    faults = [Fault(pointer=pointer(one["field"].split(".")), detail=one["message"]) for one in row.faults]
    names = set(BatchOut.model_fields) - {"faults"}
    return BatchOut(**{name: getattr(row, name) for name in names}, faults=faults)
