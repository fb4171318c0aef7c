"""The database a command works on: `DATABASE_URL`, or the embedded server another `fengbu` runs on this machine."""

import os

from api.runtime import postgres
from models.policy.errors import PolicyError
from models.settings import get_settings


def reached() -> bool:
    """Point this process at the database; False when there is none."""
    settings = get_settings()
    if settings.database_url is not None:
        return True
    for place in (settings.data_dir, settings.data_dir / "demo"):
        if found := postgres.attach(place):
            os.environ["DATABASE_URL"] = found
            get_settings.cache_clear()
            return True
    return False


def reach() -> None:
    """Point this process at the database. Raises `PolicyError`, saying what to start, when there is none."""
    if not reached():
        raise PolicyError("没有可用的数据库：请设置 DATABASE_URL，或先启动 fengbu up、fengbu demo。")
