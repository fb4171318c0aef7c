"""Every call of the API against its own description, with invented inputs: no 5xx, no undocumented answer."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from api.auth import limits
from api.rest import openapi
from tests.doors.api import Api, Callers, loan
from tests.doors.conftest import Server

EXAMPLES = 6
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
SCHEMA = schemathesis.openapi.from_dict(openapi.description())


@pytest.fixture
def bank(callers: Callers, server: Server, monkeypatch: pytest.MonkeyPatch) -> Api:
    """A caller with every scope on a database with a case."""
    monkeypatch.setattr(limits, "_limit", lambda meter: limits.RateLimitItemPerMinute(1_000_000))
    caller = callers("linwanyi")
    assert caller.write("/filings", {"loans": [loan()]}).status_code == 201
    return caller


@pytest.mark.parametrize("label", sorted(op.ok().label for op in SCHEMA.get_all_operations()))
def test_every_answer_is_as_described(bank: Api, label: str) -> None:
    method, path = label.split(" ", 1)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @schemathesis.pytest.parametrize
    def hold(case: schemathesis.Case) -> None:
        pass

    operation = SCHEMA[path][method]
    strategy = operation.as_strategy()
    from hypothesis import given

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def holds(case: schemathesis.Case) -> None:
        case.call_and_validate(
            base_url=str(bank.base_url).rstrip("/"),
            headers={"Authorization": bank.headers["authorization"]},
            checks=CHECKS,
        )

    holds()
