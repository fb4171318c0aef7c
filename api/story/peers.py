"""A bank's side of a notice: a mailbox and a webhook endpoint that remember what they were sent.

Real servers on loopback, for the story and the tests. They can be told to misbehave as banks' systems do.
"""

import threading
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, Envelope, Session
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from api.runtime.mail import SmtpServer

SECRET = "whsec_c3RvcnktcGVlci1zZWNyZXQtMTIzNDU2Nzg5MA=="  # noqa: S105 - made up, for loopback peers only


class Peer:
    """Something that is started and stopped."""

    def start(self) -> None:
        """Listen."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stop listening."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class SmtpPeer(Peer):
    """A mail server that keeps what it takes. While `refusal` is set ("450 later", "550 unknown"), it
    answers each recipient with it."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refusal: str | None = None
        self._server = SmtpServer(self)

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return self._server.port

    def start(self) -> None:
        """Listen on a free port."""
        self._server.start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.stop()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or refuse it."""
        if self.refusal is not None:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep a mail."""
        self.mails.append(
            message_from_bytes(envelope.original_content or b"", _class=EmailMessage, policy=default)
        )
        self.recipients.extend(str(address) for address in envelope.rcpt_tos)
        return "250 kept"


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived. `verified` says whether its signature, id and time held."""

    id: str
    headers: dict[str, str]
    body: bytes
    verified: bool
    message: dict[str, Any] = field(default_factory=dict)


class WebhookPeer(Peer):
    """A webhook endpoint that verifies and keeps every call.

    `status` is what it answers, with `headers`; while `hangs` is set it takes the call and never answers.
    """

    def __init__(self, secret: str = SECRET) -> None:
        self.secret = secret
        self.calls: list[Call] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.hangs = False
        self._released = threading.Event()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_port}/fengbu"

    @property
    def accepted(self) -> list[Call]:
        """Calls whose signature held."""
        return [call for call in self.calls if call.verified]

    def start(self) -> None:
        """Listen on a free port."""
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; callers left hanging are let go."""
        self._released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def take(self, headers: dict[str, str], body: bytes) -> None:
        """Verify and keep a call, then wait if told to hang."""
        message: dict[str, Any] = {}
        try:
            message = Webhook(self.secret).verify(body, headers)
            verified = True
        except (WebhookVerificationError, ValueError):
            verified = False
        with self._lock:
            self.calls.append(Call(headers.get("webhook-id", ""), headers, body, verified, message))
        if self.hangs:
            self._released.wait()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # server_close waits for them: no thread outlives its peer
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hung up first is not our error."""


def _handler(peer: WebhookPeer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            peer.take({name.lower(): value for name, value in self.headers.items()}, body)
            answer = f"answered {peer.status}".encode()
            self.send_response(peer.status)
            for name, value in {**peer.headers, "Content-Length": str(len(answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            """What arrived is in `calls`."""

    return Handler
