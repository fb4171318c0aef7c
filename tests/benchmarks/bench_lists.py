"""Every filter, order and search of 待办 and 案件 on 200,000 open and 1,000,000 closed cases: server time and plans.

    python -m tests.benchmarks.bench_lists [cases] [rounds] [plans.txt]

Its own embedded PostgreSQL with fsync on; the web application in this process, made and served as the product does,
asked over HTTP; the time is what the application says it took (Server-Timing), page and all. Every address is asked
40 times (p95: two took longer). The plan of every statement of every address goes to a file.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import psycopg
from rich.console import Console
from rich.table import Table
from sqlalchemy import event, text

from api.auth import session as sessions
from api.runtime import postgres, web
from models import database
from models.calendar import seed_rows
from models.records import person
from models.records.reference import CalendarDay
from models.settings import get_settings
from tests.benchmarks.fill_lists import fill
from tests.browser import served
from tests.seed import seed

WORDS = ("恒炬", "精密模具", "公司", "州", "BC-1990-0123456", "GY-100123456", "9144190000", "DGBA200000600", "兴业",
         "东莞市恒精", "虎门", "没有这家")  # fmt: skip
QUEUE: tuple[dict[str, str], ...] = (
    {}, {"tab": "team"}, {"tab": "done"}, {"process": "filing"}, {"gate": "first_review"}, {"gate": "correction"},
    {"org": "5"}, {"due": "overdue"}, {"due": "today"}, {"due": "later"}, {"large": "1"}, {"corrected": "1"},
    {"board": "guarantee"}, {"town": "虎门镇"}, {"town": "莞城街道"}, {"firm": "914419000000000001"}, {"least": "900"},
    {"most": "11"}, {"least": "500", "most": "501"}, {"batch": "1"}, {"sort": "amount"}, {"sort": "opened"},
    {"town": "虎门镇", "gate": "acceptance", "sort": "amount"}, {"tab": "team", "sort": "amount", "board": "guarantee"},
    {"tab": "done", "q": "恒炬"}, {"tab": "done", "q": "公司"}, {"tab": "team", "q": "公司"}, *({"q": one} for one in WORDS),
)  # fmt: skip
CASES: tuple[dict[str, str], ...] = (
    *({"show": show} for show in ("open", "closed", "all", "stuck", "overdue", "incident", "applicant", "unstaffed",
        "pending", "approved", "reserved", "paid", "recovered", "followed", "mine")),
    {"show": "paid", "year": "2024"}, {"show": "closed", "year": "2024"}, {"show": "all", "year": "2023"},
    {"show": "all", "year": "2024", "month": "5"}, {"show": "all", "process": "claim"}, {"show": "open", "state": "finance_review"},
    {"show": "all", "state": "withdrawn"}, {"show": "closed", "state": "withdrawn"}, {"show": "all", "board": "guarantee"},
    {"show": "all", "institution": "5"}, {"show": "open", "institution": "5"}, {"show": "all", "town": "虎门镇"},
    {"show": "all", "town": "莞城街道"}, {"show": "all", "industry": "工业"}, {"show": "all", "firm": "914419000000048271"},
    {"show": "all", "least": "990"}, {"show": "all", "least": "500", "most": "501"}, {"show": "all", "batch": "1"},
    {"show": "all", "sort": "amount"}, {"show": "open", "sort": "amount"}, {"show": "closed", "sort": "amount"},
    {"show": "open", "town": "虎门镇", "process": "claim", "sort": "amount"}, *({"q": one} for one in WORDS),
    *({"show": "open", "due": due} for due in ("ok", "soon", "late", "stop")), {"show": "unreported"},
    {"show": "open", "state": "first_review", "due": "soon"}, {"q": "恒炬", "show": "open"}, {"q": "恒炬 精密"}, {"q": "公司 虎门", "show": "closed"},
)  # fmt: skip
AIM = 100
READERS = {"queue": ("chenjiamin", QUEUE), "cases": ("lizhiyuan", CASES)}


class Watch:
    """What the application asks the database, and how long it waits for the answers (ms)."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.waited = 0.0
        event.listen(database.engine(), "before_cursor_execute", self._before)
        event.listen(database.engine(), "after_cursor_execute", self._after)

    def _before(self, connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        self.asked.append((statement, parameters))
        self._began = time.perf_counter()

    def _after(self, *_: Any) -> None:
        self.waited += (time.perf_counter() - self._began) * 1000

    def begin(self) -> None:
        """Forget what was before."""
        self.asked, self.waited = [], 0.0


def deep(place: str, asked: dict[str, str], page: str) -> dict[str, str] | None:
    """The address of a page far into the list: the cursor of the first page moved to the middle of the table."""
    if 'rel="next"' not in page:
        return None
    closed = asked.get("show") == "closed"
    column = "amount" if asked.get("sort") == "amount" else "opened_at" if place == "cases" else "due_at"
    column = "closed_at" if closed and column == "opened_at" else column
    column = "opened_at" if asked.get("sort") == "opened" else column
    table, where = ("cases", "closed_at IS NOT NULL") if place == "cases" and closed else ("cases", "true")
    if place == "queue":
        table, where = ("tasks", "state = 'open'")
    if asked.get("tab") == "done":
        column, where = "answered_at", "state = 'answered'"
    at, row_id = middle_of(table, column, where)
    shown = at.isoformat() if hasattr(at, "isoformat") else f"{at:.2f}"
    return asked | {"after": f"{shown}~{row_id}"}


@cache
def middle_of(table: str, column: str, where: str) -> tuple[Any, int]:
    """The row in the middle of a table's part in the order of a column."""
    part = f"FROM {table} WHERE {where}"
    middle = f"SELECT {column}, id {part} ORDER BY {column}, id OFFSET (SELECT count(*) / 2 {part}) LIMIT 1"
    with database.engine().connect() as connection:
        at, row_id = connection.execute(text(middle)).one()
    return at, row_id


@dataclass(frozen=True)
class Measured:
    """One address: milliseconds of each round, those of the database among them, and what was asked."""

    address: str
    taken: list[float]
    waited: list[float]
    asked: Sequence[tuple[str, Any]]
    page: str

    def at(self, share: float, of: str = "taken") -> float:
        """A quantile: the time that `share` of the rounds did not exceed."""
        times = sorted(getattr(self, of))
        return float(times[ceil(len(times) * share) - 1])


def measure(client: httpx.Client, watch: Watch, address: str, rounds: int, name: str) -> Measured:
    """One address, warm."""
    client.get(address)
    watch.begin()
    page = client.get(address)
    assert page.status_code == 200, (address, page.status_code)
    asked, taken, waited = list(watch.asked), [], []
    for _ in range(rounds):
        watch.begin()
        timing = client.get(address).headers["server-timing"]
        taken.append(float(timing.partition("dur=")[2]))
        waited.append(watch.waited)
    return Measured(name, taken, waited, asked, page.text)


def plans(seen: Sequence[tuple[str, Any]]) -> Iterator[str]:
    """EXPLAIN (ANALYZE) of the statements that read lists."""
    with psycopg.connect(
        database.libpq_url(os.environ["DATABASE_URL"]), options=database.OPTIONS
    ) as connection:
        for statement, parameters in seen:
            if statement.startswith("SET LOCAL") or "set_config" in statement:
                connection.execute(statement.encode(), parameters)
            elif any(f"FROM {table}" in statement for table in ("tasks", "cases", "case_words", "claims")):
                rows = connection.execute(b"EXPLAIN (ANALYZE, BUFFERS) " + statement.encode(), parameters)
                yield "\n".join([" ".join(statement.split())[:300], *(f"    {row[0]}" for row in rows)])


def run(rounds: int, out: Path) -> None:
    """Ask every address and print what it took, slowest first."""
    began = time.perf_counter()
    found: list[Measured] = []
    watch = Watch()
    with served(web.application()) as base, out.open("w", encoding="utf-8") as file:
        for place, (login, addresses) in READERS.items():
            with database.session() as s:
                reader = person.by_login(s, login)
                assert reader is not None
                token = sessions.start(s, reader)
            with httpx.Client(base_url=base, cookies={sessions.COOKIE: token}, timeout=120) as client:
                for asked in addresses:
                    plain = asked or {"tab": "mine"}
                    name = f"/{place}?" + "&".join(f"{key}={value}" for key, value in plain.items())
                    pages = [measure(client, watch, f"/{place}?{urlencode(plain)}", rounds, name)]
                    if (far := deep(place, plain, pages[0].page)) is not None:
                        pages.append(
                            measure(client, watch, f"/{place}?{urlencode(far)}", rounds, f"{name} (deep)")
                        )
                    found += pages
                    for one in pages:
                        file.write(f"\n==== {one.address}\n" + "\n".join(plans(one.asked)) + "\n")
    table = Table("p95 ms", "p50 ms", "database p95", "p50", "statements", "address")
    for one in sorted(found, key=lambda one: -one.at(0.95, "waited")):
        times = (one.at(0.95), one.at(0.5), one.at(0.95, "waited"), one.at(0.5, "waited"))
        table.add_row(*(f"{time:.0f}" for time in times), str(len(one.asked)), one.address)
    console = Console(width=140)
    console.print(table)
    slow = sum(one.at(0.95) > AIM for one in found)
    took = time.perf_counter() - began
    console.print(
        f"{slow} of {len(found)} addresses over {AIM} ms at p95 of {rounds} rounds, asked in {took:.0f} s with a"
        f" load of {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores; plans in {out}"
    )


def main(cases: int, rounds: int, out: Path) -> None:
    """Fill and measure."""
    with tempfile.TemporaryDirectory(prefix="fengbu-bench-") as home:
        running = postgres.start(Path(home))
        try:
            url = os.environ["DATABASE_URL"] = running.url_for(postgres.APP_DATABASE)
            get_settings.cache_clear()
            database.run_migrations(url)
            began = time.perf_counter()
            with database.session() as s:
                seed(s)
                s.add_all(
                    CalendarDay(day=d.day, working=d.working, note=d.name, source=d.source)
                    for d in seed_rows()
                )
            with database.engine().begin() as connection:
                fill(connection, cases)
            with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as raw:
                raw.execute(text("VACUUM (ANALYZE)"))
            Console().print(f"{cases:,} cases filled in {time.perf_counter() - began:.0f} s")
            run(rounds, out)
        finally:
            running.stop()


if __name__ == "__main__":
    given = sys.argv[1:]
    main(
        int(given[0]) if given else 1_200_000,
        int(given[1]) if len(given) > 1 else 40,
        Path(given[2] if len(given) > 2 else "bench_lists_plans.txt"),
    )
