"""The limits a claim meets, in the order they apply: enterprise, bank-year, budget (A20).

三（四）: “单家企业补偿限额1000万元……以银行机构当年实际发放的纳入风险补偿范围的贷款本金总额的2%为限”.
三（一）: “总额控制、据实列支”.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from models.money import ZERO, round_down_fen
from models.policy.errors import FactsError, Fault
from models.policy.facts import BankClaimFacts, BankYear, ClaimFacts
from models.policy.lines import Check, Input, Result, amount_text
from models.policy.parameters import Terms

ENTERPRISE = "enterprise.cap"
BANK_YEAR = "bank_year.cap"
BUDGET = "budget"
ORDER = (ENTERPRISE, BANK_YEAR, BUDGET)
NAMES = {ENTERPRISE: "单家企业补偿限额余额", BANK_YEAR: "银行年度补偿限额余额", BUDGET: "年度预算余额"}


@dataclass(frozen=True, slots=True)
class Room:
    """What is left under one limit (元).

    `key` is equal for claims that share the limit. `free` is exact, and below 0 where more was used than the limit allows
    (other rules may allow less than was paid); `used` is what the facts count as paid and reserved, None where they
    do not say. `on_loss`: the limit counts loss, not compensation. `given`: the balances the facts state, which must
    agree among claims that share it.
    """

    code: str
    key: str
    free: Fraction
    used: Decimal | None
    on_loss: bool
    given: tuple[Decimal, ...]
    inputs: tuple[Input, ...]
    formula: str
    clause: str

    @property
    def left(self) -> Decimal:
        """What a claim may still take: cut to the fen, never below 0."""
        return max(round_down_fen(self.free), ZERO)


def rooms(facts: ClaimFacts, terms: Terms) -> tuple[tuple[Room, ...], tuple[Check, ...]]:
    """The limits of a claim in order, and a LOOK check for each one whose balance was not given.

    Raises `FactsError` for balances that contradict the claim.
    """
    found: list[Room] = []
    checks: list[Check] = []
    if isinstance(facts, BankClaimFacts):
        if facts.enterprise_prior is None:
            checks.append(_not_given(ENTERPRISE, "未提供该企业此前的补偿", "三（四）"))
        else:
            found.append(_enterprise(facts, terms))
        year = cap_year(facts, terms.choice("cap_basis"))
        room = bank_year_room(facts, terms, year)
        if room is None:
            checks.append(_not_given(BANK_YEAR, f"未提供 {year} 年度的银行放款与补偿数据", "三（四）"))
        else:
            found.append(room)
            checks.extend(_two_readings(facts, terms, room))
    if facts.budget is None:
        checks.append(_not_given(BUDGET, "未提供年度预算余额", "三（一）"))
    else:
        found.append(_budget(facts, terms))
    return tuple(found), tuple(checks)


def cap_year(facts: BankClaimFacts, basis: str) -> int:
    """A1: the year whose 2 % applies, by `basis` vintage (year of disbursement) or claim_year (of 受理)."""
    return facts.loan.disbursed_on.year if basis == "vintage" else facts.accepted_on.year


def _enterprise(facts: BankClaimFacts, terms: Terms) -> Room:
    """三（四）: “单家企业补偿限额1000万元” (A3: cumulative, across banks, on compensation, net of returns)."""
    cap = terms.decimal("bank_enterprise_cap")
    by_year = terms.choice("enterprise_cap_period") == "year"
    by_bank = terms.choice("enterprise_cap_banks") == "each"
    on_loss = terms.choice("enterprise_cap_on") == "loss"
    counted = [
        prior
        for prior in facts.enterprise_prior or ()
        if (not by_year or prior.year in {None, facts.accepted_on.year})
        and (not by_bank or prior.bank in {None, facts.loan.institution})
    ]
    paid, reserved, returned, loss = (
        sum((getattr(prior, name) for prior in counted), ZERO)
        for name in ("paid", "reserved", "returned", "loss")
    )
    used, back = (loss, ZERO) if on_loss else (paid + reserved, returned)
    key = facts.enterprise.uscc
    if by_year:
        key += f"|{facts.accepted_on.year}"
    if by_bank:
        key += f"|{facts.loan.institution}"
    limit = Input(
        name="单家企业补偿限额",
        value=terms.text("bank_enterprise_cap"),
        source=terms.source("bank_enterprise_cap"),
    )
    source = f"该企业此前补偿（{terms.text('enterprise_cap_period')}，{terms.text('enterprise_cap_banks')}）"
    inputs = (limit, *_used(paid, reserved, returned, loss if on_loss else None, source))
    formula = "限额 − 已纳入补偿的损失" if on_loss else "限额 − 已付 − 已预留 + 已返还"
    return Room(
        ENTERPRISE,
        key,
        free=Fraction(cap + back - used),
        used=used,
        on_loss=on_loss,
        given=(paid, reserved, returned, loss),
        inputs=inputs,
        formula=formula,
        clause="三（四）",
    )


def bank_year_room(facts: BankClaimFacts, terms: Terms, year: int) -> Room | None:
    """三（四）: 2 % of the year's lending, less what the year has had; None when the year was not given.

    A2 (carry-over), A16 (on compensation or on loss) and A21 (returns do not refill it) are parameters.
    """
    years = {entry.year: entry for entry in facts.bank_years or ()}
    this = years.get(year)
    if this is None:
        return None
    on_loss = terms.choice("cap_applies_to") == "loss"
    refills = terms.choice("recovery_refills") == "all"
    ratio = Fraction(terms.decimal("bank_year_cap_ratio"))

    def used(entry: BankYear) -> Decimal:
        return entry.loss if on_loss else entry.paid + entry.reserved

    def free(entry: BankYear) -> Fraction:
        back = entry.returned if refills and not on_loss else ZERO
        return ratio * Fraction(entry.lending) + Fraction(back - used(entry))

    left = free(this)
    source = f"{facts.loan.institution} {year} 年度"
    inputs = [
        Input(name="当年实际发放的纳入范围贷款本金", value=_yuan(this.lending), source=source),
        Input(
            name="银行年度补偿限额比例",
            value=terms.text("bank_year_cap_ratio"),
            source=terms.source("bank_year_cap_ratio"),
        ),
        *_used(this.paid, this.reserved, this.returned, this.loss if on_loss else None, source),
    ]
    formula = "放款本金 × 限额比例 − " + (
        "已纳入补偿的损失" if on_loss else "已付 − 已预留" + (" + 已返还" if refills else "")
    )
    before = years.get(year - 1)
    if terms.choice("unused_cap") == "carries" and before is not None:
        carried = max(free(before), Fraction(0))
        left += carried
        inputs.append(Input(name="上年结转", value=_yuan(round_down_fen(carried)), source=f"{year - 1} 年度"))
        formula += " + 上年结转"
    key = f"{facts.loan.institution}|{year}"
    return Room(
        BANK_YEAR,
        key,
        free=left,
        used=used(this),
        on_loss=on_loss,
        given=(this.lending, this.paid, this.reserved, this.returned, this.loss),
        inputs=tuple(inputs),
        formula=formula,
        clause="三（四）",
    )


def _two_readings(facts: BankClaimFacts, terms: Terms, room: Room) -> list[Check]:
    """A1: where the two readings of 当年 give different room, the reviewer sees both figures."""
    basis = terms.choice("cap_basis")
    other_basis = "claim_year" if basis == "vintage" else "vintage"
    other_year = cap_year(facts, other_basis)
    if other_year == cap_year(facts, basis):
        return []
    other = bank_year_room(facts, terms, other_year)
    if other is None or other.left == room.left:
        return []
    label = terms.parameters.get("cap_basis").choices
    return [
        Check(
            code="bank_year.two_readings",
            label="“当年”两种口径的限额余额不同",
            result=Result.LOOK,
            value=f"{terms.text('cap_basis')}口径 {_yuan(room.left)}",
            expected=f"{label[other_basis]}（{other_year}）口径 {_yuan(other.left)}",
            source=terms.source("cap_basis"),
            clause="三（四）",
            remedy=f"现按{terms.text('cap_basis')}口径计算；如联席会议另有决议，请系统管理按决议调整后重新测算。",
        )
    ]


def _budget(facts: ClaimFacts, terms: Terms) -> Room:
    """三（一）: “相关资金在市工业和信息化局年度预算安排，总额控制、据实列支”, for both boards."""
    budget = facts.budget
    if budget is None:
        raise AssertionError("rooms() asks only when a budget was given")
    day = facts.decided_on if terms.choice("budget_year_day") == "decision" else facts.accepted_on
    if day is not None and day.year != budget.year:
        raise FactsError(
            (Fault("budget.year", f"预算年度 {budget.year} 与占用预算的日期 {day} 不在同一年，请核对。"),)
        )
    source = f"{budget.year} 年度预算"
    inputs = (Input(name="年度预算余额", value=_yuan(budget.left), source=source),)
    return Room(
        BUDGET,
        str(budget.year),
        free=Fraction(budget.left),
        used=None,
        on_loss=False,
        given=(budget.left,),
        inputs=inputs,
        formula="预算 − 已付 − 已预留",
        clause="三（一）",
    )


def _not_given(code: str, said: str, clause: str) -> Check:
    return Check(
        code=f"{code}.unknown",
        label=NAMES[code],
        result=Result.LOOK,
        value="未提供",
        expected="须提供余额",
        source="申请事实",
        clause=clause,
        remedy=f"{said}，该限额未参与计算；补充后重新测算。",
    )


def _used(
    paid: Decimal, reserved: Decimal, returned: Decimal, loss: Decimal | None, source: str
) -> tuple[Input, ...]:
    if loss is not None:
        return (Input(name="已纳入补偿的损失", value=_yuan(loss), source=source),)
    figures = (("已付", paid), ("已预留", reserved), ("已返还", returned))
    return tuple(Input(name=name, value=_yuan(value), source=source) for name, value in figures)


def _yuan(value: Decimal) -> str:
    return f"{amount_text(value)} 元"
