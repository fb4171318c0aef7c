"""What is typed to register a change of a loan and how it must fit the loan, and the loan as it would be typed."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from flows.actions.errors import FieldFault
from flows.actions.forms.application_forms import loan_form
from flows.actions.typed import Day, Line60, PositiveYuan, Words200, Yuan
from models import clock
from models.lifecycle import Board
from models.policy.anomalies import Anomaly
from models.policy.security import SECURITY_NAMES, Security
from models.records.loan import Loan
from models.records.loan_change import ChangeKind, LoanChange, maturity, outstanding, represented


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


class AnomalyForm(_Change):
    """What was seen of a loan that is not as it should be, and what is done about it; 元."""

    anomaly: Anomaly = Field(title="异常类型")
    on: Day = Field(title="发现日期")
    unpaid: Yuan = Field(title="未还本金")
    reason: Words200 = Field(title="情况说明")
    measures: Words200 = Field(title="已采取的措施")


class WarningForm(BaseModel):
    """What a letter of warning (风险提示函) says besides the anomaly: what it is measured against, what is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    standard: Words200 = Field(title="关注标准")
    request: Words200 = Field(title="提示要求")


FORMS: dict[ChangeKind, type[_Change]] = {
    ChangeKind.EXTENSION: ExtensionForm,
    ChangeKind.PREPAYMENT: PrepaymentForm,
    ChangeKind.REPRESENTATIVE: RepresentativeForm,
    ChangeKind.CORRECTION: CorrectionForm,
    ChangeKind.ANOMALY: AnomalyForm,
}
FIXED = frozenset({"uscc"})
"""Another borrower is another loan: it is filed anew."""


def against_loan(form: BaseModel, loan: Loan, changes: Sequence[LoanChange]) -> list[FieldFault]:
    """What of a change does not fit the loan as it stands after the changes confirmed so far."""
    if isinstance(form, ExtensionForm):
        return _extended(form, loan, maturity(loan, changes))
    if isinstance(form, PrepaymentForm):
        return _repaid(form, loan, outstanding(loan, changes))
    if isinstance(form, RepresentativeForm):
        return _represented(form, loan, represented(changes))
    return _seen(form, loan, outstanding(loan, changes)) if isinstance(form, AnomalyForm) else []


def _extended(form: ExtensionForm, loan: Loan, due_on: date) -> list[FieldFault]:
    faults = []
    if not loan.contract_date <= form.on <= clock.today():
        words = f"展期签订日须在合同签订日 {loan.contract_date} 至今天之间，请核对。"
        faults.append(FieldFault("on", words))
    if form.new_due_on <= due_on:
        faults.append(FieldFault("new_due_on", f"展期后到期日须晚于现到期日 {due_on}，请核对。"))
    return faults


def _repaid(form: PrepaymentForm, loan: Loan, left: Decimal) -> list[FieldFault]:
    faults = []
    if not loan.disbursed_on <= form.on <= clock.today():
        faults.append(FieldFault("on", f"还款日须在放款日 {loan.disbursed_on} 至今天之间，请核对。"))
    if form.repaid > left:
        faults.append(
            FieldFault("repaid", f"提前归还 {form.repaid:,.2f} 元大于剩余本金 {left:,.2f} 元，请核对。")
        )
    return faults


def _represented(form: RepresentativeForm, loan: Loan, known: str) -> list[FieldFault]:
    faults = []
    if not loan.contract_date <= form.on <= clock.today():
        words = f"变更登记日须在合同签订日 {loan.contract_date} 至今天之间，请核对。"
        faults.append(FieldFault("on", words))
    if form.former == form.successor:
        faults.append(FieldFault("successor", "现法定代表人与原法定代表人相同，没有变更。"))
    if known and form.former != known:
        words = f"这笔贷款上次登记的法定代表人是{known}，与所填的“{form.former}”不同，请核对。"
        faults.append(FieldFault("former", words))
    return faults


def _seen(form: AnomalyForm, loan: Loan, left: Decimal) -> list[FieldFault]:
    faults = []
    if not loan.disbursed_on <= form.on <= clock.today():
        faults.append(FieldFault("on", f"发现日期须在放款日 {loan.disbursed_on} 至今天之间，请核对。"))
    if form.unpaid > left:
        faults.append(
            FieldFault("unpaid", f"未还本金 {form.unpaid:,.2f} 元大于剩余本金 {left:,.2f} 元，请核对。")
        )
    return faults


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
