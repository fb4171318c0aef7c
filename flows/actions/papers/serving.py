"""送达: an institution acknowledges what it was sent; who does not is reminded, then telephoned.

What counts is the first acknowledgement (`models.records.service`). Nothing here gives anybody the right to decide.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlmodel import Session

from flows.actions.acted import acted
from flows.actions.colleagues.telling import tell
from flows.actions.errors import ConflictError, NotThereError, permitted
from flows.actions.typed import Line60, Words200
from flows.kernel import served
from flows.steps import document_service
from flows.steps.notices import announce
from models import clock
from models.calendar import WorkingCalendar
from models.permissions import Actor, may_read_inbox, may_serve_by_phone
from models.policy import deadlines
from models.records import service
from models.records.case import locked
from models.records.document import Document
from models.records.message import MessageKind
from models.records.notice import Acknowledged, Delivery, Notice
from models.records.person import holders
from models.records.reference import working_calendar
from models.records.rules import rules
from models.records.service import Row, ServiceCall
from models.roles import Role

MOST = 500
_ONE_DAY = timedelta(days=1)
REACHED = {"yes": True, "no": False}


def _reached(raw: object) -> bool:
    if str(raw) not in REACHED:
        raise ValueError("请选择通话结果。")
    return REACHED[str(raw)]


class CallForm(BaseModel):
    """A call: whom one spoke with under which number, and whether the document was made known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spoke_with: Line60 = Field(title="接听人")
    phone: Line60 = Field(title="电话", max_length=40)
    reached: Annotated[bool, BeforeValidator(_reached)] = Field(title="通话结果")
    words: Words200 = Field("", title="通话要点")


def acknowledge(
    s: Session, actor: Actor, delivery: Delivery, via: Acknowledged = Acknowledged.PORTAL
) -> bool:
    """签收 by a person of the institution; False if it was acknowledged before, which stays as it is."""
    permitted(may_read_inbox(actor))
    if delivery.institution_id != actor.institution_id:
        raise NotThereError("没有找到这份通知。")
    return bool(served.acknowledge(s, [delivery.notice_id], via, clock.now(), actor.person_id))


def acknowledge_by_link(s: Session, token: str) -> Notice:
    """签收 through the link of an e-mail: whoever reads the institution's verified mailbox."""
    found = service.by_token(s, token)
    if found is None:
        raise NotThereError("这个签收链接无效，请核对邮件中的链接是否完整。")
    notice, delivery = found
    delivery.opened_at = delivery.opened_at or clock.now()
    served.acknowledge(s, [notice.id], Acknowledged.EMAIL, clock.now())
    s.flush()
    s.refresh(notice)
    return notice


def call(s: Session, actor: Actor, notice_id: UUID, form: CallForm) -> ServiceCall:
    """A call to the institution's contact. Reached: the document is served by telephone (电话送达)."""
    notice = served_to(s, actor, notice_id)[0]
    permitted(may_serve_by_phone(actor))
    s.refresh(notice, with_for_update=True)
    if notice.acknowledged_at is not None:
        raise ConflictError("这份文书已经签收，不必再电话送达。")
    made = ServiceCall(
        notice_id=notice_id,
        at=clock.now(),
        person_id=actor.person_id,
        person_name=actor.name,
        phone=form.phone,
        spoke_with=form.spoke_with,
        reached=form.reached,
        words=form.words,
    )
    s.add(made)
    if form.reached:
        served.acknowledge(s, [notice_id], Acknowledged.PHONE, clock.now(), actor.person_id)
    s.flush()
    s.refresh(notice)
    return made


def draw_up_receipt(s: Session, actor: Actor, notice_id: UUID) -> Document:
    """送达回证 of the case: everything served in it until now, with all times. An earlier one is superseded."""
    record = served_to(s, actor, notice_id)[1]
    permitted(may_serve_by_phone(actor))
    record = locked(s, record.id or 0)
    made = document_service.draw_up(s, record, actor.name)
    told = {"title": made.title, "number": "", "document_id": made.id}
    acted(s, actor, record.id or 0, "document_issued", told)
    return made


def served_to(s: Session, actor: Actor, notice_id: UUID) -> Row:
    """A served document as staff see it; NotThereError for anyone else and for what carries no document."""
    found = service.one(s, notice_id) if actor.watches_all else None
    if found is None:
        raise NotThereError("没有找到这份送达记录。")
    return found


def chase(s: Session) -> int:
    """Remind of what nobody acknowledged, then put it on the phone list; how many documents that was about.

    On working days only, and each once. The reminder goes to the institution by every way it has; the phone list is
    the managing institution's, whose officers get a message.
    """
    days, today, parameters = working_calendar(s), clock.today(), rules(s)
    if not days.is_working_day(today):
        return 0
    remind = _since(days, today, deadlines.working_days("service_reminder_days", today, parameters))
    ring = _since(days, today, deadlines.working_days("service_call_days", today, parameters))
    about = set()
    for notice, record, document in _taken(s, service.unserved(s, remind, MOST)):
        if notice.reminded_at is None:
            sent_on = clock.local(notice.created_at).date().isoformat()
            facts = {"title": document.title, "number": document.number or "", "sent_on": sent_on}
            announce(s, record, "document_unacknowledged", document=None, context=facts)
            notice.reminded_at = clock.now()
            about.add(notice.id)
        elif notice.escalated_at is None and notice.created_at < ring:
            words = f"《{document.title}》送出后至今无人签收，已提醒一次；请电话送达并登记通话。"
            for one in holders(s, Role.MANAGING_OFFICER, record.managing_institution_id):
                tell(s, None, one.id or 0, MessageKind.ESCALATION, record, words)
            notice.escalated_at = clock.now()
            about.add(notice.id)
    return len(about)


def _taken(s: Session, rows: Sequence[Row]) -> Sequence[Row]:
    """Rows as they are now that they are locked; what was acknowledged meanwhile is left out."""
    for notice, _, _ in rows:
        s.refresh(notice, with_for_update=True)
    return [row for row in rows if row[0].acknowledged_at is None]


def _since(days: WorkingCalendar, today: date, count: int) -> datetime:
    """The instant before which something was sent at least `count` 工作日 ago."""
    day = today
    for _ in range(count):
        day -= _ONE_DAY
        while not days.is_working_day(day):
            day -= _ONE_DAY
    return clock.start_of(day + _ONE_DAY)
