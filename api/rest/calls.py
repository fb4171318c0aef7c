"""Writes: done once per `Idempotency-Key`, and only on what the caller has seen (`If-Match`)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from sqlmodel import Session
from starlette.responses import Response

from api.auth.keys import Caller
from api.rest.problems import ApiError
from models import clock
from models.records.api_call import ApiCall, begin, earlier

KEY = re.compile(r"[\x21-\x7e]{8,100}")
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a write answers."""

    body: BaseModel
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Once:
    """The idempotency of one request."""

    word: str
    fingerprint: str
    method: str
    path: str

    def run(self, db: Session, caller: Caller, do: Callable[[], Reply]) -> Response:
        """Do it, or answer as it was answered before. `do` runs in the transaction that stores its answer;
        what it refuses is not stored: nothing was done, and the same key may be tried again."""
        call = ApiCall(
            key=caller.key,
            idempotency_key=self.word,
            fingerprint=self.fingerprint,
            method=self.method,
            path=self.path,
            at=clock.wall(),
        )
        if not begin(db, call):
            return self._again(db, caller)
        reply = do()
        db.flush()
        body = reply.body.model_dump_json()
        headers = {"ETag": etag(body)} | dict(reply.headers)
        stored = earlier(db, caller.key, self.word)
        if stored is None:
            raise RuntimeError("the call was written and is not there")
        stored.status, stored.headers, stored.body = reply.status, headers, body
        return Response(body, reply.status, headers, JSON)

    def _again(self, db: Session, caller: Caller) -> Response:
        made = earlier(db, caller.key, self.word)
        if made is None or made.fingerprint != self.fingerprint:
            raise ApiError(
                409,
                "idempotency_key_reused",
                "这个 Idempotency-Key 已用于另一请求，没有保存任何改动。新的请求请使用新的键。",
            )
        return Response(made.body, made.status, {**made.headers, "Idempotency-Replayed": "true"}, JSON)


def word_of(given: str | None) -> str:
    """The `Idempotency-Key` of a request. Raises `ApiError` 400 without one."""
    if given is None or not KEY.fullmatch(given):
        raise ApiError(
            400,
            "idempotency_key_required",
            "请带上 Idempotency-Key 头：8 至 100 个 ASCII 可见字符，每件事一个，重试时不变；建议用 UUID。",
        )
    return given


def fingerprint(request: Request, body: str) -> str:
    """The hash that tells one request from another: method, address, and the hash of its body."""
    return sha256(f"{request.method} {request.url.path}?{request.url.query} {body}".encode()).hexdigest()


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="每次写入必带。同一键、同一内容重发，得到同一答复，事情只办一次；"
        "同一键、不同内容答 409。保留 30 日。",
        examples=["6f1f0c1e-8f0b-4d0e-9d5c-2f8f4b1c7a10"],
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="最近一次读取时得到的 ETag。缺少答 428，内容已变化答 412。",
        examples=['"5f2b9c0d1e8a47b6c3d2e1f0"'],
    ),
]
IfNoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", description="上次得到的 ETag；没有变化时答 304，不含内容。")
]


async def _once(request: Request, idempotency_key: IdempotencyKey = None) -> Once:
    word = word_of(idempotency_key)
    body = sha256(await request.body()).hexdigest()
    return Once(word, fingerprint(request, body), request.method, request.url.path[:300])


Write = Annotated[Once, Depends(_once)]
"""The idempotency of a JSON write."""


def etag(body: str) -> str:
    """The strong validator of a representation: its hash."""
    return f'"{sha256(body.encode()).hexdigest()[:24]}"'


def unchanged(shown: BaseModel, if_match: str | None) -> None:
    """Go on if the caller has seen what stands there now. Raises `ApiError` 428 or 412.

    Call it with the row locked, and inside `Once.run`: a repeated call is answered, not compared.
    """
    if if_match is None:
        raise ApiError(428)
    if if_match.strip() == "*":
        raise ApiError(428, sentence="请在 If-Match 中写明读取时得到的 ETag，不接受 *。")
    given = {one.strip() for one in if_match.split(",")}
    if etag(shown.model_dump_json()) not in given:
        raise ApiError(412)


def shown(body: BaseModel, if_none_match: str | None = None) -> Response:
    """A resource with its ETag; 304 for a caller who has it."""
    text = body.model_dump_json()
    tag = etag(text)
    if if_none_match is not None and tag in {
        one.strip().removeprefix("W/") for one in if_none_match.split(",")
    }:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(text, 200, {"ETag": tag, "Cache-Control": "private, no-cache"}, JSON)


__all__ = ["IdempotencyKey", "IfMatch", "IfNoneMatch", "Once", "Reply", "Write", "shown", "unchanged"]
