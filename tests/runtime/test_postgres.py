"""The embedded server: kept data, killed servers, stale pid files, long paths, and an operator's own instead."""

import os
import signal
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from api.runtime import postgres
from models.settings import get_settings


def test_a_new_cluster_is_kept_and_a_killed_one_recovers(server_dir: Path) -> None:
    first = postgres.start(server_dir)
    with psycopg.connect(first.url_for(postgres.APP_DATABASE), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    with psycopg.connect(first.url_for(postgres.PREFECT_DATABASE)) as connection:
        assert connection.execute("SELECT similarity('风补', '风补')").fetchone() == (1,)
    with pytest.raises(postgres.PostgresError, match="另一个 fengbu"):
        postgres.start(server_dir)
    assert postgres.attach(server_dir) == first.url_for(postgres.APP_DATABASE)

    pid_file = server_dir / "postgres" / "postmaster.pid"
    os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGKILL)
    while first.alive():
        pass
    first.stop()
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))  # a pid that another program has now
    assert postgres.attach(server_dir) is None

    second = postgres.start(server_dir)
    try:
        with psycopg.connect(second.url_for(postgres.APP_DATABASE)) as connection:
            assert connection.execute("SELECT one FROM kept").fetchone() == (1,)
    finally:
        second.stop()
    assert not second.alive()


def test_a_data_directory_with_a_very_long_path_gets_a_short_socket(server_dir: Path) -> None:
    running = postgres.start(server_dir / ("long" * 30))
    try:
        psycopg.connect(running.url_for(postgres.APP_DATABASE)).close()
    finally:
        running.stop()


def test_an_operators_own_database_gets_prefects_beside_it(database_url: str) -> None:
    settings = get_settings()
    urls = postgres.database_urls(settings, None)
    assert make_url(urls.app) == make_url(database_url)
    assert make_url(urls.prefect).database == f"{make_url(database_url).database}_prefect"
    postgres.ensure_database(urls.prefect)
    postgres.ensure_database(urls.prefect)
    with psycopg.connect(urls.prefect) as connection:
        assert connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'").fetchone() == (1,)
