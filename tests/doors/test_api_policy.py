"""POST /api/v1/policy/explain: the same answer as the command, for programs."""

import json
import re

from models.policy import strict_yaml
from tests.doors.conftest import Callers
from tests.policy.test_stories import EXAMPLES

ADDRESS, KIND = "/api/v1/policy/explain", {"Content-Type": "application/json"}


def test_explain(callers: Callers) -> None:
    office, bank = callers("lizhiyuan"), callers("linwanyi")
    facts = json.loads(json.dumps(strict_yaml.read(EXAMPLES / "bank.yaml"), default=str))
    (answer,) = office.post(ADDRESS, json=facts).json()
    assert (answer["payable"], answer["binding"]) == ("4000000.00", "bank_year.cap")
    assert answer["remainder_code"] == "bank_year.cap"
    assert bank.post(ADDRESS, json=facts).status_code == 403
    wrong = office.post(ADDRESS, json=[{**facts, "typo": 1, "unpaid_principal": "1.001"}])
    assert wrong.status_code == 422
    assert wrong.headers["content-type"] == "application/problem+json"
    assert {fault["pointer"] for fault in wrong.json()["faults"]} == {"/0/typo", "/0/unpaid_principal"}
    for content in (b'{"x": 0.5}', b'{"x": NaN}', b"{", b"\xff", b"[]", b"1", b'{"a": 1, "a": 2}'):
        refused = office.post(ADDRESS, content=content, headers=KIND)
        assert refused.status_code in (400, 422), content
        assert re.search("[一-鿿]", refused.json()["detail"])
    assert office.get("/api/v1/policy/schema").json()["$defs"]["BankClaimFacts"]
