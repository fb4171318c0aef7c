"""What every document knows, and the value types documents are made of."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from flows.documents.text import printable
from models.money import FEN, LARGEST, ZERO


def _clean(value: object) -> object:
    return printable(value).strip() if isinstance(value, str) else value


def _fen(value: Decimal) -> Decimal:
    return value.quantize(FEN)


def _amount(value: object, checked: ValidatorFunctionWrapHandler) -> object:
    # An amount as our tables have it is taken as it is; looking into its digits takes longer than all else of a row.
    if type(value) is Decimal and value.same_quantum(FEN) and ZERO <= value <= LARGEST:
        return value
    return checked(value)


def _plain(value: Decimal) -> Decimal:
    # 0.50 and 0.5 are one ratio: stored contexts of equal documents must be equal.
    return value.normalize() + 0


def _digits(value: Decimal) -> str:
    return format(value, "f")


AS_DIGITS = PlainSerializer(_digits, return_type=str, when_used="json")

Text = Annotated[str, BeforeValidator(_clean)]
"""A text without control characters; may be empty."""

Words = Annotated[str, Field(min_length=1), BeforeValidator(_clean)]
"""A text that has to say something."""

Money = Annotated[
    Decimal,
    Field(ge=0, max_digits=14, decimal_places=2),
    AfterValidator(_fen),
    WrapValidator(_amount),
]
"""元 with two decimals, below 1 万亿元; more decimals are refused, not rounded."""

Ratio = Annotated[Decimal, Field(ge=0, le=1), AfterValidator(_plain), AS_DIGITS]
"""A share of 1 (0.8 is printed 80%)."""

RatePercent = Annotated[Decimal, Field(ge=0, le=100), AfterValidator(_plain), AS_DIGITS]
"""A yearly interest rate in percent (4.35 is printed 4.35%)."""

Count = Annotated[int, Field(ge=0)]
Board = Literal["bank", "guarantee"]
CheckResult = Literal["pass", "fail", "human"]


class Frozen(BaseModel):
    """An immutable value; an unknown field is an error, never silently dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DocumentContext(Frozen):
    """The facts every document carries. Stored as JSON, it renders to the same bytes for ever.

    `organ_name` is the name the signing organ had on `issued_on`; `number` is the complete 文号 (or None
    where none is given); `recipient` is the 主送, empty where a document has none. `verification_url` is the
    public page that confirms the document; it ends in `verification_code`.
    """

    organ_name: Words
    number: Words | None = None
    issued_on: date
    recipient: Text = ""
    case_number: Words
    verification_code: Words | None = None
    verification_url: Words | None = None

    def under(self, number: str | None) -> Self:
        """The same facts under this 文号."""
        return self.model_copy(update={"number": number})


class Contact(Frozen):
    """Whom the reader may ask."""

    person: Words
    phone: Words
    address: Text = ""
    email: Text = ""


class Objection(Frozen):
    """Where and within how many 工作日 the reader may object."""

    organ: Words
    working_days: Annotated[int, Field(gt=0)]
    contact: Contact


class Account(Frozen):
    """A receiving account, shown in full only in documents to the payer and the payee."""

    name: Words
    bank: Words
    number: Words
