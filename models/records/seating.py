"""Whose tasks a person may see and answer, as conditions of a query on `tasks`."""

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import col, select

from models.gates import MEETING
from models.permissions import Actor
from models.records.case import CaseRecord
from models.records.stand_in import Recusal
from models.records.task import Participation, Task
from models.roles import APPLICANT_ROLES, Role


def seat_conditions(actor: Actor, *, team: bool) -> list[ColumnElement[bool]]:
    """The seats the actor may sit on, their own or those of people they stand in for (代理)."""
    seats = or_(
        _seats_of(actor.person_id, actor.institution_id, actor.roles),
        *(
            and_(
                _seats_of(p.person_id, p.institution_id, p.roles),
                ~_elsewhere(p.person_id),
                ~_kept_out(p.person_id),
            )
            for p in actor.stands_for
        ),
    )
    if team:
        return [seats]
    people = [actor.person_id, *(p.person_id for p in actor.stands_for)]
    free = or_(col(Task.assignee_id).is_(None), col(Task.assignee_id).in_(people))
    return [seats, free, ~_elsewhere(actor.person_id), ~_kept_out(actor.person_id)]


def _seats_of(person_id: int, institution_id: int, held: frozenset[Role]) -> ColumnElement[bool]:
    """A person's seats: those of their roles at home, and named ones. Their own institution's applications are
    another unit's to review."""
    roles = sorted(role.value for role in held - APPLICANT_ROLES)
    at_home = and_(
        col(Task.institution_id) == institution_id,
        col(Task.role).in_(roles),
        col(Task.applicant_id) != institution_id,
        col(Task.gate) != MEETING.key,
        col(Task.added).is_(None),
    )
    seats = or_(at_home, col(Task.assignee_id) == person_id)
    if Role.FILER in held:
        own = and_(col(Task.institution_id) == institution_id, col(Task.role) == Role.FILER)
        return or_(seats, own)
    return seats


def _elsewhere(person_id: int) -> ColumnElement[bool]:
    """The person performs another duty in the case."""
    query = select(Participation.case_id).where(
        Participation.case_id == Task.case_id,
        Participation.person_id == person_id,
        Participation.duty != Task.duty,
    )
    return query.exists()


def _kept_out(person_id: int) -> ColumnElement[bool]:
    """回避: the person keeps out of the applicant's cases, or of the firm's."""
    firm = select(CaseRecord.id).where(CaseRecord.id == Task.case_id, CaseRecord.uscc == Recusal.uscc)
    query = select(Recusal.id).where(
        Recusal.person_id == person_id,
        col(Recusal.ended_at).is_(None),
        or_(col(Recusal.institution_id) == Task.applicant_id, firm.exists()),
    )
    return query.exists()
