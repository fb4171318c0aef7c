"""Telling the applicant: a notice and its deliveries, written in the transaction of the event."""

import secrets
from typing import Any

from sqlmodel import Session

from flows.delivery.events import CaseFacts, DocumentFacts, context_of
from flows.delivery.outbox import CHANNEL
from flows.delivery.wording import word
from flows.kernel import Case, step
from models import clock, database
from models.records import institution
from models.records.case import CaseRecord
from models.records.document import Document, latest
from models.records.notice import Channel, Delivery, DeliveryState, Notice
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
    stored: dict[str, object] = {
        "case": _case(session, case).model_dump(mode="json"),
        "document": _document(document),
        "details": context,
    }
    facts = context_of(event, stored)
    words = word(event, facts)
    notice = Notice(
        event=event,
        case_id=_id(case.id),
        institution_id=case.institution_id,
        document_id=document.id if document else None,
        title=words.title,
        body=words.text,
        context=facts.model_dump(mode="json"),
        template_sha256=words.template_sha256,
        created_at=clock.now(),
    )
    session.add(notice)
    session.flush()
    session.add_all(_deliveries(session, notice))
    session.flush()
    database.notify(session, CHANNEL)
    return notice


def _deliveries(session: Session, notice: Notice) -> list[Delivery]:
    def delivery(channel: Channel, address: str = "", endpoint_id: int | None = None) -> Delivery:
        at_once = channel == Channel.PORTAL
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
            ack_token=secrets.token_urlsafe(24) if channel == Channel.EMAIL else None,
        )

    contacts = institution.contacts(session, notice.institution_id)
    mailboxes = {contact.email.strip().lower(): contact.email.strip() for contact in contacts}
    endpoints = institution.endpoints(session, notice.institution_id)
    return [
        delivery(Channel.PORTAL),
        *(delivery(Channel.EMAIL, mailbox) for mailbox in mailboxes.values() if mailbox),
        *(delivery(Channel.WEBHOOK, endpoint.url, endpoint.id) for endpoint in endpoints),
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
