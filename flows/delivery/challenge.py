"""Proof that an address is the institution's own, before anything about a case is sent to it.

An e-mail address gets a code that its reader types in; a webhook gets a signed message whose `challenge` it must
answer with. Both go out at once, outside the outbox: a person waits for them, and they tell nothing about a case.
"""

import asyncio
import json
from datetime import UTC
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from uuid import uuid4

import httpx

from flows.delivery import mail, webhook
from flows.delivery.outcome import Outcome, Verdict
from flows.delivery.wording import plain
from models import clock
from models.settings import Settings

PATIENCE = 8.0
"""Seconds an address has to answer while a person waits."""
EVENT = "endpoint.verification"


def mail_code(address: str, code: str, place: str, hours: int, settings: Settings) -> Outcome:
    """Mail the code for `place` to `address`; what came of it, as of any other mail."""
    if not settings.smtp_host:
        return Outcome(Verdict.PARK, "未配置邮件服务器，请联系系统管理员。")
    words = plain("_contact_code", place=place, code=code, hours=hours)
    try:
        to, sender = mail.addresses(address, settings.smtp_from)
    except mail.UnusableAddressError:
        return Outcome(Verdict.PARK, "这个邮箱地址不能投递，请更正。")
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, words.title
    message["Date"] = format_datetime(clock.local(clock.wall()))
    message["Message-ID"] = make_msgid(domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(words.text)
    return asyncio.run(mail.handed_over(message, settings, PATIENCE))


def ask(url: str, secrets: tuple[str, ...], settings: Settings) -> Outcome:
    """Call `url` as a webhook would; DELIVERED only if it answers 2xx with the challenge in its body."""
    challenge = uuid4().hex
    key = str(uuid4())
    said = {
        "id": key,
        "type": EVENT,
        "timestamp": clock.wall().astimezone(UTC).isoformat(),
        "data": {"challenge": challenge},
    }
    outcome = asyncio.run(_called(url, key, json.dumps(said), secrets, settings))
    if outcome.verdict == Verdict.DELIVERED and challenge not in outcome.answer:
        return Outcome(
            Verdict.PARK,
            "对方接口应答了，但应答中没有挑战值：请在应答正文中原样返回 data.challenge。",
            outcome.status_code,
            outcome.answer,
        )
    return outcome


async def _called(url: str, key: str, content: str, secrets: tuple[str, ...], settings: Settings) -> Outcome:
    try:
        headers, body = webhook.signed(key, content, secrets)
        async with webhook.client(PATIENCE) as http, asyncio.timeout(PATIENCE):
            return await webhook.post(url, headers, body, http, settings.webhook_allow_private)
    except webhook.RefusedError as refusal:
        return Outcome(Verdict.PARK, str(refusal))
    except TimeoutError:
        return Outcome(Verdict.RETRY, f"对方接口{PATIENCE:g}秒内没有应答。")
    except (httpx.TransportError, OSError) as error:
        return Outcome(Verdict.RETRY, f"没有连上对方接口（{type(error).__name__}）。")
