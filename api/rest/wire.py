"""What travels: the base of all schemas, amounts and dates as written, lists in pages, and forms as JSON.

Amounts are strings with two decimals in 元: a JSON number is a float in most programs. Instants carry an offset.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from fastapi import Path, Query
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictBool,
    StrictInt,
    StrictStr,
    WithJsonSchema,
    create_model,
)

from flows.actions.errors import FieldFault, InvalidError
from models import clock

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
LARGEST_ID = 2**31 - 1


class Body(BaseModel):
    """Something sent to us: no field we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Out(BaseModel):
    """Something we answer."""

    model_config = ConfigDict(frozen=True)


def _local(value: datetime) -> str:
    return clock.local(value).isoformat(timespec="milliseconds")


Yuan = Annotated[
    Decimal,
    PlainSerializer(lambda value: f"{value:.2f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+\.\d{2}$", "examples": ["1000000.00"]}),
]
"""An amount in 元 as a string."""
Figure = Annotated[
    Decimal,
    PlainSerializer(lambda value: f"{value.normalize():f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "examples": ["4.35"]}),
]
"""A rate or another exact figure as a string."""
Moment = Annotated[
    datetime,
    PlainSerializer(_local, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-23T14:05:00.000+08:00"]}),
]
"""An instant in Shanghai's time."""

CaseNumber = Annotated[
    str,
    Path(pattern=r"^[A-Z]{2}-\d{4}-\d{4,8}$", description="案号", examples=["BC-2026-0001"]),
]
Id = Annotated[int, Path(ge=1, le=LARGEST_ID, description="编号")]
Limit = Annotated[int, Query(ge=1, le=200, description="一页最多多少条")]
After = Annotated[
    str, Query(max_length=80, pattern=r"^[0-9A-Za-z_:.~+-]*$", description="上一页给出的 next，从其后开始")
]


class Page(Out, Generic[T]):
    """一页。`next` 为空表示没有下一页；否则原样作为 after 传回。"""

    items: list[T] = Field(description="按固定顺序排列")
    next: str | None = Field(description="下一页的游标；没有下一页为 null")


def page_of(
    rows: Sequence[Any], limit: int, cursor: Callable[[Any], str], show: Callable[[Any], T]
) -> Page[T]:
    """A page of the first `limit` rows; `rows` holds one more where there is a next page."""
    shown = rows[:limit]
    more = len(rows) > limit
    return Page(items=[show(row) for row in shown], next=cursor(shown[-1]) if more else None)


_AMOUNT = {
    "anyOf": [
        {"type": "string", "pattern": r"^\d{1,12}(\.\d{1,4})?$"},
        {"type": "number", "minimum": 0, "maximum": 999999999999},
    ]
}


def _figure(raw: object) -> object:
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal):
        raise ValueError('须为字符串或数字，例如 "1250000.50"。')
    return raw


_Figure = Annotated[Any, BeforeValidator(_figure), WithJsonSchema(_AMOUNT)]
_Date = Annotated[StrictStr, WithJsonSchema({"type": "string", "format": "date"})]


def wire(
    name: str,
    form: type[BaseModel],
    examples: Mapping[str, Any],
    doc: str,
    *,
    optional: bool = False,
    without: Collection[str] = (),
) -> type[Body]:
    """The JSON schema of a form (`flows.actions.forms.application_forms`): same fields, JSON's own types, titles as descriptions.

    The types are checked here; what the words mean is checked by the form, for pages and API alike. `optional`: any
    part of the form may be given; `without` names fields that are not.
    """
    fields: dict[str, Any] = {}
    for field, info in form.model_fields.items():
        if field in without:
            continue
        kind, shown = _kind(info.annotation), [examples[field]] if field in examples else None
        if info.is_required() and not optional:
            fields[field] = (kind, Field(..., description=info.title, examples=shown))
        else:
            fields[field] = (
                kind,
                Field(None, description=info.title, examples=shown, json_schema_extra=_no_default),
            )
    made = create_model(name, __base__=Body, **fields)
    made.__doc__ = doc
    return made


def _no_default(schema: dict[str, Any]) -> None:
    """A field that may be left out is left out: null is no value of it."""
    schema.pop("default", None)


def _kind(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(one for one in get_args(annotation) if one is not NoneType)
    if isinstance(annotation, type):
        if issubclass(annotation, bool):
            return StrictBool
        if issubclass(annotation, StrEnum):
            return annotation
        if issubclass(annotation, int):
            return StrictInt
        if issubclass(annotation, Decimal):
            return _Figure
        if issubclass(annotation, date):
            return _Date
    return StrictStr


def given(body: BaseModel) -> dict[str, Any]:
    """What was sent, as the forms read it."""
    return {
        name: value.value if isinstance(value, StrEnum) else value
        for name, value in body.model_dump(exclude_unset=True).items()
        if value is not None
    }


def under(prefix: str, do: Callable[[], M]) -> M:
    """Run a form's reading; its faults are put below `prefix` of the body."""
    try:
        return do()
    except InvalidError as error:
        faults = tuple(FieldFault(f"{prefix}.{fault.field}", fault.message) for fault in error.faults)
        raise InvalidError(faults, error.sentence) from error
