"""The form of a POST, for pages whose fields are not known beforehand or come with files.

A page with a few fixed fields names them instead (`Annotated[Withdrawal, Form()]`).
"""

from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData

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
