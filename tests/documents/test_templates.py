"""Every document, with ordinary and with unkind facts, is a valid Word file that says what it has to say."""

import io
import re
import zipfile
from collections.abc import Callable
from hashlib import sha256
from html import unescape
from importlib.metadata import version
from pathlib import Path

import pytest
from openxml_audit import OpenXmlValidator

from flows.documents import preview
from flows.documents.authoring import AUTHORS
from flows.documents.engine import DOCUMENTS, plain_text, preview_html, render
from flows.documents.registry import Signer
from flows.documents.samples import SAMPLES, variants
from flows.documents.samples.facts import FIRM
from flows.documents.template import TEMPLATES
from tests.documents.sayings import NO_FIRM, SAYS

Errors = Callable[[bytes], list[str]]
CODES = sorted(DOCUMENTS)
VALIDATOR = OpenXmlValidator()
"""One for all documents: it reads the schemas once, and what it found in one file it has forgotten at the next."""


@pytest.fixture
def errors(request: pytest.FixtureRequest, tmp_path: Path) -> Errors:
    """What the validator finds in a document.

    It finds the same in the same bytes: a document an earlier run found valid is not read again, a changed one is.
    `pytest --cache-clear` reads everything.
    """
    cache = request.config.cache
    assert cache is not None
    place = cache.mkdir("valid") / sha256(request.node.nodeid.encode()).hexdigest()

    def found(data: bytes) -> list[str]:
        stamp = f"{version('openxml-audit')} {sha256(data).hexdigest()}"
        if place.is_file() and place.read_text() == stamp:
            return []
        file = tmp_path / "document.docx"
        file.write_bytes(data)
        faults = [str(error) for error in VALIDATOR.validate(str(file)).errors]
        if not faults:
            place.write_text(stamp)
        return faults

    return found


def part(data: bytes, name: str) -> str:
    return zipfile.ZipFile(io.BytesIO(data)).read(name).decode()


@pytest.mark.parametrize("code", CODES)
def test_the_ordinary_document_is_valid_and_says_what_it_must(code: str, errors: Errors) -> None:
    context = SAMPLES[code]
    data = render(code, context).data
    text = plain_text(data)
    assert errors(data) == []
    for words in (*SAYS[code], context.organ_name, context.recipient, context.verification_code or ""):
        assert words in text
    assert not re.search(r"\{[{%]|[%}]\}|None", text)
    assert FIRM in text or code in NO_FIRM


@pytest.mark.parametrize(
    "code", [code for code in CODES if code not in {"D34", "D35"}]
)  # reports of many tables
def test_an_ordinary_letter_is_at_most_10_kb(code: str) -> None:
    assert len(render(code, SAMPLES[code]).data) <= 10 * 1024


@pytest.mark.parametrize("code", CODES)
def test_a_document_with_only_the_required_facts_has_no_gaps(code: str, errors: Errors) -> None:
    data = render(code, variants.sparse(SAMPLES[code])).data
    text = plain_text(data)
    assert errors(data) == []
    assert "核验码" not in text
    assert not re.search(r"None|（）|《》|：。|，。|（依据：）|\{", text)


@pytest.mark.parametrize("code", CODES)
def test_the_longest_document_is_complete(code: str, errors: Errors) -> None:
    context = variants.longest(SAMPLES[code])
    data = render(code, context).data
    assert errors(data) == []
    text = plain_text(data)
    assert context.organ_name in text
    rows = sum(len(value) for value in dict(context).values() if isinstance(value, tuple))
    assert text.count(variants.LONG) >= max(rows, 5)


@pytest.mark.parametrize("code", CODES)
def test_odd_text_is_printed_as_it_reads_and_runs_nothing(code: str, errors: Errors) -> None:
    context = variants.odd(SAMPLES[code])
    data = render(code, context).data
    text = plain_text(data)
    assert errors(data) == []
    assert f"{variants.ODD_SHOWN}{SAMPLES[code].organ_name}" in text
    assert text.count("{{7*7}}") >= 5
    assert not re.search("[\x00\x0b\u202e\ud800]", text)
    html = preview_html(data)
    assert "<b>" not in html
    assert "&lt;b&gt;&amp;" in html


@pytest.mark.parametrize("code", CODES)
def test_stored_facts_give_the_same_bytes_again(code: str) -> None:
    kind = DOCUMENTS[code]
    first = render(code, SAMPLES[code])
    again = render(code, kind.context.model_validate_json(SAMPLES[code].model_dump_json()))
    assert again == first
    assert len(first.sha256) == len(first.template_sha256) == len(first.context_sha256) == 64


@pytest.mark.parametrize("code", CODES)
def test_the_page_is_gbt_9704(code: str) -> None:
    data = render(code, SAMPLES[code]).data
    document, styles = part(data, "word/document.xml"), part(data, "word/styles.xml")
    upright = re.findall(r'<w:pgSz w:w="11906" w:h="16838"/><w:pgMar ([^>]*)/>', document)
    assert upright
    for margins in upright:
        assert 'w:top="2098" w:right="1474" w:bottom="1984" w:left="1588"' in margins
    assert '<w:docGrid w:linePitch="579"/>' in document
    body = re.search(r'w:styleId="Body".*?</w:style>', styles)
    assert body is not None
    assert 'w:line="579" w:lineRule="exact"' in body[0]
    assert 'w:eastAsia="仿宋_GB2312"' in body[0]
    assert '<w:spacing w:val="-5"/><w:sz w:val="32"/>' in body[0]
    assert '<w:font w:name="方正小标宋简体"><w:altName' in part(data, "word/fontTable.xml")
    assert not [name for name in zipfile.ZipFile(io.BytesIO(data)).namelist() if "fonts/" in name]


@pytest.mark.parametrize("code", CODES)
def test_the_red_head_is_the_bureaus_only(code: str) -> None:
    data = render(code, SAMPLES[code]).data
    document = part(data, "word/document.xml")
    letter = any(
        "LetterMark" in part(data, name)
        for name in zipfile.ZipFile(io.BytesIO(data)).namelist()
        if name.startswith("word/header")
    )
    head = bool(re.search(r'w:val="Mark(Long)?"', document))
    assert head == (code in {"D05", "D23", "D24", "D35", "D39"})
    assert letter == (code in {"D06", "D22", "D25", "D26", "D38"})
    if head or letter:
        assert DOCUMENTS[code].signer is Signer.BUREAU


def test_a_long_organ_name_gets_the_smaller_mark() -> None:
    context = SAMPLES["D23"].model_copy(update={"organ_name": "东莞市工业和信息化与中小企业发展局"})
    document = part(render("D23", context).data, "word/document.xml")
    assert 'w:val="MarkLong"' in document
    assert 'w:val="Mark"' not in document


def test_nothing_granted_is_a_refusal_without_duties_of_recovery() -> None:
    context = SAMPLES["D24"].model_copy(update={"amount": SAMPLES["D24"].amount * 0})  # type: ignore[attr-defined]
    text = plain_text(render("D24", context).data)
    assert "不予补偿决定通知书" in text
    assert "未予补偿金额：￥6,400,000.00" in text
    assert "追偿与返还义务" not in text
    assert "四、异议渠道" in text


@pytest.mark.parametrize("code", CODES)
def test_rows_taken_out_before_the_xml_is_read_look_as_they_would_inside(
    code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plain rows are shown from the text of the XML; the slow way through the tree says what they must look like."""
    documents = [
        render(code, made).data
        for made in (variants.repeated(SAMPLES[code], rows=3), variants.odd(SAMPLES[code]))
    ]
    quick = [preview_html(data) for data in documents]
    monkeypatch.setattr(preview, "_ROW", re.compile("(?!)"))
    slow = [preview_html(data) for data in documents]
    assert [unescape(html) for html in quick] == [unescape(html) for html in slow]
    assert all("{{7*7}}" not in html or "<b>" not in html for html in quick)


def test_letters_wear_the_mark_on_the_first_page_only() -> None:
    html = preview_html(render("D25", SAMPLES["D25"]).data)
    assert html.count("letterhead") == 1
    assert html.startswith('<div class="in doc letterhead"><p class="mark letter">东莞市工业和信息化局</p>')
    assert html.count('<div class="in doc') == 2  # the letter and its annex
    assert '<td colspan="3"><p class="head">合　计</p></td>' in html


def test_the_loans_of_an_application_lie_on_wide_pages() -> None:
    html = preview_html(render("D07", SAMPLES["D07"]).data)
    assert '<div class="in doc wide">' in html


@pytest.mark.parametrize("code", ["D21", "D26"])
def test_a_date_across_an_unpublished_year_is_said_to_be_provisional(code: str) -> None:
    ordinary = SAMPLES[code]
    assert "暂定" not in plain_text(render(code, ordinary).data)
    assert "暂定" in plain_text(render(code, ordinary.model_copy(update={"due_provisional": True})).data)


@pytest.mark.parametrize(
    ("code", "sent", "served"),
    [
        ("D08", "即于2026年10月14日（含当日）前", "请自签收本通知书次日起5个工作日内"),
        ("D26", "自本通知书送出次日起5个工作日内", "自签收本通知书（未签收的，自送出）次日起5个工作日内"),
    ],
)
def test_days_that_run_from_service_are_not_given_a_last_day(code: str, sent: str, served: str) -> None:
    """A reader who acknowledges a day later has a day more: a date counted from sending would be false."""
    said = {
        flag: plain_text(render(code, SAMPLES[code].model_copy(update={"from_service": flag})).data)
        for flag in (False, True)
    }
    assert sent in said[False] and served not in said[False]
    assert served in said[True] and sent not in said[True]


@pytest.mark.parametrize("code", CODES)
def test_script_and_committed_template_agree(code: str) -> None:
    """A template edited in Word and a script left behind: the next regeneration would lose the edit."""
    written = AUTHORS[code]()
    committed = (TEMPLATES / DOCUMENTS[code].template).read_bytes()
    assert plain_text(written) == plain_text(committed)
