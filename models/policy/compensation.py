"""What a claim is paid: `bank(facts)` and `guarantee(facts)`.

Everything a figure depends on is in the facts and the parameters; the same facts and the same parameter version
give the same lines for ever. Eligibility is another question (`eligibility.py`); `explain.py` joins the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from models.money import round_down_fen, round_half_up_fen
from models.policy import limits
from models.policy.award import Award
from models.policy.clauses import clause
from models.policy.exact import exact_amount, exact_ratio, fraction_text
from models.policy.facts import BankClaimFacts, ClaimFacts, GuaranteeClaimFacts
from models.policy.limits import Room
from models.policy.lines import Check, Input, Line, ratio_text
from models.policy.loss import bank_loss, guarantee_losses
from models.policy.parameters import Parameters, Terms
from models.policy.ratio import bank_ratio

RATIO = "ratio"
TOTAL_CAP = "guarantee.total_cap"
PAYABLE = "payable"


def terms_of(facts: ClaimFacts, parameters: Parameters | None = None) -> Terms:
    """A19: the parameters of the day of disbursement (or of 受理), with the overrides of the facts.

    A loan from before the policy is calculated with its first values; that it is outside is a check's to say.
    """
    parameters = (parameters or Parameters.load()).with_overrides(facts.overrides)
    start = parameters.get("policy_from").rows[0].since
    by = parameters.value("terms_day", on=max(facts.accepted_on, start), known_on=facts.known_on)
    day = facts.loan.disbursed_on if by == "disbursement" else facts.accepted_on
    return parameters.on(max(day, start), facts.known_on)


@dataclass(frozen=True, slots=True)
class Share:
    """What an allocation among competing claims left to one claim under one limit, and how (A4)."""

    amount: Decimal
    how: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A claim calculated up to its limits: what the ratio gives (`requested`, exact) and what is left where."""

    facts: ClaimFacts
    terms: Terms
    loss: Fraction
    rate: Fraction
    requested: Fraction
    deciding: str
    lines: tuple[Line, ...]
    checks: tuple[Check, ...]
    rooms: tuple[Room, ...]

    @property
    def rounded(self) -> Decimal:
        """A14: the requested amount rounded to the fen; under `down` the order of cutting does not matter."""
        down = self.terms.choice("rounding") == "down"
        return round_down_fen(self.requested) if down else round_half_up_fen(self.requested)

    def ceiling(self, room: Room) -> Fraction:
        """What the room allows this claim in compensation (元): a limit on loss allows ratio × loss."""
        return Fraction(room.left) * (self.rate if room.on_loss else 1)


def bank(facts: BankClaimFacts, parameters: Parameters | None = None) -> Award:
    """三（四）: “以……贷款本金总额的2%为限，对银行机构承担损失给予最高80%的补偿……单家企业补偿限额1000万元”.

    Raises `FactsError` or `PolicyError` (Chinese sentences) for facts that contradict each other or the rules.
    """
    return finish(draft_bank(facts, parameters))


def guarantee(facts: GuaranteeClaimFacts, parameters: Parameters | None = None) -> Award:
    """三（三）: “对政府性融担机构承担损失给予50%的补偿（且不超过总体损失的20%），对银行机构承担损失不予补偿”.

    Raises as `bank`.
    """
    return finish(draft_guarantee(facts, parameters))


def draft(facts: ClaimFacts, parameters: Parameters | None = None) -> Draft:
    """The calculation of either board up to the limits."""
    if isinstance(facts, BankClaimFacts):
        return draft_bank(facts, parameters)
    return draft_guarantee(facts, parameters)


def draft_bank(facts: BankClaimFacts, parameters: Parameters | None = None) -> Draft:
    """银行板块: loss, ratio, ratio × loss."""
    terms = terms_of(facts, parameters)
    loss, loss_line = bank_loss(facts, terms)
    ratio, ratio_line, ratio_checks = bank_ratio(facts, terms, loss)
    requested = ratio * loss
    amount = _requested_line(loss, ratio, requested, "三（四）", "银行承担损失 × 补偿比例", "上列补偿比例")
    rooms, room_checks = limits.rooms(facts, terms)
    return Draft(
        facts,
        terms,
        loss,
        ratio,
        requested,
        RATIO,
        (loss_line, ratio_line, amount),
        (*ratio_checks, *room_checks),
        rooms,
    )


def draft_guarantee(facts: GuaranteeClaimFacts, parameters: Parameters | None = None) -> Draft:
    """融担板块: the guarantor's loss × 50 %, not above 20 % of the total loss."""
    terms = terms_of(facts, parameters)
    total, own, loss_lines, checks = guarantee_losses(facts, terms)
    ratio = Fraction(terms.decimal("guarantee_ratio"))
    half = ratio * own
    cap_ratio = terms.decimal("guarantee_total_cap_ratio")
    cap = Fraction(cap_ratio) * total
    lines = (
        *loss_lines,
        _requested_line(
            own,
            ratio,
            half,
            "三（三）",
            "政府性融担机构承担损失 × 补偿比例",
            terms.source("guarantee_ratio"),
        ),
        Line(
            no=0,
            code=TOTAL_CAP,
            label="总体损失的20%上限" if cap_ratio == Decimal("0.20") else "总体损失上限",
            inputs=(
                Input(name="总体损失", value=fraction_text(total), source="上列总体损失"),
                Input(
                    name="总体损失上限比例",
                    value=terms.text("guarantee_total_cap_ratio"),
                    source=terms.source("guarantee_total_cap_ratio"),
                ),
            ),
            formula="总体损失（含银行承担部分）× 上限比例",
            clause="三（三）",
            value=exact_amount(cap),
        ),
    )
    rooms, room_checks = limits.rooms(facts, terms)
    deciding = RATIO if half <= cap else TOTAL_CAP
    return Draft(facts, terms, own, ratio, min(half, cap), deciding, lines, (*checks, *room_checks), rooms)


def settle(draft: Draft) -> tuple[Decimal, str]:
    """What `finish` would pay (元) and the code of the line that decides it, without writing the lines."""
    payable, deciding = draft.rounded, draft.deciding
    for room in draft.rooms:
        ceiling = round_down_fen(draft.ceiling(room))
        if ceiling < payable:
            payable, deciding = ceiling, room.code
    return payable, deciding


def finish(draft: Draft, shares: Mapping[str, Share] | None = None) -> Award:
    """The award: limits in order, the smallest figure decides (of equals the first), cut to the fen once.

    `shares` gives, by limit code, what an allocation among competing claims left to this one (元).
    """
    exact, payable, deciding = draft.requested, draft.rounded, draft.deciding
    lines = list(draft.lines)
    for room in draft.rooms:
        share = (shares or {}).get(room.code)
        ceiling = Fraction(share.amount) if share else draft.ceiling(room)
        exact = min(exact, ceiling)
        if round_down_fen(ceiling) < payable:
            payable, deciding = round_down_fen(ceiling), room.code
        lines.append(_room_line(room, draft, share))
    payable_line = Line(
        no=0,
        code=PAYABLE,
        label="应补偿金额",
        inputs=(
            Input(name="取小后的金额", value=fraction_text(exact), source="以上各行中的最小值"),
            Input(name="取整", value=draft.terms.text("rounding"), source=draft.terms.source("rounding")),
        ),
        formula="各项取最小值，最后一步取到分",
        clause=lines[0].clause,
        value=payable,
    )
    numbered = tuple(
        line.model_copy(update={"no": place, "binding": line.code == deciding})
        for place, line in enumerate((*lines, payable_line), start=1)
    )
    bank_board = isinstance(draft.facts, BankClaimFacts)
    # What a limit took away; under the guarantee board the 20 % cap takes from the 50 % too.
    wanted = max(draft.rounded, round_down_fen(draft.rate * draft.loss))
    return Award(
        board=draft.facts.board,
        payable=payable,
        exact=exact_amount(exact),
        rate=exact_ratio(draft.rate),
        loss=exact_amount(draft.loss),
        over_limit=wanted - payable,
        over_limit_deferred=deciding == limits.BANK_YEAR and draft.terms.choice("over_cap") == "deferred",
        effective_ratio=exact_ratio(Fraction(payable) / draft.loss) if draft.loss else Decimal(0),
        deciding=deciding,
        binding=None if deciding == RATIO else deciding,
        lines=numbered,
        checks=draft.checks,
        parameter_version=draft.terms.parameters.version,
        clauses=tuple(clause(c).id for c in (("三（四）" if bank_board else "三（三）"), "三（一）")),
    )


def _room_line(room: Room, draft: Draft, share: Share | None) -> Line:
    inputs, formula = room.inputs, room.formula
    value = exact_amount(draft.ceiling(room))
    if room.on_loss:
        inputs = (
            *inputs,
            Input(name="补偿比例", value=ratio_text(exact_ratio(draft.rate)), source="上列补偿比例"),
        )
        formula = f"（{formula}）× 补偿比例"
    if share:
        inputs = (*inputs, Input(name="与其他申请共用", value=share.how, source="限额分配"))
        value = share.amount
    return Line(
        no=0,
        code=room.code,
        label=limits.NAMES[room.code],
        inputs=inputs,
        formula=formula,
        clause=room.clause,
        value=value,
    )


def _requested_line(
    loss: Fraction, ratio: Fraction, value: Fraction, clause_id: str, formula: str, source: str
) -> Line:
    return Line(
        no=0,
        code=RATIO,
        label="按比例计算的补偿",
        inputs=(
            Input(name="承担损失", value=fraction_text(loss), source="上列承担损失"),
            Input(name="补偿比例", value=ratio_text(exact_ratio(ratio)), source=source),
        ),
        formula=formula,
        clause=clause_id,
        value=exact_amount(value),
    )
