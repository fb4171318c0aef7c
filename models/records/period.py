"""The figures of a period, for the quarterly and the annual report: as the overview counts them (`figures`).

Amounts are 元. What an applicant asked for and was granted belongs to the day the claim was opened; what was paid to
the day of the voucher; what came back to the day of its ledger entry.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Session

from models import clock


@dataclass(frozen=True, slots=True)
class Sums:
    """What happened in the period, and what stands now (undecided, reserved)."""

    filed_loans: int
    filed_principal: Decimal
    claims: int
    claimed: Decimal
    approved_cases: int
    approved: Decimal
    refused_cases: int
    paid_cases: int
    paid: Decimal
    returned_cases: int
    returned: Decimal
    undecided_cases: int
    undecided: Decimal
    reserved_cases: int
    reserved: Decimal


@dataclass(frozen=True, slots=True)
class Month:
    """One month: cases opened and closed, and what was paid (元)."""

    year: int
    month: int
    opened: int
    closed: int
    paid: Decimal


def sums(s: Session, start: date, end: date, managing_id: int | None = None) -> Sums:
    """From `start` up to and without `end`; of one managing institution, or of all."""
    return Sums(
        *s.connection().execute(text(_of(_SUMS, managing_id)), _values(start, end, managing_id)).one()
    )


def groups(
    s: Session, key: str, start: date, end: date, managing_id: int | None = None
) -> tuple[tuple[str, int, Decimal, Decimal, Decimal, Decimal], ...]:
    """By `key` (institution, board, town, industry): (key, claims, claimed, approved, paid, returned), most claimed
    first. Claims are those opened in the period; money is what was paid and came back in it, whenever it was asked for."""
    query = _of(_GROUPS.replace("<key>", _KEYS[key]), managing_id)
    rows = s.connection().execute(text(query), _values(start, end, managing_id))
    return tuple((r[0], r[1], r[2], r[3], r[4], r[5]) for r in rows)


def months(s: Session, start: date, end: date, managing_id: int | None = None) -> tuple[Month, ...]:
    """Every month of the period, also those in which nothing happened."""
    rows = s.connection().execute(text(_of(_MONTHS, managing_id)), _values(start, end, managing_id)).all()
    found = {(int(r.year), int(r.month)): (r.opened, r.closed, r.paid) for r in rows}
    wanted, at = [], (start.year, start.month)
    while date(*at, 1) < end:
        wanted.append(at)
        at = (at[0] + 1, 1) if at[1] == 12 else (at[0], at[1] + 1)
    return tuple(Month(*one, *found.get(one, (0, 0, Decimal("0.00")))) for one in wanted)


def _values(start: date, end: date, managing_id: int | None) -> dict[str, object]:
    return {
        "first": start,
        "after": end,
        "start": clock.start_of(start),
        "end": clock.start_of(end),
        "managing": managing_id,
    }


def _of(query: str, managing_id: int | None) -> str:
    return query.replace("<mine>", "AND c.managing_institution_id = :managing" if managing_id else "")


_SUMS = """
SELECT filed.loans, filed.principal, asked.claims, asked.claimed, asked.approved_cases, asked.approved,
    asked.refused_cases, paid.cases, paid.amount, back.cases, back.amount, pending.cases, pending.amount,
    held.cases, held.amount
FROM (SELECT count(*) AS loans, coalesce(sum(l.principal), 0) AS principal FROM loans l
        JOIN cases c ON c.id = l.case_id WHERE l.registered_at >= :start AND l.registered_at < :end <mine>) filed,
    (SELECT count(*) AS claims, coalesce(sum(k.requested), 0) AS claimed,
        count(*) FILTER (WHERE k.approved > 0) AS approved_cases, coalesce(sum(k.approved), 0) AS approved,
        count(*) FILTER (WHERE c.state IN ('claim_refused', 'not_accepted')) AS refused_cases
        FROM claims k JOIN cases c ON c.id = k.case_id WHERE c.opened_at >= :start AND c.opened_at < :end <mine>) asked,
    (SELECT count(*) AS cases, coalesce(sum(k.paid), 0) AS amount FROM claims k JOIN cases c ON c.id = k.case_id
        WHERE k.voucher_date >= :first AND k.voucher_date < :after <mine>) paid,
    (SELECT count(DISTINCT e.case_id) AS cases, coalesce(sum(e.amount), 0) AS amount FROM ledger_entries e
        JOIN ledger_accounts a ON a.id = e.account_id AND a.kind = 'recovery' JOIN cases c ON c.id = e.case_id
        WHERE e.type = 'return' AND e.at >= :start AND e.at < :end <mine>) back,
    (SELECT count(*) AS cases, coalesce(sum(k.requested), 0) AS amount FROM claims k JOIN cases c ON c.id = k.case_id
        WHERE c.closed_at IS NULL AND k.approved IS NULL <mine>) pending,
    (SELECT count(*) AS cases, coalesce(sum(k.approved), 0) AS amount FROM claims k JOIN cases c ON c.id = k.case_id
        WHERE c.closed_at IS NULL AND k.approved > 0 AND k.paid IS NULL <mine>) held
"""
_KEYS = {
    "institution": "c.institution_id::text",
    "board": "c.board",
    "town": "c.town",
    "industry": "l.industry",
}
_GROUPS = """
SELECT key, count(DISTINCT case_id) FILTER (WHERE what = 'claimed'), sum(claimed), sum(approved), sum(paid), sum(returned)
FROM (
    SELECT <key> AS key, c.id AS case_id, 'claimed' AS what, k.requested AS claimed, coalesce(k.approved, 0) AS approved,
        0 AS paid, 0 AS returned
    FROM claims k JOIN cases c ON c.id = k.case_id JOIN loans l ON l.id = k.loan_id
    WHERE c.opened_at >= :start AND c.opened_at < :end <mine>
    UNION ALL
    SELECT <key>, c.id, 'paid', 0, 0, k.paid, 0
    FROM claims k JOIN cases c ON c.id = k.case_id JOIN loans l ON l.id = k.loan_id
    WHERE k.voucher_date >= :first AND k.voucher_date < :after <mine>
    UNION ALL
    SELECT <key>, c.id, 'returned', 0, 0, 0, e.amount
    FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id AND a.kind = 'recovery'
    JOIN cases c ON c.id = e.case_id JOIN claims k ON k.case_id = c.id JOIN loans l ON l.id = k.loan_id
    WHERE e.type = 'return' AND e.at >= :start AND e.at < :end <mine>
) AS moved GROUP BY 1 ORDER BY 3 DESC, 5 DESC, 1
"""
_MONTHS = """
SELECT extract(year FROM day) AS year, extract(month FROM day) AS month, sum(opened) AS opened, sum(closed) AS closed,
    sum(paid) AS paid
FROM (
    SELECT (c.opened_at AT TIME ZONE 'Asia/Shanghai')::date AS day, 1 AS opened, 0 AS closed, 0 AS paid FROM cases c
        WHERE c.opened_at >= :start AND c.opened_at < :end <mine>
    UNION ALL
    SELECT (c.closed_at AT TIME ZONE 'Asia/Shanghai')::date, 0, 1, 0 FROM cases c
        WHERE c.closed_at >= :start AND c.closed_at < :end <mine>
    UNION ALL
    SELECT k.voucher_date, 0, 0, k.paid FROM claims k JOIN cases c ON c.id = k.case_id
        WHERE k.voucher_date >= :first AND k.voucher_date < :after <mine>
) AS happened GROUP BY 1, 2
"""
