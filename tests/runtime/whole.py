"""A whole system of its own for tests that break it: cluster, Prefect's server and `fengbu worker`, each a process
that can be killed. Its demo clock starts on the Monday of the kernel's tests.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql

from api.demo import play
from api.runtime import postgres, prefect_server
from api.runtime.parts import (
    DATABASE,
    FENGBU,
    MIGRATIONS,
    PREFECT,
    PREFECT_READY,
    Database,
    standard_parts,
)
from api.runtime.process import ManagedProcess, free_port
from api.story.peers import SmtpPeer
from models import clock, database
from models.database import session
from models.records.reference import ClockSetting
from models.settings import Settings, get_settings
from tests.kernel.stage import MONDAY

LEASE = 5.0
"""Seconds a killed worker keeps its cases; 15 in the product."""


def eventually(look: Callable[[], Any], seconds: float = 180) -> Any:
    """What `look` finds, once it finds something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"It never came: {look}")


class Worker(ManagedProcess):
    """A `fengbu worker` that can be killed."""

    def kill(self) -> None:
        """As by the kernel when memory runs out."""
        assert self.pid is not None
        os.kill(self.pid, signal.SIGKILL)
        eventually(lambda: not self.alive())


class Whole:
    """The system's parts, and how to break them."""

    def __init__(self, settings: Settings, mail: SmtpPeer) -> None:
        self.settings = settings
        self.mail = mail
        self._parts = {part.name: part for part in standard_parts(settings)}
        self.workers: list[Worker] = []
        self._client = httpx.Client(base_url=f"{settings.prefect_url}/api", trust_env=False, timeout=30)

    @property
    def base(self) -> Database:
        """The part that is PostgreSQL."""
        found = self._parts[DATABASE]
        assert isinstance(found, Database)
        return found

    def start(self, *names: str) -> None:
        """Start parts as the supervisor does."""
        for name in names:
            self._parts[name].start()

    def stop(self, *names: str) -> None:
        """Stop parts as the supervisor does."""
        for name in names:
            self._parts[name].stop()

    def worker(self) -> None:
        """One more `fengbu worker`."""
        worker = Worker(f"worker-{len(self.workers)}", [*FENGBU, "worker"], data_dir=self.settings.data_dir)
        worker.start(self.base.environment(), directory=prefect_server.PROJECT)
        self.workers.append(worker)

    def kill_postgres(self) -> None:
        """An immediate stop: nothing is written out, as when power fails, then a start that recovers."""
        pid_file = self.settings.data_dir / "postgres" / "postmaster.pid"
        os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGQUIT)
        eventually(lambda: not self.base.alive())
        self.base.stop()
        self.base.start()

    def drop_prefects_database(self) -> None:
        """Everything Prefect knew is gone, whoever is connected to it."""
        name = sql.Identifier(postgres.PREFECT_DATABASE)
        with psycopg.connect(self.base.urls.app, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    def runs(self) -> list[dict[str, Any]]:
        """What Prefect shows, newest first."""
        answer = self._client.post("/flow_runs/filter", json={"sort": "START_TIME_DESC"})
        found: list[dict[str, Any]] = answer.raise_for_status().json()
        return found

    def close(self) -> None:
        """Stop everything."""
        self._client.close()
        for worker in self.workers:
            worker.stop(3)
        self.stop(PREFECT, DATABASE)


def move_clock(to: datetime) -> None:
    """Let it be `to` for every process of the system, this one included."""
    offset = clock.move_to(to)
    with session() as s:
        s.merge(ClockSetting(id=1, offset_seconds=round(offset.total_seconds()), moved_at=clock.wall()))


@contextmanager
def whole_system(place: Path) -> Iterator[Whole]:
    """A seeded system without a worker; this process's `session()` leads to its database."""
    with SmtpPeer() as mail, pytest.MonkeyPatch.context() as patch:
        settings = Settings(
            database_url=None,
            prefect_database_url=None,
            data_dir=place,
            demo=True,
            prefect_port=free_port(),
            smtp_host="127.0.0.1",
            smtp_port=mail.port,
            lease_seconds=LEASE,
            poll_seconds=0.5,
        )
        whole = Whole(settings, mail)
        try:
            whole.start(DATABASE, MIGRATIONS)
            for name, value in settings.environment().items():
                patch.setenv(name, value)
            patch.setenv("DATABASE_URL", whole.base.urls.app)
            get_settings.cache_clear()
            move_clock(MONDAY)
            with session() as s:
                play.seed(s)
            yield whole
        finally:
            whole.close()
            database.engine().dispose()
    clock.set_offset(timedelta(0))
    get_settings.cache_clear()


__all__ = ["PREFECT", "PREFECT_READY", "Whole", "eventually", "move_clock", "whole_system"]
