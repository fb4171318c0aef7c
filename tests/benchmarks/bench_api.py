"""How fast the API is: a call that reads, a call that files, and a batch of loans from 202 to done.

    python -m tests.benchmarks.bench_api [loans]

Its own embedded PostgreSQL with fsync on; the web application in this process, the batch worked on after it was taken.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from api.app import create_app
from api.client import Fengbu
from api.demo import people
from api.runtime import postgres
from flows import file_batches
from models import database
from models.settings import get_settings
from tests.browser import served
from tests.doors.api import issue, loan

CALLS = 100


def median(call: Callable[[int], object], first: int) -> float:
    """Milliseconds of the median of `CALLS` calls."""
    taken = []
    for number in range(first, first + CALLS):
        began = time.perf_counter()
        call(number)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def main(loans: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="fengbu-bench-") as home:
        running = postgres.start(Path(home))
        try:
            os.environ["DATABASE_URL"] = running.url_for(postgres.APP_DATABASE)
            os.environ["FENGBU_API_CALLS_PER_MINUTE"] = "1000000"
            get_settings.cache_clear()
            postgres.ensure_database(os.environ["DATABASE_URL"])
            database.run_migrations(os.environ["DATABASE_URL"])
            with database.session() as s:
                people.create_institutions_and_people(s, "a password for a benchmark")
            _, key = issue("linwanyi")
            with served(create_app()) as address, Fengbu(address, key, timeout=300) as bank:
                rows = _measure(bank, loans)
            table = Table("what", "measured")
            for what, figure in rows:
                table.add_row(what, figure)
            Console().print(table)
        finally:
            database.engine().dispose()
            running.stop()


def _measure(bank: Fengbu, loans: int) -> list[tuple[str, str]]:
    number = bank.file([loan(1)]).number
    filed = median(lambda n: bank.file([loan(n)]), 2)
    read = median(lambda _: bank.case(number), 0)
    sent = [loan(10_000 + n) for n in range(loans)]
    began = time.perf_counter()
    batch = bank.file_batch(sent)
    taken = time.perf_counter() - began
    file_batches.work()
    done = time.perf_counter() - began
    found = bank.batch(batch)
    return [
        ("read a case, median", f"{read:.0f} ms"),
        ("file one loan, median", f"{filed:.0f} ms"),
        (f"batch of {loans:,} loans taken (202)", f"{taken:.1f} s"),
        (f"batch {found.state}: {found.filed:,} loans in {len(found.cases)} cases", f"{done:.1f} s"),
    ]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
