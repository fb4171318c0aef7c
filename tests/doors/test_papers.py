"""Letters as the office works with them: a wording changed in Word, a register opened in mid-year, Word 版式."""

import io
import re

import docx
import pytest
from sqlmodel import select

from flows.documents import engine, integrity
from models import clock, database
from models.records.attachment import Blob
from models.records.document import Document
from tests import builders
from tests.browser import PHONE, assert_accessible, chromium
from tests.documents.issuing import issue
from tests.doors.conftest import Server


def as_word_saves(template: bytes, old: str, new: str) -> bytes:
    """One sentence changed and the file saved again, as Word does it: every part rewritten, runs cut in pieces."""
    document = docx.Document(io.BytesIO(template))
    (changed,) = [one for one in document.paragraphs if old in one.text]
    style, words = changed.runs[0].style, changed.text.replace(old, new)
    changed.runs[0].text = words[:7]
    for run in changed.runs[1:]:
        run.text = ""
    for piece in (words[7:8], words[8:15], words[15:]):
        changed.add_run(piece, style)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_a_sentence_changed_in_word_is_in_the_letters_from_its_day_on(
    server: Server, letter: Document
) -> None:
    uploading, confirming = server.client("mozhaohui"), server.client("lujianping")
    page = uploading.get("/templates/D16").text
    (file,) = set(re.findall(r'href="(/templates/D16/versions/1/file)"', page))
    old, new = "即书面报告；", "于五个工作日内书面报告；"
    changed = as_word_saves(uploading.get(file).content, old, new)
    sent = uploading.post(
        "/templates/D16", data={"note": "明确报告时限"}, files={"file": ("受理通知书.docx", changed)}
    )
    assert sent.status_code == 303, re.findall(r'class="err[^>]*>([^<]*)', sent.text)
    place = sent.headers["location"].split("?")[0]
    shown = confirming.get(place).text
    assert "<ins>于五个工作日内</ins>" in shown or "于五个工作日内书面报告" in shown
    today = confirming.post(place, data={"answer": "yes", "effective": str(clock.today())})
    assert today.status_code == 303
    with database.session() as s:
        made = issue(s, letter.filename.split("-受理")[0], "D16")
        now, before = (
            engine.plain_text(s.get_one(Blob, one.sha256).data)
            for one in (made, s.get_one(Document, letter.id))
        )
        assert new in now and new not in before and old in before
        assert len(now.splitlines()) == len(before.splitlines())
        assert integrity.verify(s).differences == []


def test_a_register_is_opened_in_mid_year_by_two_people(server: Server) -> None:
    officer, head = server.client("chenjiamin"), server.client("zhoubingwen")
    assert "/numbers/openings" in officer.get("/numbers").text, "also before the first number"
    place, typed = "/numbers/openings", {"word": "计受", "last": "0", "document": "登记簿"}
    wrong = officer.post(place, data=typed)
    assert (wrong.status_code, "从 1 号起编" in wrong.text) == (422, True)
    assert officer.post(place, data=typed | {"last": "57"}).status_code == 303
    assert officer.post(place, data=typed | {"last": "58"}).status_code == 409
    assert server.client("linwanyi").get(place).status_code == 403
    (decide,) = set(re.findall(r'action="(/numbers/openings/\d+/decide)"', head.get(place).text))
    assert head.post(decide, data={"verdict": "rejected"}).status_code == 422
    assert head.post(decide, data={"verdict": "x"}).status_code == 422
    assert officer.post(decide, data={"verdict": "confirmed"}).status_code == 403
    assert head.post(decide, data={"verdict": "confirmed", "note": "核对无误"}).status_code == 303
    assert head.post(decide, data={"verdict": "confirmed"}).status_code == 409
    assert "核对无误" in officer.get(place).text
    register = officer.get("/numbers").text
    assert "期初已用至 57 号（登记簿）" in register and "连续无缺号" in register
    number = builders.claimed()
    builders.answer(number, "chenjiamin")
    with database.session() as s:
        made = s.exec(select(Document).where(Document.code == "D16")).one()
        assert made.number == f"计受〔{clock.today().year}〕58号"


@pytest.mark.browser
def test_a_letter_is_shown_as_word_lays_it_out_when_somebody_asks(server: Server, letter: Document) -> None:
    with chromium() as browser:
        context = browser.new_context(viewport=PHONE)
        reader = server.client("chenjiamin")
        context.add_cookies(
            [{"name": c.name, "value": c.value or "", "url": server.base_url} for c in reader.cookies.jar]
        )
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        loaded: list[str] = []
        page.on("request", lambda request: loaded.append(request.url))
        page.goto(f"{server.base_url}/documents/{letter.id}/preview")
        assert not [url for url in loaded if "docx-preview" in url], (
            "nothing is loaded before it is asked for"
        )
        button = page.get_by_role("button", name="Word 版式")
        button.click()
        page.locator("#word section.docx").wait_for()
        assert page.locator("#plain").is_hidden()
        shown = page.locator("#word").inner_text()
        assert (letter.number or "") in shown.replace(" ", "") and "特此通知" in shown
        width = page.locator("#word section.docx").first.evaluate("e => e.offsetWidth")
        assert width == 794, "210 mm"
        assert said == [], "the page's policy is kept"
        assert_accessible(page)
        button.click()
        page.locator("#word").wait_for(state="hidden")
        assert page.locator("#plain").is_visible()
        context.close()
