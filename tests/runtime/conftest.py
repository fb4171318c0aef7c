"""A real Prefect server, for the tests that need one."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from api.runtime import postgres
from api.runtime import prefect_server as prefect
from api.runtime.process import free_port
from models.settings import Settings


@dataclass(frozen=True)
class PrefectForTests:
    """A running Prefect server with our block and pool; `environment` is for subprocesses that use it."""

    settings: Settings
    environment: dict[str, str]


@pytest.fixture(scope="package")
def prefect_server(database_url: str) -> Iterator[PrefectForTests]:
    """A real Prefect server for the tests of this room: some ten seconds to start, and never idle while it is up.

    Mark tests that ask for it ``@pytest.mark.xdist_group("prefect")``, so that one worker starts it, not all.
    """
    settings = Settings(prefect_port=free_port())
    urls = postgres.database_urls(settings, None)
    postgres.ensure_database(urls.prefect)
    server = prefect.PrefectServer(settings, urls.prefect)
    try:
        server.start()
        prefect.prepare(settings)
        variables = {**os.environ, **settings.environment(), **prefect.prefect_environment(settings)}
        yield PrefectForTests(settings, variables)
    finally:
        server.stop()


@pytest.fixture
def in_prefect(prefect_server: PrefectForTests) -> Iterator[PrefectForTests]:
    """Let flows of this test run in this process against the real server."""
    from prefect.settings import (
        PREFECT_API_URL,
        PREFECT_DEFAULT_RESULT_STORAGE_BLOCK,
        PREFECT_LOGGING_TO_API_ENABLED,
        temporary_settings,
    )

    variables = prefect_server.environment
    with (
        pytest.MonkeyPatch.context() as patch,
        temporary_settings(
            {
                PREFECT_API_URL: variables["PREFECT_API_URL"],
                PREFECT_DEFAULT_RESULT_STORAGE_BLOCK: variables["PREFECT_DEFAULT_RESULT_STORAGE_BLOCK"],
                PREFECT_LOGGING_TO_API_ENABLED: False,  # its thread would outlive the server and complain
            }
        ),
    ):
        patch.setenv("PREFECT_API_URL", variables["PREFECT_API_URL"])
        yield prefect_server
