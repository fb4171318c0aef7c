"""Loans made up to pass every check, to fail and to be unclear: what the policy's function says of them are the words
that `flows.steps.set_checks` puts into its statements."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from flows.steps import facts as reading
from models.lifecycle import Board
from models.policy import eligibility, facts
from models.policy.lines import Check
from models.policy.parameters import Parameters, Terms
from models.policy.sector import Sector
from models.policy.size_class import Industry
from models.policy.uscc import check_character

Words = dict[tuple[str, str], Check]
"""By code and result."""
_USCC = "91441900MA5ABC123" + check_character("91441900MA5ABC123")


@lru_cache(maxsize=32)
def specimens(board: Board, parameters: Parameters, since: date, filed_on: date) -> tuple[Words, list[str]]:
    """The words of every check and result, from checks of loans made up to pass, to fail and to be unclear."""
    terms = parameters.on(since)
    words: Words = {}
    codes: list[str] = []
    for specimen in _loans_made_up(board, terms, filed_on):
        checks = eligibility.filing(specimen, terms.parameters)
        codes = codes or [check.code for check in checks]
        for check in checks:
            words.setdefault((check.code, check.result.value), check)
    return words, codes


def _loans_made_up(board: Board, terms: Terms, filed_on: date) -> Iterator[facts.FilingFacts]:
    first, bank = terms.day, board is Board.BANK
    bad_firm = {
        "legal_person": False, "in_dongguan": False, "employees": 500, "revenue_wan": Decimal(5000), "white_list": (),
    }  # fmt: skip
    bad_loan = {
        "principal": Decimal("0.00"), "rate_pct": Decimal(99), "matures_on": date(2099, 1, 1),
        "signed_on": first + timedelta(days=1), "physical_mortgage": True, "guarantee_company": True,
        "national_fund_loan": None if bank else False,
    }  # fmt: skip
    unclear_loan = {
        "loan_type": None, "shares": None, "national_fund_loan": None, "filed_on": first - timedelta(days=9),
    }  # fmt: skip
    unclear_firm = {"in_dongguan": None, "legal_person": None, "white_list": None}
    yield made_up(board, terms, filed_on, {}, {})
    yield made_up(board, terms, filed_on, bad_firm, bad_loan)
    yield made_up(board, terms, filed_on, unclear_firm, unclear_loan)
    yield made_up(board, terms, filed_on, {}, {"disbursed_on": date(2012, 1, 1)})


def made_up(
    board: Board, terms: Terms, filed_on: date, firm: dict[str, Any], loan: dict[str, Any]
) -> facts.FilingFacts:
    """A loan that passes, but for what is said of its firm and of itself."""
    first, bank = terms.day, board is Board.BANK
    good_firm: dict[str, Any] = {
        "name": "企业", "uscc": _USCC, "legal_person": True, "in_dongguan": True, "sector": Sector.MANUFACTURING,
        "finance_like": False, "investment_management": False, "industry": Industry.INDUSTRY, "employees": 100,
        "revenue_wan": Decimal(1000), "assets_wan": Decimal(1000), "white_list": (facts.Period(since=first),),
        "fund_object": None if bank else reading.SMALL,
    }  # fmt: skip
    good_loan: dict[str, Any] = {
        "institution": "机构", "contract_no": "1", "receipt_no": "1", "principal": Decimal(1), "rate_pct": Decimal(1),
        "signed_on": first, "disbursed_on": first, "matures_on": first + timedelta(days=300), "filed_on": filed_on,
        "loan_type": terms.texts("bank_loan_types")[0], "physical_mortgage": False, "guarantee_company": False,
        "national_fund_loan": None if bank else True, "other_board": False, "already_filed": False,
        "shares": facts.Shares(bank=Decimal(20), national=Decimal(20), province=Decimal(20), city=Decimal(40)),
    }  # fmt: skip
    return facts.FilingFacts(
        board=board,
        enterprise=facts.Enterprise(**(good_firm | firm)),
        loan=facts.Loan(**(good_loan | loan)),
    )
