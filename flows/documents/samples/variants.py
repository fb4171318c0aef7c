"""A sample context made sparse, long or odd, whatever document it is for."""

from decimal import Decimal
from typing import Any

from flows.documents.contexts import DocumentContext

ODD = "<b>&\"'{{7*7}}{% raise %}\x00\x0b\u202e\ud800"
ODD_SHOWN = "<b>&\"'{{7*7}}{% raise %}"
LONG = "示例" * 60
_TOTALS = {
    "loans": "total_principal",
    "rows": "total",
    "cases": "total",
    "receipts": "received",
    "costs": "spent",
}


def sparse(context: DocumentContext) -> DocumentContext:
    """Only what is required, and one row of everything."""
    data = _required(context)
    if data.get("board") == "guarantee" and hasattr(
        context, "repaid_on"
    ):  # a guarantor's claim needs its payment
        data |= {"repaid_on": context.repaid_on, "repaid_amount": context.repaid_amount}  # type: ignore[attr-defined]
    for rows, total in _TOTALS.items():
        if rows in data and total in data:
            data[total] = sum((_figure(row) for row in data[rows]), Decimal(0))
    _short(data)
    return type(context).model_validate(data)


def _short(data: dict[str, Any]) -> None:
    # A request for more budget asks for what is missing of its total.
    if "missing" in data:
        data["missing"] = data["total"] - data["left"]


def _required(model: Any) -> dict[str, Any]:
    fields = type(model).model_fields
    return {name: _bare(getattr(model, name)) for name, field in fields.items() if field.is_required()}


def _bare(value: Any) -> Any:
    if hasattr(value, "model_fields_set"):
        return _required(value)
    if isinstance(value, tuple):
        return [_bare(value[0])]
    return value


def _figure(row: dict[str, Any]) -> Decimal:
    return next(Decimal(row[name]) for name in ("resolved", "amount", "principal") if name in row)


def odd(context: DocumentContext) -> DocumentContext:
    """Markup, template statements, control characters and a lone surrogate in every text."""
    return _texts(context, lambda text: ODD + text)


def longest(context: DocumentContext, rows: int = 40) -> DocumentContext:
    """Every text 120 characters longer, every list forty times as long."""
    return repeated(_texts(context, lambda text: text + LONG), rows)


def repeated(context: DocumentContext, rows: int) -> DocumentContext:
    """Every list `rows` times as long, its total with it."""
    data = context.model_dump()
    for name, value in data.items():
        if isinstance(value, tuple):
            data[name] = value * rows
            if name in _TOTALS and _TOTALS[name] in data:
                data[_TOTALS[name]] *= rows
    _short(data)
    return type(context).model_validate(data)


_CODES = {
    "board",
    "about",
    "outcome",
    "agreement",
    "result",
    "verification_url",
}  # fixed vocabularies and addresses, not texts


def _texts(context: DocumentContext, change: Any) -> DocumentContext:
    def walk(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: walk(inner, key) for key, inner in value.items()}
        if isinstance(value, tuple):
            return tuple(walk(inner) for inner in value)
        return change(value) if isinstance(value, str) and name not in _CODES else value

    return type(context).model_validate(walk(context.model_dump()))
