"""Proof of service: the first acknowledgement counts; who does not acknowledge is reminded, then telephoned."""

import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlmodel import select

from api.story.peers import SmtpPeer, WebhookPeer
from flows.actions.errors import ConflictError, NotThereError
from flows.actions.papers import serving
from flows.actions.papers.serving import CallForm
from flows.actions.typed import read
from models import clock
from models.permissions import Actor
from models.records import service
from models.records.institution import InstitutionContact
from models.records.message import Message
from models.records.notice import Acknowledged, Channel, Notice
from models.records.person import Person, PersonRole
from models.roles import Role
from tests.delivery.world import World

NOON = [datetime(2026, 11, day, 4, tzinfo=UTC) for day in range(31) if day]
"""Noon in Dongguan; 2026-11-23 is a Monday."""


def at(day: int) -> None:
    clock.set_offset(NOON[day - 1] - clock.wall())


def served(world: World) -> UUID:
    case = world.case()
    return UUID(world.tell(case, "claim_decided", world.letter(case), amount="1.00"))


def notice(world: World, key: UUID) -> Notice:
    with world.open() as s:
        return s.get_one(Notice, key)


def officer(world: World) -> Actor:
    with world.open() as s:
        person = Person(login="chen", name="陈佳敏", password_hash="-", institution_id=world.managing_id)
        s.add(person)
        s.flush()
        s.add(PersonRole(person_id=person.id or 0, role=Role.MANAGING_OFFICER))
        return Actor(person.id or 0, person.name, world.managing_id, frozenset({Role.MANAGING_OFFICER}))


def test_the_link_of_an_email_acknowledges_once(world: World, smtp: SmtpPeer) -> None:
    world.contact()
    key = served(world)
    world.deliver()
    body, html = smtp.mails[0].get_body(("plain",)), smtp.mails[0].get_body(("html",))
    assert body is not None and html is not None
    found = re.search(r"/ack/(\S+)", body.get_content())
    assert found is not None
    assert f"/ack/{found[1]}" in html.get_content()
    assert notice(world, key).acknowledged_at is None, "that it was handed to a mail server proves nothing"
    with world.open() as s:
        serving.acknowledge_by_link(s, found[1])
    first = notice(world, key)
    assert first.acknowledged_via == Acknowledged.EMAIL
    with world.open() as s:
        serving.acknowledge_by_link(s, found[1])
    assert notice(world, key).acknowledged_at == first.acknowledged_at
    with world.open() as s, pytest.raises(NotThereError):
        serving.acknowledge_by_link(s, found[1][:-1])


def test_a_system_that_answers_well_has_the_notice_and_one_that_fails_has_not(
    world: World, hook: WebhookPeer
) -> None:
    world.endpoint(hook)
    hook.status = 500
    key = served(world)
    world.deliver()
    assert notice(world, key).acknowledged_at is None
    hook.status = 204
    world.make_due()
    world.deliver()
    assert notice(world, key).acknowledged_via == Acknowledged.WEBHOOK


def test_silence_is_followed_by_one_reminder_then_by_the_phone_list(world: World) -> None:
    chen = officer(world)
    at(23)
    key = served(world)
    other = served(world)
    with world.open() as s:
        assert serving.chase(s) == 0, "nothing is late on the day"
    at(24)
    with world.open() as s:
        assert serving.chase(s) == 0
        service.acknowledge(s, [other], Acknowledged.PORTAL, clock.now(), world.person_id)
    at(25)  # two working days later
    with world.open() as s:
        assert serving.chase(s) == 1
        assert serving.chase(s) == 0, "once"
    reminders = [n for n in world.notices() if n.event == "document_unacknowledged"]
    assert len(reminders) == 1
    assert "风险补偿决定通知书" in reminders[0].body
    at(28)  # a Saturday
    with world.open() as s:
        assert serving.chase(s) == 0
    at(30)
    with world.open() as s:
        assert serving.chase(s) == 1
        assert serving.chase(s) == 0
        assert [row[0].id for row in service.to_call(s, world.managing_id, 10)] == [key]
        told = s.exec(select(Message).where(Message.person_id == chen.person_id)).all()
        assert len(told) == 1
        assert "请电话送达" in told[0].words


def test_a_call_that_reached_nobody_is_kept_and_one_that_did_serves(world: World) -> None:
    chen = officer(world)
    key = served(world)
    said = {"spoke_with": "李敏", "phone": "0769-2222 0000", "words": "已告知决定内容和文号。"}
    with world.open() as s:
        serving.call(s, chen, key, read(CallForm, said | {"reached": "no"}))
    assert notice(world, key).acknowledged_at is None
    with world.open() as s:
        serving.call(s, chen, key, read(CallForm, said | {"reached": "yes"}))
    assert notice(world, key).acknowledged_via == Acknowledged.PHONE
    with world.open() as s:
        assert [c.reached for c in service.calls_of(s, [key])] == [False, True]
        with pytest.raises(ConflictError):
            serving.call(s, chen, key, read(CallForm, said | {"reached": "yes"}))
    bank = Actor(world.person_id, "李敏", world.bank_id, frozenset({Role.FILER}))
    with world.open() as s, pytest.raises(NotThereError):
        serving.call(s, bank, key, read(CallForm, said | {"reached": "yes"}))


def test_every_mailbox_has_a_link_of_its_own(world: World) -> None:
    for email in ("a@bank.example", "b@bank.example"):
        world.contact(email)
    served(world)
    tokens = {d.ack_token for d in world.deliveries(Channel.EMAIL)}
    assert len(tokens) == 2 and None not in tokens
    with world.open() as s:
        assert len(s.exec(select(InstitutionContact)).all()) == 2
