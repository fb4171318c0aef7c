"""Reports on the scheme as a whole: D34 quarterly, D35 annual."""

from datetime import date
from typing import Annotated

from pydantic import Field

from flows.documents.contexts.base import Count, DocumentContext, Frozen, Money, Text, Words


class ReportGroup(Frozen):
    """One board, institution, town or industry in the period: claims opened in it, what they ask for and were granted
    when the report was drafted; what was `paid` (by voucher) and came back in it (元), whenever it was asked for. `bar`
    draws `claimed` against the largest of its table."""

    label: Words
    claims: Count
    claimed: Money
    approved: Money
    paid: Money
    returned: Money
    bar: Text = ""


class ReportMonth(Frozen):
    """A month: cases opened and closed, and what was paid by voucher date (元); `bar` draws `paid`."""

    label: Words
    opened: Count
    closed: Count
    paid: Money
    bar: Text = ""


class ReportLimit(Frozen):
    """A limit as it stood at drafting, 元."""

    label: Words
    ceiling: Money
    paid: Money
    reserved: Money
    left: Money
    bar: Text = ""


class OperationReport(DocumentContext):
    """D34 and D35: the figures of the overview for a period, and the words of whoever drafted them.

    Amounts in 元. `claimed`, `approved` and `refused_cases` are those of claims opened in the period; `paid` and
    `returned` are what moved in it; `undecided`, `reserved` and `gap` stand as of drafting (`drawn_on`). `gap` is what
    would be missing in the year's budget if every undecided claim were approved as asked.
    """

    period: Words
    starts_on: date
    ends_on: date
    drawn_on: date
    filed_loans: Count
    filed_principal: Money
    claims: Count
    claimed: Money
    approved_cases: Count
    approved: Money
    refused_cases: Count
    paid_cases: Count
    paid: Money
    returned_cases: Count
    returned: Money
    undecided_cases: Count
    undecided: Money
    reserved_cases: Count
    reserved: Money
    gap: Money
    boards: tuple[ReportGroup, ...] = ()
    institutions: tuple[ReportGroup, ...] = ()
    towns: tuple[ReportGroup, ...] = ()
    industries: tuple[ReportGroup, ...] = ()
    months: Annotated[tuple[ReportMonth, ...], Field(min_length=1)]
    limits: tuple[ReportLimit, ...] = ()
    summary: Words
    problems: Text = ""
    plans: Text = ""
    prepared_by: Words
    approved_by: Words
