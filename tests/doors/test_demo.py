"""What `fengbu demo` shows: its cases are played without a fault, its figures agree, and each person's places open."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack

import pytest
from sqlmodel import Session, select

from api.demo import cases, play
from api.demo.people import PLACES
from flows.actions.loans import changing
from flows.actions.rules.verifying import verify
from models.records.case import CaseRecord
from models.records.claim import Claim
from models.records.document import Document
from models.records.loan import Loan, LoanState
from models.records.loan_change import ChangeKind, LoanChange
from models.roles import Role
from tests.doors import raw_codes
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
        wanted = {*cases.STOPS, *cases.FILING_STOPS, "claim_refused", "returned"} - {"refused"}
        assert wanted <= {case.state for case in found}, "every place a case can stand is to be seen"
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
    corrected = a_correction(db)
    for role in (Role.MANAGER, Role.MANAGING_OFFICER, Role.FILER, Role.ADMIN):
        client = shown.client(
            "linwanyi" if role is Role.FILER else one_each[role]
        )  # the bank whose loan it is
        walked = raw_codes.walk(client, ["/", corrected])
        assert len(walked) > 25, (role, len(walked))
        assert not {address: codes for address, codes in walked.items() if codes}, f"raw codes for {role}"
        assert "知识产权质押" in client.get(corrected).text


def a_correction(db: Database) -> str:
    """A correction of a registered loan's 担保方式, a code in the records; the loan's page."""
    with db() as s:
        filer = play.person(s, Role.FILER, "GYB")
        query = select(Loan).where(
            Loan.institution_id == filer.institution_id, Loan.state == LoanState.REGISTERED
        )
        taken = {one.loan_id for one in s.exec(select(LoanChange))} | {
            one.loan_id for one in s.exec(select(Claim))
        }
        loan = next(one for one in s.exec(query.order_by(Loan.id)) if one.id not in taken)  # type: ignore[arg-type]
        typed = {"guarantee_method": "pledge_ip", "reason": "录入有误", "document": "质押合同"}
        changing.propose(s, filer, loan.id or 0, ChangeKind.CORRECTION, typed)
        return f"/loans/{loan.id}"
