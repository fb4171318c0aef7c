"""Materials read on a page: what a browser cannot show is shown as text and tables, and nothing in it runs."""

import io
import zipfile

import pytest
import xlsxwriter
from sqlmodel import select

from api.auth import session as sessions
from flows.documents.authoring.paper import Paper
from models import clock
from models.database import session
from models.records.attachment import Attachment, keep
from models.records.case import by_number
from tests import builders
from tests.browser import PHONE, assert_accessible, chromium
from tests.doors.conftest import Server

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def letter() -> bytes:
    paper = Paper("情况说明")
    paper.p("Title", "关于企业停产情况的说明")
    paper.p("Body", "<script>alert(1)</script>企业已停产。")
    return paper.bytes()


def workbook() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        page = book.add_worksheet("还款明细")
        for row in range(300):
            page.write_row(row, 0, [f"第{row + 1}期", row * 1000, "<b>备注</b>"])
        book.add_worksheet("底稿").hide()
    return out.getvalue()


def attached(number: str, filename: str, media_type: str, data: bytes) -> str:
    with session() as s:
        case = by_number(s, number)
        assert case is not None
        one = s.exec(select(Attachment).where(Attachment.case_id == case.id)).first()
        made = Attachment(
            case_id=case.id or 0, slot="other", filename=filename, media_type=media_type, size=len(data),
            sha256=keep(s, data), uploaded_at=clock.now(), uploaded_by=one.uploaded_by if one else case.opened_by,
        )  # fmt: skip
        s.add(made)
        s.flush()
        return f"/attachments/{made.id}"


@pytest.fixture
def number(server: Server) -> str:
    return builders.claimed()


def test_word_and_excel_are_shown_as_what_they_say(server: Server, number: str) -> None:
    client = server.client("chenjiamin")
    text = client.get(attached(number, "说明.docx", WORD, letter()) + "/preview").text
    assert "关于企业停产情况的说明" in text
    assert "&lt;script&gt;" in text
    assert "<script>alert" not in text
    table = client.get(attached(number, "明细.xlsx", EXCEL, workbook()) + "/preview").text
    assert "还款明细" in table
    assert "第200期" in table
    assert "第201期" not in table
    assert "显示前 200 行" in table
    assert "&lt;b&gt;备注" in table
    assert "底稿" not in table
    assert "/preview" in client.get(f"/cases/{number}").text


def test_what_cannot_be_read_is_said_and_offered_for_download(server: Server, number: str) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("word/document.xml", b"<w>" + b"0" * 550_000_000)
    client = server.client("chenjiamin")
    for name, kind, data in (
        ("坏.docx", WORD, b"PK\x03\x04"),
        ("坏.xlsx", EXCEL, b"x"),
        ("大.docx", WORD, bomb.getvalue()),
    ):
        answered = client.get(attached(number, name, kind, data) + "/preview")
        assert answered.status_code == 200
        assert "这个文件不能在线显示" in answered.text, name


def test_pdf_opens_in_the_browser_and_strangers_see_nothing(server: Server, number: str) -> None:
    pdf = attached(number, "合同.pdf", "application/pdf", b"%PDF-1.7\n%%EOF\n")
    assert server.client("linwanyi").get(f"{pdf}/preview").headers["location"] == pdf
    assert server.client("tanjunhao").get(f"{pdf}/preview").status_code == 404


@pytest.mark.browser
def test_everyone_can_read_them(server: Server, number: str) -> None:
    addresses = [
        attached(number, "说明.docx", WORD, letter()),
        attached(number, "明细.xlsx", EXCEL, workbook()),
    ]
    with chromium() as browser:
        context = browser.new_context(viewport=PHONE)
        token = server.client("chenjiamin").cookies.get(sessions.COOKIE) or ""
        context.add_cookies([{"name": sessions.COOKIE, "value": token, "url": server.base_url}])
        page = context.new_page()
        for address in addresses:
            page.goto(f"{server.base_url}{address}/preview")
            assert_accessible(page)
