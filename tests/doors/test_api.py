"""The API as a bank's core system meets it: cases filed, claimed and followed; nothing twice, nothing of others."""

from tests.doors.api import Callers, loan


def test_a_loan_is_filed_and_the_case_can_be_read(callers: Callers) -> None:
    bank = callers("linwanyi")
    made = bank.write("/filings", {"loans": [loan()]})
    assert made.status_code == 201, made.text
    number = made.json()["number"]
    assert made.headers["location"] == f"/api/v1/cases/{number}"
    seen, tag = bank.see(f"/cases/{number}")
    assert seen == made.json()
    assert tag == made.headers["etag"]
    assert seen["amount"] == "5000000.00"
    assert bank.get(f"/api/v1/cases/{number}", headers={"If-None-Match": tag}).status_code == 304
