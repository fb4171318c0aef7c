"""What a PDF shows, in millimetres from the top left of the page: lines of text, rules, and ink."""

import io
from dataclasses import dataclass

import pdfplumber
from pdfplumber.page import Page as PdfPage
from PIL import ImageChops

_MM = 25.4 / 72
_DPI = 200


@dataclass(frozen=True)
class Line:
    """A line of text: the box of its characters, the size of its first one in points."""

    text: str
    top: float
    bottom: float
    left: float
    right: float
    size: float

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


@dataclass(frozen=True)
class Rule:
    """A drawn line; `weight` is its thickness in millimetres."""

    y: float
    left: float
    right: float
    weight: float


@dataclass(frozen=True)
class Page:
    width: float
    height: float
    lines: tuple[Line, ...]
    rules: tuple[Rule, ...]  # the horizontal ones
    pdf: bytes
    index: int

    def find(self, words: str) -> Line:
        """The line that contains these words, spaces left out."""
        return next(line for line in self.lines if words in line.text)

    def red_bands(self) -> list[tuple[float, float, float, float]]:
        """Bands of red ink from top to bottom: top, bottom, left, right."""
        with pdfplumber.open(io.BytesIO(self.pdf), pages=[self.index + 1]) as document:
            image = document.pages[0].to_image(resolution=_DPI).original.convert("RGB")
        red, green, _ = image.split()
        mask = ImageChops.subtract(red, green).point([0] * 90 + [255] * 166)
        bands, start = [], None
        for y in range(mask.height + 1):
            inked = y < mask.height and mask.crop((0, y, mask.width, y + 1)).getbbox() is not None
            if inked and start is None:
                start = y
            elif not inked and start is not None:
                box = mask.crop((0, start, mask.width, y)).getbbox()
                assert box is not None
                bands.append(tuple(value * 25.4 / _DPI for value in (start, y, box[0], box[2])))
                start = None
        return bands  # type: ignore[return-value]


def pages(pdf: bytes) -> list[Page]:
    """Every page of a PDF."""
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        return [_page(page, pdf, index) for index, page in enumerate(document.pages)]


def _page(page: PdfPage, pdf: bytes, index: int) -> Page:
    lines = [
        Line(
            found["text"].replace(" ", "").replace("　", ""),
            found["top"] * _MM,
            found["bottom"] * _MM,
            found["x0"] * _MM,
            found["x1"] * _MM,
            round(found["chars"][0]["size"], 1),
        )
        for found in page.extract_text_lines()
    ]
    rules = [
        Rule(line["top"] * _MM, line["x0"] * _MM, line["x1"] * _MM, line["linewidth"] * _MM)
        for line in page.lines
        if abs(line["top"] - line["bottom"]) < 0.5
    ]
    return Page(float(page.width) * _MM, float(page.height) * _MM, tuple(lines), tuple(rules), pdf, index)
