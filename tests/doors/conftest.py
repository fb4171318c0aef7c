"""A running web server on this worker's database, filled with the demo's people, and clients signed in to it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import Session, select

from api.app import create_app
from api.auth import limits
from api.auth import session as sessions
from api.story.browser import PLAIN
from models import clock, database
from models.records import person
from models.records.api_key import Scope
from models.records.document import Document
from models.records.person import SignIn
from models.settings import get_settings
from tests import builders, kept
from tests.browser import served
from tests.doors.api import ALL, Api, Callers, issue
from tests.seed import seed


class Client(httpx.Client):
    """A browser without a window: keeps cookies, and sends the session's CSRF token with every request."""

    csrf: str = ""

    def sign_in_as(self, login: str) -> None:
        """Start a session without the form, whose password check costs tens of milliseconds."""
        with database.session() as db:
            found = person.by_login(db, login)
            assert found is not None, login
            token = sessions.start(db, found)
            db.flush()
            self.csrf = db.get_one(SignIn, sessions.hash_of(token)).csrf_token
        self.cookies.set(sessions.COOKIE, token, domain=self.base_url.host, path="/")
        self.headers[sessions.CSRF_HEADER] = self.csrf


class Server:
    """The server's address and a way in for each person."""

    def __init__(self, base_url: str, stack: ExitStack) -> None:
        self.base_url = base_url
        self._stack = stack

    def client(self, login: str | None = None) -> Client:
        """A new browser; signed in as `login`, or as nobody. Redirects are shown, not followed."""
        client = Client(base_url=self.base_url, headers={"Origin": self.base_url}, timeout=30, verify=PLAIN)
        self._stack.enter_context(client)
        if login is not None:
            client.sign_in_as(login)
        return client


@pytest.fixture(scope="session")
def web(database_url: str) -> Iterator[str]:
    """The address of one server for this test process."""
    with served(create_app()) as base_url:
        yield base_url


@pytest.fixture
def server(
    request: pytest.FixtureRequest, web: str, db: Callable[[], AbstractContextManager[Session]]
) -> Iterator[Server]:
    """The server on a database that holds the demo's institutions and people (`api.demo.people`)."""
    with db() as s:
        seed(s)
    kept.begins(request, "people")
    with ExitStack() as stack:
        yield Server(web, stack)
    clock.set_offset(timedelta(0))


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Demo mode: one-click accounts and a clock that may be moved."""
    monkeypatch.setenv("FENGBU_DEMO", "1")
    get_settings.cache_clear()
    yield
    monkeypatch.undo()
    get_settings.cache_clear()


@pytest.fixture
def callers(server: Server) -> Iterator[Callers]:
    """``callers("linwanyi")``: a core system whose key acts for that person."""
    limits.forget()
    with ExitStack() as stack:

        def caller(login: str, *scopes: Scope, **facts: Any) -> Api:
            _, text = issue(login, scopes or ALL, **facts)
            headers = {"Authorization": f"Bearer {text}"}
            client = Api(base_url=server.base_url, timeout=30, headers=headers, verify=PLAIN)
            return stack.enter_context(client)

        yield caller


@pytest.fixture
def letter(server: Server) -> Document:
    """An acceptance notice of 市电子计算中心, 计受〔year〕1号."""
    number = builders.claimed()
    builders.answer(number, "chenjiamin")
    with database.session() as s:
        return s.exec(select(Document).where(Document.code == "D16")).one()
