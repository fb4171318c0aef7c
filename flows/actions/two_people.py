"""Deciding what another person registered: one way for parameters, reference data and white list rounds."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlmodel import Session, select

from flows.actions.errors import ConflictError, ForbiddenError, NotThereError, permitted
from models import clock
from models.permissions import Actor
from models.permissions import Verdict as Permission
from models.records.person import names
from models.records.two_people import VERDICT_NAMES, ByTwo, Verdict

R = TypeVar("R", bound=ByTwo)


def decide(
    s: Session,
    actor: Actor,
    table: type[R],
    row_id: int,
    verdict: Verdict,
    note: str,
    *,
    called: str,
    may_confirm: Callable[[Actor, int, str], Permission],
    confirmed: Callable[[R], None],
) -> R:
    """Confirm (`confirmed` carries it out), reject, or withdraw one's own; `called` is its name in sentences.

    Raises `NotThereError`, `ConflictError` for one decided meanwhile, `ForbiddenError`.
    """
    lookup: Any = table
    query = select(lookup).where(lookup.id == row_id).with_for_update()
    row: R | None = None  # the address may hold any number, the database's end at 2**31
    if row_id < 2**31:
        row = s.exec(query.execution_options(populate_existing=True)).first()
    if row is None:
        raise NotThereError(f"没有找到这项{called}。")
    if row.verdict is not None:
        raise ConflictError(f"这项{called}已经由他人处理，请刷新后再看。")
    if verdict is Verdict.WITHDRAWN:
        if row.proposed_by != actor.person_id:
            raise ForbiddenError(f"只有登记人可以撤回待确认的{called}。")
    else:
        proposer = names(s, [row.proposed_by]).get(row.proposed_by, "")
        permitted(may_confirm(actor, row.proposed_by, proposer))
    if verdict is Verdict.CONFIRMED:
        confirmed(row)
    close(row, actor, verdict, note.strip()[:500])
    s.flush()
    return row


def close(row: ByTwo, actor: Actor, verdict: Verdict, note: str = "") -> None:
    """Write who decided, when, and what."""
    row.verdict, row.decided_by, row.decided_at = verdict, actor.person_id, clock.now()
    row.note = note


def undecided(s: Session, row: ByTwo, called: str) -> None:
    """Raise `ConflictError`, naming who was first, if the row (`called` so in sentences) was decided meanwhile."""
    if row.verdict is not None:
        who = names(s, [row.decided_by or 0]).get(row.decided_by or 0, "他人")
        raise ConflictError(f"{called}已由{who}办理（{VERDICT_NAMES[row.verdict]}）。")
