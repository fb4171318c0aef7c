"""The answer somebody is still writing (草稿), and what stays of it when another person answers first.

A task keeps one draft of each person who may answer it: two who write at the same time do not overwrite each other, and
each is told of the other. Once it is answered, the drafts of those who were too late stay: each of them reads theirs
on the task's page and may copy it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from flows.actions.answers.sitting import verdict
from flows.actions.errors import NotThereError
from models import clock
from models.permissions import Actor, Denied
from models.records import half_answer
from models.records.half_answer import HalfAnswer
from models.records.task import Task, TaskState


@dataclass(frozen=True, slots=True)
class Drafts:
    """What is written for a task: the reader's own words, and who else is writing, with when theirs were last kept."""

    mine: HalfAnswer | None
    others: tuple[tuple[str, datetime], ...]

    @property
    def opinion(self) -> str:
        """The opinion in the reader's draft; empty without one."""
        return str(self.mine.written.get("opinion") or "") if self.mine else ""


def save(s: Session, actor: Actor, task_id: int, draft: dict[str, Any]) -> bool:
    """Keep what is written so far; whether it was kept. Of whoever may answer the task, or began while they could;
    of an answered task, of everyone else."""
    task = s.get(Task, task_id)
    if task is None or not actor.watches_all:
        raise NotThereError("没有找到这件任务。")
    if task.state in (TaskState.ANSWERED, TaskState.LAPSED):
        if task.answered_by == actor.person_id or not draft.get("opinion"):
            return False
    elif isinstance(verdict(s, actor, task), Denied) and not s.get(HalfAnswer, (task_id, actor.person_id)):
        return False
    half_answer.keep(s, task_id, actor.person_id, clock.now(), draft)
    return True


def of(s: Session, actor: Actor, task: Task) -> Drafts:
    """The drafts of a task as the actor may know them: their own, and whose else there are."""
    found = half_answer.of_task(s, task.id or 0)
    mine = next((row for row, _ in found if row.person_id == actor.person_id), None)
    others = tuple((name, row.at) for row, name in found if row.person_id != actor.person_id)
    return Drafts(None if task.answered_by == actor.person_id else mine, others)
