"""Approving several tasks of one kind at once, where the gate allows it; each is checked again by itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from api.pages.form_views import DialogView
from flows.actions.answers import answering
from flows.actions.errors import ActionRefusedError, ConflictError
from models.gates import GATES, Outcome
from models.permissions import Actor
from models.policy.lines import Result
from models.records import loan
from models.records.task import Task

MOST = 50
"""Tasks of one page: what a person can have looked at."""
CONFIRM = DialogView(
    "batch",
    "批量通过已选任务",
    "对已选任务逐件作出“通过”的结论，意见留空。",
    "提交：批量通过",
    form="bulk",
    facts=(
        "提交时逐件重新核对：有不符项的、已由他人办理的、内容有变化的不会提交，并逐件说明原因。",
        "通过后转下一环节；结论记在你名下，不能撤销。",
    ),
)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of a batch: the answered tasks, and a sentence for each that was not."""

    done: tuple[int, ...]
    refused: tuple[str, ...]


def key(task: Task) -> str:
    """What a ticked row sends: the task, bound to what was shown."""
    return f"{task.id}.{task.shown_hash}"


def approve(db: Session, actor: Actor, keys: Sequence[str]) -> Outcomes:
    """Approve each ticked task that may still be approved; the others stay as they are."""
    done: list[int] = []
    refused: list[str] = []
    for one in list(dict.fromkeys(keys))[:MOST]:
        number, _, shown = one.partition(".")
        task = db.get(Task, int(number)) if number.isdecimal() and len(number) < 10 else None
        if task is None:
            continue
        try:
            with db.begin_nested():
                _one(db, actor, task, shown)
            done.append(task.id or 0)
        except ActionRefusedError as error:
            refused.append(f"{task.case_number}：{error.sentence}")
    return Outcomes(tuple(done), tuple(refused))


def _one(db: Session, actor: Actor, task: Task, shown: str) -> None:
    gate = GATES[task.gate]
    if not gate.batch:
        raise ConflictError(f"{gate.title}须逐件办理。")
    failed = [
        one.item
        for one in loan.rows_of_case(db, task.case_id)
        if one.state == loan.LoanState.FILED and one.checks_result == Result.FAIL
    ]
    if failed:
        raise ConflictError(f"第 {'、'.join(map(str, failed))} 笔有不符项，须逐件办理。")
    answering.answer(db, actor, task.id or 0, Outcome.APPROVE, shown_hash=shown)
