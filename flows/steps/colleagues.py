"""经办/复核: an institution's own people are told what one of them laid before the checker, and what came back.

The institution's inbox and its endpoints have it; by e-mail it goes to those it concerns, not to the institution's
contacts: it is their own matter, and the city knows nothing of it yet.
"""

from collections.abc import Iterable
from typing import Any

from sqlmodel import Session

from flows.delivery.office_events import OfficeFacts
from flows.steps import document_facts as known
from flows.steps.notices import tell_colleagues
from models.records.person import Person, holders, names
from models.records.prepared import Prepared
from models.roles import Role
from models.settings import get_settings

WHY = "你单位的申报由经办、复核两人办理"


def laid_before(s: Session, row: Prepared) -> None:
    """A submission waits for a checker: everyone who may release it learns of it, never its maker."""
    checkers = [
        one for one in holders(s, Role.FILER_CHECKER, row.institution_id) if one.id != row.proposed_by
    ]
    facts = {"title": row.title, "amount": row.amount, "by": _name(s, row.proposed_by)}
    _tell(s, row, "submission_prepared", checkers, facts)


def returned(s: Session, row: Prepared) -> None:
    """A checker returned it: its maker learns why."""
    maker = s.get_one(Person, row.proposed_by)
    facts = {"title": row.title, "by": _name(s, row.decided_by or 0), "reason": row.note}
    _tell(s, row, "submission_returned", [maker], facts)


def _tell(s: Session, row: Prepared, event: str, people: Iterable[Person], facts: dict[str, Any]) -> None:
    office = OfficeFacts(
        to=known.full_name(s, row.institution_id),
        topic=row.title,
        link=f"{get_settings().base_url}/bank/prepared/{row.id}",
        why=WHY,
    )
    tell_colleagues(s, row.institution_id, event, office, facts, people)


def _name(s: Session, person: int) -> str:
    return names(s, [person])[person]
