"""会议通知: members learn of a session, of what becomes different and of its result; nobody twice, nobody before."""

import pytest
from sqlmodel import col, select

from flows.actions.errors import ConflictError, ForbiddenError
from flows.actions.meetings import concluding, convening
from models.database import session
from models.records.message import Message, MessageKind
from models.records.notice import Channel, Delivery, Notice, feed
from models.records.person import by_login
from models.records.timeline import Event
from tests.kernel.sessions import (
    MEMBERS,
    SECRETARY,
    at_meeting,
    conclude,
    everybody_came,
    minutes_of,
    session_over,
    vote,
)
from tests.kernel.stage import actor

pytestmark = pytest.mark.usefixtures("office")


def call(key: int, login: str = SECRETARY) -> int:
    with session() as s:
        return convening.call(s, actor(s, login), key)


def told(event: str) -> list[Notice]:
    with session() as s:
        query = select(Notice).join(Delivery, col(Delivery.notice_id) == col(Notice.id))
        return list(s.exec(query.where(Notice.event == event).order_by(col(Delivery.id))))


def inbox(login: str) -> list[Message]:
    with session() as s:
        who = actor(s, login).person_id
        query = select(Message).where(Message.person_id == who, Message.kind == MessageKind.MEETING)
        return list(s.exec(query.order_by(col(Message.id))))


def test_every_member_is_invited_by_mail_and_message_with_day_place_agenda_and_papers() -> None:
    number = at_meeting(1)
    key = session_over(number)
    assert told("meeting_called") == [], "a session that is being prepared tells nobody"
    assert call(key) == len(MEMBERS)
    letters = told("meeting_called")
    assert len(letters) == len(MEMBERS)
    with session() as s:
        ways = s.exec(select(Delivery).where(Delivery.notice_id == letters[0].id)).all()
        member = by_login(s, MEMBERS[0])
        assert member is not None
        assert [(way.channel, way.address) for way in ways] == [(Channel.EMAIL, member.email)]
        assert ways[0].ack_token is None, "an invitation serves nothing on an institution"
        assert feed(s, member.institution_id, 0, 9) == [], "what one person is told is not the institution's"
        assert s.exec(select(Event).where(Event.event == "meeting_called")).one().data["members"] == len(
            MEMBERS
        )
    body = letters[0].body
    for words in (
        "2026年10月13日", "市工信局三楼会议室", number, f"/meetings/{key}/materials.zip", "你是联席会议成员，因此收到本通知",
    ):  # fmt: skip
        assert words in body
    (message,) = inbox(MEMBERS[0])
    assert (message.href, message.about) == (f"/meetings/{key}", "2026年第1次会议")
    with pytest.raises(ConflictError, match="已经发出"):
        call(key)
    assert len(told("meeting_called")) == len(MEMBERS)


def test_an_invitation_needs_an_agenda_and_the_bureau() -> None:
    key = session_over()
    with pytest.raises(ConflictError, match="议程里还没有案件"):
        call(key)
    with pytest.raises(ForbiddenError):
        call(key, MEMBERS[0])


def test_what_changes_after_the_invitation_is_told_once_and_nothing_else_is() -> None:
    first, second, third = at_meeting(1), at_meeting(2), at_meeting(3)
    key = session_over(first)
    call(key)
    with session() as s:
        refused = convening.put_on_all(s, actor(s, SECRETARY), key, [third, second, "BC-2026-9999"])
    assert [one.sentence for one in refused] == ["没有找到这件案件。"]
    (letter, *others) = told("meeting_agenda_changed")
    assert len(others) == len(MEMBERS) - 1, "two cases, one letter a member"
    assert "会议仍在" in letter.body and "新列入议程2件" in letter.body and second in letter.body
    everybody_came(key)  # same day and place: attendance is nobody's news
    assert len(told("meeting_agenda_changed")) == len(MEMBERS)
    with session() as s:
        item = convening.meeting.items_of(s, key)[0]
        convening.take_off(s, actor(s, SECRETARY), key, item.id or 0)
        convening.note(s, actor(s, SECRETARY), key, held_on="2026-10-20", place="市工信局三楼会议室")
    taken, moved = (told("meeting_agenda_changed")[n * len(MEMBERS)] for n in (1, 2))
    assert f"撤下议程：{first}" in taken.body
    assert "会议改在2026年10月20日" in moved.body
    with session() as s:
        convening.cancel(s, actor(s, SECRETARY), key)
    assert "原定于2026年10月20日" in told("meeting_cancelled")[0].body
    assert inbox(MEMBERS[0])[-1].words.startswith("原定 2026-10-20")


def test_members_get_the_minutes_and_each_cases_result_also_without_an_invitation() -> None:
    number = at_meeting(1)
    key = session_over(number)
    for login in MEMBERS[:3]:
        vote(number, login)
    everybody_came(key)
    conclude(key)
    letters = told("meeting_concluded")
    assert len(letters) == len(MEMBERS)
    (minutes,) = minutes_of(number)
    assert {letter.document_id for letter in letters} == {minutes.id}
    assert f"{number}，" in letters[0].body and "：通过" in letters[0].body
    assert minutes.number is not None and minutes.number in letters[0].body
    with session() as s, pytest.raises(ConflictError):
        concluding.ready(s, actor(s, SECRETARY), key)
    assert len(told("meeting_concluded")) == len(MEMBERS)


def test_a_session_nobody_was_invited_to_is_cancelled_in_silence() -> None:
    key = session_over(at_meeting(1))
    with session() as s:
        convening.cancel(s, actor(s, SECRETARY), key)
    assert told("meeting_cancelled") == []
