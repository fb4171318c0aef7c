"""The demo's mail server: it takes every mail it is given and keeps it as a file that the mailbox page can show.

Nothing leaves the machine, so a demo can use any address.
"""

import asyncio
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiosmtpd.smtp import SMTP, Envelope, Session

from models import clock

LARGEST_MAIL = 30 * 1024 * 1024
DIRECTORY = "mail"
"""Where the demo's mails are, in the data directory."""
_KEY = re.compile(r"[0-9]{8}T[0-9]{12}-[0-9a-f]{32}")


class SmtpServer:
    """An SMTP server of this process, in a thread of its own; port 0 takes a free one."""

    def __init__(self, handler: Any, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host, self.port = host, port
        self._handler = handler
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event
        self._thread: threading.Thread | None = None
        self._failure: OSError | None = None

    def start(self) -> None:
        """Listen; OSError if the port is taken."""
        ready = threading.Event()
        self._failure = None
        self._thread = threading.Thread(target=self._run, args=(ready,), name="smtp", daemon=True)
        self._thread.start()
        ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    def _run(self, ready: threading.Event) -> None:
        async def serve() -> None:
            self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
            try:
                server = await self._loop.create_server(self._session, self.host, self.port)
                self.port = server.sockets[0].getsockname()[1]
            except OSError as error:
                self._failure = error
                return
            finally:
                ready.set()
            await self._ending.wait()
            server.close()

        asyncio.run(serve())

    def _session(self) -> SMTP:
        return SMTP(
            self._handler,
            enable_SMTPUTF8=True,
            data_size_limit=LARGEST_MAIL,
            hostname="localhost",
            ident="fengbu",
        )

    def stop(self) -> None:
        """Stop listening and hang up; a server that does not run is left alone."""
        if self._thread is None or self._loop is None or not self._thread.is_alive():
            return
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join()

    def alive(self) -> bool:
        """Whether it listens."""
        return self._thread is not None and self._thread.is_alive()


class _Keeper:
    """Writes each mail to a file, complete or not at all."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        key = f"{clock.wall():%Y%m%dT%H%M%S%f}-{uuid4().hex}"
        part = self._directory / f"{key}.part"
        part.write_bytes(envelope.original_content or b"")
        part.rename(part.with_suffix(".eml"))
        return f"250 OK {key}"


class MailServer:
    """The demo's mail server as one part of a running system."""

    name = "邮件"

    def __init__(self, data_dir: Path, *, port: int = 0) -> None:
        self.directory = data_dir / DIRECTORY
        self._server = SmtpServer(_Keeper(self.directory), port=port)

    @property
    def port(self) -> int:
        """The port it listens on, known once started."""
        return self._server.port

    def start(self) -> str:
        """Listen; return the address. OSError if the port is taken."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._server.start()
        return f"smtp://{self._server.host}:{self.port}"

    def stop(self) -> None:
        """Stop listening."""
        self._server.stop()

    def alive(self) -> bool:
        """Whether it listens."""
        return self._server.alive()


@dataclass(frozen=True, slots=True)
class Enclosure:
    """An attachment of a mail."""

    filename: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it arrived. `html` is None where it has no HTML part."""

    key: str
    subject: str
    sender: str
    to: str
    date: datetime | None
    message_id: str
    text: str
    html: str | None
    enclosures: tuple[Enclosure, ...]


class Mailbox:
    """The mails a `MailServer` kept. Any process may read it."""

    def __init__(self, data_dir: Path) -> None:
        self._directory = data_dir / DIRECTORY

    def count(self) -> int:
        """How many mails there are."""
        return len(self._files())

    def messages(self, limit: int = 100) -> Sequence[Mail]:
        """The newest `limit` mails, newest first."""
        return [_parsed(path) for path in self._files()[:limit]]

    def message(self, key: str) -> Mail | None:
        """The mail with this key; None if there is none."""
        path = self._directory / f"{key}.eml"
        return _parsed(path) if _KEY.fullmatch(key) and path.is_file() else None

    def _files(self) -> list[Path]:
        return sorted(self._directory.glob("*.eml"), reverse=True)


def _parsed(path: Path) -> Mail:
    message = message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return Mail(
        key=path.stem,
        subject=str(message["Subject"] or ""),
        sender=str(message["From"] or ""),
        to=str(message["To"] or ""),
        date=_date(str(message["Date"] or "")),
        message_id=str(message["Message-ID"] or ""),
        text=text.get_content() if text else "",
        html=html.get_content() if html else None,
        enclosures=tuple(
            Enclosure(part.get_filename() or "附件", part.get_content_type(), part.get_content())
            for part in message.iter_attachments()
            if part.get_content_maintype() == "application"
        ),
    )


def _date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
