"""Several claims, one limit (A4, A20): who gets what of the last part.

Enterprise, then bank-year, then budget; each pro rata on what the previous one left, in whole fen by largest
remainder, ties by 受理时间. Different batches, or every claim under `first_come`, follow 受理时间.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from models.policy.compensation import Draft, Share
from models.policy.errors import FactsError, Fault
from models.policy.limits import NAMES, ORDER

Order = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Demand:
    """A claim on a limit: its number, who came when, how many fen it asks."""

    claim_no: str
    order: Order
    fen: int


def pro_rata(demands: Sequence[Demand], left: int) -> dict[str, int]:
    """`left` fen shared in proportion to the demands; the whole of it, when they ask for more, to the fen.

    The odd fen go to the largest remainders, of equal ones to the earlier 受理时间. No one gets more than asked.
    """
    total = sum(demand.fen for demand in demands)
    if total <= left:
        return {demand.claim_no: demand.fen for demand in demands}
    result = {demand.claim_no: demand.fen * left // total for demand in demands}
    odd = left - sum(result.values())
    by_remainder = sorted(demands, key=lambda demand: (-(demand.fen * left % total), demand.order))
    for demand in by_remainder[:odd]:
        result[demand.claim_no] += 1
    return result


def allocate(drafts: Sequence[Draft]) -> dict[str, dict[str, Share]]:
    """By claim number and limit code: what each claim is left with under each limit it shares with others.

    Raises `FactsError` for two claims with one number, or balances that contradict each other.
    """
    _agree(drafts)
    free: dict[tuple[str, str], Fraction] = {}
    shared: defaultdict[tuple[str, str], int] = defaultdict(int)
    for draft in drafts:
        for room in draft.rooms:
            pool = (room.code, room.key)
            free[pool] = min(free.get(pool, Fraction(room.left)), Fraction(room.left))
            shared[pool] += 1
    result: dict[str, dict[str, Share]] = {}
    for batch in _batches(drafts):
        given, stages = _batch(batch, free)
        for draft in batch:
            number = draft.facts.claim_no
            for room in draft.rooms:
                free[room.code, room.key] -= _use(draft, room.code, given[number])
            result[number] = {
                room.code: Share(_yuan(stages[number][room.code]), _how(batch, draft, room.code))
                for room in draft.rooms
                if shared[room.code, room.key] > 1
            }
    return result


def _batches(drafts: Sequence[Draft]) -> list[list[Draft]]:
    """A4: claims of one batch stand side by side (no batch named: all of them); batches by their first claim."""
    groups: defaultdict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        first_come = draft.terms.choice("competition") == "first_come"
        groups[draft.facts.claim_no if first_come else f"批次 {draft.facts.batch or ''}"].append(draft)
    return sorted(groups.values(), key=lambda group: min(draft.facts.order for draft in group))


def _batch(
    batch: Sequence[Draft], free: Mapping[tuple[str, str], Fraction]
) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    wanted = {draft.facts.claim_no: int(draft.rounded * 100) for draft in batch}
    given, stages = _pass(batch, wanted, free)
    if any(draft.terms.choice("freed_share") == "redistributed" for draft in batch):
        while True:
            rest = {
                draft.facts.claim_no: min(
                    wanted[draft.facts.claim_no] - given[draft.facts.claim_no],
                    *(_open(draft, code, batch, given, free) for code in _codes(draft)),
                )
                for draft in batch
            }
            left = {pool: room - _taken(batch, given, pool) for pool, room in free.items()}
            more, _ = _pass(batch, rest, left)
            if not any(more.values()):
                break
            given = {number: fen + more[number] for number, fen in given.items()}
        stages = {number: dict.fromkeys(codes, given[number]) for number, codes in stages.items()}
    return given, stages


def _pass(
    batch: Sequence[Draft], wanted: Mapping[str, int], free: Mapping[tuple[str, str], Fraction]
) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    given = dict(wanted)
    stages: dict[str, dict[str, int]] = {draft.facts.claim_no: {} for draft in batch}
    for code in ORDER:
        pools: defaultdict[str, list[Draft]] = defaultdict(list)
        for draft in batch:
            for room in draft.rooms:
                if room.code == code:
                    pools[room.key].append(draft)
        for key, members in pools.items():
            given.update(_share_pool(members, code, given, free[code, key]))
            for draft in members:
                stages[draft.facts.claim_no][code] = given[draft.facts.claim_no]
    return given, stages


def _share_pool(
    members: Sequence[Draft], code: str, given: Mapping[str, int], left: Fraction
) -> dict[str, int]:
    need = sum((_use(draft, code, given[draft.facts.claim_no]) for draft in members), Fraction(0))
    if need <= left:
        return {}
    if any(_factor(draft, code) != 1 for draft in members):
        # A limit on loss: each keeps the same part of its loss, cut to the fen.
        part = left / need
        return {d.facts.claim_no: int(given[d.facts.claim_no] * part) for d in members}
    demands = [Demand(d.facts.claim_no, d.facts.order, given[d.facts.claim_no]) for d in members]
    return pro_rata(demands, int(left * 100))


def _factor(draft: Draft, code: str) -> Fraction:
    """How much of the limit one yuan of compensation uses: 1, or 1 ÷ ratio where the limit counts loss."""
    on_loss = any(room.code == code and room.on_loss for room in draft.rooms)
    return 1 / draft.rate if on_loss and draft.rate else Fraction(1)


def _use(draft: Draft, code: str, fen: int) -> Fraction:
    return Fraction(fen, 100) * _factor(draft, code)


def _codes(draft: Draft) -> list[tuple[str, str]]:
    return [(room.code, room.key) for room in draft.rooms]


def _taken(batch: Sequence[Draft], given: Mapping[str, int], pool: tuple[str, str]) -> Fraction:
    users = [draft for draft in batch if pool in _codes(draft)]
    return sum((_use(draft, pool[0], given[draft.facts.claim_no]) for draft in users), Fraction(0))


def _open(
    draft: Draft,
    pool: tuple[str, str],
    batch: Sequence[Draft],
    given: Mapping[str, int],
    free: Mapping[tuple[str, str], Fraction],
) -> int:
    left = free[pool] - _taken(batch, given, pool)
    return int(left * 100 / _factor(draft, pool[0]))


def _how(batch: Sequence[Draft], draft: Draft, code: str) -> str:
    keys = {room.key for room in draft.rooms if room.code == code}
    sharing = [d for d in batch if any(r.code == code and r.key in keys for r in d.rooms)]
    if len(sharing) > 1:
        return f"同批次 {len(sharing)} 笔按比例分配"
    return "按受理先后"


def _yuan(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2).quantize(Decimal("0.01"))


def _agree(drafts: Iterable[Draft]) -> None:
    seen: dict[tuple[str, str], tuple[Decimal, ...]] = {}
    numbers: set[str] = set()
    faults = []
    for draft in drafts:
        number = draft.facts.claim_no
        if number in numbers:
            faults.append(Fault("claim_no", f"申请编号 {number} 出现两次，请核对。"))
        numbers.add(number)
        for room in draft.rooms:
            if seen.setdefault((room.code, room.key), room.given) != room.given:
                message = f"申请 {number} 写明的{NAMES[room.code]}与其他申请不一致，请核对后统一。"
                faults.append(Fault(room.code, message))
    if faults:
        raise FactsError(tuple(faults))
