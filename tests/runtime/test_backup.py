"""A backup is the whole system: what is restored from it verifies like the original; nothing is overwritten."""

import shutil
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, create_engine

from api.runtime import backup, postgres
from flows.actions.rules.verifying import verify
from models.database import sqlalchemy_url
from models.records.document import of_case
from models.records.institution import by_code
from tests import builders
from tests.seed import seed


@pytest.fixture
def empty(database_url: str) -> str:
    """The address of a new, empty database on the same server."""
    name = f"restored_{urlsplit(database_url).path.strip('/')}"
    url = database_url.replace(urlsplit(database_url).path, f"/{name}")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
    postgres.ensure_database(url)
    return url


def test_what_is_restored_is_what_was_saved(db, database_url: str, empty: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with db() as s:
        seed(s)
    number = builders.claimed()
    builders.answer(number, "chenjiamin")
    saved = backup.save(database_url, tmp_path / "fengbu.backup")
    assert saved.size > 0 and saved.sha256 in (tmp_path / "fengbu.backup.sha256").read_text()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["fengbu.backup", "fengbu.backup.sha256"]

    backup.restore(empty, saved.path)
    engine = create_engine(sqlalchemy_url(empty))
    try:
        with Session(engine) as s, db() as original:
            assert not verify(s).differences
            assert by_code(s, "GYB") is not None
            query = text("SELECT id FROM cases WHERE number = :n")
            key, same = (one.execute(query, {"n": number}).scalar_one() for one in (s, original))
            papers = [(d.number, d.sha256) for d in of_case(s, key)]
            assert papers and papers == [(d.number, d.sha256) for d in of_case(original, same)]
        with Session(engine) as s, pytest.raises(DBAPIError, match="append"):
            s.execute(text("DELETE FROM ledger_entries"))  # the database's own guards came back, too
    finally:
        engine.dispose()
    with pytest.raises(backup.BackupError, match="不是空的"):
        backup.restore(empty, saved.path)


def test_what_cannot_be_saved_or_restored_says_so(db, database_url: str, empty: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    there = tmp_path / "there"
    there.write_text("kept")
    with pytest.raises(backup.BackupError, match="已存在，没有覆盖"):
        backup.save(database_url, there)
    assert there.read_text() == "kept"
    with pytest.raises(backup.BackupError, match="不存在，请先建立"):
        backup.save(database_url, tmp_path / "no" / "file")
    with pytest.raises(backup.BackupError, match="pg_dump 没有完成"):
        backup.save(database_url.replace("test_", "nothing_"), tmp_path / "new")
    assert not (tmp_path / "new").exists()
    with pytest.raises(backup.BackupError, match="没有找到备份文件"):
        backup.restore(empty, tmp_path / "none")
    with pytest.raises(backup.BackupError, match="pg_restore 没有完成"):
        backup.restore(empty, there)
    saved = backup.save(database_url, tmp_path / "good")
    broken = tmp_path / "broken"
    shutil.copy(saved.path, broken)
    broken.with_name("broken.sha256").write_text(f"{saved.sha256}  broken\n")
    whole = saved.path.read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(backup.BackupError, match="已损坏或被改动"):
        backup.restore(empty, broken)
    broken.with_name("broken.sha256").unlink()
    with pytest.raises(backup.BackupError, match="pg_restore 没有完成"):
        backup.restore(empty, broken)
    backup.restore(empty, saved.path)  # a refused one left nothing behind
