"""Answers that meet: at the same time, too late, by the wrong person, by several seats."""

from dataclasses import replace
from decimal import Decimal
from functools import partial
from itertools import cycle, islice

import pytest
from sqlmodel import select

from api.demo import play
from flows.actions.applications import withdrawing
from flows.actions.errors import ConflictError, ForbiddenError
from models import clock
from models.database import session
from models.gates import GATES, SECOND_REVIEW, Outcome, Rule
from models.lifecycle import Board, State
from models.records.case import EntryKind, JournalEntry
from models.records.claim import of_case as claim_of
from models.records.document import of_case as documents_of
from models.records.institution import by_code
from models.records.person import PersonRole
from models.records.task import Participation, Task, TaskState, of_case
from models.records.timeline import Event
from models.roles import Role
from tests.kernel.stage import (
    AFTER_NOTICE,
    MONDAY,
    actor,
    answer,
    at_once,
    case_of,
    check_everything,
    claim_at,
    claim_at_meeting,
    object_to,
    open_tasks,
    reserved,
)

pytestmark = pytest.mark.usefixtures("office")
OFFICERS = ("chenjiamin", "wangliqun", "liangzihao")
HEADS = ("zhoubingwen", "ouyanglan")
MEMBERS = ("songyiming", "peishuzhen", "hongdamin", "yanxiuwen", "taozhenyu")


def test_of_eight_answers_at_once_one_is_recorded_and_seven_are_told_who_was_first() -> None:
    number = claim_at("acceptance")
    (task,) = open_tasks(number)
    outcomes = at_once([partial(answer, login, task.id) for login in islice(cycle(OFFICERS), 8)])
    accepted = [o for o in outcomes if isinstance(o, Task)]
    refused = [o for o in outcomes if isinstance(o, ConflictError)]
    assert (len(accepted), len(refused)) == (1, 7), outcomes
    with session() as s:
        winner = next(
            a for a in (actor(s, login) for login in OFFICERS) if a.person_id == accepted[0].answered_by
        )
        told = s.exec(select(Event).where(Event.event == "task_answered")).all()
        duties = s.exec(select(Participation).where(Participation.duty == "acceptance")).all()
    assert [e.person_name for e in told] == [winner.name]
    assert [d.person_id for d in duties] == [winner.person_id]
    assert {str(e) for e in refused} == {f"这件已由{winner.name}于10月12日10:00办理（予以受理）。"}
    play.run_due()
    assert play.state_of(number) == State.FIRST_REVIEW
    check_everything()


def test_an_answer_to_a_page_that_shows_old_facts_is_not_recorded() -> None:
    number = claim_at("acceptance")
    (task,) = open_tasks(number)
    faults = [{"where": "申请表", "problem": "金额有误", "remedy": "更正金额"}]
    play.do(number, "acceptance", Outcome.RETURN, "请更正金额", faults=faults)
    with session() as s:
        claim_of(s, case_of(s, number).id or 0).requested = Decimal("900000.00")
    play.do(number, "correction")
    (again,) = open_tasks(number)
    with pytest.raises(ConflictError, match="打开页面之后有变化"):
        answer("chenjiamin", again.id or 0, shown_hash=task.shown_hash)
    (still,) = open_tasks(number)
    assert still.id == again.id
    answer("chenjiamin", again.id or 0, shown_hash=again.shown_hash)
    assert not open_tasks(number)


def test_who_accepted_a_claim_may_not_review_it_even_with_another_role() -> None:
    number = claim_at("first_review")  # 陈嘉敏 accepted it
    (task,) = open_tasks(number)
    with pytest.raises(ForbiddenError, match="你在10月12日办理过本案受理"):
        answer("chenjiamin", task.id or 0)
    play.do(number, "first_review")  # 王立群
    with session() as s:
        s.add(PersonRole(person_id=actor(s, "wangliqun").person_id, role=Role.MANAGING_HEAD))
    (task,) = open_tasks(number)
    with pytest.raises(ForbiddenError, match="办理过本案初审"):
        answer("wangliqun", task.id or 0)
    check_everything()


def test_a_later_round_of_the_same_gate_may_come_back_to_the_same_person() -> None:
    number = claim_at("second_review")
    play.do(number, "second_review", Outcome.SEND_BACK, "请核对利率", target="first_review")
    (task,) = open_tasks(number)
    assert (task.gate, task.round) == ("first_review", 2)
    answer("wangliqun", task.id or 0)
    play.run_due()
    assert play.state_of(number) == State.SECOND_REVIEW
    check_everything()


def test_one_person_at_two_gates_at_the_same_moment_gets_one_of_them() -> None:
    number = claim_at("acceptance")
    (task,) = open_tasks(number)
    with session() as s:  # no process opens two gates; the database must refuse even then
        entry = JournalEntry(
            case_id=task.case_id,
            kind=EntryKind.GATE,
            name="first_review",
            key="first_review#1",
            opened_at=MONDAY,
        )
        s.add(entry)
        s.flush()
        facts = task.model_dump(exclude={"id"}) | {
            "entry_id": entry.id,
            "gate": "first_review",
            "duty": "first_review",
        }
        other = Task(**facts)
        s.add(other)
        s.flush()
    outcomes = at_once([partial(answer, "chenjiamin", t.id) for t in (task, other) * 4])
    assert sum(isinstance(o, Task) for o in outcomes) == 1, outcomes
    assert sum(isinstance(o, ForbiddenError | ConflictError) for o in outcomes) == 7
    with session() as s:
        person = actor(s, "chenjiamin").person_id
        assert len(s.exec(select(Participation).where(Participation.person_id == person)).all()) == 1
        assert len(s.exec(select(Task).where(Task.answered_by == person)).all()) == 1


def test_kechuang_guarantee_may_not_review_its_own_claim() -> None:
    with session() as s:
        record = play.a_claim(s, Board.GUARANTEE, "KCD", "5000000.00", "1000000.00")
        home = by_code(s, "KCD")
        assert home is not None and home.id is not None
        record.managing_institution_id = home.id
        number = record.number
    play.run_due()
    (task,) = open_tasks(number)
    with pytest.raises(ForbiddenError, match="这是你单位自己的申请"):
        answer("zengyawen", task.id or 0)
    assert len(open_tasks(number)) == 1


def test_the_meeting_carries_with_three_of_five_and_the_other_seats_lapse() -> None:
    number = claim_at_meeting()
    seats = open_tasks(number)
    assert len(seats) == 5
    with pytest.raises(ForbiddenError, match="裴淑珍"):
        answer("songyiming", seats[1].id or 0)
    for login, seat in list(zip(MEMBERS, seats, strict=True))[:3]:
        assert play.state_of(number) == State.MEETING
        answer(login, seat.id or 0)
        play.run_due()
    assert play.state_of(number) == State.PUBLIC_NOTICE
    with session() as s:
        states = [t.state for t in of_case(s, seats[0].case_id) if t.gate == "meeting"]
    assert states == [TaskState.ANSWERED] * 3 + [TaskState.LAPSED] * 2
    with pytest.raises(ConflictError, match="不需要办理"):
        answer(MEMBERS[4], seats[4].id or 0)
    check_everything()


def test_the_meeting_fails_as_soon_as_three_votes_cannot_be_reached() -> None:
    number = claim_at_meeting()
    seats = open_tasks(number)
    votes = [Outcome.REFUSE, Outcome.APPROVE, Outcome.REFUSE, Outcome.REFUSE]
    for login, seat, vote in zip(MEMBERS, seats, votes, strict=False):
        assert play.state_of(number) == State.MEETING
        answer(login, seat.id or 0, vote, "说明")
        play.run_due()
    assert play.state_of(number) == State.CLAIM_REFUSED
    assert not open_tasks(number)
    check_everything()


def test_five_votes_at_once_are_counted_until_the_third_and_no_further() -> None:
    number = claim_at_meeting()
    seats = open_tasks(number)
    outcomes = at_once([partial(answer, login, seat.id) for login, seat in zip(MEMBERS, seats, strict=True)])
    assert sum(isinstance(o, Task) for o in outcomes) == 3, outcomes
    assert sum(isinstance(o, ConflictError) for o in outcomes) == 2
    with session() as s:
        entry = s.get_one(JournalEntry, seats[0].entry_id)
        assert entry.result is not None
        assert (entry.result["outcome"], entry.result["votes_for"]) == ("approve", 3)
    play.run_due()
    check_everything()


@pytest.mark.parametrize(
    ("rule", "votes", "decided"),
    [
        (Rule.ALL, [Outcome.APPROVE, Outcome.APPROVE], True),
        (Rule.ALL, [Outcome.APPROVE], False),
        (Rule.ALL, [Outcome.SEND_BACK], True),
        (Rule.ANY, [Outcome.APPROVE], True),
        (Rule.IN_ORDER, [Outcome.APPROVE, Outcome.APPROVE], True),
        (Rule.IN_ORDER, [Outcome.APPROVE], False),
    ],
)
def test_a_gate_of_several_seats_is_decided_by_its_rule(
    monkeypatch: pytest.MonkeyPatch, rule: Rule, votes: list[Outcome], decided: bool
) -> None:
    changed = replace(SECOND_REVIEW, rule=rule)
    monkeypatch.setitem(GATES, changed.key, changed)
    monkeypatch.setattr("flows.claim.SECOND_REVIEW", changed)
    number = claim_at("second_review")
    with session() as s:
        seats = [t for t in of_case(s, case_of(s, number).id or 0) if t.gate == changed.key]
    assert len(seats) == len(HEADS)
    if rule is Rule.IN_ORDER:
        with pytest.raises(ConflictError, match="还没有轮到"):
            answer(HEADS[1], seats[1].id or 0)
    for login, seat, vote in zip(HEADS, seats, votes, strict=False):
        answer(login, seat.id or 0, vote, fields={"target": "first_review"})
    play.run_due()
    after = State.FIRST_REVIEW if Outcome.SEND_BACK in votes else State.OFFICE_REVIEW
    assert play.state_of(number) == (after if decided else State.SECOND_REVIEW)
    check_everything()


@pytest.mark.parametrize("place", ["public_notice", "objection"])
def test_withdrawing_gives_the_reservation_back_and_closes_what_was_open(place: str) -> None:
    number = claim_at("public_notice")
    if place == "objection":
        object_to(number)
    with session() as s:
        assert reserved(s) == Decimal("1000000.00")
        withdrawing.withdraw(s, actor(s, "tanjunhao"), number, "企业已还款")
    play.run_due()
    assert play.state_of(number) == State.WITHDRAWN
    with session() as s:
        assert reserved(s) == 0
        states = {t.state for t in of_case(s, case_of(s, number).id or 0)}
    assert states == {TaskState.ANSWERED} | ({TaskState.LAPSED} if place == "objection" else set())
    with clock.at(AFTER_NOTICE):
        play.run_due()
    assert play.state_of(number) == State.WITHDRAWN
    check_everything()


def test_a_withdrawal_and_an_answer_at_the_same_moment_leave_one_consistent_case() -> None:
    number = claim_at("acceptance")
    (task,) = open_tasks(number)

    def take_back() -> str:
        with session() as s:
            return withdrawing.withdraw(s, actor(s, "tanjunhao"), number, "企业已还款").number

    outcomes = at_once([take_back, partial(answer, "chenjiamin", task.id)])
    assert outcomes[0] == number  # until the decision a withdrawal always stands
    assert isinstance(outcomes[1], Task | ConflictError)
    play.run_due()
    assert play.state_of(number) == State.WITHDRAWN
    check_everything()


def test_an_objection_without_ground_lets_the_notice_go_on() -> None:
    number = claim_at("public_notice")
    object_to(number)
    assert play.state_of(number) == State.OBJECTION
    play.do(number, "objection", opinion="经核查，异议不成立。")
    assert play.state_of(number) == State.PUBLIC_NOTICE
    with session() as s:
        assert reserved(s) == Decimal("1000000.00")
        assert [d.code for d in documents_of(s, case_of(s, number).id or 0)][-1] == "D22"
    check_everything()
    with clock.at(AFTER_NOTICE):
        play.run_due()
        assert play.state_of(number) == State.FINANCE_REVIEW
        check_everything()


def test_an_objection_after_the_last_day_is_too_late_even_before_the_case_was_woken() -> None:
    number = claim_at("public_notice")
    with clock.at(AFTER_NOTICE):
        with pytest.raises(ConflictError, match="不在公示期"):
            object_to(number)
        play.run_due()
    assert play.state_of(number) == State.FINANCE_REVIEW


def test_an_objection_that_stands_sends_the_claim_back_and_gives_the_reservation_back() -> None:
    number = claim_at("public_notice")
    object_to(number)
    play.do(number, "objection", Outcome.SEND_BACK, "异议成立", target="first_review")
    assert play.state_of(number) == State.FIRST_REVIEW
    with session() as s:
        assert reserved(s) == 0
        record = case_of(s, number)
        assert claim_of(s, record.id or 0).approved is None
        voided = [t.gate for t in of_case(s, record.id or 0) if t.voided]
        told = s.exec(select(Event, JournalEntry).join(JournalEntry, JournalEntry.id == Event.entry_id)).all()
    assert {(e.event, entry.name) for e, entry in told} >= {
        ("calculated", "compensation.calculate"),
        ("reserved", "limits.reserve"),
        ("document_issued", "documents.draw_up"),
        ("released", "objection"),  # the objection that stands undid the reservation
        ("task_answered", "objection"),
    }
    assert voided == ["first_review", "second_review", "office_review", "leader_approval", "objection"]
    check_everything()
    for gate in ("first_review", "second_review", "office_review", "leader_approval"):
        play.do(number, gate)
    assert play.state_of(number) == State.PUBLIC_NOTICE
    with session() as s:
        assert reserved(s) == Decimal("1000000.00")
    check_everything()
