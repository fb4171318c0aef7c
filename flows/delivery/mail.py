"""E-mail: one message per delivery, through the configured SMTP server."""

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import aiosmtplib

from flows.delivery.facts import one_line
from flows.delivery.outcome import Outcome, Parcel, Verdict
from models import clock
from models.settings import Settings

IMPLICIT_TLS_PORT = 465
_ACKNOWLEDGE = "收到后请打开链接签收（无需登录），签收时间作为送达时间："
_WORD = "vnd.openxmlformats-officedocument.wordprocessingml.document"


class UnusableAddressError(ValueError):
    """An address no mail can be sent to."""


def compose(parcel: Parcel, sender: str) -> EmailMessage:
    """The message for a parcel; UnusableAddressError for an address that is none.

    Its Message-ID is the notice's id: a mailbox that gets it twice, by a retry or through two contacts,
    can tell.
    """
    to, origin = addresses(parcel.address, sender)
    message = EmailMessage(policy=SMTP)
    message["From"] = origin
    message["To"] = to
    message["Subject"] = one_line(parcel.title)
    message["Date"] = format_datetime(clock.local(parcel.created_at))
    message["Message-ID"] = f"<{parcel.notice_id}@{origin.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: out-of-office replies stay away
    message["Content-Language"] = "zh-CN"
    link = parcel.acknowledge_at
    message.set_content(f"{parcel.text}\n{_ACKNOWLEDGE}\n{link}\n" if link else parcel.text)
    if parcel.html is not None:
        message.add_alternative(_with_link(parcel.html, link), subtype="html")
    if parcel.file is not None:
        message.add_attachment(
            parcel.file.data, maintype="application", subtype=_WORD, filename=one_line(parcel.file.name)
        )
    return message


def addresses(to: str, sender: str) -> tuple[Address, Address]:
    """Whom a message goes to and whom it comes from; UnusableAddressError for an address that is none."""
    try:
        origin = Address(addr_spec=sender)
        return Address(addr_spec=to), Address("风补平台", origin.username, origin.domain)
    except (ValueError, MessageError) as error:  # the parser raises one or the other
        raise UnusableAddressError(str(error)) from error


def _with_link(html: str, link: str) -> str:
    """The letter with its own link at the end; the link is made of our address and a random word."""
    button = f'<p><a href="{link}" style="color:#17597a">签收</a>　{_ACKNOWLEDGE}</p>'
    return html.replace("</div>\n</body>", f"{button}\n</div>\n</body>") if link else html


async def send(parcel: Parcel, settings: Settings, patience: float) -> Outcome:
    """Hand the parcel to the mail server, in at most `patience` seconds per exchange."""
    if not settings.smtp_host:
        return Outcome(Verdict.PARK, "未配置邮件服务器")
    try:
        message = compose(parcel, settings.smtp_from)
    except UnusableAddressError as error:
        return Outcome(
            Verdict.PARK, f"邮箱地址“{one_line(parcel.address)}”不能投递，请更正联系人。", answer=str(error)
        )
    return await handed_over(message, settings, patience)


async def handed_over(message: EmailMessage, settings: Settings, patience: float) -> Outcome:
    """Give the message to the configured server; what it said."""
    try:
        return await _transmit(message, settings, patience)
    except aiosmtplib.SMTPAuthenticationError as error:
        # our password, not the recipient: once it is corrected the mail should go out by itself
        return Outcome(Verdict.RETRY, "邮件服务器不接受本系统的账号或密码。", error.code, error.message)
    except aiosmtplib.SMTPResponseException as error:
        return _refused(error.code, error.message)
    except (aiosmtplib.SMTPException, OSError) as error:
        return Outcome(Verdict.RETRY, "没有连上邮件服务器。", answer=f"{type(error).__name__}: {error}")


async def _transmit(message: EmailMessage, settings: Settings, patience: float) -> Outcome:
    implicit = settings.smtp_port == IMPLICIT_TLS_PORT
    password = settings.smtp_password
    try:
        _, answer = await aiosmtplib.send(
            message,
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_user,
            password=password.get_secret_value() if password else None,
            use_tls=implicit,
            start_tls=settings.smtp_starttls and not implicit,
            timeout=patience,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        return _refused(error.recipients[0].code, error.recipients[0].message)
    return Outcome(Verdict.DELIVERED, status_code=250, answer=answer)


def _refused(code: int, words: str) -> Outcome:
    """RFC 5321 4.2.1: 4yz is for now, 5yz is for good; a code below is a server that lost its thread."""
    if code >= 500:
        return Outcome(Verdict.PARK, f"邮件服务器拒收（{code}）：{one_line(words)}", code, words)
    return Outcome(Verdict.RETRY, f"邮件服务器暂不接收（{code}）：{one_line(words)}", code, words)
