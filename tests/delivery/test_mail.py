"""E-mail to a real mail server: what arrives, what is tried again, what is parked."""

import pytest

from api.story.peers import SmtpPeer
from models import clock
from models.records.notice import Channel, DeliveryState
from models.settings import get_settings
from tests.delivery.world import LETTER, World


def test_a_decision_arrives_with_its_letter(world: World, smtp: SmtpPeer) -> None:
    world.contact()
    case = world.case()
    notice = world.tell(case, "claim_decided", world.letter(case), amount="1000000")
    assert world.deliver() == 1
    (mail,) = smtp.mails
    assert smtp.recipients == ["loans@bank.example"]
    assert mail["To"] == "loans@bank.example"
    assert mail["Subject"] == "补偿决定：BC-2026-0001，东莞市松湖精密有限公司"
    assert mail["Message-ID"] == f"<{notice}@localhost>"
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "￥1,000,000.00元（大写：壹佰万元整）" in text.get_content()
    assert f"{get_settings().base_url}/cases/BC-2026-0001" in html.get_content()
    (letter,) = mail.iter_attachments()
    assert letter.get_filename() == "BC-2026-0001 风险补偿决定通知书.docx"
    assert letter.get_content() == LETTER
    delivery = world.delivery(Channel.EMAIL)
    assert delivery.state == DeliveryState.DELIVERED
    assert [(a.ok, a.answer) for a in world.attempts()] == [(True, "kept")]


def test_every_contact_gets_one_and_a_mailbox_named_twice_gets_one(world: World, smtp: SmtpPeer) -> None:
    for email in ("a@bank.example", "b@bank.example", "A@bank.example "):
        world.contact(email)
    world.tell(world.case())
    world.deliver()
    assert sorted(r.lower() for r in smtp.recipients) == ["a@bank.example", "b@bank.example"]
    assert len({mail["Message-ID"] for mail in smtp.mails}) == 1


def test_a_firms_name_cannot_add_headers_or_markup(world: World, smtp: SmtpPeer) -> None:
    world.contact()
    world.tell(world.case("甲\r\nBcc: everyone@x.example\r\n\r\n<script>alert(1)</script>"))
    world.deliver()
    (mail,) = smtp.mails
    assert mail["Bcc"] is None
    assert smtp.recipients == ["loans@bank.example"]
    assert mail["Subject"].startswith("补偿申请已受理：BC-2026-0001，甲 Bcc: everyone@x.example")
    html = mail.get_body(("html",))
    assert html is not None
    assert "<script" not in html.get_content()


def test_refused_for_now_is_tried_again_and_for_good_is_parked(world: World, smtp: SmtpPeer) -> None:
    world.contact()
    world.tell(world.case())
    smtp.refusal = "450 try later"
    world.deliver()
    delivery = world.delivery(Channel.EMAIL)
    assert delivery.state == DeliveryState.PENDING
    assert "450" in delivery.last_error
    smtp.refusal = "550 no such user"
    world.make_due()
    world.deliver()
    delivery = world.delivery(Channel.EMAIL)
    assert delivery.state == DeliveryState.PARKED
    assert "550" in delivery.last_error
    assert "no such user" in delivery.last_error
    assert [attempt.status_code for attempt in world.attempts()] == [450, 550]
    assert smtp.mails == []


def test_no_mail_server_configured_is_said_plainly(world: World) -> None:
    world.contact()
    world.tell(world.case())
    world.deliver()
    delivery = world.delivery(Channel.EMAIL)
    assert (delivery.state, delivery.last_error) == (DeliveryState.PARKED, "未配置邮件服务器")


def test_a_mail_server_that_is_down_is_tried_again(
    world: World, smtp: SmtpPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.contact()
    world.tell(world.case())
    monkeypatch.setenv("FENGBU_SMTP_PORT", "9")
    get_settings.cache_clear()
    world.deliver()
    assert world.delivery(Channel.EMAIL).state == DeliveryState.PENDING
    assert world.delivery(Channel.EMAIL).last_error == "没有连上邮件服务器。"


@pytest.mark.parametrize("address", ["nobody", "a@b\r\nBcc: c@d", "a b@c", "@", "李敏@bank.example"])
def test_an_address_that_is_none_is_parked(world: World, smtp: SmtpPeer, address: str) -> None:
    world.contact(address)
    world.tell(world.case())
    world.deliver()
    delivery = world.delivery(Channel.EMAIL)
    assert delivery.state == DeliveryState.PARKED
    assert "不能投递" in delivery.last_error
    assert smtp.mails == []


def test_templates_changed_meanwhile_send_the_text_that_was_said(world: World, smtp: SmtpPeer) -> None:
    world.contact()
    world.tell(world.case())
    with world.open() as s:
        from sqlmodel import select

        from models.records.notice import Notice

        s.exec(select(Notice)).one().template_sha256 = "0" * 64
    world.deliver()
    (mail,) = smtp.mails
    assert mail.get_body(("html",)) is None
    text = mail.get_body(("plain",))
    assert text is not None
    assert "已予受理" in text.get_content()


def test_the_portal_has_it_at_once(world: World) -> None:
    world.tell(world.case())
    portal = world.delivery(Channel.PORTAL)
    assert portal.state == DeliveryState.DELIVERED
    assert portal.delivered_at is not None
    assert portal.opened_at is None
    assert world.deliver() == 0


def test_a_document_that_is_not_for_the_applicant_never_leaves(world: World) -> None:
    case = world.case()
    inside = world.letter(case, for_applicant=False)
    with pytest.raises(ValueError, match="not for the applicant"):
        world.tell(case, "claim_accepted", inside)
    assert world.notices() == []


def test_an_event_that_is_rolled_back_tells_nobody(world: World) -> None:
    from flows.steps.notices import announce
    from models.records.case import CaseRecord

    case = world.case()
    with pytest.raises(RuntimeError), world.open() as s:
        announce(s, s.get_one(CaseRecord, case), "claim_accepted", document=None, context={})
        raise RuntimeError("something after it failed")
    assert world.notices() == []


def test_the_date_is_the_events(world: World, smtp: SmtpPeer) -> None:
    world.contact()
    world.tell(world.case())
    world.deliver()
    stated = smtp.mails[0]["Date"].datetime
    assert abs((stated - clock.now()).total_seconds()) < 60
