"""Recoveries at a running server: the applicant's pages, the reviewers' tasks, the core system's calls."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlmodel import Session

from api.auth import session as sessions
from api.demo import play, recoveries
from models import clock
from models.database import session
from models.gates import Outcome
from models.lifecycle import Board, State
from models.records import person, recovery
from models.records.case_filters import Filters, Show
from models.records.figures import money
from models.records.overview import count
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.doors.api import PDF, V1, Callers
from tests.doors.conftest import callers, server, web
from tests.kernel.stage import actor, case_of
from tests.ledger import cases
from tests.recovery.paid import paid

__all__ = ["callers", "server", "web"]
Db = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def claim(server: Any, db: Db) -> str:
    """A bank's claim of which 800,000 元 of a loss of 1,000,000 were paid today; its number."""
    with db() as s:
        play.give_budget(s, "60000000.00")
        cases.approved(s, 2, "1.00", Board.BANK, unpaid="120000000.00")
    return paid("800000.00", Board.BANK, unpaid="1000000.00")


def text(answer: httpx.Response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.text))


def typed(**changes: str) -> dict[str, str]:
    """A registration as a browser sends it: one receipt, one cost, and the empty rows below them."""
    today = clock.today().isoformat()
    return {
        "receipts.0.received_on": today, "receipts.0.amount": "95,000.00", "receipts.0.voucher_number": "SK-1",
        "receipts.1.received_on": "", "receipts.1.amount": "", "receipts.1.voucher_number": "",
        "costs.0.amount": "5000", "costs.0.reason": "执行费", "costs.1.amount": "", "costs.1.reason": "",
        "action": "execution", "court_number": "（2026）粤1971执1号", "progress": "首笔到账。",
    } | changes  # fmt: skip


def papers(*slots: str) -> dict[str, tuple[str, bytes, str]]:
    return {f"materials.{slot}": (f"{slot}.pdf", PDF, "application/pdf") for slot in slots}


def test_a_bank_registers_what_came_back_corrects_it_and_returns_the_city_s_share(
    server: Any, db: Db, claim: str
) -> None:
    bank = server.client("linwanyi")
    assert "登记回款" in text(bank.get(f"/cases/{claim}"))
    assert f"/bank/recoveries/new?claim={claim}" in bank.get("/bank/recoveries/new").text
    page = f"/bank/recoveries/new?claim={claim}"
    assert "已付补偿 800,000.00 元" in text(bank.get(page))
    address = f"/bank/recoveries/{claim}"
    refused = bank.post(address, data=typed(**{"receipts.0.amount": "0", "costs.0.reason": ""}))
    assert refused.status_code == 422
    assert "回款第 1 笔·回款金额" in text(refused) and "费用第 1 笔·费用事由" in text(refused)
    assert 'value="SK-1"' in refused.text  # nothing typed is lost
    missing = bank.post(address, data=typed())
    assert missing.status_code == 422 and "缺少“回款到账凭证”" in text(missing)
    kept = bank.post(address, data=typed() | {"do": "save"}, files=papers("receipt_voucher"))
    assert kept.headers["location"] == page
    seen = text(bank.get(page))
    assert "预估本次返还72,000.00 元" in seen  # 80 % of 90,000
    assert "追偿登记草稿" in text(bank.get("/bank"))
    done = bank.post(address, data=typed(), files=papers("cost_vouchers"))
    assert done.status_code == 303, text(done)
    number = done.headers["location"].split("/")[-2]
    play.run_due()
    assert "在办 1 件" in text(bank.get("/bank")) and number in bank.get(f"/cases/{claim}").text
    assert bank.get(page).status_code == 409

    officer = server.client("chenjiamin")
    with db() as s:
        task_id = play.open_task(s, number, "recovery_review").id
    task = text(officer.get(f"/tasks/{task_id}"))
    for said in (
        "回款 1",
        "95,000.00 元",
        "费用 1",
        "此前回款",
        "本次应返还",
        "72,000.00",
        "已付补偿 800,000.00 元",
        "追偿进展报告",
    ):
        assert said in task, said
    faults = [{"where": "费用凭证", "problem": "缺发票", "remedy": "补传"}]
    play.do(number, "recovery_review", Outcome.RETURN, "请补正", faults=faults)
    correct = f"/bank/cases/{number}/correct"
    page = bank.get(correct)
    assert "缺发票" in text(page) and 'name="materials.cost_vouchers"' in page.text
    assert 'value="执行费"' not in page.text and "执行费" in text(page)  # not returned: to be read, folded
    assert (
        'value="执行费"'
        in bank.post(correct, data={"do": "open:costs", "open": ""}, follow_redirects=True).text
    )
    unchanged = bank.post(correct, data=typed())
    assert unchanged.status_code == 422 and "没有任何改动" in text(unchanged)
    beyond = bank.post(correct, data=typed(**{"receipts.0.amount": "105000"}))
    assert beyond.status_code == 422 and "改动了没有退回的内容：“回款”" in text(beyond)
    again = bank.post(correct, data=typed(**{"receipts.0.amount": "105000"}) | {"note": "入账后核对更正。"})
    assert again.status_code == 303, text(again)
    play.run_due()
    recoveries.review(number)

    home = text(bank.get("/bank"))
    assert "返还追偿款：" in home and "应返还 80,000.00 元" in home and "待返还" in home
    slip = f"/bank/cases/{number}/return"
    assert 'value="80,000.00"' in bank.get(slip).text
    today = clock.today().isoformat()
    form = {"returned_on": today, "returned_amount": "80000", "slip_number": "FH-1"}
    without = bank.post(slip, data=form)
    assert without.status_code == 422 and "缺少“返还缴款回单”" in text(without)
    assert bank.post(slip, data=form, files=papers("return_slip")).status_code == 303
    play.run_due()
    recoveries.confirm(number)
    with db() as s:
        assert case_of(s, number).state == State.RETURNED
        officer_actor = actor(s, "chenjiamin")
        year = clock.today().year
        figures = money(s, year)
        assert (figures.returned, figures.returned_cases) == (Decimal("80000.00"), 1)
        assert count(s, officer_actor, Filters(Show.RECOVERED, year=year)) == 1
    shown = text(officer.get(f"/cases?show=recovered&year={year}"))
    assert claim in shown
    assert "80,000.00" in text(officer.get("/limits"))
    assert "返还到账" in text(bank.get(f"/cases/{number}")) and "已返还80,000.00 元" in text(
        bank.get(f"/cases/{claim}")
    ).replace("已返还 ", "已返还")
    assert not cases.differences()


def test_nobody_else_registers_or_returns_for_a_bank(server: Any, claim: str) -> None:
    other = server.client("luoqiming")
    assert other.get(f"/bank/recoveries/new?claim={claim}").status_code == 404
    assert other.post(f"/bank/recoveries/{claim}", data=typed()).status_code == 404
    assert server.client("chenjiamin").get("/bank/recoveries/new").status_code == 403
    number = recoveries_of(claim)
    for path in ("return", "correct"):
        assert other.get(f"/bank/cases/{number}/{path}").status_code == 404
    early = server.client("linwanyi").get(f"/bank/cases/{number}/return")
    assert early.status_code == 409 and "没有待返还的款项" in text(early)


def recoveries_of(claim: str) -> str:
    with session() as s:
        number = recoveries.register(s, claim, [(clock.today(), "95000.00")], progress="已划扣。").number
    play.run_due()
    return number


def test_a_core_system_registers_reads_and_hands_in_the_slip(callers: Callers, claim: str) -> None:
    bank = callers("linwanyi")
    proof, today = bank.upload().json()["id"], clock.today().isoformat()
    stated = {
        "action": "execution", "court_number": "（2026）粤1971执1号",
        "receipts": [{"received_on": today, "amount": "95000.00", "voucher_number": "SK-1"}],
        "costs": [{"amount": "5000.00", "reason": "执行费"}],
    }  # fmt: skip
    body = {"claim_number": claim, "recovery": stated}
    looked = bank.post(f"{V1}/recovery-checks", json=body).json()
    assert looked["due"] == "72000.00" and "fail" not in {c["result"] for c in looked["checks"]}
    bad = bank.write(
        "/recoveries",
        {
            "claim_number": claim,
            "recovery": stated | {"receipts": [{"received_on": today, "amount": "0", "voucher_number": "x"}]},
        },
    )
    assert [f["pointer"] for f in bad.json()["faults"]] == ["/recovery/receipts/0/amount"]
    bare = bank.write("/recoveries", body)
    assert {f["pointer"] for f in bare.json()["faults"]} == {
        "/materials/receipt_voucher",
        "/materials/cost_vouchers",
    }
    whole = body | {"materials": {"receipt_voucher": proof, "cost_vouchers": proof}}
    word = str(uuid4())
    made = bank.write("/recoveries", whole, word=word)
    assert made.status_code == 201, made.text
    assert bank.write("/recoveries", whole, word=word).headers["idempotency-replayed"] == "true"
    number = made.json()["number"]
    assert made.json()["recovery"]["receipts"][0]["amount"] == "95000.00"
    assert bank.write("/recoveries", whole).status_code == 409
    assert callers("luoqiming").write("/recoveries", whole).status_code == 404
    play.run_due()
    recoveries.review(number)
    seen, tag = bank.see(f"/cases/{number}")
    assert (seen["state"], seen["recovery"]["due"]) == ("return_slip", "72000.00")
    assert seen["waiting_for"][0]["yours"]
    slip = {
        "returned_on": today,
        "returned_amount": "72000.00",
        "slip_number": "FH-1",
        "materials": {"return_slip": proof},
    }
    assert bank.write(f"/cases/{number}/return-slip", slip).status_code == 428
    wrong = bank.write(f"/cases/{number}/return-slip", slip | {"returned_amount": "1.00"}, seen=tag)
    assert [f["pointer"] for f in wrong.json()["faults"]] == ["/returned_amount"]
    handed = bank.write(f"/cases/{number}/return-slip", slip, seen=tag)
    assert handed.status_code == 200, handed.text
    play.run_due()
    recoveries.confirm(number)
    seen, _ = bank.see(f"/cases/{number}")
    assert (seen["state"], seen["recovery"]["returned"]) == ("returned", "72000.00")


def test_a_core_system_corrects_what_was_returned(callers: Callers, claim: str) -> None:
    bank = callers("linwanyi")
    number = recoveries_of(claim)
    faults = [{"where": "回款", "problem": "金额有误", "remedy": "更正"}]
    play.do(number, "recovery_review", Outcome.RETURN, "请补正", faults=faults)
    _, tag = bank.see(f"/cases/{number}")
    path = f"/cases/{number}/corrections"
    refused = bank.write(path, {"claim": {}, "note": "x"}, seen=tag)
    assert refused.status_code == 422
    stated = {
        "action": "settlement",
        "receipts": [{"received_on": clock.today().isoformat(), "amount": "96000.00", "voucher_number": "SK-2"}],
    }  # fmt: skip
    beyond = bank.write(path, {"recovery": stated}, seen=tag)
    assert beyond.json()["faults"][0]["pointer"] == "/note" and "追偿措施" in beyond.text
    done = bank.write(path, {"recovery": stated, "note": "已和解，措施一并更正。"}, seen=tag)
    assert done.status_code == 200, done.text
    play.run_due()
    with session() as s:
        assert recovery.of_case(s, case_of(s, number).id or 0).due == Decimal("76800.00")


@pytest.mark.browser
def test_the_pages_are_accessible_at_desk_and_phone(server: Any, db: Db, claim: str) -> None:
    number = recoveries_of(claim)
    recoveries.review(number)
    second = paid(
        "800000.00", Board.BANK, unpaid="1000000.00", number=3, receipt_number="JJ-3", contract_number="HT-3"
    )
    pages = (
        "/bank", "/bank/recoveries/new", f"/bank/recoveries/new?claim={second}", f"/bank/cases/{number}/return",
        f"/cases/{number}",
    )  # fmt: skip
    with db() as s:
        token = sessions.start(s, person.by_login(s, "linwanyi"))
    with chromium() as browser:
        for size in (DESK, PHONE):
            context = browser.new_context(viewport=size)
            context.add_cookies([{"name": sessions.COOKIE, "value": token, "url": server.base_url}])
            page = context.new_page()
            for path in pages:
                page.goto(server.base_url + path)
                assert_accessible(page)
