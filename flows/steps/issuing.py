"""Issuing a document: number, bytes, hash and register entry, in the transaction of whoever needs it."""

import secrets
from collections.abc import Callable

from sqlmodel import Session

from flows.documents import qr, versions
from flows.documents.contexts import DocumentContext
from flows.documents.engine import DOCUMENTS, render
from models import clock
from models.records import numbers
from models.records.attachment import keep
from models.records.document import Document, DocumentCase
from models.records.institution import Institution
from models.settings import get_settings

Compose = Callable[[str, str], DocumentContext]
"""From verification code and its address to the document's facts, without its number."""


def issue(
    s: Session,
    code: str,
    organ: Institution,
    suffix: str,
    reference: str,
    compose: Compose,
    *,
    case_id: int | None = None,
    shared_with: tuple[int, ...] = (),
    for_applicant: bool = False,
    replaces: int | None = None,
    loan_change_id: int | None = None,
) -> Document:
    """Issue the document `code` of `organ`. `suffix` follows the organ's 发文代字; `reference` (a case's number, a
    session's name) begins the file's name; `shared_with` are the cases a document of several cases is about; `replaces` is a void document it takes the place of."""
    kind, today = DOCUMENTS[code], clock.today()
    used = versions.in_force(s, code, today)
    check = "".join(secrets.choice(qr.ALPHABET) for _ in range(qr.CODE_LENGTH))
    context = compose(check, f"{get_settings().base_url}/v/{check}")
    # The number comes last: until this is committed, whoever needs the organ's next one waits.
    word = f"{organ.number_word}{suffix}" if kind.numbered else None
    serial = numbers.next_serial(s, organ.id or 0, word, today.year) if word else None
    number = numbers.written(word, today.year, serial) if word and serial else None
    context = context.under(number)
    made = render(code, context, used.template)
    keep(s, made.data)
    issued = Document(
        case_id=case_id,
        code=code,
        title=kind.title,
        organ_id=organ.id or 0,
        word=word,
        year=today.year if word else None,
        serial=serial,
        number=number,
        filename=f"{reference}-{kind.title}.docx",
        sha256=made.sha256,
        template_version=used.version,
        template_sha256=made.template_sha256,
        context_sha256=made.context_sha256,
        context=context.model_dump(mode="json"),
        issued_at=clock.now(),
        issued_on=today,
        verification_code=check,
        for_applicant=for_applicant,
        replaces_id=replaces,
        loan_change_id=loan_change_id,
    )
    s.add(issued)
    s.flush()
    s.add_all(DocumentCase(document_id=issued.id or 0, case_id=one) for one in shared_with)
    return issued
