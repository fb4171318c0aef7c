"""What is looked at when money of a compensated loan came back, or its progress is reported; every fault at once.

四（二）: “后续跟踪”. None of these rules stands in the policy's text, so none of them refuses: a person looks.
"""

from datetime import date, timedelta
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from models.calendar import WorkingCalendar, seeded_calendar
from models.money import ZERO, yuan
from models.policy.checking import CheckList, chinese, passes_or_look
from models.policy.exact import fraction_text
from models.policy.fields import Day, Facts
from models.policy.lines import Check
from models.policy.parameters import Parameters
from models.policy.recovery import Receipt, RecoveryShare
from models.policy.term import months_later

CLAUSE = "四（二）"
VOUCHERS = "到账凭证、费用凭证"
REGISTRATION = "追偿登记"
_ONE_DAY = timedelta(days=1)


class Action(StrEnum):
    """What brought the money (追偿措施)."""

    LAWSUIT = "lawsuit"
    EXECUTION = "execution"
    SETTLEMENT = "settlement"
    COLLECTION = "collection"
    OTHER = "other"


ACTION_NAMES: dict[Action, str] = {
    Action.LAWSUIT: "诉讼",
    Action.EXECUTION: "执行",
    Action.SETTLEMENT: "和解",
    Action.COLLECTION: "自主催收",
    Action.OTHER: "其他",
}
IN_COURT = frozenset({Action.LAWSUIT, Action.EXECUTION})


class Registration(Facts):
    """One registration (登记回款): its own receipts, none for a report of progress without money.

    `reported_before`: the day the applicant last reported or, before that, the day of the payment.
    """

    registered_on: Day = Field(title="登记日")
    paid_on: Day = Field(title="补偿拨付日")
    reported_before: Day = Field(title="上次报告日")
    action: Action = Field(title="追偿措施")
    court_number: str = Field("", title="案号")
    receipts: tuple[Receipt, ...] = Field((), title="本次回款")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.registered_on < self.paid_on:
            raise ValueError("登记日早于补偿拨付日，请核对。")
        return self


def registration(
    facts: Registration,
    share: RecoveryShare | None,
    parameters: Parameters | None = None,
    calendar: WorkingCalendar | None = None,
) -> tuple[Check, ...]:
    """Every check of one registration; `share` is worked out from all receipts of the loan, these among them, or None
    where nothing came in."""
    parameters = parameters or Parameters.load()
    checks = CheckList(parameters.on(facts.registered_on))
    if share is not None:
        _dates(checks, facts, calendar or seeded_calendar())
        _amounts(checks, facts, share)
    else:
        _report(checks, facts)
    if facts.action in IN_COURT:
        checks.say(
            "recovery.court_number",
            "诉讼、执行有案号",
            passes_or_look(bool(facts.court_number)),
            value=facts.court_number or "未填写",
            expected="法院案号",
            clause=CLAUSE,
            source=REGISTRATION,
            remedy="以诉讼、执行收回的款项请补充案号，尚未立案的请说明。",
        )
    return tuple(checks.found)


def _dates(checks: CheckList, facts: Registration, calendar: WorkingCalendar) -> None:
    first = facts.receipts[0].received_on
    checks.say(
        "recovery.after_payment",
        "回款到账日不早于补偿拨付日",
        passes_or_look(first >= facts.paid_on),
        value=chinese(first),
        expected=f"{chinese(facts.paid_on)}或以后",
        clause=CLAUSE,
        source=VOUCHERS,
        remedy="拨付前收到的款项，请核对申请补偿时是否已计入“已追偿金额”；已计入的不再登记。",
    )
    limit = checks.terms.integer("recovery_return_days")
    count = calendar.working_days_between(first, facts.registered_on)
    checks.say(
        "recovery.in_time",
        "收到回款后按期登记",
        passes_or_look(count.days <= limit and not count.provisional),
        value=f"{count.days} 个工作日{'（日历暂定）' if count.provisional else ''}",
        expected=f"不超过 {limit} 个工作日",
        clause=CLAUSE,
        source=VOUCHERS,
        remedy="登记时已超过返还期限或日历尚未公布，请核实原因。",
    )


def _amounts(checks: CheckList, facts: Registration, share: RecoveryShare) -> None:
    checks.say(
        "recovery.within_loss",
        "累计收回本金不超过损失",
        passes_or_look(share.interest == 0),
        value=fraction_text(share.principal + share.interest),
        expected="不超过损失" if share.interest == 0 else f"不超过损失 {fraction_text(share.principal)}",
        clause=CLAUSE,
        source="补偿台账",
        remedy="超过损失的部分是利息，不计算返还；请核对回款的构成。",
    )
    amount = sum((one.amount for one in facts.receipts), ZERO)
    costs = sum((one.costs for one in facts.receipts), ZERO)
    checks.say(
        "recovery.costs",
        "追偿费用不超过回款",
        passes_or_look(costs <= amount),
        value=f"{yuan(costs)} 元",
        expected=f"不超过回款 {yuan(amount)} 元",
        clause=CLAUSE,
        source=VOUCHERS,
        remedy=f"费用大于本次回款，超出的{'结转到以后的回款扣除' if _carries(checks) else '不再扣除'}；请逐项核对费用凭证。",
    )


def _carries(checks: CheckList) -> bool:
    return checks.terms.choice("recovery_costs") == "carry"


def _report(checks: CheckList, facts: Registration) -> None:
    next_due = report_due(facts.reported_before, checks.terms.integer("recovery_report_months"))
    checks.say(
        "recovery.report_in_time",
        "按期报送追偿进展",
        passes_or_look(facts.registered_on <= next_due),
        value=chinese(facts.registered_on),
        expected=f"{chinese(next_due)}前",
        clause=CLAUSE,
        source=REGISTRATION,
        remedy="已超过报告间隔，请督促按期报告。",
    )


def first_in_time(today: date, months: int) -> date:
    """The first day a payment or report of which asks for no other yet on `today`: the earliest whose next one is due
    today or later."""
    day = months_later(today, -months)
    while report_due(day - _ONE_DAY, months) >= today:  # the ends of months fall together
        day -= _ONE_DAY
    while report_due(day, months) < today:
        day += _ONE_DAY
    return day


def report_due(reported_before: date, months: int) -> date:
    """The day the next report of progress (追偿进展报告) is expected."""
    return months_later(reported_before, months)
