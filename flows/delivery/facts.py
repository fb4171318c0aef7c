"""The types facts are made of: immutable, complete, and each text on one line."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

# Controls and direction marks: a firm called "x\r\nBcc: …" must stay one line, and read as it is stored.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)


def one_line(value: str) -> str:
    """`value` on one line, without characters that would end a header or disguise a name."""
    return " ".join(_INVISIBLE.sub(" ", value).split())


def _line(value: object) -> object:
    return one_line(value) if isinstance(value, str) else value


Line = Annotated[str, BeforeValidator(_line)]
Words = Annotated[str, BeforeValidator(_line), Field(min_length=1)]
Yuan = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)]
Count = Annotated[int, Field(ge=0)]
Days = Annotated[int, Field(gt=0)]


class Facts(BaseModel):
    """Immutable facts; an unknown one is an error, never silently dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")
