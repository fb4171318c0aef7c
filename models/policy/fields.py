"""Field types of facts: strict, exact, with Chinese sentences; and faults listed all at once."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StrictBool,
    ValidationError,
    WithJsonSchema,
)

from models.money import fen
from models.policy import values
from models.policy.errors import FactsError, Fault, MisplacedError

_LONGEST = 200
_FEN_IN_WAN = 6  # decimals of 万元 that a fen takes


def _percent(raw: object) -> Decimal:
    value = values.decimal(raw, "百分数")
    if not 0 <= value <= 100:
        raise ValueError(f"百分数须在 0 与 100 之间，收到的是 {value}。")
    return value


def _ratio(raw: object) -> Decimal:
    value = values.decimal(raw, "比例")
    if not 0 <= value <= 1:
        raise ValueError(f'比例须在 0 与 1 之间（80% 写作 "0.80"），收到的是 {value}。')
    return value


def _wan(raw: object) -> Decimal:
    value = values.decimal(raw, "万元数")
    if not 0 <= value < 10**8:
        raise ValueError(f"须为 0 以上、一万亿元以下的万元数，收到的是 {value}。")
    if value != round(value, _FEN_IN_WAN):
        raise ValueError(f"万元数最多六位小数（精确到分），收到的是 {value}。")
    return value


def _text(raw: object) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise ValueError("须填写文字，不能为空。")
    if len(raw) > _LONGEST or not raw.isprintable():
        raise ValueError(f"须为不超过 {_LONGEST} 个字的普通文字，不能含控制字符。")
    return raw.strip()


def _count(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= 10_000_000:
        raise ValueError("须为 0 以上的整数。")
    return raw


def _number(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern})


_AS_TEXT = PlainSerializer(str, return_type=str, when_used="json")
Money = Annotated[Decimal, BeforeValidator(fen), _AS_TEXT, _number(r"^\d{1,12}(\.\d{1,2})?$")]
Percent = Annotated[Decimal, BeforeValidator(_percent), _AS_TEXT, _number(r"^\d{1,3}(\.\d+)?$")]
Ratio = Annotated[Decimal, BeforeValidator(_ratio), _AS_TEXT, _number(r"^(0(\.\d+)?|1(\.0+)?)$")]
Wan = Annotated[Decimal, BeforeValidator(_wan), _AS_TEXT, _number(r"^\d{1,8}(\.\d+)?$")]
Day = Annotated[date, BeforeValidator(lambda raw: values.day(raw, ""))]
Instant = AwareDatetime
Text = Annotated[str, BeforeValidator(_text)]
Count = Annotated[int, BeforeValidator(_count)]
Flag = StrictBool


class Facts(BaseModel):
    """Base of all facts: frozen, nothing unknown accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid")


F = TypeVar("F", bound=BaseModel)


def parse(model: type[F], data: object) -> F:
    """`data` (from YAML or JSON) as facts of that model. Raises `FactsError` with every fault at once."""
    if not isinstance(data, Mapping):
        raise FactsError((Fault("（整体）", "须为“名称: 值”的对象。"),))
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise FactsError(faults(error)) from error


def faults(error: ValidationError) -> tuple[Fault, ...]:
    """pydantic's faults as Chinese sentences, for the door that parsed the model itself."""
    return tuple(
        Fault(".".join(_place(item)) or "（整体）", _sentence(item))
        for item in error.errors(include_url=False)
    )


def _place(item: Any) -> tuple[str, ...]:
    found = tuple(str(part) for part in item["loc"])
    error = item.get("ctx", {}).get("error")
    return (*found, error.field) if isinstance(error, MisplacedError) else found


def _sentence(item: Any) -> str:
    kind, context = item["type"], item.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind in {"literal_error", "enum"}:
        names = "、".join(f"“{name}”" for name in re.findall("'([^']*)'", context["expected"]))
        return f"只能是{names}之一。"
    return _SENTENCES.get(kind, f"内容不符合要求，收到的是“{str(item.get('input'))[:40]}”。")


_SENTENCES = {
    "missing": "缺少必填项。",
    "extra_forbidden": "不认识的字段，请对照字段说明核对拼写。",
    "bool_type": "须为 true（是）或 false（否）。",
    "model_type": "须为“名称: 值”的对象。",
    "dict_type": "须为“名称: 值”的对象。",
    "tuple_type": "须为列表。",
    "timezone_aware": "时间须带时区，例如 2026-03-02T09:30:00+08:00。",
    "datetime_parsing": "须为时间，例如 2026-03-02T09:30:00+08:00。",
    "datetime_from_date_parsing": "须为时间，例如 2026-03-02T09:30:00+08:00。",
    "datetime_type": "须为时间，例如 2026-03-02T09:30:00+08:00。",
    "string_type": "须为文字。",
    "too_short": "至少须有一项。",
}
