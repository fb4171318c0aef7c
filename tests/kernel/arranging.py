"""Random days, continued (`test_machine`): what the meeting's secretary does, and how colleagues arrange themselves."""

from datetime import datetime

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from sqlmodel import Session

from flows.actions.cases import recalculating
from flows.actions.colleagues import telling
from flows.actions.errors import ConflictError, ForbiddenError, InvalidError
from flows.actions.meetings import concluding, convening
from flows.actions.people import standing_in
from models import clock
from models.database import session
from models.records import meeting, stand_in
from models.records.meeting import MeetingState
from models.records.person import holders as holders_of_role
from models.roles import Role
from tests.kernel.stage import actor, case_of

ARRANGEMENTS = ("recuse", "lift", "substitute", "recalculate", "talk")
SECRETARY = ("put on", "put on", "call", "take off", "cancel", "conclude", "conclude")


class Arranging(RuleBasedStateMachine):
    """Rules of a machine that has a time, cases and a worker."""

    now: datetime
    numbers: list[str]

    def work(self) -> None:
        """The worker, until nothing is due."""
        raise NotImplementedError

    @rule(data=st.data(), act=st.sampled_from(ARRANGEMENTS), place=st.integers(0, 2))
    def colleagues_arrange_and_talk(self, data: st.DataObject, act: str, place: int) -> None:
        """回避 and its lifting, 代理, 退出排队, and talk, which changes no case."""
        with session() as s:
            boss, record = actor(s, "lizhiyuan"), case_of(s, self.numbers[place])
            login = data.draw(st.sampled_from(("chenjiamin", "wangliqun", "xiechuyun", "songyiming")))
            who = actor(s, login)
        try:
            with clock.at(self.now), session() as s:
                match act:
                    case "recuse":
                        standing_in.recuse(
                            s, boss, who.person_id, "亲属任职", institution_id=record.institution_id
                        )
                    case "lift":
                        for one in stand_in.recusals(s, who.person_id):
                            standing_in.end_recusal(s, boss, one.id or 0)
                    case "substitute":
                        today, other = self.now.date(), actor(s, "liangzihao")
                        made = standing_in.substitute(
                            s, boss, who.person_id, other.person_id, today, today, "外出"
                        )
                        standing_in.end_substitution(s, boss, made.id or 0)
                    case "recalculate":
                        recalculating.recalculate(s, actor(s, "xiechuyun"), record.number, "不再等待")
                    case _:
                        telling.comment(s, who, record.number, "请注意时限", [boss.person_id])
                        telling.copy(s, who, record.number, [boss.person_id])
                        telling.follow(s, who, record.number)
                        telling.unfollow(s, who, record.number)
        except (ConflictError, ForbiddenError, InvalidError):
            return
        self.work()

    @rule(data=st.data(), act=st.sampled_from(SECRETARY))
    def the_secretary_sees_to_the_joint_meeting(self, data: st.DataObject, act: str) -> None:
        """联席会议: convened, cases put on and taken off, called off or concluded, at any moment."""
        with clock.at(self.now):
            with session() as s:
                who = actor(s, "xiechuyun")
                sessions = [m for m in meeting.newest(s) if m.state is MeetingState.OPEN]
                mine = [r.number for r, _ in meeting.candidates(s) if r.number in self.numbers]
                held = sessions[0] if sessions else convening.convene(s, who, str(self.now.date()), "会议室")
                key, items = held.id or 0, meeting.items_of(s, held.id or 0)
            try:
                match act:
                    case "put on":
                        for number in mine[:1]:
                            with session() as s:
                                convening.put_on(s, who, key, number)
                        with session() as s:
                            convening.put_on_all(s, who, key, mine[1:])
                    case "call" if items:
                        with session() as s:
                            convening.call(s, who, key)
                    case "take off" if items:
                        with session() as s:
                            item = data.draw(st.sampled_from(items), label="item")
                            convening.take_off(s, who, key, item.id or 0)
                    case "cancel":
                        with session() as s:
                            convening.cancel(s, who, key)
                    case "conclude" if items:
                        with session() as s:
                            members = holders_of(s, Role.MEETING_MEMBER)
                            convening.note(
                                s, who, key, held_on=str(self.now.date()), place="会议室", chair=str(members[0]),
                                presences=dict.fromkeys(members, "present"),
                            )  # fmt: skip
                        concluding.conclude(who, key)
            except ConflictError:
                pass
        self.work()


def holders_of(s: Session, role: Role) -> list[int]:
    """Ids of everyone with a role."""
    return [p.id or 0 for p in holders_of_role(s, role)]
