"""Batches: taken at once, checked whole, filed by a worker in parts; the client tries again without doing twice."""

from datetime import timedelta

import httpx
import pytest
from sqlmodel import select

from api.client import Fengbu, RefusedError
from flows import file_batches, forget_calls
from flows.actions.applications import batching
from models import clock, database
from models.records.api_call import ApiCall
from models.records.case import CaseRecord
from models.records.filing_batch import FilingBatch
from tests.doors.api import PDF, V1, Callers, loan


def test_a_batch_becomes_cases_and_its_resource_tells_how_far_it_is(
    callers: Callers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "PER_CASE", 2)
    bank = callers("linwanyi")
    taken = bank.write("/filing-batches", {"loans": [loan(n) for n in range(1, 6)]})
    assert (taken.status_code, taken.json()["state"], taken.json()["filed"]) == (202, "waiting", 0)
    place = taken.headers["location"]
    with database.session() as db:  # a worker that dies after its first case
        batch = batching.take(db)
        assert batch is not None and batching.go_on(db, batch)
    with database.session() as db:
        assert batching.go_on(db, db.exec(select(FilingBatch)).one())
    half = bank.get(place).json()
    assert (half["state"], half["checked"], half["filed"], len(half["cases"])) == ("working", 5, 2, 1)
    assert file_batches.work() == 0  # leased
    with database.session() as db:
        db.exec(select(FilingBatch)).one().lease_until = clock.wall() - timedelta(seconds=1)
    assert file_batches.work() == 1
    done = bank.get(place).json()
    assert (done["state"], done["filed"], len(done["cases"]), done["faults"]) == ("done", 5, 3, [])
    items = [bank.get(f"{V1}/cases/{number}/loans").json()["items"] for number in done["cases"]]
    assert [one["receipt_number"] for part in items for one in part] == [f"JJ-2026-{n}" for n in range(1, 6)]
    assert callers("luoqiming").get(place).status_code == 404


def test_one_faulty_loan_and_nothing_of_the_batch_is_filed(callers: Callers) -> None:
    bank = callers("linwanyi")
    bank.write("/filings", {"loans": [loan(7)]})
    sent = [loan(1), loan(2, principal="-1"), loan(1), loan(7)]
    place = bank.write("/filing-batches", {"loans": sent}).headers["location"]
    file_batches.work()
    refused = bank.get(place).json()
    assert (refused["state"], refused["filed"]) == ("refused", 0)
    assert {fault["pointer"] for fault in refused["faults"]} == {
        "/loans/1/principal", "/loans/2/receipt_number", "/loans/3/receipt_number",
    }  # fmt: skip
    with database.session() as db:
        assert len(db.exec(select(CaseRecord)).all()) == 1


def test_the_client_files_follows_and_says_what_was_refused(callers: Callers) -> None:
    bank = callers("linwanyi")
    with Fengbu(str(bank.base_url), bank.headers["authorization"].removeprefix("Bearer ")) as client:
        assert client.me().person == "林婉仪"
        case = client.file([loan()], {"contracts": client.upload(PDF, "合同.pdf")})
        with pytest.raises(RefusedError) as refused:
            client.file([loan()])
        assert (refused.value.code, refused.value.faults[0].pointer) == ("invalid", "/loans/0/receipt_number")
        assert [one.number for one in client.cases(open="true")] == [case.number]
        assert client.loans_of(case)[0].principal == 5_000_000
        events, after = client.events()
        assert [one.type for one in events] == ["filing_received"]
        (notice,) = client.notices(unread=True)
        assert client.acknowledge(notice).opened_at is not None
        seen = client.case(case.number)
        assert client.withdraw(seen, "重报").state == "withdrawn"
        assert [one.type for one in client.events(after)[0]] == ["case_withdrawn"]


def test_the_client_repeats_a_call_whose_answer_was_lost_under_its_key(callers: Callers) -> None:
    bank = callers("linwanyi")
    lost: list[str] = []

    class Losing(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            answer = super().handle_request(request)
            if not lost:
                lost.append(request.headers["idempotency-key"])
                answer.read()
                raise httpx.ReadError("the line was cut")
            return answer

    with Fengbu(str(bank.base_url), bank.headers["authorization"].removeprefix("Bearer ")) as client:
        client._http._transport = Losing()
        client._http._mounts = {}
        assert client.file([loan()]).number
    with database.session() as db:
        assert len(db.exec(select(CaseRecord)).all()) == 1
        db.exec(select(ApiCall)).one().at = clock.wall() - timedelta(days=31)
    assert forget_calls.forget() == 1
