"""What happens to every request before and after any route: plain ASGI, because it runs each time."""

import re
import secrets
import time

import structlog
from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import answer
from api.pages.render import CONTENT_SECURITY_POLICY
from models.settings import get_settings

log = structlog.get_logger("fengbu.web")

SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS = "max-age=31536000; includeSubDomains"
OUR_ID = re.compile(r"[0-9A-Za-z-]{8,64}")


class Envelope:
    """Request id, security headers, the time it took; `Strict-Transport-Security` only where https is spoken."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if OUR_ID.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        extra = dict(SECURITY_HEADERS)
        if scope["scheme"] == "https" or get_settings().base_url.startswith("https://"):
            extra["Strict-Transport-Security"] = HSTS

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in extra.items():
                    headers.setdefault(name, value)
                headers["X-Request-ID"] = request_id
                for name, value in scope["state"].get("answer_headers", {}).items():
                    headers[name] = value
                took = (time.perf_counter() - started) * 1000
                headers.append("Server-Timing", f"app;dur={took:.1f}")
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self.app(scope, receive, sealed)


class LastResort:
    """An exception nobody caught: logged with the request id, answered with a page that shows the id."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception:
            log.exception("request_failed", method=scope["method"], path=scope["path"])
            if started:
                raise
            await answer(Request(scope), 500)(scope, receive, send)
