"""季度、年度报告: figures that agree with the overview and the ledger, two people, the number given at issue."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlmodel import select

from flows.documents import integrity
from models import clock
from models.database import session
from models.lifecycle import Board
from models.records import figures, ledger, period
from models.records.document import Document
from models.records.ledger import AccountKind, LedgerEntry
from models.records.report import Report
from models.records.two_people import Verdict
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.builders import claimed, open_task
from tests.doors.conftest import Server

WORDS = {"summary": "运行平稳。", "problems": "个别补正超期。", "plans": ""}


def drafted(server: Server, login: str = "chenjiamin", **more: str) -> tuple[str, int]:
    quarter = str((clock.today().month + 2) // 3)
    form = {"code": "D34", "year": str(clock.today().year), "quarter": quarter, **WORDS, **more}
    made = server.client(login).post("/reports", data=form)
    assert made.status_code == 303, made.text
    address = made.headers["location"].partition("?")[0]
    return address, int(address.rpartition("/")[2])


def test_the_figures_of_a_year_are_those_of_the_overview_and_the_ledger(server: Server) -> None:
    claimed(Board.BANK)
    year = clock.today().year
    with session() as s:
        from api.demo import play

        play.a_claim(s, Board.GUARANTEE, "GHD", "5000000.00", "1000000.00", number=7)
        drawn = period.sums(s, date(year, 1, 1), date(year + 1, 1, 1))
        money, months = figures.money(s, year), figures.months(s, year)
        assert (drawn.undecided, drawn.undecided_cases) == (money.pending, money.pending_cases)
        assert (drawn.reserved, drawn.reserved_cases) == (money.reserved, money.reserved_cases)
        assert (drawn.paid, drawn.paid_cases) == (money.paid, money.paid_cases)
        assert (drawn.returned, drawn.returned_cases) == (money.returned, money.returned_cases)
        assert (drawn.claimed, drawn.claims) == (money.claimed, money.claimed_cases)
        assert (drawn.approved, drawn.approved_cases) == (money.approved, money.approved_cases)
        assert drawn.claims == 2
        by_month = period.months(s, date(year, 1, 1), date(year + 1, 1, 1))
        assert [(m.opened, m.closed) for m in by_month] == list(months)
        for key in ("board", "institution", "town", "industry"):
            rows = period.groups(s, key, date(year, 1, 1), date(year + 1, 1, 1))
            assert sum(row[2] for row in rows) == drawn.claimed, key
            assert sum(row[1] for row in rows) == drawn.claims, key
        budget = ledger.account(s, AccountKind.BUDGET, str(year))
        assert budget is not None
        entries = s.exec(select(LedgerEntry).where(LedgerEntry.account_id == budget.id)).all()
        settled = sum((e.amount for e in entries if e.type == "settle"), Decimal(0))
        assert (settled, budget.paid) == (drawn.paid, drawn.paid)
        halves = [
            period.sums(s, date(year, 1, 1), date(year, 7, 1)),
            period.sums(s, date(year, 7, 1), date(year + 1, 1, 1)),
        ]
        assert sum(half.claimed for half in halves) == drawn.claimed


def test_a_report_is_drafted_by_one_and_issued_by_another_with_its_number(server: Server) -> None:
    claimed()
    address, key = drafted(server)
    drafter, head = server.client("chenjiamin"), server.client("zhoubingwen")
    page = head.get(address).text
    assert "预览·未编号" in page
    assert "运行平稳。" in page
    with session() as s:
        assert not s.exec(select(Document).where(Document.code == "D34")).all()
    assert drafter.post(f"{address}/issue").status_code == 403
    assert server.client("lujianping").post(f"{address}/issue").status_code == 403
    assert head.post(f"{address}/issue").headers["location"].endswith("done=issued")
    with session() as s:
        found = s.get_one(Report, key)
        made = s.get_one(Document, found.document_id)
        assert found.verdict is Verdict.CONFIRMED
        assert made.number == f"计报〔{clock.today().year}〕1号"
        assert made.case_id is None
        assert made.context["claimed"] == found.facts["claimed"] != "0.00"
        assert made.context["approved_by"] == "周秉文"
        assert not integrity.verify(s).differences
    again = head.post(f"{address}/issue")
    assert again.status_code == 409
    assert "已由周秉文办理" in again.text
    assert "已签发" in drafter.get("/reports").text
    assert made.number in head.get("/numbers").text
    twice = drafter.post(
        "/reports",
        data={
            "code": "D34",
            "year": str(clock.today().year),
            "quarter": str((clock.today().month + 2) // 3),
            **WORDS,
        },
    )
    assert twice.status_code == 409
    assert "已经起草或签发" in twice.text


def test_a_report_whose_figures_have_moved_is_drawn_anew_before_it_is_issued(server: Server) -> None:
    number = claimed()
    address, key = drafted(server)
    with session() as s:  # the claim's institution reports: whose task is it
        assert open_task(number).institution_id == s.get_one(Report, key).organ_id
    registered_by = server.client("zhoubingwen")
    with session() as s:
        from models.records.case import by_number
        from models.records.claim import of_case

        found = by_number(s, number)
        assert found is not None
        of_case(s, found.id or 0).requested += Decimal("0.01")
    refused = registered_by.post(f"{address}/issue")
    assert refused.status_code == 409
    assert "重新取数" in refused.text
    drafter = server.client("chenjiamin")
    empty = drafter.post(f"{address}/draft", data={"summary": "", "problems": "打了很多字"})
    assert empty.status_code == 422
    assert "打了很多字" in empty.text
    assert drafter.post(f"{address}/draft", data=WORDS).status_code == 303
    assert registered_by.post(f"{address}/issue").status_code == 303


def test_who_drafts_what_and_what_a_returned_report_says(server: Server) -> None:
    bank, office = server.client("linwanyi"), server.client("mozhaohui")
    assert bank.get("/reports").status_code == 403
    wrong = office.post("/reports", data={"code": "D34", "year": "2026", "quarter": "1", **WORDS})
    assert wrong.status_code == 403
    assert "受托管理机构起草" in wrong.text
    bad = office.post("/reports", data={"code": "D35", "year": "1999", "summary": ""})
    assert bad.status_code == 422
    assert "2024 至" in bad.text
    assert "请写明总体情况" in bad.text
    address, _ = drafted(server, "mozhaohui", code="D35")
    leader = server.client("lujianping")
    assert leader.post(f"{address}/return", data={"note": ""}).status_code == 422
    assert leader.post(f"{address}/return", data={"note": "请补充下一步工作"}).status_code == 303
    assert "请补充下一步工作" in office.get(address).text
    assert drafted(server, "mozhaohui", code="D35")[0] != address
    assert office.get("/reports/99999").status_code == 404


@pytest.mark.browser
def test_everyone_can_use_the_pages(server: Server, tmp_path: Path) -> None:
    from api.auth import session as sessions

    claimed()
    address, _ = drafted(server)
    with chromium() as browser:
        for login, size in (("chenjiamin", DESK), ("zhoubingwen", PHONE)):
            context = browser.new_context(viewport=size)
            token = server.client(login).cookies.get(sessions.COOKIE) or ""
            context.add_cookies([{"name": sessions.COOKIE, "value": token, "url": server.base_url}])
            page = context.new_page()
            for path in ("/reports", address):
                page.goto(f"{server.base_url}{path}")
                assert_accessible(page)
            context.close()
