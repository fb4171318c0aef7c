"""三（四）: “给予最高80%的补偿，具体比例结合贷款规模分等级设定”: the ratio of a bank-board claim."""

from decimal import Decimal
from fractions import Fraction

from models.policy.errors import FactsError, Fault
from models.policy.exact import exact_ratio, fraction_text
from models.policy.facts import BankClaimFacts
from models.policy.limits import cap_year
from models.policy.lines import Check, Input, Line, Result, Unit, ratio_text
from models.policy.parameters import Terms
from models.policy.values import Tier

TIER = "tier"


def bank_ratio(
    facts: BankClaimFacts, terms: Terms, loss: Fraction
) -> tuple[Fraction, Line, tuple[Check, ...]]:
    """The ratio applied to the bank's loss, its line, and what a person must look at.

    A ratio already set (`facts.ratio`, e.g. by the filing confirmation) goes before the tier table. A loan above
    the highest tier has ratio 0 and a failed check, or the highest tier's ratio (A18). `loss` (元) is what the tiers
    run through where `marginal_base` says so. Raises `FactsError` when the ratio passes the ceiling
    or the size the tiers go by is missing.
    """
    ceiling = terms.decimal("bank_max_ratio")
    if facts.ratio is not None:
        if facts.ratio > ceiling:
            message = f"补偿比例 {ratio_text(facts.ratio)} 超过最高 {ratio_text(ceiling)}（三（四））。"
            raise FactsError((Fault("ratio", message),))
        source = facts.ratio_source or "申请事实"
        given = Input(name="已核定的补偿比例", value=ratio_text(facts.ratio), source=source)
        return Fraction(facts.ratio), _line(facts.ratio, (given,), "采用已核定的补偿比例"), ()
    size, size_input = _size(facts, terms)
    tiers = terms.tiers("bank_tiers")
    table = Input(name="等级表", value=terms.text("bank_tiers"), source=terms.source("bank_tiers"))
    way = Input(
        name="适用方式", value=terms.text("tier_application"), source=terms.source("tier_application")
    )
    formula = f"按{terms.text('tier_basis')}所在等级，{terms.text('tier_application')}"
    passed = Fraction(size)
    if terms.choice("tier_application") == "marginal" and terms.choice("marginal_base") == "loss":
        passed = min(loss, passed)
        formula += f"（{terms.text('marginal_base')}）"
    rate = None if _above(size, tiers, terms) else _tiered(passed, tiers, terms.choice("tier_application"))
    if rate is None:
        check = Check(
            code="ratio.above_top_tier",
            label="贷款规模在等级表之内",
            result=Result.FAIL,
            value=size_input.value,
            expected=f"不高于 {fraction_text(tiers[-1].up_to)}",
            source=size_input.source,
            clause="三（四）",
            remedy="超过最高等级的贷款没有对应的补偿比例，不予补偿。",
        )
        return Fraction(0), _line(Decimal(0), (size_input, table, way), formula), (check,)
    return rate, _line(exact_ratio(rate), (size_input, table, way), formula), ()


def _size(facts: BankClaimFacts, terms: Terms) -> tuple[Decimal, Input]:
    """A5, A18: what “贷款规模” is: the loan, the borrower's loans, or the bank's volume of the cap year."""
    basis = terms.choice("tier_basis")
    name = terms.text("tier_basis")
    if basis == "loan":
        value, source = facts.loan.principal, f"借据 {facts.loan.receipt_no}"
    elif basis == "borrower":
        if facts.borrower_principal is None:
            raise FactsError((Fault("borrower_principal", f"等级按{name}确定，须填写该金额。"),))
        if facts.borrower_principal < facts.loan.principal:
            raise FactsError((Fault("borrower_principal", "小于本笔贷款本金，请核对。"),))
        value, source = facts.borrower_principal, f"{facts.enterprise.name} 在贷合计"
    else:
        year = cap_year(facts, terms.choice("cap_basis"))
        lending = next((y.lending for y in facts.bank_years or () if y.year == year), None)
        if lending is None:
            raise FactsError((Fault("bank_years", f"等级按{name}确定，须填写 {year} 年度放款本金。"),))
        value, source = lending, f"{facts.loan.institution} {year} 年度"
    return value, Input(name=name, value=fraction_text(value), source=source)


def _above(size: Decimal, tiers: tuple[Tier, ...], terms: Terms) -> bool:
    """A18: beyond the table there is no ratio, unless the last tier is read as open."""
    return size > tiers[-1].up_to and terms.choice("above_top_tier") == "refuse"


def _tiered(size: Fraction, tiers: tuple[Tier, ...], application: str) -> Fraction:
    """A6: the ratio of the tier the size falls in, or the blend of the tiers it passes through."""
    if application == "whole" or not size:
        return Fraction(next((tier for tier in tiers if size <= tier.up_to), tiers[-1]).ratio)
    weighted, below = Fraction(0), Fraction(0)
    for tier in tiers:
        top = size if tier is tiers[-1] else min(size, Fraction(tier.up_to))
        if top <= below:
            break
        weighted += (top - below) * Fraction(tier.ratio)
        below = top
    return weighted / size


def _line(value: Decimal, inputs: tuple[Input, ...], formula: str) -> Line:
    return Line(
        no=0,
        code=TIER,
        label="补偿比例",
        inputs=inputs,
        formula=formula,
        clause="三（四）",
        value=value,
        unit=Unit.RATIO,
    )
