"""The public page of a printed letter, seen by somebody who is not signed in."""

import re
import zlib
from collections.abc import Iterator

import pytest
import segno

from api.pages import verify
from flows.documents import qr
from models import clock, database
from models.records.attachment import Blob
from models.records.case import CaseRecord
from models.records.document import Document
from models.records.numbers import DocumentVoid
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.documents.issuing import issue
from tests.doors.conftest import Server
from tests.seed import actor


@pytest.fixture(autouse=True)
def nobody_asked_yet() -> Iterator[None]:
    verify._limiter.storage.reset()
    yield
    verify._limiter.storage.reset()


def test_the_page_confirms_what_stands_on_the_letter_and_nothing_else(
    server: Server, letter: Document
) -> None:
    answer = server.client().get(f"/v/{letter.verification_code.lower()}")
    assert answer.status_code == 200
    for words in (
        "文书真实，现行有效",
        letter.number or "",
        letter.title,
        "东莞市电子计算中心",
        letter.sha256,
    ):
        assert words in answer.text
    with database.session() as s:
        case = s.get_one(CaseRecord, letter.case_id)
    for secret in (case.number, case.subject, case.uscc, "莞邑银行", "/documents/", "/cases"):
        assert secret not in answer.text


def test_a_letter_that_a_newer_one_replaced_or_that_is_void_says_so(server: Server, letter: Document) -> None:
    client = server.client()
    with database.session() as s:
        case = s.get_one(CaseRecord, letter.case_id).number
        newer = issue(s, case, "D16")
    assert "已被新的文书替代" in client.get(f"/v/{letter.verification_code}").text
    with database.session() as s:
        asking, deciding = (actor(s, login).person_id for login in ("chenjiamin", "zhoubingwen"))
        now = clock.now()
        s.add(
            DocumentVoid(
                document_id=newer.id or 0, reason="盖章有误", requested_by=asking, requested_at=now, approved=True,
                decided_by=deciding, decided_at=now,
            )
        )  # fmt: skip
        s.flush()
        s.get_one(Document, newer.id).state = "void"
    answer = client.get(f"/v/{newer.verification_code}")
    assert "文书已作废" in answer.text
    assert "盖章有误" not in answer.text


def test_an_uploaded_copy_is_compared_byte_for_byte(server: Server, letter: Document) -> None:
    client = server.client()
    with database.session() as s:
        data = s.get_one(Blob, letter.sha256).data
    place = f"/v/{letter.verification_code}"
    same = client.post(place, files={"file": ("信.docx", data)})
    assert (same.status_code, "完全一致" in same.text) == (200, True)
    other = client.post(place, files={"file": ("信.docx", data + b" ")})
    assert (other.status_code, "不一致" in other.text, "完全一致" in other.text) == (200, True, False)
    assert client.post(place, files={"file": ("", b"")}).status_code == 422


@pytest.mark.parametrize("code", ["22222222222", "222222222222", "2222-2222-2221", "%27%3B--", "x" * 300])
def test_an_unknown_code_is_one_calm_sentence(server: Server, code: str) -> None:
    answer = server.client().get(f"/v/{code}")
    assert answer.status_code == 404
    assert answer.text.count("没有查到这个核验码对应的文书") == 1


def test_a_typed_code_leads_to_its_page(server: Server, letter: Document) -> None:
    code = letter.verification_code
    answer = server.client().get("/v", params={"code": f" {code[:4]}-{code[4:8].lower()} {code[8:]} "})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/v/{code}")


def test_who_tries_codes_out_is_stopped_and_told_when_to_come_back(server: Server) -> None:
    client = server.client()
    answers = [client.get(f"/v/2222222222{n:02d}").status_code for n in range(verify.PER_MINUTE + 1)]
    assert set(answers[:-1]) == {404}
    assert answers[-1] == 429
    refused = client.get("/v")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert "核验太频繁" in refused.text


def test_the_letter_carries_the_address_as_a_qr_code(server: Server, letter: Document) -> None:
    import io
    import zipfile

    with database.session() as s:
        data = s.get_one(Blob, letter.sha256).data
    address = letter.context["verification_url"]
    assert re.fullmatch(rf"http://[^/]+/v/{letter.verification_code}", address)
    picture = zipfile.ZipFile(io.BytesIO(data)).read("word/media/verification.png")
    assert picture == qr.png(address)
    assert _dark(picture) == _symbol(address)


def test_any_address_becomes_the_symbol_segno_would_draw() -> None:
    """The shortcut of `qr` (flipping modules by character) is exact."""
    prefix = "https://example.gov.cn/v/"
    for start in range(len(qr.ALPHABET)):
        code = "".join(qr.ALPHABET[(start + 7 * n) % len(qr.ALPHABET)] for n in range(qr.CODE_LENGTH))
        assert _dark(qr.png(prefix + code)) == _symbol(prefix + code)


def _dark(png: bytes) -> list[list[bool]]:
    """Which modules of a picture are dark, four around the symbol among them; every module is a square of one shade."""
    lines = zlib.decompress(png[png.index(b"IDAT") + 4 : -16])
    width = int.from_bytes(png[16:20], "big") // 8
    rows = [lines[start : start + width + 1] for start in range(0, len(lines), width + 1)]
    assert all(
        row == rows[n // 8 * 8] and row[0] == 0 and set(row[1:]) <= {0, 255} for n, row in enumerate(rows)
    )
    return [[shade == 0 for shade in row[1:]] for row in rows[::8]]


def _symbol(address: str) -> list[list[bool]]:
    symbol = segno.make(address, micro=False, error="m", boost_error=False, mask=2, mode="byte")
    return [[bool(module) for module in row] for row in symbol.matrix_iter(border=4)]


@pytest.mark.browser
def test_the_page_is_accessible_at_both_sizes_and_in_the_dark(server: Server, letter: Document) -> None:
    with chromium() as browser:
        for size, scheme in ((DESK, "light"), (PHONE, "light"), (PHONE, "dark")):
            page = browser.new_page(viewport=size, color_scheme=scheme)
            for place in (f"/v/{letter.verification_code}", "/v", "/v/222222222222"):
                page.goto(server.base_url + place)
                assert_accessible(page)
            page.close()
