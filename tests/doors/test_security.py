"""What holds for every door: permissions, tokens, headers, sizes, and refusals in words."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, select

from api.app import create_app
from api.auth.permit import Permission
from api.auth.session import COOKIE, CSRF_HEADER, SAFE_METHODS, current_actor
from api.pages import signin
from models import clock
from models.records import person
from models.records.person import SignIn
from models.settings import MEGABYTE, get_settings
from tests.doors.conftest import Client, Server

Db = Callable[[], AbstractContextManager[Session]]

PUBLIC = {
    "/static",
    "/signin",
    "/signout",
    "/healthz",
    "/v",
    "/api/v1/oauth/token",
    "/api/v1/openapi.json",
    "/api-docs",
}
"""Doors for people who are not signed in. Everything else names its permission."""
PUBLIC_PREFIXES = ("/v/", "/ack/")
"""Pages for whoever holds a printed document, or the link of an e-mail."""


def calls(dependant: Dependant) -> Iterator[object]:
    """Every callable behind a route."""
    for inner in dependant.dependencies:
        yield inner.call
        yield from calls(inner)


def test_every_route_names_its_permission_and_every_submitting_one_checks_the_token() -> None:
    without: list[str] = []
    walked = 0
    for route in iter_route_contexts(create_app().routes):
        if route.path is None or route.path in PUBLIC or route.path.startswith(PUBLIC_PREFIXES):
            continue
        walked += 1
        behind = list(calls(route.dependant)) if route.dependant else []
        if not any(isinstance(call, Permission) for call in behind):
            without.append(f"{route.path}: no permission")
        submits = bool(set(route.methods or ()) - SAFE_METHODS)
        if submits and not route.path.startswith("/api/") and current_actor not in behind:
            without.append(f"{route.path}: no CSRF check")
    assert without == []
    assert walked >= 3


def test_every_answer_carries_the_security_headers(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> bool:
        raise ValueError("a bug")

    client = server.client()
    answers = [
        client.get("/signin"),
        client.get("/nowhere"),
        client.get("/static/favicon.svg"),
        client.get("/"),
    ]
    monkeypatch.setattr(signin.database, "healthy", broken)
    answers.append(client.get("/healthz"))
    assert [answer.status_code for answer in answers] == [200, 404, 200, 303, 500]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        for part in ("default-src 'self'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"):
            assert part in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "camera=()" in answer.headers["permissions-policy"]
        assert re.fullmatch(r"app;dur=\d+\.\d", answer.headers["server-timing"])
        assert len(answer.headers["x-request-id"]) == 16
        assert "strict-transport-security" not in answer.headers
    assert len({answer.headers["x-request-id"] for answer in answers}) == len(answers)


def test_over_https_the_cookie_is_secure_and_the_browser_is_told_to_stay(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FENGBU_PUBLIC_URL", "https://fengbu.example")
    get_settings.cache_clear()
    try:
        answer = server.client().get("/signin")
    finally:
        monkeypatch.undo()
        get_settings.cache_clear()
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    assert "Secure" in answer.headers["set-cookie"]


def test_pages_are_not_kept_by_browsers_and_hashed_files_are(server: Server) -> None:
    client = server.client()
    page = client.get("/signin")
    assert page.headers["cache-control"] == "no-store"
    sheet = re.search(r'href="(/static/css/base\.css\?v=\w+)"', page.text)
    assert sheet is not None
    kept = client.get(sheet[1])
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert kept.headers["content-encoding"] == "gzip"
    assert client.get("/static/css/base.css").headers["cache-control"] == "no-cache"


def test_a_bug_is_answered_with_a_page_that_shows_where_to_look(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> bool:
        raise ValueError("secret detail")

    monkeypatch.setattr(signin.database, "healthy", broken)
    answer = server.client().get("/healthz")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    assert "secret detail" not in answer.text


def test_a_database_that_is_away_is_503_in_words(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> bool:
        raise OperationalError("SELECT 1", {}, Exception("connection refused"))

    monkeypatch.setattr(signin.database, "healthy", away)
    answer = server.client().get("/healthz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "没有保存任何改动" in answer.text


def test_the_health_check_asks_the_database(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert server.client().get("/healthz").json() == {"database": "ok"}
    monkeypatch.setattr(signin.database, "healthy", lambda: False)
    assert server.client().get("/healthz").status_code == 503


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One megabyte for an attachment, three for a request."""
    monkeypatch.setenv("FENGBU_UPLOAD_LIMIT", str(MEGABYTE))
    get_settings.cache_clear()
    yield
    monkeypatch.undo()
    get_settings.cache_clear()


@pytest.mark.parametrize("declared", [True, False])
def test_an_oversized_body_is_413_in_words_whether_declared_or_not(
    server: Server, small_limit: None, declared: bool
) -> None:
    def body() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
        for _ in range(64):
            yield b"x" * (MEGABYTE // 16)
        yield b"\r\n--x--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    sent = b"".join(body()) if declared else body()
    answer = server.client().post("/signin", content=sent, headers=headers)
    assert answer.status_code == 413
    assert "单个附件不超过 1 MB" in answer.text


@pytest.mark.parametrize("fields", [{"login": "x" * (MEGABYTE + 1)}, {str(n): "" for n in range(1001)}])
def test_more_text_than_a_form_holds_is_413_in_words(server: Server, fields: dict[str, str]) -> None:
    answer = server.client().post("/signin", data=fields)
    assert answer.status_code == 413
    assert "请分几次提交" in answer.text


def test_a_body_within_the_limit_is_read(server: Server, small_limit: None) -> None:
    files = {"file": ("a.bin", b"x" * (2 * MEGABYTE))}
    assert server.client().post("/signin", files=files).status_code == 403  # read, and no token in it


def test_reading_without_a_session_leads_to_the_sign_in_page_and_back(server: Server) -> None:
    client = server.client()
    answer = client.get("/admin?done=moved")
    assert (answer.status_code, answer.headers["location"]) == (303, "/signin?next=/admin%3Fdone%3Dmoved")
    piece = client.get("/admin", headers={"HX-Request": "true"})
    assert (piece.status_code, piece.headers["hx-redirect"]) == (401, "/signin?next=/")


def test_a_denied_page_says_why_and_keeps_the_way_on(server: Server) -> None:
    answer = server.client("linwanyi").get("/admin")
    assert answer.status_code == 403
    assert "异常案件由系统管理或统筹管理岗位重试。" in answer.text
    assert 'href="/bank"' in answer.text  # the rail of a filer


def test_an_unreadable_address_is_404(server: Server) -> None:
    assert server.client("suwenbo").post("/admin/incidents/abc/retry").status_code == 404
    assert server.client("suwenbo").post("/admin/incidents/12345/retry").status_code == 404


def test_under_api_a_refusal_is_a_json_problem(server: Server) -> None:
    answer = server.client().get("/api/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def move(client: Client, **headers: str) -> tuple[int, str]:
    """Submit a form that an administrator may submit, with something typed in it."""
    answer = client.post(
        "/admin/clock", data={"day": "2030-01-01<b>", "csrf_token": "stale"}, headers=headers
    )
    return answer.status_code, answer.text


def test_a_stale_token_is_refused_and_what_was_typed_is_offered_again(server: Server, demo: None) -> None:
    client = server.client("suwenbo")
    token = client.headers.pop(CSRF_HEADER)
    status, page = move(client)
    assert status == 419
    assert "尚未提交，内容仍在" in page
    assert '<input type="hidden" name="day" value="2030-01-01&lt;b&gt;">' in page
    assert f'name="csrf_token" value="{token}"' in page
    assert "stale" not in page
    assert clock.offset() == timedelta(0)


def test_a_form_from_elsewhere_is_refused_without_being_offered_again(server: Server) -> None:
    client = server.client("suwenbo")
    del client.headers[CSRF_HEADER]
    status, page = move(client, Origin="https://evil.example")
    assert status == 419
    assert "2030-01-01" not in page
    assert "页面已过期" in page


def test_for_htmx_a_stale_token_is_a_note_and_the_page_stays(server: Server) -> None:
    client = server.client("suwenbo")
    status, note = move(client, **{"HX-Request": "true", CSRF_HEADER: "wrong"})
    assert status == 419
    assert note.startswith('<div class="note"')
    assert "已填内容仍在" in note


def test_after_lunch_a_form_can_still_be_submitted_once_its_person_signed_in_again(
    server: Server, db: Db, demo: None
) -> None:
    client = server.client("suwenbo")
    with db() as s:
        s.exec(select(SignIn)).one().last_seen_at = clock.wall() - timedelta(hours=1)
    old = client.headers.pop(CSRF_HEADER)
    form = {"days": "1", "csrf_token": old}
    late = client.post("/admin/clock", data=form)
    assert late.status_code == 401
    assert "先在新标签页登录" in late.text
    assert f'name="csrf_token" value="{old}"' in late.text
    assert '<input type="hidden" name="days" value="1">' in late.text
    client.sign_in_as("suwenbo")
    client.headers.pop(CSRF_HEADER)
    assert client.post("/admin/clock", data=form).status_code == 303


def test_nobody_can_submit_with_the_token_of_another_person(server: Server, demo: None) -> None:
    other = server.client("linwanyi").csrf
    client = server.client("suwenbo")
    client.headers[CSRF_HEADER] = other
    assert move(client)[0] == 419


def test_a_token_dies_when_its_session_is_signed_out(server: Server, demo: None) -> None:
    client = server.client("suwenbo")
    old = client.csrf
    client.post("/signout")
    client.sign_in_as("suwenbo")
    client.headers[CSRF_HEADER] = old
    assert move(client)[0] == 419


def test_a_made_up_session_is_nobody(server: Server, db: Db) -> None:
    client = server.client()
    with db() as s:
        found = person.by_login(s, "suwenbo")
        assert found is not None
    client.cookies.set(COOKIE, "0" * 43)
    assert client.get("/").headers["location"] == "/signin?next=/&expired=1"
