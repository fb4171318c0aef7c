"""A finished .docx as HTML for the screen, and as plain text.

Not a converter for any Word file: it knows the paragraph, character and table styles of our own templates
(flows/documents/authoring/gbt9704.py) and shows the rest as plain paragraphs. Everything that came from a
document is escaped; the output has no script and no inline style.

A table of 200 rows is thousands of elements, and building a tree of them costs ten times what showing them does. Rows of
nothing but plain cells (one paragraph each, no spans) are therefore taken out of the XML as text before it is parsed,
and an empty element stands for each.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from xml.etree.ElementTree import Element, fromstring

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_VAL = f"{_W}val"

_PROPERTIES = {f"{_W}pPr", f"{_W}rPr", f"{_W}tblPr"}
_STYLES = {f"{_W}pStyle", f"{_W}rStyle", f"{_W}tblStyle"}

# style id → (element, class)
_PARAGRAPHS = {
    "Mark": ("p", "mark"),
    "MarkLong": ("p", "mark long"),
    "LetterMark": ("p", "mark letter"),
    "LetterMarkLong": ("p", "mark letter long"),
    "MinutesMark": ("p", "mark minutes"),
    "RedNumber": ("p", "no rule"),
    "Number": ("p", "no"),
    "LetterNumber": ("p", "no right"),
    "Title": ("h1", ""),
    "FormTitle": ("h1", "form"),
    "AnnexMark": ("p", "annex"),
    "AnnexTitle": ("h2", ""),
    "To": ("p", "to"),
    "Heading1": ("p", "l1"),
    "Heading2": ("p", "l2"),
    "Attach": ("p", "attach"),
    "AttachMore": ("p", "attach more"),
    "BodyLeft": ("p", "amount"),
    "Roll": ("p", "amount"),
    "FormLine": ("p", "line"),
    "FormLineRight": ("p", "line end"),
    "FormHead": ("p", "small"),
    "FormNote": ("p", "small"),
    "Sign": ("p", "sign"),
    "SignLong": ("p", "sign"),
    "Colophon": ("p", "foot"),
    "ColophonRight": ("p", "foot end"),
    "Tail": ("p", "tail"),
    "Verify": ("p", "verify"),
    "Space": ("p", "space"),
    "CellHead": ("p", "head"),
    "CellCenter": ("p", "mid"),
    "CellNumber": ("p", "n"),
    "CellSign": ("p", "r"),
    "Cell": ("p", "left"),
}
_SPANS = {"Label": "label", "Kai": "kai", "Void": "void", "Strong": "strong"}
_TABLES = {"Grid": "t-grid", "Form": "t-form", "Signature": "t-sign", "ColophonTable": "t-foot"}


_ATTRIBUTES = r"(?: [^<>]*+)?+"
_BREAK = rf"</w:t><w:br/><w:t{_ATTRIBUTES}>"
_RUN = re.compile(
    rf'<w:r{_ATTRIBUTES}>(?:<w:rPr>(?:<w:rStyle w:val="(\w++)"/>)?+(?:<w:(?:rFonts|lang)[^<>]*/>)*+</w:rPr>)?+'
    rf"((?:<w:t{_ATTRIBUTES}>[^<]*+</w:t>|<w:br/>)*+)</w:r>"
)
_RUNS = _RUN.pattern.replace("(\\w++)", r"\w++").replace("((?:", "(?:(?:")
_PLAIN_CELL = (
    rf"<w:tc{_ATTRIBUTES}><w:tcPr>(?:<w:tcW[^<>]*/>)?+(?:<w:vAlign[^<>]*/>)?+</w:tcPr>"
    rf'<w:p{_ATTRIBUTES}><w:pPr><w:pStyle w:val="(?P<style>\w++)"/>(?:<w:keepNext/>)?+</w:pPr>'
    rf"(?:<w:r><w:t{_ATTRIBUTES}>(?P<text>[^<]*+(?:{_BREAK}[^<]*+)*+)</w:t></w:r>|(?P<runs>(?:{_RUNS})*+))</w:p></w:tc>"
)
_CELL = re.compile(_PLAIN_CELL)
_ROW = re.compile(
    rf"<w:tr{_ATTRIBUTES}>(?:<w:trPr>(?:<w:(?:cantSplit|trHeight|tblHeader)[^<>]*/>)*+</w:trPr>)?+"
    rf"(?P<cells>(?:{re.sub(r'[?]P<[a-z]+>', '?:', _PLAIN_CELL)})++)</w:tr>"
)
_LINES = re.compile(_BREAK)
_TEXT_TAG = re.compile(r"</?w:t\b[^<>]*>")
_LINE_END = '</w:t><w:br/><w:t xml:space="preserve">'  # as our letters have it
_TEXT_END = "</w:t></w:r></w:p></w:tc>"
_LIFTED = "row"  # no element of Word's is called so without a namespace


class _Rows:
    """Rows of plain cells as HTML; in the XML an empty element stands for each, with its place among them."""

    def __init__(self) -> None:
        self._rows: list[str] = []
        # XML of a row without its texts → the HTML between them: the rows of a table differ in their texts only.
        self._between: dict[tuple[str, ...], list[str] | None] = {}

    def lift(self, xml: str) -> str:
        """The XML without them."""
        return _ROW.sub(self._row, xml)

    def _row(self, found: re.Match[str]) -> str:
        # A line end as one character that XML cannot hold: what stands before a text then ends at its last tag.
        *pieces, rest = found["cells"].replace(_LINE_END, "\0").split(_TEXT_END)
        openings, texts = [], []
        for piece in pieces:
            opening, _, text = piece.rpartition(">")
            openings.append(opening)
            texts.append(text)
        key = (*openings, rest)
        if key not in self._between:
            self._between[key] = _around_texts(openings, rest)
        if between := self._between[key]:
            shown = [""] * (2 * len(texts) + 1)
            shown[::2], shown[1::2] = between, texts
            cells = "".join(shown).replace("\0", "<br>")
        else:
            cells = _CELL.sub(_plain_cell, found["cells"])
        self._rows.append(f"<tr>{cells}</tr>")
        return f'<{_LIFTED} at="{len(self._rows) - 1}"/>'

    def put(self, placeholder: Element) -> str:
        """The row a placeholder stands for; nothing for one that no row left."""
        at = placeholder.get("at", "")
        return self._rows[int(at)] if at.isdecimal() and int(at) < len(self._rows) else ""


def _around_texts(openings: list[str], rest: str) -> list[str] | None:
    """What is shown before, between and after the texts of a row; None for a row that is not that simple."""
    between = [""]
    for cell in _CELL.finditer("".join(f"{opening}>{_TEXT_END}" for opening in openings) + rest):
        if cell["text"] or cell["runs"]:
            return None
        before, after = _cell(cell["style"])
        between[-1] += before
        if cell["text"] is not None:
            between.append("")
        between[-1] += after
    return between if len(between) == len(openings) + 1 else None


def _cell(style: str) -> tuple[str, str]:
    tag, css = _PARAGRAPHS.get(style, ("p", ""))
    attribute = f' class="{css}"' if css else ""
    return f"<td><{tag}{attribute}>", f"</{tag}></td>"


def _plain_cell(found: re.Match[str]) -> str:
    # The text is shown escaped as it stands in the XML.
    text = found["text"]
    if text is None:
        text = _RUN.sub(_plain_run, found["runs"])
    elif "<" in text:
        text = _LINES.sub("<br>", text)
    before, after = _cell(found["style"])
    return f"{before}{text}{after}"


def _plain_run(found: re.Match[str]) -> str:
    text = _TEXT_TAG.sub("", found[2]).replace("<w:br/>", "<br>")
    span = _SPANS.get(found[1])
    return f'<span class="{span}">{text}</span>' if span else text


@dataclass
class _Sheet:
    """One run of pages with the same layout."""

    blocks: list[str] = field(default_factory=list)
    landscape: bool = False


def preview_html(data: bytes) -> str:
    """The document as one `<div class="in doc">` per section, to stand in a `.paper`.

    Its looks are templates/static/paper.css.
    """
    rows = _Rows()
    body, headers = _read(data, rows.lift)
    letterhead = "".join(_paragraph(p) for header in headers for p in header.iter(f"{_W}p") if _text(p))
    sheets = _sheets(body, rows)
    out = []
    for index, sheet in enumerate(sheets):
        classes = "in doc" + (" wide" if sheet.landscape else "")
        first = index == 0 and bool(letterhead)
        classes += " letterhead" if first else ""
        content = (letterhead if first else "") + "".join(sheet.blocks)
        out.append(f'<div class="{classes}">{content}</div>')
    return "".join(out)


def plain_text(data: bytes) -> str:
    """The document's text in reading order: a paragraph a line, the cells of a table row joined by tabs."""
    body, headers = _read(data)
    lines = [text for header in headers for p in header.iter(f"{_W}p") if (text := _text(p))]
    for block in body:
        if block.tag == f"{_W}p":
            lines.append(_text(block))
        elif block.tag == f"{_W}tbl":
            lines += _table_text(block)
    return "\n".join(line for line in lines if line.strip())


def _table_text(table: Element) -> list[str]:
    lines = []
    for row in table.findall(f"{_W}tr"):
        cells = row.findall(f"{_W}tc")
        for cell in cells:
            for inner in cell.findall(f"{_W}tbl"):
                lines += _table_text(inner)
        lines.append("\t".join("\n".join(_text(p) for p in cell.findall(f"{_W}p")) for cell in cells))
    return lines


def _read(data: bytes, lift: Callable[[str], str] = str) -> tuple[Element, list[Element]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        document = fromstring(lift(archive.read("word/document.xml").decode()))  # noqa: S314  our own documents only
        headers = [
            fromstring(archive.read(name))  # noqa: S314
            for name in sorted(archive.namelist())
            if name.startswith("word/header")
        ]
    body = document.find(f"{_W}body")
    if body is None:
        raise ValueError("the document has no body")
    return body, headers


def _sheets(body: Element, rows: _Rows) -> list[_Sheet]:
    sheets = [_Sheet()]
    for block in body:
        if block.tag == f"{_W}tbl":
            sheets[-1].blocks.append(_table(block, rows))
        elif block.tag == f"{_W}sectPr":
            sheets[-1].landscape = _landscape(block)
        elif block.tag == f"{_W}p":
            section = block.find(f"{_W}pPr/{_W}sectPr")
            # An annex starts a page by its style (见 AnnexMark).
            if _style(block) == "AnnexMark" and sheets[-1].blocks:
                sheets.append(_Sheet())
            if section is None or _text(block):
                sheets[-1].blocks.append(_paragraph(block))
            if section is not None:
                sheets[-1].landscape = _landscape(section)
                sheets.append(_Sheet())
    return [sheet for sheet in sheets if sheet.blocks]


def _landscape(section: Element) -> bool:
    size = section.find(f"{_W}pgSz")
    return size is not None and size.get(f"{_W}orient") == "landscape"


def _style(element: Element) -> str:
    # The schema puts the properties first in an element, and the style first in the properties.
    if len(element) and element[0].tag in _PROPERTIES and len(element[0]):
        first = element[0][0]
        if first.tag in _STYLES:
            return first.get(_VAL, "")
    return ""


def _text(paragraph: Element) -> str:
    return "".join(_pieces(paragraph))


def _pieces(element: Element) -> Iterator[str]:
    for node in element.iter():
        if node.tag == f"{_W}t":
            yield node.text or ""
        elif node.tag == f"{_W}br":
            yield "\n"
        elif node.tag == f"{_W}tab" and node.get(_VAL) is None:  # a tab stop in pPr has a value
            yield "\t"


def _paragraph(paragraph: Element) -> str:
    tag, css = _PARAGRAPHS.get(_style(paragraph), ("p", ""))
    runs = []
    for run in paragraph.iter(f"{_W}r"):
        text = escape("".join(_pieces(run))).replace("\n", "<br>")
        if span := _SPANS.get(_style(run)):
            text = f'<span class="{span}">{text}</span>'
        runs.append(text)
    attribute = f' class="{css}"' if css else ""
    return f"<{tag}{attribute}>{''.join(runs)}</{tag}>"


def _table(table: Element, lifted: _Rows) -> str:
    widths = [int(column.get(f"{_W}w", "0")) for column in table.iterfind(f"{_W}tblGrid/{_W}gridCol")]
    total = sum(widths) or 1
    # A width attribute, not a style: the pages' content security policy allows no inline styles.
    columns = "".join(f'<col width="{100 * width / total:.1f}%">' for width in widths)
    rows = "".join(
        lifted.put(row) if row.tag == _LIFTED else _row(row, lifted)
        for row in table
        if row.tag in (f"{_W}tr", _LIFTED)
    )
    css = _TABLES.get(_style(table), "t-grid")
    return f'<table class="{css}"><colgroup>{columns}</colgroup>{rows}</table>'


def _inside(cell: Element, rows: _Rows) -> Iterator[str]:
    for block in cell:
        if block.tag == f"{_W}p":
            yield _paragraph(block)
        elif block.tag == f"{_W}tbl":
            yield _table(block, rows)


def _row(row: Element, rows: _Rows) -> str:
    cells = []
    for cell in row.findall(f"{_W}tc"):
        span = cell.find(f"{_W}tcPr/{_W}gridSpan")
        attribute = f' colspan="{int(span.get(_VAL, "1"))}"' if span is not None else ""
        cells.append(f"<td{attribute}>{''.join(_inside(cell, rows))}</td>")
    return f"<tr>{''.join(cells)}</tr>"
