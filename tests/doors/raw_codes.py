"""No raw code on a page: what people read is walked page by page, as each kind of person finds it."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from urllib.parse import urlsplit

from tests.doors.conftest import Client

CODE = re.compile(r"\b[a-z]{2,}(?:_[a-z0-9]+)+\b")
PURPOSE = {
    "/api-docs": "the names of fields and values that a bank's system sends",
    "/kit": "the names of the parts",
}
"""Where identifiers are shown on purpose, by the beginning of the address, and why."""
VOID = frozenset({"br", "img", "input", "meta", "link", "hr", "wbr", "source"})
UNREAD = frozenset({"script", "style", "code", "pre", "textarea"})
FILES = re.compile(r"\.(xlsx|docx|zip|csv|json)\b|/download|/content|/signout|^/static|^/files")


class Page(HTMLParser):
    """What a page says, without what machines are to read (`code`), and where it leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self._unread: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href") or ""
        if tag == "a" and href.startswith("/"):
            self.links.append(href.partition("#")[0])
        if (self._unread or tag in UNREAD) and tag not in VOID:
            self._unread.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._unread:
            while self._unread.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.words.append(data)

    @property
    def codes(self) -> set[str]:
        """Identifiers among the words."""
        return set(CODE.findall(" ".join(self.words)))


def shape(address: str) -> str:
    """Addresses of one kind of page: numbers, case numbers and values of filters aside."""
    parts = urlsplit(address)
    return (
        re.sub(r"\d+", "#", parts.path)
        + "?"
        + "&".join(sorted(one.partition("=")[0] for one in parts.query.split("&")))
    )


def walk(client: Client, begin: Iterable[str], each: int = 1) -> dict[str, set[str]]:
    """Every kind of page that is reached, `each` of a kind: the identifiers it shows, by address."""
    todo, seen, found = list(begin), dict[str, int](), dict[str, set[str]]()
    while todo:
        address = todo.pop(0)
        kind = shape(address)
        if address in found or seen.get(kind, 0) >= each or FILES.search(address):
            continue
        seen[kind] = seen.get(kind, 0) + 1
        answer = client.get(address, follow_redirects=True)
        assert answer.status_code < 500, (address, answer.status_code)
        if answer.headers.get("content-type", "").startswith("text/html"):
            page = Page(answer.text)
            found[address] = set() if any(address.startswith(one) for one in PURPOSE) else page.codes
            todo += page.links
    return found
