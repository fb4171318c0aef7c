"""Sessions of the joint meeting for tests: claims brought to it, convened, voted on and concluded."""

from api.demo import play
from flows.actions.meetings import concluding, convening
from models.database import session
from models.gates import Outcome
from models.records import document
from models.records.document import Document
from models.records.task import Task
from tests.kept import kept
from tests.kernel.stage import actor, answer, case_of, claim_at, open_tasks

MEMBERS = ("songyiming", "peishuzhen", "hongdamin", "yanxiuwen", "taozhenyu")
SECRETARY = "xiechuyun"


@kept
def at_meeting(number: int) -> str:
    found = claim_at("office_review", number)
    play.do(found, "office_review", to_meeting=True)
    play.do(found, "leader_approval")
    return found


def session_over(*numbers: str) -> int:
    """A session with these cases on its agenda; its id."""
    with session() as s:
        secretary = actor(s, SECRETARY)
        held = convening.convene(s, secretary, "2026-10-13", "市工信局三楼会议室")
        for number in numbers:
            convening.put_on(s, secretary, held.id or 0, number)
        return held.id or 0


def everybody_came(key: int, *, away: tuple[str, ...] = (), chair: str = MEMBERS[0]) -> None:
    with session() as s:
        convening.note(
            s, actor(s, SECRETARY), key, held_on="2026-10-13", place="市工信局三楼会议室",
            chair=str(actor(s, chair).person_id),
            presences={actor(s, m).person_id: "leave" if m in away else "present" for m in MEMBERS},
            observers="市审计局 何观察", resolutions="请受托管理机构加强追偿。",
        )  # fmt: skip


def seat_of(number: str, login: str) -> int:
    with session() as s:
        who = actor(s, login).person_id
    (seat,) = (t for t in open_tasks(number) if t.assignee_id == who)
    return seat.id or 0


def vote(number: str, login: str, outcome: Outcome = Outcome.APPROVE) -> Task:
    words = "依据不足" if outcome is Outcome.REFUSE else "同意。"
    return answer(login, seat_of(number, login), outcome, words)


def conclude(key: int) -> list[concluding.Said]:
    with session() as s:
        secretary = actor(s, SECRETARY)
    said = concluding.conclude(secretary, key)
    play.run_due()
    return said


def minutes_of(number: str) -> list[Document]:
    with session() as s:
        return [d for d in document.of_case(s, case_of(s, number).id or 0) if d.code == "D20"]
