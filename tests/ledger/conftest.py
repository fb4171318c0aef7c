"""Each test here starts on a Monday in an office with people, calendar, LPR and an empty budget year."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from sqlmodel import Session

from api.demo.play import seed
from models import clock
from tests.kernel.stage import MONDAY

Db = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def office(db: Db) -> Iterator[Db]:
    with clock.at(MONDAY):
        with db() as s:
            seed(s)
        yield db
