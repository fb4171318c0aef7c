"""Parameters, overrides, calendar, size classes, codes."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from models.calendar import CalendarError, WorkingCalendar, seeded_calendar
from models.policy import strict_yaml, uscc
from models.policy.deadlines import due, needs_meeting
from models.policy.eligibility import filing, verdict
from models.policy.errors import PolicyError
from models.policy.facts import FilingFacts
from models.policy.fields import parse
from models.policy.overrides import Override
from models.policy.parameter import parse_file
from models.policy.parameters import Parameters
from models.policy.size_class import Industry, Size, classify
from tests.policy.test_stories import facts_of

CAP = "bank_year_cap_ratio"


def override(**changes: Any) -> Override:
    given = {
        "name": CAP,
        "value": "0.03",
        "effective_from": "2025-07-01",
        "known_since": "2025-06-15",
        "resolution": "联席会议纪要〔2025〕2号",
        "proposed_by": "甲",
        "confirmed_by": "乙",
    }
    return parse(Override, given | changes)


def test_an_override_holds_from_its_date_and_once_it_is_known() -> None:
    before = Parameters.load()
    after = before.with_overrides([override()])
    assert after.value(CAP, on=date(2025, 6, 30)) == Decimal("0.02")
    assert after.value(CAP, on=date(2025, 7, 1)) == Decimal("0.03")
    assert after.value(CAP, on=date(2025, 7, 1), known_on=date(2025, 6, 14)) == Decimal("0.02")
    assert after.version != before.version == Parameters.load().version
    later = after.with_overrides([override(value="0.025", known_since="2025-06-20")])
    assert later.value(CAP, on=date(2025, 7, 1)) == Decimal("0.025")
    assert later.value(CAP, on=date(2025, 7, 1), known_on=date(2025, 6, 19)) == Decimal("0.03")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"confirmed_by": "甲"}, "不能是同一人"),
        ({"name": "no_such"}, "没有名为"),
        ({"value": "1.5"}, "0 与 1 之间"),
        ({"value": 0.03}, "浮点数"),
        ({"name": "cap_basis", "value": "never"}, "vintage"),
        ({"name": "bank_tiers", "value": [{"up_to": "1.00", "ratio": "0.81"}]}, "超过最高补偿比例"),
        ({"name": "bank_tiers", "value": [{"up_to": "2.00", "ratio": "0.5"}] * 2}, "不得重叠"),
    ],
)
def test_an_impossible_override_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        Parameters.load([override(**changes)])


def test_the_same_override_twice_is_refused() -> None:
    with pytest.raises(PolicyError, match="不能重复"):
        Parameters.load([override(), override(value="0.04")])


ENTRY = """
x:
  label: 甲
  kind: ratio
  clause: 三（四）
  status: default
  checked_on: 2026-01-01
  reason: 例
  values: [{from: 2024-01-01, value: %s}, {from: %s, value: "0.2"}]
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ENTRY % ("0.5", "2025-01-01"), "没有加引号"),
        (ENTRY % ('"0.5"', "2024-01-01"), "不得重叠"),
        ((ENTRY % ('"0.5"', "2025-01-01")).replace("三（四）", "九（九）"), "政策条款中没有"),
        ((ENTRY % ('"0.5"', "2025-01-01")).replace("default", "law"), "status"),
        ("x: 1\nx: 2", "重复"),
        ("x: [", "YAML"),
        ("x: !!python/object/apply:os.system [ls]", "YAML"),
    ],
)
def test_a_parameter_file_that_cannot_be_is_refused(text: str, said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        parse_file(strict_yaml.parse(text, "例.yaml"), "例.yaml")


def test_nothing_unverified_is_presented_as_policy() -> None:
    for parameter in Parameters.load().items.values():
        if parameter.ambiguity:
            assert parameter.status != "policy", parameter.name
        if parameter.status != "policy":
            assert "东府办函" not in parameter.source(parameter.rows[0]), parameter.name
    named = " ".join(parameter.ambiguity for parameter in Parameters.load().items.values())
    assert {f"A{n}" for n in range(1, 26)} <= set(named.replace("、", " ").split())


def test_working_days_over_a_holiday_and_into_an_unpublished_year() -> None:
    assert due("public_notice_days", date(2026, 9, 30)).day == date(2026, 10, 13)
    late = due("public_notice_days", date(2026, 12, 30))
    assert (late.day, late.provisional) == (date(2027, 1, 6), True)
    assert str(late) == "2027年1月6日（暂定）"
    calendar = seeded_calendar()
    assert not calendar.is_working_day(date(2026, 10, 1))
    assert calendar.is_working_day(date(2026, 10, 10)), "a Saturday worked in lieu"
    for days in range(1, 30):
        reached = calendar.add_working_days(date(2026, 1, 31), days)
        assert calendar.working_days_between(date(2026, 1, 31), reached.day).days == days
    with pytest.raises(CalendarError, match="不完整"):
        WorkingCalendar({date(2026, 1, 1): False}, {2026: "例"})
    with pytest.raises(CalendarError, match="不能为负"):
        calendar.add_working_days(date(2026, 1, 1), -1)


def test_the_meeting_decides_from_its_threshold_on() -> None:
    assert needs_meeting(Decimal("3000000.00"), date(2026, 1, 1))
    assert not needs_meeting(Decimal("2999999.99"), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("industry", "employees", "revenue", "assets", "size"),
    [
        (Industry.INDUSTRY, 1000, "40000", None, Size.LARGE),
        (Industry.INDUSTRY, 999, "40000", None, Size.MEDIUM),
        (Industry.INDUSTRY, 300, "2000", None, Size.MEDIUM),
        (Industry.INDUSTRY, 300, "1999.99", None, Size.SMALL),
        (Industry.INDUSTRY, 20, "300", None, Size.SMALL),
        (Industry.INDUSTRY, 5000, "100", None, Size.MICRO),
        (Industry.AGRICULTURE, None, "20000", None, Size.LARGE),
        (Industry.CONSTRUCTION, None, "80000", "79999", Size.MEDIUM),
        (Industry.LEASING, 300, None, "120000", Size.LARGE),
        (Industry.OTHER, 9, None, None, Size.MICRO),
    ],
)
def test_size_class(
    industry: Industry, employees: int | None, revenue: str | None, assets: str | None, size: Size
) -> None:
    verdict = classify(
        industry,
        on=date(2025, 1, 1),
        employees=employees,
        revenue_wan=Decimal(revenue) if revenue else None,
        assets_wan=Decimal(assets) if assets else None,
    )
    assert verdict.size == size


def test_a_missing_indicator_is_named_and_all_industries_are_there() -> None:
    assert "营业收入" in classify(Industry.INDUSTRY, on=date(2025, 1, 1), employees=5).reason
    for industry in Industry:
        full = classify(
            industry, on=date(2025, 1, 1), employees=0, revenue_wan=Decimal(0), assets_wan=Decimal(0)
        )
        assert full.size is Size.MICRO


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("91441900MA4UQ5DY15", "通过"),
        ("91441900MA4UQ5DY16", "应为“5”"),
        ("91441900MA4UQ5DYI5", "第 17 位"),
        ("91441900ma4UQ5DY15", "大写"),
        ("914419", "18 位"),
    ],
)
def test_uscc(code: str, said: str) -> None:
    assert said in uscc.check(code).message
    assert uscc.check(code).valid == (said == "通过")


def test_a_filing_lists_every_fault_at_once() -> None:
    claim = facts_of({"from": "bank"})
    claim["loan"].update(physical_mortgage=True, rate_pct="6.00", matures_on="2028-01-01")
    claim["enterprise"].update(uscc="91441900MA4UQ5DY16", sector="房地产业", industry="房地产开发经营")
    facts = parse(FilingFacts, {name: claim[name] for name in ("board", "enterprise", "loan")})
    checks = filing(facts)
    failed = {check.code for check in checks if check.result == "fail"}
    assert failed == {"enterprise.uscc", "enterprise.sector", "loan.no_mortgage", "loan.rate", "loan.term"}
    assert verdict(checks) == "fail"
    assert all(check.remedy for check in checks if check.result == "fail")
