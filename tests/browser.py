"""A real browser for the doors' tests: Debian's chromium, and axe-core as the judge of accessibility.

from tests.browser import assert_accessible, chromium

with chromium() as browser:
    page = browser.new_page(viewport=DESK)
    page.goto(url)
    assert_accessible(page)
"""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from starlette.types import ASGIApp

from api.runtime.web import HeaderClock

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESK, LAPTOP, PHONE = (
    {"width": 1440, "height": 900}, {"width": 1024, "height": 768}, {"width": 390, "height": 844},
)  # fmt: skip
# axe's own selectors take a third of the time; a way to the few elements that are wrong is found afterwards.
_ASK = """rules => {
    const step = e => {
        const name = e.tagName.toLowerCase() + (e.id ? '#' + e.id : [...e.classList].map(c => '.' + c).join(''));
        const alike = e.id || !e.parentElement ? [e] : [...e.parentElement.children].filter(s => s.tagName === e.tagName);
        return alike.length > 1 ? `${name}:nth-of-type(${alike.indexOf(e) + 1})` : name;
    };
    const way = e => e.id || !e.parentElement ? step(e) : `${way(e.parentElement)} > ${step(e)}`;
    const [left, top] = [scrollX, scrollY];
    scrollTo({left: 0, top: 0, behavior: 'instant'});
    return axe.run({runOnly: rules, resultTypes: ['violations'], selectors: false, elementRef: true})
        .finally(() => scrollTo({left, top, behavior: 'instant'}))
        .then(r => r.violations.flatMap(v => v.nodes.map(n => ({
            rule: v.id, impact: n.impact ?? v.impact, where: n.element?.isConnected ? way(n.element) : 'gone since',
            why: [...n.any, ...n.all, ...n.none].map(c => c.message).join('; '), html: n.html.slice(0, 300)
        }))));
}"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


_started: list[tuple[Playwright, Browser, asyncio.AbstractEventLoop]] = []
"""This process's browser, once somebody asked for it."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """This process's headless browser; the windows opened in the block are closed at its end.

    It starts with the first block and stays: a start costs two seconds of a core, and forty tests ask for one.
    Between blocks its event loop is set aside, as Playwright does when it stops, so that other tests can run theirs.
    """
    if not _started:
        playwright = sync_playwright().start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        _started.append((playwright, browser, asyncio.get_running_loop()))
    _, browser, loop = _started[0]
    asyncio._set_running_loop(loop)
    try:
        yield browser
    finally:
        for context in browser.contexts:
            context.close()
        asyncio._set_running_loop(None)


def close_chromium() -> None:
    """End this process's browser, if it has one."""
    while _started:
        playwright, browser, loop = _started.pop()
        asyncio._set_running_loop(loop)
        browser.close()
        playwright.stop()


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """`app` on a free port of 127.0.0.1; yields its address."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        # inherited by every connection; asyncio does not set it on a given socket, and each answer waits 40 ms
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="error", lifespan="off", ws="none", http=HeaderClock)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands: rule, impact, the way to the element, why, and its markup.

    The page is judged from its top and scrolled back. Wherever else it stands, a link is half under the fixed head and
    axe calls it too small a target; where it stands after a click hangs on how busy the machine is.
    """
    # Colours must have settled: contrast is measured on what is painted now.
    page.evaluate(
        "Promise.all(document.getAnimations().map(a => a.finished.catch(() => null))).then(() => 0)"
    )
    # Evaluated, not added as a script: the page's own policy allows no script from elsewhere.
    page.evaluate(AXE.read_text(encoding="utf-8") + "\n;void 0")
    found: list[dict[str, Any]] = page.evaluate(_ASK, RULES)
    return ["{rule} ({impact}) at {where}: {why}\n    {html}".format_map(one) for one in found]


def assert_accessible(page: Page) -> None:
    """No axe violation and no sideways scroll at the page's present size and theme."""
    if found := violations(page):
        raise AssertionError("\n".join([f"axe on {page.url} at {page.viewport_size}:", *found]))
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1], f"the page scrolls sideways: {width[0]} > {width[1]}"
