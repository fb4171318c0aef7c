"""The answer somebody is still writing (草稿), and what stays of it when another person answers first.

A task keeps one draft, of whoever may answer it. Once it is answered, it keeps the words of everyone who was too late
(`UNSENT`, by person): each of them reads theirs on the task's page and may copy them.
"""

from typing import Any

from sqlmodel import Session

from flows.actions.errors import NotThereError
from flows.actions.sitting import verdict
from models import clock
from models.permissions import Actor, Denied
from models.records.task import Task, TaskState

UNSENT = "unsent"


def save(s: Session, actor: Actor, task_id: int, draft: dict[str, Any]) -> bool:
    """Keep what is written so far; whether it was kept. Only of the holder of a task, or of anyone who may answer an
    unclaimed one; of an answered task, of everyone else."""
    task = s.get(Task, task_id)
    if task is None or not actor.watches_all:
        raise NotThereError("没有找到这件任务。")
    written = {"by": actor.person_id, "at": clock.now().isoformat(), **draft}
    if task.state in (TaskState.ANSWERED, TaskState.LAPSED):
        if task.answered_by == actor.person_id or not written.get("opinion"):
            return False
        task.draft = {UNSENT: task.draft.get(UNSENT, {}) | {str(actor.person_id): written}}
        return True
    if isinstance(verdict(s, actor, task), Denied):
        return False
    task.draft = written
    return True


def unsent(task: Task, actor: Actor) -> str:
    """The opinion a person wrote on a task they cannot answer any more; empty without one."""
    if task.draft.get("by") == actor.person_id:
        return str(task.draft.get("opinion") or "")
    return str(task.draft.get(UNSENT, {}).get(str(actor.person_id), {}).get("opinion", ""))


def left_over(task: Task, actor: Actor) -> dict[str, Any]:
    """What stays of a task's draft when `actor` answers it: the words of somebody else who was writing."""
    by = task.draft.get("by")
    return {UNSENT: {str(by): task.draft}} if by not in (None, actor.person_id) else {}
