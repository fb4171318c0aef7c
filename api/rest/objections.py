"""公示异议 and 待额度: what 市工信局 does with a case beside answering its tasks."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, StrictStr
from starlette.responses import Response

from api.auth.db import Db
from api.auth.keys import Caller, scoped
from api.rest.calls import IfMatch, Reply, Write, unchanged
from api.rest.common import CHANGE, answers, find_case
from api.rest.strict import RestRoute
from api.rest.views import CaseOut, case_view
from api.rest.wire import Body, CaseNumber
from flows.actions.cases import objecting, recalculating
from models.records.api_key import Scope

router = APIRouter(prefix="/cases", route_class=RestRoute, tags=["待办"])
Answerer = Annotated[Caller, scoped(Scope.TASKS_WRITE)]


class ObjectionIn(Body):
    """公示期内收到的一件异议。"""

    objector: StrictStr = Field(max_length=120, description="异议人", examples=["东莞市示例实业有限公司"])
    contact: StrictStr = Field(max_length=120, description="联系方式", examples=["0769-2222 0000"])
    content: StrictStr = Field(max_length=4000, description="异议内容", examples=["贷款用途与申报不符。"])


class RecalculationIn(Body):
    """退回重新测算的原因。"""

    reason: StrictStr = Field(max_length=500, examples=["按剩余额度办理。"])


@router.post(
    "/{number}/objections", response_model=CaseOut, responses=answers(*CHANGE), summary="登记公示异议"
)
def object_to(
    db: Db, caller: Answerer, once: Write, number: CaseNumber, body: ObjectionIn, if_match: IfMatch = None
) -> Response:
    """只在公示期内，由市工信局科室经办登记；公示中止，转异议核查。"""

    def do() -> Reply:
        case = find_case(db, caller.actor, number, lock=True)
        unchanged(case_view(db, caller.actor, case), if_match)
        objecting.register(db, caller.actor, number, body.objector, body.contact, body.content)
        return Reply(case_view(db, caller.actor, case))

    return once.run(db, caller, do)


@router.post(
    "/{number}/recalculation",
    response_model=CaseOut,
    responses=answers(*CHANGE),
    summary="待额度案件退回重新测算",
)
def recalculate(
    db: Db, caller: Answerer, once: Write, number: CaseNumber, body: RecalculationIn, if_match: IfMatch = None
) -> Response:
    """结束等待，退回初审，按现有余额重新测算；由市工信局办理。"""

    def do() -> Reply:
        case = find_case(db, caller.actor, number, lock=True)
        unchanged(case_view(db, caller.actor, case), if_match)
        recalculating.recalculate(db, caller.actor, number, body.reason)
        return Reply(case_view(db, caller.actor, case))

    return once.run(db, caller, do)
