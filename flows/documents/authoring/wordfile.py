"""Blocks of WordprocessingML made into a .docx, with python-docx keeping the package's books."""

import io
import re
import zipfile
from collections.abc import Sequence
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE as RELATION
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml.ns import nsdecls
from docx.oxml.parser import parse_xml
from docx.section import Section
from lxml.etree import cleanup_namespaces

from flows.documents import qr
from flows.documents.archive import Package
from flows.documents.authoring import parts

# What python-docx's own start document brings and these documents do not use.
_UNUSED = ("stylesWithEffects", "webSettings", "customXml", "numbering", "extended-properties")
_IGNORABLE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Ignorable"
_LETTER = frozenset({"LetterMark", "LetterMarkLong", "LetterFoot"})
_STYLE = re.compile(r'w:(?:p|r|tbl)Style w:val="(\w+)"')
_PAGE = (
    '<w:r><w:t xml:space="preserve">— </w:t></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
    '<w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>'
    '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r>'
    '<w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t xml:space="preserve"> —</w:t></w:r>'
)

_EMU = 36_000  # in a millimetre
_QR_RELATION = "rIdVerification"
_QR_SPECIMEN = "https://example.org/v/" + qr.ALPHABET[: qr.CODE_LENGTH]


def qr_drawing(millimetres: int) -> str:
    """The QR code as a picture in the line. Its description is how a template's QR code is recognised."""
    size = f'cx="{millimetres * _EMU}" cy="{millimetres * _EMU}"'
    return (
        '<w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent {size}/><wp:docPr id="1" name="{qr.DESCRIPTION}" descr="{qr.DESCRIPTION}"/>'
        '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic>'
        '<pic:nvPicPr><pic:cNvPr id="1" name="verification.png"/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="{_QR_RELATION}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {size}/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr>'
        "</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>"
    )


def build(title: str, blocks: Sequence[str], *, letter: bool) -> bytes:
    """A .docx of these blocks (the last one is the sectPr); the same blocks give the same bytes."""
    document = Document()
    body = document.element.body
    # Headers and footers are made on the start document's section, then handed to the first of ours:
    # later sections without any of their own show the same.
    section = document.sections[0]
    _number_pages(section)
    if letter:
        _letterhead(section)
    references = [child for child in section._sectPr if child.tag.endswith("Reference")]
    for child in list(body):
        body.remove(child)
    for block in blocks:
        body.append(_element(block))
    first = next(body.iter("{*}sectPr"))
    for position, reference in enumerate(references):
        first.insert(position, reference)
    named = frozenset(_STYLE.findall("".join(blocks))) | (_LETTER if letter else frozenset())
    _use_our_parts(document, named)
    if any(qr.DESCRIPTION in block for block in blocks):
        picture = Part(PackURI("/word/media/verification.png"), "image/png", qr.png(_QR_SPECIMEN))
        document.part.load_rel(RELATION.IMAGE, picture, _QR_RELATION)
    _forget_unused_names(document)
    document.core_properties.title = title
    document.core_properties.author = "风补"
    document.core_properties.comments = ""
    out = io.BytesIO()
    document.save(out)
    with zipfile.ZipFile(out) as archive:
        return Package({name: archive.read(name) for name in archive.namelist()}).with_parts({})


def _forget_unused_names(document: WordDocument) -> None:
    """Drop the twenty namespaces that python-docx's start document declares: a sixth of a short letter."""
    section = document.sections[0]
    footers = (section.footer, section.even_page_footer, section.first_page_header, section.first_page_footer)
    for root in (document.element, *(part._element for part in footers if not part.is_linked_to_previous)):
        root.attrib.pop(_IGNORABLE, None)
        cleanup_namespaces(root)


def _element(xml: str) -> Any:
    # The blocks carry the prefix w: without declaring it.
    return parse_xml(f"<w:body {nsdecls('w', 'wp', 'a', 'pic', 'r')}>{xml}</w:body>")[0]


def _paragraph(style: str, runs: str) -> Any:
    return _element(f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{runs}</w:p>')


def _number_pages(section: Section) -> None:
    section.different_first_page_header_footer = False
    for footer, style in ((section.footer, "PageOdd"), (section.even_page_footer, "PageEven")):
        footer.is_linked_to_previous = False
        footer._element[:] = [_paragraph(style, _PAGE)]


def _letterhead(section: Section) -> None:
    """Mark and red line above the first page, red line below it; no number on that page."""

    def words(text: str) -> str:
        return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'

    section.first_page_header.is_linked_to_previous = False
    section.first_page_header._element[:] = [
        _paragraph("LetterMark", words("{%p if organ_name|length &lt;= 11 %}")),
        _paragraph("LetterMark", words("{{ organ_name }}")),
        _paragraph("LetterMark", words("{%p else %}")),
        _paragraph("LetterMarkLong", words("{{ organ_name }}")),
        _paragraph("LetterMark", words("{%p endif %}")),
    ]
    section.first_page_footer.is_linked_to_previous = False
    section.first_page_footer._element[:] = [_paragraph("LetterFoot", "")]


def _use_our_parts(document: WordDocument, named: frozenset[str]) -> None:
    part = document.part
    for key, relation in list(part.rels.items()):
        kind = relation.reltype.rsplit("/", 1)[-1]
        if kind in _UNUSED:
            del part.rels[key]
        elif relation.reltype == RELATION.FONT_TABLE:
            relation.target_part._blob = parts.font_table_xml()
        elif relation.reltype == RELATION.THEME:
            relation.target_part._blob = parts.theme_xml()
        elif relation.reltype == RELATION.STYLES:
            relation.target_part._element = parse_xml(parts.styles_xml(named))
        elif relation.reltype == RELATION.SETTINGS:
            relation.target_part._element = parse_xml(parts.settings_xml())
    package = part.package
    for key, relation in list(package.rels.items()):
        if relation.reltype == RELATION.THUMBNAIL or relation.reltype.endswith(_UNUSED):
            del package.rels[key]
