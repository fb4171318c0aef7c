"""测算: facts in, checks, lines and the payable amount out; what the facts leave out is read from the ledger."""

from typing import Annotated, Any

from fastapi import APIRouter, Body

from api.auth.db import Db
from api.auth.keys import Caller, scoped
from api.rest.common import READ, answers
from api.rest.problems import ApiError, Fault
from api.rest.strict import RestRoute
from flows.actions.rules import explaining
from models.policy import explain as policy
from models.policy.errors import FactsError, PolicyError
from models.policy.explain import Explanation
from models.records.api_key import Scope

router = APIRouter(prefix="/policy", route_class=RestRoute, tags=["测算"])
Asker = Annotated[Caller, scoped(Scope.POLICY_READ)]


@router.post(
    "/explain",
    response_model=list[Explanation],
    responses=answers(400, *READ, 408, 413, 415),
    summary="测算补偿",
)
def explain(
    db: Db,
    caller: Asker,
    facts: Annotated[
        Any, Body(description="一笔申请、申请的列表，或 {claims: […]}；字段见 GET /policy/schema")
    ],
) -> tuple[Explanation, ...]:
    """逐项检查、逐行计算、起作用的限额、未补部分及原因。不保存任何内容；事实未写的余额、报价和决议从台账读取。
    一起给出的申请按比例分配共用的限额。申报机构只能测算本单位的申请。"""
    try:
        return explaining.explain(db, caller.actor, facts)
    except FactsError as error:
        faults = [Fault(pointer=_pointer(fault.field), detail=fault.message) for fault in error.faults]
        sentence = f"事实有 {len(faults)} 处不能使用。"
        raise ApiError(422, sentence=sentence, faults=faults) from error
    except PolicyError as error:
        raise ApiError(422, sentence=str(error)) from error


@router.get("/schema", response_model=dict[str, Any], responses=answers(*READ), summary="事实的 JSON Schema")
def schema(caller: Asker) -> dict[str, Any]:
    """两个板块申请事实的字段说明。"""
    return policy.schema()


def _pointer(field: str) -> str:
    """Where a fault stands, as a JSON pointer: `claims.0.loan` → `/claims/0/loan`; the whole is ""."""
    return "" if field.startswith("（") else "/" + field.replace(".", "/")
