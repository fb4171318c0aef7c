"""The forms of a recovery (追偿): what came back, what it cost, how it goes on; and the slip of the return."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from flows.actions.errors import FieldFault, InvalidError
from flows.actions.forms.change_forms import as_typed
from flows.actions.typed import Day, Line60, Line120, PositiveYuan, Words1000, attempt
from models import clock
from models.policy.recovery_checks import Action

MOST_ROWS = 20
F = TypeVar("F", bound=BaseModel)


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class IncomingForm(_Form):
    """Money that came in, in 元."""

    received_on: Day = Field(title="到账日期")
    amount: PositiveYuan = Field(title="回款金额")
    voucher_number: Line60 = Field(title="到账凭证号")


class CostForm(_Form):
    """What it cost, in 元, and for what."""

    amount: PositiveYuan = Field(title="费用金额")
    reason: Line120 = Field(title="费用事由")


ROWS: dict[str, type[_Form]] = {"receipts": IncomingForm, "costs": CostForm}


class ActionForm(_Form):
    """What brought it, and the report of progress (追偿进展报告) where one is filed."""

    action: Action = Field(title="追偿措施")
    court_number: Line60 = Field("", title="法院案号")
    progress: Words1000 = Field("", title="追偿进展")


class RecoveryForm(ActionForm):
    """One registration (登记回款); without receipts it reports progress only."""

    receipts: tuple[IncomingForm, ...] = ()
    costs: tuple[CostForm, ...] = ()


class ReturnForm(_Form):
    """The slip (返还回单): what was transferred to the treasury, when, under which number."""

    returned_on: Day = Field(title="缴款日期")
    returned_amount: PositiveYuan = Field(title="缴款金额")
    slip_number: Line60 = Field(title="回单号")


def nested(typed: Mapping[str, str]) -> dict[str, Any]:
    """What was typed as `read_recovery` takes it: “receipts.0.amount” becomes a row of `receipts`; empty rows are left
    out."""
    found: dict[str, Any] = {name: value for name, value in typed.items() if "." not in name}
    for rows, form in ROWS.items():
        taken = [
            {name: typed.get(f"{rows}.{place}.{name}", "").strip() for name in form.model_fields}
            for place in range(MOST_ROWS)
        ]
        found[rows] = [row for row in taken if any(row.values())]
    return found


def flattened(form: RecoveryForm) -> dict[str, str]:
    """A registration that was read, as it would be typed."""
    typed = as_typed(ActionForm, form)
    for rows, of in ROWS.items():
        for place, row in enumerate(getattr(form, rows)):
            typed |= {f"{rows}.{place}.{name}": value for name, value in as_typed(of, row).items()}
    return typed


def read_recovery(typed: Mapping[str, Any]) -> RecoveryForm:
    """A registration as typed; `receipts` and `costs` are lists of rows. Raises `InvalidError` with every fault."""
    form, faults = attempt(ActionForm, typed)
    receipts, wrong_receipts = _rows(IncomingForm, "receipts", "回款", typed.get("receipts") or ())
    costs, wrong_costs = _rows(CostForm, "costs", "费用", typed.get("costs") or ())
    found = [*faults, *wrong_receipts, *wrong_costs]
    if form is None or found:
        raise InvalidError(tuple(found))
    made = RecoveryForm(**form.model_dump(), receipts=receipts, costs=costs)
    found += _within(made)
    if found:
        raise InvalidError(tuple(found))
    return made


def _rows(
    form: type[F], name: str, called: str, typed: Sequence[Mapping[str, Any]]
) -> tuple[tuple[F, ...], list[FieldFault]]:
    if len(typed) > MOST_ROWS:
        return (), [
            FieldFault(name, f"一次最多登记 {MOST_ROWS} 笔{called}，现为 {len(typed)} 笔，请分次登记。")
        ]
    rows, faults = [], list[FieldFault]()
    for place, one in enumerate(typed):
        found, wrong = attempt(form, one, f"{name}.{place}.")
        faults += wrong
        if found is not None:
            rows.append(found)
    return tuple(rows), faults


def _within(form: RecoveryForm) -> list[FieldFault]:
    """What contradicts within the form."""
    faults, seen = list[FieldFault](), dict[tuple[Any, ...], int]()
    for place, one in enumerate(form.receipts):
        if one.received_on > clock.today():
            said = f"到账日期 {one.received_on} 晚于今天，请在到账后登记。"
            faults.append(FieldFault(f"receipts.{place}.received_on", said))
        first = seen.setdefault(same(one), place)
        if first != place:
            said = f"与第 {first + 1} 笔的日期、金额、凭证号相同，同一笔回款只登记一次。"
            faults.append(FieldFault(f"receipts.{place}.voucher_number", said))
    if not form.receipts and not form.progress:
        faults.append(FieldFault("progress", "没有回款时请写明追偿进展；有回款的请填写回款。"))
    if not form.receipts and form.costs:
        said = "没有回款时不登记费用；费用在登记下一笔回款时一并填写，从回款中扣除。"
        faults.append(FieldFault("costs.0.amount", said))
    return faults


def same(one: Any) -> tuple[Any, ...]:
    """What makes two receipts one and the same: date, amount and voucher number."""
    return one.received_on, one.amount, one.voucher_number
