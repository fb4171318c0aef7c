"""What every document says: its organ, number, day and reader."""

from datetime import date
from typing import TypedDict


class Common(TypedDict):
    """The fields of `flows.documents.contexts.DocumentContext`."""

    organ_name: str
    number: str | None
    issued_on: date
    recipient: str
    case_number: str
    verification_code: str | None
    verification_url: str | None
