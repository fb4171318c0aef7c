"""接口文档: the description of the API as a page, made from the same text machines read. Nothing is fetched from elsewhere."""

import json
import re
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.pages.render import page

router = APIRouter()
METHODS = {"get": "idle", "post": "act", "put": "act", "patch": "act", "delete": "late"}
_BOLD = re.compile(r"\*\*(.+?)\*\*")
DEEPEST = 5


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter, a field or an answer."""

    name: str
    kind: str
    text: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One call."""

    key: str
    method: str
    tone: str
    path: str
    summary: str
    text: str
    parameters: tuple[Row, ...]
    body: tuple[Row, ...]
    example: str
    reply: tuple[Row, ...]
    answers: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The calls about one thing."""

    name: str
    text: str
    operations: tuple[Operation, ...]


@router.get("/api-docs")
def reference(request: Request) -> HTMLResponse:
    """The page; public, it says nothing about anybody."""
    described: dict[str, Any] = request.app.state.describe_api()
    paragraphs = []
    for block in described["info"]["description"].strip().split("\n\n"):
        found = _BOLD.match(block)
        lead, rest = (found[1], block[found.end() :]) if found else ("", block)
        paragraphs.append((lead, rest.replace("\n", "").replace("`", "").strip()))
    return page(
        request,
        "pages/reference/index.html",
        title=described["info"]["title"],
        version=described["info"]["version"],
        paragraphs=paragraphs,
        sections=_sections(described),
    )


def _sections(described: dict[str, Any]) -> tuple[Section, ...]:
    found: dict[str, list[Operation]] = {tag["name"]: [] for tag in described["tags"]}
    for path, methods in described["paths"].items():
        for method, said in methods.items():
            found[said["tags"][0]].append(_operation(described, path, method, said))
    return tuple(
        Section(tag["name"], tag["description"], tuple(found[tag["name"]])) for tag in described["tags"]
    )


def _operation(described: dict[str, Any], path: str, method: str, said: dict[str, Any]) -> Operation:
    content = said.get("requestBody", {}).get("content", {})
    schema: dict[str, Any] = next((one.get("schema", {}) for one in content.values()), {})
    good: dict[str, Any] = next((one for code, one in said["responses"].items() if code.startswith("2")), {})
    replied: dict[str, Any] = next((one.get("schema", {}) for one in good.get("content", {}).values()), {})
    example = "" if "application/json" not in content else _example(described, schema)
    return Operation(
        key=f"{method}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}",
        method=method.upper(),
        tone=METHODS.get(method, "idle"),
        path=path,
        summary=said.get("summary", ""),
        text=said.get("description", "").replace("\n", ""),
        parameters=tuple(
            Row(one["name"], PLACES[one["in"]], _text(one, one.get("schema", {})), one.get("required", False))
            for one in said.get("parameters", ())
        ),
        body=_fields(described, schema),
        example=example,
        reply=_fields(described, replied),
        answers=tuple(Row(code, "", one.get("description", "")) for code, one in said["responses"].items()),
    )


PLACES = {"query": "查询参数", "path": "地址", "header": "请求头", "cookie": "Cookie"}
KINDS = {
    "string": "字符串", "integer": "整数", "number": "数字", "boolean": "true/false", "array": "数组",
    "object": "对象", "null": "null",
}  # fmt: skip


def _resolved(described: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return described["components"]["schemas"][name] if name else schema


def _fields(described: dict[str, Any], schema: dict[str, Any]) -> tuple[Row, ...]:
    found = _resolved(described, schema)
    required = set(found.get("required", ()))
    return tuple(
        Row(name, _kind(described, one), _text(one, _resolved(described, one)), name in required)
        for name, one in found.get("properties", {}).items()
    )


def _kind(described: dict[str, Any], schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        inner = _resolved(described, schema)
        return f"{schema['$ref'].rpartition('/')[2]}" if "enum" not in inner else "代码"
    if "anyOf" in schema:
        return " 或 ".join(dict.fromkeys(_kind(described, one) for one in schema["anyOf"]))
    kind = KINDS.get(str(schema.get("type", "")), "任意")
    if schema.get("type") == "array":
        return f"{kind}（{_kind(described, schema.get('items', {}))}）"
    return {"date": "日期", "date-time": "时间", "uuid": "UUID", "binary": "字节"}.get(
        str(schema.get("format", "")), kind
    )


def _text(one: dict[str, Any], schema: dict[str, Any]) -> str:
    words = str(one.get("description") or schema.get("description") or "")
    values = schema.get("enum") or next(
        (inner["enum"] for inner in schema.get("anyOf", ()) if "enum" in inner), None
    )
    return f"{words}　可用：{'、'.join(str(value) for value in values)}" if values else words


def _example(described: dict[str, Any], schema: dict[str, Any]) -> str:
    return json.dumps(_sample(described, schema, 0), ensure_ascii=False, indent=2)


def _sample(described: dict[str, Any], schema: dict[str, Any], depth: int) -> Any:
    """A value of the schema: its example where it has one."""
    found = _resolved(described, schema)
    if schema.get("examples") or depth > DEEPEST:
        return schema.get("examples", [None])[0]
    if "properties" in found:
        return {name: _sample(described, one, depth + 1) for name, one in found["properties"].items()}
    if "anyOf" in found:
        return _sample(described, found["anyOf"][0], depth + 1)
    if found.get("type") == "array":
        return [_sample(described, found.get("items", {}), depth + 1)]
    return _plain(described, found, depth)


def _plain(described: dict[str, Any], found: dict[str, Any], depth: int) -> Any:
    more = found.get("additionalProperties")
    if isinstance(more, dict):
        return {"12": _sample(described, more, depth + 1)}
    values = {"string": "", "integer": 1, "boolean": True, "object": {}}
    return found["enum"][0] if found.get("enum") else found.get("default", values.get(str(found.get("type"))))
