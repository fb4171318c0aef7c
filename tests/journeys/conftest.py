"""A whole system for a journey: web application and worker as processes of their own, in demo mode, on this
worker's database. Without Prefect: the worker runs the cases itself, as it does when Prefect's server is away."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from sqlmodel import Session

from api.demo.play import seed, uscc
from api.runtime.parts import FENGBU
from api.runtime.prefect_server import PROJECT, without_prefect_variables
from api.runtime.process import ManagedProcess, free_port
from models.records.enterprise import WhiteListEntry
from tests.browser import chromium

WEB = (sys.executable, "-m", "api.runtime.web", "127.0.0.1")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser; every person of a journey gets a window (context) of their own.

    Ended with the module: while it runs its event loop does, and a later test could not start one of its own.
    """
    with chromium() as found:
        yield found


@pytest.fixture
def address(db: Callable[[], AbstractContextManager[Session]], server_dir: Path) -> Iterator[str]:
    """The running system's address: a city before its first filing, with real LPR, calendar and budget."""
    with db() as s:
        seed(s)
        for number in range(1, 5):
            s.add(
                WhiteListEntry(
                    uscc=uscc(number), batch="2024-1", recommended_by="市科技局", valid_from=date(2024, 1, 1)
                )
            )
    port = free_port()
    environment = without_prefect_variables() | {
        "DATABASE_URL": os.environ["DATABASE_URL"],
        "FENGBU_DATA_DIR": str(server_dir),
        "FENGBU_DEMO": "1",
        "FENGBU_POLL_SECONDS": "1",
        "FENGBU_PORT": str(port),
    }
    web = ManagedProcess("web", (*WEB, str(port)), data_dir=server_dir)
    worker = ManagedProcess("worker", (*FENGBU, "worker"), data_dir=server_dir)
    try:
        web.start(environment, directory=PROJECT)
        worker.start(environment, directory=PROJECT)
        found = f"http://127.0.0.1:{port}"
        web.wait_for_http(f"{found}/healthz", 60)
        yield found
        assert worker.alive(), worker.last_words()
    finally:
        worker.stop()
        web.stop()
