"""The worker's loop: at once, through a broken database, and stopped without losing anything."""

import asyncio
import time

import pytest
from sqlalchemy.exc import OperationalError

from api.story.peers import SmtpPeer, WebhookPeer
from flows.delivery import dispatch
from flows.delivery.dispatch import deliver_forever
from models.records.notice import Channel, DeliveryState
from models.settings import get_settings
from tests.delivery.world import World


async def _until(condition: object, seconds: float = 10) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


def test_a_notice_leaves_the_moment_it_is_written(
    world: World, hook: WebhookPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FENGBU_POLL_SECONDS", "30")  # only the notification can be quick
    get_settings.cache_clear()
    world.endpoint(hook)

    async def play() -> float:
        stop = asyncio.Event()
        worker = asyncio.create_task(deliver_forever(stop))
        await asyncio.sleep(0.3)
        began = time.monotonic()
        await asyncio.to_thread(world.tell, world.case())
        await _until(lambda: hook.accepted)
        took = time.monotonic() - began
        stop.set()
        await asyncio.wait_for(worker, 5)
        return took

    assert asyncio.run(play()) < 1
    assert world.delivery(Channel.WEBHOOK).state == DeliveryState.DELIVERED


def test_a_database_that_goes_away_is_waited_for(
    world: World, hook: WebhookPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.endpoint(hook)
    world.tell(world.case())
    claim, failures = dispatch.outbox.claim, [1, 1]

    def broken(*args: object) -> object:
        if failures:
            failures.pop()
            raise OperationalError("SELECT 1", {}, Exception("server closed the connection"))
        return claim(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(dispatch.outbox, "claim", broken)

    async def play() -> None:
        stop = asyncio.Event()
        worker = asyncio.create_task(deliver_forever(stop))
        await _until(lambda: hook.accepted)
        stop.set()
        await asyncio.wait_for(worker, 5)

    asyncio.run(play())
    assert failures == []
    assert world.delivery(Channel.WEBHOOK).state == DeliveryState.DELIVERED


def test_stopping_waits_for_what_is_on_the_way_and_starts_nothing_new(
    world: World, hook: WebhookPeer, smtp: SmtpPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "PATIENCE", 1.5)
    hook.hangs = True
    world.endpoint(hook)
    world.tell(world.case())

    async def play() -> None:
        stop = asyncio.Event()
        worker = asyncio.create_task(deliver_forever(stop))
        await _until(lambda: hook.calls)
        stop.set()
        await asyncio.sleep(0.1)
        world.contact()
        await asyncio.to_thread(world.tell, world.case())
        await asyncio.wait_for(worker, 8)

    asyncio.run(play())
    assert smtp.mails == []
    assert "没有应答" in world.deliveries(Channel.WEBHOOK)[0].last_error
    assert len(world.attempts()) == 1


def test_one_delivery_that_cannot_be_sent_does_not_stop_the_others(
    world: World, hook: WebhookPeer, smtp: SmtpPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*args: object) -> None:
        raise AttributeError("a mistake of ours")

    monkeypatch.setattr(dispatch.mail, "send", broken)
    world.contact()
    world.endpoint(hook)
    world.tell(world.case())
    assert world.deliver() == 2
    assert len(hook.accepted) == 1
    assert "内部错误" in world.delivery(Channel.EMAIL).last_error


def test_the_scheduled_flow_sends_what_is_due(world: World, hook: WebhookPeer) -> None:
    from flows.deliver_notices import deliver_notices

    world.endpoint(hook)
    world.tell(world.case())
    assert asyncio.run(deliver_notices.fn()) == 1
    assert len(hook.accepted) == 1
