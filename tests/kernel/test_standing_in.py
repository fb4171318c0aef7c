"""代理, 回避, 移交: who stands in, who keeps out, who leaves."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from api.demo import play
from flows.actions.answers import answering
from flows.actions.colleagues import passing, telling
from flows.actions.errors import ConflictError, ForbiddenError, InvalidError
from flows.actions.people import standing_in
from models import clock
from models.database import session
from models.gates import Outcome
from models.records import stand_in
from models.records.person import Person
from models.records.task import Task, TaskState
from tests.kernel.colleagues import do, in_queue, key, only_task, person_id
from tests.kernel.stage import answer, case_of, check_everything, claim_at

pytestmark = pytest.mark.usefixtures("office")


def test_a_substitute_answers_in_the_name_of_the_absent_and_only_while_it_lasts() -> None:
    number = claim_at("second_review")
    task = only_task(number)
    today = clock.today()
    do("zhoubingwen", answering.claim, key(task))
    with pytest.raises(ForbiddenError, match="已由周秉文认领"):
        answer("ouyanglan", key(task))
    do(
        "zhoubingwen", standing_in.substitute, person_id("zhoubingwen"), person_id("ouyanglan"),
        today, today + timedelta(days=3), "休假",
    )  # fmt: skip
    assert number in in_queue("ouyanglan")
    done = do("ouyanglan", answering.answer, key(task), Outcome.APPROVE, opinion="同意。")
    assert (done.answered_by, done.on_behalf_of) == (person_id("ouyanglan"), person_id("zhoubingwen"))
    assert play.state_of(number).value == "office_review"
    with session() as s:
        text = (
            next(d.context["opinions"] for d in play_documents(s, number) if d.code == "D19")
            if any(d.code == "D19" for d in play_documents(s, number))
            else []
        )
        assert all("欧阳岚（代周秉文）" in str(o) for o in text if o["gate"] == "复核")
    check_everything()
    with clock.at(clock.now() + timedelta(days=7)), session() as s:
        assert stand_in.principals(s, person_id("ouyanglan"), clock.today()) == ()


def play_documents(s: Session, number: str) -> list[Any]:
    """The documents of a case."""
    from models.records import document

    return list(document.of_case(s, case_of(s, number).id or 0))


def test_what_bars_the_absent_bars_the_substitute() -> None:
    """周秉文 answered 复核; nobody may decide 补偿审批 in his name, whatever roles a substitute has."""
    number = claim_at("leader_approval")
    task = only_task(number)
    today = clock.today()
    do(
        "lujianping", standing_in.substitute, person_id("lujianping"), person_id("mozhaohui"),
        today, today, "外出",
    )  # fmt: skip
    with session() as s:
        did = s.exec(select(Task.answered_by).where(Task.case_number == number, Task.gate == "office_review"))
        officer = s.get_one(Person, did.one()).login
    if officer == "mozhaohui":
        with pytest.raises(ForbiddenError, match="办理过本案科室审核"):
            do("mozhaohui", answering.answer, key(task), Outcome.APPROVE)
        assert number not in in_queue("mozhaohui")
    assert only_task(number).state == TaskState.OPEN


@pytest.mark.parametrize(
    ("who", "to", "start", "end", "reason"),
    [
        ("zhoubingwen", "zhoubingwen", 0, 1, "休假"),
        ("zhoubingwen", "mozhaohui", 0, 1, "休假"),
        ("zhoubingwen", "ouyanglan", -1, 1, "休假"),
        ("zhoubingwen", "ouyanglan", 2, 1, "休假"),
        ("zhoubingwen", "ouyanglan", 0, 200, "休假"),
        ("zhoubingwen", "ouyanglan", 0, 1, " "),
    ],
    ids=["himself", "another-unit", "past", "backwards", "too-long", "no-reason"],
)
def test_a_substitution_that_makes_no_sense_is_refused(
    who: str, to: str, start: int, end: int, reason: str
) -> None:
    today = clock.today()
    with pytest.raises(InvalidError):
        do(
            who, standing_in.substitute, person_id(who), person_id(to),
            today + timedelta(days=start), today + timedelta(days=end), reason,
        )  # fmt: skip


def test_two_substitutions_of_one_person_do_not_overlap_and_one_can_end_early() -> None:
    today, me = clock.today(), person_id("zhoubingwen")
    other = person_id("ouyanglan")
    made = do("zhoubingwen", standing_in.substitute, me, other, today, today + timedelta(days=5), "休假")
    with pytest.raises(ConflictError, match="已有代理"):
        do(
            "zhoubingwen",
            standing_in.substitute,
            me,
            other,
            today + timedelta(days=5),
            today + timedelta(days=9),
            "休假",
        )
    with pytest.raises(ForbiddenError):
        do("wangliqun", standing_in.end_substitution, made.id or 0)
    do("zhoubingwen", standing_in.end_substitution, made.id or 0)
    with session() as s:
        assert stand_in.current(s, today) == []


def test_who_keeps_out_of_a_firm_neither_sees_nor_answers_its_cases() -> None:
    number = claim_at("first_review")
    task = only_task(number)
    do("wangliqun", answering.claim, key(task))
    with session() as s:
        uscc = case_of(s, number).uscc
        applicant = case_of(s, number).institution_id
    kept = {"uscc": uscc} if uscc else {"institution_id": applicant}
    made = do("wangliqun", standing_in.recuse, person_id("wangliqun"), "配偶在该企业任职", **kept)
    assert only_task(number).assignee_id is None
    assert number not in in_queue("wangliqun")
    with pytest.raises(ForbiddenError, match="已登记回避"):
        answer("wangliqun", key(task))
    with pytest.raises(ForbiddenError, match="不能转办给王立群"):
        do("liangzihao", passing.transfer, key(task), person_id("wangliqun"), "外出")
    with pytest.raises(ForbiddenError, match="不能由本人解除"):
        do("wangliqun", standing_in.end_recusal, made.id or 0)
    do("lizhiyuan", standing_in.end_recusal, made.id or 0)
    answer("wangliqun", key(task))


def test_a_gate_nobody_may_answer_is_put_before_the_managers() -> None:
    number = claim_at("first_review")
    for login in ("zhoubingwen", "ouyanglan"):
        with session() as s:
            applicant = case_of(s, number).institution_id
        do("lizhiyuan", standing_in.recuse, person_id(login), "近亲属任职", institution_id=applicant)
    play.do(number, "first_review")
    task = only_task(number)
    assert task.gate == "second_review" and task.unstaffed


def test_who_leaves_hands_over_and_cannot_come_back() -> None:
    number = claim_at("first_review")
    task = only_task(number)
    do("wangliqun", answering.claim, key(task))
    do("wangliqun", telling.follow, number)
    with pytest.raises(ForbiddenError, match="不能自行移交"):
        do("wangliqun", standing_in.hand_over, person_id("wangliqun"), person_id("liangzihao"))
    counts = do("zhoubingwen", standing_in.hand_over, person_id("wangliqun"), person_id("liangzihao"))
    assert counts["moved"] + counts["released"] == 1 and counts["followed"] == 1
    with session() as s:
        assert not s.get_one(Person, person_id("wangliqun")).active
    with pytest.raises(InvalidError):
        do("zhoubingwen", standing_in.hand_over, person_id("wangliqun"), person_id("liangzihao"))
