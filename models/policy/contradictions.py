"""What cannot all be true of one claim as somebody typed it: each contradiction a fault, with its place.

A check judges the claim; this judges the question. It is asked of facts that come in by a door, never of facts kept
with a case: those are calculated again as they stood.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import cast

from models.policy.errors import Fault, PolicyError
from models.policy.facts import BankClaimFacts, ClaimFacts, GuaranteeClaimFacts, Period
from models.policy.overrides import Override
from models.policy.parameters import Parameters


def contradictions(claim: ClaimFacts, parameters: Parameters) -> tuple[Fault, ...]:
    """Every fault of the facts, by their dotted places; () when they can all be true."""
    return tuple(fault for ask in _ASKED for fault in ask(claim, parameters))


def _days(claim: ClaimFacts, _: Parameters) -> Iterator[Fault]:
    if claim.decided_on is not None and claim.decided_on < claim.accepted_on:
        yield Fault("decided_on", f"决定日 {claim.decided_on} 早于受理日 {claim.accepted_on}，请核对。")
    since_disbursed = (claim.accepted_on - claim.loan.disbursed_on).days
    if claim.overdue_days is not None and 0 <= since_disbursed < claim.overdue_days:
        yield Fault(
            "overdue_days",
            f"逾期 {claim.overdue_days} 天，多于放款日至受理日的 {since_disbursed} 天，请核对。",
        )
    if isinstance(claim, GuaranteeClaimFacts):
        yield from _guarantors_days(claim)


def _guarantors_days(claim: GuaranteeClaimFacts) -> Iterator[Fault]:
    disbursed = claim.loan.disbursed_on
    if claim.subrogated_on is not None and claim.subrogated_on < disbursed:
        yield Fault("subrogated_on", f"代偿日 {claim.subrogated_on} 早于放款日 {disbursed}，请核对。")
    if claim.submitted_on is not None and claim.submitted_on > claim.accepted_on:
        yield Fault("submitted_on", f"申请日 {claim.submitted_on} 晚于受理日 {claim.accepted_on}，请核对。")


def _white_list(claim: ClaimFacts, _: Parameters) -> Iterator[Fault]:
    """三（二）: a firm is on the list or it is not; two stays cannot overlap."""
    stays = sorted(enumerate(claim.enterprise.white_list or ()), key=lambda one: one[1].since)
    before: Period | None = None
    for place, stay in stays:
        where = f"enterprise.white_list.{place}"
        if stay.until is not None and stay.until <= stay.since:
            yield Fault(where, f"移出生效日 {stay.until} 不晚于列入生效日 {stay.since}，请核对。")
        if before is not None and (before.until is None or stay.since < before.until):
            yield Fault(
                where, f"与 {before.since} 列入的期间重叠：同一企业的白名单期间不能重叠，请核对起止日。"
            )
        before = stay


def _quotes(claim: ClaimFacts, _: Parameters) -> Iterator[Fault]:
    days = Counter(quote.published_on for quote in claim.quotes or ())
    for day, times in days.items():
        if times > 1:
            yield Fault("quotes", f"{day} 公布的报价写了 {times} 次：同一公布日只能写一项。")


def _overrides(claim: ClaimFacts, parameters: Parameters) -> Iterator[Fault]:
    for place, override in enumerate(claim.overrides):
        where = f"overrides.{place}"
        try:
            parameters.get(override.name).parse(override.value)
        except PolicyError as error:
            named = override.name in parameters.items
            yield Fault(f"{where}.{'value' if named else 'name'}", str(error))
            continue
        if said := outside_the_policy(override, parameters):
            yield Fault(f"{where}.effective_from", said)
        if said := above_the_text(override, parameters):
            yield Fault(f"{where}.value", said)


def above_the_text(override: Override, parameters: Parameters) -> str:
    """三（四）: “给予最高80%的补偿”: no resolution raises the ceiling; "" or the sentence that says so."""
    if override.name != "bank_max_ratio":
        return ""
    ceiling = parameters.get(override.name)
    most, ratio = ceiling.rows[0].value, ceiling.parse(override.value)
    if cast("Decimal", ratio) <= cast("Decimal", most):
        return ""
    return f"三（四）载明最高 {ceiling.text(most)}，不能调整为 {ceiling.text(ratio)}：须先由市政府修订方案。"


def outside_the_policy(override: Override, parameters: Parameters) -> str:
    """五（二）: a value can only count within the policy's term; "" or the sentence that says so."""
    day = override.effective_from
    first = cast("date", parameters.get("policy_from").rows[0].value)
    last = max(cast("date", row.value) for row in parameters.get("policy_until").rows)
    if first <= day <= last:
        return ""
    return f"生效日 {day} 不在政策期（{first} 至 {last}）之内，请核对。"


def _limits(claim: ClaimFacts, _: Parameters) -> Iterator[Fault]:
    if not isinstance(claim, BankClaimFacts):
        return
    loan = claim.loan
    if claim.borrower_principal is not None and claim.borrower_principal < loan.principal:
        yield Fault("borrower_principal", "该企业贷款本金合计小于本笔贷款本金，请核对。")
    for place, year in enumerate(claim.bank_years or ()):
        if year.year == loan.disbursed_on.year and claim.registered and year.lending < loan.principal:
            yield Fault(
                f"bank_years.{place}.lending",
                f"{year.year} 年度放款本金 {year.lending} 元小于其中的本笔贷款 {loan.principal} 元，请核对。",
            )


_ASKED: tuple[Callable[[ClaimFacts, Parameters], Iterator[Fault]], ...] = (
    _days,
    _white_list,
    _quotes,
    _overrides,
    _limits,
)
