"""Webhooks: signed, tried again, parked with a reason, never sent inside, and no bank delays another."""

import json
import time
from datetime import timedelta

import pytest
from sqlmodel import select

from api.story.peers import WebhookPeer
from flows.delivery import outbox
from flows.delivery.circuit import OPENS_AFTER
from flows.delivery.outcome import LONGEST_PAUSE, PAUSES, pause_after
from models import clock
from models.records.institution import WebhookEndpoint
from models.records.notice import Channel, DeliveryState
from models.settings import get_settings
from tests.delivery.world import World

HOOK = Channel.WEBHOOK


def test_a_decision_reaches_the_banks_system_signed_and_complete(world: World, hook: WebhookPeer) -> None:
    world.endpoint(hook)
    case = world.case()
    notice = world.tell(case, "claim_decided", world.letter(case), amount="1000000.00")
    assert world.deliver() == 1
    (call,) = hook.calls
    assert call.verified
    assert call.id == notice == call.message["id"]
    assert call.headers["content-type"] == "application/json"
    assert abs(int(call.headers["webhook-timestamp"]) - clock.wall().timestamp()) < 30
    assert call.message["type"] == "claim_decided"
    data = call.message["data"]
    assert (data["case"], data["process"], data["board"], data["state"]) == (
        "BC-2026-0001",
        "claim",
        "bank",
        "acceptance",
    )
    assert data["amount"] == "1250000.00"
    assert data["details"] == {"amount": "1000000.00"}
    assert data["document"]["number"] == "东工信函〔2026〕12号"
    assert len(data["document"]["sha256"]) == 64
    assert data["link"] == f"{get_settings().base_url}/cases/BC-2026-0001"
    delivery = world.delivery(HOOK)
    assert delivery.state == DeliveryState.DELIVERED
    assert delivery.delivered_at is not None
    assert delivery.next_attempt_at is None
    (attempt,) = world.attempts()
    assert (attempt.ok, attempt.status_code, attempt.answer) == (True, 200, "answered 200")


def test_a_signature_with_another_secret_does_not_hold(world: World, hook: WebhookPeer) -> None:
    world.endpoint(hook)
    hook.secret = "whsec_YW5vdGhlciBzZWNyZXQ="
    world.tell(world.case())
    world.deliver()
    assert len(hook.calls) == 1
    assert hook.accepted == []


@pytest.mark.parametrize("status", [500, 503, 429])
def test_trouble_for_now_is_tried_again_with_the_same_id_and_words(
    world: World, hook: WebhookPeer, status: int
) -> None:
    world.endpoint(hook)
    world.tell(world.case())
    hook.status = status
    assert world.deliver() == 1
    delivery = world.delivery(HOOK)
    assert delivery.state == DeliveryState.PENDING
    assert str(status) in delivery.last_error
    assert delivery.next_attempt_at is not None
    assert timedelta(0) < delivery.next_attempt_at - clock.wall() <= PAUSES[0] * 1.2
    assert world.deliver() == 0
    hook.status = 204
    world.make_due()
    assert world.deliver() == 1
    assert world.delivery(HOOK).state == DeliveryState.DELIVERED
    assert world.delivery(HOOK).last_error == ""
    first, second = hook.accepted
    assert first.id == second.id
    assert first.body == second.body
    assert [attempt.status_code for attempt in world.attempts()] == [status, 204]


def test_a_bank_that_asks_for_time_gets_it(world: World, hook: WebhookPeer) -> None:
    world.endpoint(hook)
    world.tell(world.case())
    hook.status, hook.headers = 429, {"Retry-After": "3600"}
    world.deliver()
    due = world.delivery(HOOK).next_attempt_at
    assert due is not None
    assert timedelta(minutes=59) < due - clock.wall() <= timedelta(minutes=60)


def test_retry_after_as_a_date_or_as_nonsense() -> None:
    from email.utils import format_datetime

    from flows.delivery.webhook import _retry_after

    asked = _retry_after(format_datetime(clock.wall() + timedelta(minutes=10)))
    assert asked is not None
    assert timedelta(minutes=9) < asked < timedelta(minutes=11)
    assert _retry_after("soon") is None
    assert _retry_after("") is None
    assert _retry_after("-5") is None
    assert pause_after(1, _retry_after("9" * 30)) == LONGEST_PAUSE


@pytest.mark.parametrize("status", [400, 401, 404, 410, 302])
def test_a_refusal_is_parked_with_the_reason(world: World, hook: WebhookPeer, status: int) -> None:
    world.endpoint(hook)
    world.tell(world.case())
    hook.status, hook.headers = status, {"Location": "http://127.0.0.1:1/elsewhere"}
    world.deliver()
    delivery = world.delivery(HOOK)
    assert delivery.state == DeliveryState.PARKED
    assert str(status) in delivery.last_error
    assert delivery.next_attempt_at is None
    assert len(hook.calls) == 1


def test_nobody_listening_is_tried_for_24_hours_then_parked(world: World) -> None:
    world.endpoint(url="http://127.0.0.1:9/closed")
    world.tell(world.case())
    tries = 0
    while world.delivery(HOOK).state == DeliveryState.PENDING:
        tries += world.deliver()
        world.make_due()
    assert tries == len(PAUSES) + 1
    assert "次未送达：没有连上对方接口" in world.delivery(HOOK).last_error
    assert len(world.attempts()) == tries
    assert timedelta(hours=23) < sum(PAUSES, timedelta(0)) <= timedelta(hours=24)


def test_a_hanging_bank_does_not_delay_the_others(world: World) -> None:
    with WebhookPeer() as slow, WebhookPeer() as quick:
        slow.hangs = True
        world.endpoint(slow)
        world.endpoint(quick)
        for _ in range(12):  # more than a worker sends to one address at a time
            world.tell(world.case())
        began = time.monotonic()
        world.deliver(patience=1)
        assert time.monotonic() - began < 8
        assert len(quick.accepted) == 12
        left = "then it is left in peace, and its other notices keep their tries"
        assert OPENS_AFTER <= len(slow.calls) < OPENS_AFTER + outbox.PER_LANE, left
        in_time = [a for a in world.attempts() if a.ok]
        assert len(in_time) == 12
        assert max(a.milliseconds for a in in_time) < 900
        ids = [a.delivery_id for a in world.attempts()]
        first_timeout = next(i for i, a in enumerate(world.attempts()) if not a.ok)
        assert first_timeout == 12, f"quick ones came before the slow ones gave up: {ids}"
        waiting = [d for d in world.deliveries(HOOK) if d.state == DeliveryState.PENDING]
        assert {d.address for d in waiting} == {slow.url}
        assert "1秒内没有应答" in waiting[0].last_error


def test_a_worker_that_died_while_sending_leaves_a_lease_that_ends(world: World, hook: WebhookPeer) -> None:
    world.endpoint(hook)
    notice = world.tell(world.case())
    with world.open() as s:
        (parcel,) = outbox.claim(s, 10, {})  # …and is killed here
    assert world.deliver() == 0, "the lease holds"
    with world.open() as s:
        assert outbox.claim(s, 10, {}) == []
    world.make_due()  # the lease is over
    assert world.deliver() == 1
    assert hook.accepted[0].id == notice
    assert world.delivery(HOOK).attempts == 2

    late = outbox.Result(parcel, clock.now(), outbox.Outcome(outbox.Verdict.PARK, "late"), 1)
    with world.open() as s:
        outbox.settle(s, [late])
    assert world.delivery(HOOK).state == DeliveryState.DELIVERED, "a late failure does not undo a delivery"


def test_two_workers_never_claim_the_same_delivery(world: World) -> None:
    world.endpoint(url="http://127.0.0.1:9/closed")
    for _ in range(4):
        world.tell(world.case())
    with world.open() as one, world.open() as other:
        mine = {p.delivery_id for p in outbox.claim(one, 3, {})}
        theirs = {p.delivery_id for p in outbox.claim(other, 3, {})}
    assert len(mine) == 3
    assert mine & theirs == set()


def test_a_case_is_told_in_order_and_other_cases_need_not_wait(world: World, hook: WebhookPeer) -> None:
    world.endpoint(hook)
    first, other = world.case(), world.case()
    hook.status = 500
    accepted = world.tell(first, "claim_accepted")
    world.deliver()
    hook.status = 200
    decided = world.tell(first, "claim_decided", amount="1.00")
    elsewhere = world.tell(other, "claim_accepted")
    world.deliver()
    assert [call.id for call in hook.calls] == [accepted, elsewhere], "decided waits for accepted"
    world.make_due()
    world.deliver()
    assert [call.id for call in hook.calls] == [accepted, elsewhere, accepted, decided]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://2130706433:{port}/",
        "http://10.0.0.8/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://0.0.0.0:{port}/",
    ],
)
def test_addresses_inside_are_refused(
    world: World, hook: WebhookPeer, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("FENGBU_WEBHOOK_ALLOW_PRIVATE", "false")
    get_settings.cache_clear()
    world.endpoint(url=url.format(port=hook.url.split(":")[2].split("/")[0]))
    world.tell(world.case())
    world.deliver()
    delivery = world.delivery(HOOK)
    assert delivery.state == DeliveryState.PARKED
    assert "内部网络" in delivery.last_error
    assert hook.calls == []


def test_the_checked_address_is_the_one_connected_to(
    world: World, hook: WebhookPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that answers with another address at the second look-up (DNS rebinding) is looked up once."""
    import asyncio

    asked: list[str] = []
    port = int(hook.url.split(":")[2].split("/")[0])

    async def look_up(self: object, host: str, *args: object, **kw: object) -> list[object]:
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)
    world.endpoint(url=f"http://hooks.bank.example:{port}/in")
    world.tell(world.case())
    world.deliver()
    assert hook.calls[0].headers["host"] == f"hooks.bank.example:{port}"
    assert [host for host in asked if host != "127.0.0.1"] == ["hooks.bank.example"]


@pytest.mark.parametrize("url", ["ftp://bank.example/x", "bank", "http://", "http://[::1", "https:///x"])
def test_an_address_that_is_none_is_parked_in_words(world: World, url: str) -> None:
    world.endpoint(url=url)
    world.tell(world.case())
    world.deliver()
    delivery = world.delivery(HOOK)
    assert delivery.state == DeliveryState.PARKED, delivery.last_error
    assert "接口地址" in delivery.last_error


def test_a_switched_off_endpoint_and_a_broken_secret_are_parked(world: World, hook: WebhookPeer) -> None:
    world.endpoint(hook)
    with world.open() as s:
        s.exec(select(WebhookEndpoint)).one().secret = "whsec_"
    world.tell(world.case())
    world.deliver()
    assert "密钥" in world.delivery(HOOK).last_error
    with world.open() as s:
        s.exec(select(WebhookEndpoint)).one().active = False
        outbox.resend(s, world.delivery(HOOK).id or 0)
    world.deliver()
    assert "已停用" in world.delivery(HOOK).last_error
    assert hook.calls == []


def test_what_is_parked_can_be_sent_again_with_its_old_id(world: World, hook: WebhookPeer) -> None:
    world.endpoint(hook)
    notice = world.tell(world.case())
    hook.status = 404
    world.deliver()
    hook.status = 200
    with world.open() as s:
        outbox.resend(s, world.delivery(HOOK).id or 0)
    with world.open() as s, pytest.raises(ValueError, match="正在发送"):
        outbox.resend(s, world.delivery(HOOK).id or 0)
    world.deliver()
    assert world.delivery(HOOK).state == DeliveryState.DELIVERED
    assert [call.id for call in hook.accepted] == [notice, notice]
    with world.open() as s, pytest.raises(ValueError, match="无需重发"):
        outbox.resend(s, world.deliveries(Channel.PORTAL)[0].id or 0)
    with world.open() as s, pytest.raises(LookupError):
        outbox.resend(s, 99_999)


def test_the_body_is_plain_json_whatever_a_firm_is_called(world: World, hook: WebhookPeer) -> None:
    world.endpoint(hook)
    world.tell(world.case('甲"},"x":1\r\n<b>'))
    world.deliver()
    assert json.loads(hook.accepted[0].body)["data"]["subject"] == '甲"},"x":1 <b>'
