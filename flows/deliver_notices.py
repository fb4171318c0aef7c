"""通知投递: what the outbox holds goes out as e-mail and webhook.

The flow is the scheduled run, for a plain Prefect worker; a fengbu worker keeps `deliver_forever` running next
to the cases, so that a notice leaves the moment it is written. Both may run at once.
"""

import asyncio

import structlog
from prefect import flow

from flows.delivery import bounce_mailbox, bounces
from flows.delivery.dispatch import deliver_due, deliver_forever
from models.database import session
from models.records.reference import sync_clock
from models.settings import get_settings

log = structlog.get_logger(__name__)

__all__ = ["deliver_forever", "deliver_notices"]


@flow(name="deliver_notices", description="把待发的通知发到邮箱和接口")
async def deliver_notices() -> int:
    """Try everything that is due; return how many tries were made."""
    await asyncio.to_thread(_sync_clock)
    await asyncio.to_thread(_read_bounces)
    return await deliver_due()


def _read_bounces() -> None:
    settings = get_settings()
    folder = settings.bounce_maildir
    if folder is not None and folder.is_dir():
        with session() as s:
            bounces.collect(s, folder)
    if settings.bounce_imap_host:
        try:
            bounce_mailbox.collect(settings, session)
        except bounce_mailbox.MailboxError as error:  # what is due goes out all the same
            log.warning("bounces.mailbox_away", error=str(error))


def _sync_clock() -> None:
    with session() as s:
        sync_clock(s)
