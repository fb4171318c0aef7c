"""总览: every figure is recomputed from cases, tasks and the ledger by other means, and opens a list of that length."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal
from html import unescape
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook
from sqlmodel import Session, col, select

from models import clock
from models.database import session
from models.gates import Outcome
from models.records import figures, ledger, loan, punctuality
from models.records.case import CaseRecord, JournalEntry, by_number
from models.records.claim import Claim
from models.records.claim import of_case as claim_of
from models.records.ledger import AccountKind, LedgerAccount, LedgerEntry
from models.records.message import Message, MessageKind
from models.records.task import Task, TaskState
from tests import builders
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.doors.conftest import Client, Server
from tests.kept import kept

Db = Callable[[], AbstractContextManager[Session]]
MANAGER, OFFICER = "lizhiyuan", "chenjiamin"


@kept
def in_notice() -> str:
    """A claim that waits for 公示, a filing overdue, one returned for 补正, one untouched."""
    builders.budget()
    builders.calendar()
    number = builders.claimed()
    for login in (OFFICER, "wangliqun", "zhoubingwen", "mozhaohui", "lujianping"):
        builders.answer(number, login)
    returned = builders.filed(1, contract_number="F-1", industry="批发业", town="虎门镇")
    builders.answer(returned, OFFICER, Outcome.RETURN, "缺材料", faults=[{"problem": "缺合同"}])
    overdue = builders.filed(1, contract_number="F-2")
    with session() as s:
        for task in s.exec(select(Task).where(Task.case_number == overdue)):
            task.due_at = clock.now() - timedelta(days=3)
            s.get_one(JournalEntry, task.entry_id).due_at = task.due_at
        done = s.exec(select(Task).where(Task.case_number == number, Task.gate == "acceptance")).one()
        done.due_at = clock.now() - timedelta(days=2)
    return number


@pytest.fixture
def claim(server: Server) -> Iterator[str]:
    """`in_notice`; the clock is put right after the test."""
    yield in_notice()
    clock.set_offset(timedelta(0))


def text(client: Client, address: str) -> str:
    answer = client.get(unescape(address))
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.text


def total(page: str) -> int:
    found = re.search(r'class="s muted num">(\d+) 件', page)
    assert found is not None
    return int(found[1])


def links(page: str, start: str, end: str) -> list[tuple[str, int]]:
    """Every address of a list with the number written in its link."""
    part = page[page.index(start) : page.index(end, page.index(start))]
    found = re.findall(r'<a[^>]* href="(/cases[^"]*)"[^>]*>[^<]*(?:<b class="num">)?(\d+)<', part)
    return [(href, int(number)) for href, number in found]


def test_the_amounts_are_those_of_the_cases_and_of_the_ledger(server: Server, claim: str, db: Db) -> None:
    with db() as s:
        record = by_number(s, claim)
        assert record is not None
        given = figures.money(s, clock.today().year)
        claims = s.exec(select(Claim)).all()
        assert given.claimed == sum(one.requested for one in claims)
        assert given.approved == sum(one.approved or 0 for one in claims) > 0
        held = Decimal(0)
        for entry, account in s.exec(
            select(LedgerEntry, LedgerAccount).join(
                LedgerAccount, col(LedgerAccount.id) == col(LedgerEntry.account_id)
            )
        ):
            if account.kind == AccountKind.BUDGET:
                signs = {"reserve": 1, "release": -1, "settle": -1}
                held += signs.get(entry.type.value, 0) * entry.amount
        assert given.reserved == held == (record.decided_amount or 0)
        budget = ledger.account(s, AccountKind.BUDGET, str(clock.today().year))
        assert budget is not None and budget.left == Decimal("60000000.00") - held


@pytest.mark.parametrize("by", list(figures.By))
def test_groups_are_counted_one_by_one(server: Server, claim: str, db: Db, by: figures.By) -> None:
    year = clock.today().year
    with db() as s:
        expected: dict[str, list[Decimal]] = {}
        for case in s.exec(select(CaseRecord)):
            claimed = claim_of(s, case.id or 0) if case.process == "claim" else None
            key = {
                figures.By.INSTITUTION: str(case.institution_id),
                figures.By.BOARD: case.board.value,
                figures.By.TOWN: case.town,
                figures.By.INDUSTRY: loan.by_id(s, claimed.loan_id).industry if claimed else None,
            }[by]
            if key is None:
                continue
            row = expected.setdefault(key, [Decimal(0)] * 3)
            row[0] += case.closed_at is None
            row[1] += claimed.requested if claimed else 0
            row[2] += (claimed.approved or 0) if claimed else 0
        found = {one.key: [one.open, one.claimed, one.approved] for one in figures.groups(s, by, year)}
    assert found == expected
    client = server.client(MANAGER)
    page = text(client, f"/overview?by={by.value}")
    rows = re.findall(r'<tr><td class="full"><a href="(/cases[^"]*)">', page[page.index('id="groups"') :])
    opened = [int(row[0]) for row in expected.values()]
    assert sorted(total(text(client, href)) for href in rows) == sorted(opened)


def test_every_reason_month_and_group_opens_a_list_of_that_length(server: Server, claim: str) -> None:
    client = server.client(MANAGER)
    page = text(client, "/overview")
    reasons = links(page, 'aria-label="为什么停着"', "<table")
    assert dict(reasons)
    assert {number for _, number in reasons} >= {1}
    months = links(page, 'id="months"', "</table>")
    assert sum(number for _, number in months) == 5
    for href, number in [*reasons, *months]:
        assert total(text(client, href)) == number, href


def test_punctuality_counts_each_answer_once(server: Server, claim: str, db: Db) -> None:
    first = clock.today().replace(day=1)
    with db() as s:
        answered = s.exec(select(Task).where(Task.state == TaskState.ANSWERED)).all()
        found = punctuality.figures(s, punctuality.Of.PERSON, first, clock.today() + timedelta(days=1))
        for one in found:
            own = [task for task in answered if str(task.answered_by) == one.key]
            assert one.answered == len(own)
            assert one.late == sum(task.answered_at > task.due_at for task in own if task.answered_at)
            assert one.returned == sum(task.outcome == Outcome.RETURN for task in own)
        assert sum(one.answered for one in found) == len(answered)
        gates = punctuality.at_gates(s, first, clock.today() + timedelta(days=1))
        assert gates["claim", "acceptance"].late == 1
    client = server.client(MANAGER)
    page = text(client, "/overview/punctuality?by=gate")
    figures_ = re.findall(r'<a[^>]* href="(/overview/answers[^"]+)">(\d+)</a>', page)
    assert figures_
    for href, number in figures_:
        assert total(text(client, href)) == int(number)
        assert text(client, href).count('class="num muted xs"') == int(number)


def test_lists_are_written_to_excel_as_they_are_shown(server: Server, claim: str, db: Db) -> None:
    with db() as s:
        record = by_number(s, claim)
        assert record is not None
        record.subject = "=HYPERLINK(1)"
    client = server.client(MANAGER)
    page = text(client, "/cases?show=open")
    href = re.search(r'href="(/cases\.xlsx[^"]*)"', page)
    assert href is not None
    rows = sheet(client, href[1])
    assert len(rows) - 1 == total(page)
    mine = next(row for row in rows if row[0] == claim)
    assert mine[4] == "=HYPERLINK(1)"
    assert Decimal(str(mine[13])) == record.decided_amount
    own = sheet(server.client("luoqiming"), "/cases.xlsx?show=all")
    assert len(own) == 1, "another bank gets its own cases only"
    answers = sheet(client, "/overview/answers.xlsx?by=gate&key=claim:acceptance&late=1")
    assert [row[0] for row in answers[1:]] == [claim]


def sheet(client: Client, address: str) -> list[list[object]]:
    answer = client.get(unescape(address))
    assert answer.status_code == 200
    return CalamineWorkbook.from_filelike(BytesIO(answer.content)).get_sheet_by_index(0).to_python()


def test_one_click_asks_the_holder_to_hurry_once_a_day(server: Server, claim: str, db: Db) -> None:
    client = server.client(MANAGER)
    page = text(client, "/overview")
    action = re.search(r'action="(/overview/nudge/\d+)"', page)
    assert action is not None
    done = client.post(action[1], data={"csrf_token": client.csrf})
    assert done.headers["location"] == "/overview?done=nudged"
    assert "已催办" in text(client, done.headers["location"])
    with db() as s:
        assert s.exec(select(Message).where(Message.kind == MessageKind.NUDGE)).all()
    again = client.post(action[1], data={"csrf_token": client.csrf})
    assert again.status_code == 409
    assert "今天已经催办过" in again.text
    assert server.client(OFFICER).post(action[1], data={}).status_code == 403


def test_the_heat_map_says_what_stands_where(server: Server, claim: str) -> None:
    client = server.client(MANAGER)
    page = text(client, "/overview/heat?process=claim")
    assert 'aria-label="补偿流程热力图：公示1件' in page
    assert re.search(r'aria-label="公示，1件[^"]*：看案件"', page)
    assert server.client(OFFICER).get("/overview/heat").status_code == 403


def test_the_managers_pages_are_accessible(server: Server, claim: str) -> None:
    client = server.client(MANAGER)
    session = [{"name": k, "value": v, "url": server.base_url} for k, v in client.cookies.items()]
    with chromium() as browser:
        for view, theme in ((DESK, "dark"), (PHONE, "light")):
            context = browser.new_context(viewport=view)  # type: ignore[arg-type]
            context.add_cookies([*session, {"name": "theme", "value": theme, "url": server.base_url}])  # type: ignore[list-item]
            page = context.new_page()
            for address in ("/overview?by=town", "/overview/punctuality", "/overview/heat", "/cases?town=x"):
                page.goto(server.base_url + address)
                assert_accessible(page)
            context.close()
