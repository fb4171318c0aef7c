"""通知地址: a bank's administrator adds addresses; none is used before it has proved to be the bank's own."""

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from sqlmodel import select
from standardwebhooks.webhooks import Webhook

from api.story.peers import SmtpPeer
from flows.delivery.dispatch import deliver_due
from models import clock, database
from models.records import institution
from models.records.institution import InstitutionContact, WebhookEndpoint
from models.records.notice import Channel, Delivery, DeliveryState
from models.settings import get_settings
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.doors.conftest import Client, Server
from tests.doors.test_notices import told

CONTACT = {"name": "风险管理部", "email": "risk@guanyi.example", "phone": "0769-2222 0000"}


class Bank:
    """A bank's system: answers a challenge while it is told to, and keeps headers and bodies."""

    def __init__(self) -> None:
        self.echoes = True
        self.elsewhere = ""
        self.calls: list[tuple[dict[str, str], bytes]] = []
        bank = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                bank.calls.append(({k.lower(): v for k, v in self.headers.items()}, body))
                answer = body if bank.echoes else b"ok"
                self.send_response(307 if bank.elsewhere else 200)
                if bank.elsewhere:
                    self.send_header("Location", bank.elsewhere)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/in"
        self.thread = Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def bank() -> Iterator[Bank]:
    """A bank's system."""
    one = Bank()
    yield one
    one.stop()


@pytest.fixture
def smtp(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpPeer]:
    """The mail server, and peers on loopback allowed."""
    with SmtpPeer() as peer:
        monkeypatch.setenv("FENGBU_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("FENGBU_SMTP_PORT", str(peer.port))
        monkeypatch.setenv("FENGBU_WEBHOOK_ALLOW_PRIVATE", "1")
        get_settings.cache_clear()
        yield peer
    monkeypatch.undo()
    get_settings.cache_clear()


def contact() -> InstitutionContact:
    with database.session() as s:
        found = select(InstitutionContact).where(InstitutionContact.email == CONTACT["email"])
        return s.exec(found).one()


def endpoint() -> WebhookEndpoint:
    with database.session() as s:
        return s.exec(select(WebhookEndpoint)).one()


def secret_on(page: str) -> str:
    found = re.search(r'value="(whsec_[^"]+)"', page)
    assert found is not None
    return found[1]


def add(admin: Client, bank: Bank) -> str:
    answer = admin.post("/addresses/endpoints", data={"url": bank.url})
    assert answer.status_code == 201, answer.text
    return secret_on(answer.text)


def test_an_address_is_told_nothing_before_its_code_was_typed_in(server: Server, smtp: SmtpPeer) -> None:
    admin = server.client("xuqiuyue")
    assert admin.post("/addresses/contacts", data=CONTACT).headers["location"].endswith("done=sent")
    code = re.search(r"\b\d{6}\b", smtp.mails[0].get_content())
    assert code is not None
    assert smtp.recipients == [CONTACT["email"]]
    assert code[0] not in admin.get("/addresses").text
    key = contact().id
    with database.session() as s:
        home = contact().institution_id
        assert CONTACT["email"] not in {one.email for one in institution.contacts(s, home)}
    wrong = f"{(int(code[0]) + 1) % 10**6:06d}"
    refused = admin.post(f"/addresses/contacts/{key}/confirm", data={"code": wrong})
    assert refused.status_code == 422
    assert "验证码不对" in refused.text
    assert admin.post(f"/addresses/contacts/{key}/code").status_code == 409, "not more than one a minute"
    stranger = server.client("panjiansheng")
    assert stranger.post(f"/addresses/contacts/{key}/confirm", data={"code": code[0]}).status_code == 404
    assert admin.post(f"/addresses/contacts/{key}/confirm", data={"code": code[0]}).status_code == 303
    with database.session() as s:
        assert CONTACT["email"] in {one.email for one in institution.contacts(s, home)}
    assert admin.post(f"/addresses/contacts/{key}/end").status_code == 303
    assert not contact().active


def test_a_code_that_was_guessed_at_too_often_or_is_old_ends(server: Server, smtp: SmtpPeer) -> None:
    admin = server.client("xuqiuyue")
    admin.post("/addresses/contacts", data=CONTACT)
    code = re.search(r"\b\d{6}\b", smtp.mails[0].get_content())
    assert code is not None
    key = contact().id
    wrong = f"{(int(code[0]) + 1) % 10**6:06d}"
    for _ in range(5):
        admin.post(f"/addresses/contacts/{key}/confirm", data={"code": wrong})
    answer = admin.post(f"/addresses/contacts/{key}/confirm", data={"code": code[0]})
    assert "输错次数过多" in answer.text
    with database.session() as s:
        s.get_one(InstitutionContact, key).code_sent_at = clock.wall() - timedelta(hours=25)
    assert "已过期" in admin.post(f"/addresses/contacts/{key}/confirm", data={"code": code[0]}).text
    assert not contact().active


def test_an_endpoint_is_used_once_it_answered_the_signed_challenge(
    server: Server, smtp: SmtpPeer, bank: Bank
) -> None:
    admin = server.client("xuqiuyue")
    secret = add(admin, bank)
    assert secret not in admin.get("/addresses").text
    key = endpoint().id
    bank.echoes = False
    refused = admin.post(f"/addresses/endpoints/{key}/verify")
    assert refused.status_code == 422
    assert "没有挑战值" in refused.text
    assert not endpoint().active
    bank.echoes = True
    assert admin.post(f"/addresses/endpoints/{key}/verify").status_code == 303
    headers, body = bank.calls[-1]
    assert Webhook(secret).verify(body, headers)["type"] == "endpoint.verification"
    assert endpoint().active
    assert server.client("panjiansheng").post(f"/addresses/endpoints/{key}/verify").status_code == 404


def test_a_rotated_secret_signs_beside_its_successor_until_the_overlap_ends(
    server: Server, smtp: SmtpPeer, bank: Bank
) -> None:
    admin = server.client("xuqiuyue")
    old = add(admin, bank)
    key = endpoint().id
    admin.post(f"/addresses/endpoints/{key}/verify")
    new = secret_on(admin.post(f"/addresses/endpoints/{key}/rotate").text)
    assert new != old

    def deliver(number: str) -> tuple[dict[str, str], bytes]:
        with database.session() as s:
            told(s, number=number)
        asyncio.run(deliver_due(database.session))
        return bank.calls[-1]

    headers, body = deliver("BC-2026-0001")
    for secret in (old, new):
        assert Webhook(secret).verify(body, headers)["type"]
    with database.session() as s:
        s.get_one(WebhookEndpoint, key).old_secret_until = clock.wall()
    headers, body = deliver("BC-2026-0002")
    assert Webhook(new).verify(body, headers)
    assert len(headers["webhook-signature"].split()) == 1


def test_an_endpoint_that_sends_us_on_to_an_address_inside_is_not_followed(
    server: Server, smtp: SmtpPeer, bank: Bank
) -> None:
    """Neither with the challenge nor, once it is in use, with a notice."""
    admin = server.client("xuqiuyue")
    add(admin, bank)
    key, inside = endpoint().id, Bank()
    try:
        bank.elsewhere = inside.url
        refused = admin.post(f"/addresses/endpoints/{key}/verify")
        assert refused.status_code == 422 and not endpoint().active
        bank.elsewhere = ""
        assert admin.post(f"/addresses/endpoints/{key}/verify").status_code == 303
        bank.elsewhere = inside.url
        with database.session() as s:
            told(s, number="BC-2026-0001")
        asyncio.run(deliver_due(database.session))
        with database.session() as s:
            way = s.exec(select(Delivery).where(Delivery.channel == Channel.WEBHOOK)).one()
            assert way.state == DeliveryState.PARKED and "不跟随" in way.last_error
        assert inside.calls == []
        assert "请登记最终地址" in admin.get("/addresses").text
    finally:
        inside.stop()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hooks.bank.example/in", "https"),
        ("https://user:word@hooks.bank.example/in", "用户名"),
        ("bank", "https"),
        ("https://", "https"),
    ],
)
def test_an_address_nobody_may_use_is_refused_as_typed(server: Server, url: str, why: str) -> None:
    answer = server.client("xuqiuyue").post("/addresses/endpoints", data={"url": url})
    assert answer.status_code == 422
    assert why in answer.text
    assert f'value="{url}"' in answer.text


def test_an_address_inside_never_gets_the_challenge(server: Server, bank: Bank) -> None:
    admin = server.client("xuqiuyue")
    answer = admin.post("/addresses/endpoints", data={"url": bank.url.replace("http:", "https:")})
    assert answer.status_code == 201
    refused = admin.post(f"/addresses/endpoints/{endpoint().id}/verify")
    assert refused.status_code == 422
    assert "内部网络" in refused.text
    assert bank.calls == []
    assert server.client("linwanyi").get("/addresses").status_code == 403
    assert admin.get(f"/addresses?at={endpoint().institution_id + 1}").status_code == 404


@pytest.mark.browser
def test_the_page_is_usable_on_desk_and_phone(server: Server, smtp: SmtpPeer, bank: Bank) -> None:
    admin = server.client("xuqiuyue")
    admin.post("/addresses/contacts", data=CONTACT)
    add(admin, bank)
    with chromium() as browser:
        for size in (DESK, PHONE):
            page = browser.new_page(viewport=size)
            page.context.add_cookies(
                [{"name": c.name, "value": c.value or "", "url": server.base_url} for c in admin.cookies.jar]
            )
            page.goto(f"{server.base_url}/addresses")
            assert_accessible(page)
