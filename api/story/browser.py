"""A person at the HTTP doors: opens pages, fills in the forms that stand on them, and follows where they lead.

Nothing here knows an action or a table: a form that disappears from a page stops the story.
"""

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import httpx


class DoorError(RuntimeError):
    """A page or form was not as it should be; the message says which."""


@dataclass(slots=True)
class Form:
    """A form as it stands on a page: where it goes and what is already filled in."""

    action: str
    method: str
    values: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


class _Forms(HTMLParser):
    """Collects the forms of a page with their fields' present values."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._by_id: dict[str, Form] = {}
        self._select: str | None = None
        self._text: str | None = None
        self._owner: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Forms, inputs, selects and textareas; buttons only name themselves."""
        given = dict(attrs)
        if tag == "form":
            self._open = Form(given.get("action") or "", (given.get("method") or "get").lower())
            self.forms.append(self._open)
            if given.get("id"):
                self._by_id[given["id"] or ""] = self._open
            return
        form = self._by_id.get(given.get("form") or "", self._open)
        name = given.get("name")
        if form is None or (not name and tag != "option"):
            return
        if tag == "input":
            form.names.add(name or "")
            kind = given.get("type") or "text"
            ticked = kind not in ("checkbox", "radio") or "checked" in given
            if ticked and kind not in ("file", "submit", "button"):
                form.values.append((name or "", given.get("value") or ""))
        elif tag == "select":
            self._select, self._owner = name, form
            form.names.add(name or "")
        elif tag == "option" and self._select and self._owner and "selected" in given:
            self._owner.values.append((self._select, given.get("value") or ""))
        elif tag == "textarea":
            form.names.add(name or "")
            self._text, self._owner = name, form
            form.values.append((name or "", ""))
        elif tag == "button":
            form.names.add(name or "")

    def handle_data(self, data: str) -> None:
        """The text of a textarea."""
        if self._text and self._owner:
            name, before = self._owner.values[-1]
            self._owner.values[-1] = (name, before + data)

    def handle_endtag(self, tag: str) -> None:
        """Fields and forms end."""
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._text = None


PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""The story's server speaks http; a client of its own reads all the world's certificates each time (30 ms)."""


class Visitor:
    """One signed-in person."""

    def __init__(self, base_url: str, login: str, password: str) -> None:
        self.login = login
        self._client = httpx.Client(base_url=base_url, follow_redirects=True, timeout=30, verify=PLAIN)
        self.page = self.open("/signin")
        self.submit({"login": login, "password": password}, having="password")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def open(self, path: str) -> httpx.Response:
        """Open a page; DoorError unless it is there."""
        self.page = self._client.get(path)
        if self.page.status_code != 200:
            raise DoorError(f"{path}: HTTP {self.page.status_code}")
        return self.page

    def download(self, path: str) -> bytes:
        """The bytes behind an address."""
        return self._client.get(path).raise_for_status().content

    def forms(self) -> list[Form]:
        """The forms of the page at hand."""
        parser = _Forms()
        parser.feed(self.page.text)
        return parser.forms

    def form(self, having: str) -> Form:
        """The form of the page at hand that has a field of this name."""
        found = next((form for form in self.forms() if having in form.names), None)
        if found is None:
            raise DoorError(f"{self.page.url}: no form with a field {having}")
        return found

    def submit(
        self,
        values: Mapping[str, str | Sequence[str]],
        *,
        having: str,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> httpx.Response:
        """Fill `values` into the form that has the field `having` and send it as a browser would."""
        form = self.form(having)
        filled = [(name, value) for name, value in form.values if name not in values]
        for name, value in values.items():
            filled += [(name, value)] if isinstance(value, str) else [(name, one) for one in value]
        target = urljoin(str(self.page.url), form.action)
        data: dict[str, list[str]] = {}
        for name, value in filled:
            data.setdefault(name, []).append(value)
        self.page = self._client.post(target, data=data, files=dict(files) if files else None)
        if self.page.status_code not in (200, 201):
            raise DoorError(f"{target}: HTTP {self.page.status_code} {_said(self.page.text)}")
        return self.page


def _said(page: str) -> str:
    """What a refusing page says, without its markup."""
    parser = _Words()
    parser.feed(page)
    return " ".join(parser.words)[:400]


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._inside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An alert, or a field's error."""
        given = dict(attrs)
        if self._inside or given.get("role") == "alert" or "err" in (given.get("class") or "").split():
            self._inside += tag not in ("br", "img", "input", "use", "path")

    def handle_endtag(self, tag: str) -> None:
        """The alert ends."""
        self._inside = max(self._inside - 1, 0)

    def handle_data(self, data: str) -> None:
        """Its words."""
        if self._inside and data.strip():
            self.words.append(data.strip())
