"""Where an institution is told (通知地址): its e-mail contacts and webhook endpoints, kept by its own administrator.

Nothing is sent to an address before it was verified: an e-mail contact by a code that was mailed to it, an endpoint
by answering a challenge (`flows.delivery.challenge`, called by the door between the two halves of each).
"""

import base64
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from email.errors import MessageError
from email.headerregistry import Address
from typing import Annotated

import httpx
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlmodel import Session, col, select

from flows.actions.errors import ConflictError, FieldFault, InvalidError, NotThereError, permitted
from flows.actions.typed import Line60
from flows.delivery import circuit
from flows.delivery.outbox import CHANNEL
from models import clock, database
from models.permissions import Actor, may_manage_addresses
from models.records.api_key import hash_of
from models.records.institution import (
    InstitutionContact,
    WebhookEndpoint,
    all_contacts,
    all_endpoints,
)
from models.records.notice import Delivery, DeliveryState
from models.settings import get_settings

CODE_LIVES = timedelta(hours=24)
CODE_TRIES = 5
"""How often a code may be typed wrongly before a new one is needed."""
CODE_PAUSE = timedelta(seconds=60)
"""How long until another code may be mailed to the same address."""
OVERLAP = timedelta(hours=24)
"""How long a rotated secret still signs beside its successor."""
MOST_CONTACTS = 10
MOST_ENDPOINTS = 5


def _email(raw: object) -> str:
    text = unicodedata.normalize("NFKC", str(raw)).strip()
    try:
        found = Address(addr_spec=text)
    except (ValueError, MessageError) as error:
        raise ValueError("这不是邮箱地址，例如 risk@bank.example。") from error
    if not text.isascii() or "." not in found.domain or len(text) > 200:
        raise ValueError("这不是邮箱地址，例如 risk@bank.example。")
    return text


def _phone(raw: object) -> str:
    text = unicodedata.normalize("NFKC", str(raw)).strip()
    if not 7 <= sum(letter.isdigit() for letter in text) <= 20 or set(text) - set("0123456789+-() 转"):
        raise ValueError("请填写可以打通的电话，例如 0769-2222 0000 转 801。")
    return text[:40]


def _url(raw: object) -> str:
    text = str(raw).strip()
    wanted = "请填写 https:// 开头的完整地址，例如 https://hooks.bank.example/fengbu。"
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise ValueError(wanted) from error
    secure = url.scheme == "https" or (url.scheme == "http" and get_settings().webhook_allow_private)
    if not secure or not url.host or len(text) > 500:
        raise ValueError(wanted)
    if url.userinfo or url.fragment:
        raise ValueError("地址中不要带用户名、口令或 # 之后的部分；鉴别请用签名。")
    return text


class ContactForm(BaseModel):
    """A person who is told by e-mail, and by telephone when nothing else is acknowledged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line60 = Field(title="姓名")
    email: Annotated[str, BeforeValidator(_email)] = Field(title="邮箱")
    phone: Annotated[str, BeforeValidator(_phone)] = Field(title="电话")


class EndpointForm(BaseModel):
    """Where the institution's own system listens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[str, BeforeValidator(_url)] = Field(title="接口地址")


@dataclass(frozen=True, slots=True)
class Coded:
    """A contact and the code to be mailed to it; only its hash is kept."""

    contact: InstitutionContact
    code: str


def add_contact(s: Session, actor: Actor, institution_id: int, form: ContactForm) -> Coded:
    """A contact that is told nothing until its code was typed in. InvalidError for one that is there already."""
    permitted(may_manage_addresses(actor, institution_id))
    there = all_contacts(s, institution_id)
    if any(one.email.lower() == form.email.lower() for one in there):
        raise InvalidError((FieldFault("email", "这个邮箱已在名单中。"),))
    if len(there) >= MOST_CONTACTS:
        raise ConflictError(f"最多登记 {MOST_CONTACTS} 个联系人，请先停用不再使用的。")
    contact = InstitutionContact(
        institution_id=institution_id,
        name=form.name,
        email=form.email,
        phone=form.phone,
        active=False,
        created_at=clock.wall(),
    )
    s.add(contact)
    return _coded(s, contact)


def new_code(s: Session, actor: Actor, contact_id: int) -> Coded:
    """Another code for a contact that is not verified yet; the former one ends. Not more than one a minute."""
    contact = _contact(s, actor, contact_id)
    if contact.active:
        raise ConflictError("这个邮箱已经验证。")
    if contact.code_sent_at is not None and clock.wall() - contact.code_sent_at < CODE_PAUSE:
        raise ConflictError("验证码刚刚发出，请一分钟后再发。")
    return _coded(s, contact)


def confirm(s: Session, actor: Actor, contact_id: int, code: str) -> str:
    """Verify a contact by the code that was mailed to it: "" if it held, else why not.

    A wrong code is counted, so the transaction must be kept: hence a sentence and no error.
    """
    contact = _contact(s, actor, contact_id)
    if contact.active:
        raise ConflictError("这个邮箱已经验证。")
    sent = contact.code_sent_at
    if not contact.code_hash or sent is None or clock.wall() - sent > CODE_LIVES:
        return "验证码已过期，请重新发送。"
    if contact.code_tries >= CODE_TRIES:
        return "输错次数过多，这个验证码已作废，请重新发送。"
    if not secrets.compare_digest(contact.code_hash, _code_hash(contact, code.strip())):
        contact.code_tries += 1
        return "验证码不对，请核对邮件中的六位数字。"
    contact.active, contact.verified_at, contact.code_hash = True, clock.wall(), ""
    return ""


def end_contact(s: Session, actor: Actor, contact_id: int) -> InstitutionContact:
    """Tell this contact nothing any more."""
    contact = _contact(s, actor, contact_id)
    contact.active, contact.ended_at, contact.code_hash = False, clock.wall(), ""
    return contact


def add_endpoint(s: Session, actor: Actor, institution_id: int, form: EndpointForm) -> WebhookEndpoint:
    """An endpoint with a fresh secret; nothing is sent to it before it answered a challenge."""
    permitted(may_manage_addresses(actor, institution_id))
    there = all_endpoints(s, institution_id)
    if any(one.url == form.url for one in there):
        raise InvalidError((FieldFault("url", "这个地址已在名单中。"),))
    if len(there) >= MOST_ENDPOINTS:
        raise ConflictError(f"最多登记 {MOST_ENDPOINTS} 个接口地址，请先停用不再使用的。")
    endpoint = WebhookEndpoint(
        institution_id=institution_id,
        url=form.url,
        secret=_secret(),
        active=False,
        created_at=clock.wall(),
    )
    s.add(endpoint)
    s.flush()
    return endpoint


def endpoint_to_verify(s: Session, actor: Actor, endpoint_id: int) -> WebhookEndpoint:
    """The endpoint, if it may be asked now; NotThereError for another institution's."""
    return _endpoint(s, actor, endpoint_id)


def verified(s: Session, actor: Actor, endpoint_id: int) -> WebhookEndpoint:
    """The endpoint answered its challenge: notices go to it from now on, and what waits goes at once."""
    endpoint = _endpoint(s, actor, endpoint_id)
    endpoint.active, endpoint.verified_at = True, clock.wall()
    circuit.close(endpoint)
    waiting = select(Delivery).where(
        Delivery.endpoint_id == endpoint_id, Delivery.state == DeliveryState.PENDING
    )
    for delivery in s.exec(waiting.order_by(col(Delivery.id)).with_for_update(skip_locked=True)):
        delivery.next_attempt_at = clock.wall()
    database.notify(s, CHANNEL)
    return endpoint


def rotate(s: Session, actor: Actor, endpoint_id: int) -> WebhookEndpoint:
    """A new secret. The old one signs beside it for `OVERLAP`; one that was old already ends at once."""
    endpoint = _endpoint(s, actor, endpoint_id)
    endpoint.old_secret, endpoint.old_secret_until = endpoint.secret, clock.wall() + OVERLAP
    endpoint.secret = _secret()
    return endpoint


def end_endpoint(s: Session, actor: Actor, endpoint_id: int) -> WebhookEndpoint:
    """Send nothing there any more; what waits is parked at its next turn, with the reason."""
    endpoint = _endpoint(s, actor, endpoint_id)
    endpoint.active, endpoint.ended_at = False, clock.wall()
    circuit.close(endpoint)
    return endpoint


def _coded(s: Session, contact: InstitutionContact) -> Coded:
    s.flush()
    code = f"{secrets.randbelow(10**6):06d}"
    contact.code_hash, contact.code_tries, contact.code_sent_at = _code_hash(contact, code), 0, clock.wall()
    return Coded(contact, code)


def _code_hash(contact: InstitutionContact, code: str) -> str:
    return hash_of(f"{contact.id} {contact.email} {code}")


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _contact(s: Session, actor: Actor, contact_id: int) -> InstitutionContact:
    found = s.get(InstitutionContact, contact_id, with_for_update=True)
    if found is None or found.ended_at is not None or not may_manage_addresses(actor, found.institution_id):
        raise NotThereError("没有找到这个联系人。")
    return found


def _endpoint(s: Session, actor: Actor, endpoint_id: int) -> WebhookEndpoint:
    found = s.get(WebhookEndpoint, endpoint_id, with_for_update=True)
    if found is None or found.ended_at is not None or not may_manage_addresses(actor, found.institution_id):
        raise NotThereError("没有找到这个接口地址。")
    return found
