"""The request's transaction. Everything a request does commits together, before the response leaves."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from fastapi import Depends
from sqlmodel import Session

from models import clock, database
from models.records.reference import ClockSetting
from models.settings import get_settings


def transaction() -> Iterator[Session]:
    """Yield the request's session; in the demo the business clock is read first, so that all processes agree."""
    with database.session() as db:
        if get_settings().demo:
            read_clock(db)
        yield db


def read_clock(db: Session) -> None:
    """Set this process's clock to the offset kept in the database (`ClockSetting`)."""
    setting = db.get(ClockSetting, 1)
    clock.set_offset(timedelta(seconds=setting.offset_seconds if setting else 0))


Db = Annotated[Session, Depends(transaction, scope="function")]
"""One transaction per request. FastAPI's default scope would commit after the response has left."""
