"""令牌: a key exchanged for a bearer token of fifteen minutes (RFC 6749 4.4, client credentials)."""

from base64 import b64decode
from binascii import Error
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from api.auth.db import Db
from api.auth.keys import exchange, opened
from api.auth.limits import TooMany
from api.rest.common import answers
from models import clock
from models.records.api_key import Scope

router = APIRouter(tags=["凭据"])
UNKNOWN = "密钥编号或密钥不对，或已停用、到期，或来源地址未登记。"


class TokenForm(BaseModel):
    """Every field has a default: faults are worded as RFC 6749 5.2 asks."""

    model_config = ConfigDict(extra="ignore")

    grant_type: str = Field("", description="固定为 client_credentials", examples=["client_credentials"])
    client_id: str = Field("", description="密钥编号（fb_ 之后第一段）；也可用 HTTP Basic")
    client_secret: str = Field("", description="密钥的秘密部分（第二个 _ 之后）；也可用 HTTP Basic")
    scope: str = Field("", description="权限，以空格分隔；不写为密钥的全部权限")


class Token(BaseModel):
    """访问令牌。"""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the kind of token, not one
    expires_in: int = Field(description="多少秒后到期", examples=[900])
    scope: str = Field(description="权限，以空格分隔")


class TokenError(BaseModel):
    """拒绝的原因（RFC 6749 5.2），另附一句中文。"""

    error: str = Field(examples=["invalid_client"])
    detail: str


REFUSED: dict[int | str, dict[str, Any]] = {
    400: {"description": "请求不对", "model": TokenError},
    401: {"description": "凭据不对", "model": TokenError},
}


@router.post("/oauth/token", response_model=Token, responses=answers(413, 415, 422, 429, 503) | REFUSED,
             summary="换取令牌")  # fmt: skip
def token(request: Request, db: Db, form: Annotated[TokenForm, Form()]) -> JSONResponse:
    """OAuth 2.0 client credentials：client_id 为密钥编号，client_secret 为密钥的秘密部分。"""
    client_id, secret = _basic(request) or (form.client_id, form.client_secret)
    if form.grant_type != "client_credentials":
        return _no(400, "unsupported_grant_type", "grant_type 须为 client_credentials。")
    address = request.client.host if request.client else ""
    try:
        key = opened(db, client_id, secret, address, request)
    except TooMany:
        raise
    except HTTPException:
        return _no(401, "invalid_client", UNKNOWN, {"WWW-Authenticate": 'Basic realm="fengbu"'})
    owned = [scope for scope in Scope if scope.value in key.scopes]
    asked = form.scope.split()
    if not set(asked) <= {scope.value for scope in owned}:
        return _no(400, "invalid_scope", "所请求的权限超出密钥的权限。")
    chosen = tuple(scope for scope in owned if not asked or scope.value in asked)
    text, ends = exchange(db, key, chosen)
    body = Token(
        access_token=text,
        expires_in=int((ends - clock.wall()).total_seconds()),
        scope=" ".join(scope.value for scope in chosen),
    )
    return JSONResponse(body.model_dump(), headers={"Cache-Control": "no-store"})


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = b64decode(given, validate=True).decode().partition(":")
    except (Error, ValueError):
        return "", ""
    return user, password


def _no(status: int, error: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    body = TokenError(error=error, detail=detail).model_dump()
    return JSONResponse(body, status, {"Cache-Control": "no-store"} | (headers or {}))
