"""What a key opens, for how long, from where, how often; and the tokens it is exchanged for."""

from datetime import timedelta

import pytest

from models import clock, database
from models.records import person
from models.records.api_key import by_key_id
from models.settings import get_settings
from tests.doors.api import V1, Callers, loan


def test_a_key_does_what_its_scopes_and_its_person_may(callers: Callers) -> None:
    reader = callers("linwanyi", "cases:read")
    refused = reader.write("/filings", {"loans": [loan()]})
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    assert "filings:write" in refused.headers["www-authenticate"]
    staff = callers("chenjiamin").write("/filings", {"loans": [loan()]})
    assert (staff.status_code, staff.json()["code"]) == (403, "not_permitted")
    keeper = callers("xuqiuyue")
    assert keeper.write("/filings", {"loans": [loan()]}).status_code == 403


def test_a_key_ends_with_its_person_its_time_and_its_address(callers: Callers) -> None:
    bank = callers("linwanyi")
    assert (
        callers("linwanyi", networks="203.0.113.0/24").get(f"{V1}/me").json()["code"] == "address_not_allowed"
    )
    assert callers("linwanyi", networks="127.0.0.0/8").get(f"{V1}/me").status_code == 200
    old = callers("linwanyi")
    with database.session() as db:
        key = by_key_id(db, old.headers["authorization"].split("_")[1])
        assert key is not None
        key.expires_at = clock.wall() - timedelta(seconds=1)
    assert old.get(f"{V1}/me").json()["code"] == "expired_credentials"
    with database.session() as db:
        who = person.by_login(db, "linwanyi")
        assert who is not None
        who.active = False
    assert bank.get(f"{V1}/me").json()["code"] == "invalid_credentials"


def test_a_key_is_exchanged_for_a_token_of_fewer_scopes_that_dies_with_it(callers: Callers) -> None:
    bank = callers("linwanyi")
    _, key_id, secret = bank.headers["authorization"].removeprefix("Bearer ").split("_", 2)
    form = {"grant_type": "client_credentials", "scope": "cases:read"}
    token = bank.post(f"{V1}/oauth/token", data=form, auth=(key_id, secret)).json()
    assert (token["token_type"], token["expires_in"] // 60, token["scope"]) == ("Bearer", 14, "cases:read")
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert bank.get(f"{V1}/cases", headers=headers).status_code == 200
    assert bank.get(f"{V1}/notices", headers=headers).json()["code"] == "missing_scope"
    too_much = bank.post(f"{V1}/oauth/token", data=form | {"scope": "cases:burn"}, auth=(key_id, secret))
    assert (too_much.status_code, too_much.json()["error"]) == (400, "invalid_scope")
    wrong = bank.post(f"{V1}/oauth/token", data=form, auth=(key_id, secret + "x"))
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    with database.session() as db:
        key = by_key_id(db, key_id)
        assert key is not None
        key.revoked_at = clock.wall()
    assert bank.get(f"{V1}/cases", headers=headers).json()["code"] == "invalid_credentials"


def test_too_many_calls_are_told_to_wait(callers: Callers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FENGBU_API_CALLS_PER_MINUTE", "3")
    get_settings.cache_clear()
    bank = callers("linwanyi")
    answers = [bank.get(f"{V1}/me") for _ in range(4)]
    monkeypatch.undo()
    get_settings.cache_clear()
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["ratelimit-policy"] == '"key";q=3;w=60'
    assert answers[0].headers["ratelimit"].startswith('"key";r=2;t=')
    assert int(answers[3].headers["retry-after"]) > 0
    assert answers[3].json()["code"] == "too_many_requests"
