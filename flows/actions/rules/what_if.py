"""政策推演: every decided and open claim replayed under other rules, on the facts pinned with it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from flows.actions.errors import permitted
from models.lifecycle import State
from models.permissions import Actor, may_play_what_if
from models.policy import explain, what_if
from models.policy.errors import FactsError
from models.policy.overrides import Override
from models.policy.parameters import Parameters
from models.policy.what_if import Pinned, Replayed
from models.records.reference import working_calendar
from models.records.rules import rules


@dataclass(frozen=True, slots=True)
class Comparison:
    """The claims under both sets of rules. `left_out` counts claims without facts that can be replayed."""

    assumed: tuple[Override, ...]
    claims: tuple[Replayed, ...]
    left_out: int


def compare(s: Session, actor: Actor, data: Any) -> Comparison:
    """{changes: {…}} (see `what_if.changes`) against what is recorded, for whoever plans the policy.

    Raises `ForbiddenError`, and `FactsError` or `PolicyError` for values that cannot be.
    """
    permitted(may_play_what_if(actor))
    return play(s, data)


def play(s: Session, data: Any) -> Comparison:
    """`compare` for the command line, where the operator of the machine asks."""
    current = rules(s)
    wanted = what_if.changes(data, current)
    return _compare(s, current, wanted, what_if.assumed(current, wanted))


def of_open_claims(s: Session, wanted: Override) -> Comparison:
    """The open claims as they would stand if one resolution were confirmed now: in force from its own day."""
    current = rules(s)
    return _compare(s, current, (wanted,), current.with_overrides((wanted,)), only_open=True)


def _compare(
    s: Session,
    current: Parameters,
    wanted: tuple[Override, ...],
    other: Parameters,
    *,
    only_open: bool = False,
) -> Comparison:
    pinned, left_out = _pinned(s, only_open=only_open)
    return Comparison(wanted, what_if.replay(pinned, current, other, working_calendar(s)), left_out)


_CLAIMS = """
SELECT c.number, c.state, c.board, c.closed_at IS NULL AS open, c.opened_at, k.facts, k.calculated, k.approved,
    k.requested, (k.award ->> 'payable')::numeric AS payable, n.short_name AS institution, l.size_class,
    coalesce(nullif(l.sector, ''), l.industry) AS industry,
    jsonb_path_query_array(k.checks, '$.checks[*] ? (@.result == "fail").code')
        || jsonb_path_query_array(coalesce(k.award, '{}'), '$.checks[*] ? (@.result == "fail").code') AS failed
FROM claims k JOIN cases c ON c.id = k.case_id JOIN loans l ON l.id = k.loan_id
    LEFT JOIN LATERAL (
        SELECT short_name FROM institution_names WHERE institution_id = c.institution_id
        ORDER BY valid_from DESC LIMIT 1
    ) n ON true
WHERE c.state <> 'withdrawn' AND (NOT :only_open OR c.closed_at IS NULL)
"""
_REFUSED = {State.NOT_ACCEPTED.value, State.CLAIM_REFUSED.value}


def _pinned(s: Session, *, only_open: bool) -> tuple[list[Pinned], int]:
    found: list[Pinned] = []
    left_out = 0
    for row in s.connection().execute(text(_CLAIMS), {"only_open": only_open}).mappings():
        try:
            found.append(_one(row))
        except FactsError:
            left_out += 1
    return found, left_out


def _one(row: Any) -> Pinned:
    if row["facts"] is None:  # opened a moment ago: the checks that pin its facts have not run
        raise FactsError(())
    facts = explain.read(row["facts"])[0]
    refused = row["state"] in _REFUSED
    held = row["approved"] is not None and not refused
    failed = frozenset(row["failed"])
    calculated: Decimal | None = row["calculated"]
    if refused or (failed and not held):
        before: Decimal | None = Decimal("0.00")
    else:
        before = row["approved"] if held else calculated
    asked_less = row["payable"] is not None and row["requested"] < row["payable"]
    return Pinned(
        facts=facts,
        before=before,
        failed=failed,
        refused=refused,
        held=held,
        asked=row["requested"] if asked_less else None,
        groups={
            "institution": row["institution"] or "",
            "size": row["size_class"],
            "industry": row["industry"],
            "year": f"{facts.accepted_on.year} 年",
        },
    )
