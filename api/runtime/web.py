"""`python -m api.runtime.web HOST PORT`: the web application on uvicorn, which lets go of who dawdles over headers.

Bodies are timed by `api.guard`; before a request's head is complete no application is asked, so this is the server's.
"""

import asyncio
import sys
from typing import Any

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.app import create_app
from api.runtime import garbage
from models.settings import get_settings

TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class HeaderClock(H11Protocol):
    """HTTP/1.1 whose requests have `header_seconds` from their first byte, or the connection, to their blank line."""

    _due: asyncio.TimerHandle | None = None
    _spoke = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A new connection has to ask for something."""
        super().connection_made(transport)
        self._start()

    def data_received(self, data: bytes) -> None:
        """The clock runs while a head is incomplete; between requests uvicorn's own keep-alive clock does."""
        self._spoke = True
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop()
        elif self._due is None:
            self._start()

    def connection_lost(self, exc: Exception | None) -> None:
        """Whatever ended it."""
        self._stop()
        super().connection_lost(exc)

    def _start(self) -> None:
        self._due = self.loop.call_later(get_settings().header_seconds, self._too_slow)

    def _stop(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _too_slow(self) -> None:
        self._due = None
        if not self.transport.is_closing():
            if self._spoke:  # browsers open connections in advance; on those nothing was asked
                self.transport.write(TOO_SLOW)
            self.transport.close()


def application() -> FastAPI:
    """The application as it is served: made, and settled (see `garbage`)."""
    app = create_app()
    garbage.settle()
    return app


def main(host: str, port: int, **more: Any) -> None:
    """Serve until told to stop; windows that listen for new tasks are waited for no longer than 3 s."""
    settings: dict[str, Any] = {
        "http": HeaderClock,
        "access_log": False,
        "timeout_graceful_shutdown": 3,
    } | more
    uvicorn.run(application(), host=host, port=port, **settings)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
