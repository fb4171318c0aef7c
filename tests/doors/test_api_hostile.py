"""Bad input against the running server: forged, replayed, malformed, oversized and slow calls; nothing half-done."""

import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from sqlmodel import select

from models import clock, database
from models.records.api_call import Upload
from models.records.api_key import by_key_id
from models.records.attachment import Blob
from models.records.case import CaseRecord
from models.settings import MEGABYTE, get_settings
from tests import builders
from tests.doors.api import PDF, V1, Api, Callers, claim, digest, loan
from tests.doors.conftest import Server

RECEIPT = {"received_on": "2026-11-23", "received_amount": "1000000.00"}


def kept() -> tuple[int, int, int]:
    """How many cases, uploads and files there are."""
    with database.session() as db:
        return tuple(len(db.exec(select(kind)).all()) for kind in (CaseRecord, Upload, Blob))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "invalid"),
        (b"{", "malformed_json"),
        (b"\xff\xfe{}", "malformed_json"),
        (b'{"loans": [], "loans": []}', "malformed_json"),
        (b'{"loans": [{"principal": NaN}]}', "malformed_json"),
        (b'{"loans": [{"principal": Infinity}]}', "malformed_json"),
        (b'{"loans": [{"principal": 1e400}]}', "malformed_json"),
        (b'{"loans": [{"principal": ' + b"9" * 5000 + b"}]}", "malformed_json"),
        (b'{"loans": [{"firm_name": "\\ud800"}]}', "malformed_json"),
        (b"[" * 100_000, "malformed_json"),
        (b'{"loans":' + b"[" * 900 + b"]" * 900 + b"}", "invalid"),
        (b"[]", "invalid"),
        (b"null", "invalid"),
    ],
    ids=["empty", "cut", "encoding", "twice", "nan", "infinity", "huge", "digits", "half", "deep", "nested", "list",
         "null"],
)  # fmt: skip
def test_a_body_that_can_be_read_in_two_ways_is_refused(callers: Callers, body: bytes, why: str) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
    answer = callers("linwanyi").post(f"{V1}/filings", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400 if why == "malformed_json" else 422, why)
    assert kept() == (0, 0, 0)


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/xml", "application/json; charset=gbk", "multipart/form-data; boundary=x"],
)
def test_a_body_that_is_not_declared_as_json_is_415(callers: Callers, kind: str) -> None:
    headers = {"Content-Type": kind, "Idempotency-Key": str(uuid4())}
    answer = callers("linwanyi").post(f"{V1}/filings", content=b'{"loans": []}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "wrong_content_type")


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer x",
        "Basic eDp5",
        "Bearer fb_00_x",
        "Bearer ft_x",
        "Bearer fb_{id}_forged",
        "Bearer é",
    ],
)
def test_a_forged_key_is_401_and_says_how_to_come_in(callers: Callers, given: str) -> None:
    bank = callers("linwanyi")
    key_id = bank.headers["authorization"].split("_")[1]
    headers = {"Authorization": given.format(id=key_id).encode("latin-1")}
    answer = httpx.get(f"{bank.base_url}{V1}/cases", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_session_of_the_pages_opens_nothing_here(callers: Callers, server) -> None:  # type: ignore[no-untyped-def]
    assert server.client("linwanyi").get(f"{V1}/cases").status_code == 401


def test_whoever_guesses_keys_is_told_to_wait(callers: Callers) -> None:
    base = str(callers("linwanyi").base_url)
    with httpx.Client(base_url=base, headers={"Authorization": "Bearer fb_guess_guess"}) as guesser:
        statuses = [guesser.get(f"{V1}/me").status_code for _ in range(31)]
    assert (set(statuses[:30]), statuses[30]) == ({401}, 429)
    assert callers("linwanyi").get(f"{V1}/me").status_code == 200


def test_a_wrong_clock_on_either_side_changes_nothing(callers: Callers) -> None:
    bank = callers("linwanyi")
    clock.set_offset(timedelta(days=400))  # the demo's business clock; keys live in real time
    answer = bank.get(f"{V1}/me", headers={"Date": "Thu, 01 Jan 1970 00:00:00 GMT"})
    clock.set_offset(timedelta(0))
    assert answer.status_code == 200
    assert abs(clock.wall() - clock.wall().fromisoformat(answer.json()["server_time"])) < timedelta(
        seconds=30
    )


def test_an_old_call_played_again_changes_nothing(callers: Callers) -> None:
    bank, word = callers("linwanyi"), str(uuid4())
    number = bank.write("/filings", {"loans": [loan()]}, word=word).json()["number"]
    _, tag = bank.see(f"/cases/{number}")
    assert bank.write(f"/cases/{number}/withdrawal", {"reason": "重报"}, seen=tag).status_code == 200
    played = bank.write("/filings", {"loans": [loan()]}, word=word)
    assert played.headers["idempotency-replayed"] == "true"
    assert bank.see(f"/cases/{number}")[0]["state"] == "withdrawn"
    assert kept()[0] == 1
    other = callers("luoqiming").write("/filings", {"loans": [loan()]}, word=word)
    assert other.json()["number"] != number  # a key of an idempotent call belongs to its caller


def test_calls_that_arrive_in_the_wrong_order_do_nothing_until_it_is_their_turn(callers: Callers) -> None:
    """A network may let the later of two calls overtake the earlier one."""
    bank, officer = callers("linwanyi"), callers("chenjiamin")
    number = bank.write("/filings", {"loans": [loan()]}).json()["number"]
    builders.wake()
    case, before = bank.see(f"/cases/{number}")
    early = bank.write(f"/cases/{number}/corrections", {"note": "已补传。"}, seen=before)
    assert (early.status_code, early.json()["code"]) == (409, "conflict"), "nobody has returned it yet"
    (unfiled,) = bank.get(f"{V1}/cases/{number}/loans").json()["items"]
    claimed = bank.write("/claims", {"loan_id": unfiled["id"], "claim": claim(), "materials": {}})
    assert claimed.status_code == 409, "its loan is not registered yet"
    paid = bank.write(f"/cases/{number}/receipt", RECEIPT, seen=before)
    assert paid.status_code in (409, 422)
    task = builders.open_task(number)
    _, seen = officer.see(f"/tasks/{task.id}")
    returned = {"outcome": "return", "opinion": "请补齐。", "faults": [{"problem": "缺少盖章页"}]}
    assert officer.write(f"/tasks/{task.id}/answer", returned, seen=seen).status_code == 200
    builders.wake()
    late = bank.write(f"/cases/{number}/withdrawal", {"reason": "重报"}, seen=before)
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile"), (
        "decided on what no longer stands"
    )
    again = officer.write(f"/tasks/{task.id}/answer", returned, seen=seen)
    assert again.status_code == 409
    assert builders.state(number) == "correction"
    assert (kept()[0], case["state"]) == (1, "filing_review")


def test_100_megabytes_of_json_are_refused_whether_declared_or_not(callers: Callers) -> None:
    bank = callers("linwanyi")
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}

    def pieces() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * MEGABYTE

    begun = time.monotonic()
    for content in (b" " * (100 * MEGABYTE), pieces()):
        answer = bank.post(f"{V1}/filings", content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert time.monotonic() - begun < 30
    assert bank.get(f"{V1}/me").status_code == 200


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Half a second for a pause, one for a body."""
    monkeypatch.setenv("FENGBU_BODY_PAUSE_SECONDS", "0.5")
    monkeypatch.setenv("FENGBU_BODY_SECONDS", "1")
    get_settings.cache_clear()
    yield
    monkeypatch.undo()
    get_settings.cache_clear()


def trickle(bank: Api, path: str, pauses: list[float]) -> bytes:
    """Send a body of which a byte arrives now and then; what the server says."""
    url = urlsplit(str(bank.base_url))
    with socket.create_connection((url.hostname or "", url.port or 0), timeout=15) as line:
        head = [
            f"POST {path} HTTP/1.1", f"Host: {url.netloc}", f"Authorization: {bank.headers['authorization']}",
            "Content-Type: application/json", f"Idempotency-Key: {uuid4()}", f"Content-Digest: {digest(PDF)}",
            "Content-Length: 100", "", "",
        ]  # fmt: skip
        line.sendall("\r\n".join(head).encode())
        try:
            for pause in pauses:
                line.sendall(b"{")
                time.sleep(pause)
        except OSError:
            pass
        said = b""
        while more := line.recv(65536):
            said += more
        return said


@pytest.mark.parametrize("path", ["/filings", "/uploads?filename=a.pdf"], ids=["json", "upload"])
@pytest.mark.parametrize("pauses", [[1.0], [0.2] * 8], ids=["stops", "trickles"])
def test_a_body_that_does_not_keep_pace_is_let_go(
    callers: Callers, impatient: None, path: str, pauses: list[float]
) -> None:
    bank = callers("linwanyi")
    said = trickle(bank, V1 + path, pauses)
    assert said.startswith(b"HTTP/1.1 408"), said[:200]
    assert b'"too_slow"' in said
    assert kept() == (0, 0, 0)
    assert bank.get(f"{V1}/me").status_code == 200


def headers_at_leisure(server: Server, pieces: list[bytes], pause: float) -> bytes:
    """Send the head of a request piece by piece; what the server says until it hangs up."""
    url = urlsplit(server.base_url)
    with socket.create_connection((url.hostname or "", url.port or 0), timeout=15) as line:
        try:
            for piece in pieces:
                line.sendall(piece)
                time.sleep(pause)
        except OSError:
            pass
        said = b""
        try:
            while more := line.recv(65536):
                said += more
        except ConnectionError:
            pass
        return said


def test_a_head_that_dawdles_is_let_go_and_a_quick_one_is_answered(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FENGBU_HEADER_SECONDS", "0.6")
    get_settings.cache_clear()
    dawdled = headers_at_leisure(server, [b"GET /healthz HTTP/1.1\r\n", *[b"X-A: 1\r\n"] * 6], 0.2)
    assert dawdled.startswith(b"HTTP/1.1 408"), dawdled[:80]
    again = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    second = headers_at_leisure(server, [again, b"GET /healthz HTTP/1.1\r\n", *[b"X-A: 1\r\n"] * 6], 0.2)
    assert second.startswith(b"HTTP/1.1 200"), "the first request of the connection was in time"
    assert b"HTTP/1.1 408" in second, "the second was not"
    assert headers_at_leisure(server, [b""], 0) == b"", "who says nothing gets no answer"
    with httpx.Client(base_url=server.base_url) as browser:
        for _ in range(3):
            assert browser.get("/healthz").status_code == 200
            time.sleep(0.4)
    monkeypatch.undo()
    get_settings.cache_clear()


def test_an_upload_that_is_not_what_it_says_leaves_nothing(callers: Callers) -> None:
    bank = callers("linwanyi")
    wrong = bank.upload(PDF, **{"Content-Digest": digest(b"other")})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "digest_mismatch")
    none = bank.upload(PDF, **{"Content-Digest": "md5=:eA==:"})
    assert (none.status_code, none.json()["code"]) == (400, "bad_request")
    disguised = bank.upload(b"MZ\x90\x00", "invoice.pdf")
    assert disguised.status_code == 422
    large = bank.upload(PDF + b"x" * (21 * MEGABYTE))
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    assert kept() == (0, 0, 0)


def test_a_key_revoked_while_its_file_travels_leaves_nothing(callers: Callers) -> None:
    bank = callers("linwanyi")
    key_id = bank.headers["authorization"].split("_")[1]

    def pieces() -> Iterator[bytes]:
        yield PDF[:10]
        time.sleep(0.3)  # the server has let the call in and waits for the rest
        with database.session() as db:
            key = by_key_id(db, key_id)
            assert key is not None
            key.revoked_at = clock.wall()
        yield PDF[10:]

    headers = {"Content-Digest": digest(PDF), "Idempotency-Key": str(uuid4())}
    answer = bank.post(f"{V1}/uploads", params={"filename": "a.pdf"}, content=pieces(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    assert kept() == (0, 0, 0)


def test_the_same_loan_at_two_banks_is_two_loans_and_at_one_bank_one(callers: Callers) -> None:
    for login, status in (("linwanyi", 201), ("luoqiming", 201), ("huangzhiheng", 422)):
        answer = callers(login).write("/filings", {"loans": [loan()]})
        assert answer.status_code == status, answer.text
    (fault,) = answer.json()["faults"]
    assert fault["pointer"] == "/loans/0/receipt_number"
    assert kept()[0] == 2
