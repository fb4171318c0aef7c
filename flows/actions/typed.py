"""What people type, read strictly: each type gives a value or one Chinese sentence that says how to write it.

Control characters, direction marks and lone surrogates never get past this door (`printable`).
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, TypeAdapter, ValidationError

from flows.actions.errors import FieldFault, InvalidError
from flows.documents.text import printable
from models.money import MoneyError, fen
from models.policy import uscc
from models.policy.security import SECURITY_NAMES, Security

EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
_DIGITS = re.compile(r"\d{1,8}", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,12}(\.\d+)?", re.ASCII)
_ACCOUNT = re.compile(r"[0-9]{8,32}", re.ASCII)
_WAN_LIMIT = Decimal(100_000_000)


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise ValueError("须为文字。")
    return raw


def _plain(raw: object) -> str:
    """Figures as typed, full-width characters and grouping commas made plain."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal):
        raise ValueError("须为数字，例如 1250000.50。")
    return unicodedata.normalize("NFKC", str(raw)).strip()


def _line(most: int) -> BeforeValidator:
    def read(raw: object) -> str:
        value = " ".join(_text(raw).split())
        if len(value) > most:
            raise ValueError(f"最多 {most} 个字，现为 {len(value)} 个字，请缩短。")
        return value

    return BeforeValidator(read)


def _words(most: int) -> BeforeValidator:
    def read(raw: object) -> str:
        value = _text(raw).replace("\r\n", "\n").strip()
        if len(value) > most:
            raise ValueError(f"最多 {most} 个字，现为 {len(value)} 个字，请精简或作为附件上传。")
        return value

    return BeforeValidator(read)


def _yuan(raw: object) -> Decimal:
    try:
        return fen(_plain(raw))
    except MoneyError as error:
        places = _plain(raw).partition(".")[2]
        if len(places) > 2 and places.isdigit():
            raise ValueError("最多两位小数（精确到分），例如 1,250,000.50。") from error
        raise ValueError(str(error)) from error


def _positive(raw: object) -> Decimal:
    value = _yuan(raw)
    if value == 0:
        raise ValueError("须大于 0.00 元。")
    return value


def _decimal(raw: object, places: int, example: str) -> Decimal:
    text = _plain(raw).replace(",", "")
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"“{text[:40]}”不是数字，例如 {example}。")
    value = Decimal(text)
    if len(text.partition(".")[2]) > places:
        raise ValueError(f"最多 {places} 位小数，例如 {example}。")
    if value < 0:
        raise ValueError("不能小于 0。")
    return value


def _wan(raw: object) -> Decimal:
    value = _decimal(raw, 2, "3860.50")
    if value >= _WAN_LIMIT:
        raise ValueError("金额过大：单位是万元，请核对是否按元填写。")
    return value


def _percent(raw: object) -> Decimal:
    value = _decimal(_plain(raw).removesuffix("%"), 4, "3.85")
    if not 0 <= value <= 100:
        raise ValueError("须在 0 与 100 之间，单位是 %，例如 3.85。")
    return value


def _count(raw: object) -> int:
    text = _plain(raw).replace(",", "")
    if not _DIGITS.fullmatch(text):
        raise ValueError(f"“{text[:40]}”不是人数，请填写 0 以上的整数，例如 86。")
    return int(text)


def _day(raw: object) -> date:
    if isinstance(raw, date):
        return raw
    text = unicodedata.normalize("NFKC", _text(raw)).strip()
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError(f"“{text[:20]}”不是日期，请按 2025-03-12 填写。")
    year, month, day = (int(part) for part in found.groups())
    try:
        value = date(year, month, day)
    except ValueError as error:
        raise ValueError(f"没有 {year}年{month}月{day}日 这一天，请核对。") from error
    if not EARLIEST <= value < LATEST:
        raise ValueError(f"{value.isoformat()} 不在可以填写的年份内，请核对。")
    return value


def _flag(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    known = {"1": True, "on": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if str(raw) not in known:
        raise ValueError("请选择是或否。")
    return known[str(raw)]


def _uscc(raw: object) -> str:
    code = "".join(unicodedata.normalize("NFKC", _text(raw)).split()).upper()
    verdict = uscc.check(code)
    if not verdict.valid:
        raise ValueError(verdict.message)
    return code


def _account(raw: object) -> str:
    number = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", _text(raw)))
    if not _ACCOUNT.fullmatch(number):
        raise ValueError("账号须为 8 至 32 位数字，可以带空格。")
    return number


RoundName = Annotated[str, _line(40)]
Line60 = Annotated[str, _line(60)]
Line120 = Annotated[str, _line(120)]
Words200 = Annotated[str, _words(200)]
Words1000 = Annotated[str, _words(1000)]
Yuan = Annotated[Decimal, BeforeValidator(_yuan)]
PositiveYuan = Annotated[Decimal, BeforeValidator(_positive)]
Wan = Annotated[Decimal, BeforeValidator(_wan)]
Percent = Annotated[Decimal, BeforeValidator(_percent)]
Count = Annotated[int, BeforeValidator(_count)]
Day = Annotated[date, BeforeValidator(_day)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Uscc = Annotated[str, BeforeValidator(_uscc)]
AccountNumber = Annotated[str, BeforeValidator(_account)]

F = TypeVar("F", bound=BaseModel)


def read(form: type[F], typed: Mapping[str, Any]) -> F:
    """What was typed as that form. Raises `InvalidError` with every fault at once, each at its field."""
    found, faults = attempt(form, typed)
    if found is None:
        raise InvalidError(faults)
    return found


def attempt(
    form: type[F], typed: Mapping[str, Any], prefix: str = ""
) -> tuple[F, tuple[()]] | tuple[None, tuple[FieldFault, ...]]:
    """The form, or all its faults; `prefix` (e.g. "loans.2.") is put before each field's name."""
    fields = form.__pydantic_fields__
    known = {name: _cleaned(value) for name, value in typed.items() if name in fields}
    given = {name: value for name, value in known.items() if value not in ("", None)}
    try:
        return form.model_validate(given), ()
    except ValidationError as error:
        faults = tuple(
            FieldFault(prefix + ".".join(str(part) for part in item["loc"]), _sentence(form, item))
            for item in error.errors(include_url=False)
        )
        return None, faults


def value_of(form: type[BaseModel], name: str) -> Callable[[str], Any]:
    """What a field judged by its type alone makes of a text, without the form around it; raises `ValidationError`.

    An empty text is for the form to judge: it raises too, or is what the form gives as well.
    """
    field = form.model_fields[name]
    kind: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    validate = TypeAdapter(kind).validator.validate_python

    def read_one(text: str) -> Any:
        return validate(_cleaned(text) or None)

    return read_one


def said(value: Any) -> str:
    """A value in words, for people who compare what was typed with what is meant."""
    if value is None or value == "":
        return "（空）"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return f"{value:,f}"
    return SECURITY_NAMES[value] if isinstance(value, Security) else str(value)


def _cleaned(value: object) -> object:
    return printable(value).strip() if isinstance(value, str) else value


def _sentence(form: type[BaseModel], item: Any) -> str:
    kind, name = item["type"], str(item["loc"][0]) if item["loc"] else ""
    title = form.model_fields[name].title if name in form.model_fields else ""
    if kind == "missing":
        return f"请填写{title or '这一项'}。"
    if kind == "value_error":
        return str(item["ctx"]["error"])
    if kind == "enum":
        return f"请从列出的{title or '选项'}中选择。"
    return f"{title or '这一项'}的内容不符合要求，请重新填写。"
