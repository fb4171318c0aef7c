"""Writing the timeline: what the system did, in the past tense."""

from typing import Any

from flows.kernel import Case
from models import clock
from models.records.timeline import Event


def happened(case: Case, event: str, **data: Any) -> None:
    """Record an event of the case in the current step's transaction."""
    case.told.append(Event(case_id=case.id, at=clock.now(), event=event, data=data))
