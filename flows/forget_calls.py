"""Scheduled: what is kept only for a while is forgotten - tokens that ended, answers to old calls, unused files,
files of opinions that were never given, packed downloads."""

import asyncio
from datetime import timedelta

from prefect import flow

from models import clock
from models.database import session
from models.records import api_call, api_key, export, opinion_file
from models.settings import get_settings

KEPT = timedelta(days=30)
"""How long an `Idempotency-Key` is remembered and an upload waits to be named."""


@flow(
    name="forget-calls",
    description="清理过期令牌、旧的接口调用记录、未使用的上传和过期的打包下载",
    persist_result=False,
)
async def forget_calls() -> int:
    """How many rows were deleted."""
    return await asyncio.to_thread(forget)


def forget() -> int:
    """Delete what has had its time."""
    with session() as s:
        now = clock.wall()
        packed = timedelta(days=get_settings().export_days)
        return (
            api_key.forget_tokens(s, now)
            + api_call.forget(s, now - KEPT)
            + export.forget(s, clock.now() - packed)
            + opinion_file.forget(s)
        )
