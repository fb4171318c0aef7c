"""The lines of a calculation in a document are those of page and API: formula, inputs, sources, clause, amount."""

import pytest

from flows.steps.document_decision import LIMITS
from flows.steps.document_facts import printed_lines
from models.policy import limits
from models.policy.explain import explain
from tests.policy.test_stories import facts_of


@pytest.mark.parametrize("board", ["bank", "guarantee"])
def test_every_input_is_printed_with_its_source(board: str) -> None:
    (answer,) = explain(facts_of({"from": board}))
    for line, printed in zip(answer.award.lines, printed_lines(answer.award.lines), strict=True):
        assert (printed.no, printed.label, printed.clause) == (line.no, line.label, line.clause)
        assert printed.basis.startswith(line.formula)
        for given in line.inputs:
            assert f"{given.name} {given.value}" in printed.basis, given
            assert f"［{given.source}］" in printed.basis, given


def test_a_decision_cut_by_a_shared_limit_says_how_competing_claims_are_served() -> None:
    for code in limits.ORDER:
        assert "按批准先后" in LIMITS[code][0]
