"""Prefect's server as a subprocess: its own port, its own database, its home in the data directory, no network.

A subprocess, because the server and flows in one event loop wait for each other for ever.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.engine import make_url

from api.runtime.process import ManagedProcess, PartError, refuse_taken_port
from models.settings import Settings

POOL = "fengbu"
"""The work pool (type ``process``) that `prefect.yaml` deploys to."""
BLOCK = "fengbu"
"""The local file system block that keeps results."""
START_TIMEOUT = 300.0
"""Seconds; the first start makes some sixty tables."""
SETUP_TIMEOUT = 300.0
PROJECT = Path(__file__).resolve().parents[2]
"""Where `prefect.yaml` and the process files are."""

_QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_CLI_COLORS": "false",
    "PYTHONUNBUFFERED": "1",
}


def prefect_environment(settings: Settings) -> dict[str, str]:
    """Return the variables for a process that talks to our Prefect server.

    The result storage block is named because the engine otherwise asks the server for the default with a blocking
    call per run (67 instead of 128 ms from an answer to the next gate). Without an ephemeral server a wrong
    address is an error instead of a second, empty Prefect.
    """
    return {
        **_QUIET,
        "PREFECT_HOME": str(_home(settings)),
        "PREFECT_API_URL": f"{settings.prefect_url}/api",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_DEFAULT_RESULT_STORAGE_BLOCK": f"local-file-system/{BLOCK}",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
    }


def server_environment(settings: Settings, database_url: str) -> dict[str, str]:
    """Return the variables of the server itself; `database_url` is its own database in libpq's form."""
    return {
        **_QUIET,
        "PREFECT_HOME": str(_home(settings)),
        "PREFECT_API_URL": f"{settings.prefect_url}/api",
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": asyncpg_url(database_url),
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        # A run's history is for operators; the case's own record is in our tables and is kept.
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(90 * 24 * 3600),
    }


def asyncpg_url(url: str) -> str:
    """Return a libpq URL as SQLAlchemy's asyncpg dialect wants it: its own driver name, ``ssl`` for ``sslmode``."""
    found = make_url(url).set(drivername="postgresql+asyncpg")
    if "sslmode" in found.query:
        mode = found.query["sslmode"]
        found = found.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    return found.render_as_string(hide_password=False)


def without_prefect_variables(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return `environment` without anybody's own Prefect settings: theirs may name another server or a cloud."""
    return {name: value for name, value in environment.items() if not name.startswith("PREFECT_")}


class PrefectServer:
    """The server process; `start` returns when its API answers."""

    def __init__(self, settings: Settings, database_url: str) -> None:
        self.settings = settings
        self._environment = server_environment(settings, database_url)
        address = ("--host", settings.prefect_host, "--port", str(settings.prefect_port))
        self._process = ManagedProcess(
            "prefect-server",
            [sys.executable, "-m", "prefect", "server", "start", *address],
            data_dir=settings.data_dir,
        )

    def start(self) -> str:
        """Start and wait for health; return the user interface's address, `PartError` if it does not come up."""
        _home(self.settings).mkdir(parents=True, exist_ok=True)
        self._process.end_left_over()
        refuse_taken_port(self.settings.prefect_host, self.settings.prefect_port, "FENGBU_PREFECT_PORT")
        self._process.start({**without_prefect_variables(), **self._environment}, directory=PROJECT)
        self._process.wait_for_http(f"{self.settings.prefect_url}/api/health", START_TIMEOUT)
        return self.settings.prefect_url

    def alive(self) -> bool:
        """Say whether the server process is running."""
        return self._process.alive()

    def stop(self) -> None:
        """Stop the server."""
        self._process.stop()


def prepare(settings: Settings) -> None:
    """Create in a running server what every run of ours needs: the result block and the work pool. Idempotent."""
    _run_setup(settings, "prepare")


def deploy(settings: Settings) -> None:
    """Apply `prefect.yaml`, and let an automation turn failed and crashed runs into incidents. Idempotent."""
    _run_setup(settings, "deploy")


def _run_setup(settings: Settings, what: str) -> None:
    """Run `prefect_setup` in a subprocess: Prefect reads its settings when it is imported.

    `PartError` with the end of its output if it fails.
    """
    process = ManagedProcess(
        f"prefect-{what}",
        [sys.executable, "-m", "api.runtime.prefect_setup", what],
        data_dir=settings.data_dir,
    )
    environment = {**without_prefect_variables(), **settings.environment(), **prefect_environment(settings)}
    process.start(environment, directory=PROJECT)
    try:
        if process.wait(SETUP_TIMEOUT) != 0:
            raise PartError(f"Prefect 没有准备好。{process.last_words()}")
    finally:
        process.stop()


def _home(settings: Settings) -> Path:
    return settings.data_dir / "prefect"
