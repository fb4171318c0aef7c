"""政策推演 of 10,000 claims: one played claim copied in SQL, then replayed under other rules.

Run as ``python tests/benchmarks/bench_what_if.py [claims]``; starts a PostgreSQL of its own.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import text

from api.runtime import garbage, postgres
from models import database
from models.records.loan import WRITTEN, Loan
from models.settings import get_settings
from tests.imports.files import uscc

_LOAN = [name for name in Loan.model_fields if name not in WRITTEN]  # the database writes the others
COPIES = (
    """
    INSERT INTO cases SELECT r.* FROM cases c, generate_series(1, :copies) n, LATERAL jsonb_populate_record(
        null::cases, to_jsonb(c) || jsonb_build_object(
            'id', 1000 + n, 'number', 'BC-9999-' || n, 'state', 'paid', 'wake_at', null)) r
    WHERE c.id = (SELECT case_id FROM claims LIMIT 1)
    """,
    f"""
    INSERT INTO loans (id, {", ".join(_LOAN)})
    SELECT r.id, {", ".join("r." + name for name in _LOAN)} FROM loans l, generate_series(1, :copies) n, LATERAL jsonb_populate_record(
        null::loans, to_jsonb(l) || jsonb_build_object(
            'id', 1000 + n, 'case_id', 1000 + n, 'receipt_number', n, 'filing_number', 'BA-9999-' || n)) r
    WHERE l.id = (SELECT loan_id FROM claims LIMIT 1)
    """,  # noqa: S608 - our own columns
    """
    INSERT INTO claims SELECT r.* FROM claims k, generate_series(1, :copies) n, LATERAL jsonb_populate_record(
        null::claims, to_jsonb(k) || jsonb_build_object(
            'id', 1000 + n, 'case_id', 1000 + n, 'loan_id', 1000 + n, 'approved', k.calculated,
            'facts', jsonb_set(jsonb_set(k.facts,
                '{claim_no}', to_jsonb('BC-9999-' || n)), '{enterprise,uscc}', to_jsonb((CAST(:codes AS text[]))[n])))) r
    """,
)
ROOM = """
UPDATE claims SET calculated = 800000, facts = jsonb_set(facts, '{bank_years,0,lending}', '"999999999999.00"')
"""
"""Enough of the 2 % for all of them, so that every claim's figure moves with its ratio."""
ASSUMED = {
    "bank_tiers": [{"up_to": "20000000.00", "ratio": "0.70"}, {"up_to": "30000000.00", "ratio": "0.50"}],
    "bank_year_cap_ratio": "0.03",
}


def main(count: int) -> None:
    """Fill, replay, say how long it took."""
    from api.demo.play import a_claim, do, run_due, seed
    from flows.actions.rules import what_if
    from models.lifecycle import Board
    from models.policy.what_if import totals

    with database.session() as s:
        seed(s)
        number = a_claim(s, Board.BANK, "GYB", "1000000.00", "800000.00").number
    run_due()
    do(number, "acceptance")
    codes = [uscc(n + 1) for n in range(1, count)]
    with database.session() as s:
        s.connection().execute(text(ROOM))
        for copies in COPIES:
            s.connection().execute(text(copies), {"copies": count - 1, "codes": codes})
    garbage.settle()  # as the server does
    with database.session() as s:
        began, worked = time.perf_counter(), time.process_time()
        found = what_if.play(s, {"changes": ASSUMED})
        wall, work = time.perf_counter() - began, time.process_time() - worked
    total = totals(found.claims)
    print(  # noqa: T201 - the figures are what it is run for
        f"{total.claims} claims replayed in {wall:.1f} s ({work:.1f} s of CPU); {total.changed} changed, "
        f"{total.before} -> {total.after}"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="fengbu-bench-") as directory:
        running = postgres.start(Path(directory))
        try:
            os.environ["DATABASE_URL"] = running.url_for(postgres.APP_DATABASE)
            get_settings.cache_clear()
            database.run_migrations(os.environ["DATABASE_URL"])
            main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
        finally:
            database.engine().dispose()
            running.stop()
