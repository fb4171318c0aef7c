"""Facts in, the whole answer out: checks, lines, payable, which limit bound, the remainder and why.

The same function stands behind `fengbu policy explain`, the API and the documents.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter

from models.calendar import WorkingCalendar
from models.money import ZERO
from models.policy import codes, compensation, eligibility
from models.policy.allocation import allocate
from models.policy.award import Award
from models.policy.contradictions import contradictions
from models.policy.errors import FactsError, Fault
from models.policy.exact import fraction_text
from models.policy.facts import BankClaimFacts, Board, ClaimFacts, GuaranteeClaimFacts
from models.policy.fields import parse
from models.policy.lines import Check, Printed, Result
from models.policy.parameters import Parameters

_SHARED = {"overrides", "known_on", "quotes", "budget"}


class Explanation(Printed):
    """The answer for one claim (元).

    `payable` is 0.00 for an ineligible claim (`result` fail); `would_have` is then what it would have had, else
    None. `binding` is the code of the limit that cut the amount; `remainder` is what the ratio gave beyond `payable`
    (of an ineligible claim all of it), and `remainder_code` says why it is not paid. All codes: `codes.py`.
    """

    claim_no: str
    board: Board
    result: Result
    payable: Decimal
    would_have: Decimal | None
    binding: str | None
    remainder: Decimal
    remainder_code: str
    remainder_reason: str
    award: Award
    checks: tuple[Check, ...]
    parameter_version: str


def read(data: object) -> tuple[ClaimFacts, ...]:
    """The claims of a facts document: one claim, a list, or {claims: […]} with shared overrides, budget, quotes.

    Raises `FactsError` with every fault of every claim.
    """
    return _claims(data, lambda _: ())


def asked(data: object, parameters: Parameters | None = None) -> tuple[ClaimFacts, ...]:
    """As `read`, of facts that come in by a door: what contradicts itself is a fault too (`contradictions.py`)."""
    rules = parameters or Parameters.load()
    return _claims(data, lambda claim: contradictions(claim, rules))


def _claims(data: object, faults_of: Callable[[ClaimFacts], tuple[Fault, ...]]) -> tuple[ClaimFacts, ...]:
    shared: dict[str, Any] = {}
    listed, inside = False, ""
    if isinstance(data, Mapping) and "claims" in data:
        unknown = [str(key) for key in data if key not in {*_SHARED, "claims"}]
        if unknown:
            raise FactsError(tuple(Fault(key, "不认识的字段，请对照字段说明核对拼写。") for key in unknown))
        shared = {key: value for key, value in data.items() if key != "claims"}
        data, listed, inside = data["claims"], True, "claims."
    if isinstance(data, list):
        listed = True
    elif listed:
        raise FactsError((Fault("claims", "须为列表。"),))
    entries = data if isinstance(data, list) else [data]
    if not entries:
        raise FactsError((Fault("claims", "至少须有一笔申请。"),))
    claims: list[ClaimFacts] = []
    faults: list[Fault] = []
    for place, entry in enumerate(entries):
        try:
            claims.append(_one({**shared, **entry} if isinstance(entry, Mapping) else entry))
            found = faults_of(claims[-1])
        except FactsError as error:
            found = error.faults
        prefix = f"{inside}{place}." if listed else ""
        faults.extend(Fault(prefix + fault.field, fault.message) for fault in found)
    if faults:
        raise FactsError(tuple(faults))
    return tuple(claims)


def _one(entry: object) -> ClaimFacts:
    board = entry.get("board") if isinstance(entry, Mapping) else None
    if board == Board.GUARANTEE:
        return parse(GuaranteeClaimFacts, entry)
    if board == Board.BANK or not isinstance(entry, Mapping):
        return parse(BankClaimFacts, entry)
    raise FactsError((Fault("board", "板块只能是 bank（银行板块）或 guarantee（融担板块）。"),))


def explain(
    data: object, parameters: Parameters | None = None, calendar: WorkingCalendar | None = None
) -> tuple[Explanation, ...]:
    """Explain a facts document (see `read`). Claims given together compete for the limits they share."""
    return explain_claims(asked(data, parameters), parameters, calendar)


def explain_claims(
    claims: tuple[ClaimFacts, ...],
    parameters: Parameters | None = None,
    calendar: WorkingCalendar | None = None,
) -> tuple[Explanation, ...]:
    """Explain claims already parsed. An ineligible claim takes nothing from a limit the others share.

    Raises `FactsError` or `PolicyError` for facts that contradict each other or the rules.
    """
    drafts = [compensation.draft(facts, parameters) for facts in claims]
    checked = [
        (*eligibility.claim(facts, parameters, calendar), *draft.checks)
        for facts, draft in zip(claims, drafts, strict=True)
    ]
    fit = [d for d, checks in zip(drafts, checked, strict=True) if eligibility.verdict(checks) != Result.FAIL]
    shares = allocate(fit)
    return tuple(
        _answer(facts, compensation.finish(draft, shares.get(facts.claim_no)), checks)
        for facts, draft, checks in zip(claims, drafts, checked, strict=True)
    )


def _answer(facts: ClaimFacts, award: Award, checks: tuple[Check, ...]) -> Explanation:
    if facts.asked is not None:
        checks = (*checks, _asked(facts.asked, award.payable))
    result = eligibility.verdict(checks)
    failed = result is Result.FAIL
    code = ""
    if failed:
        code = "ineligible"
    elif award.binding is not None and award.over_limit:
        code = "bank_year.deferred" if award.over_limit_deferred else award.binding
    reason = codes.REMAINDERS[code] if code else ""
    if failed:
        reason = "不符合：" + "、".join(check.label for check in checks if check.result is Result.FAIL)
    return Explanation(
        claim_no=facts.claim_no,
        board=facts.board,
        result=result,
        payable=ZERO if failed else award.payable,
        would_have=award.payable if failed else None,
        binding=award.binding,
        remainder=award.payable + award.over_limit if failed else award.over_limit,
        remainder_code=code,
        remainder_reason=reason,
        award=award,
        checks=checks,
        parameter_version=award.parameter_version,
    )


def _asked(asked: Decimal, payable: Decimal) -> Check:
    same = asked == payable
    return Check(
        code="claim.asked",
        label="申请金额与测算一致",
        result=Result.PASS if same else Result.LOOK,
        value=fraction_text(asked),
        expected=fraction_text(payable),
        source="补偿申请表",
        clause="四（二）",
        remedy="" if same else "申请金额与测算不一致，以测算为准，请与申报机构核对。",
    )


def schema() -> dict[str, Any]:
    """The JSON schema of a claim's facts (either board), with Chinese titles."""
    return TypeAdapter(BankClaimFacts | GuaranteeClaimFacts).json_schema()
