"""Recoveries in what colleagues look for: among the news of a case, and found by the numbers of the loan."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from sqlmodel import Session

from api.demo import play, recoveries
from models import clock
from models.gates import Outcome
from models.records import loan as loans
from models.records import recovery
from models.records.institution import InstitutionAccount, Kind, of_kind
from models.records.loan import Loan
from tests.kernel.stage import case_of
from tests.recovery.test_doors import callers, claim, papers, server, typed, web

__all__ = ["callers", "claim", "server", "web"]
Db = Callable[[], AbstractContextManager[Session]]


def news(client: Any, page: str) -> str:
    """上次查看之后 on a page, without markup."""
    found = re.search(r'<section class="changes"[^>]*>(.*?)</section>', client.get(page).text, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""


def test_what_changed_tells_registrations_demands_slips_and_money_that_came_back(
    server: Any, db: Db, claim: str
) -> None:
    bank, officer = server.client("linwanyi"), server.client("wangliqun")
    assert news(officer, f"/cases/{claim}") == ""
    done = bank.post(
        f"/bank/recoveries/{claim}", data=typed(), files=papers("receipt_voucher", "cost_vouchers")
    )
    number = done.headers["location"].split("/")[-2]
    play.run_due()
    assert f"追偿登记 {number} 回款 95,000.00 元" in news(officer, f"/cases/{claim}").replace("　", " ")
    assert news(officer, f"/cases/{number}") == "", "a first look"
    play.do(number, "recovery_review", Outcome.RETURN, "请补正", faults=[{"where": "费用", "problem": "缺"}])
    bank.post(f"/bank/cases/{number}/correct", data=typed(**{"receipts.0.amount": "105000"}))
    play.run_due()
    recoveries.review(number)
    told = news(officer, f"/cases/{number}")
    assert "测算本次应返还（元） 72,000.00 → 80,000.00" in told.replace("　", " ")
    assert "核定本次应返还（元）" in told and "80,000.00，返还期限" in told
    form = {"returned_on": clock.today().isoformat(), "returned_amount": "80000", "slip_number": "FH-1"}
    bank.post(f"/bank/cases/{number}/return", data=form, files=papers("return_slip"))
    play.run_due()
    with db() as s:
        slip = play.open_task(s, number, "return_confirmation").id
    treasury = server.client("zhanruolan")
    assert treasury.get(f"/tasks/{slip}").status_code == 200
    assert f"80,000.00元，{clock.today()}" in news(officer, f"/cases/{number}"), "the slip the bank stated"
    recoveries.confirm(number)
    for page in (f"/cases/{number}", f"/cases/{claim}"):
        assert f"返还到账（元）{number} 80,000.00，{clock.today()}" in news(officer, page).replace("　", " ")


def test_a_bank_that_returns_money_is_told_of_an_account_newer_than_its_notice(
    server: Any, db: Db, claim: str
) -> None:
    bank = server.client("linwanyi")
    files = papers("receipt_voucher", "cost_vouchers")
    done = bank.post(f"/bank/recoveries/{claim}", data=typed(), files=files)
    number = done.headers["location"].split("/")[-2]
    play.run_due()
    recoveries.review(number)
    page = bank.get(f"/bank/cases/{number}/return").text
    assert "收款账户" in page and "与通知书所印的不同" not in page
    with db() as s:
        (treasury,) = of_kind(s, Kind.FINANCE)
        s.add(
            InstitutionAccount(
                institution_id=treasury.id or 0, account_name="东莞市财政局", account_number="88880000",
                bank_name="国家金库东莞市中心支库", valid_from=clock.today() + timedelta(days=1),
            )
        )  # fmt: skip
    clock.set_offset(timedelta(days=1))
    page = bank.get(f"/bank/cases/{number}/return").text
    assert "88880000" in page and "与通知书所印的不同" in page


def test_every_case_of_a_loan_is_found_by_its_numbers_the_recovery_too(
    server: Any, db: Db, claim: str
) -> None:
    bank, officer = server.client("linwanyi"), server.client("wangliqun")
    files = papers("receipt_voucher", "cost_vouchers")
    done = bank.post(f"/bank/recoveries/{claim}", data=typed(), files=files)
    number = done.headers["location"].split("/")[-2]
    with db() as s:
        loan = loans.by_id(s, recovery.claim_of(s, case_of(s, number)).loan_id)
        known = (loan.contract_number, loan.receipt_number, loan.filing_number)

    def found(words: str) -> set[str]:
        page = officer.get("/cases", params={"q": words, "show": "all"}).text
        return {one for one in (claim, number) if f"/cases/{one}" in page}

    for words in known:
        assert words and found(words) == {claim, number}, words
        assert claim in bank.get("/bank/recoveries/new", params={"q": words}).text
    with db() as s:
        s.get_one(Loan, loan.id).contract_number = "更正后合同-2026-55"
    assert found("更正后合同-2026-55") == {claim, number}, "a correction is followed"
    assert found(known[0]) == set()
