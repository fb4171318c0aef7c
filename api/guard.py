"""What a body may weigh and how long it may take, before anything reads it: plain ASGI, because it runs each time.

Declared sizes are refused before a byte is read; undeclared ones when they pass the limit. A sender must keep a
pace: one that trickles is let go, so that sockets and memory stay with those who work.
"""

import asyncio
import re

from fastapi import HTTPException, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import answer
from api.rest.problems import PREFIX
from models.settings import MEGABYTE, get_settings

FORM_MARGIN = 2 * MEGABYTE
"""What a form may weigh beside its one largest attachment."""
DRAIN = 10
"""How many times the limit of a body is read and thrown away so that the sender gets to see the answer."""
DRAIN_SECONDS = 5.0
JSON_LIMIT = 2 * MEGABYTE
BATCH_LIMIT = 16 * MEGABYTE
"""What 10,000 loans weigh, with room to spare."""
BATCHES = re.compile(r"/api/v\d+/filing-batches")
UPLOADS = re.compile(r"/api/v\d+/uploads")


class BodyGuard:
    """413 for bodies over the limit, 408 for those that do not keep the pace; never more than a chunk is kept."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit, refusal = _limit(scope["path"])
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            await _drain({"more_body": True}, receive, DRAIN * limit)
            response = answer(Request(scope), refusal.status_code, refusal.detail)
            await response(scope, receive, send)
            return
        await self.app(scope, _Pace(receive, limit, refusal).receive, send)


class _Pace:
    """Counts and times what arrives."""

    def __init__(self, receive: Receive, limit: int, refusal: "TooLarge") -> None:
        self._receive = receive
        self._limit = limit
        self._refusal = refusal
        self._seen = 0
        self._whole = False
        self._ends = 0.0

    async def receive(self) -> Message:
        """The next piece. Raises `TooLarge` or `TooSlow`; once the body is whole, waits without end."""
        if self._whole:
            return await self._receive()
        settings, now = get_settings(), asyncio.get_running_loop().time()
        self._ends = self._ends or now + settings.body_seconds
        patience = min(settings.body_pause_seconds, self._ends + self._seen / settings.body_pace - now)
        try:
            async with asyncio.timeout(max(patience, 0.0)):
                message = await self._receive()
        except TimeoutError as error:
            raise TooSlow from error
        self._seen += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._seen > self._limit:
            await _drain(message, self._receive, DRAIN * self._limit)
            raise self._refusal
        return message


async def _drain(message: Message, receive: Receive, most: int) -> None:
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            while message.get("more_body") and most > 0:
                message = await receive()
                most -= len(message.get("body", b""))
    except TimeoutError:
        return


def _limit(path: str) -> tuple[int, "TooLarge"]:
    """The largest body at this address, and what is said to a larger one."""
    allowed = get_settings().upload_limit
    if not path.startswith(PREFIX):
        return allowed + FORM_MARGIN, TooLarge(
            f"上传的内容太大：单个附件不超过 {allowed // MEGABYTE} MB。请压缩或拆分后再上传，没有保存任何改动。"
        )
    if UPLOADS.match(path):
        return allowed, TooLarge(f"单个文件不超过 {allowed // MEGABYTE} MB，没有保存。请压缩或拆分。")
    most = BATCH_LIMIT if BATCHES.match(path) else JSON_LIMIT
    return most, TooLarge(f"请求内容不超过 {most // MEGABYTE} MB，没有保存任何改动。请分几次提交或使用批次。")


class TooLarge(HTTPException):
    """A body over the limit; an `HTTPException`, because FastAPI lets only those through while it reads a body."""

    def __init__(self, sentence: str) -> None:
        super().__init__(413, sentence)


class TooSlow(HTTPException):
    """A body that did not keep the pace."""

    def __init__(self) -> None:
        super().__init__(
            408, "内容没有在规定时间内传完，没有保存任何改动。请检查网络后重新发送。", {"Connection": "close"}
        )
