"""Recomputing the ledger: every balance again from its entries, every entry from its case, every base from its loans.

Reads one snapshot and writes nothing. What does not agree is said in sentences, with both figures.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from flows.steps.accounts import bank_year_limit, of_bank_year
from models import clock
from models.records.ledger import ACCOUNT_NAMES, AccountKind
from models.records.readings import ACCEPTED_IN
from models.records.rules import rules


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not agree; `code` is stable, `expected` and `found` are what the two sides say."""

    code: str
    where: str
    sentence: str
    expected: str
    found: str


@dataclass(slots=True)
class Verified:
    """What was looked at, and what does not agree."""

    accounts: int = 0
    entries: int = 0
    cases: int = 0
    loans: int = 0
    differences: list[Difference] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def verify(s: Session) -> Verified:
    """Compare everything. `s` must not have read anything yet: it becomes a read-only snapshot."""
    connection = s.connection()
    connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
    counts = connection.execute(text(_COUNTS)).one()
    found = Verified(*counts)
    for check in (_balances, _chains, _cases, _returns, _keys, _budgets, _lending, _ceilings, _lines):
        found.differences += check(s)
    return found


Found = Iterator[Difference]


def _yuan(amount: Any) -> str:
    return f"{Decimal(amount):,.2f}"


def _rows(s: Session, query: str) -> Any:
    return s.connection().execute(text(query))


def _balances(s: Session) -> Found:
    """Balances against the sums of the entries, and used against the ceiling."""
    names = {"ceiling": "限额", "reserved": "预留", "paid": "已付", "returned": "返还"}
    for row in _rows(s, _BALANCES):
        for column, name in names.items():
            kept, summed = getattr(row, column), getattr(row, f"sum_{column}")
            if kept != summed:
                yield Difference(
                    f"balance.{column}", row.label,
                    f"{row.label}：账面{name} {_yuan(kept)} 元，按明细累计应为 {_yuan(summed)} 元，"
                    f"相差 {_yuan(kept - summed)} 元。",
                    _yuan(summed), _yuan(kept),
                )  # fmt: skip
        used = row.sum_paid + row.sum_reserved - row.sum_returned
        if row.kind != AccountKind.RECOVERY and used > row.sum_ceiling:
            yield Difference(
                "limit.passed", row.label,
                f"{row.label}：按明细已用 {_yuan(used)} 元，超过限额 {_yuan(row.sum_ceiling)} 元，"
                f"超出 {_yuan(used - row.sum_ceiling)} 元。",
                _yuan(row.sum_ceiling), _yuan(used),
            )  # fmt: skip


def _chains(s: Session) -> Found:
    """The balance noted with each entry against the running sum: an entry that is missing or changed shows here."""
    for row in _rows(s, _CHAINS):
        yield Difference(
            "entry.left_after", f"{row.label}·明细 {row.id}",
            f"{row.label}：第 {row.id} 号明细（{row.memo}）记账后余额 {_yuan(row.left_after)} 元，"
            f"逐笔累计应为 {_yuan(row.running)} 元。",
            _yuan(row.running), _yuan(row.left_after),
        )  # fmt: skip


def _cases(s: Session) -> Found:
    """What each claim holds and was paid, against its entries in each limit it meets."""
    for row in _rows(s, _CASES):
        name = ACCOUNT_NAMES[AccountKind(row.kind)]
        for code, word, expected, kept in (
            ("case.reserved", "预留", row.expected_held, row.held),
            ("case.paid", "支付", row.expected_paid, row.settled),
        ):
            if kept not in (expected, _as_loss(expected, row.rate)):
                yield Difference(
                    code, row.number,
                    f"案件 {row.number}：按案件应{word} {_yuan(expected)} 元，{name}明细为 {_yuan(kept)} 元，"
                    f"相差 {_yuan(kept - expected)} 元。",
                    _yuan(expected), _yuan(kept),
                )  # fmt: skip


def _returns(s: Session) -> Found:
    """What came back for each claim: its recoveries, the year's account of returns, and the firm's limit it refills."""
    for row in _rows(s, _RETURNS):
        for code, name, kept in (
            ("return.recoveries", "追偿返还台账", row.posted),
            ("return.enterprise", "单家企业限额恢复", row.refilled),
        ):
            wanted = row.confirmed
            if kept not in (wanted, _as_loss(wanted, row.rate)):
                yield Difference(
                    code, row.number,
                    f"案件 {row.number}：追偿案件确认返还 {_yuan(wanted)} 元，{name}为 {_yuan(kept)} 元，"
                    f"相差 {_yuan(kept - wanted)} 元。",
                    _yuan(wanted), _yuan(kept),
                )  # fmt: skip
        if row.confirmed > row.paid:
            yield Difference(
                "return.above_payment", row.number,
                f"案件 {row.number}：确认返还 {_yuan(row.confirmed)} 元，大于已付补偿 {_yuan(row.paid)} 元。",
                _yuan(row.paid), _yuan(row.confirmed),
            )  # fmt: skip


def _as_loss(amount: Decimal, rate: str | None) -> Decimal:
    """The amount in the measure of a limit that counts loss (A16), rounded up to the fen."""
    if not rate or not Decimal(rate):
        return amount
    return (amount / Decimal(rate)).quantize(Decimal("0.01"), rounding="ROUND_UP")


def _keys(s: Session) -> Found:
    """Entries stand in the account of their own firm, their own bank and the year that the account counts by (A1)."""
    for row in _rows(s, _KEYS):
        yield Difference(
            "entry.account", row.number,
            f"案件 {row.number}：第 {row.id} 号明细记在“{row.label}”，与案件的企业、银行或年度不符。",
            row.expected, row.key,
        )  # fmt: skip


def _budgets(s: Session) -> Found:
    """Confirmed changes of a budget year against the entries they made."""
    for row in _rows(s, _BUDGETS):
        yield Difference(
            "budget.change", f"{row.year}年度·{row.resolution}",
            f"{row.year}年度预算变动“{row.resolution}”经确认 {_yuan(row.expected)} 元，"
            f"台账明细为 {_yuan(row.posted)} 元。",
            _yuan(row.expected), _yuan(row.posted),
        )  # fmt: skip


def _lending(s: Session) -> Found:
    """The bases of the 2 % against the loans."""
    for row in _rows(s, _LENDING):
        yield Difference(
            "lending.base", f"机构 {row.institution_id}·{row.year}年",
            f"{row.name} {row.year} 年放款基数记为 {_yuan(row.kept)} 元（{row.kept_loans} 笔），"
            f"按已备案贷款应为 {_yuan(row.summed)} 元（{row.summed_loans} 笔）。",
            _yuan(row.summed), _yuan(row.kept),
        )  # fmt: skip


def _ceilings(s: Session) -> Found:
    """三（四）: no bank-year uses more than its base allows today."""
    terms = rules(s).on(clock.today())
    for row in _rows(s, _BANK_YEARS):
        ceiling, why = bank_year_limit(s, *of_bank_year(row.key, terms))
        if row.used > ceiling:
            yield Difference(
                "limit.base", row.label,
                f"{row.label}：已用 {_yuan(row.used)} 元，现按基数只有 {_yuan(ceiling)} 元（{why}），"
                f"超用 {_yuan(row.used - ceiling)} 元；请核对备案贷款是否被更正或剔除。",
                _yuan(ceiling), _yuan(row.used),
            )  # fmt: skip


def _lines(s: Session) -> Found:
    """Nobody stands in a line who does not wait."""
    for row in _rows(s, _LINES):
        yield Difference(
            "line.stale", row.number,
            f"案件 {row.number} 已不在待额度环节，却仍排在“{row.label}”的队列中。",
            "不在队列", "在队列",
        )  # fmt: skip


_COUNTS = """
SELECT (SELECT count(*) FROM ledger_accounts), (SELECT count(*) FROM ledger_entries),
    (SELECT count(*) FROM claims), (SELECT coalesce(sum(loans), 0)::integer FROM bank_year_lending)
"""

_BALANCES = """
SELECT a.label, a.kind, a.ceiling, a.reserved, a.paid, a.returned, sums.* FROM ledger_accounts a
CROSS JOIN LATERAL (
    SELECT
        coalesce(sum(CASE WHEN source = 'grant' THEN amount WHEN target = 'grant' THEN -amount END), 0) AS sum_ceiling,
        coalesce(sum(CASE WHEN target = 'reserved' THEN amount WHEN source = 'reserved' THEN -amount END), 0)
            AS sum_reserved,
        coalesce(sum(CASE WHEN target = 'paid' THEN amount WHEN source = 'paid' THEN -amount END), 0) AS sum_paid,
        coalesce(sum(CASE WHEN source = 'returned' THEN amount END), 0) AS sum_returned
    FROM ledger_entries WHERE account_id = a.id
) sums ORDER BY a.id
"""

_CHAINS = """
SELECT id, memo, label, left_after, running FROM (
    SELECT e.id, e.memo, a.label, e.left_after,
        sum(CASE WHEN e.target = 'free' THEN e.amount WHEN e.source = 'free' THEN -e.amount ELSE 0 END)
            OVER (PARTITION BY e.account_id ORDER BY e.id) AS running
    FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
) AS chain WHERE left_after <> running ORDER BY id LIMIT 200
"""

_CASES = """
SELECT * FROM (
    SELECT c.number, kinds.kind, k.award ->> 'rate' AS rate,
        CASE WHEN c.closed_at IS NULL AND k.paid IS NULL THEN coalesce(k.approved, 0) ELSE 0 END AS expected_held,
        coalesce(k.paid, 0) AS expected_paid, coalesce(m.held, 0) AS held, coalesce(m.settled, 0) AS settled
    FROM claims k JOIN cases c ON c.id = k.case_id
    JOIN (VALUES ('enterprise'), ('bank_year'), ('budget')) AS kinds (kind)
        ON kinds.kind = 'budget' OR c.board = 'bank'
    LEFT JOIN (
        SELECT e.case_id, a.kind, sum(CASE e.type WHEN 'settle' THEN e.amount ELSE 0 END) AS settled,
            sum(CASE e.type WHEN 'reserve' THEN e.amount WHEN 'release' THEN -e.amount
                WHEN 'settle' THEN -e.amount ELSE 0 END) AS held
        FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
        WHERE e.case_id IS NOT NULL GROUP BY e.case_id, a.kind
    ) m ON m.case_id = c.id AND m.kind = kinds.kind
) AS compared WHERE held <> expected_held OR settled <> expected_paid ORDER BY number, kind
"""

_RETURNS = """
SELECT * FROM (
    SELECT c.number, c.board, k.award ->> 'rate' AS rate, coalesce(k.paid, 0) AS paid,
        coalesce(r.confirmed, 0) AS confirmed, coalesce(m.posted, 0) AS posted,
        CASE WHEN c.board = 'bank' THEN coalesce(m.refilled, 0) ELSE coalesce(r.confirmed, 0) END AS refilled
    FROM claims k JOIN cases c ON c.id = k.case_id
    LEFT JOIN (
        SELECT d.about_id, sum(v.returned) AS confirmed FROM recoveries v JOIN cases d ON d.id = v.case_id
        WHERE v.returned IS NOT NULL GROUP BY d.about_id
    ) r ON r.about_id = c.id
    LEFT JOIN (
        SELECT e.case_id, sum(e.amount) FILTER (WHERE a.kind = 'recovery') AS posted,
            sum(e.amount) FILTER (WHERE a.kind = 'enterprise') AS refilled
        FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
        WHERE e.type = 'return' GROUP BY e.case_id
    ) m ON m.case_id = c.id
) AS compared WHERE posted <> confirmed OR refilled <> confirmed OR confirmed > paid ORDER BY number
"""

_KEYS = f"""
SELECT c.number, e.id, a.label, a.key,
    CASE a.kind WHEN 'enterprise' THEN l.uscc ELSE c.institution_id || ':' || of_case.year END AS expected
FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
JOIN cases c ON c.id = e.case_id JOIN claims k ON k.case_id = c.id JOIN loans l ON l.id = k.loan_id
CROSS JOIN LATERAL (SELECT CASE WHEN a.key LIKE '%:claims:%' THEN {ACCEPTED_IN} ELSE extract(year FROM l.disbursed_on) END AS year) of_case
WHERE (a.kind = 'enterprise' AND split_part(a.key, '|', 1) <> l.uscc)
    OR (a.kind = 'bank_year' AND (split_part(a.key, ':', 1), right(a.key, 4))
        IS DISTINCT FROM (c.institution_id::text, of_case.year::text))
ORDER BY e.id
"""  # noqa: S608 - words of our own

_BUDGETS = """
SELECT b.year, b.resolution, CASE WHEN b.verdict = 'confirmed' THEN b.amount ELSE 0 END AS expected,
    coalesce(sum(CASE e.type WHEN 'ceiling' THEN e.amount WHEN 'reduce' THEN -e.amount END)
        FILTER (WHERE a.key = b.year::text AND a.kind = 'budget'), 0) AS posted
FROM budget_changes b LEFT JOIN ledger_entries e ON e.budget_change_id = b.id
LEFT JOIN ledger_accounts a ON a.id = e.account_id
GROUP BY b.id HAVING coalesce(sum(CASE e.type WHEN 'ceiling' THEN e.amount WHEN 'reduce' THEN -e.amount END)
    FILTER (WHERE a.key = b.year::text AND a.kind = 'budget'), 0)
    <> CASE WHEN b.verdict = 'confirmed' THEN b.amount ELSE 0 END
ORDER BY b.id
"""

_LENDING = """
SELECT coalesce(k.institution_id, l.institution_id) AS institution_id, coalesce(k.year, l.year) AS year,
    coalesce(k.principal, 0) AS kept, coalesce(k.loans, 0) AS kept_loans,
    coalesce(l.principal, 0) AS summed, coalesce(l.loans, 0) AS summed_loans,
    (SELECT short_name FROM institution_names n WHERE n.institution_id = coalesce(k.institution_id, l.institution_id)
        ORDER BY valid_from DESC LIMIT 1) AS name
FROM (SELECT institution_id, year, sum(principal) AS principal, sum(loans) AS loans FROM bank_year_lending GROUP BY 1, 2) k FULL JOIN (
    SELECT institution_id, extract(year FROM disbursed_on)::integer AS year, sum(principal) AS principal,
        count(*) AS loans
    FROM loans WHERE state = 'registered' AND board = 'bank' GROUP BY 1, 2
) l ON l.institution_id = k.institution_id AND l.year = k.year
WHERE coalesce(k.principal, 0) <> coalesce(l.principal, 0) OR coalesce(k.loans, 0) <> coalesce(l.loans, 0)
ORDER BY 1, 2
"""

_BANK_YEARS = """
SELECT key, label, paid + reserved - returned AS used FROM ledger_accounts
WHERE kind = 'bank_year' AND paid + reserved > 0 ORDER BY id
"""

_LINES = """
SELECT c.number, a.label FROM ledger_waits w JOIN cases c ON c.id = w.case_id
JOIN ledger_accounts a ON a.id = w.account_id
WHERE w.ended IS NULL AND c.state <> 'awaiting_room'
    AND (c.closed_at IS NOT NULL OR (c.lease_token IS NULL AND c.wake_at IS NULL))
ORDER BY w.id
"""
