"""A cell as the spreadsheet holds it, as the text a person would have typed: nothing is guessed, nothing rounded."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from flows.documents.text import printable
from flows.importing.columns import Column, Kind

LONGEST = 2_000
"""More than any field takes; a longer cell is shown cut, and is at fault anyway."""
_ACCURATE = 10**15
_DAY_ZERO = date(1899, 12, 30)
_LEAST_PERCENT = {"annual_rate_pct": Decimal("0.3"), "fee_rate_pct": Decimal("0.03")}
"""A number below this in a column of percentages is a cell formatted as a percentage: 4.20% is stored as 0.042."""


class Cell(NamedTuple):
    """As typed; `held` says what the spreadsheet holds; `fault` where the spreadsheet itself spoils the cell."""

    text: str
    held: Literal["text", "number", "day"] = "text"
    fault: str = ""


def read(column: Column, cell: Cell) -> tuple[str, str]:
    """What the form is given for this cell, and what is wrong with it before the form has seen it ("" if nothing)."""
    text = cell.text.strip()
    if cell.fault or not text:
        return "", cell.fault
    if column.kind in (Kind.CHOICE, Kind.YES_NO):
        return _choice(column, text)
    if cell.held == "number" and (fault := _of_number(column, text)):
        return "", fault
    if cell.held == "day" and column.kind is not Kind.DAY:
        proper = "文本" if column.kind is Kind.TEXT else "数值"
        return "", f"被表格当成了日期。请把这一列设为{proper}格式后重新填写。"
    return text, ""


def shown(cell: Cell) -> str:
    """The cell as it is shown and written into the annotated copy."""
    return printable(cell.text)[:LONGEST]


def _choice(column: Column, text: str) -> tuple[str, str]:
    known = column.choices.get(text)
    if known is None and column.kind is Kind.YES_NO:
        known = {"Y": "1", "N": "0", "TRUE": "1", "FALSE": "0", "√": "1"}.get(text.upper())
    if known is not None:
        return known, ""
    words = "、".join(column.choices) if len(column.choices) <= 8 else "模板下拉列表中的一项"
    return "", f"“{text[:20]}”不是可选的内容，请填写{words}。"


def _of_number(column: Column, text: str) -> str:
    value = Decimal(text)
    if column.kind is Kind.TEXT and abs(value) >= _ACCURATE:
        return "被表格存成了数字，15 位以后已丢失。请把这一列设为文本格式后重新填写。"
    if column.kind is Kind.DAY:
        if value == value.to_integral_value() and 30_000 < value < 80_000:
            day = _DAY_ZERO + timedelta(days=int(value))
            return f"是数字 {text}，不是日期。如是 {day.isoformat()}，请把单元格设为日期格式或照此填写。"
        return f"“{text[:20]}”不是日期，请按 2026-10-14 填写。"
    least = _LEAST_PERCENT.get(column.field)
    if least is not None and 0 < value < least:
        return f"读到 {text}，像是百分比格式的 {(value * 100).normalize():f}%。请填写 {(value * 100).normalize():f}，不带百分号。"
    return ""
