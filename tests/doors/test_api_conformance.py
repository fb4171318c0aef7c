"""Every call of the API against its own description, with invented inputs: no 5xx, no undocumented answer."""

from contextlib import suppress

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from limits import RateLimitItemPerMinute
from schemathesis.checks import CHECKS, load_all_checks

from api.auth import limits
from api.rest import openapi
from tests.doors.api import Api, Callers, loan

EXAMPLES = 4
"""Of valid and of invalid input each, per call."""
load_all_checks()
HELD = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
    ]
)
SCHEMA = schemathesis.openapi.from_dict(openapi.description())
LABELS = sorted(found.ok().label for found in SCHEMA.get_all_operations())


@pytest.fixture
def bank(callers: Callers, monkeypatch: pytest.MonkeyPatch) -> Api:
    """A caller with every scope, on a database with a case of theirs, who may call as often as they like."""
    monkeypatch.setattr(limits, "_limit", lambda meter: RateLimitItemPerMinute(1_000_000))
    caller = callers("linwanyi")
    assert caller.write("/filings", {"loans": [loan()]}).status_code == 201
    return caller


# The server runs in this process: that one of its threads draws a random number while inputs are invented is no fault.
@pytest.mark.filterwarnings(
    "ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning"
)
@pytest.mark.parametrize("kind", [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE])
def test_every_answer_is_as_described(bank: Api, kind: schemathesis.GenerationMode) -> None:
    assert len(LABELS) > 30
    held = 0
    for label in LABELS:
        method, path = label.split(" ", 1)
        with suppress(Unsatisfiable):  # a call without any input cannot be called wrongly
            hold(bank, SCHEMA[path][method].as_strategy(generation_mode=kind), EXAMPLES)
            held += 1
    assert held >= len(LABELS) - 2


def hold(bank: Api, strategy: object, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)  # type: ignore[arg-type]
    def holds(case: schemathesis.Case) -> None:
        case.call_and_validate(
            base_url=str(bank.base_url).rstrip("/"),
            headers={"Authorization": bank.headers["authorization"]},
            checks=HELD,
        )

    holds()
