"""What a parameter or facts file may not be: each gets a sentence, none a guess."""

import pytest

from models.policy import codes, strict_yaml, typed, what_if
from models.policy.errors import FactsError, PolicyError
from models.policy.explain import explain
from models.policy.overrides import Override
from models.policy.parameters import Parameters
from models.policy.values import Kind, Tier
from tests.policy.test_stories import EXAMPLES

LAUGHS = "a: &a [1, 1]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("x: 0.5", "没有加引号", id="a float"),
        pytest.param("x: .inf", "没有加引号", id="infinity"),
        pytest.param("x: .nan", "没有加引号", id="nan"),
        pytest.param("x: 1\nx: 2", "重复写了", id="a key twice"),
        pytest.param("x: {y: 1, y: 2}", "重复写了", id="a key twice inside"),
        pytest.param(LAUGHS, "引用", id="billion laughs"),
        pytest.param("x: &x {<<: *x}", "引用", id="a node in itself"),
        pytest.param("x: 010", "歧义", id="octal"),
        pytest.param("x: 1:30", "歧义", id="sexagesimal"),
        pytest.param("x: 1_000", "歧义", id="underscores"),
        pytest.param("x: [", "不是合法的 YAML", id="not YAML"),
        pytest.param("x: !!python/object/apply:os.system [ls]", "YAML", id="a python object"),
        pytest.param("[" * 100_000, "不是合法的 YAML", id="deep"),
        pytest.param("x" * 2_000_001, "过大", id="too large"),
        pytest.param("x: \x07", "不是合法的 YAML", id="a control character"),
    ],
)
def test_yaml(text: str, said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        strict_yaml.parse(text, "例.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param('{"x": 0.5}', "没有加引号", id="a float"),
        pytest.param('{"x": 1e400}', "没有加引号", id="exponent"),
        pytest.param('{"x": NaN}', "没有加引号", id="nan"),
        pytest.param('{"x": -Infinity}', "没有加引号", id="infinity"),
        pytest.param('{"x": 1, "x": 2}', "重复写了", id="a name twice"),
        pytest.param('{"x": 1,}', "第 1 行第", id="not JSON"),
        pytest.param("[" * 100_000, "不是合法的 JSON", id="deep"),
    ],
)
def test_json(text: str, said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        strict_yaml.parse_json(text, "请求正文")


@pytest.mark.parametrize(
    "text", ["x: 1", "x: -3", "x: 2024-01-31", 'x: "0.5"', "x: 是", "x: true", "x: null"]
)
def test_plain_yaml_is_read(text: str) -> None:
    assert set(strict_yaml.parse(text, "例.yaml")) == {"x"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "名称: 值"),
        ([], "至少须有一笔"),
        ({"claims": {}}, "须为列表"),
        ({"claims": [], "typo": 1}, "不认识的字段"),
        (["x"], "名称: 值"),
        ({"board": "both"}, "板块只能是"),
        ({"board": "bank"}, "缺少必填项"),
    ],
)
def test_facts_that_are_no_claim(data: object, said: str) -> None:
    with pytest.raises(FactsError, match=said):
        explain(data)


def override(name: str, value: object, since: str = "2026-01-01", **more: object) -> Override:
    return Override.model_validate({"name": name, "value": value, "effective_from": since, **more})


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([override("bank_year_cap_ratio", "0.03")] * 2, "不能重复"),
        ([override("bank_year_cap_ratio", "1.5")], "须在 0 与 1 之间"),
        ([override("no_such", "1")], "没有名为"),
        ([override("rounding", "up")], "只能是"),
        ([override("bank_enterprise_cap", "1.001")], "超过两位"),
        ([override("bank_term_years", "3")], "整数"),
        ([override("bank_tiers", [{"up_to": "1.00", "ratio": "0.81"}])], "两项须一并调整"),
        ([override("bank_max_ratio", "0.70")], "两项须一并调整"),
        ([override("bank_tiers", [{"up_to": "2.00", "ratio": "0.8"}] * 2)], "由低到高"),
    ],
)
def test_resolutions_that_cannot_be(rows: list[Override], said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        Parameters.load(rows)


def test_a_lower_ceiling_goes_together_with_lower_tiers() -> None:
    both = [
        override("bank_max_ratio", "0.70"),
        override("bank_tiers", [{"up_to": "30000000.00", "ratio": "0.70"}]),
    ]
    assert Parameters.load(both).version != Parameters.load().version


def test_a_kept_edition_gives_the_same_parameters_again() -> None:
    rows = [override("bank_year_cap_ratio", "0.03", resolution="例〔2026〕1号")]
    used = Parameters.load(rows)
    again = Parameters.from_files(dict(used.files), rows)
    assert again.version == used.version
    assert again.items == used.items
    changed = {**used.files, "bank.yaml": used.files["bank.yaml"].replace("10000000.00", "9000000.00")}
    assert Parameters.from_files(changed).version != Parameters.load().version


@pytest.mark.parametrize(
    ("kind", "words", "raw"),
    [
        (Kind.RATIO, "3%", "0.03"),
        (Kind.RATIO, "0.03", "0.03"),
        (Kind.MONEY, "1000万", "10000000.00"),
        (Kind.MONEY, "1,000.00元", "1,000.00"),
        (Kind.INTEGER, "5", 5),
        (Kind.INTEGER, "5.5", "5.5"),
        (Kind.TEXTS, "甲\n\n乙 ", ["甲", "乙"]),
        (Kind.TIERS, "2000万 80%", [{"up_to": "20000000.00", "ratio": "0.8"}]),
        (Kind.DATE, "2027-01-01", "2027-01-01"),
    ],
)
def test_what_people_type(kind: Kind, words: str, raw: object) -> None:
    assert typed.raw(kind, words) == raw


def test_what_is_shown_in_a_form_is_read_again() -> None:
    for parameter in Parameters.load().items.values():
        value = parameter.rows[0].value
        assert parameter.parse(typed.raw(parameter.kind, typed.shown(parameter.kind, value))) == value
    with pytest.raises(PolicyError, match="须写成"):
        typed.raw(Kind.TIERS, "80%")
    assert isinstance(Parameters.load().get("bank_tiers").rows[0].value[0], Tier)  # type: ignore[index]


@pytest.mark.parametrize(
    ("data", "field", "said"),
    [
        ([], "changes", "至少一项"),
        ({"changes": {}}, "changes", "至少一项"),
        ({"changes": {"x": "1"}, "other": 1}, "changes", "至少一项"),
        ({"changes": {"no_such": "1"}}, "changes.no_such", "没有名为"),
        ({"changes": {"rounding": {"value": "down"}}}, "changes.rounding", "from"),
        ({"changes": {"bank_year_cap_ratio": "2"}}, "changes.bank_year_cap_ratio", "0 与 1"),
        ({"changes": {"policy_until": "2030-02-30"}}, "changes.policy_until", "没有这一天"),
    ],
)
def test_assumptions_that_cannot_be(data: object, field: str, said: str) -> None:
    with pytest.raises(FactsError, match=said) as refused:
        what_if.changes(data, Parameters.load())
    assert refused.value.faults[0].field == field


def test_every_code_is_in_the_readme() -> None:
    said = (EXAMPLES.parent / "README.md").read_text(encoding="utf-8")
    for listed in (codes.CHECKS, codes.LIMITS, codes.REMAINDERS, codes.LINES):
        for code, words in listed.items():
            assert not code or f"| `{code}` | {words} |" in said, code
