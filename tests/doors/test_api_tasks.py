"""Reviewers' systems: the queue and the answers of the pages, with the same permission and separation of duties."""

from models.database import session
from models.lifecycle import Board
from models.records.case import by_number
from models.records.loan import of_case
from tests import builders
from tests.actions import samples
from tests.doors.api import V1, Api, Callers


def answer(api: Api, number: str, **body: object) -> tuple[int, dict[str, object]]:
    """Look at what a person must look at, then answer the open task of a case."""
    task = builders.open_task(number)
    for one in api.get(f"{V1}/tasks/{task.id}/checks").json()["items"]:
        if one["looked_by"] is None:
            api.write(f"/tasks/{task.id}/looks", {"check": one["check"], "loan_id": one["loan_id"]})
    _, tag = api.see(f"/tasks/{task.id}")
    given = api.write(
        f"/tasks/{task.id}/answer", {"outcome": "approve", "opinion": "同意。"} | body, seen=tag
    )
    builders.wake()
    return given.status_code, given.json()


def test_a_filing_is_reviewed_over_the_api_by_two_people(callers: Callers) -> None:
    number = builders.filed()
    officer, head = callers("chenjiamin"), callers("zhoubingwen")
    (task,) = officer.get(f"{V1}/tasks").json()["items"]
    assert (task["case"], task["gate"], task["yours"]) == (number, "filing_review", True)
    assert head.get(f"{V1}/tasks").json()["items"] == []
    status, said = answer(head, number)
    assert (status, said["code"]) == (403, "not_permitted")
    assert answer(officer, number)[0] == 200
    assert builders.state(number) == "filing_second_review"
    assert answer(officer, number)[0] == 403
    assert answer(head, number)[0] == 200
    assert builders.state(number) == "registered"
    case, _ = officer.see(f"/cases/{number}")
    assert case["state"] == "registered"


def test_a_return_lists_its_faults_and_the_second_answer_is_told_who_was_first(callers: Callers) -> None:
    number = builders.filed()
    officer = callers("chenjiamin")
    task = builders.open_task(number)
    _, tag = officer.see(f"/tasks/{task.id}")
    bare = officer.write(f"/tasks/{task.id}/answer", {"outcome": "return", "clause": "四（二）"}, seen=tag)
    assert {fault["pointer"] for fault in bare.json()["faults"]} == {"/clause", "/faults"}
    body = {"outcome": "return", "opinion": "请补齐。", "faults": [{"problem": "缺少盖章页"}]}
    blind = officer.write(f"/tasks/{task.id}/answer", body)
    assert blind.status_code == 428
    assert officer.write(f"/tasks/{task.id}/answer", body, seen=tag).status_code == 200
    late = callers("wangliqun").write(f"/tasks/{task.id}/answer", body, seen=tag)
    assert late.status_code == 409
    assert "陈嘉敏" in late.json()["detail"]


def test_a_task_is_claimed_and_released(callers: Callers) -> None:
    task = builders.open_task(builders.filed())
    officer, colleague = callers("chenjiamin"), callers("wangliqun")
    _, tag = officer.see(f"/tasks/{task.id}")
    claimed = officer.write(f"/tasks/{task.id}/claim", None, seen=tag)
    assert (claimed.status_code, claimed.json()["assignee"]) == (200, "陈嘉敏")
    stale = colleague.write(f"/tasks/{task.id}/claim", None, seen=tag)
    assert stale.status_code in (403, 412)
    freed = officer.write(f"/tasks/{task.id}/release", None, seen=claimed.headers["etag"])
    assert (freed.status_code, freed.json()["assignee"]) == (200, None)


def test_applicants_see_no_task_of_the_reviewers(callers: Callers) -> None:
    task = builders.open_task(builders.filed())
    bank = callers("linwanyi")
    assert bank.get(f"{V1}/tasks/{task.id}").status_code == 404
    assert bank.get(f"{V1}/tasks").json()["items"] == []


def test_what_was_returned_is_corrected_over_the_api(callers: Callers) -> None:
    """A filing by its loans, a claim by all its facts; each goes back to the gate that returned it."""
    bank, officer = callers("linwanyi"), callers("chenjiamin")
    filing = builders.filed()
    claimed = builders.claimed()
    for number, gate in ((filing, "filing_review"), (claimed, "acceptance")):
        point = {filing: "/materials/contracts", claimed: "/materials/contract"}[number]
        faults = [{"where": "放款凭证", "problem": "缺少盖章页", "points": ["/claim/uscc"]}]
        status, wrong = answer(officer, number, outcome="return", opinion="请补齐。", faults=faults)
        assert (status, wrong["faults"][0]["pointer"]) == (422, "/faults/0/points")
        faults[0]["points"] = [point]
        status, _ = answer(officer, number, outcome="return", opinion="请补齐。", faults=faults)
        assert status == 200
        case, tag = bank.see(f"/cases/{number}")
        assert [(one["problem"], one["points"]) for one in case["to_correct"]] == [("缺少盖章页", [point])]
        nothing = bank.write(f"/cases/{number}/corrections", body_of(bank, number, note=""), seen=tag)
        assert nothing.status_code == 422
        sent = bank.write(
            f"/cases/{number}/corrections", body_of(bank, number, note="已补传盖章页。"), seen=tag
        )
        assert sent.status_code == 200, sent.text
        builders.wake()
        assert builders.state(number) == gate


def test_a_correction_says_only_what_changes(callers: Callers) -> None:
    bank, officer = callers("linwanyi"), callers("chenjiamin")
    filing, claimed = builders.filed(), builders.claimed()
    with session() as s:
        loan = of_case(s, by_number(s, filing).id or 0)[0].id  # type: ignore[union-attr]
    for number, point, fix in (
        (filing, f"/loans/{loan}/annual_rate_pct", {"loans": {str(loan): {"annual_rate_pct": "4.00"}}}),
        (claimed, "/claim/requested", {"claim": {"requested": "1600000.00"}}),
    ):
        faults = [{"where": "申请", "problem": "数字有误", "points": [point]}]
        assert answer(officer, number, outcome="return", opinion="请更正。", faults=faults)[0] == 200
        before, tag = bank.see(f"/cases/{number}")
        assert before["to_correct"][0]["points"] == [point]
        sent = bank.write(f"/cases/{number}/corrections", fix, seen=tag)
        assert sent.status_code == 200, sent.text
        builders.wake()
    after, _ = bank.see(f"/cases/{claimed}")
    assert after["claim"] == before["claim"] | {"requested": "1600000.00"}
    lost = bank.write(
        f"/cases/{filing}/corrections", {"loans": {"999": {}}}, seen=bank.see(f"/cases/{filing}")[1]
    )
    assert lost.status_code == 409  # it is no longer at 补正


def body_of(bank: Api, number: str, note: str) -> dict[str, object]:
    """A correction that changes nothing but brings a note; of a claim it states all facts again."""
    case, _ = bank.see(f"/cases/{number}")
    if case["process"] == "filing":
        return {"note": note}
    return {"note": note, "claim": samples.claim(Board.BANK)}
