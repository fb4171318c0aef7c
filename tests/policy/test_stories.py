"""Runs the YAML stories: an example, what is different, what must come out."""

import copy
from pathlib import Path
from typing import Any

import pytest

from models.policy import strict_yaml
from models.policy.explain import explain

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "models" / "policy" / "examples"
STORIES = [
    pytest.param(story, id=f"{path.stem}: {story['story']}")
    for path in sorted(HERE.glob("*.yaml"))
    for story in strict_yaml.read(path)
]


def facts_of(story: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = copy.deepcopy(strict_yaml.read(EXAMPLES / f"{story['from']}.yaml"))
    for path, value in story.get("set", {}).items():
        *parents, last = path.split(".")
        place = facts
        for parent in parents:
            place = place[parent]
        place[last] = value
    since = story.get("overrides_from", "2024-01-01")
    facts["overrides"] = [
        {"name": name, "value": value, "effective_from": since}
        for name, value in story.get("overrides", {}).items()
    ]
    return facts


@pytest.mark.parametrize("story", STORIES)
def test_story(story: dict[str, Any]) -> None:
    (answer,) = explain(facts_of(story))
    found: dict[str, Any] = {
        "payable": str(answer.payable),
        "would_have": str(answer.would_have),
        "binding": answer.binding,
        "deciding": answer.award.deciding,
        "remainder": str(answer.remainder),
        "exact": str(answer.award.exact),
        "rate": str(answer.award.rate),
        "effective_ratio": str(answer.award.effective_ratio),
        "deferred": answer.award.over_limit_deferred,
        "result": answer.result.value,
        "checks": {check.code: check.result.value for check in answer.checks},
    }
    expected = dict(story["expect"])
    checks = expected.pop("checks", {})
    assert {name: found[name] for name in expected} == expected
    assert {code: found["checks"].get(code) for code in checks} == checks
    assert [line.no for line in answer.award.lines] == list(range(1, len(answer.award.lines) + 1))
    assert sum(line.binding for line in answer.award.lines) == 1
    assert type(answer).model_validate(answer.model_dump(mode="json")) == answer
