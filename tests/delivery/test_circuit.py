"""The circuit of an endpoint: left in peace after failures, tried with one notice, parked after a day."""

from datetime import timedelta

from sqlmodel import select

from api.story.peers import WebhookPeer
from flows.delivery.circuit import OPENS_AFTER
from models import clock
from models.records.institution import WebhookEndpoint
from models.records.notice import Channel, Delivery, DeliveryState
from tests.delivery.world import World

HOOK = Channel.WEBHOOK


def resting(world: World) -> WebhookEndpoint:
    with world.open() as s:
        return s.exec(select(WebhookEndpoint)).one()


def test_an_endpoint_that_rests_is_tried_with_one_notice_then_gets_all(
    world: World, hook: WebhookPeer
) -> None:
    world.endpoint(hook)
    hook.status = 500
    for _ in range(8):
        world.tell(world.case())
    world.deliver()
    rested = resting(world)
    assert rested.failures >= OPENS_AFTER
    assert rested.paused_until is not None and rested.paused_until > clock.wall()
    before = len(hook.calls)
    with world.open() as s:
        for delivery in s.exec(select(Delivery).where(Delivery.state == DeliveryState.PENDING)):
            delivery.next_attempt_at = clock.wall()
    assert world.deliver() == 0, "it rests"
    world.make_due()
    assert world.deliver() == 1, "one notice tells whether it is back"
    assert len(hook.calls) == before + 1
    hook.status = 200
    world.make_due()
    world.deliver()
    world.make_due()
    world.deliver()
    assert len({call.id for call in hook.accepted}) == 8
    assert {d.state for d in world.deliveries(HOOK)} == {DeliveryState.DELIVERED}
    assert resting(world).failures == 0


def test_what_waited_a_day_at_a_dead_endpoint_is_parked_and_what_is_younger_waits(world: World) -> None:
    world.endpoint(url="http://127.0.0.1:9/closed")
    for _ in range(7):
        world.tell(world.case())
    world.deliver()
    with world.open() as s:
        endpoint = s.exec(select(WebhookEndpoint)).one()
        endpoint.failing_since = clock.wall() - timedelta(hours=25)
        for delivery in s.exec(select(Delivery).where(Delivery.channel == HOOK)):
            delivery.queued_at = clock.wall() - timedelta(hours=25)
    young = world.tell(world.case())
    world.make_due()
    world.deliver()
    waiting = [d for d in world.deliveries(HOOK) if d.state == DeliveryState.PENDING]
    assert [str(d.notice_id) for d in waiting] == [young]
    parked = [d for d in world.deliveries(HOOK) if d.state == DeliveryState.PARKED]
    assert len(parked) == 7
    assert "24小时内一直没有接收" in parked[0].last_error
