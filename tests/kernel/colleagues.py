"""Colleagues at their desks: who they are, what they do, what they see."""

from collections.abc import Callable
from typing import Any

from sqlmodel import Session

from api.demo import play
from models import clock
from models.database import session
from models.permissions import Actor
from models.records import message, queue, stand_in
from models.records.message import MessageKind
from models.records.person import by_login
from models.records.task import Task
from tests.kernel.stage import actor, open_tasks


def person_id(login: str) -> int:
    """The id of a demo person."""
    with session() as s:
        found = by_login(s, login)
        assert found is not None and found.id is not None
        return found.id


def do(login: str, act: Callable[..., Any], *given: Any, **more: Any) -> Any:
    """One act in one transaction; then the worker runs."""
    with session() as s:
        result = act(s, seen(s, login), *given, **more)
    play.run_due()
    return result


def seen(s: Session, login: str) -> Actor:
    """The person at the door, with those they stand in for."""
    known = actor(s, login)
    absent = stand_in.principals(s, known.person_id, clock.today())
    return Actor(known.person_id, known.name, known.institution_id, known.roles, None, absent)


def only_task(number: str) -> Task:
    """The one open task of a case."""
    (task,) = open_tasks(number)
    return task


def key(task: Task) -> int:
    """A task's id."""
    return task.id or 0


def told(login: str) -> list[MessageKind]:
    """What kinds of messages a person has."""
    with session() as s:
        return [m.kind for m in message.of_person(s, person_id(login))]


def in_queue(login: str) -> set[str]:
    """The cases in a person's 待办."""
    with session() as s:
        return {row.task.case_number for row in queue.open_tasks(s, seen(s, login)).rows}
