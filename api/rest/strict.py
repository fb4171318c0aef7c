"""Bodies read strictly: one reading of every JSON text, or none.

Two values under one name, NaN, half characters, numbers no decimal can hold and nesting without end are read differently by
different systems; here they are refused before a route sees them.
"""

import json
import re
from collections.abc import Callable, Coroutine
from decimal import Decimal
from email.message import Message
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from starlette.responses import Response

from api.rest.problems import ApiError

LONGEST_NUMBER = 30
LONG = 64 * 1024
"""Bytes; a longer body is read in a thread, so that others are answered meanwhile."""
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def strict_json(raw: bytes) -> Any:
    """The one value `raw` stands for; numbers with a point are Decimal. Raises `ApiError` 400."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed(f"第 {error.start + 1} 个字节不是 UTF-8。") from error
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        raise _malformed(f"第 {error.lineno} 行第 {error.colno} 列不是 JSON。") from error
    except RecursionError as error:
        raise _malformed("嵌套太深。") from error
    if _HALF.search(text):
        try:
            json.dumps(value, ensure_ascii=False, default=str).encode()
        except UnicodeEncodeError as error:
            raise _malformed("含有半个字符（孤立的代理项）。") from error
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _malformed(f"同一对象中“{twice[:60]}”出现了两次。")
    return found


def _decimal(text: str) -> Decimal:
    if len(text) > LONGEST_NUMBER or "e" in text.lower():
        raise _malformed(f"数字“{text[:LONGEST_NUMBER]}”过长或使用了指数写法。")
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise _malformed(f"数字“{text[:LONGEST_NUMBER]}…”过长。")
    return int(text)


def _constant(text: str) -> Any:
    raise _malformed(f"{text} 不是 JSON 数字。")


def _malformed(why: str) -> ApiError:
    return ApiError(400, "malformed_json", f"请求内容不是规范的 JSON：{why}没有保存任何改动。")


class StrictRequest(Request):
    """A request whose JSON is read strictly."""

    async def json(self) -> Any:
        """The body's one value."""
        raw = await self.body()
        return await run_in_threadpool(strict_json, raw) if len(raw) > LONG else strict_json(raw)


class RestRoute(APIRoute):
    """A route whose JSON body is strict, declared as JSON, and whose refusals are problems."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, with the content type checked before the body is read."""
        handle = super().get_route_handler()
        reads_json = self.body_field is not None

        async def strict(request: Request) -> Response:
            asked = StrictRequest(request.scope, request.receive)
            if reads_json and not _is_json(asked.headers.get("content-type", "")):
                raise ApiError(415)
            return await handle(asked)

        return strict


def _is_json(content_type: str) -> bool:
    message = Message()
    message["content-type"] = content_type
    charset = message.get_param("charset", "utf-8")
    return message.get_content_type() == "application/json" and str(charset).lower() in {"utf-8", "utf8"}
