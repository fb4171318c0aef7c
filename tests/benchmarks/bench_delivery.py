"""Ten thousand notices to fifty endpoints of which five hang, five answer 500 and five answer twice too late: the first
`EACH` notices such a one is sent are answered too late twice each, and it is well after that.

    python -m tests.benchmarks.bench_delivery [notices] [quiet]

Its own embedded PostgreSQL with fsync on; `fengbu worker` and the banks' endpoints are processes of their own. Then,
at rest, a reviewer's decision until the bank's endpoint has the notice, with no Prefect server to help. Exits 1 when
a healthy endpoint misses something, a notice is lost, or a duplicate came under another id.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

from rich.console import Console
from rich.table import Table
from sqlalchemy import insert
from sqlmodel import Session, col, func, select

from api.demo import play
from api.runtime import postgres
from api.runtime.parts import FENGBU
from api.story.peers import SECRET
from flows.delivery.outbox import CHANNEL
from flows.steps.notices import announce
from models import clock, database
from models.database import session
from models.lifecycle import Board
from models.records.case import CaseRecord
from models.records.institution import Institution, Kind, WebhookEndpoint
from models.records.notice import Channel, Delivery, DeliveryState, Notice
from models.records.reference import WorkerBeat
from models.records.task import Task
from models.settings import get_settings
from tests.benchmarks.bench_kernel import answer, milliseconds, open_tasks

KINDS = ("hang", "error", "late")
EACH = 5
ENDPOINTS = 50
LATE = 12.0  # seconds: longer than the sender's patience
NOTICES_A_CASE = 5


class Endpoint:
    """A bank's endpoint: what it was sent, and how it behaves."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.calls: list[tuple[str, float]] = []
        self.seen: Counter[str] = Counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, one answer."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            await reader.readexactly(int(headers["content-length"]))
            key = headers["webhook-id"]
            self.calls.append((key, time.time()))
            self.seen[key] += 1
            if self.kind == "hang":
                await reader.read()
            elif self.kind == "late" and self.seen[key] <= 2 and key in list(self.seen)[:EACH]:
                await asyncio.sleep(LATE)
            word = b"500 Internal Server Error" if self.kind == "error" else b"200 OK"
            writer.write(b"HTTP/1.1 " + word + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def receive() -> None:
    """The endpoints: their ports on the first line, what they have been sent so far after each line that comes."""
    endpoints = [Endpoint(kind_of(n)) for n in range(ENDPOINTS)]
    servers = [await asyncio.start_server(one.serve, "127.0.0.1", 0, backlog=256) for one in endpoints]
    _say([server.sockets[0].getsockname()[1] for server in servers])
    while await asyncio.to_thread(sys.stdin.readline):
        _say([one.calls for one in endpoints])


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def kind_of(number: int) -> str:
    """How endpoint `number` behaves; the sick ones are spread among the healthy."""
    return KINDS[number // 3 // EACH] if number % 3 == 0 and number // 3 < EACH * len(KINDS) else "well"


class Banks:
    """The process of the endpoints."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.bench_delivery", "--receive"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.ports: list[int] = self._line()

    def _line(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def calls(self) -> list[list[tuple[str, float]]]:
        """What each endpoint was sent so far: ids and times."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return [[(key, at) for key, at in one] for one in self._line()]

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.wait()


def write(count: int, ports: list[int]) -> dict[int, list[str]]:
    """`count` notices in the outbox, as the steps write them; their ids by endpoint number."""
    with session() as s:
        play.seed(s, "9000000000.00")
        record = play.a_claim(s, Board.GUARANTEE, "GHD", "5000000.00", "1000000.00", number=1)
        sample = announce(s, record, "claim_accepted", document=None, context={})
        places = [Institution(code=f"B{n}", kind=Kind.BANK, files_board=Board.BANK) for n in range(ENDPOINTS)]
        s.add_all(places)
        s.flush()
        hooks = [
            WebhookEndpoint(institution_id=place.id or 0, url=f"http://127.0.0.1:{port}/in", secret=SECRET)
            for place, port in zip(places, ports, strict=True)
        ]
        s.add_all(hooks)
        s.flush()
        facts = record.model_dump(exclude={"id"}) | {"wake_at": None}
        cases = [
            CaseRecord(**facts | {"number": f"N{n}", "institution_id": places[n % ENDPOINTS].id})
            for n in range(count // NOTICES_A_CASE)
        ]
        s.add_all(cases)
        s.flush()
        told = sample.model_dump(exclude={"feed_position"})
        ids: dict[int, list[str]] = {n: [] for n in range(ENDPOINTS)}
        notices, deliveries = [], []
        for n in range(count):
            place, key, case = n % ENDPOINTS, uuid4(), cases[n % len(cases)]
            ids[place].append(str(key))
            home = {"institution_id": places[place].id}
            notices.append(told | home | {"id": key, "case_id": case.id})
            deliveries.append(home | {
                "notice_id": key, "channel": Channel.WEBHOOK, "address": hooks[place].url,
                "endpoint_id": hooks[place].id, "state": DeliveryState.PENDING, "attempts": 0, "last_error": "",
                "next_attempt_at": clock.wall(), "queued_at": clock.wall(),
            })  # fmt: skip
        s.connection().execute(insert(Notice), notices)
        s.connection().execute(insert(Delivery), deliveries)
    return ids


def worked(process: int) -> float:
    """CPU seconds a process has used: what the machine's other work does not change."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def burst(count: int, banks: Banks, worker: int, table: Table) -> bool:
    """Everything due at once; whether nothing failed that may not. `worker` is the sending process."""
    ids = write(count, banks.ports)
    healthy = [n for n in range(ENDPOINTS) if kind_of(n) == "well"]
    wanted = sum(len(ids[n]) for n in healthy)
    with session() as s:
        database.notify(s, CHANNEL)
    start, used = time.time(), worked(worker)
    progress(f"{count} 份通知已写入发件箱，开始发送")
    while (have := _received(banks.calls(), healthy)) < wanted and time.time() - start < 300:
        progress(f"{time.time() - start:.0f} 秒：正常接口收到 {have}/{wanted}")
        time.sleep(2)
    calls = banks.calls()
    last = max((at for n in healthy for _, at in calls[n]), default=0) - start
    missed = sum(len(set(ids[n]) - {key for key, _ in calls[n]}) for n in healthy)
    table.add_row(f"{len(healthy)} 个正常接口收齐 {wanted} 份", f"{last:.1f} 秒，缺 {missed} 份")
    table.add_row("发送进程的 CPU", f"{worked(worker) - used:.1f} 秒")
    progress("等待病态接口的再次发送（休息 30 秒以上）")
    while not any(len(set(one)) < len(one) for one in map(_ids, calls)) and time.time() - start < 150:
        time.sleep(2)  # until late ones have been tried again: they rest meanwhile
        calls = banks.calls()
    time.sleep(3)  # what was answered is being recorded
    foreign = sum(key not in set(ids[n]) for n in range(ENDPOINTS) for key, _ in calls[n])
    again = sum(count - 1 for n in range(ENDPOINTS) for count in Counter(k for k, _ in calls[n]).values())
    with session() as s:
        lost = count - _kept(s)
        states = s.exec(select(Delivery.state, func.count()).group_by(Delivery.state)).all()
    table.add_row("再次发送，编号相同", f"{again} 次；陌生编号 {foreign} 个")
    table.add_row("发件箱", "、".join(f"{state.value} {n}" for state, n in states) + f"；丢失 {lost} 份")
    return missed == foreign == lost == 0


def _received(calls: list[list[tuple[str, float]]], numbers: list[int]) -> int:
    return sum(len({key for key, _ in calls[n]}) for n in numbers)


def _ids(calls: list[tuple[str, float]]) -> list[str]:
    return [key for key, _ in calls]


def _kept(s: Session) -> int:
    query = select(func.count()).where(
        Delivery.channel == Channel.WEBHOOK, col(Delivery.endpoint_id).is_not(None)
    )
    return s.exec(query).one()


def progress(words: str) -> None:
    """A line at once: whoever waits for a long run sees where it is."""
    Console(stderr=True).print(f"[dim]{words}[/dim]", highlight=False)


def at_rest(count: int, banks: Banks, table: Table) -> None:
    """One decision after another; the reviewer's commit until the endpoint has the notice."""
    with session() as s:
        for endpoint in s.exec(select(WebhookEndpoint)):
            endpoint.active = False
        for delivery in s.exec(select(Delivery).where(Delivery.state == DeliveryState.PENDING)):
            delivery.state = DeliveryState.PARKED
        home = s.exec(select(Institution).where(Institution.code == "GHD")).one()
        url = f"http://127.0.0.1:{banks.ports[1]}/in"
        s.add(WebhookEndpoint(institution_id=home.id or 0, url=url, secret=SECRET))
        for n in range(count):
            play.a_claim(s, Board.GUARANTEE, "GHD", "5000000.00", "1000000.00", number=1000 + n)
    while len(open_tasks("acceptance")) < count + 1:
        time.sleep(0.2)
    time.sleep(3)
    times = [_decided(task, banks) for task in open_tasks("acceptance")[:count]]
    table.add_row("静态：作出决定 → 对方收到", milliseconds(times) if len(times) > 1 else "")
    table.add_row("静态中位（目标 ≤ 1000 ms）", f"{statistics.median(times) * 1000:.0f} ms")


def _decided(task: Task, banks: Banks) -> float:
    before = {key for key, _ in banks.calls()[1]}
    start = time.time()
    with session() as s:
        answer(s, task)
    while not (fresh := [at for key, at in banks.calls()[1] if key not in before]):
        if time.time() - start > 30:
            raise RuntimeError(f"{task.case_number}: no webhook within 30 s")
        time.sleep(0.01)
    time.sleep(0.3)
    return fresh[0] - start


def _until_it_works() -> None:
    """Wait for the worker's first heartbeat, and a moment for its ear on the outbox."""
    for _ in range(300):
        with session() as s:
            if s.exec(select(WorkerBeat)).first() is not None:
                break
        time.sleep(0.2)
    time.sleep(2)


def main() -> None:
    """Print one table."""
    given = [int(argument) for argument in sys.argv[1:]]
    count, quiet = (given + [10_000, 20][len(given) :])[:2]
    good = False
    with tempfile.TemporaryDirectory(prefix="fengbu-bench-") as home:
        running, banks = postgres.start(Path(home)), Banks()
        worker: subprocess.Popen[bytes] | None = None
        try:
            os.environ["DATABASE_URL"] = running.url_for(postgres.APP_DATABASE)
            os.environ |= {"FENGBU_DATA_DIR": home, "FENGBU_WEBHOOK_ALLOW_PRIVATE": "1"}
            get_settings.cache_clear()
            postgres.ensure_database(os.environ["DATABASE_URL"])
            database.run_migrations(os.environ["DATABASE_URL"])
            worker = subprocess.Popen(
                [*FENGBU, "worker"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            _until_it_works()
            load = "、".join(f"{n:.1f}" for n in os.getloadavg())
            table = Table(
                "项目", "结果", title=f"{os.cpu_count()} 核，PostgreSQL fsync 开；开始时负载 {load}"
            )
            good = burst(count, banks, worker.pid, table)
            at_rest(quiet, banks, table)
            Console().print(table)
        finally:
            if worker is not None:
                worker.terminate()
                worker.wait()
            banks.stop()
            database.engine().dispose()
            running.stop()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    if sys.argv[1:] == ["--receive"]:
        asyncio.run(receive())
    else:
        main()
