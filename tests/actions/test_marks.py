"""What is kept of tables that rarely change: never older than the last commit, never what was rolled back."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest
from sqlalchemy import text
from sqlmodel import Session

from api.demo.play import seed
from models.records.reference import working_calendar

Db = Callable[[], AbstractContextManager[Session]]
DAY = date(2026, 11, 23)
STRIKE = "UPDATE calendar_days SET working = false WHERE day = '2026-11-23'"


@pytest.fixture
def office(db: Db) -> Db:
    with db() as s:
        seed(s)
    return db


def works(db: Db) -> bool:
    with db() as s:
        return bool(working_calendar(s).is_working_day(DAY))


def test_a_change_counts_from_its_commit_on(office: Db) -> None:
    assert works(office)
    with office() as s:
        s.connection().execute(text(STRIKE))
        assert not working_calendar(s).is_working_day(DAY)  # who changes it sees it
        assert works(office)
    assert not works(office)


def test_a_change_that_was_rolled_back_is_not_kept(office: Db) -> None:
    with pytest.raises(ZeroDivisionError), office() as s:
        s.connection().execute(text(STRIKE))
        assert not working_calendar(s).is_working_day(DAY)
        raise ZeroDivisionError
    assert works(office)


def test_what_has_not_changed_is_not_loaded_again(office: Db) -> None:
    with office() as s:
        first = working_calendar(s)
    with office() as s:
        assert working_calendar(s) is first
