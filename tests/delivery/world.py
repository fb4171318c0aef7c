"""莞邑银行, its cases, and what it is told: the stage of the tests in this folder."""

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from api.story.peers import WebhookPeer
from flows.delivery.dispatch import deliver_due
from flows.steps.notices import announce
from models import clock
from models.lifecycle import Board, Process, State
from models.records.attachment import Blob
from models.records.case import CaseRecord
from models.records.document import Document
from models.records.institution import InstitutionContact, WebhookEndpoint
from models.records.notice import Channel, Delivery, DeliveryAttempt, Notice

Opener = Callable[[], AbstractContextManager[Session]]
LETTER = b"PK a letter"


@dataclass
class World:
    """What the tests talk about: 莞邑银行 and what it is told."""

    open: Opener
    bank_id: int
    managing_id: int
    person_id: int
    cases: int = 0

    def contact(self, email: str = "loans@bank.example") -> None:
        """Give the bank a contact."""
        with self.open() as s:
            s.add(InstitutionContact(institution_id=self.bank_id, name="李敏", email=email))

    def endpoint(self, peer: WebhookPeer | None = None, url: str = "") -> None:
        """Give the bank a webhook endpoint."""
        with self.open() as s:
            address, secret = (peer.url, peer.secret) if peer else (url, "whsec_c2VjcmV0")
            s.add(WebhookEndpoint(institution_id=self.bank_id, url=address, secret=secret))

    def case(self, subject: str = "东莞市松湖精密有限公司") -> int:
        """Open a claim; return its id."""
        self.cases += 1
        with self.open() as s:
            case = CaseRecord(
                number=f"BC-2026-{self.cases:04d}",
                process=Process.CLAIM,
                process_version=1,
                board=Board.BANK,
                institution_id=self.bank_id,
                managing_institution_id=self.managing_id,
                subject=subject,
                amount="1250000.00",
                state=State.ACCEPTANCE,
                state_since=clock.now(),
                opened_at=clock.now(),
                opened_by=self.person_id,
            )
            s.add(case)
            s.flush()
            return case.id or 0

    def letter(self, case_id: int, *, for_applicant: bool = True) -> int:
        """Issue a document in a case; return its id."""
        sha256 = hashlib.sha256(LETTER).hexdigest()
        with self.open() as s:
            s.merge(Blob(sha256=sha256, size=len(LETTER), data=LETTER))
            s.flush()
            document = Document(
                case_id=case_id,
                code="D23",
                title="风险补偿决定通知书",
                organ_id=self.managing_id,
                number="东工信函〔2026〕12号",
                filename="BC-2026-0001 风险补偿决定通知书.docx",
                sha256=sha256,
                template_sha256="",
                context_sha256="",
                issued_at=clock.now(),
                issued_on=clock.today(),
                verification_code=f"V{case_id}{for_applicant}",
                for_applicant=for_applicant,
            )
            s.add(document)
            s.flush()
            return document.id or 0

    def tell(
        self, case_id: int, event: str = "claim_accepted", document_id: int | None = None, **facts: Any
    ) -> str:
        """Announce an event; return the notice's id."""
        with self.open() as s:
            document = s.get_one(Document, document_id) if document_id else None
            return str(
                announce(s, s.get_one(CaseRecord, case_id), event, document=document, context=facts).id
            )

    def deliver(self, patience: float = 5) -> int:
        """Send what is due."""
        return asyncio.run(deliver_due(self.open, patience=patience))

    def deliveries(self, channel: Channel) -> list[Delivery]:
        """Every delivery over a channel, oldest first."""
        with self.open() as s:
            return list(
                s.exec(select(Delivery).where(Delivery.channel == channel).order_by(col(Delivery.id)))
            )

    def delivery(self, channel: Channel) -> Delivery:
        """The only delivery over a channel."""
        (found,) = self.deliveries(channel)
        return found

    def notices(self) -> list[Notice]:
        """Every notice, oldest first."""
        with self.open() as s:
            return list(s.exec(select(Notice).order_by(col(Notice.created_at))))

    def attempts(self) -> list[DeliveryAttempt]:
        """Every try, oldest first."""
        with self.open() as s:
            return list(s.exec(select(DeliveryAttempt).order_by(col(DeliveryAttempt.id))))

    def make_due(self) -> None:
        """Let the back-off of every pending delivery be over, and every endpoint have rested."""
        with self.open() as s:
            for endpoint in s.exec(
                select(WebhookEndpoint).where(col(WebhookEndpoint.paused_until).is_not(None))
            ):
                endpoint.paused_until = clock.wall()
            for delivery in s.exec(select(Delivery).where(Delivery.state == "pending")):
                delivery.next_attempt_at = clock.wall()
