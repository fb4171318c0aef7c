"""What the API answers, typed. Amounts are Decimal (元). Fields this version does not know are ignored."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, PrivateAttr


class Answer(BaseModel):
    """The base: immutable, tolerant of fields that later versions add. `etag` is what a change must name."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    _etag: str = PrivateAttr("")

    @property
    def etag(self) -> str:
        """The validator it was read with."""
        return self._etag


class Fault(Answer):
    """One thing to correct: where in the body, and how."""

    pointer: str
    detail: str


class Me(Answer):
    """The institution and person a key acts for."""

    institution: str
    person: str
    board: str | None
    scopes: list[str]
    now: datetime
    server_time: datetime


class Waiting(Answer):
    """Whom a case waits for, and until when."""

    gate: str
    title: str
    party: str
    yours: bool
    due_on: date


class ToCorrect(Answer):
    """One item of a return (补正)."""

    where: str
    problem: str
    remedy: str
    clause: str
    points: list[str] = []
    """JSON pointers into the body of `correct`: what this item is about; empty if it names no place."""


class Claim(Answer):
    """The claim of a claim case."""

    loan_id: int
    requested: Decimal
    approved: Decimal | None
    refusal_reason: str
    notice_starts_on: date | None
    notice_ends_on: date | None
    paid: Decimal | None
    voucher_number: str
    voucher_date: date | None
    received: Decimal | None
    received_on: date | None


class Recovery(Answer):
    """The recovery of a recovery case; `due` and `due_on` once the notice says what is to be returned (元)."""

    claim_number: str
    action: str
    progress: str
    due: Decimal | None
    due_on: date | None
    returned: Decimal | None
    arrived_on: date | None
    refusal_reason: str


class Case(Answer):
    """A case. `waiting_for`, `to_correct`, `claim` and `recovery` are empty in lists."""

    number: str
    process: str
    board: str
    state: str
    state_name: str
    state_since: datetime
    subject: str
    amount: Decimal
    decided_amount: Decimal | None
    opened_at: datetime
    closed_at: datetime | None
    withdrawable: bool
    waiting_for: list[Waiting] = []
    to_correct: list[ToCorrect] = []
    claim: Claim | None = None
    recovery: Recovery | None = None

    @property
    def yours(self) -> bool:
        """Whether it waits for the institution itself."""
        return any(one.yours for one in self.waiting_for)


class Submission(Answer):
    """What waits for the institution's own checker; `state` is waiting, released, returned or withdrawn."""

    id: int
    kind: str
    title: str
    amount: Decimal
    state: str
    prepared_by: str
    prepared_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str
    case_number: str | None


class Loan(Answer):
    """A loan as filed; `id` is what a claim names."""

    id: int
    case: str
    item: int
    state: str
    state_name: str
    state_reason: str
    filing_number: str | None
    firm_name: str
    uscc: str
    contract_number: str
    receipt_number: str
    principal: Decimal


class Document(Answer):
    """An issued document."""

    id: int
    code: str
    title: str
    number: str | None
    issued_on: date
    state: str
    filename: str
    sha256: str


class Notice(Answer):
    """A notice of the inbox."""

    id: UUID
    event: str
    case: str
    title: str
    text: str
    document_id: int | None
    created_at: datetime
    opened_at: datetime | None
    acknowledged_at: datetime | None


class Event(Answer):
    """One event; the same id and data a webhook carries."""

    id: UUID
    type: str
    timestamp: datetime
    position: int
    data: dict[str, Any]


class Upload(Answer):
    """A file that was uploaded and can be named as a material."""

    id: UUID
    filename: str
    media_type: str
    size: int
    sha256: str


class Batch(Answer):
    """How far a batch is."""

    id: UUID
    state: str
    total: int
    checked: int
    filed: int
    cases: list[str]
    faults: list[Fault]

    @property
    def finished(self) -> bool:
        """Whether nothing more will be done to it."""
        return self.state in ("done", "refused")


class Enclosed(Answer):
    """A file that came with an opinion, a remark or an answer."""

    id: int
    filename: str
    media_type: str
    size: int
    sha256: str


class WarningReply(Answer):
    """The day by which a letter of warning is to be answered, and the answer; `words` is "" while there is none."""

    due_on: date
    words: str
    by: str | None
    at: datetime | None
    attachments: tuple[Enclosed, ...] = ()


class LoanChange(Answer):
    """A change or an anomaly of a registered loan; `verdict` is None while it waits. `warned` is the number of the letter
    of warning (风险提示函) about an anomaly, "" without one; `reply` what is owed or was answered."""

    id: int
    loan_id: int
    case: str
    number: str
    kind: str
    on: date
    new_due_on: date | None
    repaid: Decimal | None
    anomaly: str | None
    unpaid: Decimal | None
    measures: str
    warned: str
    reply: WarningReply | None
    before: dict[str, str]
    after: dict[str, str]
    reason: str
    document: str
    due_on: date
    verdict: str | None
    note: str
