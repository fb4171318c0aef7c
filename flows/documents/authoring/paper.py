"""A sheet of official paper to write a template on, with the few blocks documents are made of."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple
from xml.sax.saxutils import escape

from flows.documents.authoring import gbt9704 as gbt
from flows.documents.authoring.wordfile import build, qr_drawing


class Run(NamedTuple):
    """Text in a character style."""

    style: str
    text: str


class Picture(NamedTuple):
    """The QR code in its place, `millimetres` wide; every document gets its own (see `flows.documents.qr`)."""

    millimetres: int


Piece = str | Run | Picture
Content = str | Run | Picture | Sequence[Piece]


_TEXT = ("Body", "BodyLeft")
_PLAIN, _KEPT = '"/></w:pPr>', '"/><w:keepNext/></w:pPr>'


@dataclass(frozen=True)
class Cell:
    """A table cell: paragraphs (style, content), the number of columns it spans, and a table above them."""

    paragraphs: tuple[tuple[str, Content], ...]
    span: int = 1
    above: "Table | None" = None


def text(content: Content, span: int = 1) -> Cell:
    """A cell of running text."""
    return Cell((("Cell", content),), span)


def middle(content: Content, span: int = 1) -> Cell:
    """A centred cell."""
    return Cell((("CellCenter", content),), span)


def amount(content: Content, span: int = 1) -> Cell:
    """A right-aligned figure."""
    return Cell((("CellNumber", content),), span)


def head(content: Content, span: int = 1) -> Cell:
    """A heading cell."""
    return Cell((("CellHead", content),), span)


def _paragraph(style: str, content: Content) -> str:
    pieces: Sequence[Piece] = [content] if isinstance(content, str | Run | Picture) else content
    runs = "".join(_run(piece) for piece in pieces if piece)
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{runs}</w:p>'


def _run(piece: Piece) -> str:
    if isinstance(piece, Picture):
        return f"<w:r>{qr_drawing(piece.millimetres)}</w:r>"
    style, words = piece if isinstance(piece, Run) else ("", piece)
    properties = f'<w:rPr><w:rStyle w:val="{style}"/></w:rPr>' if style else ""
    lines = escape(words).replace("\n", '</w:t><w:br/><w:t xml:space="preserve">')
    return f'<w:r>{properties}<w:t xml:space="preserve">{lines}</w:t></w:r>'


class Table:
    """A table being written, row by row. Widths are shares of the text width."""

    def __init__(self, style: str, widths: Sequence[int], total: int, *, placed: str = "") -> None:
        unit = total / sum(widths)
        self._widths = [round(width * unit) for width in widths]
        self._style, self._placed, self._rows = style, placed, list[str]()

    def row(self, *cells: Cell | str, header: bool = False, height: int = 0) -> "Table":
        """One row; a plain string is a cell of running text. `height` is the least height in twips.

        A heading row stays with the row below it: alone at the end of a page it would head nothing, and LibreOffice
        7.4 loses every row of such a table.
        """
        written, column = [], 0
        for cell in cells:
            if isinstance(cell, str):
                cell = text(cell)  # noqa: PLW2901
            width = sum(self._widths[column : column + cell.span])
            span = f'<w:gridSpan w:val="{cell.span}"/>' if cell.span > 1 else ""
            inside = cell.above.xml() if cell.above else ""
            inside += "".join(_paragraph(style, content) for style, content in cell.paragraphs)
            if header:
                inside = inside.replace(_PLAIN, _KEPT)
            written.append(
                f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}<w:vAlign w:val="center"/></w:tcPr>'
                f"{inside}</w:tc>"
            )
            column += cell.span
        if column != len(self._widths):
            raise ValueError(f"a row fills {column} of {len(self._widths)} columns")
        tall = f'<w:trHeight w:val="{height}" w:hRule="atLeast"/>' if height else ""
        properties = f"<w:trPr><w:cantSplit/>{tall}{'<w:tblHeader/>' if header else ''}</w:trPr>"
        self._rows.append(f"<w:tr>{properties}{''.join(written)}</w:tr>")
        return self

    def heads(self, *titles: str) -> "Table":
        """The heading row, repeated on every page."""
        return self.row(*(head(title) for title in titles), header=True, height=480)

    @contextmanager
    def each(self, loop: str) -> Iterator[None]:
        """The rows inside are repeated: `each("row in rows")`."""
        self._tag(f"for {loop}")
        yield
        self._tag("endfor")

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        """The rows inside appear only under the condition."""
        self._tag(f"if {condition}")
        yield
        self._tag("endif")

    def _tag(self, statement: str) -> None:
        self.row(text(f"{{%tr {statement} %}}", len(self._widths)))

    def xml(self) -> str:
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in self._widths)
        return (
            f'<w:tbl><w:tblPr><w:tblStyle w:val="{self._style}"/>{self._placed}'
            f'<w:tblW w:w="{sum(self._widths)}" w:type="dxa"/><w:jc w:val="center"/>'
            '<w:tblLayout w:type="fixed"/></w:tblPr>'
            f"<w:tblGrid>{grid}</w:tblGrid>{''.join(self._rows)}</w:tbl>"
        )


class Paper:
    """A template being written from top to bottom; `bytes()` gives the finished .docx."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._body: list[str] = []
        self._letter = False
        self._wide = False
        self._depth = 0  # how many conditions and loops are open
        self._last: list[int] = []  # the blocks one of which will be the last passage of text

    def p(self, style: str, *pieces: Piece) -> None:
        """One paragraph."""
        if style in _TEXT:
            self._last = [*self._last, len(self._body)] if self._depth else [len(self._body)]
        self._body.append(_paragraph(style, pieces))

    def keep(self) -> None:
        """Hold the last passage of text together with what follows: a signature never stands alone on a page.

        Where the end of the text is optional, the passage before it is held as well: it may be the last.
        """
        for index in self._last:
            self._body[index] = self._body[index].replace(_PLAIN, _KEPT, 1)

    def tag(self, statement: str) -> None:
        """A template statement that stands alone and leaves no paragraph behind."""
        self._body.append(_paragraph("Body", f"{{%p {statement} %}}"))

    @contextmanager
    def when(self, condition: str) -> Iterator[None]:
        """The blocks inside appear only under the condition."""
        self.tag(f"if {condition}")
        self._depth += 1
        yield
        self._depth -= 1
        self.tag("endif")

    @contextmanager
    def each(self, loop: str) -> Iterator[None]:
        """The blocks inside are repeated: `each("item in items")`."""
        self.tag(f"for {loop}")
        self._depth += 1
        yield
        self._depth -= 1
        self.tag("endfor")

    @contextmanager
    def table(self, style: str, *widths: int, placed: str = "") -> Iterator[Table]:
        """A table in the text width; `widths` are shares."""
        total = gbt.LANDSCAPE_WIDTH if self._wide else gbt.TEXT_WIDTH
        table = Table(style, widths, total, placed=placed)
        yield table
        self._body.append(table.xml())
        self._last = []

    def letter(self) -> None:
        """信函格式: the mark and both red lines on the first page, no page number there."""
        self._letter = True

    def turn(self) -> None:
        """Everything after this is on landscape pages."""
        self._body.append(f"<w:p><w:pPr>{self._section()}</w:pPr></w:p>")
        self._wide = True

    def _section(self) -> str:
        wide = self._wide
        width, height = gbt.PAGE[::-1] if wide else gbt.PAGE
        orient = ' w:orient="landscape"' if wide else ""
        # Turned a quarter to the left: the binding edge becomes the top.
        margins = (
            (gbt.LEFT, gbt.TOP, gbt.RIGHT, gbt.BOTTOM) if wide else (gbt.TOP, gbt.RIGHT, gbt.BOTTOM, gbt.LEFT)
        )
        top, right, bottom, left = margins
        header = gbt.HEADER if self._letter else 850
        footer = 700 if wide else gbt.FOOTER
        return (
            f'<w:sectPr><w:pgSz w:w="{width}" w:h="{height}"{orient}/>'
            f'<w:pgMar w:top="{top}" w:right="{right}" w:bottom="{bottom}" w:left="{left}"'
            f' w:header="{header}" w:footer="{footer}" w:gutter="0"/><w:cols w:space="425"/>'
            + ("<w:titlePg/>" if self._letter else "")
            # The pitch without snapping to it: every style has its exact line, and LibreOffice loses table
            # rows at a page's end when a snapping grid meets rows that may not split.
            + f'<w:docGrid w:linePitch="{gbt.LINE}"/></w:sectPr>'
        )

    def bytes(self) -> bytes:
        """The finished template; the same script always gives the same bytes."""
        blocks = [*self._body, self._section()]
        return build(self._title, blocks, letter=self._letter)
