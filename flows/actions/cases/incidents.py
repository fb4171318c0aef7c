"""Incidents: a case that kept failing is tried again after its cause is gone."""

from sqlmodel import Session

from flows.actions.acted import acted
from flows.actions.errors import ConflictError, NotThereError, permitted
from flows.kernel.case import wake
from models import clock
from models.permissions import Actor, may_resolve_incident
from models.records.case import Incident, locked


def retry(s: Session, actor: Actor, incident_id: int) -> Incident:
    """Resolve the incident and wake its case; if the cause is still there, a new incident follows."""
    permitted(may_resolve_incident(actor))
    incident = s.get(Incident, incident_id)
    if incident is None:
        raise NotThereError("没有找到这个异常。")
    record = locked(s, incident.case_id)
    s.refresh(incident)
    if incident.resolved_at is not None:
        raise ConflictError("这个异常已经由他人重试。")
    incident.resolved_at, incident.resolved_by = clock.now(), actor.person_id
    record.attempts = 0
    acted(s, actor, incident.case_id, "incident_retried", {"line": incident.line})
    s.flush()
    wake(s, record)
    return incident
