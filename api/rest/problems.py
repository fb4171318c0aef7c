"""A “no” for a machine: `application/problem+json` (RFC 9457) with a stable code and a sentence in Chinese.

`code` never changes its meaning; `detail` is for people and may be worded better any day. Faults of fields carry a
JSON pointer (RFC 6901) into the body that was sent.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from api.auth.refusals import Refused
from flows.actions.errors import (
    ActionRefusedError,
    ConflictError,
    FieldFault,
    ForbiddenError,
    InvalidError,
    NotThereError,
)

MEDIA_TYPE = "application/problem+json"
PREFIX = "/api/"
_CHINESE = re.compile("[一-鿿]")
CODES: dict[int, tuple[str, str, str]] = {
    400: ("bad_request", "请求不能识别", "请求的格式不对，没有保存任何改动。请对照接口文档检查。"),
    401: ("no_credentials", "没有凭据", "请在 Authorization 头中带上接口密钥或令牌（Bearer）。"),
    403: ("not_permitted", "不能办理", "这把密钥代表的人不能办理这件事。"),
    404: ("not_found", "没有找到", "没有找到。它不存在，或不属于你单位。"),
    405: ("method_not_allowed", "方法不对", "这个地址不接受这种方法，请对照接口文档。"),
    408: ("too_slow", "上传过慢", "请求内容没有在规定时间内传完，没有保存任何改动。请重新发送。"),
    409: ("conflict", "已有变化", "事情已经有人先办了。请重新读取后再决定。"),
    412: ("changed_meanwhile", "内容已变化", "你读取之后内容有变化，没有保存任何改动。请重新读取（GET）后再提交。"),
    413: ("too_large", "内容过大", "发送的内容太大，没有保存任何改动。请分几次发送。"),
    415: ("wrong_content_type", "内容类型不对", "请以 application/json 发送。"),
    422: ("invalid", "内容有误", "内容有需要更正的地方，没有保存任何改动。"),
    428: ("if_match_required", "缺少 If-Match", "请先读取（GET），再把 ETag 放在 If-Match 头中提交。"),
    429: ("too_many_requests", "调用过于频繁", "调用过于频繁，请稍后再试。没有保存任何改动。"),
    500: ("internal_error", "系统出错", "系统出错，没有保存任何改动。可用同一 Idempotency-Key 重试；仍出错请报告编号。"),
    503: ("unavailable", "暂时不能服务", "系统暂时不能服务，没有保存任何改动。请按 Retry-After 重试。"),
}  # fmt: skip
"""Of each status the usual code, title and sentence."""
TITLES = {
    "malformed_json": "JSON 不能识别",
    "idempotency_key_required": "缺少 Idempotency-Key",
    "idempotency_key_reused": "Idempotency-Key 已用于另一请求",
    "digest_mismatch": "内容校验不符",
    "invalid_cursor": "游标不对",
    "invalid_credentials": "凭据不对",
    "expired_credentials": "凭据已到期",
    "address_not_allowed": "来源地址未登记",
    "missing_scope": "密钥权限不足",
    "checker_required": "须经本单位复核",
}


class Fault(BaseModel):
    """一处需要更正的地方。"""

    pointer: str = Field(
        description="JSON 指针（RFC 6901），指向请求内容中的位置；查询参数为 ?参数名。",
        examples=["/loans/0/principal"],
    )
    detail: str = Field(description="哪里不对、怎样改。", examples=["须大于 0.00 元。"])


class Problem(BaseModel):
    """拒绝或出错的说明（RFC 9457）。"""

    type: str = Field(description="问题类型的固定标识。", examples=["urn:fengbu:problem:invalid"])
    title: str = Field(description="问题类型的名称。", examples=["内容有误"])
    status: int = Field(description="HTTP 状态码。", examples=[422])
    detail: str = Field(
        description="给人看的一句话；措辞可能调整，请勿按它编程。", examples=["有 1 处需要更正。"]
    )
    code: str = Field(description="稳定的代码；请按它编程。", examples=["invalid"])
    instance: str = Field(description="请求的地址。", examples=["/api/v1/filings"])
    request_id: str = Field(description="请求编号，报告问题时请提供。", examples=["9f1c7a2b3c4d5e6f"])
    faults: list[Fault] = Field([], description="逐项列出的问题，一次列全。")


class ApiError(Refused):
    """A refusal with its own code."""

    def __init__(
        self,
        status: int,
        code: str = "",
        sentence: str = "",
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.code = code or CODES[status][0]
        self.faults = tuple(faults)
        super().__init__(status, sentence or CODES[status][2], headers)


def problem(
    request: Request,
    status: int,
    sentence: str = "",
    *,
    code: str = "",
    faults: Iterable[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The answer. An empty sentence or code means the usual one for the status."""
    usual, title, words = CODES.get(status, CODES[400 if status < 500 else 500])
    code = code or usual
    body = Problem(
        type=f"urn:fengbu:problem:{code}",
        title=TITLES.get(code, title),
        status=status,
        detail=sentence or words,
        code=code,
        instance=request.url.path,
        request_id=getattr(request.state, "request_id", ""),
        faults=list(faults),
    )
    shown = dict(headers or {})
    if status == 401:
        shown.setdefault("WWW-Authenticate", 'Bearer realm="fengbu"')
    if status in {408, 413}:
        shown["Connection"] = "close"
    return JSONResponse(body.model_dump(), status, shown, media_type=MEDIA_TYPE)


def refused(request: Request, error: Exception) -> JSONResponse:
    """The problem for an exception on the way to or in a route."""
    if isinstance(error, ActionRefusedError):
        return _of_action(request, error)
    if isinstance(error, RequestValidationError):
        return _unreadable(request, error)
    if isinstance(error, HTTPException):
        detail = error.detail if isinstance(error.detail, str) else ""
        return problem(
            request,
            error.status_code,
            detail if _CHINESE.search(detail) else "",
            code=str(getattr(error, "code", "")),
            faults=getattr(error, "faults", ()),
            headers=error.headers,
        )
    return problem(request, 503, headers={"Retry-After": "5"})


def _of_action(request: Request, error: ActionRefusedError) -> JSONResponse:
    statuses = {ForbiddenError: 403, NotThereError: 404, ConflictError: 409}
    status = next((code for kind, code in statuses.items() if isinstance(error, kind)), 422)
    if status == 404:  # one sentence for everything that is not there, so that it says nothing
        return problem(request, 404)
    faults = pointers(error.faults) if isinstance(error, InvalidError) else []
    return problem(request, status, error.sentence, code=getattr(error, "code", ""), faults=faults)


def pointers(faults: Iterable[FieldFault]) -> list[Fault]:
    """Faults of a form (field "loans.2.principal") as faults of a body (pointer "/loans/2/principal")."""
    return [Fault(pointer=pointer(fault.field.split(".")), detail=fault.message) for fault in faults]


def pointer(parts: Iterable[object]) -> str:
    """The JSON pointer for a place."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _unreadable(request: Request, error: RequestValidationError) -> JSONResponse:
    found = error.errors()
    if any(item["loc"][0] == "path" for item in found):
        return problem(request, 404)
    faults = [
        Fault(
            pointer=pointer(item["loc"][1:]) if item["loc"][0] == "body" else f"?{item['loc'][-1]}",
            detail=_sentence(item),
        )
        for item in found
    ]
    return problem(request, 422, f"有 {len(faults)} 处需要更正。", faults=faults)


_WORDS = {
    "missing": "缺少这一项。",
    "extra_forbidden": "没有这一项，请核对名称。",
    "string_type": "须为文字（JSON 字符串）。",
    "bool_type": "须为 true 或 false。",
    "int_type": "须为整数。",
    "int_parsing": "须为整数。",
    "dict_type": "须为 JSON 对象。",
    "model_type": "须为 JSON 对象。",
    "model_attributes_type": "须为 JSON 对象。",
    "list_type": "须为 JSON 数组。",
    "enum": "请使用接口文档列出的值。",
    "literal_error": "请使用接口文档列出的值。",
    "uuid_parsing": "不是有效的编号。",
    "uuid_type": "不是有效的编号。",
    "decimal_type": '须为金额字符串，例如 "1250000.50"。',
    "decimal_parsing": '须为金额字符串，例如 "1250000.50"。',
}


def _sentence(item: Mapping[str, Any]) -> str:
    kind = str(item["type"])
    if kind == "value_error" and _CHINESE.search(str(item["ctx"]["error"])):
        return str(item["ctx"]["error"])
    limits = item.get("ctx") or {}
    by_limit = {
        "too_short": f"至少 {limits.get('min_length')} 项。",
        "too_long": f"最多 {limits.get('max_length')} 项。",
        "string_too_long": f"最多 {limits.get('max_length')} 个字。",
        "string_too_short": f"至少 {limits.get('min_length')} 个字。",
        "greater_than_equal": f"不小于 {limits.get('ge')}。",
        "less_than_equal": f"不大于 {limits.get('le')}。",
    }
    return _WORDS.get(kind) or by_limit.get(kind) or "不符合接口文档的要求。"
