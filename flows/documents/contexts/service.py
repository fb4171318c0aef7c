"""The proof of service: D40."""

from typing import Annotated

from pydantic import Field

from flows.documents.contexts.base import DocumentContext, Frozen, Words


class ServedDocument(Frozen):
    """One document that was served: how it went and arrived, what was done while nobody answered, who took it."""

    title: Words
    number: Words
    sent: Words
    ways: Annotated[tuple[Words, ...], Field(min_length=1)]
    chased: tuple[Words, ...] = ()
    acknowledged: Words


class ServiceReceipt(DocumentContext):
    """D40 送达回证: the chain of times of every document an applicant was served in a case."""

    applicant: Words
    subject: Words
    served: Annotated[tuple[ServedDocument, ...], Field(min_length=1)]
    prepared_by: Words
