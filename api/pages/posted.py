"""What a request brings, read in one way: a form, a whole number, and the faults of a form by field.

A page with a few fixed fields names them (`Annotated[Withdrawal, Form()]`); `Posted` and `Texts` are for forms whose
fields are not known beforehand, or that come with files.
"""

from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData

from flows.actions.errors import FieldFault
from flows.documents.text import printable


async def _posted(request: Request) -> FormData:
    return await request.form()


Posted = Annotated[FormData, Depends(_posted)]
"""The form as sent: texts and uploads."""


def fields_of(form: FormData) -> list[tuple[str, str]]:
    """Its texts in the order of the page; one name may come several times."""
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


def texts(form: Posted) -> dict[str, str]:
    """Its texts by name, of several of one name the last, without characters a database or a page cannot carry."""
    return {name: printable(value) for name, value in fields_of(form)}


Texts = Annotated[dict[str, str], Depends(texts)]


def whole(text: str, digits: int = 9) -> int | None:
    """A number of at most so many digits, as it stands in an address or a form; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None


def by_field(faults: Iterable[FieldFault], prefix: str = "") -> dict[str, str]:
    """Faults by field name, without a prefix such as "loans.2."."""
    return {f.field.removeprefix(prefix): f.message for f in faults if f.field.startswith(prefix)}
