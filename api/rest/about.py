"""Who am I, and the description of the API itself."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from api.auth.db import Db
from api.auth.keys import Caller, caller_of
from api.auth.permit import Permission
from api.rest.common import READ, answers
from api.rest.strict import RestRoute
from api.rest.wire import Moment, Out
from models import clock
from models.lifecycle import Board
from models.records import institution
from models.records.api_key import Scope
from models.roles import ROLE_NAMES

router = APIRouter(route_class=RestRoute, tags=["凭据"])


class _AnyKey(Permission):
    """Every living key."""

    def __call__(self, request: Request, db: Db) -> Caller:
        return caller_of(db, request)


class Me(Out):
    """这把密钥是谁。"""

    institution: str = Field(examples=["莞邑银行股份有限公司（示例）"])
    person: str = Field(description="所代表的人；经 API 办理的事记在其名下")
    roles: list[str]
    board: Board | None = Field(description="申报的板块；不申报为 null")
    scopes: list[Scope]
    now: Moment = Field(description="业务时间")
    server_time: Moment = Field(description="服务器时间，可据此核对时钟")


@router.get("/me", response_model=Me, responses=answers(*READ), summary="当前密钥")
def me(db: Db, caller: Annotated[Caller, Depends(_AnyKey())]) -> Me:
    """密钥代表谁、有哪些权限。"""
    actor = caller.actor
    return Me(
        institution=institution.name_on(db, actor.institution_id, clock.today()).name,
        person=actor.name,
        roles=[ROLE_NAMES[role] for role in sorted(actor.roles)],
        board=actor.files_board,
        scopes=[scope for scope in Scope if scope in caller.scopes],
        now=_now(),
        server_time=clock.wall(),
    )


def _now() -> datetime:
    return clock.now()


def description(request: Request) -> JSONResponse:
    """The OpenAPI description; public, it says nothing about anybody."""
    from api.rest import openapi

    found: dict[str, Any] = openapi.description()
    return JSONResponse(found, headers={"Cache-Control": "public, max-age=300"})
