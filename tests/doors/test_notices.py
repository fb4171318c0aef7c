"""Notices at the doors: the bank's inbox, the staff's record of deliveries, the demo's mailbox."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from decimal import Decimal

import pytest
from sqlmodel import Session, col, select

from api.runtime.mail import Mailbox, MailServer
from flows.delivery.dispatch import deliver_due
from flows.steps.notices import announce
from models import clock
from models.lifecycle import Board, Process, State
from models.records import institution
from models.records.case import CaseRecord
from models.records.institution import WebhookEndpoint
from models.records.notice import Channel, Delivery, DeliveryState
from models.settings import get_settings
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.doors.conftest import Server
from tests.seed import actor

Db = Callable[[], AbstractContextManager[Session]]
FILER, OTHER_INSTITUTION, OFFICER = "linwanyi", "yexiaotong", "chenjiamin"


def told(s: Session, event: str = "claim_decided", number: str = "BC-2026-0001", **facts: object) -> None:
    """莞邑银行 is told of an event in a claim."""
    bank, centre = institution.by_code(s, "GYB"), institution.by_code(s, "DJS")
    assert bank is not None and centre is not None
    case = s.exec(select(CaseRecord).where(CaseRecord.number == number)).first() or CaseRecord(
        number=number,
        process=Process.CLAIM,
        process_version=1,
        board=Board.BANK,
        institution_id=bank.id or 0,
        managing_institution_id=centre.id or 0,
        subject="东莞市<i>示例</i>模具有限公司",
        amount=Decimal("8000000.00"),
        state=State.ACCEPTANCE,
        state_since=clock.now(),
        opened_at=clock.now(),
        opened_by=actor(s, FILER).person_id,
    )
    s.add(case)
    s.flush()
    announce(s, case, event, document=None, context=facts or {"amount": "1000000.00"})


def portal(db: Db) -> Delivery:
    with db() as s:
        return s.exec(select(Delivery).where(Delivery.channel == Channel.PORTAL)).one()


def test_opening_a_notice_marks_it_read_with_who_and_when(server: Server, db: Db) -> None:
    with db() as s:
        told(s)
    bank = server.client(FILER)
    unread = bank.get("/notices?unread=1").text
    assert "补偿决定：BC-2026-0001" in unread
    assert "未读" in unread
    assert "示例&lt;/i&gt;" in unread
    assert "<i>示例" not in unread
    letter = bank.get(f"/notices/{portal(db).id}")
    assert letter.status_code == 200
    assert "￥1,000,000.00元（大写：壹佰万元整）" in letter.text
    opened = portal(db)
    assert opened.opened_at is not None
    with db() as s:
        assert opened.opened_by == actor(s, FILER).person_id
    assert "没有未读通知" in bank.get("/notices?unread=1").text
    bank.get(f"/notices/{opened.id}")
    assert portal(db).opened_at == opened.opened_at, "the first opening counts"


def test_another_institution_gets_404_as_if_it_did_not_exist(server: Server, db: Db) -> None:
    with db() as s:
        told(s)
    stranger = server.client(OTHER_INSTITUTION)
    answer = stranger.get(f"/notices/{portal(db).id}")
    assert answer.status_code == 404
    assert "BC-2026-0001" not in answer.text
    assert portal(db).opened_at is None
    assert "BC-2026-0001" not in stranger.get("/notices").text
    for odd in ("0", "-1", "99999999999999999999"):
        assert stranger.get(f"/notices/{odd}").status_code == 404
    assert stranger.get("/notices/deliveries").status_code == 403
    assert stranger.post(f"/notices/deliveries/{portal(db).id}/resend").status_code == 403


def test_staff_see_why_a_delivery_is_parked_and_send_it_again(server: Server, db: Db) -> None:
    with db() as s:
        told(s)
        bank = institution.by_code(s, "GYB")
        assert bank is not None
        s.add(
            WebhookEndpoint(
                institution_id=bank.id or 0, url="http://127.0.0.1:9/in?token=secret", secret="whsec_c2VjcmV0"
            )
        )
        s.flush()
        told(s, number="BC-2026-0002")
    asyncio.run(deliver_due(db))
    staff = server.client(OFFICER)
    assert staff.get("/notices").headers["location"] == "/notices/deliveries"
    parked = staff.get("/notices/deliveries?state=parked&channel=webhook").text
    assert "内部网络" in parked
    assert "BC-2026-0002" in parked
    assert "BC-2026-0001" not in parked
    assert "token=secret" not in parked
    with db() as s:
        hook = s.exec(select(Delivery).where(Delivery.channel == Channel.WEBHOOK)).one()
    detail = staff.get(f"/notices/deliveries/{hook.id}").text
    assert "每次发送" in detail
    assert "token=secret" not in detail
    assert staff.post(f"/notices/deliveries/{hook.id}/resend", data={"back": "list"}).status_code == 303
    with db() as s:
        again = s.get_one(Delivery, hook.id)
        assert (again.state, again.attempts) == (DeliveryState.PENDING, 0)
    refused = staff.post(f"/notices/deliveries/{hook.id}/resend")
    assert refused.status_code == 409
    assert "无需重发" in refused.text
    assert staff.post("/notices/deliveries/999999/resend").status_code == 404


def test_the_record_is_filtered_and_paged(server: Server, db: Db) -> None:
    with db() as s:
        for _ in range(26):
            told(s)
            told(s, number="BC-2026-0002")
        for contact in institution.contacts(s, actor(s, FILER).institution_id):
            contact.active = False
        told(s, number="BC-2026-0003")
    staff = server.client(OFFICER)
    assert "BC-2026-0003" in (only := staff.get("/notices/deliveries?case=BC-2026-0003").text)
    assert "BC-2026-0001" not in only
    first = staff.get("/notices/deliveries?channel=portal").text
    assert "第 1–50 次投递，共 53 次投递" in first
    second = staff.get("/notices/deliveries?channel=portal&at=2").text
    assert "第 51–53 次投递" in second
    for odd in ("state=x", "channel=%00", "at=-1", "at=9999999999999", "at=%D9%A3", "case=%00", "at="):
        assert staff.get(f"/notices/deliveries?{odd}").status_code == 200, odd
    assert "没有符合条件的投递" in staff.get("/notices/deliveries?case=nothing").text


@pytest.fixture
def mail_server(demo: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """The demo's mail server, up and configured, its mailbox empty."""
    directory = get_settings().data_dir
    for old in (directory / "mail").glob("*"):
        old.unlink()
    server = MailServer(directory)
    assert server.start() == f"smtp://127.0.0.1:{server.port}"
    monkeypatch.setenv("FENGBU_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("FENGBU_SMTP_PORT", str(server.port))
    get_settings.cache_clear()
    assert server.alive()
    yield server
    server.stop()
    assert not server.alive()


def test_the_demo_shows_the_mail_it_sent(server: Server, db: Db, mail_server: MailServer) -> None:
    with db() as s:
        told(s)
        told(
            s,
            "claim_paid",
            amount="1000000",
            voucher_number="PZ-1",
            voucher_date="2026-11-20",
            due_on="2026-11-27",
        )
    asyncio.run(deliver_due(db))
    with db() as s:
        sent = s.exec(select(Delivery).where(col(Delivery.channel) == Channel.EMAIL)).all()
    assert sent
    assert all(delivery.state == DeliveryState.DELIVERED for delivery in sent)
    newest, *_ = Mailbox(get_settings().data_dir).messages()
    assert newest.subject == "补偿资金已拨付：BC-2026-0001，请于2026年11月27日前确认到账"
    anyone = server.client(OFFICER)
    index = anyone.get("/mailbox").text
    assert newest.subject in index
    mail = anyone.get(f"/mailbox/{newest.key}").text
    assert "PZ-1" in mail
    body = anyone.get(f"/mailbox/{newest.key}/html")
    assert body.headers["content-security-policy"].startswith("default-src 'none'")
    assert "sandbox" in body.headers["content-security-policy"]
    assert "<i>示例" not in body.text
    for path in ("x", "..%2f..%2fetc%2fpasswd", "20261123T110612123456-" + "0" * 32):
        assert anyone.get(f"/mailbox/{path}").status_code == 404
    assert anyone.get(f"/mailbox/{newest.key}/enclosures/0").status_code == 404
    assert server.client().get("/mailbox").status_code == 303


def test_there_is_no_mailbox_outside_the_demo(server: Server) -> None:
    assert server.client(OFFICER).get("/mailbox").status_code == 404


@pytest.mark.browser
def test_the_pages_are_accessible_on_a_desk_and_on_a_phone(
    server: Server, db: Db, mail_server: MailServer
) -> None:
    with db() as s:
        told(s)
    asyncio.run(deliver_due(db))
    mail = Mailbox(get_settings().data_dir).messages()[0]
    with db() as s:
        email = s.exec(select(Delivery).where(Delivery.channel == Channel.EMAIL)).first()
    assert email is not None
    pages = {
        FILER: ("/notices", f"/notices/{portal(db).id}", "/mailbox", f"/mailbox/{mail.key}"),
        OFFICER: ("/notices/deliveries", f"/notices/deliveries/{email.id}"),
    }
    with chromium() as browser:
        for login, paths in pages.items():
            cookies = server.client(login).cookies
            context = browser.new_context(color_scheme="dark" if login == OFFICER else "light")
            context.add_cookies([{"name": n, "value": v, "url": server.base_url} for n, v in cookies.items()])
            page = context.new_page()
            complaints: list[str] = []
            page.on("console", lambda m, seen=complaints: seen.append(m.text) if m.type == "error" else None)
            for path in paths:
                for size in (DESK, PHONE):
                    page.set_viewport_size(size)  # type: ignore[arg-type]
                    page.goto(server.base_url + path)
                    assert_accessible(page)
            assert complaints == []
            if login == FILER:
                framed = page.frame_locator("iframe").locator("body")
                assert "补偿" in framed.inner_text()
                assert re.search(r"rgb\(24, 34, 44\)", framed.evaluate("e => getComputedStyle(e).color"))
