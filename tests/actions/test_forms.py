"""Forms: each bad input has a sentence at its field, and all faults come at once."""

import pytest

from flows.actions.errors import InvalidError
from flows.actions.forms.application_forms import read_claim, read_filing, read_loan
from models.lifecycle import Board
from tests.actions.samples import USCC, claim, loan


def faults(board: Board = Board.BANK, **changes: str) -> dict[str, str]:
    """The faults of a loan with these changes, by field."""
    with pytest.raises(InvalidError) as error:
        read_loan(board, loan(board, **changes))
    return {fault.field: fault.message for fault in error.value.faults}


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("firm_name", "", "请填写企业名称"),
        ("firm_name", " \u200b\x07 ", "请填写企业名称"),
        ("firm_name", "东" * 121, "最多 120 个字"),
        ("uscc", USCC[:-1] + "?", "第 18 位"),
        ("uscc", USCC[:-1] + ("1" if USCC[-1] != "1" else "2"), "校验位不符"),
        ("uscc", "123", "须为 18 位"),
        ("industry", "采矿", "从列出的"),
        ("sector", "炼金", "从列出的"),
        ("town", "广州市", "从列出的"),
        ("employees", "86.5", "不是人数"),
        ("employees", "-1", "不是人数"),
        ("principal", "-5", "负数"),
        ("principal", "1.234", "最多两位小数"),
        ("principal", "0", "大于 0.00"),
        ("principal", "三百万", "不是金额"),
        ("principal", "NaN", "不是金额"),
        ("principal", "9" * 14, "过大"),
        ("contract_date", "2025-02-30", "没有 2025年2月30日"),
        ("contract_date", "明天", "不是日期"),
        ("contract_date", "0001-01-01", "可以填写的年份"),
        ("disbursed_on", "2025-06-11", "早于合同签订日"),
        ("disbursed_on", "2099-06-11", "晚于今天"),
        ("due_on", "2025-06-14", "须晚于放款日"),
        ("annual_rate_pct", "120", "0 与 100"),
        ("annual_rate_pct", "4.12345", "4 位小数"),
        ("guarantee_method", "magic", "从列出的"),
        ("revenue_wan", "386000000", "单位是万元"),
    ],
)
def test_each_fault_has_its_sentence(field: str, typed: str, words: str) -> None:
    found = faults(**{field: typed})
    assert list(found) == [field] and words in found[field]


@pytest.mark.parametrize(
    ("sector", "typed", "industry"),
    [
        ("采矿业", "", "工业"),
        ("教育", "", "其他未列明行业"),
        ("批发和零售业", "零售业", "零售业"),
        ("制造业", "其他未列明行业", "其他未列明行业"),
    ],
)
def test_the_sector_suggests_the_industry_and_what_was_chosen_stands(
    sector: str, typed: str, industry: str
) -> None:
    assert read_loan(Board.BANK, loan(sector=sector, industry=typed)).industry == industry


def test_a_sector_with_several_industries_asks_which() -> None:
    assert faults(sector="房地产业", industry="") == {
        "industry": "房地产业须选择划型行业：房地产开发经营、物业管理、其他未列明行业。"
    }


def test_all_faults_come_at_once() -> None:
    assert set(faults(firm_name="", principal="-1", due_on="x", uscc="1")) == {
        "firm_name",
        "principal",
        "due_on",
        "uscc",
    }


def test_the_guarantee_board_needs_its_contracts() -> None:
    assert set(faults(Board.GUARANTEE, lender_name="", fee_rate_pct="")) == {"lender_name", "fee_rate_pct"}


def test_what_people_write_is_understood() -> None:
    form = read_loan(
        Board.BANK,
        loan(
            principal="１,２５０,０００.50",
            contract_date="2025年6月1日",
            annual_rate_pct="4.2%",
            uscc=USCC.lower(),
        ),
    )
    assert str(form.principal) == "1250000.50" and form.contract_date.isoformat() == "2025-06-01"
    assert form.uscc == USCC and str(form.annual_rate_pct) == "4.2"


def test_markup_stays_text_and_what_disguises_is_removed() -> None:
    form = read_loan(Board.BANK, loan(firm_name="<script>alert(1)</script>\u202e有限\x00公司\ud800"))
    assert form.firm_name == "<script>alert(1)</script>有限公司"


def test_faults_name_the_loan_they_belong_to() -> None:
    with pytest.raises(InvalidError) as error:
        read_filing(Board.BANK, [loan(), loan(principal="x"), loan(due_on="")])
    assert [f.field for f in error.value.faults] == ["loans.1.principal", "loans.2.due_on"]


@pytest.mark.parametrize(("count", "words"), [(0, "至少加入一笔"), (501, "最多备案 500 笔")])
def test_a_filing_has_one_to_500_loans(count: int, words: str) -> None:
    with pytest.raises(InvalidError) as error:
        read_filing(Board.BANK, [loan()] * count)
    assert words in error.value.faults[0].message


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"requested": "2400000.01"}, "requested", "大于未清偿本金"),
        ({"recovered": "2400000.01"}, "recovered", "大于未清偿本金"),
        ({"overdue_since": "2099-01-01"}, "overdue_since", "晚于今天"),
        ({"account_number": "12ab"}, "account_number", "8 至 32 位数字"),
        ({"classification": "很差"}, "classification", "从列出的"),
        ({"cause": ""}, "cause", "请填写损失原因"),
        ({"cause": "因" * 1001}, "cause", "最多 1000 个字"),
    ],
)
def test_a_claim_says_what_is_wrong(changes: dict[str, str], field: str, words: str) -> None:
    with pytest.raises(InvalidError) as error:
        read_claim(Board.BANK, claim(**changes))
    assert [(f.field, words in f.message) for f in error.value.faults] == [(field, True)]


def test_a_guarantee_claim_follows_the_payment() -> None:
    with pytest.raises(InvalidError) as error:
        read_claim(Board.GUARANTEE, claim(Board.GUARANTEE, guarantor_paid="", guarantor_paid_on="2026-06-01"))
    assert {f.field for f in error.value.faults} == {"guarantor_paid", "guarantor_paid_on"}
