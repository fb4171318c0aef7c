"""The database a command works on: `DATABASE_URL`, or the embedded server another `fengbu` runs on this machine.

`init`, `backup` and `restore` also start the configured one themselves: `founding.standing`.
"""

import os

import typer

from api.runtime import postgres
from models.policy.errors import PolicyError
from models.settings import get_settings

START = "请先启动 fengbu up 或 fengbu demo，或设置 DATABASE_URL。"


def reach() -> None:
    """Point this process at the database. Raises `PolicyError`, saying what to do, when none is there or answers."""
    from models.database import healthy

    settings = get_settings()
    if settings.database_url is None:
        places = (settings.data_dir, settings.data_dir / "demo")
        found = next(filter(None, map(postgres.attach, places)), None)
        if found is None:
            raise PolicyError(f"没有找到运行中的数据库：{START}")
        point_at(found)
    if not healthy():
        raise PolicyError(f"数据库没有应答：请核对 DATABASE_URL；{START}")


def connect() -> None:
    """The same for a command: without a database it ends with the sentence on standard error and the exit code 2."""
    try:
        reach()
    except PolicyError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


def point_at(url: str) -> None:
    """What this process does from now on, it does in the database at `url`."""
    os.environ["DATABASE_URL"] = url
    get_settings.cache_clear()
