"""What the loss is (A7): by default unpaid principal only, before costs and interest."""

from fractions import Fraction

from models.policy.errors import FactsError, Fault
from models.policy.exact import exact_amount, fraction_text
from models.policy.facts import BankClaimFacts, ClaimFacts, GuaranteeClaimFacts, Shares
from models.policy.lines import Check, Input, Line, Result, plain
from models.policy.parameters import Terms

LOSS = "loss"
TOTAL_LOSS = "loss.total"


def bank_loss(facts: BankClaimFacts, terms: Terms) -> tuple[Fraction, Line]:
    """三（四）: “对银行机构承担损失”: the unpaid principal less what others bear."""
    base, inputs, formula = _unpaid(facts, terms)
    loss = base - Fraction(facts.borne_by_others)
    if loss < 0:
        raise FactsError((Fault("borne_by_others", "由其他方承担的损失大于损失口径内的金额，请核对。"),))
    if facts.borne_by_others:
        inputs = (*inputs, _given("由其他方承担的损失", facts.borne_by_others))
        formula += " − 由其他方承担的损失"
    return loss, _line(LOSS, "银行机构承担损失", loss, inputs=inputs, formula=formula, clause="三（四）")


def guarantee_losses(
    facts: GuaranteeClaimFacts, terms: Terms
) -> tuple[Fraction, Fraction, tuple[Line, ...], tuple[Check, ...]]:
    """三（三）: “总体损失” (with the bank's own share) and “政府性融担机构承担损失”, after the upper levels' shares.

    Where the guarantor states its loss, the lower of the stated and the computed figure counts; a difference of
    the tolerance or more fails a check.
    """
    shares = facts.loan.shares
    if shares is None:
        raise AssertionError("GuaranteeClaimFacts requires shares")
    total, inputs, formula = _unpaid(facts, terms)
    own = total * Fraction(shares.city) / 100
    total_line = _line(
        TOTAL_LOSS, "总体损失（含银行承担部分）", total, inputs=inputs, formula=formula, clause="三（三）"
    )
    share = Input(name="市融担机构分险比例", value=f"{plain(shares.city)}%", source=_shares_text(shares))
    own_inputs: tuple[Input, ...] = (Input(name="总体损失", value=fraction_text(total), source="上行"), share)
    own_formula = "总体损失 × 市融担机构分险比例"
    checks: tuple[Check, ...] = ()
    if facts.guarantor_loss is not None:
        stated = Fraction(facts.guarantor_loss)
        checks = (_agreement(facts, terms, own),)
        own = min(own, stated)
        own_inputs = (*own_inputs, _given("申报的承担损失", facts.guarantor_loss))
        own_formula += "，与申报数取较低者"
    own_line = _line(
        LOSS, "政府性融担机构承担损失", own, inputs=own_inputs, formula=own_formula, clause="三（三）"
    )
    return total, own, (total_line, own_line), checks


def _agreement(facts: GuaranteeClaimFacts, terms: Terms, computed: Fraction) -> Check:
    stated = Fraction(facts.guarantor_loss or 0)
    agrees = abs(stated - computed) < Fraction(terms.decimal("guarantee_loss_tolerance"))
    return Check(
        code="loss.agrees_with_shares",
        label="承担损失与分险比例一致",
        result=Result.PASS if agrees else Result.FAIL,
        value=fraction_text(stated),
        expected=f"{fraction_text(computed)}，误差小于 {terms.text('guarantee_loss_tolerance')}",
        source="申请事实",
        clause="三（三）",
        remedy="" if agrees else "请核对未清偿本金、分险比例与代偿分担凭证。",
    )


def _unpaid(facts: ClaimFacts, terms: Terms) -> tuple[Fraction, tuple[Input, ...], str]:
    base = Fraction(facts.unpaid_principal)
    inputs: tuple[Input, ...] = (_given("未清偿本金", facts.unpaid_principal),)
    formula = "未清偿本金"
    if terms.choice("loss_base") == "principal_and_interest":
        base += Fraction(facts.unpaid_interest)
        inputs = (*inputs, _given("未清偿利息", facts.unpaid_interest))
        formula = "未清偿本金 + 未清偿利息"
    basis = Input(name="损失口径", value=terms.text("loss_base"), source=terms.source("loss_base"))
    return base, (*inputs, basis), formula


def _given(name: str, value: object) -> Input:
    return Input(name=name, value=fraction_text(Fraction(str(value))), source="申请事实")


def _shares_text(shares: Shares) -> str:
    figures = (
        ("银行", shares.bank),
        ("国担", shares.national),
        ("省再担", shares.province),
        ("市担", shares.city),
        ("其他", shares.other),
    )
    return "分险协议：" + "、".join(f"{name} {plain(value)}%" for name, value in figures)


def _line(
    code: str, label: str, value: Fraction, *, inputs: tuple[Input, ...], formula: str, clause: str
) -> Line:
    return Line(
        no=0,
        code=code,
        label=label,
        inputs=inputs,
        formula=formula,
        clause=clause,
        value=exact_amount(value),
    )
