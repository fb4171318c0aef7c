"""The one Jinja environment of the pages, and the three ways out of it: a page, a fragment, an error.

Templates get view-models (`api.pages.views` and its neighbours) and these filters: `yuan`, `wan`, `day`,
`sentence_day`, `stamp`, `pct`. `static("css/base.css")` gives an address that changes with the file.
"""

import json
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import Response
from starlette.types import Scope

from api.pages.views import ClauseView
from models import clock, money

TEMPLATES = Path(__file__).parents[2] / "templates"
STATIC = TEMPLATES / "static"
STATIC_URL = "/static"
MISSING = "—"
WEEKDAYS = "一二三四五六日"
THEMES = ("light", "dark")
PLACES_FOR_NOTES = ("decide-note", "draft", "looks-note")
"""Targets of HTMX requests in which a note is what people expect."""

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""What every page must be able to live with: nothing inline, nothing from elsewhere."""


@dataclass(slots=True)
class _Rendering:
    """What parts need from the page around them, while one template renders."""

    csrf: str = ""
    cited: dict[str, ClauseView] = field(default_factory=dict)


_rendering: ContextVar[_Rendering | None] = ContextVar("rendering", default=None)


def _current() -> _Rendering:
    return _rendering.get() or _Rendering()


def cite(clause: ClauseView) -> str:
    """Note that `clause` is cited on this page and return the id of its popover."""
    _current().cited[clause.anchor] = clause
    return clause.anchor


def cited() -> tuple[ClauseView, ...]:
    """The clauses cited so far on this page; the base template prints each quotation once."""
    return tuple(_current().cited.values())


def csrf_token() -> str:
    """The token of the session that the page is for; empty on pages without a session."""
    return _current().csrf


def yuan(amount: Decimal | None) -> str:
    """“1,234,567.89”, or “—” where there is no amount (元)."""
    return MISSING if amount is None else money.yuan(amount)


def wan(amount: Decimal | None) -> str:
    """“123.46”, or “—” where there is no amount (元 in, 万元 out)."""
    return MISSING if amount is None else money.wan(amount)


def day(value: date | None) -> str:
    """“2026-11-23”: dates in tables. An instant is taken on its day in Shanghai."""
    if value is None:
        return MISSING
    return (clock.local(value).date() if isinstance(value, datetime) else value).isoformat()


def sentence_day(value: date | None, *, weekday: bool = True) -> str:
    """“11月23日（周一）”: dates in sentences; the year is written when it is not the current one."""
    if value is None:
        return MISSING
    if isinstance(value, datetime):
        value = clock.local(value).date()
    year = "" if value.year == clock.today().year else f"{value.year}年"
    return f"{year}{value.month}月{value.day}日" + (f"（周{WEEKDAYS[value.weekday()]}）" if weekday else "")


def stamp(value: datetime | None) -> str:
    """“11-19 09:00” in Shanghai: timelines; the year is written when it is not the current one."""
    if value is None:
        return MISSING
    local = clock.local(value)
    return local.strftime("%m-%d %H:%M" if local.year == clock.today().year else "%Y-%m-%d %H:%M")


def pct(ratio: Decimal | None, places: int | None = None) -> str:
    """“56.64%” of the ratio 0.5664; at most two decimals, or exactly `places`."""
    if ratio is None:
        return MISSING
    value = (ratio * 100).quantize(Decimal(1).scaleb(-(2 if places is None else places)), ROUND_HALF_UP)
    text = f"{value:,f}"
    if places is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text + "%"


@cache
def static(path: str) -> str:
    """The address of a file in `templates/static`, with its content hash; FileNotFoundError if it is not there."""
    return f"{STATIC_URL}/{path}?v={sha256((STATIC / path).read_bytes()).hexdigest()[:12]}"


class Statics(StaticFiles):
    """Static files: kept for a year under their hashed address, checked again under the plain one."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve the file with the cache rule its address allows."""
        response = await super().get_response(path, scope)
        hashed = b"v=" in scope.get("query_string", b"")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return response


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        yuan=yuan, wan=wan, day=day, sentence_day=sentence_day, stamp=stamp, pct=pct, spec=_spec
    )
    environment.globals.update(static=static, cite=cite, cited=cited, csrf_token=csrf_token)
    return environment


def _spec(value: Any) -> str:
    """A chart's figures as JSON for a data attribute; Decimals become JSON numbers."""
    return json.dumps(value, ensure_ascii=False, default=float)


environment = _environment()


def render(name: str, *, csrf: str = "", **context: Any) -> Markup:
    """The template as text, for tests and for parts drawn outside a request."""
    token = _rendering.set(_Rendering(csrf=csrf))
    try:
        return Markup(environment.get_template(name).render(context))  # noqa: S704 - autoescaped
    finally:
        _rendering.reset(token)


def page(
    request: Request, name: str, *, status: int = 200, headers: dict[str, str] | None = None, **context: Any
) -> HTMLResponse:
    """A whole page. `request.state.csrf_token`, if set, fills every form; the theme comes from its cookie."""
    theme = request.cookies.get("theme", "")
    html = render(
        name,
        csrf=getattr(request.state, "csrf_token", ""),
        theme=theme if theme in THEMES else "",
        shortcuts=request.cookies.get("shortcuts") != "off",
        **context,
    )
    return HTMLResponse(html, status, {"Cache-Control": "no-store", **(headers or {})})


def fragment(
    request: Request, name: str, *, status: int = 200, announce: str = "", headers: dict[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:  # fmt: skip
    """A piece of a page for HTMX. `announce` is read out in the page's status region.

    Quotations of the clauses it cites travel with it and join the page's popovers.
    """
    csrf = getattr(request.state, "csrf_token", "")
    token = _rendering.set(_Rendering(csrf=csrf))
    try:
        html = environment.get_template(name).render(context)
        if cited():
            html += environment.get_template("base/clauses.html").render(oob=True)
    finally:
        _rendering.reset(token)
    extra = {"HX-Trigger": json.dumps({"announce": announce})} if announce else {}
    return HTMLResponse(
        html, status, {"Cache-Control": "no-store", "Vary": "HX-Request", **extra, **(headers or {})}
    )


def error(request: Request, status: int, message: str = "", **context: Any) -> HTMLResponse:
    """“No” in a sentence: a page, or for HTMX a note that keeps what was typed. `message` replaces the usual words.

    The note goes where the request has a place for notes, else above the page: never over what it was to replace.
    """
    if request.headers.get("HX-Request"):
        own = request.headers.get("HX-Target") in PLACES_FOR_NOTES
        above = {} if own else {"HX-Retarget": "#alerts", "HX-Reswap": "innerHTML show:top"}
        return fragment(
            request, "base/error_note.html", status=status, headers=above, code=status, message=message
        )
    return page(
        request, "base/error.html", status=status, code=status, message=message, **{"frame": None} | context
    )
