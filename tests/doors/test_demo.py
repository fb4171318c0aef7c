"""What `fengbu demo` shows: its cases are played without a fault, its figures agree, and each person's places open."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack

import pytest
from sqlmodel import Session, select

from api.demo import cases
from api.demo.people import PLACES
from flows.actions.verifying import verify
from models.gates import Role
from models.records.case import CaseRecord
from models.records.document import Document
from tests.doors.conftest import Server

Database = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def shown(web: str, db: Database) -> Iterator[Server]:
    """A server on the demonstration's data."""
    assert cases.fill().endswith("件示例案件")
    assert cases.fill() == "沿用上次的数据"
    with ExitStack() as stack:
        yield Server(web, stack)


def test_the_demonstration_is_whole_and_opens_for_everyone(shown: Server, db: Database) -> None:
    with db() as s:
        assert not verify(s).differences
        found = s.exec(select(CaseRecord)).all()
        assert not [case.number for case in found if case.attempts], "a case of the demo keeps failing"
        assert {"correction", "objection", "paid", "returned"} <= {case.state for case in found}
        register: dict[str, list[tuple[int, object]]] = {}
        for paper in s.exec(select(Document).where(Document.serial != None)):  # noqa: E711
            register.setdefault(paper.word or "", []).append((paper.serial or 0, paper.issued_at))
        for word, given in register.items():
            days = [at for _, at in sorted(given)]
            assert days == sorted(days, key=str), f"{word}: numbers do not run with the days"  # type: ignore[arg-type]
    one_each = {member.role: member.login for place in PLACES for member in place.people}
    assert set(one_each) == set(Role)
    for role, login in one_each.items():
        client = shown.client(login)
        home = client.get("/")
        assert home.status_code == 303, role
        page = client.get(home.headers["location"]).text
        places = set(re.findall(r'<a href="(/[^"]*)" data-go=', page))
        assert places, role
        for place in sorted(places):
            answer = client.get(place)
            assert answer.status_code == 200, (role, place, answer.status_code)
