"""Answering a task: the right seat, and nobody at two different gates of one case (四（二）)."""

from dataclasses import dataclass, replace
from datetime import date

from models.gates import GATES
from models.permissions.actor import ALLOWED, Actor, Denied, Principal, Verdict
from models.roles import PARTY_NAMES, ROLE_NAMES, Role


@dataclass(frozen=True, slots=True)
class Seat:
    """The task someone wants to answer."""

    gate: str
    duty: str
    role: Role
    institution_id: int
    applicant_id: int
    assignee_id: int | None
    assignee_name: str = ""
    delegated: bool = False  # 委派: the holder gives advice, the answer stays with who asked for it


@dataclass(frozen=True, slots=True)
class Past:
    """What bars a person from a case: the duty they already performed in it, and a recusal (回避), as a reason."""

    duty: "EarlierDuty | None" = None
    recused: str = ""


@dataclass(frozen=True, slots=True)
class EarlierDuty:
    """What the person already did in this case."""

    duty: str
    gate: str
    on: date


def may_answer(actor: Actor, seat: Seat, past: Past) -> Verdict:
    """Whether the actor may answer this seat, given what they did before in the same case.

    The same institution must hold the seat, the role must fit, nobody performs two duties in one case,
    no unit reviews its own claim (受托管理机构 that also claims), and who keeps out of a firm or unit stays out.
    """
    barred = _wrong_seat(actor, seat) or _involved(past, seat) or _held(actor, seat)
    return Denied(barred) if barred else ALLOWED


def fits(actor: Actor, seat: Seat) -> bool:
    """Whether role and unit fit the seat, whatever else may bar the person."""
    return not _wrong_seat(actor, seat)


def _wrong_seat(actor: Actor, seat: Seat) -> str:
    """Why the seat is somebody else's to fill; "" if it is not."""
    gate = GATES[seat.gate]
    no = f"不能由你办理{gate.title}。"
    if seat.role not in actor.roles:
        return f"{no}这一环节由{PARTY_NAMES[gate.party]}的“{ROLE_NAMES[seat.role]}”岗位办理。"
    if seat.institution_id != actor.institution_id and gate.party.value != "meeting":
        return f"{no}这件任务属于另一机构的待办。"
    if seat.applicant_id == actor.institution_id and gate.party.value != "applicant":
        return f"{no}这是你单位自己的申请，须由与申报机构无关的单位办理。"
    return ""


def _involved(past: Past, seat: Seat) -> str:
    """Why the person must keep out of this case; "" if nothing is known."""
    gate, earlier = GATES[seat.gate], past.duty
    if earlier is not None and earlier.duty != seat.duty:
        done = GATES[earlier.gate].title if earlier.gate in GATES else "申报"
        when = f"{earlier.on.month}月{earlier.on.day}日"
        return f"不能由你办理{gate.title}。你在{when}办理过本案{done}；请由未参与本案的人办理。"
    if past.recused:
        return f"不能由你办理{gate.title}。你已登记回避（{past.recused}）；请由其他人办理。"
    return ""


def _held(actor: Actor, seat: Seat) -> str:
    """Who holds the task now; "" if it is free, or the person's own to answer."""
    if seat.assignee_id is not None and seat.assignee_id != actor.person_id:
        holder = seat.assignee_name or "另一位同事"
        if seat.delegated:
            return f"这件任务已委派{holder}提出意见；其回复或收回委派后再办理。"
        return f"这件任务已由{holder}认领；请等其释放或转办后再办理。"
    if seat.delegated:
        return "这件任务是委派给你提出意见的；请写明意见后交回，由委派人作出结论。"
    return ""


def may_answer_for(actor: Actor, principal: Principal, seat: Seat, own: Past, theirs: Past) -> Verdict:
    """代理: whether the actor may answer in place of `principal`. What bars either of the two bars both."""
    if seat.assignee_id == principal.person_id:
        seat = replace(seat, assignee_id=actor.person_id)
    if isinstance(verdict := may_answer(actor.as_stand_in(principal), seat, own), Denied):
        return verdict
    absent = Actor(principal.person_id, principal.name, principal.institution_id, principal.roles)
    if isinstance(verdict := may_answer(absent, replace(seat, assignee_id=None), theirs), Denied):
        gate = GATES[seat.gate]
        return Denied(f"不能代{principal.name}办理{gate.title}：{principal.name}本人也不得办理本案这一环节。")
    return ALLOWED
