"""A .docx file compiled once to sandboxed Jinja2 templates."""

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring
from xml.sax.saxutils import escape

from jinja2 import StrictUndefined, Template, TemplateError, meta
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from flows.documents import qr
from flows.documents.archive import Package
from flows.documents.contexts.base import Frozen
from flows.documents.registry import DOCUMENTS, DocumentKind
from flows.documents.text import printable
from models.money import daxie, yuan

TEMPLATES = Path(__file__).parents[2] / "templates" / "documents"
_CORE = "docProps/core.xml"
_RENDERED = re.compile(r"word/(document|header\d+|footer\d+)\.xml")
# From the picture's description to the first picture reference after it, within one drawing.
_QR_DRAWING = re.compile(
    rf'<wp:docPr[^>]*descr="{qr.DESCRIPTION}"(?:(?!</w:drawing>).)*?r:embed="([^"]+)"', re.DOTALL
)
FULL_WIDTH = (("｛｛", "{{"), ("｝｝", "}}"), ("｛%", "{%"), ("%｝", "%}"), ("｛％", "{%"), ("％｝", "%}"))
# Inside a text run a line end has to become an element; the value around it is escaped like any other.
_LINE_BREAK = Markup('</w:t><w:br/><w:t xml:space="preserve">')
_LOOP = frozenset({"index", "first", "last", "length"})
_BOARDS = {"bank": "银行板块", "guarantee": "融担板块"}
_RESULTS = {"pass": "通过", "fail": "不通过", "human": "人工核实"}


class TemplateFault(Exception):
    """A template that cannot be used; `str(fault)` says which document, where and why, in Chinese."""


def cn_date(day: date) -> str:
    """2024年1月5日: Arabic figures, no zero padding (GB/T 9704-2012)."""
    return f"{day.year}年{day.month}月{day.day}日"


def pct(ratio: Decimal) -> str:
    """A share of 1 as a percentage: 0.8 → 80%, 0.333333 → 33.3333%."""
    return percent(ratio * 100)


def percent(points: Decimal) -> str:
    """A figure that is in percent already: 4.35 → 4.35%."""
    return f"{points.normalize():f}%"


def _finalize(value: object) -> object:
    """Only text and whole numbers are printed as they are: an amount, a date or a None in a letter
    without a filter is a mistake in the template."""
    if isinstance(value, str):
        text = printable(value)
        return _LINE_BREAK.join(text.splitlines()) if "\n" in text else text
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    # StrictUndefined raises its own, better message when it is turned into text.
    if isinstance(value, StrictUndefined):
        return str(value)
    raise TypeError(f"a {type(value).__name__} needs a filter before it can be printed")


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2 for office staff's templates: fields, conditions, loops and the filters below, nothing else.

    Stricter than Jinja2's sandbox, which judges each attribute by its name and type: here a value has its
    declared fields, a loop its counters, everything else nothing; and nothing can be called.
    """

    def is_safe_callable(self, obj: object) -> bool:
        return False

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Frozen):
            # Exactly the fields are in a model's __dict__; its methods are on the class.
            fields = obj.__dict__
            return fields[attribute] if attribute in fields else self.undefined(obj=obj, name=attribute)
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        return self.unsafe_undefined(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        return self.unsafe_undefined(obj, str(argument))


@cache
def environment() -> _Sandbox:
    """The language of templates; one for all of them."""
    made = _Sandbox(autoescape=True, undefined=StrictUndefined, finalize=_finalize, cache_size=0)
    # Not the standard filters: `safe` would let data become markup, `default` would hide a misspelt field.
    standard = made.filters
    made.filters = {
        "join": standard["join"],
        "length": standard["length"],
        "yuan": yuan,
        "daxie": daxie,
        "cn_date": cn_date,
        "iso": date.isoformat,
        "pct": pct,
        "percent": percent,
        "board": _BOARDS.__getitem__,
        "result": _RESULTS.__getitem__,
    }
    made.globals.clear()
    return made


class CompiledDocument:
    """One template, compiled: renders contexts of its kind to the bytes of a .docx file."""

    def __init__(self, data: bytes, kind: DocumentKind) -> None:
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.size = len(data)
        self._kind = kind
        fixed: dict[str, bytes] = {}
        self._parts: dict[str, Template] = {}
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in sorted(archive.namelist()):
                part = archive.read(name)
                if name == _CORE:
                    continue
                if _RENDERED.fullmatch(name) and (b"{" in part or "｛".encode() in part):
                    self._parts[name] = self._compile(name, part.decode("utf-8"))
                else:
                    fixed[name] = part
        if "word/document.xml" not in self._parts:
            raise TemplateFault(f"{kind.title}：模板中没有任何占位符，无法用来生成文书。")
        self._qr = _qr_part(data)
        self._specimen = fixed.pop(self._qr, b"")
        self._package = Package(fixed)

    def _compile(self, name: str, xml: str) -> Template:
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
            return environment().from_string(source)
        except TemplateError as error:
            raise TemplateFault(f"{self._kind.title}（{name}）：模板语句有误，{error}。") from error

    def render(self, fields: Mapping[str, object]) -> bytes:
        """The .docx for these fields. Same fields, same bytes."""
        parts = {name: part.render(fields).encode("utf-8") for name, part in self._parts.items()}
        if self._qr:
            address = fields["verification_url"]
            parts[self._qr] = self._specimen if address is None else qr.png(str(address))
        parts[_CORE] = self._core(fields).encode("utf-8")
        return self._package.with_parts(parts)

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
