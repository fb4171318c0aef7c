"""经办/复核 at the doors: pages of the institution, and what a core system is told."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlmodel import Session, select

from api.client import AwaitsReleaseError, Fengbu
from models import clock, database
from models.lifecycle import Board
from models.records import institution
from models.records.case import CaseRecord
from models.records.notice import Delivery, Notice
from models.records.prepared import Prepared
from tests.actions import samples
from tests.doors.api import Callers, loan
from tests.doors.test_bank import NEW, files, registered, text

Database = Callable[[], AbstractContextManager[Session]]
FILES, CHECKS = "linwanyi", "xianruyi"


@pytest.fixture(autouse=True)
def demanded(server: Any, db: Database) -> Iterator[None]:
    """The bank works by 经办/复核."""
    with db() as s:
        place = institution.by_code(s, "GYB")
        assert place is not None
        place.checker_since = clock.now()
    yield


def the(db: Database) -> Prepared:
    with db() as s:
        return s.exec(select(Prepared)).one()


def count(db: Database) -> int:
    with db() as s:
        return len(s.exec(select(CaseRecord)).all())


def filed(server: Any, db: Database) -> tuple[str, Prepared]:
    """A filing by form that waits: its address and row."""
    answer = server.client(FILES).post(NEW, data=samples.loan(Board.BANK))
    assert answer.status_code == 303, text(answer)
    return str(answer.headers["location"]), the(db)


def test_a_filing_by_form_waits_and_is_released_from_the_checkers_home(server: Any, db: Database) -> None:
    address, row = filed(server, db)
    assert address == f"/bank/prepared/{row.id}" and count(db) == 0
    mine = text(server.client(FILES).get(address))
    assert "待复核" in mine and "由本单位的“申报复核”岗位放行或退回" in mine and "撤回" in mine
    checker = server.client(CHECKS)
    assert "备案：东莞市德润包装材料有限公司" in text(checker.get("/bank"))
    page = text(checker.get(address))
    for words in ("购买原材料", "GY-2025-0614-01", "3,000,000.00", "信用"):
        assert words in page
    done = checker.post(f"{address}/release", data={"shown": row.shown})
    assert done.status_code == 303 and done.headers["location"].endswith("/sent")
    assert checker.get(done.headers["location"]).status_code == 200
    assert count(db) == 1 and NEW not in text(checker.get("/bank"))
    again = checker.post(f"{address}/release", data={"shown": row.shown})
    assert again.status_code == 409 and "已由冼如意办理" in text(again)
    assert "复核后报出" in text(checker.get(f"/cases/{the(db).case_number}"))


def test_a_page_that_showed_something_else_releases_nothing(server: Any, db: Database) -> None:
    address, _ = filed(server, db)
    answer = server.client(CHECKS).post(f"{address}/release", data={"shown": "of yesterday"})
    assert answer.status_code == 409 and "没有报出" in text(answer) and count(db) == 0


def test_returned_it_is_taken_up_by_a_colleague_and_handed_in_again(server: Any, db: Database) -> None:
    address, _ = filed(server, db)
    checker = server.client(CHECKS)
    empty = checker.post(f"{address}/return", data={"reason": " "})
    assert empty.status_code == 422 and "请写明退回的原因" in text(empty)
    assert checker.post(f"{address}/return", data={"reason": "利率不对"}).status_code == 303
    maker = server.client(FILES)
    assert "有 1 件事等你办" in text(maker.get("/bank")) and "利率不对" in text(maker.get("/bank"))
    assert "备案：东莞市德润包装材料有限公司被复核退回" in text(maker.get("/notices"))
    for path in ("/notices/deliveries", letter(db)):  # the city watches deliveries, not what is in them
        seen = text(server.client("suwenbo").get(path))
        assert "申报被本单位复核退回" in seen and "德润" not in seen and "利率不对" not in seen, path
    colleague = server.client("huangzhiheng")
    assert colleague.post(f"{address}/take-up").headers["location"] == NEW
    assert "东莞市德润包装材料有限公司" in text(colleague.get(NEW))
    assert checker.post(f"{address}/take-up").status_code == 403


def letter(db: Database) -> str:
    """Where the office sees the delivery of what came back."""
    with db() as s:
        query = select(Delivery).join(Notice).where(Notice.event == "submission_returned")
        return f"/notices/deliveries/{s.exec(query).first().id}"  # type: ignore[union-attr]


def test_others_do_not_learn_of_it(server: Any, db: Database) -> None:
    address, row = filed(server, db)
    for login in ("luoqiming", "chenjiamin", "xuqiuyue", "suwenbo"):
        stranger = server.client(login)
        for path in ("", "/files/0"):
            assert stranger.get(address + path).status_code == 404, login
        assert stranger.post(f"{address}/release", data={"shown": row.shown}).status_code == 404
    assert server.client("chenjiamin").get("/bank/prepared").status_code == 403
    assert count(db) == 0


def test_a_claim_waits_with_its_materials_which_can_be_read(server: Any, db: Database) -> None:
    loan_id = registered(db)
    answer = server.client(FILES).post(
        f"/bank/claims/{loan_id}", data=samples.claim(Board.BANK), files=files()
    )
    assert answer.status_code == 303, text(answer)
    checker = server.client(CHECKS)
    page = checker.get(answer.headers["location"])
    assert "补偿申请表与材料目录（盖章）" in text(page) and "1,680,000.00" in text(page)
    got = checker.get(f"{answer.headers['location']}/files/0")
    assert got.content == samples.PDF and got.headers["content-disposition"].startswith("attachment")
    assert checker.get(f"{answer.headers['location']}/files/99").status_code == 404


def test_a_checker_cannot_file_or_enter_forms(server: Any) -> None:
    checker = server.client(CHECKS)
    for path in (NEW, "/bank/claims/new", "/bank/imports"):
        assert checker.get(path).status_code == 403
    assert checker.get("/bank").status_code == 200 and checker.get("/notices").status_code == 200


def test_a_core_system_is_answered_202_and_follows_the_submission(callers: Callers, db: Database) -> None:
    bank = callers(FILES)
    word = "one-filing-of-today"
    made = bank.write("/filings", {"loans": [loan()]}, word=word)
    assert made.status_code == 202, made.text
    body = made.json()
    assert (body["state"], body["kind"], body["case_number"]) == ("waiting", "filing", None)
    assert bank.write("/filings", {"loans": [loan()]}, word=word).json() == body  # the same answer, once
    place = made.headers["location"].removeprefix("/api/v1")
    assert bank.see(place)[0] == body and bank.get("/api/v1/submissions").json()["items"] == [body]
    assert callers("luoqiming").get(f"/api/v1{place}").status_code == 404
    row = the(db)
    assert row.by_key and count(db) == 0
    bank.write(f"{place}/withdrawal", {})
    assert bank.see(place)[0]["state"] == "withdrawn"
    again = bank.write(f"{place}/withdrawal", {})
    assert again.status_code == 409 and again.json()["code"] == "conflict"


def test_faults_are_said_to_the_core_system_at_once(callers: Callers, db: Database) -> None:
    refused = callers(FILES).write("/filings", {"loans": [loan(principal="0")]})
    assert refused.status_code == 422 and refused.json()["faults"]
    with database.session() as s:
        assert not s.exec(select(Prepared)).all()


def test_a_released_submission_of_a_system_is_a_case_from_the_interface(
    server: Any, callers: Callers, db: Database
) -> None:
    made = callers(FILES).write("/filings", {"loans": [loan()]}).json()
    row = the(db)
    answer = server.client(CHECKS).post(f"/bank/prepared/{row.id}/release", data={"shown": row.shown})
    assert answer.status_code == 303
    state = callers(FILES).see(f"/submissions/{made['id']}")[0]
    assert state["state"] == "released" and state["decided_by"] == "冼如意"
    with db() as s:
        case = s.exec(select(CaseRecord)).one()
        assert (case.number, case.origin) == (state["case_number"], "api")


def test_a_batch_has_no_place_for_a_checker_and_says_so(callers: Callers) -> None:
    refused = callers(FILES).write("/filing-batches", {"loans": [loan()]})
    assert refused.status_code == 409 and refused.json()["code"] == "checker_required"
    assert "每次最多 500 笔" in refused.json()["detail"]


def test_the_client_says_that_a_checker_is_awaited(server: Any, callers: Callers, db: Database) -> None:
    key = callers(FILES).headers["authorization"].removeprefix("Bearer ")
    with Fengbu(server.base_url, key) as bank:
        with pytest.raises(AwaitsReleaseError) as caught:
            bank.file([loan()])
        waits = caught.value.submission
        assert waits.state == "waiting" and bank.submission(waits).case_number is None
        row = the(db)
        server.client(CHECKS).post(f"/bank/prepared/{row.id}/release", data={"shown": row.shown})
        done = bank.submission(waits)
        assert done.state == "released" and bank.case(done.case_number or "").process == "filing"
