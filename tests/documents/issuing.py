"""Issuing real documents through the step that processes use, without carrying a process on."""

from sqlmodel import Session, select

from flows.kernel.case import Case
from flows.steps import documents
from models.records.case import CaseRecord
from models.records.document import Document
from tests import builders


def issue(s: Session, number: str, code: str) -> Document:
    """Draw a document of the case up in this transaction, as its step does."""
    record = s.exec(select(CaseRecord).where(CaseRecord.number == number)).one()
    made = documents.draw_up.__wrapped__(Case(s, record, []), code)  # type: ignore[attr-defined]
    s.flush()
    return s.get_one(Document, made)


def reviewed_claim() -> str:
    """A claim of the bank after 受理, 初审 and 复核: several letters, with and without a number; its case number."""
    builders.budget()
    number = builders.claimed()
    for login in ("chenjiamin", "wangliqun", "zhoubingwen"):
        builders.answer(number, login)
    return number
