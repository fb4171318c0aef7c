"""What is returned to the city when a compensated loan is recovered (A22).

四（二）: “后续跟踪”. Order of the money: costs of recovery, then principal by the final shares of the loss at the
ratio that was really paid, only then interest. Returned in all, never more than was paid.
"""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Self

from pydantic import Field, model_validator

from models.money import ZERO, round_down_fen, round_half_up_fen
from models.policy.allocation import Demand, pro_rata
from models.policy.errors import FactsError, Fault, MisplacedError
from models.policy.exact import exact_ratio, fraction_text
from models.policy.facts import SHANGHAI, RuleFacts, Shares
from models.policy.fields import Day, Facts, Money, Ratio
from models.policy.lines import Input, Line, Printed, Unit, ratio_text
from models.policy.parameters import Parameters, Terms


class Receipt(Facts):
    """Money that came back (元), and what it cost to get it."""

    received_on: Day = Field(title="到账日")
    amount: Money = Field(title="回款金额（元）")
    costs: Money = Field(ZERO, title="追偿费用（元）")


class RecoveryFacts(RuleFacts):
    """All receipts of one compensated loan so far."""

    compensation: Money = Field(title="已付补偿（元）")
    loss: Money = Field(title="回款对应的损失（元）：银行板块为银行承担损失，融担板块为总体损失")
    receipts: tuple[Receipt, ...] = Field(title="历次回款")
    returned: Money = Field(ZERO, title="此前已返还（元）")
    nominal_ratio: Ratio | None = Field(None, title="核定补偿比例（占上列损失）")
    shares: Shares | None = Field(None, title="分险比例（融担板块，用于分列各方所得）")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.receipts:
            raise MisplacedError("receipts", "至少须有一笔回款。")
        days = [receipt.received_on for receipt in self.receipts]
        if days != sorted(days):
            raise MisplacedError("receipts", "历次回款须按到账日由先到后排列。")
        if self.loss <= 0:
            raise MisplacedError("loss", "损失须大于零。")
        if self.compensation > self.loss:
            message = f"已付补偿 {self.compensation} 元大于损失 {self.loss} 元，请核对。"
            raise MisplacedError("compensation", message)
        if self.returned > self.compensation:
            message = f"此前已返还 {self.returned} 元大于已付补偿 {self.compensation} 元，请核对。"
            raise MisplacedError("returned", message)
        return self


class RecoveryShare(Printed):
    """What is due (元). `due_now` is to be returned for the receipts so far; 0.00 when enough came back before.

    `parties` splits the recovered principal to the fen: bank, national, province, other, guarantor, treasury
    (guarantee board), or claimant and treasury.
    """

    ratio: Decimal
    principal: Decimal
    costs_carried: Decimal
    interest: Decimal
    due_in_all: Decimal
    due_now: Decimal
    parties: dict[str, Decimal]
    lines: tuple[Line, ...]
    parameter_version: str


def recovery_share(facts: RecoveryFacts, parameters: Parameters | None = None) -> RecoveryShare:
    """The city's share of what was recovered, with the parameters of the last receipt's day.

    Raises `PolicyError` when the nominal ratio is asked for and not given.
    """
    parameters = (parameters or Parameters.load()).with_overrides(facts.overrides)
    terms = parameters.on(facts.receipts[-1].received_on, facts.known_on)
    net, carried = _net(facts, terms)
    principal = min(net, facts.loss)
    ratio, ratio_inputs = _ratio(facts, terms)
    down = terms.choice("recovery_rounding") == "down"
    exact = ratio * Fraction(principal)
    due = min(round_down_fen(exact) if down else round_half_up_fen(exact), facts.compensation)
    now = max(due - facts.returned, ZERO)
    return RecoveryShare(
        ratio=exact_ratio(ratio),
        principal=principal,
        costs_carried=carried,
        interest=net - principal,
        due_in_all=due,
        due_now=now,
        parties=_parties(facts, principal, due),
        lines=_lines(facts, terms, principal=principal, ratio=ratio, inputs=ratio_inputs, due=due, now=now),
        parameter_version=parameters.version,
    )


def _net(facts: RecoveryFacts, terms: Terms) -> tuple[Decimal, Decimal]:
    """Receipts less costs, in order; costs above a receipt carry over, or lapse."""
    carry = terms.choice("recovery_costs") == "carry"
    net = costs = ZERO
    for receipt in facts.receipts:
        costs += receipt.costs
        covered = min(costs, receipt.amount)
        net += receipt.amount - covered
        costs = costs - covered if carry else ZERO
    return net, costs


def _ratio(facts: RecoveryFacts, terms: Terms) -> tuple[Fraction, tuple[Input, ...]]:
    way = Input(name="返还比例", value=terms.text("recovery_ratio"), source=terms.source("recovery_ratio"))
    if terms.choice("recovery_ratio") == "effective":
        paid = Input(name="已付补偿", value=fraction_text(facts.compensation), source="补偿台账")
        loss = Input(name="损失", value=fraction_text(facts.loss), source="补偿台账")
        return Fraction(facts.compensation) / Fraction(facts.loss), (paid, loss, way)
    if facts.nominal_ratio is None:
        raise FactsError((Fault("nominal_ratio", "按核定比例返还时须填写核定补偿比例。"),))
    given = Input(name="核定补偿比例", value=ratio_text(facts.nominal_ratio), source="补偿决定")
    return Fraction(facts.nominal_ratio), (given, way)


def _parties(facts: RecoveryFacts, principal: Decimal, due: Decimal) -> dict[str, Decimal]:
    if facts.shares is None:
        return {"claimant": principal - due, "treasury": due}
    start = datetime(2024, 1, 1, tzinfo=SHANGHAI)
    weights = facts.shares.model_dump()
    demands = [
        Demand(name, (start, str(place)), int(weight * 10**12))
        for place, (name, weight) in enumerate(weights.items())
    ]
    fen = pro_rata(demands, int(principal * 100))
    parts = {name: Decimal(value).scaleb(-2).quantize(Decimal("0.01")) for name, value in fen.items()}
    guarantor = parts.pop("city") - due
    return {**parts, "guarantor": guarantor, "treasury": due}


def _lines(
    facts: RecoveryFacts,
    terms: Terms,
    *,
    principal: Decimal,
    ratio: Fraction,
    inputs: tuple[Input, ...],
    due: Decimal,
    now: Decimal,
) -> tuple[Line, ...]:
    received = sum((receipt.amount for receipt in facts.receipts), ZERO)
    costs = sum((receipt.costs for receipt in facts.receipts), ZERO)

    def entry(name: str, value: Decimal, source: str) -> Input:
        return Input(name=name, value=fraction_text(value), source=source)

    rounding = Input(
        name="取整", value=terms.text("recovery_rounding"), source=terms.source("recovery_rounding")
    )
    return (
        Line(
            no=1,
            code="recovery.principal",
            label="累计收回本金",
            inputs=(
                entry("累计回款", received, "回款凭证"),
                entry("累计追偿费用", costs, "费用凭证"),
                Input(name="费用", value=terms.text("recovery_costs"), source=terms.source("recovery_costs")),
            ),
            formula="回款先扣追偿费用，再冲本金，以损失为限",
            clause="四（二）",
            value=principal,
        ),
        Line(
            no=2,
            code="recovery.ratio",
            label="返还比例",
            inputs=inputs,
            formula="实付补偿 ÷ 损失" if terms.choice("recovery_ratio") == "effective" else "核定补偿比例",
            clause="四（二）",
            value=exact_ratio(ratio),
            unit=Unit.RATIO,
        ),
        Line(
            no=3,
            code="recovery.due_in_all",
            label="累计应返还",
            inputs=(entry("累计收回本金", principal, "第 1 行"), rounding),
            formula="累计收回本金 × 返还比例，不超过已付补偿",
            clause="四（二）",
            value=due,
        ),
        Line(
            no=4,
            code="recovery.due_now",
            label="本次应返还",
            inputs=(entry("此前已返还", facts.returned, "补偿台账"),),
            formula="累计应返还 − 此前已返还",
            clause="四（二）",
            value=now,
            binding=True,
        ),
    )
