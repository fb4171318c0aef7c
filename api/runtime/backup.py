"""The whole system in one file and back: cases, documents, uploads and registers all live in one database.

`save` copies a running system as it was at one instant. `restore` fills an empty database only, in one transaction.
"""

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, inspect

from api.runtime.cluster import PostgresError, program
from models import database
from models.database import libpq_url, sqlalchemy_url

PLAIN = ("--no-owner", "--no-privileges", "--no-comments")
_BLOCK = 1024 * 1024


class BackupError(RuntimeError):
    """A backup that was not made or not read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A finished backup: its size in bytes and the hash that stands in the file beside it."""

    path: Path
    size: int
    sha256: str


def save(url: str, target: Path) -> Saved:
    """Write the database at `url` to `target` and its SHA-256 beside it; the file appears when it is whole.

    Raises `BackupError` when the file exists already, the folder does not, or the database cannot be read.
    """
    if target.exists():
        raise BackupError(f"文件 {target} 已存在，没有覆盖。请换一个文件名。")
    if not target.parent.is_dir():
        raise BackupError(f"文件夹 {target.parent} 不存在，请先建立。")
    with tempfile.TemporaryDirectory(prefix=".fengbu-backup-", dir=target.parent) as aside:
        part = Path(aside) / "part"
        _run("pg_dump", ["--format", "custom", *PLAIN, "--file", str(part), "--dbname", libpq_url(url)])
        digest = _hash(part)
        listed = _list_path(target)
        listed.write_text(f"{digest}  {target.name}\n", encoding="utf-8")
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.rename(target)
    return Saved(target, target.stat().st_size, digest)


def restore(url: str, source: Path) -> None:
    """Fill the empty database at `url` from a backup and bring it to this version's tables.

    Raises `BackupError` for a file that is damaged or none of ours, and for a database that holds anything.
    """
    if not source.is_file():
        raise BackupError(f"没有找到备份文件 {source}。")
    listed = _list_path(source)
    if listed.exists() and listed.read_text(encoding="utf-8").split()[:1] != [_hash(source)]:
        raise BackupError(f"备份文件 {source} 与 {listed.name} 中的校验值不符：文件已损坏或被改动。")
    engine = create_engine(sqlalchemy_url(url))
    try:
        if inspect(engine).get_table_names():
            raise BackupError("目标数据库不是空的，没有恢复。请指定一个新的数据目录或空数据库。")
    finally:
        engine.dispose()
    whole = ["--exit-on-error", "--single-transaction", *PLAIN, "--dbname", libpq_url(url), str(source)]
    _run("pg_restore", whole)
    database.run_migrations(url)


def _run(name: str, words: Sequence[str]) -> None:
    try:
        done = subprocess.run(
            [str(program(name)), *words], capture_output=True, text=True, check=False, errors="replace"
        )
    except (OSError, PostgresError) as error:
        raise BackupError(f"不能运行 {name}：{error}") from error
    if done.returncode != 0:
        why = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise BackupError(f"{name} 没有完成：{why[0] if why else '没有说明原因'}")


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _list_path(path: Path) -> Path:
    """Where the hash stands, in the form `sha256sum -c` reads."""
    return path.with_name(path.name + ".sha256")
