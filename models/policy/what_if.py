"""What would have been paid under other rules (政策推演): claims replayed on the facts they were decided on.

Only differences travel: where an earlier claim would have taken more or less of a limit, later ones find that much
less or more of it, and all together never take more than it allows. What people decided against is not reopened, unless the rules alone stood against it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from models.calendar import WorkingCalendar
from models.money import ZERO
from models.policy import codes, compensation, eligibility, limits
from models.policy.compensation import Draft
from models.policy.errors import FactsError, Fault, PolicyError
from models.policy.facts import ClaimFacts
from models.policy.limits import Room
from models.policy.lines import Result
from models.policy.overrides import Override
from models.policy.parameters import Parameters
from models.policy.values import day

ASSUMED = "政策推演（假设）"
DIMENSIONS = ("institution", "size", "industry", "year")
DIMENSION_NAMES = {"institution": "机构", "size": "企业划型", "industry": "行业", "year": "受理年度"}
_POOLS = {
    "cap_basis", "cap_applies_to", "enterprise_cap_period", "enterprise_cap_banks", "enterprise_cap_on",
    "budget_year_day", "terms_day",
}  # fmt: skip
"""Parameters that say which limit a claim counts in: with another reading it leaves one pool and enters another."""
_Pool = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Pinned:
    """A claim as it was decided or stands: its facts, what is recorded for it (元), and where it is counted.

    `failed` are the codes of the checks that failed; `refused` that people decided against it; `held` that its
    amount was taken from the limits; `asked` caps it where less was asked than the rules gave.
    """

    facts: ClaimFacts
    before: Decimal | None
    failed: frozenset[str]
    refused: bool
    held: bool
    asked: Decimal | None
    groups: dict[str, str]


@dataclass(frozen=True, slots=True)
class Replayed:
    """A claim under both sets of rules (元); `reason` says in words what made the difference, "" for none."""

    claim_no: str
    groups: dict[str, str]
    before: Decimal
    after: Decimal
    reason: str

    @property
    def difference(self) -> Decimal:
        """More (+) or less (−) than recorded, 元."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Group:
    """One line of a comparison, 元."""

    label: str
    claims: int
    changed: int
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        """After less before, 元."""
        return self.after - self.before


def changes(data: Any, parameters: Parameters) -> tuple[Override, ...]:
    """Assumed values out of {changes: {name: value, or {from, value}}}; from the policy's first day if not said.

    Raises `FactsError` naming each one that cannot be.
    """
    given = data.get("changes") if isinstance(data, dict) else None
    if not isinstance(given, dict) or not given or not set(data) <= {"title", "changes"}:
        raise FactsError((Fault("changes", "须写明 changes（参数名: 值），可另写 title；至少一项。"),))
    start = parameters.get("policy_from").rows[0].since
    found: list[Override] = []
    faults: list[Fault] = []
    for name, entry in given.items():
        dated = isinstance(entry, dict)
        try:
            if dated and set(entry) != {"from", "value"}:
                raise PolicyError("须且仅须写明 from（起始日）和 value（值）。")
            since = day(entry["from"], "起始日") if dated else start
            value = entry["value"] if dated else entry
            override = Override(
                name=str(name), value=value, effective_from=max(since, start), resolution=ASSUMED
            )
            assumed(parameters, (override,), check=False)
            found.append(override)
        except PolicyError as error:
            faults.append(Fault(f"changes.{name}", str(error)))
    if faults:
        raise FactsError(tuple(faults))
    return tuple(found)


def assumed(parameters: Parameters, wanted: Iterable[Override], *, check: bool = True) -> Parameters:
    """The parameters as if the assumed values had been in force from their day on, whatever came later.

    Raises `PolicyError` for a value that cannot be, or (with `check`) values that contradict each other.
    """
    wanted = tuple(wanted)
    items = dict(parameters.items)
    for override in wanted:
        known = parameters.get(override.name)
        kept = tuple(row for row in known.rows if row.since < override.effective_from)
        items[override.name] = replace(known, rows=kept)
    emptied = Parameters(items, parameters.version, parameters.files, parameters.overrides)
    if check:
        return emptied.with_overrides(wanted)
    for override in wanted:
        parameters.get(override.name).parse(override.value)
    return emptied


def replay(
    claims: Iterable[Pinned],
    recorded: Parameters,
    other: Parameters,
    calendar: WorkingCalendar | None = None,
) -> tuple[Replayed, ...]:
    """Every claim under `other` rules, in the order of 受理; `recorded` are the rules the record was made by."""
    moved = any(recorded.get(name).rows != other.get(name).rows for name in _POOLS)
    held = _Held(recorded)
    result: list[Replayed] = []
    for claim in sorted(claims, key=lambda one: one.facts.order):
        draft = compensation.draft(claim.facts, other)
        by_record = compensation.draft(claim.facts, recorded) if moved or claim.before is None else draft
        before = claim.before
        if before is None:
            before = ZERO if claim.failed else compensation.settle(by_record)[0]
        after, reason = _after(claim, held.leaves(draft, by_record, before), other, calendar)
        if claim.held:
            held.count(draft, after, by_record, before)
        result.append(
            Replayed(claim.facts.claim_no, claim.groups, before, after, reason if after != before else "")
        )
    return tuple(result)


class _Held:
    """What the claims so far hold of each limit under both sets of rules (元, in the measure of the limit)."""

    def __init__(self, recorded: Parameters) -> None:
        self._recorded = recorded
        self._after: defaultdict[_Pool, Fraction] = defaultdict(Fraction)
        self._before: defaultdict[_Pool, Fraction] = defaultdict(Fraction)

    def count(self, draft: Draft, after: Decimal, by_record: Draft, before: Decimal) -> None:
        """A claim takes `after` where the other rules count it, and `before` where the record has it."""
        whole = Fraction(after)
        for room in draft.rooms:
            self._after[room.code, room.key] += _use(draft, room, whole)
        whole = Fraction(before)
        for room in by_record.rooms:
            self._before[room.code, room.key] += _use(by_record, room, whole)

    def leaves(self, draft: Draft, by_record: Draft, before: Decimal) -> Draft:
        """The draft with the room the earlier claims leave it: less by what they take more than recorded, and never
        more than the limit less all they take."""
        rooms, less = [], False
        for room in draft.rooms:
            after, earlier = self._after[room.code, room.key], self._before[room.code, room.key]
            free = room.free if after == earlier else room.free - (after - earlier)
            if room.used is not None and room.used < earlier:
                together = room.free + Fraction(room.used) - after
                if _use(draft, room, Fraction(draft.rounded)) > together:
                    free = min(free, together + self._given_beyond(room.code, by_record, before))
            less = less or free != room.free
            rooms.append(room if free == room.free else replace(room, free=free))
        return replace(draft, rooms=tuple(rooms)) if less else draft

    def _given_beyond(self, code: str, by_record: Draft, before: Decimal) -> Fraction:
        """The facts of a claim do not know what was reserved, or lent, between its calculation and its approval. What it
        was given beyond what they allow it keeps: under the rules of the record nothing changes."""
        terms = compensation.terms_of(by_record.facts, self._recorded)
        for room in limits.rooms(by_record.facts, terms)[0]:
            if room.code == code and room.used is not None:
                left = room.free + Fraction(room.used) - self._before[room.code, room.key]
                return max(_use(by_record, room, Fraction(before)) - left, Fraction(0))
        return Fraction(0)


def _use(draft: Draft, room: Room, amount: Fraction) -> Fraction:
    return amount / draft.rate if room.on_loss and draft.rate else amount


def _after(
    claim: Pinned, draft: Draft, other: Parameters, calendar: WorkingCalendar | None
) -> tuple[Decimal, str]:
    checks = (*eligibility.claim(claim.facts, other, calendar), *draft.checks)
    failed = {check.code: check.label for check in checks if check.result is Result.FAIL}
    newly = [label for code, label in failed.items() if code not in claim.failed]
    if claim.refused:
        if failed or not claim.failed:
            return ZERO, ""
    elif newly or (failed and not claim.held):
        return ZERO, f"不再符合：{'、'.join(newly)}" if newly else ""
    payable, deciding = compensation.settle(draft)
    if claim.asked is not None and claim.asked < payable:
        return claim.asked, "以申请金额为限"
    if claim.refused:
        return payable, "原检查不符合，现符合"
    return payable, codes.LIMITS.get(deciding, "补偿比例")


def totals(claims: Sequence[Replayed]) -> Group:
    """All claims in one line."""
    return _group("合计", claims)


def by(dimension: str, claims: Sequence[Replayed]) -> tuple[Group, ...]:
    """One line per institution, size class, industry or year: years in order, else the largest difference first."""
    found: defaultdict[str, list[Replayed]] = defaultdict(list)
    for claim in claims:
        found[claim.groups[dimension]].append(claim)
    groups = [_group(label, members) for label, members in found.items()]
    if dimension == "year":
        return tuple(sorted(groups, key=lambda group: group.label))
    return tuple(sorted(groups, key=lambda group: (-abs(group.difference), -group.before, group.label)))


def _group(label: str, members: Sequence[Replayed]) -> Group:
    return Group(
        label,
        len(members),
        sum(one.after != one.before for one in members),
        sum((one.before for one in members), ZERO),
        sum((one.after for one in members), ZERO),
    )
