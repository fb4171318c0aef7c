"""Telling an institution, or a member of the joint meeting: a notice and its deliveries, in the transaction of the event."""

import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel import Session

from flows.delivery.events import CaseFacts, DocumentFacts, context_of
from flows.delivery.office_events import OfficeFacts
from flows.delivery.outbox import CHANNEL
from flows.delivery.wording import word
from flows.kernel import Case, step
from models import clock, database
from models.records import institution
from models.records.case import CaseRecord
from models.records.document import Document, latest
from models.records.message import Message, MessageKind
from models.records.notice import Channel, Delivery, DeliveryState, Notice
from models.records.person import Person
from models.settings import get_settings


def announce(
    session: Session, case: CaseRecord, event: str, *, document: Document | None, context: dict[str, Any]
) -> Notice:
    """Write what the applicant is told of `event`, and one delivery per way to reach them.

    The portal has it at once; e-mail to every active contact and webhook to every active endpoint go out after
    the transaction. `context` holds the facts of the event (`flows.delivery.events.EVENTS`); KeyError for an
    unknown event, pydantic's ValidationError for wrong facts, ValueError for a document that is not for the
    applicant.
    """
    if document is not None and not document.for_applicant:
        raise ValueError(f"{document.code} {document.title} is not for the applicant to read")
    stored: dict[str, object] = {"case": _case(session, case).model_dump(mode="json")}
    about = {"case_id": _id(case.id), "institution_id": case.institution_id}
    notice = _written(session, event, stored, document, context, about)
    return _sent(session, notice, _to_institution(session, notice))


def tell_institution(
    session: Session, institution_id: int, event: str, office: OfficeFacts, context: dict[str, Any]
) -> Notice:
    """Tell an institution of something the office did that is about no case: one notice, by every way it has."""
    stored: dict[str, object] = {"case": None, "office": office.model_dump(mode="json")}
    notice = _written(session, event, stored, None, context, {"institution_id": institution_id})
    return _sent(session, notice, _to_institution(session, notice))


def tell_colleagues(
    session: Session,
    institution_id: int,
    event: str,
    office: OfficeFacts,
    context: dict[str, Any],
    people: Iterable[Person],
) -> Notice:
    """Tell an institution what happened among its own people: in its inbox and to its endpoints, and by e-mail to the
    `people` it concerns, who need not be its contacts."""
    stored: dict[str, object] = {"case": None, "office": office.model_dump(mode="json")}
    notice = _written(session, event, stored, None, context, {"institution_id": institution_id})
    mailboxes = dict.fromkeys(one.email.strip() for one in people)
    ways = [way for way in _to_institution(session, notice) if way.channel != Channel.EMAIL]
    ways += [_delivery(notice, Channel.EMAIL, mailbox) for mailbox in mailboxes if mailbox]
    return _sent(session, notice, ways)


def mail_person(
    session: Session,
    person: Person,
    meeting_id: int,
    event: str,
    office: OfficeFacts,
    context: dict[str, Any],
    document: Document | None = None,
) -> Notice:
    """Tell one member of a session of the joint meeting, by e-mail where they have one; 消息 is their portal inbox."""
    stored: dict[str, object] = {"case": None, "office": office.model_dump(mode="json")}
    about = {"meeting_id": meeting_id, "institution_id": person.institution_id, "person_id": person.id}
    notice = _written(session, event, stored, document, context, about)
    mailbox = person.email.strip()
    return _sent(session, notice, [_delivery(notice, Channel.EMAIL, mailbox)] if mailbox else [])


def leave_message(s: Session, to: int, kind: MessageKind, about: str, href: str, words: str) -> Message:
    """消息 of the system to one person of the reviewing sides about something that is no case."""
    message = Message(
        person_id=to, kind=kind, about=about[:120], href=href, words=words, sender="系统", at=clock.now()
    )
    s.add(message)
    return message


def _written(
    session: Session,
    event: str,
    stored: dict[str, object],
    document: Document | None,
    context: dict[str, Any],
    about: dict[str, Any],
) -> Notice:
    facts = context_of(event, {**stored, "document": _document(document), "details": context})
    words = word(event, facts)
    notice = Notice(
        event=event,
        document_id=document.id if document else None,
        title=words.title,
        body=words.text,
        context=facts.model_dump(mode="json"),
        template_sha256=words.template_sha256,
        created_at=clock.now(),
        **about,
    )
    session.add(notice)
    session.flush()
    return notice


def _sent(session: Session, notice: Notice, ways: Sequence[Delivery]) -> Notice:
    session.add_all(ways)
    session.flush()
    database.notify(session, CHANNEL)
    return notice


def _delivery(
    notice: Notice, channel: Channel, address: str = "", endpoint_id: int | None = None
) -> Delivery:
    at_once = channel == Channel.PORTAL
    acknowledged = channel == Channel.EMAIL and notice.case_id is not None
    return Delivery(
        notice_id=notice.id,
        institution_id=notice.institution_id,
        channel=channel,
        address=address,
        endpoint_id=endpoint_id,
        state=DeliveryState.DELIVERED if at_once else DeliveryState.PENDING,
        next_attempt_at=None if at_once else clock.wall(),
        queued_at=None if at_once else clock.wall(),
        delivered_at=notice.created_at if at_once else None,
        ack_token=secrets.token_urlsafe(24) if acknowledged else None,
    )


def _to_institution(session: Session, notice: Notice) -> list[Delivery]:
    contacts = institution.contacts(session, notice.institution_id)
    mailboxes = {contact.email.strip().lower(): contact.email.strip() for contact in contacts}
    endpoints = institution.endpoints(session, notice.institution_id)
    return [
        _delivery(notice, Channel.PORTAL),
        *(_delivery(notice, Channel.EMAIL, mailbox) for mailbox in mailboxes.values() if mailbox),
        *(_delivery(notice, Channel.WEBHOOK, endpoint.url, endpoint.id) for endpoint in endpoints),
    ]


def _case(session: Session, case: CaseRecord) -> CaseFacts:
    names = institution.names_on(session, clock.today())
    return CaseFacts(
        number=case.number,
        process=case.process,
        board=case.board,
        state=case.state,
        subject=case.subject,
        applicant=names[case.institution_id].name,
        managing=names[case.managing_institution_id].name,
        amount=case.amount,
        decided_amount=case.decided_amount,
        link=f"{get_settings().base_url}/cases/{case.number}",
    )


def _document(document: Document | None) -> dict[str, object] | None:
    if document is None:
        return None
    return DocumentFacts(
        code=document.code,
        title=document.title,
        number=document.number,
        filename=document.filename,
        sha256=document.sha256,
    ).model_dump(mode="json")


def _id(value: int | None) -> int:
    if value is None:
        raise ValueError("the case has not been stored yet")
    return value


@step()
def send(case: Case, /, event: str, *, document: str | None = None, **details: Any) -> None:
    """Tell the applicant of `event`, with the newest `document` (its code) of this case in force."""
    found = latest(case.session, case.id, document) if document else None
    announce(case.session, case.record, event, document=found, context=details)
