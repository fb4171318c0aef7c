"""Every call of the API against its own description, with invented inputs: no 5xx, no undocumented answer."""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from limits import RateLimitItemPerMinute

from api.auth import limits
from api.rest import openapi
from tests.doors.api import Api, Callers, loan

if TYPE_CHECKING:  # two seconds to import, and only one process of a run asks it
    import schemathesis

EXAMPLES = 4
"""Of valid and of invalid input each, per call."""
HELD = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
]


@pytest.fixture
def bank(callers: Callers, monkeypatch: pytest.MonkeyPatch) -> Api:
    """A caller with every scope, on a database with a case of theirs, who may call as often as they like."""
    monkeypatch.setattr(limits, "_limit", lambda meter: RateLimitItemPerMinute(1_000_000))
    caller = callers("linwanyi")
    assert caller.write("/filings", {"loans": [loan()]}).status_code == 201
    return caller


@pytest.fixture
def connection() -> Iterator[requests.Session]:
    """One for all calls: a new one each time took as long as the answer."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


# The server runs in this process: that one of its threads draws a random number while inputs are invented is no fault.
@pytest.mark.filterwarnings(
    "ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning"
)
@pytest.mark.parametrize("kind", ["positive", "negative"])
def test_every_answer_is_as_described(bank: Api, connection: requests.Session, kind: str) -> None:
    import schemathesis

    mode = schemathesis.GenerationMode(kind)
    schema = schemathesis.openapi.from_dict(openapi.description())
    labels = sorted(found.ok().label for found in schema.get_all_operations())
    assert len(labels) > 30
    held = 0
    for label in labels:
        method, path = label.split(" ", 1)
        with suppress(Unsatisfiable):  # a call without any input cannot be called wrongly
            hold(bank, connection, schema[path][method].as_strategy(generation_mode=mode))
            held += 1
    assert held >= len(labels) - 2


def hold(bank: Api, connection: requests.Session, strategy: object) -> None:
    from schemathesis.checks import CHECKS, load_all_checks

    load_all_checks()
    checks = CHECKS.get_by_names(HELD)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)  # type: ignore[arg-type]
    def holds(case: "schemathesis.Case") -> None:
        case.call_and_validate(
            base_url=str(bank.base_url).rstrip("/"),
            session=connection,
            headers={"Authorization": bank.headers["authorization"]},
            checks=checks,
        )

    holds()
