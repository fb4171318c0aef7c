"""How long each figure of the managers' overview takes, and how PostgreSQL finds it.

    python -m tests.benchmarks.bench_overview [cases]

Its own embedded PostgreSQL with that many generated cases over three years (50,000), every tenth open, eight answers each.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from sqlalchemy import create_engine, text
from sqlmodel import Session

from api.runtime import postgres
from models import clock, database
from models.calendar import seed_rows, seeded_calendar
from models.records import figures, overview, punctuality
from models.records.case_filters import Filters, Show
from models.records.reference import CalendarDay
from tests.seed import actor, seed

CASES = """
INSERT INTO cases (number, process, process_version, board, institution_id, managing_institution_id, subject, uscc,
    town, industry, amount, parameter_version, origin, state, state_since, opened_at, closed_at, opened_by, revision,
    attempts)
SELECT 'BA-1999-' || n, 'filing', 1, 'bank', i.id, i.id, '示例' || n, '', (ARRAY['虎门镇','长安镇','厚街镇'])[1 + n % 3],
    '', 100000, '', 'page', CASE WHEN n % 10 = 0 THEN 'filing_review' ELSE 'registered' END, t, t,
    CASE WHEN n % 10 = 0 THEN NULL ELSE t + interval '9 days' END, p.id, 1, 0
FROM generate_series(1, :cases) n, (SELECT min(id) AS id FROM institutions) i, (SELECT min(id) AS id FROM people) p,
    LATERAL (SELECT now() - (n % 1095) * interval '1 day' AS t) at
"""
ENTRIES = """
INSERT INTO journal (case_id, kind, name, key, round, opened_at, finished_at, due_at, budget_days, used_before,
    due_provisional)
SELECT c.id, 'gate', 'filing_review', 'filing_review#' || k, k, c.opened_at,
    CASE WHEN c.closed_at IS NULL AND k = 8 THEN NULL ELSE c.opened_at + k * interval '1 day' END,
    c.opened_at + interval '5 days', 5, 0, false
FROM cases c, generate_series(1, 8) k
"""
TASKS = """
INSERT INTO tasks (case_id, entry_id, gate, duty, round, seat, process, board, institution_id, role, applicant_id,
    subject, case_number, amount, state, opened_at, due_at, shown_hash, corrected, unstaffed, answered_at, answered_by,
    outcome, opinion, fields, voided, town, uscc)
SELECT c.id, j.id, j.name, j.name, j.round, 1, 'filing', 'bank', c.institution_id, 'managing_officer', c.institution_id,
    c.subject, c.number, c.amount, CASE WHEN j.finished_at IS NULL THEN 'open' ELSE 'answered' END, j.opened_at, j.due_at,
    '', false, false, j.finished_at, CASE WHEN j.finished_at IS NULL THEN NULL ELSE c.opened_by END,
    CASE WHEN j.finished_at IS NULL THEN NULL ELSE 'approve' END, '', '{}', false, '', ''
FROM journal j JOIN cases c ON c.id = j.case_id
"""


def main(cases: int) -> None:
    """Fill, measure, print the plan of the list and of the answers."""
    with tempfile.TemporaryDirectory(prefix="fengbu-bench-") as directory:
        running = postgres.start(Path(directory))
        try:
            url = running.url_for(postgres.APP_DATABASE)
            database.run_migrations(url)
            _measure(url, cases)
        finally:
            running.stop()


def _measure(url: str, cases: int) -> None:
    engine = create_engine(url)
    with Session(engine) as s:
        seed(s)
        s.add_all(
            CalendarDay(day=d.day, working=d.working, note=d.name, source=d.source) for d in seed_rows()
        )
        s.flush()
        for statement in (CASES, ENTRIES, TASKS):
            s.connection().execute(text(statement), {"cases": cases} if ":cases" in statement else {})
        s.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as raw:
        raw.execute(text("ANALYZE"))
    with Session(engine) as s:
        _times(s)
    engine.dispose()


def _times(s: Session) -> None:
    manager, today, days = actor(s, "lizhiyuan"), clock.today(), seeded_calendar()
    asked: dict[str, Callable[[], Any]] = {
        "stages": lambda: figures.stages(s, days),
        "money": lambda: figures.money(s, today.year),
        "months": lambda: figures.months(s, today.year),
        "money by month": lambda: figures.flows(s, today.year),
        "punctuality of the year by month": lambda: punctuality.months(s, today.year),
        "punctuality of the month by person": lambda: punctuality.figures(
            s, punctuality.Of.PERSON, today.replace(day=1), today + timedelta(days=1)
        ),
        "heat map, a quarter": lambda: punctuality.at_gates(s, today - timedelta(days=91), today),
        "stuck": lambda: overview.stuck(s, manager),
    }
    asked |= {f"groups by {by}": lambda by=by: figures.groups(s, by, today.year) for by in figures.By}
    asked |= {f"count {show}": lambda show=show: overview.count(s, manager, Filters(show)) for show in Show}
    console = Console()
    for name, ask in asked.items():
        ask()
        start = time.perf_counter()
        ask()
        console.print(f"{name}: {(time.perf_counter() - start) * 1000:.1f} ms")
    plan = "EXPLAIN SELECT count(*) FROM tasks WHERE state = 'answered' AND answered_at >= now() - interval '20 days'"
    for row in s.connection().execute(text(plan)):
        console.print(row[0])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
