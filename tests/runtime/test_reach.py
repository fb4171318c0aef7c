"""The commands that work on a database find it in one way, and say what to do where there is none."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app, reach
from api.runtime import postgres
from models import database
from models.settings import get_settings

COMMANDS = (
    ("ledger", "verify"),
    ("documents", "verify"),
    ("documents", "bundle", "BC-2026-0001"),
    ("import", "loans", "贷款.xlsx", "--person", "zhou"),
    ("import", "publish", "第一批", "--person", "zhou"),
    ("policy", "explain", "--case", "BC-2026-0001"),
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine where no `fengbu` runs and no database is configured; its data directory."""
    monkeypatch.setenv("FENGBU_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL")
    get_settings.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    get_settings.cache_clear()


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_without_a_database_every_command_says_what_to_start(place: Path, words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert "没有找到运行中的数据库：请先启动 fengbu up 或 fengbu demo，或设置 DATABASE_URL。" in done.stderr
    assert not done.stdout


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_database_that_does_not_answer_is_a_sentence(
    place: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql:///fengbu?host={place}")
    get_settings.cache_clear()
    done = CliRunner().invoke(app, words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "数据库没有应答：请核对 DATABASE_URL" in done.stderr


def test_a_running_demonstration_is_found_as_well(
    place: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers = {place / "demo": database_url}
    monkeypatch.setattr(postgres, "attach", servers.get)
    monkeypatch.setenv("DATABASE_URL", "")  # so that what `reach` sets is undone
    reach.reach()
    assert get_settings().database_url == database_url
    assert database.healthy()
