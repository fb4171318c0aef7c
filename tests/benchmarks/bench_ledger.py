"""Figures of the limits' ledger, on a database of its own.

python -m tests.benchmarks.bench_ledger [--loans 1000000] [--approvals 100]
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from sqlalchemy import text

from api.demo import play
from api.pages import bank_limits, meters
from api.runtime import postgres
from flows.actions.rules.verifying import verify
from flows.steps import facts
from models import database
from models.database import session
from models.lifecycle import Board
from models.policy import eligibility
from models.records.case import by_number
from models.records.claim import of_case as claim_of
from models.records.institution import by_code
from models.records.ledger import AccountKind
from models.records.loan import Loan
from models.records.reference import working_calendar
from models.records.rules import rules
from models.settings import get_settings
from tests.kernel.stage import at_once
from tests.ledger import cases

MANY_LOANS = """
INSERT INTO loans (case_id, item, board, institution_id, enterprise_id, uscc, firm_name, sector, industry, employees,
    revenue_wan, assets_wan, size_class, legal_person, finance_like, investment_management, town, product, purpose,
    contract_number, receipt_number, principal, contract_date, disbursed_on, due_on, annual_rate_pct,
    guarantee_method, white_list_batch, lender_name, guarantee_contract_number, entrust_contract_number,
    national_fund_backed, state, state_reason, filing_number, registered_at, parameter_version, checks)
SELECT l.case_id, n, 'bank', banks.id, l.enterprise_id, l.uscc, l.firm_name, l.sector, l.industry, l.employees,
    l.revenue_wan, l.assets_wan, l.size_class, l.legal_person, l.finance_like, l.investment_management, l.town,
    l.product, l.purpose, 'M-' || n, 'M-' || n, 800000, l.contract_date, date '2024-01-01' + n % 1050, l.due_on,
    l.annual_rate_pct, l.guarantee_method, '', '', '', '', false, 'registered', '', 'M-' || n, now(), '', '{}'
FROM generate_series(1, :count) AS n
JOIN LATERAL (SELECT * FROM loans ORDER BY id LIMIT 1) AS l ON true
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS banks FROM institutions
    WHERE files_board = 'bank') AS banks ON banks.place = n % banks.banks
"""


def say(line: str) -> None:
    """One figure, as soon as it is known."""
    print(line, flush=True)  # noqa: T201 - what was asked for


def timed(name: str, act: Callable[[], object], times: int = 20) -> None:
    """Print median and worst of `times` runs after one to warm up, in ms."""
    act()
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        spent.append((time.perf_counter() - began) * 1000)
    say(f"{name}: {statistics.median(spent):.1f} ms median, {max(spent):.1f} ms worst of {times}")


def approvals(count: int) -> None:
    """`count` reservations at the same moment over the last 10,000 yuan."""
    with session() as s:
        numbers = [cases.approved(s, 10_000 + place, "333.33") for place in range(count)]
    cases.leave("10000.00")
    with cases.connections(count):
        began = time.perf_counter()
        said = at_once([lambda number=number: cases.reserve(number) for number in numbers])  # type: ignore[misc]
        seconds = time.perf_counter() - began
    failed = [one for one in said if isinstance(one, Exception)]
    left = cases.account(AccountKind.BUDGET).left
    say(
        f"{count} approvals at once: {seconds:.2f} s, {count / seconds:.0f}/s, {said.count('')} reserved, "
        f"{left} 元 left, {len(failed)} errors"
    )


def at_scale(loans: int, number: str) -> None:
    """Meters and one claim's eligibility with many registered loans."""
    began = time.perf_counter()
    with session() as s:
        s.connection().execute(text(MANY_LOANS), {"count": loans})
    say(f"{loans:,} loans registered, bases kept: {time.perf_counter() - began:.1f} s")
    with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))

    def eligible() -> None:
        with session() as s:
            record = by_number(s, number)
            assert record is not None
            claimed = claim_of(s, record.id or 0)
            given = facts.claim(s, claimed, s.get_one(Loan, claimed.loan_id), record)
            eligibility.claim(given, rules(s), working_calendar(s))

    def on_task() -> None:
        with session() as s:
            record = by_number(s, number)
            assert record is not None
            assert meters.of_case(s, record)

    def of_bank() -> None:
        with session() as s:
            bank = by_code(s, "GYB")
            assert bank is not None
            assert bank_limits.own_years(s, bank.id or 0)

    timed("eligibility of one claim", eligible)
    timed("meters of a task", on_task)
    timed("meters of a bank", of_bank)
    began = time.perf_counter()
    with session() as s:
        found = verify(s)
    say(f"ledger verify: {time.perf_counter() - began:.1f} s, {len(found.differences)} differences")


def main() -> None:
    """Run both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loans", type=int, default=1_000_000)
    parser.add_argument("--approvals", type=int, default=100)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fengbu-bench-") as home:
        running = postgres.start(Path(home), {"max_connections": "400"})
        try:
            os.environ["DATABASE_URL"] = running.url_for(postgres.APP_DATABASE)
            get_settings.cache_clear()
            database.run_migrations(os.environ["DATABASE_URL"])
            with session() as s:
                play.seed(s)
                number = play.a_claim(s, Board.BANK, "GYB", "1000000.00", "800000.00", number=1).number
            play.run_due()
            play.do(number, "acceptance")
            approvals(given.approvals)
            cases.leave(str(Decimal("50000000.00")))
            at_scale(given.loans, number)
        finally:
            database.engine().dispose()
            running.stop()


if __name__ == "__main__":
    main()
