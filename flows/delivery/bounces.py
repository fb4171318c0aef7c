"""Mail that came back: delivery status notifications (RFC 3464), matched to what was sent.

The mail server that takes our mail only promises to try. What it could not deliver it reports to our sender address;
whoever runs that mailbox lets it be delivered to a Maildir (`FENGBU_BOUNCE_MAILDIR`), or lets us read it over IMAP
(`bounce_mailbox`). A report of a lasting failure
parks the delivery with the reason, as if the server had refused at once. Delays and everything else are left alone.
"""

import mailbox
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from pathlib import Path
from uuid import UUID

import structlog
from sqlmodel import Session, col, func, select

from flows.delivery.facts import one_line
from models import clock
from models.records.notice import Channel, Delivery, DeliveryAttempt, DeliveryState

log = structlog.get_logger(__name__)

MOST = 500
"""How many reports are read at a time."""
LARGEST = 1024 * 1024
"""Bytes of a report that are read; the headers we need come back first."""
_ID = re.compile(r"<([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})@")


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail that could not be delivered for good: which notice, to whom, what the server said."""

    notice_id: UUID
    address: str
    status: str
    words: str


def collect(session: Session, folder: Path) -> int:
    """Read the new reports in the Maildir `folder`; how many deliveries were parked.

    A message that was read is marked so and kept: a report that matches nothing may still interest a person.
    """
    box = mailbox.Maildir(folder, factory=None, create=False)
    parked = 0
    unread = [key for key in box.keys() if "S" not in box.get_message(key).get_flags()]  # noqa: SIM118 - no mapping
    for key in unread[:MOST]:
        parked += park(session, box.get_bytes(key))
        kept = box.get_message(key)
        kept.set_subdir("cur")
        kept.add_flag("S")
        box[key] = kept
    return parked


def park(session: Session, mail: bytes) -> int:
    """Park what a mail says came back for good; how many deliveries. Of a larger mail the first bytes are looked at."""
    said = message_from_bytes(mail[:LARGEST], _class=EmailMessage, policy=default)
    return sum(_park(session, bounce) for bounce in bounces_in(said))


def bounces_in(message: Message) -> Iterator[Bounce]:
    """Every lasting failure a message reports about a notice of ours; nothing for any other mail."""
    if message.get_content_type() != "multipart/report":
        return
    found = _ID.search(_original_id(message))
    if found is None:
        return
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in part.get_payload():
            if not isinstance(block, Message) or str(block.get("Action", "")).strip().lower() != "failed":
                continue
            status = one_line(str(block.get("Status", ""))).split(" ")[0]
            recipient = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "")
            address = one_line(recipient.partition(";")[2])
            if status.startswith("5") and address:
                words = one_line(str(block.get("Diagnostic-Code", "")).partition(";")[2])
                yield Bounce(UUID(found[1]), address, status, words)


def _original_id(message: Message) -> str:
    """The Message-ID of the mail that came back: in the part that returns it, whole or its headers."""
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822":
            inner = part.get_payload(0)
            if isinstance(inner, Message) and inner["Message-ID"]:
                return str(inner["Message-ID"])
        elif kind == "text/rfc822-headers":
            text = part.get_payload(decode=True)
            if isinstance(text, bytes):
                return str(message_from_bytes(text)["Message-ID"] or "")
    return ""


def _park(session: Session, bounce: Bounce) -> int:
    query = select(Delivery).where(
        Delivery.notice_id == bounce.notice_id,
        Delivery.channel == Channel.EMAIL,
        func.lower(col(Delivery.address)) == bounce.address.lower(),
    )
    delivery = session.exec(query.with_for_update()).first()
    if delivery is None or delivery.opened_at is not None or delivery.state == DeliveryState.PARKED:
        return 0  # who acknowledged it has it, whatever a server says
    said = f"{bounce.status} {bounce.words}".strip()
    delivery.state, delivery.next_attempt_at, delivery.delivered_at = DeliveryState.PARKED, None, None
    delivery.last_error = f"退信：{said}。请与机构核对邮箱地址。"[:500]
    session.add(
        DeliveryAttempt(
            delivery_id=delivery.id or 0,
            at=clock.now(),
            ok=False,
            answer=f"退信 {said}"[:500],
            milliseconds=0,
        )
    )
    log.info("mail.came_back", delivery=delivery.id, status=bounce.status)
    return 1
