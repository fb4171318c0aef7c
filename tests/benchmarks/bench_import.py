"""How long a bank's whole book takes: read, checked, filed, reviewed by two people, registered; and a claim beside it.

    python -m tests.benchmarks.bench_import [loans] [loans a filing] [workers] [loans on record]

Its own embedded PostgreSQL with fsync on. The file is a real workbook; documents, notices and checks are included. The
reviewers answer as soon as a filing is at their gate. The last figure fills the register to `loans on record` (1,000,000
by default) and asks the eligibility of one claim.
"""

import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path

import xlsxwriter
from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from sqlmodel import col, select

import flows.claim
import flows.filing
import flows.recovery  # noqa: F401 - registers the processes
from api.demo import play
from api.runtime import garbage, postgres
from flows.actions.answers import answering
from flows.actions.applications import importing
from flows.importing import running
from flows.importing.columns import SHEET, columns
from flows.kernel.process import PROCESSES
from flows.kernel.wake import claim as take
from flows.kernel.wake import run_case
from flows.steps import facts
from models import clock, database
from models.database import session
from models.gates import Outcome
from models.lifecycle import Board, State
from models.policy import eligibility
from models.policy.facts import AssetClass
from models.records.base import remembering
from models.records.case import CaseRecord
from models.records.claim import Claim
from models.records.enterprise import WhiteListEntry
from models.records.loan import WRITTEN, Loan, LoanState
from models.records.loan_import import LoanImport
from models.records.reference import LprQuote, working_calendar
from models.records.rules import rules
from models.records.task import Task, TaskState
from models.settings import get_settings
from tests.imports import files
from tests.seed import actor

FILER, OFFICER, HEAD = "linwanyi", "chenjiamin", "zhoubingwen"
CLAIMS = 50


def workbook(path: Path, loans: int) -> None:
    """A list of `loans` rows of some 30,000 firms."""
    book = xlsxwriter.Workbook(path, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
    page = book.add_worksheet(SHEET)
    names = [column.title for column in columns(Board.BANK)]
    page.write_row(0, 0, names)
    codes = [files.uscc(n) for n in range(30_000)]
    today = clock.today()
    fresh = {
        "合同签订日": today - timedelta(days=6),
        "放款日": today - timedelta(days=5),
        "到期日": today + timedelta(days=300),
    }
    for number in range(1, loans + 1):
        row = files.row(number, 统一社会信用代码=codes[number % len(codes)], **fresh)
        page.write_row(number, 0, [row[name] for name in names])
    book.close()


def listed() -> None:
    """Every firm on the white list."""
    with session() as s:
        s.add_all(
            WhiteListEntry(
                uscc=files.uscc(n),
                firm_name="示例",
                batch="2024-1",
                recommended_by="科技局",
                valid_from=date(2024, 1, 1),
            )
            for n in range(30_000)
        )


def settled(_: int) -> None:
    """A worker process as `fengbu worker` starts."""
    garbage.settle()


def wake(done: Path) -> int:
    """One worker, as it works in the product: every due case, until `done` exists and none is left; the most memory
    it ever had, in KB."""
    while True:
        last = done.exists()
        with session() as s:
            due = take(s, 10)
        for found in due:
            run_case(PROCESSES[found.process, found.version], found)
        if last and not due:
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if not due:
            time.sleep(0.05)


def answer(gate: State, login: str) -> None:
    """The reviewer answers every open task of the gate."""
    with session() as s:
        query = select(Task.id).where(Task.gate == gate.value, Task.state == TaskState.OPEN)
        ids = list(s.exec(query.order_by(col(Task.id))))
    for task_id in ids:
        with session() as s:
            answering.answer(s, actor(s, login), task_id or 0, Outcome.APPROVE, opinion="符合备案条件。")


@dataclass(frozen=True, slots=True)
class Figure:
    """A step: how long it took on the wall's clock, and of the processors (Python with the sandbox, PostgreSQL)."""

    what: str
    seconds: float
    python: float
    postgres: float


def processors() -> tuple[float, float]:
    """Seconds the processors have spent so far: on this process and those it started; on PostgreSQL.

    The machine may have other work, so this, not the time it took, says what a change is worth.
    """
    parents, names, spent = {}, {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            name, _, rest = stat.read_text().partition("(")[2].rpartition(")")
            fields, pid = rest.split(), int(stat.parent.name)
            parents[pid], names[pid] = int(fields[1]), name
            spent[pid] = sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    totals = [0.0, 0.0]
    for pid, seconds in spent.items():
        line = [pid]
        while line[-1] in parents and line[-1] != os.getpid():
            line.append(parents[line[-1]])
        if line[-1] == os.getpid():
            totals[any(names[one] == "postgres" for one in line)] += seconds
    return totals[0], totals[1]


@contextmanager
def timed(figures: list[Figure], what: str) -> Iterator[None]:
    """Write down how long the block took."""
    start, (python, postgres) = time.perf_counter(), processors()
    yield
    seconds, (python_then, postgres_then) = time.perf_counter() - start, processors()
    figures.append(Figure(what, seconds, python_then - python, postgres_then - postgres))


def fill(most: int) -> None:
    """Copies of the registered loans under other receipts, until there are `most`; without their words to search by."""
    names = ", ".join(n for n in Loan.model_fields if n not in {*WRITTEN, "receipt_number", "filing_number"})
    with session() as s:
        s.connection().execute(text("SET LOCAL session_replication_role = replica"))
        there = s.connection().execute(text("SELECT count(*) FROM loans")).scalar_one()
        copies = text(
            f"INSERT INTO loans ({names}, receipt_number) SELECT {names}, receipt_number || '-' || copy "  # noqa: S608 - our own columns
            "FROM loans CROSS JOIN generate_series(1, :copies) AS copy"
        )
        s.connection().execute(copies, {"copies": most // max(there, 1) - 1})
    with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def one_claim() -> float:
    """Seconds to read the facts of one claim and judge it."""
    with session() as s:
        loan = s.exec(select(Loan).where(Loan.state == LoanState.REGISTERED).limit(1)).one()
        claimed = Claim(
            case_id=0, loan_id=loan.id or 0, overdue_since=loan.due_on, classification=AssetClass.DOUBTFUL,
            unpaid_principal=loan.principal, recovered=Decimal(0), recovery_costs=Decimal(0), cause="停产", recovery_plan="起诉",
            requested=loan.principal, account_name="行", account_number="1", account_bank="行",
        )  # fmt: skip
        start = time.perf_counter()
        with remembering(s):  # as a run of the case does, and the bank's own look before it
            given = facts.claim(s, claimed, loan, None)
            eligibility.claim(given, rules(s), working_calendar(s))
        return time.perf_counter() - start


def measure(loans: int, workers: int, on_record: int, path: Path) -> list[tuple[str, ...]]:
    """Every figure."""
    figures: list[Figure] = []
    with session() as s:
        found, _ = importing.hand_in(s, actor(s, FILER), path.name, path.read_bytes())
        number = found.id or 0
    with timed(figures, "读取、查验"):
        running.work(number)
    with session() as s:
        state = s.get_one(LoanImport, number)
        assert state.good == loans, (state.state, state.notes, state.bad)
        importing.submit(s, actor(s, FILER), number, good_only=False)
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    list(pool.map(settled, range(workers)))  # started before the clock
    peaks: list[int] = []
    steps: list[tuple[str, Callable[[], object]]] = [
        ("提交为备案、申请表、逐笔检查", lambda: running.work(number)),
        ("经办审核、剔除、转复核", lambda: answer(State.FILING_REVIEW, OFFICER)),
        ("备案复核、登记、确认书、通知", lambda: answer(State.FILING_SECOND_REVIEW, HEAD)),
    ]
    with pool:
        for place, (what, step) in enumerate(steps):
            done = path.with_name(f"done-{place}")
            with timed(figures, what):
                waking = [pool.submit(wake, done) for _ in range(workers)]
                step()
                done.touch()
                peaks += [one.result() for one in waking]
    with session() as s:
        left = s.exec(select(CaseRecord).where(CaseRecord.state != State.REGISTERED)).first()
        assert left is None, left
    figures.append(
        Figure(
            f"合计 {loans:,} 笔",
            sum(one.seconds for one in figures),
            sum(one.python for one in figures),
            sum(one.postgres for one in figures),
        )
    )
    lines: list[tuple[str, ...]] = [
        (one.what, f"{one.seconds:.1f} s", f"{one.python:.1f} + {one.postgres:.1f} s") for one in figures
    ]
    lines += [
        ("最大内存（读取进程）", _megabytes(resource.RUSAGE_SELF)),
    ]
    lines += [
        ("最大内存（表格沙箱）", _megabytes(resource.RUSAGE_CHILDREN)),
        ("最大内存（案件进程）", f"{max(peaks) // 1024} MB"),
    ]
    if on_record:
        fill(on_record)
        one_claim()
        took = sorted(one_claim() for _ in range(CLAIMS))
        lines.append(
            (
                f"一笔补偿的资格（{on_record:,} 笔在册）",
                f"{statistics.median(took) * 1000:.1f} ms，最慢 {took[-1] * 1000:.1f} ms",
            )
        )
    return lines


def _megabytes(whose: int) -> str:
    return f"{resource.getrusage(whose).ru_maxrss // 1024} MB"


def main() -> None:
    """Measure on a database of its own."""
    given = [int(one) for one in sys.argv[1:]] + [100_000, 500, 2, 1_000_000][len(sys.argv) - 1 :]
    loans, size, workers, on_record = given
    with tempfile.TemporaryDirectory(prefix="fengbu-bench-") as directory:
        server = postgres.start(Path(directory))
        try:
            os.environ["DATABASE_URL"] = server.url_for(postgres.APP_DATABASE)
            os.environ["FENGBU_IMPORT_CASE_LOANS"] = str(size)
            get_settings.cache_clear()
            database.run_migrations(os.environ["DATABASE_URL"])
            with session() as s:
                play.seed(s)
                published = clock.today() - timedelta(days=10)
                s.add(
                    LprQuote(published_on=published, one_year=Decimal(3), five_year=Decimal(3), source="示例")
                )
            listed()
            path = Path(directory) / "清单.xlsx"
            workbook(path, loans)
            garbage.settle()
            table = Table(
                "步骤",
                "用时",
                "处理器：Python + 数据库",
                title=f"{loans:,} 笔，每件 {size} 笔，{workers} 个案件进程",
            )
            for line in measure(loans, workers, on_record, path):
                table.add_row(*line)
            Console().print(table)
        finally:
            database.engine().dispose()
            server.stop()


if __name__ == "__main__":
    main()
