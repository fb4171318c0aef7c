"""What is typed to register a change of a loan, and the loan as it would be typed."""

from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from flows.actions.forms import loan_form
from flows.actions.typed import Day, Line60, PositiveYuan, Words200
from models.lifecycle import Board
from models.policy.security import SECURITY_NAMES, Security
from models.records.loan_change import ChangeKind, LoanChange


class _Change(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    reason: Words200 = Field(title="原因")
    document: Words200 = Field(title="依据文件")


class ExtensionForm(_Change):
    """An extension as signed."""

    on: Day = Field(title="展期签订日")
    new_due_on: Day = Field(title="展期后到期日")


class PrepaymentForm(_Change):
    """Principal paid back before it was due, 元."""

    on: Day = Field(title="还款日")
    repaid: PositiveYuan = Field(title="提前归还本金")


class RepresentativeForm(_Change):
    """Another legal representative of the firm, as the registry (市场监管) has it; `document` is its notice."""

    on: Day = Field(title="变更登记日")
    former: Line60 = Field(title="原法定代表人")
    successor: Line60 = Field(title="现法定代表人")


class CorrectionForm(_Change):
    """Why the loan's figures are corrected; the figures themselves are the filing's own form."""


FORMS: dict[ChangeKind, type[_Change]] = {
    ChangeKind.EXTENSION: ExtensionForm,
    ChangeKind.PREPAYMENT: PrepaymentForm,
    ChangeKind.REPRESENTATIVE: RepresentativeForm,
    ChangeKind.CORRECTION: CorrectionForm,
}
FIXED = frozenset({"uscc"})
"""Another borrower is another loan: it is filed anew."""


def corrigible(board: Board) -> tuple[str, ...]:
    """The fields of a loan that may be corrected."""
    return tuple(name for name in loan_form(board).model_fields if name not in FIXED)


def as_typed(form: type[BaseModel], row: object) -> dict[str, str]:
    """A row, or a form that was read, as a person would type it into `form`."""
    return {name: typed_value(getattr(row, name)) for name in form.model_fields}


def typed_value(value: Any) -> str:
    """One stored value as a person would type it."""
    value = getattr(value, "value", value)
    if value is None or value is False:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "1" if value is True else str(value)


def corrected(board: Board, change: LoanChange) -> tuple[tuple[str, str, str], ...]:
    """What a correction or a change of the legal representative changes, as one reads it: title, what stood, what
    stands ("" where there is nothing)."""
    if change.kind == ChangeKind.REPRESENTATIVE:
        return (("法定代表人", change.before["representative"], change.after["representative"]),)
    fields = loan_form(board).model_fields

    def shown(name: str, value: str) -> str:
        if fields[name].annotation is bool:
            return "是" if value else "否"
        if not value:
            return ""
        if name == "guarantee_method":
            return SECURITY_NAMES[Security(value)]
        if name == "principal":
            return f"{Decimal(value):,.2f}元"
        unit = next((unit for end, unit in _UNITS if name.endswith(end)), "")
        return f"{value}{unit}"

    return tuple(
        (fields[name].title or name, shown(name, change.before.get(name, "")), shown(name, value))
        for name, value in change.after.items()
    )


_UNITS = (("_wan", "万元"), ("_pct", "%"))
