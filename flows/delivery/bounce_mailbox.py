"""Mail that came back, read from a mailbox over IMAP: TLS from the first byte, certificate and name checked.

For an office whose mail is kept elsewhere (`FENGBU_BOUNCE_IMAP_HOST`, `…_PORT`, `…_USER`, `…_PASSWORD`, `…_FOLDER`). What a
report means is `bounces`' business. A message is marked as seen after its consequences are committed, so that nothing
is lost when the connection breaks; one that is read twice changes nothing.
"""

import imaplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress

import structlog
from sqlmodel import Session

from flows.delivery import bounces
from models.settings import Settings

log = structlog.get_logger(__name__)

PATIENCE = 10.0
"""Seconds a server has for each answer."""
MOST = 100
"""How many messages are read at a time: the others wait for the next run."""

Opener = Callable[[], AbstractContextManager[Session]]


class MailboxError(Exception):
    """The mailbox could not be read; the message says at which step."""


class _Box(imaplib.IMAP4_SSL):
    """A connection that takes no more in one piece than was asked for, whatever the server announces."""

    def read(self, size: int) -> bytes:
        if size > bounces.LARGEST:
            raise self.abort(f"the server announced {size} bytes")
        return super().read(size)


def collect(settings: Settings, open_session: Opener, *, trusted: ssl.SSLContext | None = None) -> int:
    """Read what is new in the mailbox; how many deliveries were parked.

    `trusted` replaces the machine's certificates (a test's own). Raises `MailboxError`.
    """
    try:
        with _signed_in(settings, trusted or ssl.create_default_context()) as box:
            return sum(
                _one(box, number, open_session) for number in _unseen(box, settings.bounce_imap_folder)
            )
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailboxError(f"{type(error).__name__}: {error}") from error


@contextmanager
def _signed_in(settings: Settings, context: ssl.SSLContext) -> Iterator[imaplib.IMAP4_SSL]:
    password = settings.bounce_imap_password
    box = _Box(
        settings.bounce_imap_host or "", settings.bounce_imap_port, ssl_context=context, timeout=PATIENCE
    )
    try:
        box.login(settings.bounce_imap_user or "", password.get_secret_value() if password else "")
        yield box
        box.logout()
    finally:
        with suppress(OSError):  # after a logout it is closed already
            box.shutdown()


def _unseen(box: imaplib.IMAP4_SSL, folder: str) -> list[str]:
    quoted = folder.replace("\\", "\\\\").replace('"', '\\"')
    _well(box.select(f'"{quoted}"'), "select")
    found = _well(box.uid("SEARCH", "UNSEEN"), "search")
    numbers = b" ".join(part for part in found if isinstance(part, bytes)).decode("ascii", "replace").split()
    return [number for number in numbers if number.isdigit()][:MOST]


def _one(box: imaplib.IMAP4_SSL, number: str, open_session: Opener) -> int:
    """One message: at most `bounces.LARGEST` bytes of it are asked for, and no more are looked at."""
    parts = _well(box.uid("FETCH", number, f"(BODY.PEEK[]<0.{bounces.LARGEST}>)"), "fetch")
    body = next((part[1] for part in parts if isinstance(part, tuple)), b"")
    with open_session() as session:
        parked = bounces.park(session, body)
    _well(box.uid("STORE", number, "+FLAGS.SILENT", r"(\Seen)"), "store")
    return parked


def _well(answer: tuple[str, Sequence[object]], asked: str) -> Sequence[object]:
    kind, data = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(f"{asked}: {kind} {data[:1]!r}"[:200])
    return data
