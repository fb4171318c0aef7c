"""Writing the timeline: what a person did to a case, in the past tense. The system's own: `flows.steps.happened`."""

from typing import Any

from sqlmodel import Session

from models import clock
from models.permissions import Actor
from models.records.timeline import Event


def acted(s: Session, actor: Actor, case_id: int, event: str, data: dict[str, Any], **where: Any) -> None:
    """Record an event of the case; `where` are its organ, gate and journal entry, if it has them."""
    s.add(
        Event(
            case_id=case_id,
            at=clock.now(),
            event=event,
            person_id=actor.person_id,
            person_name=actor.name,
            data=data,
            **where,
        )
    )
