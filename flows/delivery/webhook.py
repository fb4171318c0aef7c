"""Webhooks after Standard Webhooks: a signed JSON body, posted to an address that was checked first."""

import asyncio
import json
import socket
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any
from uuid import UUID

import httpx
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from flows.delivery.facts import one_line
from flows.delivery.outcome import Outcome, Parcel, Verdict
from models import clock

EXCERPT = 300
"""How many characters of an answer are kept."""


class RefusedError(Exception):
    """Something this system does not send or an address it does not call; the message is a Chinese sentence."""


def body(parcel: Parcel) -> str:
    """What is posted: pinned when the notice was written, so every retry carries the same words."""
    said = message(parcel.notice_id, parcel.event, parcel.created_at, parcel.context)
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def message(notice_id: UUID, event: str, created_at: datetime, context: Mapping[str, Any]) -> dict[str, Any]:
    """A notice as a machine reads it, posted or fetched. Amounts are strings in 元; a notice about no case has null for
    what would be the case's."""
    case, document = context["case"] or {}, context["document"]
    office = context.get("office") or {}
    data = {
        "case": case.get("number"),
        "process": case.get("process"),
        "board": case.get("board"),
        "state": case.get("state"),
        "subject": case.get("subject", office.get("topic")),
        "amount": case.get("amount"),
        "decided_amount": case.get("decided_amount"),
        "document": document and {key: document[key] for key in ("code", "title", "number", "sha256")},
        "details": context["details"],
        "link": case.get("link", office.get("link")),
    }
    return {
        "id": str(notice_id),
        "type": event,
        "timestamp": created_at.astimezone(UTC).isoformat(),
        "data": data,
    }


def client(patience: float) -> httpx.AsyncClient:
    """A client that goes where it is told: no proxy or netrc of the machine, no redirects, no connection kept.

    A kept connection would be shared by all names behind one checked address, whatever name its certificate
    was checked for.
    """
    return httpx.AsyncClient(
        trust_env=False,
        follow_redirects=False,
        timeout=patience,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        headers={"User-Agent": "fengbu-webhook/1"},
    )


async def send(parcel: Parcel, http: httpx.AsyncClient, patience: float, *, allow_private: bool) -> Outcome:
    """Post the parcel, in at most `patience` seconds from look-up to answer."""
    try:
        headers, content = _signed(parcel)
        async with asyncio.timeout(patience):
            return await post(parcel.address, headers, content, http, allow_private)
    except RefusedError as refusal:
        return Outcome(Verdict.PARK, str(refusal))
    except TimeoutError:
        return Outcome(Verdict.RETRY, f"对方接口{patience:g}秒内没有应答。")
    except (httpx.TransportError, OSError) as error:
        return Outcome(Verdict.RETRY, "没有连上对方接口。", answer=f"{type(error).__name__}: {error}")


def _signed(parcel: Parcel) -> tuple[dict[str, str], bytes]:
    if not parcel.secrets:
        raise RefusedError("这一接口已停用。")
    return signed(str(parcel.notice_id), body(parcel), parcel.secrets)


def signed(message_id: str, content: str, secrets: Sequence[str]) -> tuple[dict[str, str], bytes]:
    """Headers and body of a message; one signature for each secret, as the specification has it for rotation."""
    moment = clock.wall()
    try:
        signatures = [Webhook(secret).sign(message_id, moment, content) for secret in secrets]
    except (ValueError, EmptyWebhookSecretError) as error:
        raise RefusedError("接口密钥不能用于签名，请重新设置。") from error
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }, content.encode()


async def post(
    address: str, headers: dict[str, str], content: bytes, http: httpx.AsyncClient, allow_private: bool
) -> Outcome:
    """One request to the address that was checked, and what came of it.

    RefusedError for an address this system does not call; httpx.TransportError, OSError when nobody answers.
    """
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise RefusedError("接口地址不是网址，请更正。") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise RefusedError("接口地址须以https://或http://开头，请更正。")
    checked = await _resolve(url, allow_private)
    # Connect to the very address that was checked: the name may resolve to another one a moment later.
    request = http.build_request(
        "POST",
        url.copy_with(host=checked),
        content=content,
        headers={**headers, "Host": url.netloc.decode("ascii")},
        extensions={"sni_hostname": url.raw_host.decode("ascii")},
    )
    response = await http.send(request, stream=True)
    try:
        return _judged(response, await _excerpt(response))
    finally:
        await response.aclose()


async def _resolve(url: httpx.URL, allow_private: bool) -> str:
    port = url.port or (443 if url.scheme == "https" else 80)
    host = url.raw_host.decode("ascii")
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not allow_private and not all(_public(address) for address in addresses):
        raise RefusedError(f"接口地址{url.host}指向内部网络，本系统不发送。")
    return addresses[0]


def _public(address: str) -> bool:
    ip = ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return ip.is_global and not ip.is_multicast


async def _excerpt(response: httpx.Response) -> str:
    """The beginning of the answer. A peer that answered and then dawdles has still answered."""
    read = b""
    try:
        async with asyncio.timeout(1):
            async for chunk in response.aiter_bytes():
                read += chunk
                if len(read) >= 4 * EXCERPT:
                    break
    except (TimeoutError, httpx.TransportError, httpx.DecodingError):
        pass
    return one_line(read.decode("utf-8", "replace"))[:EXCERPT]


def _judged(response: httpx.Response, answer: str) -> Outcome:
    code = response.status_code
    if response.is_success:
        return Outcome(Verdict.DELIVERED, status_code=code, answer=answer)
    if code == 429 or code >= 500:
        wait = _retry_after(response.headers.get("retry-after", ""))
        return Outcome(Verdict.RETRY, f"对方接口答复{code}，稍后重试。", code, answer, wait)
    if response.is_redirect:
        return Outcome(
            Verdict.PARK, f"对方接口要求跳转（{code}）；为安全不跟随，请登记最终地址。", code, answer
        )
    return Outcome(Verdict.PARK, f"对方接口拒收（{code}）。", code, answer)


def _retry_after(value: str) -> timedelta | None:
    """RFC 9110 10.2.3: seconds or a date; anything else is not an instruction."""
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value), 10**6))
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment - clock.wall() if moment.tzinfo else None
