"""How fast cases go on: gates per second with many cases ready, and from an answer to the next gate at rest.

    python -m tests.benchmarks.bench_kernel [cases] [answers]

Its own embedded PostgreSQL with fsync on, one worker. The burst runs without Prefect; the answers at rest with a
real Prefect server and `fengbu worker` as a process of its own. Documents, notices and the ledger are included.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlmodel import Session, func, select

from api.app import create_app
from api.demo import play
from api.runtime import postgres, prefect_server
from api.runtime.parts import FENGBU
from api.runtime.prefect_server import without_prefect_variables
from api.runtime.process import free_port
from flows.actions.answers import answering, looking
from flows.kernel.worker import Worker
from models import database
from models.database import session
from models.lifecycle import Board
from models.records.case import CaseRecord
from models.records.reference import WorkerBeat
from models.records.task import Task, TaskState
from models.settings import Settings, get_settings
from tests.browser import served
from tests.doors.conftest import Client

CLICKS = 50


def claims(count: int, first: int) -> list[str]:
    """Submitted claims, awake; their numbers."""
    with session() as s:
        return [
            play.a_claim(s, Board.GUARANTEE, "GHD", "5000000.00", "1000000.00", number=first + n).number
            for n in range(count)
        ]


def answer(s: Session, task: Task) -> int:
    """One answer; the case's revision after it."""
    who = play.person(s, *play.AT[task.gate])
    looking.look_at_everything(s, who, task.id or 0)
    answering.answer(s, who, task.id or 0, play.Outcome.APPROVE, opinion="同意。")
    return s.get_one(CaseRecord, task.case_id).revision


def open_tasks(gate: str) -> list[Task]:
    """Every open task at a gate."""
    with session() as s:
        return list(s.exec(select(Task).where(Task.gate == gate, Task.state == TaskState.OPEN)))


def waiting(gate: str) -> int:
    """How many cases wait at a gate."""
    with session() as s:
        return s.exec(select(func.count()).where(Task.gate == gate, Task.state == TaskState.OPEN)).one()


def drain(gate: str, count: int) -> float:
    """One worker until `count` cases wait at `gate`; how many gates a second that was."""

    async def work() -> float:
        stop, worker, start = asyncio.Event(), Worker(), time.perf_counter()
        running = asyncio.create_task(worker.run(stop))
        while await asyncio.to_thread(waiting, gate) < count:
            await asyncio.sleep(0.1)
        seconds = time.perf_counter() - start
        stop.set()
        await running
        return count / seconds

    return asyncio.run(work())


def over_http(tasks: list[Task]) -> list[float]:
    """The reviewer's own request, from the click to the redirect; the page after it is another one."""
    times = []
    with served(create_app()) as address, Client(base_url=address, headers={"Origin": address}) as client:
        client.sign_in_as("chenjiamin")
        for task in tasks:
            form = {"answer": "approve", "opinion": "材料齐全，予以受理。", "shown": task.shown_hash}
            start = time.perf_counter()
            answered = client.post(f"/tasks/{task.id}/answer", data=form)
            times.append(time.perf_counter() - start)
            assert answered.status_code == 303, answered.text
    return times


def burst(count: int, table: Table) -> None:
    """Many cases ready at once, without Prefect."""
    claims(count, 1)
    table.add_row(f"{count} 件提交 → 受理（D15、核查）", f"{drain('acceptance', count):.0f} 个环节/秒")
    ready = open_tasks("acceptance")
    table.add_row("办理一件（一次请求）", milliseconds(over_http(ready[:CLICKS])))
    times = []
    for task in ready[CLICKS:]:
        start = time.perf_counter()
        with session() as s:
            answer(s, task)
        times.append(time.perf_counter() - start)
    table.add_row("办理一件（一个事务）", milliseconds(times))
    table.add_row(
        f"{count} 件受理 → 初审（D16、通知、测算）", f"{drain('first_review', count):.0f} 个环节/秒"
    )


def two_processes(count: int, table: Table, settings: Settings) -> None:
    """The same burst, submitted at one stroke to two `fengbu worker` on the same machine, without Prefect."""
    environment = {**without_prefect_variables(), **settings.environment()}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    workers = [subprocess.Popen([*FENGBU, "worker"], env=environment, **quiet) for _ in range(2)]
    try:
        while True:
            with session() as s:
                if len(s.exec(select(WorkerBeat)).all()) == len(workers):
                    break
            time.sleep(0.1)
        there = waiting("acceptance")
        claims(count, 50_001)
        start = time.perf_counter()
        while waiting("acceptance") < there + count:
            time.sleep(0.1)
        gates = count / (time.perf_counter() - start)
        table.add_row(f"{count} 件提交 → 受理，两个工作进程", f"{gates:.0f} 个环节/秒")
    finally:
        for worker in workers:
            worker.terminate()
            worker.wait()


def at_rest(count: int, table: Table, settings: Settings, prefect_database: str) -> None:
    """One answer after another, with Prefect."""
    server = prefect_server.PrefectServer(settings, prefect_database)
    server.start()
    environment = {**os.environ, **settings.environment(), **prefect_server.prefect_environment(settings)}
    worker: subprocess.Popen[bytes] | None = None
    try:
        prefect_server.prepare(settings)
        worker = subprocess.Popen(
            [*FENGBU, "worker"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        numbers = set(claims(count, 100_001))
        while len(here := [t for t in open_tasks("acceptance") if t.case_number in numbers]) < count:
            time.sleep(0.1)
        time.sleep(3)
        times = []
        for task in here:
            start = time.perf_counter()
            with session() as s:
                revision = answer(s, task)
            answering.settled(task.case_number, revision, patience=30)
            times.append(time.perf_counter() - start)
            time.sleep(0.2)
        table.add_row("经 Prefect：办理 → 下一环节可见", milliseconds(times))
    finally:
        if worker is not None:
            worker.terminate()
            worker.wait()
        server.stop()


def milliseconds(times: list[float]) -> str:
    """Median and 95th percentile."""
    return f"中位 {statistics.median(times) * 1000:.0f} ms，p95 {statistics.quantiles(times, n=20)[-1] * 1000:.0f} ms"


def main() -> None:
    """Print one table."""
    given = [int(argument) for argument in sys.argv[1:]]
    cases, answers = (given + [500, 40][len(given) :])[:2]
    with tempfile.TemporaryDirectory(prefix="fengbu-bench-") as home:
        running = postgres.start(Path(home))
        try:
            os.environ["DATABASE_URL"] = running.url_for("fengbu")
            os.environ |= {"FENGBU_DATA_DIR": home, "FENGBU_PREFECT_PORT": str(free_port())}
            get_settings.cache_clear()
            urls = postgres.database_urls(get_settings(), running)
            for url in (urls.app, urls.prefect):
                postgres.ensure_database(url)
            database.run_migrations(urls.app)
            with session() as s:
                play.seed(s, "9000000000.00")
            load = "、".join(f"{n:.1f}" for n in os.getloadavg())
            table = Table(
                "项目", "结果", title=f"{os.cpu_count()} 核，PostgreSQL fsync 开；开始时负载 {load}"
            )
            burst(cases, table)
            two_processes(cases, table, get_settings())
            at_rest(answers, table, get_settings(), urls.prefect)
            Console().print(table)
        finally:
            database.engine().dispose()
            running.stop()


if __name__ == "__main__":
    main()
