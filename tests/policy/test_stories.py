"""Runs the YAML stories: an example, what is different, what must come out.

`from` starts from an example; `first` and `second` are two banks' claims on one enterprise; `recovery` is money that
comes back after B1.
"""

import copy
from pathlib import Path
from typing import Any

import pytest

from models.policy import codes, strict_yaml
from models.policy.explain import Explanation, explain
from models.policy.fields import parse
from models.policy.recovery import RecoveryFacts, recovery_share

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "models" / "policy" / "examples"
EVERY = [(path.stem, story) for path in sorted(HERE.glob("*.yaml")) for story in strict_yaml.read(path)]


def params(*kinds: str) -> list[Any]:
    return [pytest.param(story, id=f"{stem}: {story['story']}") for stem, story in EVERY if stem in kinds]


def facts_of(story: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = copy.deepcopy(strict_yaml.read(EXAMPLES / f"{story['from']}.yaml"))
    changed(facts, story.get("set", {}))
    facts["overrides"] = overrides(story)
    return facts


def changed(facts: dict[str, Any], changes: dict[str, Any]) -> None:
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = facts
        for parent in parents:
            place = place[parent]
        place[last] = value


def overrides(story: dict[str, Any]) -> list[dict[str, Any]]:
    since = story.get("overrides_from", "2024-01-01")
    return [
        {"name": name, "value": value, "effective_from": since}
        for name, value in story.get("overrides", {}).items()
    ]


def two_banks(story: dict[str, Any]) -> list[dict[str, Any]]:
    claims = []
    for name, loss, day, own in (
        ("甲", "12000000.00", "2025-06-02", "first"),
        ("乙", "8000000.00", "2025-06-03", "second"),
    ):
        facts = facts_of({"from": "bank", "overrides": story.get("overrides", {})})
        facts.update(claim_no=name, unpaid_principal=loss, accepted_on=day)
        facts["loan"].update(institution=f"示例银行{name}", principal=loss)
        facts["bank_years"] = [{"year": 2024, "lending": "1200000000.00"}]
        changed(facts, story.get(own, {}))
        claims.append(facts)
    return claims


def came_out(answer: Explanation) -> dict[str, Any]:
    return {
        "payable": str(answer.payable),
        "would_have": str(answer.would_have),
        "binding": answer.binding,
        "deciding": answer.award.deciding,
        "remainder": str(answer.remainder),
        "remainder_code": answer.remainder_code,
        "exact": str(answer.award.exact),
        "rate": str(answer.award.rate),
        "effective_ratio": str(answer.award.effective_ratio),
        "deferred": answer.award.over_limit_deferred,
        "result": answer.result.value,
    }


@pytest.mark.parametrize("story", params("ambiguities", "boundaries", "golden"))
def test_story(story: dict[str, Any]) -> None:
    (answer,) = explain(facts_of(story))
    found = came_out(answer)
    results = {check.code: check.result.value for check in answer.checks}
    expected = dict(story["expect"])
    checks = expected.pop("checks", {})
    assert {name: found[name] for name in expected} == expected
    assert {code: results.get(code) for code in checks} == checks
    assert [line.no for line in answer.award.lines] == list(range(1, len(answer.award.lines) + 1))
    assert sum(line.binding for line in answer.award.lines) == 1
    assert type(answer).model_validate(answer.model_dump(mode="json")) == answer
    assert {codes.plain(code) for code in results} <= set(codes.CHECKS)
    assert {line.code for line in answer.award.lines} <= set(codes.LINES)
    assert answer.binding is None or answer.binding in codes.LIMITS
    assert answer.remainder_code in codes.REMAINDERS


@pytest.mark.parametrize("story", params("sharing"))
def test_sharing(story: dict[str, Any]) -> None:
    answers = explain(two_banks(story))
    for answer, expected in zip(answers, story["expect"], strict=True):
        assert {name: came_out(answer)[name] for name in expected} == expected
    again = {answer.claim_no: answer.payable for answer in explain(two_banks(story)[::-1])}
    assert {answer.claim_no: answer.payable for answer in answers} == again


@pytest.mark.parametrize("story", params("recovery"))
def test_recovery(story: dict[str, Any]) -> None:
    given = {"compensation": "4000000.00", "loss": "8000000.00", **story["recovery"]}
    share = recovery_share(parse(RecoveryFacts, {**given, "overrides": overrides(story)}))
    assert {name: str(getattr(share, name)) for name in story["expect"]} == story["expect"]
    assert sum(share.parties.values()) == share.principal
