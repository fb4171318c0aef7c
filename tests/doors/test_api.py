"""The API as a bank's core system meets it: cases filed, claimed and followed; nothing twice, nothing of others."""

import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import event
from sqlmodel import select

from models import database
from models.lifecycle import Board
from models.records.case import CaseRecord, Origin, by_number
from models.records.loan import Loan, LoanState
from models.records.notice import Notice
from tests.doors.api import PDF, V1, Api, Callers, claim, digest, loan


def file(bank: Api, number: int = 1, **changes: object) -> str:
    answer = bank.write("/filings", {"loans": [loan(number, **changes)]})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


def register(number: str) -> int:
    """What the process does at its end; the loan's id."""
    with database.session() as db:
        row = db.exec(select(Loan).join(CaseRecord).where(CaseRecord.number == number)).one()
        row.state, row.filing_number = LoanState.REGISTERED, f"{number}-01"
        return row.id or 0


def cases() -> int:
    with database.session() as db:
        return len(db.exec(select(CaseRecord)).all())


def test_a_loan_is_filed_and_the_case_can_be_read(callers: Callers) -> None:
    bank = callers("linwanyi")
    made = bank.write("/filings", {"loans": [loan()]})
    assert made.status_code == 201, made.text
    number = made.json()["number"]
    with database.session() as s:
        filed = by_number(s, number)
        assert filed is not None and filed.origin is Origin.API
    assert made.headers["location"] == f"/api/v1/cases/{number}"
    seen, tag = bank.see(f"/cases/{number}")
    assert seen == made.json()
    assert tag == made.headers["etag"]
    assert seen["amount"] == "5000000.00"
    assert bank.get(f"{V1}/cases/{number}", headers={"If-None-Match": tag}).status_code == 304
    assert [one["number"] for one in bank.get(f"{V1}/cases").json()["items"]] == [number]


def test_a_claim_brings_its_materials_as_uploads_and_says_which_are_missing(callers: Callers) -> None:
    bank = callers("linwanyi")
    loan_id = register(file(bank))
    bare = bank.write("/claims", {"loan_id": loan_id, "claim": claim(requested="0")})
    assert bare.status_code == 422
    assert [fault["pointer"] for fault in bare.json()["faults"]] == ["/claim/requested"]
    bare = bank.write("/claims", {"loan_id": loan_id, "claim": claim()})
    assert {fault["pointer"] for fault in bare.json()["faults"]} >= {
        "/materials/contract",
        "/materials/commitment",
    }
    body = {"loan_id": loan_id, "claim": claim(), "materials": bank.materials(Board.BANK)}
    made = bank.write("/claims", body)
    assert made.status_code == 201, made.text
    number = made.json()["number"]
    kept = bank.get(f"{V1}/cases/{number}/materials").json()["items"]
    assert {one["slot"] for one in kept} == set(body["materials"])
    content = bank.get(f"{V1}/materials/{kept[0]['id']}/content")
    assert (content.content, content.headers["content-digest"]) == (PDF, digest(PDF))
    again = bank.write("/claims", body)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


def test_faults_are_listed_at_once_with_pointers_and_nothing_is_kept(callers: Callers) -> None:
    bank = callers("linwanyi")
    bad = [loan(1, principal="-5"), loan(2, uscc="91441900MA5EXMP010"), loan(3), loan(3)]
    answer = bank.write("/filings", {"loans": bad})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.headers["content-type"] == "application/problem+json"
    assert [fault["pointer"] for fault in answer.json()["faults"]] == ["/loans/0/principal", "/loans/1/uscc"]
    twice = bank.write("/filings", {"loans": bad[2:]}).json()["faults"]
    assert [fault["pointer"] for fault in twice] == ["/loans/1/receipt_number"]
    assert cases() == 0


def test_what_no_field_is_called_and_what_no_type_allows_is_a_fault_at_its_place(callers: Callers) -> None:
    body = {"loans": [loan(legal_person="yes", colour="red", employees="60")]}
    faults = callers("linwanyi").write("/filings", body).json()["faults"]
    assert {fault["pointer"]: fault["detail"] for fault in faults} == {
        "/loans/0/legal_person": "须为 true 或 false。",
        "/loans/0/colour": "没有这一项，请核对名称。",
        "/loans/0/employees": "须为整数。",
    }


def test_the_same_key_and_body_give_the_same_answer_and_another_body_is_refused(callers: Callers) -> None:
    bank, word = callers("linwanyi"), str(uuid4())
    first = bank.write("/filings", {"loans": [loan()]}, word=word)
    second = bank.write("/filings", {"loans": [loan()]}, word=word)
    assert (second.status_code, second.content, second.headers["etag"]) == (
        201,
        first.content,
        first.headers["etag"],
    )
    assert second.headers["idempotency-replayed"] == "true"
    other = bank.write("/filings", {"loans": [loan(2)]}, word=word)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert cases() == 1
    missing = bank.post(f"{V1}/filings", json={"loans": [loan(2)]})
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_required")


def test_a_refused_call_may_be_corrected_under_its_key(callers: Callers) -> None:
    bank, word = callers("linwanyi"), str(uuid4())
    assert bank.write("/filings", {"loans": [loan(principal="0")]}, word=word).status_code == 422
    assert bank.write("/filings", {"loans": [loan()]}, word=word).status_code == 201


def test_of_simultaneous_calls_with_one_key_one_is_executed(callers: Callers) -> None:
    bank, word = callers("linwanyi"), str(uuid4())
    answers: list[tuple[int, bytes]] = []

    def send() -> None:
        answer = bank.write("/filings", {"loans": [loan()]}, word=word)
        answers.append((answer.status_code, answer.content))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _ in answers} == {201}
    assert len({content for _, content in answers}) == 1
    assert cases() == 1


def test_a_change_names_what_was_seen(callers: Callers) -> None:
    bank = callers("linwanyi")
    number = file(bank)
    path, body = f"/cases/{number}/withdrawal", {"reason": "企业已清偿。"}
    _, tag = bank.see(f"/cases/{number}")
    blind = bank.write(path, body)
    assert (blind.status_code, blind.json()["code"]) == (428, "if_match_required")
    assert bank.write(path, body, seen="*").status_code == 428
    stale = bank.write(path, body, seen='"000000000000000000000000"')
    assert (stale.status_code, stale.json()["code"]) == (412, "changed_meanwhile")
    word = str(uuid4())
    done = bank.write(path, body, seen=tag, word=word)
    assert (done.status_code, done.json()["state"]) == (200, "withdrawn")
    replayed = bank.write(path, body, seen=tag, word=word)  # the answer got lost: asked again, told again
    assert replayed.content == done.content
    assert bank.write(path, body, seen=tag).status_code == 412


@pytest.fixture
def questions() -> Iterator[list[str]]:
    """The statements sent to the database."""
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *more: object) -> None:
        sent.append(statement)

    event.listen(database.engine(), "before_cursor_execute", note)
    yield sent
    event.remove(database.engine(), "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/cases/{number}"),
        ("GET", "/cases/{number}/loans"),
        ("GET", "/cases/{number}/documents"),
        ("GET", "/cases/{number}/materials"),
        ("POST", "/cases/{number}/withdrawal"),
        ("POST", "/cases/{number}/corrections"),
        ("POST", "/cases/{number}/receipt"),
    ],
    ids=lambda value: value.rpartition("/")[2].strip("{}"),
)
def test_anothers_case_is_answered_as_one_that_does_not_exist(
    callers: Callers, questions: list[str], method: str, path: str
) -> None:
    theirs, bank = file(callers("luoqiming")), callers("linwanyi")
    body = {
        "withdrawal": {"reason": "x"},
        "corrections": {"note": "x"},
        "receipt": {"received_on": "2026-11-01", "received_amount": "1.00"},
    }.get(path.rpartition("/")[2])
    found = []
    for number in (theirs, "BA-2026-9999", theirs):  # the first also notes that the key is in use
        questions.clear()
        headers = {"Idempotency-Key": str(uuid4()), "If-Match": '"x"'}
        answer = bank.request(method, V1 + path.format(number=number), json=body, headers=headers)
        said = answer.json() | {"instance": "", "request_id": ""}
        found.append((answer.status_code, said, list(questions)))
    assert found[1] == found[2]
    assert found[1][0] == 404


def test_what_others_have_is_in_no_list_and_behind_no_number(callers: Callers) -> None:
    other = callers("luoqiming")
    loan_id = register(file(other))
    upload = other.upload().json()["id"]
    bank = callers("linwanyi")
    for path in ("/cases", "/loans", "/notices", "/events", "/filing-batches", "/webhook-endpoints"):
        assert bank.get(V1 + path).json()["items"] == [], path
    assert bank.get(f"{V1}/loans/{loan_id}").status_code == 404
    assert bank.write("/claims", {"loan_id": loan_id, "claim": claim()}).status_code == 404
    answer = bank.write("/filings", {"loans": [loan()], "materials": {"contracts": upload}})
    assert answer.json()["faults"][0]["pointer"] == "/materials/contracts"
    assert file(bank)  # the same contract and receipt numbers at another bank are another loan


def test_events_come_in_order_without_gaps_from_any_place(callers: Callers) -> None:
    bank = callers("linwanyi")
    numbers = [file(bank, n) for n in range(1, 6)]
    first = bank.get(f"{V1}/events", params={"limit": 2}).json()
    assert ([one["position"] for one in first["items"]], first["next"], first["more"]) == ([1, 2], "2", True)
    rest = bank.get(f"{V1}/events", params={"after": first["next"]}).json()
    assert [one["data"]["case"] for one in first["items"] + rest["items"]] == numbers
    assert rest["more"] is False
    late = file(bank, 9)
    new = bank.get(f"{V1}/events", params={"after": rest["next"]}).json()
    assert [(one["position"], one["type"], one["data"]["case"]) for one in new["items"]] == [
        (6, "filing_received", late)
    ]
    with database.session() as db:
        assert {str(one.id) for one in db.exec(select(Notice))} >= {new["items"][0]["id"]}


def test_a_notice_is_acknowledged_once(callers: Callers) -> None:
    bank = callers("linwanyi")
    file(bank)
    (notice,) = bank.get(f"{V1}/notices", params={"unread": "true"}).json()["items"]
    word = {"Idempotency-Key": str(uuid4())}
    told = bank.post(f"{V1}/notices/{notice['id']}/acknowledgement", headers=word)
    assert told.status_code == 200, told.text
    assert told.json()["opened_at"] is not None
    assert bank.get(f"{V1}/notices", params={"unread": "true"}).json()["items"] == []


def test_lists_are_walked_by_cursor(callers: Callers) -> None:
    bank = callers("linwanyi")
    made = [file(bank, n) for n in range(1, 6)]
    found, after = [], ""
    while True:
        page = bank.get(f"{V1}/cases", params={"limit": 2, "after": after}).json()
        found += [one["number"] for one in page["items"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert found == made[::-1]
    wrong = bank.get(f"{V1}/cases", params={"after": "x1"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_cursor")
