"""Reading the words of what others upload: page by page, within limits, whatever the file does."""

import io
import zlib

import pytest
from pypdf import PdfWriter

from flows.documents import words as reading
from flows.documents.words import words
from tests.actions.samples import png
from tests.documents.papers import docx, pdf, xlsx

PDF, WORD, BOOK = reading.KINDS


def test_a_pdf_page_by_page() -> None:
    found = words(pdf("GY-2025-0614 first", "3,000,000.00 second"), PDF)
    assert found.outcome == "read" and found.pages == ("GY-2025-0614 first", "3,000,000.00 second")


def test_a_letter_and_a_workbook() -> None:
    assert words(docx("借款合同　ＧＹ－2025"), WORD).pages == ("借款合同 GY-2025",)
    assert words(xlsx([["余额", 2400000.0]]), BOOK).pages == ("余额 2400000",)


def test_what_has_no_words_is_not_guessed() -> None:
    assert words(png(), "image/png").outcome == "empty"
    assert words(pdf(""), PDF).outcome == "empty"


@pytest.mark.parametrize(
    "data",
    [b"%PDF-1.7\n", b"%PDF-1.4\n" + b"[" * 200_000, b"not a pdf at all", pdf("cut")[:200]],
    ids=["empty", "nested", "other", "cut"],
)
def test_a_broken_pdf_is_unreadable_or_empty_never_an_error(data: bytes) -> None:
    assert words(data, PDF).outcome in ("unreadable", "empty")


def test_a_locked_pdf_is_unreadable() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(pdf("secret")))
    writer.encrypt("key", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    assert words(out.getvalue(), PDF).outcome == "unreadable"


def test_a_pdf_bomb_takes_only_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three hundred megabytes of text packed into a few hundred kilobytes."""
    huge = zlib.compress(b"(A) Tj\n" * 40_000_000, 9)
    found = words(pdf("", stream=huge), PDF)
    assert found.outcome in ("unreadable", "empty", "partly") and sum(map(len, found.pages)) <= 600_000


def test_many_pages_are_read_in_part() -> None:
    found = words(pdf(*(f"page {n}" for n in range(reading.MOST_PAGES + 20))), PDF)
    assert found.outcome == "partly" and len(found.pages) <= reading.MOST_PAGES


def test_a_letter_that_names_files_of_ours_gets_none() -> None:
    entity = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    found = words(docx("&e;", head=entity), WORD)
    assert "root:" not in "".join(found.pages)
