"""Rows that several documents share: loans, checks, calculation lines, opinions."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from flows.documents.contexts.base import (
    CheckResult,
    Count,
    Frozen,
    Money,
    RatePercent,
    Ratio,
    Text,
    Words,
)


class CalcLine(Frozen):
    """One line of a calculation: what, how it is worked out, by which clause, how much (元).

    `amount` is None for a line that is no amount (a ratio, an unlimited cap); `binding` marks the limit
    that decided the result.
    """

    no: Annotated[int, Field(gt=0)]
    label: Words
    basis: Text
    clause: Text
    amount: Money | None
    binding: bool = False


class CheckRow(Frozen):
    """One check: the value found, what was expected, where the value stands, by which clause, the result; and for one
    a person had to look at, who did, on which day, and what they noted."""

    label: Words
    value: Text
    expected: Text
    source: Text
    clause: Text
    result: CheckResult
    looked_by: Text = ""
    looked_on: date | None = None
    remark: Text = ""


class PaperRow(Frozen):
    """One thing that was typed (材料与填报核对), and where the uploaded materials show it: `places` names each material
    that is to show it with the page, or with the reason why a person has to look. `agreement`: found in all of them,
    in some, in none."""

    fact: Words
    value: Words
    places: Annotated[tuple[Words, ...], Field(min_length=1)]
    agreement: Literal["all", "some", "none"]


class Opinion(Frozen):
    """One answer in the chain of opinions. `person` may read "王立群 代 李敏"; a voided one stays visible."""

    gate: Words
    organ: Words
    person: Words
    answer: Words
    opinion: Text
    on: date
    voided: bool = False


class RiskShare(Frozen):
    """One party's share of the loss, and its amount (元) where a loss is known."""

    party: Words
    share: Ratio
    amount: Money | None = None


class LoanFacts(Frozen):
    """The loan a claim is about. `lender` is the bank behind a guaranteed loan; the contract numbers of
    guarantee and counter-guarantee stay empty on the bank board."""

    borrower: Words
    uscc: Words
    size_class: Words
    lender: Words
    contract_number: Words
    receipt_number: Words
    guarantee_contract_number: Text = ""
    entrustment_contract_number: Text = ""
    principal: Money
    disbursed_on: date
    due_on: date
    rate_percent: RatePercent
    purpose: Text = ""
    security: Text = ""
    filing_number: Words


class Fault(Frozen):
    """One thing to correct: where it is, what is wrong with the fact, what to do, by which clause."""

    no: Annotated[int, Field(gt=0)]
    where: Words
    problem: Words
    remedy: Words
    clause: Text = ""


class Reason(Frozen):
    """One reason of a refusal: the established fact and the clause it fails."""

    no: Annotated[int, Field(gt=0)]
    fact: Words
    clause: Words


class Material(Frozen):
    """One item of a claim's enclosures; `note` says pages or why it does not apply."""

    no: Annotated[int, Field(gt=0)]
    title: Words
    note: Text = ""


class ClockStop(Frozen):
    """One time the clock stood still: first and last day, and how many 工作日 that was."""

    from_on: date
    to_on: date
    working_days: Count
