"""What every document says: its organ, number, day and reader."""

from datetime import date
from typing import TypedDict


class Common(TypedDict):
    """The fields of `flows.documents.contexts.DocumentContext`; the number is given when it is issued."""

    organ_name: str
    issued_on: date
    recipient: str
    case_number: str
    verification_code: str | None
    verification_url: str | None
