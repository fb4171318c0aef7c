"""Whom an act may be given to, and whether it is open to somebody now: what a page may offer.

The same rules the acts themselves apply, asked without acting; nobody is offered who would be refused.
"""

from collections.abc import Callable, Sequence
from functools import partial

from sqlmodel import Session, col, select

from flows.actions.answers.sitting import capacity
from flows.actions.colleagues import passing
from flows.actions.errors import ActionRefusedError
from models.gates import GATES, Rule
from models.permissions import Actor, may_manage, may_talk
from models.records.case import CaseRecord, journal_of
from models.records.person import Person, PersonRole, holders, roles_of
from models.records.task import Task, TaskState, of_entry, participation
from models.roles import APPLICANT_ROLES, Party, Role


def may_transfer(s: Session, actor: Actor, task: Task) -> bool:
    """转办 (for a manager 指派): a task one person answers, not a named seat or a signature."""
    return _passable(task) and bool(capacity(s, actor, task)[0] or may_manage(actor))


def may_pass(s: Session, actor: Actor, task: Task) -> bool:
    """委派 and 加签: by the person who could answer the task now."""
    return _passable(task) and bool(capacity(s, actor, task)[0])


def may_nudge(s: Session, actor: Actor, task: Task) -> bool:
    """催办: another's open task, for a manager or who acted in the case."""
    if task.state != TaskState.OPEN or actor.person_id == task.assignee_id or capacity(s, actor, task)[0]:
        return False
    return bool(may_talk(actor)) and (
        bool(may_manage(actor)) or participation(s, task.case_id, actor.person_id) is not None
    )


def may_take_back(s: Session, actor: Actor, task: Task) -> bool:
    """拿回: one's own valid answer, while nothing has followed from it but the next gate's opening."""
    gate = GATES[task.gate]
    mine = task.state == TaskState.ANSWERED and task.answered_by == actor.person_id and not task.voided
    if not mine or gate.rule is not Rule.ONE or gate.party is Party.APPLICANT or task.added is not None:
        return False
    journal = journal_of(s, task.case_id, valid_only=True)
    entry = next((e for e in journal if e.id == task.entry_id), None)
    if entry is None or entry.result is None:
        return False
    return _free(partial(passing.nothing_since, s, s.get_one(CaseRecord, task.case_id), entry, journal))


def takers(s: Session, actor: Actor, task: Task) -> tuple[Person, ...]:
    """The colleagues who could answer a task if it were passed to them."""
    return tuple(
        person
        for person in holders(s, task.role, task.institution_id)
        if person.id not in (actor.person_id, task.assignee_id)
        and _free(partial(passing.may_take, s, task, _as_actor(s, person), "转办"))
    )


def signers(s: Session, actor: Actor, task: Task) -> tuple[Person, ...]:
    """The colleagues of the unit who may be asked for a signature."""
    asked = {seat.assignee_id for seat in signatures(s, task)}
    people = s.exec(
        select(Person)
        .where(Person.institution_id == task.institution_id, col(Person.active))
        .order_by(col(Person.id))
    )
    return tuple(
        person
        for person in people
        if person.id not in asked
        and person.id not in (actor.person_id, task.assignee_id)
        and _free(partial(passing.signing_role, s, task, _as_actor(s, person)))
    )


def signatures(s: Session, task: Task) -> tuple[Task, ...]:
    """The signatures asked for in this round of the gate that still count (加签名单)."""
    seats = of_entry(s, task.entry_id)
    return tuple(seat for seat in seats if seat.added is not None and seat.state != TaskState.LAPSED)


def readers(s: Session, actor: Actor) -> Sequence[Person]:
    """Everyone who may be sent a copy or be mentioned: people in service on the reviewing sides."""
    reviewing = sorted(role.value for role in Role if role not in APPLICANT_ROLES)
    held = select(PersonRole.person_id).where(col(PersonRole.role).in_(reviewing))
    query = select(Person).where(col(Person.active), col(Person.id).in_(held), Person.id != actor.person_id)
    return s.exec(query.order_by(col(Person.institution_id), col(Person.id))).all()


def _passable(task: Task) -> bool:
    gate = GATES[task.gate]
    one = gate.rule is Rule.ONE and task.added is None and gate.party is not Party.APPLICANT
    return one and task.state == TaskState.OPEN


def _as_actor(s: Session, person: Person) -> Actor:
    return Actor(person.id or 0, person.name, person.institution_id, roles_of(s, person.id or 0))


def _free(ask: Callable[[], object]) -> bool:
    """Whether a rule lets it pass."""
    try:
        ask()
    except ActionRefusedError:
        return False
    return True
