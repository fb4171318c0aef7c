"""A .docx file compiled once to sandboxed Jinja2 templates."""

import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Mapping
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring
from xml.sax.saxutils import escape

from jinja2 import Template, TemplateError, meta

from flows.documents import qr
from flows.documents.archive import Entry, Package
from flows.documents.language import environment
from flows.documents.registry import DOCUMENTS, DocumentKind

TEMPLATES = Path(__file__).parents[2] / "templates" / "documents"
_CORE = "docProps/core.xml"
_RENDERED = re.compile(r"word/(document|header\d+|footer\d+)\.xml")
# From the picture's description to the first picture reference after it, within one drawing.
_QR_DRAWING = re.compile(
    rf'<wp:docPr[^>]*descr="{qr.DESCRIPTION}"(?:(?!</w:drawing>).)*?r:embed="([^"]+)"', re.DOTALL
)
FULL_WIDTH = (("｛｛", "{{"), ("｝｝", "}}"), ("｛%", "{%"), ("%｝", "%}"), ("｛％", "{%"), ("％｝", "%}"))


class TemplateFault(Exception):
    """A template that cannot be used; `str(fault)` says which document, where and why, in Chinese."""


class CompiledDocument:
    """One template, compiled: renders contexts of its kind to the bytes of a .docx file."""

    def __init__(self, data: bytes, kind: DocumentKind) -> None:
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.size = len(data)
        self._kind = kind
        fixed: dict[str, bytes] = {}
        self._parts: dict[str, Template] = {}
        self._heads: dict[str, Callable[[Any], Entry]] = {}
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in sorted(archive.namelist()):
                part = archive.read(name)
                if name == _CORE:
                    continue
                if _RENDERED.fullmatch(name) and (b"{" in part or "｛".encode() in part):
                    self._parts[name], used = self._compile(name, part.decode("utf-8"))
                    if used == {"organ_name"}:
                        # The red head says the organ's name and nothing else: made once, it serves its next letters.
                        self._heads[name] = lru_cache(maxsize=64)(partial(self._letterhead, name))
                else:
                    fixed[name] = part
        if "word/document.xml" not in self._parts:
            raise TemplateFault(f"{kind.title}：模板中没有任何占位符，无法用来生成文书。")
        self._qr = _qr_part(data)
        self._specimen = fixed.pop(self._qr, b"")
        self._package = Package(fixed)

    def _compile(self, name: str, xml: str) -> tuple[Template, set[str]]:
        from docxtpl import DocxTemplate  # slow to import, and only needed when a template is first used

        for wide, narrow in FULL_WIDTH:
            xml = xml.replace(wide, narrow)
        # patch_xml joins placeholders that Word split over runs, and lifts {%p %}, {%tr %} to their element.
        source = DocxTemplate.patch_xml(None, xml)
        try:
            used = meta.find_undeclared_variables(environment().parse(source))
            unknown = sorted(used - self._kind.context.model_fields.keys())
            if unknown:
                raise TemplateFault(
                    f"{self._kind.title}（{name}）：模板用到了资料中没有的字段 {'、'.join(unknown)}。"
                )
            return environment().from_string(source), used
        except TemplateError as error:
            raise TemplateFault(f"{self._kind.title}（{name}）：模板语句有误，{error}。") from error

    def render(self, fields: Mapping[str, object]) -> bytes:
        """The .docx for these fields. Same fields, same bytes."""
        parts = [
            self._heads[name](fields["organ_name"]) if name in self._heads else self._rendered(name, fields)
            for name in self._parts
        ]
        if self._qr:
            address = fields["verification_url"]
            parts.append(Entry.of(self._qr, self._specimen if address is None else qr.png(str(address))))
        parts.append(Entry.of(_CORE, self._core(fields).encode("utf-8")))
        return self._package.with_parts(parts)

    def _rendered(self, name: str, fields: Mapping[str, object]) -> Entry:
        return Entry.of(name, self._parts[name].render(fields).encode("utf-8"))

    def _letterhead(self, name: str, organ_name: str) -> Entry:
        return self._rendered(name, {"organ_name": organ_name})

    def _core(self, fields: Mapping[str, object]) -> str:
        # Dates of the case, not of the clock: a document rendered again has to be the same document.
        issued, organ, number = fields["issued_on"], fields["organ_name"], fields["number"]
        stamp = f'xsi:type="dcterms:W3CDTF">{issued}T00:00:00Z'
        return (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            "<cp:coreProperties"
            ' xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
            ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
            ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            f"<dc:title>{escape(self._kind.title)}</dc:title><dc:creator>{escape(str(organ))}</dc:creator>"
            f"<dc:identifier>{escape(str(number or fields['case_number']))}</dc:identifier>"
            f"<dcterms:created {stamp}</dcterms:created><dcterms:modified {stamp}</dcterms:modified>"
            "</cp:coreProperties>"
        )


def _qr_part(data: bytes) -> str:
    """The name of the part that holds the QR code's picture; Word names it anew when it saves. "" if there is none."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        document = archive.read("word/document.xml").decode("utf-8")
        drawing = _QR_DRAWING.search(document)
        if drawing is None:
            return ""
        relations = fromstring(archive.read("word/_rels/document.xml.rels"))  # noqa: S314 - intake has looked at it
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    target = targets.get(drawing[1], "")
    return target.lstrip("/") if target.startswith("/") else f"word/{target}"


@cache
def compiled(code: str) -> CompiledDocument:
    """The compiled template of a document code; read and compiled on first use."""
    kind = DOCUMENTS[code]
    return CompiledDocument((TEMPLATES / kind.template).read_bytes(), kind)
