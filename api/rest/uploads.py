"""上传: a file as a stream, checked against its digest, kept by content. It becomes a material, or goes with an opinion, when it is named.

The stream is read before any transaction is opened: a slow sender holds a socket, not a database connection. The
key is looked at again at the end: one that was revoked meanwhile leaves nothing behind.
"""

import hashlib
import re
from base64 import b64decode
from binascii import Error
from contextlib import contextmanager
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from starlette.responses import Response

from api.auth.db import transaction
from api.auth.keys import caller_of, permit
from api.auth.permit import Permission
from api.rest.calls import IdempotencyKey, Once, Reply, fingerprint, word_of
from api.rest.common import WRITE, answers
from api.rest.problems import ApiError
from api.rest.wire import Moment, Out
from flows.actions.attaching import store
from models import clock
from models.records.api_call import Upload
from models.records.api_key import Scope
from models.settings import MEGABYTE, get_settings

router = APIRouter(tags=["办理"])
DIGEST = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]{44}):")


class UploadOut(Out):
    """一份已上传的文件；提交时在 materials（申报）或 attachments（意见）中以 id 引用，30 日内有效。"""

    id: UUID
    filename: str
    media_type: str = Field(description="按内容识别的类型", examples=["application/pdf"])
    size: int = Field(description="字节")
    sha256: str
    uploaded_at: Moment


class _Uploader(Permission):
    """Whether the caller may upload at all, looked at before the first byte is taken."""

    async def __call__(self, request: Request) -> None:
        await run_in_threadpool(self.look, request)

    def look(self, request: Request) -> None:
        with contextmanager(transaction)() as db:
            caller = caller_of(db, request)
            if not caller.scopes & {Scope.CLAIMS_WRITE, Scope.TASKS_WRITE}:
                permit(caller, Scope.FILINGS_WRITE)


@router.post(
    "/uploads",
    status_code=201,
    response_model=UploadOut,
    responses=answers(*WRITE),
    dependencies=[Depends(_Uploader())],
    summary="上传文件",
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "文件的字节本身，可分块传输（chunked）。",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def upload(
    request: Request,
    filename: Annotated[
        str, Query(min_length=1, max_length=200, description="文件名，含扩展名", examples=["借款合同.pdf"])
    ],
    content_digest: Annotated[
        str | None,
        Header(
            description="sha-256=:<Base64>:（RFC 9530）；必带，与收到的内容不符答 422",
            examples=["sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"],
        ),
    ] = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """PDF、PNG、JPG、DOCX、XLSX；类型按内容识别。同样的内容只存一份。"""
    word, wanted = word_of(idempotency_key), _wanted(content_digest)
    data = await _received(request)
    found = hashlib.sha256(data).digest()
    if found != wanted:
        raise ApiError(
            422,
            "digest_mismatch",
            f"收到 {len(data):,} 字节，其 SHA-256 与 Content-Digest 不符，没有保存。请重新计算并上传。",
        )
    return await run_in_threadpool(_keep, request, word, filename, data)


def _keep(request: Request, word: str, filename: str, data: bytes) -> Response:
    digest = hashlib.sha256(data).hexdigest()
    once = Once(word, fingerprint(request, digest), request.method, request.url.path)
    with contextmanager(transaction)() as db:
        caller = caller_of(db, request)

        def do() -> Reply:
            kept = store(db, "file", filename, data)
            row = Upload(
                institution_id=caller.actor.institution_id,
                filename=kept.filename,
                media_type=kept.media_type,
                size=kept.size,
                sha256=kept.sha256,
                uploaded_by=caller.actor.person_id,
                uploaded_at=clock.wall(),
            )
            db.add(row)
            db.flush()
            names = tuple(UploadOut.model_fields)
            return Reply(UploadOut(**{name: getattr(row, name) for name in names}), 201)

        return once.run(db, caller, do)


async def _received(request: Request) -> bytes:
    most = get_settings().upload_limit
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > most:
            raise ApiError(413, sentence=f"单个文件不超过 {most // MEGABYTE} MB，没有保存。请压缩或拆分。")
    return bytes(data)


def _wanted(content_digest: str | None) -> bytes:
    found = DIGEST.search(content_digest or "")
    try:
        digest = b64decode(found[1], validate=True) if found else b""
    except Error:
        digest = b""
    if len(digest) != 32:
        raise ApiError(
            400, sentence="请带上 Content-Digest 头，写成 sha-256=:<内容 SHA-256 的 Base64>:，以便核对。"
        )
    return digest
