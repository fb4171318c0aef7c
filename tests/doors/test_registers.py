"""The office's pages about documents: numbers with voids and an Excel file, templates changed by two people."""

import io
from datetime import timedelta

import pytest
from python_calamine import CalamineWorkbook
from sqlmodel import col, select

from api.pages import files
from flows.documents import integrity, office, versions
from flows.documents.press import Press
from models import clock, database
from models.records import numbers, template
from models.records.case import CaseRecord
from models.records.document import Document, DocumentState
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.documents.issuing import issue
from tests.documents.test_hostile import GOOD, saying
from tests.doors.conftest import Server


def state(document_id: int | None) -> DocumentState:
    with database.session() as s:
        return DocumentState(s.get_one(Document, document_id).state)


def test_a_document_is_voided_by_two_people_and_keeps_its_number(server: Server, letter: Document) -> None:
    asking, other = server.client("chenjiamin"), server.client("zhoubingwen")
    place = f"/documents/{letter.id}/void"
    empty = asking.post(place, data={"reason": " "})
    assert (empty.status_code, "请填写作废原因" in empty.text) == (422, True)
    assert asking.post(place, data={"reason": "受理日期写错"}).status_code == 303
    assert asking.post(place, data={"reason": "再来"}).status_code == 409
    assert asking.post(f"{place}/decision", data={"answer": "yes"}).status_code == 403
    assert state(letter.id) is DocumentState.ISSUED
    assert "受理日期写错" in other.get("/numbers").text
    assert other.post(f"{place}/decision", data={"answer": "yes"}).status_code == 303
    assert other.post(f"{place}/decision", data={"answer": "yes"}).status_code == 409
    assert state(letter.id) is DocumentState.VOID
    register = other.get("/numbers", params={"state": "void"}).text
    for words in (letter.number or "", "已作废", "受理日期写错", "陈嘉敏申请", "周秉文批准", "连续无缺号"):
        assert words in register
    with database.session() as s:
        number = s.get_one(Document, letter.id).filename.split("-受理")[0]
        assert issue(s, number, "D16").serial == (letter.serial or 0) + 1


def test_declining_needs_words_and_leaves_the_document_in_force(server: Server, letter: Document) -> None:
    asking, other = server.client("chenjiamin"), server.client("zhoubingwen")
    place = f"/documents/{letter.id}/void"
    asking.post(place, data={"reason": "受理日期写错"})
    assert other.post(f"{place}/decision", data={"answer": "no"}).status_code == 422
    assert other.post(f"{place}/decision", data={"answer": "no", "opinion": "日期无误"}).status_code == 303
    assert state(letter.id) is DocumentState.ISSUED
    assert asking.post(place, data={"reason": "确有错误"}).status_code == 303


def test_who_did_not_issue_it_asks_for_nothing_and_banks_see_no_register(
    server: Server, letter: Document
) -> None:
    place = f"/documents/{letter.id}/void"
    assert server.client("mozhaohui").post(place, data={"reason": "x"}).status_code == 403
    for address in ("/numbers", "/numbers.xlsx", place, "/templates", "/templates/D16"):
        assert server.client("linwanyi").get(address).status_code == 403


def test_the_excel_file_holds_what_the_filter_leaves_and_no_formula(server: Server, letter: Document) -> None:
    asking, other = server.client("chenjiamin"), server.client("zhoubingwen")
    asking.post(f"/documents/{letter.id}/void", data={"reason": '=HYPERLINK("http://evil","x")'})
    other.post(f"/documents/{letter.id}/void/decision", data={"answer": "yes"})
    answer = other.get("/numbers.xlsx", params={"q": letter.number or "", "year": str(letter.year)})
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    rows = book.get_sheet_by_name("文号登记").to_python()
    assert len(rows) == 2
    assert (rows[1][0], rows[1][3], rows[1][8]) == (letter.number, letter.year, "已作废")
    assert str(rows[1][9]).startswith("=HYPERLINK")
    gaps = book.get_sheet_by_name("缺号检查").to_python()
    assert {row[gaps[0].index("缺号或越号")] for row in gaps[1:]} == {"无"}
    assert len(other.get("/numbers.xlsx", params={"q": "没有这个"}).content) > 1000


def test_a_template_is_changed_by_two_people_and_old_documents_keep_theirs(
    server: Server, letter: Document
) -> None:
    changed = saying("联系邮箱：{{ contact.email }}。")
    uploading, confirming = server.client("mozhaohui"), server.client("lujianping")
    bad = uploading.post(
        "/templates/D16", data={"note": "x"}, files={"file": ("a.docx", saying("{{ nubmer }}"))}
    )
    assert (bad.status_code, "是不是“number”" in bad.text, "正文第 1 段" in bad.text) == (422, True, True)
    same = uploading.post("/templates/D16", data={"note": "x"}, files={"file": ("a.docx", GOOD)})
    assert "没有改动" in same.text
    sent = uploading.post("/templates/D16", data={"note": "加联系邮箱"}, files={"file": ("a.docx", changed)})
    assert (sent.status_code, sent.headers["location"]) == (303, "/templates/D16/versions/2?done=proposed")
    place = "/templates/D16/versions/2"
    shown = confirming.get(place).text
    assert (
        "<ins>" in shown
        and "联系邮箱：{{ contact.email }}。" in shown
        and "联系邮箱：fb@example.org。" in shown
    )
    tomorrow = clock.today() + timedelta(days=1)
    assert uploading.post(place, data={"answer": "yes", "effective": str(tomorrow)}).status_code == 403
    past = confirming.post(place, data={"answer": "yes", "effective": "2020-01-01"})
    assert (past.status_code, "不能早于今天" in past.text) == (422, True)
    done = confirming.post(place, data={"answer": "yes", "effective": str(tomorrow)})
    assert done.status_code == 303
    assert confirming.post(place, data={"answer": "no"}).status_code == 409
    case = letter.filename.split("-受理")[0]
    with database.session() as s:
        assert issue(s, case, "D16").template_version == 1
    with clock.at(clock.now() + timedelta(days=2)), database.session() as s:
        made = issue(s, case, "D16")
        assert (made.template_version, made.template_sha256 != letter.template_sha256) == (2, True)
        known = {one.version: one for one in template.versions(s, "D16")}
        assert made.template_sha256 == known[2].sha256
        assert s.get_one(Document, letter.id).template_version == 1
        assert numbers.series(s)[0].whole
    file = confirming.get(f"{place}/file")
    assert file.content == changed


def test_only_one_proposal_at_a_time_and_a_declined_one_changes_nothing(server: Server) -> None:
    uploading, confirming = server.client("lizhiyuan"), server.client("lujianping")

    def send(words: str) -> int:
        files = {"file": ("a.docx", saying(words))}
        return uploading.post("/templates/D16", data={"note": "试"}, files=files).status_code

    assert (send("一"), send("二")) == (303, 409)
    assert uploading.post("/templates/D16/versions/2", data={"answer": "no"}).status_code == 403
    assert confirming.post("/templates/D16/versions/2", data={"answer": "no"}).status_code == 303
    with database.session() as s:
        assert versions.row_in_force(s, "D16", clock.today() + timedelta(days=400)).version == 1
    assert send("三") == 303


def test_a_void_letter_is_issued_anew_under_a_new_number_that_names_it(
    server: Server, letter: Document
) -> None:
    asking, other = server.client("chenjiamin"), server.client("zhoubingwen")
    place = f"/documents/{letter.id}/void"
    assert other.post(f"{place}/replacement").status_code == 409  # still in force
    asking.post(place, data={"reason": "受理日期写错"})
    other.post(f"{place}/decision", data={"answer": "yes"})
    assert "重新出具" not in asking.get(f"{place}?done=yes").text
    assert asking.post(f"{place}/replacement").status_code == 403
    assert "重新出具" in other.get(f"{place}?done=yes").text
    made = other.post(f"{place}/replacement")
    assert made.status_code == 303
    assert other.post(f"{place}/replacement").status_code == 409
    with database.session() as s:
        old, new = s.exec(select(Document).where(Document.code == "D16").order_by(col(Document.id))).all()
        assert (old.state, new.state, new.replaces_id) == (DocumentState.VOID, DocumentState.ISSUED, old.id)
        assert (old.serial, new.serial) == (1, 2)
        assert new.verification_code != old.verification_code
        assert all(series.whole for series in numbers.series(s))
        case = s.get_one(CaseRecord, new.case_id)
    assert f'替代已作废的 <span class="num">{old.number}</span>' in other.get(f"/cases/{case.number}").text
    assert f"{old.number}（已作废）" in server.client().get(f"/v/{new.verification_code}").text
    assert new.number in server.client().get(f"/v/{old.verification_code}").text
    assert new.number in other.get(f"{place}?done=yes").text
    with database.session() as s:
        assert not integrity.verify(s).differences


def test_a_letter_comes_as_pdf_when_it_is_ready(
    server: Server, letter: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "program", lambda: "/usr/bin/soffice")
    monkeypatch.setattr(files, "press", Press(lambda made: dict.fromkeys(made, b"%PDF-1.6")))
    reader = server.client("chenjiamin")
    place = f"/documents/{letter.id}/pdf"
    assert place in reader.get(f"/documents/{letter.id}/preview").text
    first = reader.get(place)
    for _ in range(50):
        if first.status_code == 200:
            break
        assert (first.status_code, first.headers["refresh"], "正在生成 PDF" in first.text) == (202, "2", True)
        first = reader.get(place)
    assert first.content.startswith(b"%PDF")
    assert first.headers["content-type"] == "application/pdf"
    assert server.client("tanjunhao").get(place).status_code == 404
    monkeypatch.setattr(office, "program", lambda: None)
    without = reader.get(f"/documents/{letter.id}/preview").text
    assert "没有安装 LibreOffice" in without
    assert place not in without
    assert reader.get(place).status_code == 503


@pytest.mark.browser
def test_the_pages_are_accessible_at_both_sizes_and_in_the_dark(server: Server, letter: Document) -> None:
    server.client("chenjiamin").post(f"/documents/{letter.id}/void", data={"reason": "日期写错"})
    opening = {"word": "计备", "last": "57", "document": "2026年上半年发文登记簿"}
    assert server.client("chenjiamin").post("/numbers/openings", data=opening).status_code == 303
    upload = {"file": ("a.docx", saying("联系邮箱：{{ contact.email }}。"))}
    server.client("mozhaohui").post("/templates/D16", data={"note": "加联系邮箱"}, files=upload)
    places = (
        "/numbers",
        "/numbers/openings",
        "/templates",
        "/templates/D16",
        "/templates/D16/versions/2",
        f"/documents/{letter.id}/void",
        "/drafts",
    )
    manager = server.client("lizhiyuan")
    with chromium() as browser:
        for size, scheme in ((DESK, "light"), (PHONE, "light"), (DESK, "dark")):
            context = browser.new_context(viewport=size, color_scheme=scheme)
            context.add_cookies(
                [
                    {"name": c.name, "value": c.value or "", "url": server.base_url}
                    for c in manager.cookies.jar
                ]
            )
            page = context.new_page()
            for place in places:
                answer = page.goto(server.base_url + place)
                assert answer is not None and answer.ok, place
                assert_accessible(page)
                if SHOTS:
                    name = place.strip("/").replace("/", "-")
                    page.screenshot(path=f"{SHOTS}/{name}-{size['width']}-{scheme}.png", full_page=True)
            context.close()


SHOTS = __import__("os").environ.get("SHOTS", "")
