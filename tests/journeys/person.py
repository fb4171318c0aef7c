"""A person at a browser: signs in, clicks and types what stands on the pages, and reads what they show.

Nothing here knows an action or a table. Every page a person sees is judged once by axe, in each width, and whatever
the browser's console complains of fails the journey at its end.
"""

import re
import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Self

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from api.demo.secret import PASSWORD
from tests.browser import DESK, assert_accessible

PATIENCE = 15.0
"""Seconds a wake-up may take on a busy machine before a person says that nothing came."""
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


class Travelled:
    """What a journey has seen: the windows people left open, the pages already judged, the console's complaints."""

    def __init__(self, browser: Browser, address: str, judging: str = "/") -> None:
        """`judging`: only pages whose address begins so are judged by axe."""
        self.browser = browser
        self.address = address
        self.judging = judging
        self.judged: set[tuple[str, str, int]] = set()
        self.complaints: list[str] = []
        self._people: dict[str, Person] = {}

    def person(self, login: str, size: Mapping[str, int] = DESK) -> "Person":
        """Someone at a window of their own, which stays open for when they come back."""
        if login not in self._people:
            self._people[login] = Person(self, login, size)
        return self._people[login]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for person in self._people.values():
            person.leave()


class Person:
    """One person at a window: comes to the first page, and signs in by typing if asked to."""

    def __init__(self, travelled: Travelled, login: str, size: Mapping[str, int]) -> None:
        self._travelled = travelled
        self.login = login
        self.width = size["width"]
        self._context = travelled.browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            base_url=travelled.address,
            locale="zh-CN",
            reduced_motion="reduce",
        )
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(PATIENCE * 1000)
        expect.set_options(timeout=PATIENCE * 1000)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: travelled.complaints.append(f"{login}: {error}"))

    def __enter__(self) -> Self:
        page = self.page
        page.goto("/")
        inside = page.get_by_role("navigation", name="主导航")
        if not inside.count():
            expect(page.get_by_role("heading", name="登录")).to_be_visible()
            self.look()
            page.get_by_label("账号").fill(self.login)
            page.get_by_label("密码").fill(PASSWORD)
            page.get_by_role("button", name="登录", exact=True).click()
            expect(inside).to_be_visible()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The window stays open."""

    def leave(self) -> None:
        """Close the window."""
        self._context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._travelled.complaints.append(f"{self.login} {self.page.url}: {message.text}")

    # ---- looking -------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Judge the page as it stands, unless one like it was judged at this width."""
        path = re.sub(r"\d+|-\d[\d-]*", "#", self._path)
        heading = re.sub(r"[\d.,]+|[：:].*", "", self.page.locator("h1").first.inner_text())
        seen = (path.partition("?")[0], heading, self.width)
        self._judge(seen)

    def _judge(self, seen: tuple[str, str, int]) -> None:
        if seen not in self._travelled.judged and self._path.startswith(self._travelled.judging):
            self._travelled.judged.add(seen)
            assert_accessible(self.page)

    @property
    def _path(self) -> str:
        return self.page.url.removeprefix(self._travelled.address)

    def reads(self, *words: str, within: str = "main") -> None:
        """All of these words stand on the page."""
        place = self.page.locator(within).first
        for word in words:
            expect(place).to_contain_text(word)

    def heading(self, words: str) -> None:
        """The page's one heading says this."""
        expect(self.page.locator("main h1").first).to_contain_text(words)
        self.look()

    # ---- moving --------------------------------------------------------------------------------------------

    def go_to(self, place: str) -> None:
        """Click a place in the main navigation."""
        self.page.get_by_role("navigation", name="主导航").get_by_role("link", name=place).first.click()

    def click(self, name: str, role: str = "button", within: Locator | None = None) -> None:
        """Click what carries this name."""
        (within or self.page.locator("main")).get_by_role(role, name=name).first.click()  # type: ignore[arg-type]

    def confirm(self, opens: str, go: str) -> None:
        """Open a question and say yes to it."""
        self.page.locator("main").get_by_role("button", name=opens).locator("visible=true").first.click()
        dialog = self.page.locator("dialog[open]")
        expect(dialog).to_be_visible()
        self.look_at(dialog)
        dialog.get_by_role("button", name=go).click()

    def look_at(self, part: Locator) -> None:
        """An open dialog is a page of its own to whoever cannot see the one below it."""
        words = part.locator("h2").first.inner_text()
        seen = ("dialog", re.sub(r"[\d.,]+|[：:].*", "", words), self.width)
        self._judge(seen)

    def open_until(self, path: str, shown: str) -> Locator:
        """Open the page again until the words stand on it, as people do who wait for a colleague."""
        end = time.monotonic() + PATIENCE
        while True:
            self.page.goto(path)
            found = self.page.locator("main").get_by_text(shown).locator("visible=true").first
            if found.count() or time.monotonic() > end:
                expect(found).to_be_visible(timeout=1000)
                return found

    # ---- typing --------------------------------------------------------------------------------------------

    def fill(self, typed: Mapping[str, str]) -> None:
        """Fill fields by their names: type, tick, choose."""
        for name, value in typed.items():
            field = self.page.locator(f"main [name='{name}']")
            folded = self.page.locator("details:not([open])", has=self.page.locator(f"[name='{name}']"))
            if folded.count():
                folded.locator("summary").click()
            kind = field.evaluate("e => e.type")
            if kind == "checkbox":
                field.set_checked(bool(value))
            elif kind.startswith("select"):
                field.select_option(value)
            else:
                field.fill(value)

    def upload(self, titles: Iterable[str]) -> None:
        """Choose a file for each material; each is kept as soon as it is chosen."""
        for title in titles:
            row = self.page.locator(".slots > li").filter(has_text=title)
            with self.page.expect_file_chooser() as chooser:
                row.locator("label.up").click()
            name = f"{re.sub('[、（）]', '', title)}.pdf"
            chooser.value.set_files([{"name": name, "mimeType": "application/pdf", "buffer": PDF}])
            expect(row.locator(".tag")).to_have_text(re.compile("已上传|待确认"))  # a page without words
            expect(row.get_by_role("link", name=name)).to_be_visible()

    # ---- 待办 ----------------------------------------------------------------------------------------------

    def take(self, number: str, gate: str) -> None:
        """Find the task of a case in one's 待办 and open it."""
        self.go_to("待办")
        self.heading("待办")
        self.open_until(f"/queue?q={number}", gate)
        row = self.page.locator("[data-row]").filter(has_text=number)
        row.get_by_role("link").first.click()
        expect(self.page.locator("#decide")).to_be_visible()
        self.reads(number)
        self.look()
        self.verify()

    def verify(self) -> None:
        """Tick every check that asks for a person as looked at: nobody approves before."""
        asked = self.page.locator("form.look")
        while left := asked.count():
            asked.first.get_by_role("button").click()
            expect(asked).not_to_have_count(left)

    def answer(self, label: str, opinion: str, typed: Mapping[str, str] | None = None) -> None:
        """Choose an answer, write the opinion, submit, and read what was done."""
        form = self.page.locator("#decide")
        form.locator("label.opt", has_text=label).first.click()
        self.fill(typed or {})
        form.get_by_label("意见").last.fill(opinion)
        form.locator("button[type=submit]:visible").click()
        self.done()

    def done(self) -> None:
        """The page says in the past tense that the answer was taken, and where the case went.

        It waits for the worker only a moment; on a busy machine a person opens it again, as it says.
        """
        notes, end = self.page.locator("#notes"), time.monotonic() + PATIENCE
        expect(notes).to_contain_text("已办理。")
        while "正在转入下一环节" in notes.inner_text() and time.monotonic() < end:
            self.page.reload()

    def preview(self, title: str, *words: str) -> None:
        """Open a letter on the desk beside the decision and read it there."""
        self.page.locator("#strip").get_by_role("link", name=title).first.click()
        expect(self.page.locator("#under")).to_contain_text(title)
        for word in words:
            expect(self.page.locator("#desk")).to_contain_text(word)

    def letter(self, number: str, title: str, *words: str) -> str:
        """Open a letter from the case page and read it there; what stands below its title."""
        self.page.goto(f"/cases/{number}")
        self.page.get_by_role("navigation", name="文书").get_by_role("link", name=title).first.click()
        self.heading(title)
        for word in words:
            expect(self.page.locator("article.paper")).to_contain_text(word)
        return self.page.locator(".headline p").inner_text()
