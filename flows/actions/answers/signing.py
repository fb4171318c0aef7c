"""加签 and 减签: further signatures the one who answers a gate asks for.

A signer agrees or disagrees; the gate's own answer stays with its holder. Approval counts only once every signer
has signed; a disagreement after the holder approved puts the question to the holder again (a new seat, the
earlier answer stays visible). What is not an approval (退回, 不予) needs no signatures.
"""

from collections.abc import Sequence

from sqlmodel import Session

from models import clock
from models.gates import Outcome
from models.records.task import Added, Task, TaskState


def turn(asked: Task, pending: Sequence[Task]) -> None:
    """The holder's turn comes once nobody is left who signs before (前加签)."""
    if asked.state == TaskState.WAITING and not any(seat.added is Added.BEFORE for seat in pending):
        asked.state = TaskState.OPEN


def complete(s: Session, asked: Task, signers: Sequence[Task], task: Task) -> bool:
    """Whether the gate may be decided after the answer of `task`; opens the seats whose turn has come."""
    pending = [seat for seat in signers if seat.state != TaskState.ANSWERED]
    if asked.state != TaskState.ANSWERED:
        turn(asked, pending)
        return False
    if asked.outcome != Outcome.APPROVE:
        return True
    if task.added is not None and task.outcome == Outcome.REFUSE:
        _ask_again(s, asked, signers)
        return False
    for seat in pending:
        seat.state = TaskState.OPEN
    return not pending


def _ask_again(s: Session, asked: Task, signers: Sequence[Task]) -> None:
    """The holder approved, a signer disagrees: the same question once more, to the same person."""
    again = Task(
        **asked.model_dump(
            exclude={"id", "seat", "state", "opened_at", "answered_at", "answered_by", "on_behalf_of"}
            | {"outcome", "opinion", "fields", "draft", "assignee_id", "delegated_by"}
        ),
        seat=max(asked.seat, *(seat.seat for seat in signers)) + 1,
        state=TaskState.OPEN,
        opened_at=clock.now(),
        assignee_id=asked.on_behalf_of or asked.answered_by,
    )
    s.add(again)
