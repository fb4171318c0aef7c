"""PDF of documents for the layout tests: printed by LibreOffice once for each content, kept in pytest's cache.

The same bytes printed by the same LibreOffice with the same fonts have the same layout, so what an earlier run printed is
read again; a changed template prints only its own documents. `pytest --cache-clear` prints everything.
"""

import contextlib
import hashlib
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pypdfium2

from flows.documents import office
from flows.documents.engine import plain_text
from tests.documents.pages import Page, pages


def as_pdf(files: Mapping[str, bytes], kept: Path) -> dict[str, bytes]:
    """Each document as a PDF; what is not `kept` is printed in one go, what nobody asked for any more is dropped."""
    press = _press()
    places = {name: kept / f"{hashlib.sha256(press + data).hexdigest()}.pdf" for name, data in files.items()}
    missing = {name: files[name] for name, place in places.items() if not place.is_file()}
    if missing:
        for name, pdf in office.to_pdf(missing, patience=180).items():
            fresh = places[name].with_suffix(".part")
            fresh.write_bytes(pdf)
            fresh.rename(places[name])
    for old in set(kept.iterdir()) - set(places.values()):
        old.unlink(missing_ok=True)
    return {name: place.read_bytes() for name, place in places.items()}


def _press() -> bytes:
    """What the layout hangs on besides the document: this LibreOffice, how we ask it, our choice of fonts, the fonts there are."""
    program = Path(office.program() or "").resolve()
    fonts = subprocess.run([shutil.which("fc-list") or "fc-list"], capture_output=True, check=True).stdout
    asked = Path(office.__file__)
    settings = asked.read_bytes() + asked.with_name("fonts.conf").read_bytes()
    stamp = program.stat()
    lines = b"\n".join(sorted(fonts.splitlines()))
    return b"|".join(
        (str(program).encode(), f"{stamp.st_size} {stamp.st_mtime_ns}".encode(), settings, lines)
    )


class Printed:
    """PDF files by name, read when asked for."""

    def __init__(self, sources: dict[str, bytes], files: dict[str, bytes]) -> None:
        self._sources, self._files = sources, files
        self._read: dict[str, list[Page]] = {}

    def __getitem__(self, name: str) -> list[Page]:
        if name not in self._read:
            self._read[name] = pages(self._files[name])
        return self._read[name]

    def short_words(self, name: str) -> set[str]:
        """What stands in the document on lines and in cells of at most ten characters."""
        cells = re.split(r"[\n\t]", plain_text(self._sources[name]))
        return {cell for cell in (re.sub(r"\s", "", one) for one in cells) if 0 < len(cell) <= 10}

    def reading(self, name: str) -> str:
        """What the PDF says, cell by cell, without blanks."""
        with contextlib.closing(pypdfium2.PdfDocument(self._files[name])) as file:
            return re.sub(r"\s", "", "".join(page.get_textpage().get_text_range() for page in file))
