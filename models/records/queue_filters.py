"""Which tasks a queue holds (待办, 团队): whose seats they are and the filters, as conditions on indexed columns."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, select

from models.lifecycle import Board, Process
from models.permissions import Actor
from models.records import search
from models.records.loan_import import CaseOrigin
from models.records.paging import COUNTED, planned
from models.records.search import Hits
from models.records.seating import seat_conditions
from models.records.task import Task, TaskState


class Queue(StrEnum):
    """Which of the lists."""

    MINE = "mine"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; the default is everything.

    `due_from` and `due_before` are instants (half-open), `at_least` and `at_most` 元, `firm` a credit code, `batch` a
    bulk filing (批量备案); `words` are searched as `models.records.search` says.
    """

    process: Process | None = None
    gate: str = ""
    applicant_id: int | None = None
    due_from: datetime | None = None
    due_before: datetime | None = None
    at_least: Decimal | None = None
    corrected: bool = False
    words: str = ""
    board: Board | None = None
    at_most: Decimal | None = None
    town: str = ""
    firm: str = ""
    batch: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What the rows of a list fulfil, and how far they are counted."""

    conditions: list[Any]
    most: int = COUNTED


def asked_of(s: Session, actor: Actor, filters: Filters | None = None, queue: Queue = Queue.MINE) -> Asked:
    """What the tasks of one person's queue fulfil."""
    planned(s)
    given = filters or Filters()
    conditions: list[Any] = [Task.state == TaskState.OPEN, *seat_conditions(actor, team=queue is Queue.TEAM)]
    for column, value in (
        (Task.process, given.process),
        (Task.board, given.board),
        (Task.gate, given.gate or None),
        (Task.applicant_id, given.applicant_id),
        (Task.town, given.town or None),
        (Task.uscc, given.firm or None),
    ):
        if value is not None:
            conditions.append(column == value)
    if given.due_from is not None:
        conditions.append(Task.due_at >= given.due_from)
    if given.due_before is not None:
        conditions.append(Task.due_at < given.due_before)
    if given.at_least is not None:
        conditions.append(Task.amount >= given.at_least)
    if given.at_most is not None:
        conditions.append(Task.amount <= given.at_most)
    if given.corrected:
        conditions.append(col(Task.corrected))
    if given.batch is not None:
        origin = select(CaseOrigin.case_id).where(
            CaseOrigin.case_id == Task.case_id, CaseOrigin.import_id == given.batch
        )
        conditions.append(origin.exists())
    return searched(conditions, search.find(s, given.words, open_only=True))


def searched(conditions: list[Any], hits: Hits | None) -> Asked:
    """The same, narrowed to the cases words have found."""
    if hits is None:
        return Asked(conditions)
    found = [*conditions, *hits.among(col(Task.case_id))]
    return Asked(found, search.COUNTED_WALKING if hits.common else COUNTED)
