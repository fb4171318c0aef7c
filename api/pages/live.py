"""Live counts (SSE): what arrived in a person's queue and what others took, while they read. Nothing on the page moves.

A window listens while it is visible. It says when its page was made, so that whatever happened between two connections
is in the first event of the next; a session that ends ends its streams.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from api.auth import session as sessions
from api.auth.permit import requires
from api.auth.refusals import Refused
from api.auth.streams import Hub, Stream
from api.pages.narrowing import many
from models import clock, database
from models.permissions import Actor, may_talk
from models.records import message, queue
from models.records.reference import sync_clock

router = APIRouter()
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
TOGETHER = 0.5
"""Seconds to wait after a change: what happens together is told together."""
HEARTBEAT = 20.0
"""Seconds of silence after which a stream says that it lives, and looks whether its session does."""
HUB = Hub()


@dataclass(frozen=True, slots=True)
class Seen:
    """What a window is told: counts beside the places, tasks new since its page was made, tasks no longer theirs."""

    counts: dict[str, int | str]
    arrived: int
    gone: tuple[int, ...]


@router.get("/events")
async def events(
    request: Request,
    actor: Annotated[Actor, requires(may_talk)],
    since: Annotated[str, Query(max_length=40)] = "",
) -> StreamingResponse:
    """The stream of one window; `since` is when its page was made."""
    if HUB.full:
        raise Refused(503, "实时更新的连接已满，请稍后刷新页面。")
    token_hash = sessions.hash_of(request.cookies.get(sessions.COOKIE, ""))
    told = _tell(actor.person_id, token_hash, _instant(since))
    return StreamingResponse(told, media_type="text/event-stream", headers=HEADERS)


async def _tell(person_id: int, token_hash: str, since: datetime) -> AsyncIterator[str]:
    last: Seen | None = None
    async with HUB.stream(person_id, token_hash) as stream:
        yield "retry: 3000\n\n"
        while not stream.closed:
            changed = _take(stream)
            try:
                seen = await run_in_threadpool(look, token_hash, since, changed)
            except SQLAlchemyError:
                return  # the database is away: the window asks again in a moment
            if seen is None:
                break
            if seen != last or seen.gone:
                yield f"event: queue\ndata: {json.dumps(_said(seen))}\n\n"
                last = seen
            try:
                await asyncio.wait_for(stream.heard.wait(), HEARTBEAT)
                await asyncio.sleep(TOGETHER)
            except TimeoutError:
                yield ": \n\n"
        yield "event: over\ndata: {}\n\n"


def _take(stream: Stream) -> frozenset[int]:
    stream.heard.clear()
    changed = frozenset(stream.changed)
    stream.changed.clear()
    return changed


def look(token_hash: str, since: datetime, changed: frozenset[int]) -> Seen | None:
    """The person's queue now; None once their session is over."""
    with database.session() as s:
        sync_clock(s)
        actor = sessions.still(s, token_hash)
        if actor is None:
            return None
        counts = {
            "queue": many(queue.count_open(s, actor)),
            "messages": message.unread(s, actor.person_id),
        }
        mine = queue.still_mine(s, actor, changed)
        return Seen(counts, queue.arrived(s, actor, since), tuple(sorted(changed - mine)))


def _said(seen: Seen) -> dict[str, object]:
    return {"counts": seen.counts, "arrived": seen.arrived, "gone": seen.gone}


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return clock.now()
    return instant if instant.tzinfo else clock.now()
