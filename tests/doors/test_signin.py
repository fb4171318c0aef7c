"""Signing in and out, as a browser does it."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta

import httpx
import pytest
from sqlmodel import Session, select

from api.auth import entry
from api.auth.session import COOKIE
from models import clock
from models.records import person
from models.records.person import SignIn
from tests.doors.conftest import Server
from tests.seed import PASSWORD

Db = Callable[[], AbstractContextManager[Session]]
OFFICER = "chenjiamin"


def submit(client: httpx.Client, **fields: str) -> httpx.Response:
    """Open the sign-in page and send its form."""
    client.get("/signin")
    return client.post("/signin", data={"csrf_token": client.cookies.get("fengbu_form", "")} | fields)


def test_an_officer_signs_in_and_is_sent_to_the_queue(server: Server) -> None:
    client = server.client()
    answer = submit(client, login=OFFICER, password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/queue")
    cookie = answer.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Path=/"))
    assert "Secure" not in cookie  # this server speaks http
    assert client.get("/").headers["location"] == "/queue"


def test_only_the_hash_of_the_token_is_stored(server: Server, db: Db) -> None:
    client = server.client()
    submit(client, login=OFFICER, password=PASSWORD)
    token = client.cookies[COOKIE]
    with db() as s:
        assert [row.token_hash for row in s.exec(select(SignIn))] != [token]
        assert token not in repr(s.exec(select(SignIn)).all())


@pytest.mark.parametrize(
    ("login", "home"), [("linwanyi", "/bank"), ("lizhiyuan", "/overview"), ("suwenbo", "/admin")]
)
def test_everyone_starts_at_their_own_page(server: Server, login: str, home: str) -> None:
    assert server.client(login).get("/").headers["location"] == home


def test_after_signing_in_one_is_back_on_the_page_that_was_asked_for(server: Server) -> None:
    client = server.client()
    asked = client.get("/admin?done=moved")
    assert asked.status_code == 303
    page = client.get(asked.headers["location"])
    assert "/admin?done=moved" in page.text
    answer = submit(client, login="suwenbo", password=PASSWORD, next="/admin?done=moved")
    assert answer.headers["location"] == "/admin?done=moved"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "evil",
    ],
)
def test_next_never_leads_to_another_site(server: Server, elsewhere: str) -> None:
    client = server.client()
    assert elsewhere not in client.get("/signin", params={"next": elsewhere}).text
    answer = submit(client, login=OFFICER, password=PASSWORD, next=elsewhere)
    assert answer.headers["location"] == "/queue"


def test_a_wrong_password_keeps_the_login_and_says_how_many_tries_are_left(server: Server) -> None:
    answer = submit(server.client(), login=OFFICER, password="wrong")
    assert answer.status_code == 401
    assert "账号或密码不对。再错 4 次将锁定 15 分钟。" in answer.text
    assert f'value="{OFFICER}"' in answer.text
    assert "wrong" not in answer.text


def test_five_wrong_passwords_lock_the_account_even_for_the_right_one(server: Server, db: Db) -> None:
    client = server.client()
    for _ in range(4):
        assert submit(client, login=OFFICER, password="wrong").status_code == 401
    locked = submit(client, login=OFFICER, password="wrong")
    assert locked.status_code == 429
    opens = (clock.local(clock.wall()) + entry.LOCKED_FOR).strftime("%H:%M")
    assert "账号已锁定 15 分钟" in locked.text
    assert f"{opens} 后可再试" in locked.text
    assert submit(client, login=OFFICER, password=PASSWORD).status_code == 429
    with db() as s:
        found = person.by_login(s, OFFICER)
        assert found is not None
        found.locked_until = clock.wall() - timedelta(seconds=1)
    assert submit(client, login=OFFICER, password=PASSWORD).status_code == 303


def test_wrong_passwords_sent_at_the_same_time_are_counted_one_by_one(server: Server) -> None:
    clients = [server.client() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda client: submit(client, login=OFFICER, password="wrong"), clients))
    assert sorted(answer.status_code for answer in answers) == [401] * 4 + [429] * 4


def test_a_success_forgives_earlier_failures(server: Server) -> None:
    client = server.client()
    for _ in range(4):
        submit(client, login=OFFICER, password="wrong")
    assert submit(client, login=OFFICER, password=PASSWORD).status_code == 303
    assert "再错 4 次" in submit(client, login=OFFICER, password="wrong").text


def test_a_login_that_does_not_exist_is_answered_and_locked_in_the_same_words(server: Server) -> None:
    client = server.client()
    known = [submit(client, login=OFFICER, password="wrong") for _ in range(6)]
    unknown = [submit(client, login="nobody-of-this-name", password="wrong") for _ in range(6)]
    said = [  # without the login they typed, and the minute it opens again: the next may have begun
        [(a.status_code, re.sub(rf"{login}|\d\d:\d\d 后", "", a.text)) for a in answers]
        for login, answers in ((OFFICER, known), ("nobody-of-this-name", unknown))
    ]
    assert said[0] == said[1]


def test_an_unknown_login_costs_a_password_check_too(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str | None] = []

    def counting(password: str, password_hash: str | None) -> bool:
        checked.append(password_hash)
        return False

    monkeypatch.setattr(entry, "verify_password", counting)
    submit(server.client(), login="another-nobody", password="wrong")
    assert checked == [None]


def test_someone_who_left_cannot_sign_in_and_their_session_ends(server: Server, db: Db) -> None:
    client = server.client(OFFICER)
    with db() as s:
        found = person.by_login(s, OFFICER)
        assert found is not None
        found.active = False
    assert client.get("/").headers["location"].startswith("/signin")
    assert submit(server.client(), login=OFFICER, password=PASSWORD).status_code == 401


@pytest.mark.parametrize(("fields", "sentence"), [({"login": OFFICER}, "请填写密码。"), ({}, "请填写账号。")])
def test_an_empty_field_is_named(server: Server, fields: dict[str, str], sentence: str) -> None:
    answer = submit(server.client(), **fields)
    assert answer.status_code == 422
    assert sentence in answer.text


@pytest.mark.parametrize("login", ["<script>alert(1)</script>", "a\x00b", "陈" * 500, "' OR 1=1 --"])
def test_nonsense_as_a_login_is_only_a_wrong_login(server: Server, login: str) -> None:
    answer = submit(server.client(), login=login, password="x")
    assert answer.status_code == 401
    assert "<script>alert" not in answer.text


def test_the_sign_in_form_has_a_token_of_its_own(server: Server) -> None:
    client = server.client()
    client.get("/signin")
    answer = client.post("/signin", data={"login": OFFICER, "password": PASSWORD, "csrf_token": "guess"})
    assert answer.status_code == 403
    assert "请再登录一次" in answer.text
    assert f'value="{OFFICER}"' in answer.text
    assert COOKIE not in client.cookies


def test_signing_out_ends_the_session_for_good(server: Server) -> None:
    client = server.client(OFFICER)
    token = client.cookies[COOKIE]
    answer = client.post("/signout")
    assert answer.headers["location"] == "/signin?out=1"
    assert COOKIE not in client.cookies
    client.cookies.set(COOKIE, token)
    assert client.get("/").headers["location"].startswith("/signin")


def test_thirty_idle_minutes_end_a_session_and_work_keeps_it(server: Server, db: Db) -> None:
    client = server.client(OFFICER)
    with db() as s:
        s.exec(select(SignIn)).one().last_seen_at = clock.wall() - timedelta(minutes=29)
    assert client.get("/").headers["location"] == "/queue"
    with db() as s:
        row = s.exec(select(SignIn)).one()
        assert clock.wall() - row.last_seen_at < timedelta(minutes=1)
        row.last_seen_at = clock.wall() - timedelta(minutes=31)
    gone = client.get("/")
    assert gone.headers["location"] == "/signin?next=/&expired=1"
    assert "已超过30分钟没有操作" in client.get(gone.headers["location"]).text


def test_a_page_read_within_the_minute_is_not_a_write(server: Server, db: Db) -> None:
    client = server.client(OFFICER)
    with db() as s:
        before = s.exec(select(SignIn)).one().last_seen_at
    client.get("/")
    with db() as s:
        assert s.exec(select(SignIn)).one().last_seen_at == before


def test_the_demo_offers_its_people_and_one_click_enters(server: Server, demo: None) -> None:
    client = server.client()
    page = client.get("/signin").text.split("演示账号")[1]
    assert page.index("林婉仪") < page.index("陈嘉敏") < page.index("莫兆辉") < page.index("宋一鸣")
    assert "莞邑银行（示例）" in page
    assert submit(client, demo="linwanyi").headers["location"] == "/bank"


def test_outside_the_demo_nobody_enters_without_a_password(server: Server) -> None:
    client = server.client()
    assert "林婉仪" not in client.get("/signin").text
    assert submit(client, demo="linwanyi").status_code == 401
    assert COOKIE not in client.cookies


def test_in_the_demo_a_real_account_needs_its_password(server: Server, db: Db, demo: None) -> None:
    with db() as s:
        found = person.by_login(s, "linwanyi")
        assert found is not None
        found.demo = False
    client = server.client()
    assert submit(client, demo="linwanyi").status_code == 401
    assert "林婉仪" not in client.get("/signin").text
