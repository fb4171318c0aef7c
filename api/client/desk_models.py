"""What a reviewing side's system reads: tasks, what changed, colleagues' remarks; field by field as the API sends it."""

from datetime import datetime
from decimal import Decimal

from api.client.models import Answer, Enclosed


class AnswerChoice(Answer):
    """One answer a task may be given."""

    outcome: str
    label: str
    hint: str
    opinion_required: bool
    fields: list[str]


class Task(Answer):
    """A question one person answers; `yours`: this key's person may, `denied` says why not."""

    id: int
    case: str
    process: str
    board: str
    subject: str
    amount: Decimal
    gate: str
    title: str
    question: str
    clause: str
    state: str
    opened_at: datetime
    due_at: datetime
    corrected: bool
    assignee: str | None
    yours: bool
    denied: str
    answers: list[AnswerChoice]
    send_back_to: list[str]
    outcome: str | None
    opinion: str
    attachments: tuple[Enclosed, ...] = ()


class FieldChange(Answer):
    """A fact that changed."""

    label: str
    before: str
    after: str


class MaterialChange(Answer):
    """A material that was added, replaced or removed."""

    change: str
    title: str
    filename: str
    before: str
    material_id: int


class Said(Answer):
    """An opinion, or a remark."""

    by: str
    gate: str
    label: str
    words: str
    at: datetime
    attachments: list[int]


class PaperChange(Answer):
    """A document that was issued or declared void."""

    change: str
    document_id: int
    title: str
    number: str


class Changes(Answer):
    """What others changed in a case since `since`; `until` is where the next question begins."""

    since: datetime | None
    until: datetime
    fields: list[FieldChange]
    materials: list[MaterialChange]
    opinions: list[Said]
    comments: list[Said]
    documents: list[PaperChange]


class Colleague(Answer):
    """A person of a reviewing side."""

    id: int
    name: str
    institution: str
    roles: list[str]


class Comment(Answer):
    """A remark on a case."""

    id: int
    by: str
    at: datetime
    words: str
    attachments: tuple[Enclosed, ...] = ()


class Done(Answer):
    """What an act among colleagues answers: how many were told, or whether the case is followed."""

    people: int = 0
    followed: bool = False
