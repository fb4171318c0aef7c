"""Figures of white list rounds, on a database of their own: read and checked, published, replaced, searched.

python -m tests.benchmarks.bench_white_list [--firms 40000]
"""

import argparse
import os
import resource
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from api.demo import play
from api.runtime import postgres
from flows.actions.applications import importing
from flows.actions.rules import white_listing
from flows.importing import running as imports
from models import clock, database
from models.database import session
from models.records import person
from models.records.loan_import import LoanImport
from models.records.two_people import Verdict
from models.records.white_list import WhiteListRound, counted, found, on_list
from models.settings import get_settings
from tests.imports import files

PREPARES, PUBLISHES = "chenjiamin", "mozhaohui"


def say(line: str) -> None:
    """One figure, as soon as it is known."""
    print(line, flush=True)  # noqa: T201 - what was asked for


def a_file(first: int, firms: int) -> bytes:
    """A workbook of so many firms with their size's facts; one in 100 is 大型, one in 100 is there twice."""
    rows = []
    for number in range(first, first + firms):
        large = number % 100 == 7
        rows.append({
            "统一社会信用代码": files.uscc(number - 1 if number % 100 == 9 else number),
            "企业名称": f"东莞市示例{number - 1 if number % 100 == 9 else number}号有限公司",
            "推荐部门": "市科技局", "推荐依据": "高新技术企业", "所在镇街（园区）": "厚街镇", "所属行业": "制造业",
            "划型行业": "工业", "从业人员": 2000 if large else 86, "营业收入": 90000 if large else 3860,
            "资产总额": 2150.5,
        })  # fmt: skip
    return files.book(rows, sheet="白名单", constant_memory=True)


def a_round(name: str, data: bytes, effective: date) -> int:
    """Register and read a round; its id."""
    typed = {
        "name": name, "effective_on": effective.isoformat(), "source_document": "示例〔2026〕1号",
    }  # fmt: skip
    with session() as s:
        who = person.by_login(s, PREPARES)
        row, _ = white_listing.prepare(
            s, importing.actor_of(s, who.id if who and who.id else 0), typed, "x.xlsx", data
        )
        number, file = row.id or 0, row.import_id
    began, used = time.perf_counter(), time.process_time()
    imports.work(file)
    with session() as s:
        one = s.get_one(LoanImport, file)
        say(
            f"{name}: read and checked {one.rows:,} rows in {time.perf_counter() - began:.1f} s "
            f"({time.process_time() - used:.1f} s of our CPU): {one.good:,} good, {one.bad:,} bad, {one.known:,} passed over"
        )
    return number


def publish(number: int) -> None:
    """Publish a round, and say how long it took."""
    with session() as s:
        who = person.by_login(s, PUBLISHES)
        actor = importing.actor_of(s, who.id if who and who.id else 0)
        file = white_listing.decide(s, actor, number, Verdict.CONFIRMED).import_id
    began = time.perf_counter()
    imports.work(file)
    with session() as s:
        row = s.get_one(WhiteListRound, number)
        say(f"{row.name}: published in {time.perf_counter() - began:.1f} s: {row.effects}")


def looked_up(first: int, day: date) -> None:
    """What eligibility and the page ask."""
    with session() as s:
        began = time.perf_counter()
        for number in range(first, first + 200):
            on_list(s, files.uscc(number), day)
        say(f"one firm on one day: {(time.perf_counter() - began) * 5:.2f} ms")
        began = time.perf_counter()
        found(s, "示例31")
        say(f"search by name: {(time.perf_counter() - began) * 1000:.0f} ms")
        say(f"on the list: {counted(s, day)}")


def main() -> None:
    """One round, then another of which half the firms are on the list already."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--firms", type=int, default=40_000)
    firms = parser.parse_args().firms
    with tempfile.TemporaryDirectory(prefix="fengbu-bench-") as home:
        running = postgres.start(Path(home))
        try:
            os.environ["DATABASE_URL"] = running.url_for(postgres.APP_DATABASE)
            get_settings.cache_clear()
            database.run_migrations(os.environ["DATABASE_URL"])
            with session() as s:
                play.seed(s)
            first, then = clock.today(), clock.today() + timedelta(days=30)
            publish(a_round("first", a_file(100_000, firms), first))
            publish(a_round("half of it again", a_file(100_000 + firms // 2, firms), then))
            looked_up(100_000, then)
            say(f"our memory at most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
        finally:
            database.engine().dispose()
            running.stop()


if __name__ == "__main__":
    main()
