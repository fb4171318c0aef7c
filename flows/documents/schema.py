"""What a template may ask for: the placeholders of each document, read from its typed context."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel

from flows.documents.registry import DocumentKind
from flows.documents.template import TEMPLATES

KIND_NAMES = {
    "text": "文字", "whole": "整数", "figure": "金额或比例", "day": "日期", "flag": "是否", "object": "一组内容",
    "list": "清单",
}  # fmt: skip
FILTERS = {
    "yuan": ("figure", "1,234.50"), "daxie": ("figure", "壹仟贰佰叁拾肆元伍角"), "pct": ("figure", "80%"),
    "percent": ("figure", "4.35%"), "cn_date": ("day", "2024年1月5日"), "iso": ("day", "2024-01-05"),
    "board": ("text", "银行板块"), "result": ("text", "通过"), "length": ("list text", "3"), "join": ("list", "甲，乙"),
}  # fmt: skip
"""Filter → the kinds it takes, and an example of what it writes."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What stands behind a placeholder: its kind, and the model or the item of a list. `path` is how it is written."""

    kind: str
    path: str
    model: type[BaseModel] | None = None
    item: "Shape | None" = None
    optional: bool = False
    required: bool = False

    def field(self, name: str) -> "Shape | None":
        """A field of an object; None if it has none of that name."""
        if self.model is None or name not in self.model.model_fields:
            return None
        info = self.model.model_fields[name]
        path = f"{self.path}.{name}" if self.path else name
        return shape(info.annotation, path, required=info.is_required())


def shape(annotation: Any, path: str, *, optional: bool = False, required: bool = False) -> Shape:
    """The shape of a field's type."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return shape(args[0], path, optional=optional, required=required)
    if origin in (Union, UnionType):
        inner = next(arg for arg in args if arg is not NoneType)
        return shape(inner, path, optional=True, required=required)
    if origin is tuple:
        return Shape("list", path, item=shape(args[0], f"{path}[]"), optional=optional, required=required)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Shape("object", path, model=annotation, optional=optional, required=required)
    kinds = {bool: "flag", int: "whole", Decimal: "figure", date: "day", str: "text"}
    kind = "text" if origin is Literal else kinds[annotation]
    return Shape(kind, path, optional=optional, required=required)


def root(kind: DocumentKind) -> Shape:
    """The whole context of a document."""
    return Shape("object", "", model=kind.context)


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One thing a template may ask for. `written` is how it stands in a template."""

    path: str
    written: str
    meaning: str
    kind: str
    optional: bool
    required: bool


def placeholders(kind: DocumentKind) -> list[Placeholder]:
    """Everything a document's template may ask for, in the order of its context."""
    return list(_below(root(kind)))


def _below(parent: Shape) -> Iterator[Placeholder]:
    model = parent.model
    if model is None:
        return
    for name in model.model_fields:
        found = parent.field(name)
        if found is None:
            continue
        yield Placeholder(
            found.path, _written(found), meaning(model, name), KIND_NAMES[found.kind], found.optional, found.required
        )  # fmt: skip
        yield from _below(found.item if found.kind == "list" and found.item else found)


def _written(one: Shape) -> str:
    path = one.path.replace("[]", "")
    if one.kind == "figure":
        return f"{{{{ {path}|yuan }}}}"
    if one.kind == "day":
        return f"{{{{ {path}|cn_date }}}}"
    if one.kind == "list":
        return f"{{%p for … in {path} %}}"
    return f"{{% if {path} %}}" if one.kind == "flag" else "" if one.kind == "object" else f"{{{{ {path} }}}}"


@cache
def _meanings() -> dict[str, str]:
    found: dict[str, str] = yaml.safe_load((TEMPLATES / "meanings.yaml").read_text(encoding="utf-8"))
    return found


def meaning(model: type[BaseModel], name: str) -> str:
    """What a field means, in the words of the office. Raises KeyError for one that nobody explained."""
    known = _meanings()
    return known.get(f"{model.__name__}.{name}") or known[name]
