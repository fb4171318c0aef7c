"""The request's transaction. Everything a request does commits together, before the response leaves."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends
from sqlmodel import Session

from models import database
from models.records.reference import sync_clock


def transaction() -> Iterator[Session]:
    """Yield the request's session; in the demo the business clock is read first, so that all processes agree."""
    with database.session() as db:
        sync_clock(db)
        yield db


Db = Annotated[Session, Depends(transaction, scope="function")]
"""One transaction per request. FastAPI's default scope would commit after the response has left."""
