"""The words of an uploaded file, page by page, read in a process of its own: it may be made to exhaust memory or time.

``python -m flows.documents.words KIND`` reads a pdf, docx or xlsx from standard input and writes JSON: how it went and the
pages. `words` starts it under limits. Pictures and scans have no words: nothing is guessed.
"""

import io
import json
import subprocess
import sys
import time
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from flows.documents import confined
from flows.documents.text import printable

KINDS = {
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
WALL_SECONDS = 12
CPU_SECONDS = 8
ENOUGH_SECONDS = 5
MEMORY = 768 * 1024 * 1024
MOST_PAGES = 80
MOST_CHARACTERS = 300_000
MOST_ROWS, MOST_COLUMNS = 2_000, 60


@dataclass(frozen=True, slots=True)
class Words:
    """`outcome`: read, partly (the first pages only), empty (no words in it), unreadable. Blanks are collapsed."""

    outcome: str
    pages: tuple[str, ...] = ()


def words(data: bytes, media_type: str) -> Words:
    """What stands in the file. Never raises for what is in it."""
    kind = KINDS.get(media_type)
    if kind is None:
        return Words("empty")
    try:
        said = confined.started("flows.documents.words", kind, data=data, seconds=WALL_SECONDS)
    except subprocess.TimeoutExpired:
        said = None
    try:
        outcome, pages = json.loads(said or b"")
    except ValueError:
        return Words("unreadable")
    found = tuple(" ".join(printable(unicodedata.normalize("NFKC", page)).split()) for page in pages)
    return Words("empty" if outcome == "read" and not any(found) else outcome, found)


def main() -> None:
    """Read, write, and be killed by the limits if need be."""
    data = sys.stdin.buffer.read()
    readers = {"pdf": _pdf, "docx": _docx, "xlsx": _xlsx}
    read = readers[sys.argv[1]]
    confined.limit(CPU_SECONDS, MEMORY)
    pages: list[str] = []
    outcome = "read"
    try:
        for page in read(data):
            pages.append(page[:MOST_CHARACTERS])
            full = sum(map(len, pages)) >= MOST_CHARACTERS
            if full or len(pages) >= MOST_PAGES or time.process_time() > ENOUGH_SECONDS:
                outcome = "partly"
                break
    except (Exception, RecursionError):  # whatever a hostile file makes a reader do
        outcome = "partly" if pages else "unreadable"
    sys.stdout.write(json.dumps([outcome, pages]))


def _pdf(data: bytes) -> Iterator[str]:
    import logging

    from pypdf import PdfReader

    logging.disable(logging.CRITICAL)
    for page in PdfReader(io.BytesIO(data)).pages:
        yield page.extract_text()


def _docx(data: bytes) -> Iterator[str]:
    """A letter has no pages until it is printed: it is one."""
    from lxml import etree

    name = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("word/document.xml") as part:
        parts: list[str] = []
        length = 0
        for _, element in etree.iterparse(part, events=("end",), resolve_entities=False, no_network=True):
            if element.tag == f"{name}t":
                parts.append(element.text or "")
                length += len(parts[-1])
            elif element.tag in (f"{name}p", f"{name}tc"):
                parts.append("\n")
            element.clear()
            if length > MOST_CHARACTERS:
                break
    yield "".join(parts)


def _xlsx(data: bytes) -> Iterator[str]:
    """Each sheet is a page."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    for name in book.sheet_names:
        lines = []
        for number, row in enumerate(book.get_sheet_by_name(name).iter_rows()):
            if number >= MOST_ROWS:
                break
            lines.append(" ".join(_cell(value) for value in row[:MOST_COLUMNS]))
        yield "\n".join(lines)


def _cell(value: object) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
