"""The description of the API (OpenAPI 3.1), made from the routes; served as JSON and as a page."""

from functools import cache
from typing import Any

from fastapi.openapi.utils import get_openapi

from api.rest import routers
from api.rest.problems import MEDIA_TYPE
from models.records.api_key import SCOPE_NAMES

VERSION = "1.0.0"
DESCRIPTION = """\
银行、政府性融担机构和审核单位的系统用这组接口办理页面上能办的每一件事。

**版本** 地址中的 v1 是大版本。v1 之内只增加：新的地址、可选的参数、答复中新的字段、新的事件和环节代码；不删除、不改名、不改变含义，
请忽略不认识的字段和代码。做不到的改变进入 v2，v1 与 v2 并行至少 12 个月，停用前 6 个月起 v1 的答复带 Deprecation 和 Sunset 头。

**凭据** 在“接口”页面新建密钥，以 `Authorization: Bearer fb_…` 调用；或先以 OAuth 2.0 client credentials 换取 15 分钟的令牌。
密钥代表一位在岗人员，权限不超过其岗位，办理的事记在其名下。

**写入** 每次写入带 `Idempotency-Key`。对已有案件、任务的写入另带 `If-Match`（最近一次读取的 ETag）。
被拒绝的写入什么也没有保存，更正后可用同一个键再次提交。

**答复** 金额为字符串、单位元、两位小数；时间为北京时间、带时差。列表以 `next` 翻页，原样作为 `after` 传回。
拒绝一律为 `application/problem+json`（RFC 9457），请按 `code` 编程，`detail` 是给人看的一句话。

**限速** 每把密钥每分钟的次数见 `RateLimit-Policy` 和 `RateLimit` 头；超出答 429，请按 `Retry-After` 重试。
"""
TAGS = [
    {"name": "凭据", "description": "密钥与令牌"},
    {"name": "办理", "description": "备案、补偿、补正、撤回、收款回执"},
    {"name": "测算", "description": "逐行测算补偿金额，不保存任何内容"},
    {"name": "批次", "description": "一次提交最多 10,000 笔贷款"},
    {"name": "查询", "description": "案件、贷款、文书、材料"},
    {"name": "通知", "description": "通知、事件流、推送地址"},
    {"name": "待办", "description": "审核单位的任务"},
    {"name": "协作", "description": "转办、委派、加签、拿回、催办、抄送、批注、关注；与页面同一套权限"},
    {"name": "联席会议", "description": "召集、议程、材料、表决、出席、议定与纪要"},
    {"name": "变更", "description": "已备案贷款的展期、提前还款、更正：登记与确认"},
    {"name": "代理与回避", "description": "代理、回避、移交"},
    {"name": "测算", "description": "政策规则与试算"},
]
OPEN = {"/api/v1/oauth/token"}
NEEDED = {
    "Idempotency-Key": {
        "type": "string",
        "minLength": 8,
        "maxLength": 100,
        "pattern": "^[!-~]+$",
        "examples": ["6f1f0c1e-8f0b-4d0e-9d5c-2f8f4b1c7a10"],
    },
    "If-Match": {"type": "string", "minLength": 1, "examples": ['"5f2b9c0d1e8a47b6c3d2e1f0"']},
    "content-digest": {
        "type": "string",
        "pattern": "^sha-256=:[A-Za-z0-9+/]{43}=:$",
        "examples": ["sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"],
    },
}
"""Headers that must be there. To FastAPI they are optional, so that their absence has its own status."""
HEADERS = {
    "X-Request-ID": {"description": "请求编号", "schema": {"type": "string"}},
}


@cache
def description() -> dict[str, Any]:
    """The whole description."""
    found = get_openapi(
        title="风补接口",
        version=VERSION,
        description=DESCRIPTION,
        routes=[route for router in routers() for route in router.routes],
        tags=TAGS,
    )
    found["components"]["securitySchemes"] = _schemes()
    for path, methods in found["paths"].items():
        for operation in methods.values():
            if path not in OPEN:
                operation["security"] = [{"key": []}, {"oauth": []}]
            operation["operationId"] = _name(operation["operationId"], path)
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = NEEDED.get(parameter["name"], parameter["schema"])
                parameter["required"] = parameter["required"] or parameter["name"] in NEEDED
            for answer in operation["responses"].values():
                answer["description"] = answer["description"].replace("Successful Response", "成功")
                answer.setdefault("headers", {}).update(HEADERS)
                _problems(answer)
    return found


def _name(generated: str, path: str) -> str:
    """The function's name: what generated clients call the operation."""
    tail = path.replace("{", "_").replace("}", "_").replace("/", "_").replace("-", "_")
    return generated.rpartition(tail)[0] or generated


def _problems(answer: dict[str, Any]) -> None:
    """A refusal is a problem and nothing else; FastAPI adds every model as plain JSON too."""
    content = answer.get("content", {})
    if MEDIA_TYPE in content and "application/json" in content:
        content[MEDIA_TYPE] = content.pop("application/json")


def _schemes() -> dict[str, Any]:
    scopes = {scope.value: name for scope, name in SCOPE_NAMES.items()}
    return {
        "key": {"type": "http", "scheme": "bearer", "description": "接口密钥（fb_…）或令牌（ft_…）"},
        "oauth": {
            "type": "oauth2",
            "flows": {"clientCredentials": {"tokenUrl": "/api/v1/oauth/token", "scopes": scopes}},
        },
    }
