"""Each test here starts on a Monday in an office that knows its people, calendar, LPR and budget."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from sqlmodel import Session

from models import clock
from tests.kernel.stage import MONDAY
from tests.seed import seed_all

Db = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def office(db: Db) -> Iterator[Db]:
    with clock.at(MONDAY):
        seed_all()
        yield db
