"""`fengbu backup` and `fengbu restore`: the whole system in one file, and back into an empty database."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    """The commands, beside `up` and `init`."""
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(file: Annotated[Path, typer.Argument(help="写到这个新文件，旁边另写校验值")]) -> None:
    """把整个系统（案件、文书、附件、台账、登记簿）备份成一个文件；系统可以照常运行。"""
    from api.cli.founding import standing
    from api.runtime.backup import BackupError, save
    from models.settings import get_settings

    with standing(tables=False):  # as it is: a backup before a new version must not bring its tables along
        try:
            saved = save(str(get_settings().database_url), file)
        except BackupError as error:
            _stop(error)
    typer.echo(f"已备份到 {saved.path}（{saved.size / 1_048_576:.1f} MB），SHA-256 {saved.sha256}。")


def restore(file: Annotated[Path, typer.Argument(help="fengbu backup 写成的文件")]) -> None:
    """把备份恢复到空数据库（新的 FENGBU_DATA_DIR 或 DATABASE_URL），并复算台账、核验文书。"""
    from api.cli.founding import standing
    from api.runtime.backup import BackupError
    from api.runtime.backup import restore as fill
    from flows.actions.rules.verifying import verify
    from models import database
    from models.settings import get_settings

    with standing(tables=False):
        try:
            fill(str(get_settings().database_url), file)
        except BackupError as error:
            _stop(error)
        with database.session() as s:
            ledger = verify(s)
    for difference in ledger.differences:
        typer.echo(f"✗ {difference.sentence}")
    said = f"{len(ledger.differences)} 处不符" if ledger.differences else "台账全部相符"
    typer.echo(
        f"已恢复 {ledger.cases} 件补偿、{ledger.loans} 笔备案贷款：{said}。文书请用 fengbu documents verify 核验。"
    )
    sys.exit(1 if ledger.differences else 0)


def _stop(error: Exception) -> None:
    print(error, file=sys.stderr)
    raise typer.Exit(2)
