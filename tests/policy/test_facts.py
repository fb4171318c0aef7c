"""Facts that cannot be used: each fault has its place and its sentence; and what an answer says of the others."""

from datetime import date
from typing import Any

import pytest

from models.policy import strict_yaml
from models.policy.errors import FactsError
from models.policy.explain import explain, read, schema
from tests.policy.test_stories import EXAMPLES, changed, facts_of


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("unpaid_principal", 0.5, "浮点数"),
        ("unpaid_principal", "1.001", "超过两位"),
        ("unpaid_principal", "-1", "负数"),
        ("unpaid_principal", "NaN", "不是金额"),
        ("loan.rate_pct", "Infinity", "不是数字"),
        ("loan.rate_pct", "1_0", "不是数字"),
        ("loan.rate_pct", "４.35", "不是数字"),
        ("loan.rate_pct", "4.35e0", "不是数字"),
        ("unpaid_principal", None, "空值"),
        ("enterprise.revenue_wan", "1.2345678", "六位小数"),
        ("loan.signed_on", "2024-02-30", "没有这一天"),
        ("loan.signed_on", "2024/02/03", "须为日期"),
        ("loan.contract_no", "甲\x00", "控制字符"),
        ("loan.shares", {"bank": "20", "national": "20", "province": "20", "city": "41"}, "100%"),
        ("ratio", "0.81", "超过最高"),
        ("asset_class", "坏账", "只能是"),
        ("typo", 1, "不认识的字段"),
        ("recovery_started", "yes", "true"),
        ("budget", {"year": 2024, "left": "1.00"}, "不在同一年"),
        ("enterprise_prior", [{"paid": "1.00", "returned": "2.00"}], "大于已付"),
        ("accepted_at", "2025-06-03T09:00:00+08:00", "不是同一天"),
        ("accepted_at", "2025-06-02T09:00:00", "时区"),
        ("borne_by_others", "9000000.00", "大于"),
        ("bank_years", [{"year": 2024, "lending": "1.00"}] * 2, "重复"),
        ("board", "both", "板块只能是"),
    ],
)
def test_bad_facts_get_a_chinese_sentence(path: str, value: Any, said: str) -> None:
    with pytest.raises(FactsError, match=said):
        explain(facts_of({"from": "bank", "set": {path: value}}))


OVERRIDE = {"name": "bank_year_cap_ratio", "value": "0.03", "effective_from": "2025-01-01"}
WEEK = {"one_year": "3.45", "five_year": "3.95"}


@pytest.mark.parametrize(
    ("board", "changes", "field", "said"),
    [
        ("bank", {"decided_on": "2025-06-01"}, "decided_on", "早于受理日"),
        ("bank", {"overdue_days": 455}, "overdue_days", "多于放款日至受理日的 454 天"),
        ("guarantee", {"subrogated_on": "2024-05-07"}, "subrogated_on", "早于放款日"),
        ("guarantee", {"submitted_on": "2025-09-02"}, "submitted_on", "晚于受理日"),
        ("guarantee", {"loan.shares": None}, "loan.shares", "各方分险比例"),
        ("bank", {"enterprise.white_list": [{"since": "2024-06-01", "until": "2024-01-01"}]},
         "enterprise.white_list.0", "不晚于列入生效日"),
        ("bank", {"enterprise.white_list": [{"since": "2024-03-01"}, {"since": "2024-01-01", "until": "2024-03-02"}]},
         "enterprise.white_list.0", "不能重叠"),
        ("bank", {"quotes": [{"published_on": "2024-02-20", **WEEK}] * 2}, "quotes", "只能写一项"),
        ("bank", {"overrides": [{**OVERRIDE, "name": "no_such"}]}, "overrides.0.name", "没有名为"),
        ("bank", {"overrides": [{**OVERRIDE, "value": "2"}]}, "overrides.0.value", "0 与 1"),
        ("bank", {"overrides": [{**OVERRIDE, "name": "rounding", "value": ["down"]}]}, "overrides.0.value", "只能是"),
        ("bank", {"overrides": [{**OVERRIDE, "name": "bank_max_ratio", "value": "0.81"}]},
         "overrides.0.value", "最高 80%"),
        ("bank", {"overrides": [{**OVERRIDE, "effective_from": "2023-12-31"}]},
         "overrides.0.effective_from", "政策期"),
        ("bank", {"overrides": [{**OVERRIDE, "effective_from": "2029-01-01"}]},
         "overrides.0.effective_from", "政策期"),
        ("bank", {"borrower_principal": "7999999.99"}, "borrower_principal", "小于本笔"),
        ("bank", {"bank_years": [{"year": 2024, "lending": "7999999.99"}]}, "bank_years.0.lending", "小于其中的本笔"),
        ("bank", {"borne_by_others": "9000000.00"}, "borne_by_others", "大于"),
        ("bank", {"enterprise_prior": [{"returned": "0.01"}]}, "enterprise_prior.0.returned", "大于已付"),
    ],
)  # fmt: skip
def test_facts_that_cannot_all_be_true_are_named_with_their_place(
    board: str, changes: dict[str, Any], field: str, said: str
) -> None:
    facts = facts_of({"from": board})
    changed(facts, changes)
    with pytest.raises(FactsError) as refused:
        explain([facts])
    (fault,) = refused.value.faults
    assert fault.field == f"0.{field}" and said in fault.message


def test_facts_kept_with_a_case_are_read_as_they_stood() -> None:
    facts = facts_of({"from": "bank", "set": {"decided_on": "2025-06-01"}})
    assert read(facts)[0].decided_on == date(2025, 6, 1)


def test_what_an_ineligible_claim_would_have_had_is_apart_and_all_of_it_is_unpaid() -> None:
    (answer,) = explain(facts_of({"from": "bank", "set": {"registered": False}}))
    assert (str(answer.payable), str(answer.would_have)) == ("0.00", "4000000.00")
    assert (str(answer.remainder), answer.remainder_code) == ("6400000.00", "ineligible")


def test_the_ratio_of_the_guarantee_board_names_the_resolution_it_comes_from() -> None:
    less = {
        "name": "guarantee_ratio",
        "value": "0.40",
        "effective_from": "2024-02-01",
        "resolution": "示例〔2024〕2号",
    }
    facts = facts_of({"from": "guarantee"})
    facts["overrides"] = [less]
    (answer,) = explain(facts)
    line = next(line for line in answer.award.lines if line.code == "ratio")
    assert [given.source for given in line.inputs if given.name == "补偿比例"] == [
        "三（三），示例〔2024〕2号，2024-02-01 起"
    ]


def test_the_schema_describes_what_the_examples_say() -> None:
    described = schema()["$defs"]["BankClaimFacts"]["properties"]
    assert set(strict_yaml.read(EXAMPLES / "bank.yaml")) <= set(described)
    assert described["unpaid_principal"]["title"] == "未清偿本金（元）"
