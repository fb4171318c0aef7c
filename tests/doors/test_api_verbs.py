"""What colleagues do for each other over the API: the acts of the pages, by the same rules, through the typed client."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from api.client import Desk, RefusedError
from tests import builders
from tests.doors.api import ALL, V1, Callers, issue
from tests.doors.conftest import Server

Desks = Callable[[str], Desk]


@pytest.fixture
def desks(server: Server, callers: Callers) -> Iterator[Desks]:
    with ExitStack() as stack:
        yield lambda login: stack.enter_context(Desk(server.base_url, issue(login, ALL)[1]))


def named(people: list[object], name: str) -> object:
    return next(one for one in people if one.name == name)  # type: ignore[attr-defined]


def test_a_task_is_transferred_delegated_advised_and_recalled(desks: Desks) -> None:
    number = builders.filed()
    officer, colleague = desks("chenjiamin"), desks("wangliqun")
    (task,) = officer.tasks()
    taker = named(officer.takers(task), "王立群")
    assert taker.roles == ["managing_officer"]  # type: ignore[attr-defined]
    task = officer.delegate(task, taker, "请看担保物。")  # type: ignore[arg-type]
    assert (task.assignee, task.yours) == ("王立群", False)
    back = colleague.advise(colleague.task(task), "担保物足值。")
    assert back.assignee == "陈嘉敏"
    again = officer.delegate(officer.task(task), taker, "再看一次。")  # type: ignore[arg-type]
    assert officer.recall(again).assignee == "陈嘉敏"
    assert officer.transfer(officer.task(task), taker, "外出").assignee == "王立群"  # type: ignore[arg-type]
    with pytest.raises(RefusedError) as refused:
        officer.transfer(officer.task(task), taker, "再转")  # type: ignore[arg-type]
    assert refused.value.status == 403
    assert [one.words for one in officer.comments(number)] == ["担保物足值。"]


def test_signatures_are_asked_for_and_taken_off(desks: Desks) -> None:
    builders.filed()
    officer, signer = desks("chenjiamin"), desks("wangliqun")
    (task,) = officer.tasks()
    asked = officer.add_signer(task, named(officer.signers(task), "王立群"), "before", "请签")  # type: ignore[arg-type]
    assert asked.assignee == "王立群" and officer.task(task).state == "waiting"
    assert signer.task(asked).yours
    with pytest.raises(RefusedError) as refused:
        signer.remove_signer(signer.task(asked))
    assert refused.value.status == 403 and "只有加签人" in refused.value.detail
    assert officer.remove_signer(officer.task(asked)).state == "lapsed"
    assert officer.task(task).state == "open"


def test_an_answer_is_taken_back_and_the_next_is_asked_to_hurry(desks: Desks) -> None:
    number = builders.filed()
    builders.answer(number, "chenjiamin")
    officer, head = desks("chenjiamin"), desks("zhoubingwen")
    (waiting,) = head.tasks()
    assert officer.nudge(waiting) == 2  # both heads hold the role
    with pytest.raises(RefusedError) as refused:
        officer.nudge(waiting)
    assert refused.value.status == 409 and "已经催办过" in refused.value.detail
    answered = next(t for t in (officer.task(n) for n in range(1, 5)) if t.outcome == "approve")
    officer.take_back(answered, "漏看一项")
    builders.wake()
    assert builders.state(number) == "filing_review"


def test_cases_are_copied_commented_and_followed(desks: Desks, callers: Callers) -> None:
    number = builders.filed()
    officer = desks("chenjiamin")
    colleague = named(officer.colleagues(), "王立群")
    assert officer.copy(number, [colleague]) == 1  # type: ignore[list-item]
    assert officer.comment(number, "请关注用途。", [colleague]).by == "陈嘉敏"  # type: ignore[list-item]
    officer.follow(number)
    officer.follow(number, follow=False)
    bank = callers("linwanyi")
    assert bank.get(f"{V1}/cases/{number}/comments").status_code == 404
    assert bank.get(f"{V1}/colleagues").json()["items"] == []
    task = builders.open_task(number)
    assert bank.write(f"/tasks/{task.id}/nudge", {"words": "x"}).status_code == 404
    assert bank.write(f"/cases/{number}/comments", {"words": "x"}).status_code == 403
    assert bank.write(f"/cases/{number}/follow", None).status_code == 403


def test_faults_point_to_the_field_and_a_change_names_what_was_seen(callers: Callers) -> None:
    task = builders.open_task(builders.filed())
    officer = callers("chenjiamin")
    _, tag = officer.see(f"/tasks/{task.id}")
    to = next(p for p in officer.get(f"{V1}/tasks/{task.id}/takers").json()["items"] if p["name"] == "王立群")
    bare = officer.write(f"/tasks/{task.id}/transfer", {"to": to["id"], "reason": " "}, seen=tag)
    assert bare.status_code == 422 and bare.json()["faults"][0]["pointer"] == "/reason"
    nobody = officer.write(f"/tasks/{task.id}/transfer", {"to": 99999, "reason": "x"}, seen=tag)
    assert nobody.json()["faults"][0]["pointer"] == "/to"
    blind = officer.write(f"/tasks/{task.id}/transfer", {"to": to["id"], "reason": "x"})
    assert blind.status_code == 428
    stale = officer.write(f"/tasks/{task.id}/transfer", {"to": to["id"], "reason": "x"}, seen='"old"')
    assert stale.status_code == 412
