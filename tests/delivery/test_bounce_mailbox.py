"""Mail that came back, read from a mailbox over IMAP and TLS: the same consequences as from a Maildir."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.story.peers import SmtpPeer
from flows.deliver_notices import deliver_notices
from flows.delivery import bounce_mailbox, bounces
from flows.delivery.bounce_mailbox import MailboxError
from models.records.notice import Channel, DeliveryState
from models.settings import get_settings
from tests.delivery.imap_peer import Mailbox, imap_peer
from tests.delivery.test_bounces import REPORT, sent
from tests.delivery.world import World


@pytest.fixture
def peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Mailbox, ssl.SSLContext]]:
    """The mailbox of our sender address, kept elsewhere."""
    with imap_peer(tmp_path) as (box, trusted):
        for name, value in {
            "HOST": "127.0.0.1", "PORT": str(box.port), "USER": "notices", "PASSWORD": "a secret",
            "FOLDER": "INBOX/bounces",
        }.items():  # fmt: skip
            monkeypatch.setenv(f"FENGBU_BOUNCE_IMAP_{name}", value)
        get_settings.cache_clear()
        yield box, trusted
    monkeypatch.undo()
    get_settings.cache_clear()


def report(notice: str) -> bytes:
    facts = {
        "address": "loans@bank.example",
        "action": "failed",
        "status": "5.1.1",
        "returned": "message/rfc822",
    }
    return REPORT.format(notice=notice, **facts).replace("\n", "\r\n").encode()


def read(world: World, trusted: ssl.SSLContext) -> int:
    return bounce_mailbox.collect(get_settings(), world.open, trusted=trusted)


def test_a_report_in_the_mailbox_parks_what_it_is_about_and_is_read_once(
    world: World, smtp: SmtpPeer, peer: tuple[Mailbox, ssl.SSLContext]
) -> None:
    box, trusted = peer
    box.mails += [
        b"Subject: out of office\r\n\r\nback on Monday",
        report(sent(world)),
        b"\xff\xfe no mail at all",
    ]
    assert read(world, trusted) == 1
    delivery = world.delivery(Channel.EMAIL)
    assert delivery.state == DeliveryState.PARKED and "退信：5.1.1" in delivery.last_error
    assert box.seen == {0, 1, 2}
    assert read(world, trusted) == 0 and sum(one.startswith("UID FETCH") for one in box.said) == 3


def test_a_connection_that_breaks_leaves_the_mail_for_the_next_time(
    world: World, smtp: SmtpPeer, peer: tuple[Mailbox, ssl.SSLContext]
) -> None:
    box, trusted = peer
    box.mails.append(report(sent(world)))
    box.cut = True
    with pytest.raises(MailboxError):
        read(world, trusted)
    assert box.seen == set() and world.delivery(Channel.EMAIL).state == DeliveryState.DELIVERED
    box.cut = False
    assert read(world, trusted) == 1


def test_no_more_is_read_than_was_asked_for(
    world: World, smtp: SmtpPeer, peer: tuple[Mailbox, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    box, trusted = peer
    monkeypatch.setattr(bounce_mailbox, "MOST", 2)
    box.mails += [report(sent(world)) + b"x" * (bounces.LARGEST * 3), b"", b""]
    assert read(world, trusted) == 1  # the report stands in its first bytes
    assert box.seen == {0, 1}  # the third waits for the next run
    box.announce = 10**12
    with pytest.raises(MailboxError, match="announced"):
        read(world, trusted)


def test_a_server_nobody_vouches_for_gets_no_password(
    world: World, peer: tuple[Mailbox, ssl.SSLContext]
) -> None:
    with pytest.raises(MailboxError, match="certificate"):
        bounce_mailbox.collect(get_settings(), world.open)
    assert peer[0].said == []


@pytest.mark.parametrize(("name", "value"), [("PASSWORD", "another"), ("FOLDER", "Elsewhere")])
def test_a_mailbox_that_refuses_us_is_said(
    world: World, peer: tuple[Mailbox, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"FENGBU_BOUNCE_IMAP_{name}", value)
    get_settings.cache_clear()
    with pytest.raises(MailboxError):
        read(world, peer[1])


def test_a_mailbox_that_is_away_delays_no_notice(
    world: World, smtp: SmtpPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("FENGBU_BOUNCE_IMAP_HOST", "127.0.0.1")
    monkeypatch.setenv("FENGBU_BOUNCE_IMAP_PORT", str(port))
    get_settings.cache_clear()
    world.contact()
    world.tell(world.case())
    asyncio.run(deliver_notices.fn())
    assert world.delivery(Channel.EMAIL).state == DeliveryState.DELIVERED
    monkeypatch.undo()
    get_settings.cache_clear()
