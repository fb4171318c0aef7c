"""Prefect as an operator meets it: our pool, our deployments, and a failed run that becomes an incident."""

import io
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
from sqlmodel import Session

from api.demo import play
from api.runtime import prefect_server as prefect
from api.runtime.process import ManagedProcess
from flows.documents import packing
from models import clock
from models.lifecycle import Board, State
from models.records import export
from models.records.case import by_number
from models.records.export import Export, ExportState
from models.records.person import by_login
from models.records.task import TaskState
from models.settings import Settings
from tests.kernel.stage import check_everything, claim_at, open_tasks

pytestmark = pytest.mark.xdist_group("prefect")

FAILING = """
from prefect import flow, tags

@flow(name="fails")
def fails():
    raise ValueError("the treasury's file has no such line")

with tags("no-such-case"):
    fails()
"""


class Api:
    """Prefect's REST interface, as far as the tests look at it."""

    def __init__(self, settings: Settings) -> None:
        self._client = httpx.Client(base_url=f"{settings.prefect_url}/api", trust_env=False)

    def runs_of(self, flow: str) -> list[dict[str, Any]]:
        answer = self._client.post("/flow_runs/filter", json={"flows": {"name": {"any_": [flow]}}})
        found: list[dict[str, Any]] = answer.raise_for_status().json()
        return found

    def names(self, kind: str) -> set[str]:
        return {
            item["name"] for item in self._client.post(f"/{kind}/filter", json={}).raise_for_status().json()
        }

    def run(self, deployment: str, parameters: dict[str, Any]) -> str:
        """Start a deployment as from Prefect's pages; the run's id."""
        found = self._client.get(f"/deployments/name/{deployment}").raise_for_status().json()
        created = self._client.post(
            f"/deployments/{found['id']}/create_flow_run", json={"parameters": parameters}
        )
        made: str = created.raise_for_status().json()["id"]
        return made

    def state_of(self, run: str) -> str:
        """COMPLETED, FAILED …"""
        found: str = self._client.get(f"/flow_runs/{run}").raise_for_status().json()["state_type"]
        return found

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def api(prefect_server: Any) -> Iterator[Api]:
    opened = Api(prefect_server.settings)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def pool_worker(prefect_server: Any) -> Iterator[None]:
    """Our deployments, and a plain Prefect worker that runs them."""
    prefect.deploy(prefect_server.settings)
    process = ManagedProcess(
        "prefect-worker",
        [sys.executable, "-m", "prefect", "worker", "start", "--pool", prefect.POOL],
        data_dir=prefect_server.settings.data_dir,
    )
    process.start(prefect_server.environment, directory=prefect.PROJECT)
    yield
    process.stop()


def eventually(look: Callable[[], Any], seconds: float = 180) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError("It never came.")


def test_a_failed_run_starts_raise_incident_with_its_id_and_a_failing_raise_incident_does_not(
    prefect_server: Any, api: Api, pool_worker: None
) -> None:
    assert {"filing", "claim", "wake-due-cases", "raise-incident"} <= api.names("deployments")
    assert len(api.names("automations")) == 1

    failing = subprocess.run(
        [sys.executable, "-c", FAILING],
        env=prefect_server.environment,
        capture_output=True,
        check=False,
        text=True,
    )
    assert "no such line" in failing.stderr
    (failed,) = api.runs_of("fails")
    (raised,) = eventually(lambda: api.runs_of("raise-incident"))
    assert raised["parameters"] == {"flow_run_id": failed["id"]}
    eventually(lambda: api.runs_of("raise-incident")[0]["state_type"] == "COMPLETED")

    api.run("raise-incident/raise-incident", {"flow_run_id": "not an id"})
    eventually(lambda: "FAILED" in [run["state_type"] for run in api.runs_of("raise-incident")])
    time.sleep(2)  # the first incident's run was there within this time
    assert len(api.runs_of("raise-incident")) == 2


def test_an_operators_run_wakes_cases_but_answers_nothing_and_the_pool_moves_what_no_worker_takes(
    api: Api, pool_worker: None, db: Callable[[], AbstractContextManager[Session]]
) -> None:
    with db() as s:
        play.seed(s)
    waiting = claim_at("acceptance", 1)
    (task,) = open_tasks(waiting)
    with db() as s:
        asleep, due = (
            play.a_claim(s, Board.GUARANTEE, "GHD", "5000000.00", "1000000.00", number=number)
            for number in (2, 3)
        )
        asleep.wake_at = None  # nobody looks at it but whom an operator sends
    asked = api.run("claim/claim", {"cases": [waiting, asleep.number, "BC-1999-0001"]})
    sweep = api.run("wake-due-cases/wake-due-cases", {})
    eventually(lambda: api.state_of(asked) == "COMPLETED" and api.state_of(sweep) == "COMPLETED")
    assert [play.state_of(case.number) for case in (asleep, due)] == [State.ACCEPTANCE] * 2
    assert play.state_of(waiting) == State.ACCEPTANCE
    assert [(t.id, t.state) for t in open_tasks(waiting)] == [(task.id, TaskState.OPEN)]
    check_everything()


def test_the_pool_packs_what_waits_to_be_downloaded(
    api: Api, pool_worker: None, db: Callable[[], AbstractContextManager[Session]]
) -> None:
    with db() as s:
        play.seed(s)
    number = claim_at("first_review", 1)
    with db() as s:
        case, reader = by_number(s, number), by_login(s, "chenjiamin")
        assert case is not None and reader is not None
        files = packing.papers(s, [case.id or 0], applicant=False)
        asked = Export(
            person_id=reader.id or 0, title="1 件案件的文书", case_ids=[case.id or 0], applicant=False,
            requested_at=clock.now(), total=len(files),
        )  # fmt: skip
        s.add(asked)
        s.flush()
        waiting = asked.id or 0
    run = api.run("pack-documents/pack-documents", {})
    eventually(lambda: api.state_of(run) == "COMPLETED")
    with db() as s:
        packed = s.get_one(Export, waiting)
        assert (packed.state, packed.done, packed.fault) == (ExportState.DONE, len(files), "")
        with zipfile.ZipFile(io.BytesIO(b"".join(export.pieces(s, waiting)))) as archive:
            assert archive.testzip() is None
            assert len(archive.namelist()) == len(files) >= 2


def test_the_user_interface_comes_from_the_server_itself(prefect_server: Any) -> None:
    page = httpx.get(f"{prefect_server.settings.prefect_url}/", trust_env=False)
    assert page.status_code == 200
    assert "https://" not in page.text.replace("https://www.w3.org", "")


def test_flows_in_this_process_reach_the_server(in_prefect: Any, api: Api) -> None:
    from prefect import flow

    @flow(name="reaches")
    def reaches() -> int:
        return 7

    assert reaches() == 7
    assert [run["state_type"] for run in api.runs_of("reaches")] == ["COMPLETED"]


def test_another_machines_sslmode_becomes_asyncpgs_ssl() -> None:
    given = "postgresql://u:p@h:5432/prefect?sslmode=require"
    assert prefect.asyncpg_url(given) == "postgresql+asyncpg://u:p@h:5432/prefect?ssl=require"


def test_nobodys_own_prefect_settings_reach_our_server() -> None:
    assert prefect.without_prefect_variables({"PREFECT_API_KEY": "theirs", "PATH": "/bin"}) == {
        "PATH": "/bin"
    }
