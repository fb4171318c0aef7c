"""Live counts over the real server: a window hears of new and taken tasks, survives cuts, and ends with its session."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from queue import Queue
from typing import Any

import httpx
import pytest
from sqlmodel import Session, col, select

from api.auth import streams
from api.pages import live
from flows.actions.answers import answering
from flows.actions.colleagues import telling
from models import clock, database
from models.records.person import SignIn
from tests import builders
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.doors.conftest import Client, Server
from tests.seed import actor

Db = Callable[[], AbstractContextManager[Session]]


class Ear:
    """A window: the events it has heard, in order; `over` once the server ended the stream."""

    def __init__(self, client: Client, since: str = "") -> None:
        self.heard: Queue[tuple[str, dict[str, Any]]] = Queue()
        self._stream = client.stream("GET", "/events", params={"since": since}, timeout=30)
        self.response = self._stream.__enter__()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        name = ""
        try:
            for line in self.response.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    self.heard.put((name, json.loads(line.removeprefix("data: "))))
        except httpx.HTTPError:
            pass

    def next(self) -> dict[str, Any]:
        name, said = self.heard.get(timeout=10)
        assert name == "queue", name
        return said

    def until(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while not fits(said := self.next()):
            pass
        return said

    def over(self) -> None:
        name = ""
        while name != "over":
            name, _ = self.heard.get(timeout=10)
        self._thread.join(10)

    def close(self) -> None:
        self.response.close()


@contextmanager
def ear(client: Client, since: str = "") -> Iterator[Ear]:
    listening = Ear(client, since)
    try:
        yield listening
    finally:
        listening.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "TOGETHER", 0.05)


def test_a_window_hears_what_arrives_what_is_taken_and_what_is_said_to_its_person(
    server: Server, db: Db
) -> None:
    client = server.client("chenjiamin")
    with ear(client) as window:
        assert window.next() == {"counts": {"queue": 0, "messages": 0}, "arrived": 0, "gone": []}
        number = builders.filed()
        task_id = builders.open_task(number).id
        said = window.until(lambda said: said["arrived"] == 1)
        assert said["counts"]["queue"] == 1 and task_id not in said["gone"]
        with db() as s:
            telling.copy(s, actor(s, "lizhiyuan"), number, [actor(s, "chenjiamin").person_id], "请阅")
        assert window.until(lambda said: said["counts"]["messages"] == 1)["arrived"] == 1
        with db() as s:
            answering.claim(s, actor(s, "wangliqun"), task_id or 0)
        said = window.until(lambda said: said["counts"]["queue"] == 0)
        assert task_id in said["gone"] and said["arrived"] == 0


def test_what_happened_while_nobody_listened_is_told_first(server: Server) -> None:
    since = clock.now()
    builders.filed()
    client = server.client("chenjiamin")
    with ear(client, since.isoformat()) as window:
        assert window.next()["arrived"] == 1
    with ear(client, (clock.now() + timedelta(seconds=1)).isoformat()) as window:
        assert window.next()["arrived"] == 0


def test_a_stream_ends_with_its_session_and_asking_does_not_prolong_it(server: Server, db: Db) -> None:
    client, other = server.client("chenjiamin"), server.client("chenjiamin")
    with ear(client) as window, ear(other) as stays:
        window.next(), stays.next()
        client.post("/signout")
        window.over()
        builders.filed()
        assert stays.until(lambda said: said["arrived"] == 1)
        with db() as s:
            for sign_in in s.exec(select(SignIn).where(col(SignIn.ended_at).is_(None))):
                sign_in.last_seen_at -= timedelta(days=1)
        builders.filed(contract_number="B")
        stays.over()


def test_the_oldest_window_gives_way_and_a_full_house_says_so(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MOST_EACH", 1)
    client = server.client("chenjiamin")
    with ear(client) as first:
        first.next()
        with ear(client) as second:
            first.over()
            second.next()
            monkeypatch.setattr(streams, "MOST", 1)
            full = client.get("/events")
            assert full.status_code == 503 and "请稍后刷新" in full.text


def test_only_colleagues_listen(server: Server) -> None:
    assert server.client("linwanyi").get("/events").status_code == 403
    assert server.client().get("/events").status_code == 303


def test_the_connection_to_the_database_is_given_back_and_made_again(server: Server, db: Db) -> None:
    client = server.client("chenjiamin")
    listening = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN \"fengbu_tasks\"'"
    with ear(client) as window:
        window.next()
        with db() as s:
            pids = [row[0] for row in s.connection().exec_driver_sql(listening.replace("count(*)", "pid"))]
            assert pids  # one of this process; a cancelled one may still be on its way out
            for pid in pids:
                s.connection().exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
        builders.filed()
        assert window.until(lambda said: said["arrived"] == 1)
    assert database.engine().pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.browser
def test_a_reader_is_told_of_new_tasks_and_nothing_moves(server: Server, db: Db) -> None:
    filed = builders.filed()
    client = server.client("chenjiamin")
    cookies = [
        {"name": name, "value": value, "url": server.base_url} for name, value in client.cookies.items()
    ]
    with chromium() as browser:
        for size in (DESK, PHONE):
            context = browser.new_context(viewport=size)
            context.add_cookies(cookies)
            page = context.new_page()
            page.goto(server.base_url + "/queue?tab=mine")
            before = page.locator("[data-row]").count()
            builders.filed(contract_number=f"L-{size['width']}")
            page.get_by_role("link", name="有 1 件新任务，点击刷新").wait_for()
            assert page.locator("[data-row]").count() == before
            assert_accessible(page)
            if size is DESK:
                with db() as s:
                    answering.claim(s, actor(s, "wangliqun"), builders.open_task(filed).id or 0)
                page.locator("tr.gone", has_text=filed).wait_for()
                assert page.locator(".rail [data-count=queue]").inner_text() == "1"
            page.get_by_role("link", name="有 1 件新任务，点击刷新").click()
            page.wait_for_url("**/queue?tab=mine")
            assert page.locator("[data-row]").count() > 0
