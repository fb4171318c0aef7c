"""The language of templates: what office staff may write in a Word file, and how each value is printed."""

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from jinja2 import StrictUndefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from flows.documents.contexts.base import Frozen
from flows.documents.text import printable
from models.money import daxie, yuan

# Inside a text run a line end has to become an element; the value around it is escaped like any other.
_LINE_BREAK = Markup('</w:t><w:br/><w:t xml:space="preserve">')
_LOOP = frozenset({"index", "first", "last", "length"})
_BOARDS = {"bank": "银行板块", "guarantee": "融担板块"}
_RESULTS = {"pass": "通过", "fail": "不通过", "human": "人工核实"}


def cn_date(day: date) -> str:
    """2024年1月5日: Arabic figures, no zero padding (GB/T 9704-2012)."""
    return f"{day.year}年{day.month}月{day.day}日"


def pct(ratio: Decimal) -> str:
    """A share of 1 as a percentage: 0.8 → 80%, 0.333333 → 33.3333%."""
    return percent(ratio * 100)


def percent(points: Decimal) -> str:
    """A figure that is in percent already: 4.35 → 4.35%."""
    return f"{points.normalize():f}%"


FILTERS = {
    "yuan": yuan,
    "daxie": daxie,
    "cn_date": cn_date,
    "iso": date.isoformat,
    "pct": pct,
    "percent": percent,
    "board": _BOARDS.__getitem__,
    "result": _RESULTS.__getitem__,
}


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


def _printed(value: object) -> str:
    """`escape(_finalize(value))`, said at once for a number and for a text in which there is nothing to escape
    or to take out: nearly all of the hundred values that a letter prints."""
    if type(value) is str:
        # what is printable has no control character, no line end and nothing that `printable` takes out
        if value.isprintable() and not (
            "&" in value or "<" in value or ">" in value or '"' in value or "'" in value
        ):
            return value
    elif type(value) is int:
        return str(value)
    return escape(_finalize(value))


@cache
def _has_fields(kind: type) -> bool:
    """One of our facts. Asked for every value of a letter; pydantic's own answer takes longer than the rest."""
    return issubclass(kind, Frozen)


class _Printing(CodeGenerator):
    """Writes one call per value of a template where Jinja2 writes two."""

    def _output_child_pre(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> None:
        if self._escapes(frame):
            self.write("environment.printed(")
        else:
            super()._output_child_pre(node, frame, finalize)

    def _output_child_post(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> None:
        if self._escapes(frame):
            self.write(")")
        else:
            super()._output_child_post(node, frame, finalize)

    @staticmethod
    def _escapes(frame: Frame) -> bool:
        return frame.eval_ctx.autoescape and not frame.eval_ctx.volatile


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2 for office staff's templates: fields, conditions, loops and the filters above, nothing else.

    Stricter than Jinja2's sandbox, which judges each attribute by its name and type: here a value has its
    declared fields, a loop its counters, everything else nothing; and nothing can be called.
    """

    code_generator_class = _Printing
    printed = staticmethod(_printed)

    def is_safe_callable(self, obj: object) -> bool:
        return False

    def getattr(self, obj: Any, attribute: str) -> Any:
        if _has_fields(type(obj)):  # type: ignore[arg-type]  # a class is hashable, whatever mypy says
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
    made.filters = {name: made.filters[name] for name in ("join", "length")} | FILTERS
    made.globals.clear()
    return made
