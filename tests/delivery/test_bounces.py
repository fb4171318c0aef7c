"""Mail that comes back: a report of a lasting failure parks the delivery, and nothing else does."""

import asyncio
import mailbox
from pathlib import Path

import pytest

from api.story.peers import SmtpPeer
from flows.deliver_notices import deliver_notices
from models.records.notice import Channel, Delivery, DeliveryState
from models.settings import get_settings
from tests.delivery.world import World

REPORT = """\
From: MAILER-DAEMON@mx.example
To: fengbu@localhost
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

I could not deliver your message.
--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b1
Content-Type: {returned}

From: fengbu@localhost
Message-ID: <{notice}@localhost>
Subject: x

--b1--
"""


@pytest.fixture
def maildir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> mailbox.Maildir:
    """The mailbox of our sender address."""
    monkeypatch.setenv("FENGBU_BOUNCE_MAILDIR", str(tmp_path / "bounces"))
    get_settings.cache_clear()
    return mailbox.Maildir(tmp_path / "bounces")


def sent(world: World) -> str:
    """A notice that the mail server took."""
    world.contact("Loans@bank.example")
    notice = world.tell(world.case())
    world.deliver()
    assert world.delivery(Channel.EMAIL).state == DeliveryState.DELIVERED
    return notice


def read_mail(world: World) -> Delivery:
    asyncio.run(deliver_notices.fn())
    return world.delivery(Channel.EMAIL)


@pytest.mark.parametrize("returned", ["text/rfc822-headers", "message/rfc822"])
def test_a_mail_that_came_back_is_parked_with_what_the_server_said(
    world: World, smtp: SmtpPeer, maildir: mailbox.Maildir, returned: str
) -> None:
    notice = sent(world)
    report = REPORT.format(
        notice=notice, address="loans@bank.example", action="failed", status="5.1.1", returned=returned
    )
    maildir.add(report.encode())
    delivery = read_mail(world)
    assert delivery.state == DeliveryState.PARKED
    assert "退信：5.1.1 550 5.1.1 no such user" in delivery.last_error
    assert delivery.delivered_at is None
    assert [attempt.ok for attempt in world.attempts()] == [True, False]
    maildir.add(report.encode())
    read_mail(world)
    assert len(world.attempts()) == 2, "a second report of the same changes nothing"
    assert all("S" in message.get_flags() for message in maildir)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"action": "delayed", "status": "4.4.1"}, id="delayed"),
        pytest.param({"status": "4.2.2"}, id="for-now"),
        pytest.param({"address": "other@bank.example"}, id="another-address"),
        pytest.param({"notice": "00000000-0000-0000-0000-000000000000"}, id="another-notice"),
        pytest.param({"notice": "made-up"}, id="no-notice"),
    ],
)
def test_everything_else_is_left_alone(
    world: World, smtp: SmtpPeer, maildir: mailbox.Maildir, changes: dict[str, str]
) -> None:
    facts = {
        "notice": sent(world), "address": "loans@bank.example", "action": "failed", "status": "5.1.1",
        "returned": "text/rfc822-headers",
    }  # fmt: skip
    maildir.add(REPORT.format(**facts | changes).encode())
    maildir.add(b"Subject: out of office\n\nback on Monday")
    maildir.add(b"\xff\xfe no mail at all")
    assert read_mail(world).state == DeliveryState.DELIVERED
