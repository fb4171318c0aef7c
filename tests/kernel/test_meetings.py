"""联席会议: one session over many cases, each member's own votes, one 纪要, also when people act at the same time."""

from dataclasses import replace
from functools import partial

import pytest
from sqlmodel import col, select

from api.demo import play
from flows.actions.answers import answering
from flows.actions.applications import withdrawing
from flows.actions.errors import ConflictError, ForbiddenError, InvalidError
from flows.actions.meetings import concluding, convening
from flows.actions.people import standing_in
from flows.documents import integrity
from models.database import session
from models.gates import Outcome
from models.lifecycle import State
from models.permissions import Principal
from models.records import meeting
from models.records.document import Document
from models.records.meeting import AgendaItem, Meeting, MeetingState, Result
from models.records.task import Task, TaskState
from tests.kernel.sessions import (
    MEMBERS,
    SECRETARY,
    at_meeting,
    conclude,
    everybody_came,
    minutes_of,
    seat_of,
    session_over,
    vote,
)
from tests.kernel.stage import (
    actor,
    answer,
    at_once,
    case_of,
    check_everything,
    claim_at,
    open_tasks,
)

pytestmark = pytest.mark.usefixtures("office")


def test_nobody_votes_for_another_or_twice() -> None:
    number = at_meeting(1)
    session_over(number)
    with session() as s:
        first, second = actor(s, MEMBERS[0]), actor(s, MEMBERS[1])
        seat = s.get_one(Task, seat_of(number, MEMBERS[1]))
        proxy = replace(
            first, stands_for=(Principal(second.person_id, second.name, second.institution_id, second.roles),)
        )
        with pytest.raises(ForbiddenError, match="本人投票"):
            answering.answer(s, proxy, seat.id or 0, Outcome.APPROVE)
    vote(number, MEMBERS[0])
    with session() as s:  # whoever takes over the seat of a colleague who left has voted already
        s.get_one(Task, seat.id).assignee_id = first.person_id
    with pytest.raises(ForbiddenError, match="一人一票"):
        answer(MEMBERS[0], seat.id or 0)


def test_one_session_decides_two_cases_by_their_votes_and_writes_one_minutes() -> None:
    yes, no = at_meeting(1), at_meeting(2)
    key = session_over(yes, no)
    for login in MEMBERS:
        vote(yes, login)
        play.run_due()
        assert play.state_of(yes) == State.MEETING  # three would carry it; the session has not been concluded
    for login in MEMBERS[:3]:
        vote(no, login, Outcome.REFUSE)
    vote(no, MEMBERS[3])
    check_everything()
    everybody_came(key)
    assert [one.result for one in conclude(key)] == [Result.APPROVED, Result.REFUSED]
    assert (play.state_of(yes), play.state_of(no)) == (State.PUBLIC_NOTICE, State.CLAIM_REFUSED)
    (first,), (second,) = minutes_of(yes), minutes_of(no)
    assert first.id == second.id
    assert first.case_id is None
    assert first.filename == "2026年第1次会议-联席会议纪要.docx"
    facts = first.context
    assert [(c["votes_for"], c["votes_against"], c["resolved"]) for c in facts["cases"]] == [
        (5, 0, "1000000.00"),
        (1, 3, "0.00"),
    ]
    assert (facts["total"], facts["chair"], len(facts["attendees"])) == ("1000000.00", "宋一鸣", 5)
    assert [o["person"] for o in facts["observers"]] == ["何观察"]
    assert "依据不足" in facts["dissent"]
    with session() as s:
        assert not integrity.verify(s).differences
    check_everything()


def test_a_session_is_concluded_only_with_everyone_s_attendance() -> None:
    number = at_meeting(1)
    key = session_over(number)
    vote(number, MEMBERS[1])
    with pytest.raises(InvalidError) as refused:
        conclude(key)
    assert len(refused.value.faults) == 6  # five members, and who chaired
    everybody_came(key, away=(MEMBERS[1],))
    with pytest.raises(InvalidError, match="1 处") as refused:
        conclude(key)
    assert "已经投票" in refused.value.faults[0].message
    with session() as s:
        (item,) = meeting.items_of(s, key)
        assert item.result is None  # nothing was counted


def test_a_case_without_enough_votes_is_deferred_and_its_votes_count_at_the_next_session() -> None:
    number = at_meeting(1)
    key = session_over(number)
    vote(number, MEMBERS[0])
    vote(number, MEMBERS[1])
    everybody_came(key, away=MEMBERS[2:])
    assert [one.result for one in conclude(key)] == [Result.DEFERRED]
    assert play.state_of(number) == State.MEETING
    assert not minutes_of(number)  # the session's 纪要 decided nothing about it
    again = session_over(number)
    vote(number, MEMBERS[2])
    everybody_came(again)
    assert [one.result for one in conclude(again)] == [Result.APPROVED]
    assert play.state_of(number) == State.PUBLIC_NOTICE
    assert minutes_of(number)[0].filename.startswith("2026年第2次会议")
    check_everything()


def test_a_case_taken_off_the_agenda_is_decided_by_the_votes_it_has() -> None:
    carried, open_still = at_meeting(1), at_meeting(2)
    key = session_over(carried, open_still)
    for login in MEMBERS[:3]:
        vote(carried, login)
    with session() as s:
        secretary = actor(s, SECRETARY)
        convening.take_off(s, secretary, key, meeting.items_of(s, key)[0].id or 0)
    play.run_due()
    assert play.state_of(carried) == State.PUBLIC_NOTICE
    assert minutes_of(carried)[0].case_id is not None  # its own, 线上表决
    with session() as s:
        convening.cancel(s, actor(s, SECRETARY), key)
    play.run_due()
    assert play.state_of(open_still) == State.MEETING
    with session() as s, pytest.raises(ConflictError, match="已取消"):
        convening.put_on(s, actor(s, SECRETARY), key, open_still)
    check_everything()


def test_a_case_stands_on_one_agenda_only_and_only_while_it_waits_for_votes() -> None:
    number, elsewhere = at_meeting(1), claim_at("first_review", 2)
    session_over(number)
    with pytest.raises(ConflictError, match="另一次会议"):
        session_over(number)
    with pytest.raises(ConflictError, match="不在联席会议表决环节"):
        session_over(elsewhere)


def test_members_and_banks_convene_nothing() -> None:
    for login in (MEMBERS[0], "tanjunhao", "chenjiamin"):
        with session() as s, pytest.raises(ForbiddenError, match="市工信局召集"):
            convening.convene(s, actor(s, login), "2026-10-13", "会议室")


def test_a_member_who_keeps_out_of_a_firm_does_not_vote_and_the_minutes_say_so() -> None:
    number = at_meeting(1)
    key = session_over(number)
    with session() as s:
        member, record = actor(s, MEMBERS[4]), case_of(s, number)
        standing_in.recuse(
            s, member, member.person_id, institution_id=record.institution_id, uscc="", reason="亲属任职"
        )
    for login, why in ((MEMBERS[4], "回避"), (MEMBERS[0], "陶振宇")):  # nor does a colleague in their seat
        with pytest.raises(ForbiddenError, match=why):
            answer(login, seat_of(number, MEMBERS[4]))
    for login in MEMBERS[:3]:
        vote(number, login)
    everybody_came(key)
    conclude(key)
    assert "回避" in minutes_of(number)[0].context["cases"][0]["resolution"]


def test_a_case_withdrawn_before_the_count_is_left_out() -> None:
    number, other = at_meeting(1), at_meeting(2)
    key = session_over(number, other)
    with session() as s:
        withdrawing.withdraw(s, actor(s, "tanjunhao"), number, "企业已还款")
    everybody_came(key)
    assert [one.result for one in conclude(key)] == [Result.GONE, Result.DEFERRED]
    assert play.state_of(number) == State.WITHDRAWN
    check_everything()


def test_a_double_vote_is_one_vote() -> None:
    number = at_meeting(1)
    session_over(number)
    (seat, *_) = open_tasks(number)
    outcomes = at_once([partial(answer, MEMBERS[0], seat.id or 0) for _ in range(6)])
    assert sum(isinstance(o, Task) for o in outcomes) == 1, outcomes
    assert sum(isinstance(o, ConflictError) for o in outcomes) == 5


def test_votes_that_race_with_the_count_are_in_the_minutes_or_refused() -> None:
    number, other = at_meeting(1), at_meeting(2)
    key = session_over(number, other)
    for one in (number, other):
        vote(one, MEMBERS[0])
    everybody_came(key)
    with session() as s:
        secretary = actor(s, SECRETARY)
    acts = [partial(vote, one, login) for login in MEMBERS[1:] for one in (number, other)]
    outcomes = at_once(
        [*acts, partial(concluding.conclude, secretary, key), partial(concluding.conclude, secretary, key)]
    )
    strange = [
        o for o in outcomes if isinstance(o, Exception) and not isinstance(o, ConflictError | ValueError)
    ]
    assert not strange
    play.run_due()
    with session() as s:
        held = s.get_one(Meeting, key)
        assert held.state is MeetingState.CONCLUDED
        made = s.get_one(Document, held.document_id)
        assert (
            len(s.exec(select(Document).where(Document.code == "D20", col(Document.case_id).is_(None))).all())
            == 1
        )
        for item, row in zip(meeting.items_of(s, key), made.context["cases"], strict=True):
            before = [
                t
                for t in s.exec(select(Task).where(Task.entry_id == item.entry_id))
                if t.state == TaskState.ANSWERED and t.answered_at and t.answered_at <= item.counted_at  # type: ignore[operator]
            ]
            assert (row["votes_for"], row["votes_against"]) == (item.votes_for, item.votes_against)
            assert len(before) >= item.votes_for + item.votes_against
            assert item.result is not None
            assert item.carried_at is not None
    check_everything()


def test_a_conclusion_that_was_cut_off_is_taken_up_where_it_stopped() -> None:
    number = at_meeting(1)
    key = session_over(number)
    for login in MEMBERS[:3]:
        vote(number, login)
    everybody_came(key)
    with session() as s:
        secretary = actor(s, SECRETARY)
        (item,) = concluding.ready(s, secretary, key)
        concluding.count(s, secretary, key, item)
    with pytest.raises(ConflictError, match="已经计票"):
        vote(number, MEMBERS[4])
    with session() as s:
        concluding.write_minutes(s, secretary, key)
    assert play.state_of(number) == State.MEETING
    conclude(key)
    assert play.state_of(number) == State.PUBLIC_NOTICE
    with session() as s:
        assert s.get_one(AgendaItem, item).carried_at is not None
    check_everything()
