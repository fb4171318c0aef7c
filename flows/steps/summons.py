"""会议通知: each member of the joint meeting is told of a session, of what becomes different, and what came of it.

By 消息 on the portal and by e-mail, in the transaction of what happened. What members were last told stands in
`Meeting.told`, so that a change is told once, and nothing is told that they know.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from flows.delivery.office_events import OfficeFacts
from flows.steps import document_facts as known
from flows.steps.notices import leave_message, mail_person
from models.records import claim as claims
from models.records import meeting
from models.records.case import CaseRecord
from models.records.document import Document
from models.records.meeting import RESULT_NAMES, AgendaItem, Meeting, Result
from models.records.message import MessageKind
from models.records.person import holders
from models.roles import Role
from models.settings import get_settings

WHY = "你是联席会议成员"


def called(s: Session, held: Meeting) -> int:
    """The invitation: day, place, agenda and where the papers are. How many members there are."""
    items = meeting.items_of(s, held.id or 0)
    facts = _session(s, held, items)
    held.told = snapshot(s, held)
    words = f"{held.name}定于 {held.held_on} 在{held.place}召开，议程 {len(items)} 件。"
    return _tell(s, held, "meeting_called", words, facts)


def changed(s: Session, held: Meeting) -> int:
    """Tell what became different since the members were told; how many were. Nobody, before they were invited."""
    told, now = held.told, snapshot(s, held)
    if told is None or told == now:
        return 0
    items = meeting.items_of(s, held.id or 0)
    added = [one for one in items if _number(s, one) not in told["cases"]]
    removed = [number for number in told["cases"] if number not in now["cases"]]
    moved = (told["held_on"], told["place"]) != (now["held_on"], now["place"])
    facts = {
        "held_on": held.held_on,
        "place": held.place,
        "moved": moved,
        "added": [_item(s, one) for one in added],
        "removed": removed,
        "items": len(items),
    }
    said = [f"改在 {held.held_on}，{held.place}"] if moved else []
    said += [f"新列入 {len(added)} 件"] if added else []
    said += [f"撤下 {len(removed)} 件"] if removed else []
    held.told = now
    return _tell(s, held, "meeting_agenda_changed", f"{held.name}安排变更：{'，'.join(said)}。", facts)


def cancelled(s: Session, held: Meeting) -> int:
    """The session is not held; told to those who were invited."""
    if held.told is None:
        return 0
    words = f"原定 {held.held_on} 的{held.name}已取消；尚未表决的案件请在待办中办理。"
    return _tell(s, held, "meeting_cancelled", words, _session(s, held, ()))


def concluded(s: Session, held: Meeting, minutes: Document) -> int:
    """The session is over: each case's result, with the 纪要."""
    items = meeting.items_of(s, held.id or 0)
    facts = {
        "held_on": held.held_on,
        "items": [
            {
                "number": _number(s, one),
                "subject": s.get_one(CaseRecord, one.case_id).subject,
                "result": RESULT_NAMES[one.result or Result.DEFERRED],
            }
            for one in items
        ],
    }
    words = f"{held.name}已议定 {len(items)} 件，会议纪要{minutes.number or ''}已出具。"
    return _tell(s, held, "meeting_concluded", words, facts, minutes)


def snapshot(s: Session, held: Meeting) -> dict[str, Any]:
    """What members know once they were told now."""
    cases = [_number(s, one) for one in meeting.items_of(s, held.id or 0)]
    return {"held_on": held.held_on.isoformat(), "place": held.place, "cases": cases}


def _session(s: Session, held: Meeting, items: Sequence[AgendaItem]) -> dict[str, Any]:
    return {
        "held_on": held.held_on,
        "place": held.place,
        "items": [_item(s, one) for one in items],
        "materials": f"{_link(held)}/materials.zip",
    }


def _tell(
    s: Session,
    held: Meeting,
    event: str,
    words: str,
    facts: dict[str, Any],
    minutes: Document | None = None,
) -> int:
    members = holders(s, Role.MEETING_MEMBER)
    for member in members:
        office = OfficeFacts(to=member.name, topic=held.name, link=_link(held), why=WHY)
        mail_person(s, member, held.id or 0, event, office, facts, minutes)
        leave_message(s, member.id or 0, MessageKind.MEETING, held.name, f"/meetings/{held.id}", words)
    s.flush()
    return len(members)


def _link(held: Meeting) -> str:
    return f"{get_settings().base_url}/meetings/{held.id}"


def _number(s: Session, item: AgendaItem) -> str:
    return s.get_one(CaseRecord, item.case_id).number


def _item(s: Session, item: AgendaItem) -> dict[str, Any]:
    record = s.get_one(CaseRecord, item.case_id)
    proposed = claims.of_case(s, item.case_id).calculated or Decimal("0.00")
    applicant = known.full_name(s, record.institution_id)
    return {"number": record.number, "subject": record.subject, "applicant": applicant, "proposed": proposed}


__all__ = ["called", "cancelled", "changed", "concluded", "snapshot"]
