"""Addresses that fail are seen without asking: once each, with what to do, and gone when the cause is."""

from datetime import timedelta

from sqlmodel import Session, select

from api.story.peers import SmtpPeer, WebhookPeer
from flows.actions.people import addresses
from flows.delivery.outbox import resend
from models import clock
from models.permissions import Actor
from models.records import failing
from models.records.failing import Failing
from models.records.institution import InstitutionContact, WebhookEndpoint
from models.records.notice import Channel
from models.roles import Role
from tests.delivery.world import World


def found(world: World, institution_id: int | None = None) -> tuple[Failing, ...]:
    with world.open() as s:
        return failing.addresses(s, institution_id)


def keeper(world: World) -> Actor:
    return Actor(world.person_id, "李敏", world.bank_id, frozenset({Role.INSTITUTION_ADMIN}))


def test_a_mailbox_that_refuses_is_one_line_however_many_notices_it_refused(
    world: World, smtp: SmtpPeer
) -> None:
    world.contact("gone@bank.example")
    smtp.refusal = "550 no such user"
    for _ in range(3):
        world.tell(world.case())
    world.deliver()
    (one,) = found(world)
    assert (one.institution_id, one.channel, one.address) == (
        world.bank_id,
        Channel.EMAIL,
        "gone@bank.example",
    )
    assert one.parked == 3
    assert "拒收（550）" in one.reason
    assert found(world, world.managing_id) == ()
    smtp.refusal = None
    world.tell(world.case())
    world.deliver()
    assert found(world) == (), "the next one arrived"


def test_a_notice_that_is_sent_again_is_no_longer_told_and_is_if_it_fails_again(
    world: World, hook: WebhookPeer
) -> None:
    world.endpoint(hook)
    hook.status = 410
    world.tell(world.case())
    world.deliver()
    (one,) = found(world, world.bank_id)
    assert (one.channel, one.parked, one.delivery_id) == (
        Channel.WEBHOOK,
        1,
        world.delivery(Channel.WEBHOOK).id,
    )
    with world.open() as s:
        resend(s, one.delivery_id or 0)
    assert found(world) == ()
    world.deliver()
    assert len(found(world)) == 1
    hook.status = 200
    with world.open() as s:
        resend(s, one.delivery_id or 0)
    world.deliver()
    assert found(world) == ()


def test_an_address_that_was_replaced_is_no_longer_told(
    world: World, smtp: SmtpPeer, hook: WebhookPeer
) -> None:
    world.contact("gone@bank.example")
    world.endpoint(hook)
    smtp.refusal, hook.status = "550 no such user", 404
    world.tell(world.case())
    world.deliver()
    assert len(found(world)) == 2
    with world.open() as s:
        contact, endpoint = only(s, InstitutionContact), only(s, WebhookEndpoint)
        addresses.end_contact(s, keeper(world), contact)
        addresses.end_endpoint(s, keeper(world), endpoint)
    assert found(world) == ()


def test_an_endpoint_that_has_failed_for_long_is_told_before_anything_is_parked(
    world: World, hook: WebhookPeer
) -> None:
    world.endpoint(hook)
    hook.status = 503
    world.tell(world.case())
    world.deliver()
    assert found(world) == (), "a hiccup is nobody's business"
    with world.open() as s:
        row = s.exec(select(WebhookEndpoint)).one()
        row.failing_since = clock.wall() - failing.LONG - timedelta(minutes=1)
    (one,) = found(world)
    assert (one.parked, one.delivery_id, one.address) == (0, None, hook.url)
    hook.status = 200
    world.make_due()
    world.deliver()
    assert found(world) == (), "it answered"


def only(s: Session, kind: type[InstitutionContact] | type[WebhookEndpoint]) -> int:
    return s.exec(select(kind)).one().id or 0
