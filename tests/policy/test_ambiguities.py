"""A1–A25: each is a named parameter, ships the recommended default, and every reading is told in a story."""

import pytest

from models.policy.parameters import Parameters
from models.policy.values import Kind
from tests.policy.test_stories import EVERY

NAMED = {
    "A1": {"cap_basis": "vintage"},
    "A2": {"over_cap": "hard", "unused_cap": "lapses"},
    "A3": {
        "enterprise_cap_period": "policy_term",
        "enterprise_cap_banks": "all",
        "enterprise_cap_on": "compensation",
    },
    "A4": {"competition": "pro_rata"},
    "A5": {"tier_basis": "loan"},
    "A6": {"tier_application": "whole"},
    "A7": {"loss_base": "principal"},
    "A8": {
        "claim_trigger": "overdue_or_classified",
        "claim_overdue_days": 90,
        "recovery_action_required": "required",
    },
    "A9": {"lpr_tenor": "1Y", "lpr_day": "signing", "lpr_stale_days": 35},
    "A10": {"floating_rate_test": "signing"},
    "A11": {"term_measured_to": "extended"},
    "A12": {"eligibility_day": "disbursement"},
    "A13": {"double_support": "warn"},
    "A14": {"rounding": "down"},
    "A15": {"policy_term_test": "disbursement"},
    "A16": {"cap_applies_to": "compensation"},
    "A17": {"legal_person_boards": "bank"},
    "A18": {"tier_basis": "loan", "marginal_base": "loan", "above_top_tier": "refuse"},
    "A19": {"terms_day": "disbursement", "budget_year_day": "decision"},
    "A20": {"freed_share": "kept"},
    "A21": {"recovery_refills": "enterprise"},
    "A22": {"recovery_ratio": "effective", "recovery_costs": "carry", "recovery_rounding": "down"},
    "A23": {"rate_and_term_boards": "bank"},
    "A24": {"leap_day": "feb28"},
    "A25": {"overdue_at_limit": "enough"},
}
TOLD = {(name, str(value)) for _, story in EVERY for name, value in story.get("overrides", {}).items()}


@pytest.mark.parametrize("ambiguity", NAMED)
def test_an_ambiguity_is_a_parameter_with_its_default_and_every_other_reading_in_a_story(
    ambiguity: str,
) -> None:
    parameters = Parameters.load()
    for name, default in NAMED[ambiguity].items():
        parameter = parameters.get(name)
        first = parameter.rows[0]
        assert ambiguity in parameter.ambiguity.split("、"), name
        assert first.value == default, name
        assert first.since.isoformat() == "2024-01-01", name
        if parameter.kind is Kind.CHOICE:
            others = set(parameter.choices) - {default}
            assert others, name
            assert {(name, other) for other in others} <= TOLD, (name, others)
        else:
            assert any(told == name for told, _ in TOLD), name


def test_there_are_twenty_five_and_no_parameter_claims_another() -> None:
    assert list(NAMED) == [f"A{n}" for n in range(1, 26)]
    choices = [p for p in Parameters.load().items.values() if p.kind is Kind.CHOICE]
    for parameter in choices:
        for ambiguity in filter(None, parameter.ambiguity.split("、")):
            assert parameter.name in NAMED.get(ambiguity, {parameter.name: None}), (ambiguity, parameter.name)


def test_every_parameter_says_what_a_lawyer_asks() -> None:
    for parameter in Parameters.load().items.values():
        assert parameter.label and parameter.reason and parameter.clause, parameter.name
        assert parameter.checked_on.isoformat() >= "2026-11-23"
        assert parameter.rows, parameter.name
        if parameter.kind is Kind.CHOICE:
            assert len(parameter.choices) > 1, parameter.name
        elif parameter.kind in (Kind.RATIO, Kind.MONEY, Kind.INTEGER, Kind.BP):
            assert parameter.unit, parameter.name
