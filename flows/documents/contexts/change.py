"""Documents of a change of a registered loan: D11, D11C; of an anomaly: D13, D14."""

from datetime import date
from typing import Annotated

from pydantic import Field

from flows.documents.contexts.base import Board, Contact, DocumentContext, Frozen, Money, Text, Words
from flows.documents.contexts.rows import CheckRow, LoanFacts


class ChangedItem(Frozen):
    """One thing that became different: what it was, what it is."""

    item: Words
    before: Text
    after: Words


class OfChange(DocumentContext):
    """What both documents of a change say: the loan with its first filing, and the change.

    `case_number` is the filing's. `first_number` is the 文号 of its 备案确认书, empty if it has none. `failing` are
    the checks of the filing that the loan fails with the change.
    """

    board: Board
    loan: LoanFacts
    first_number: Text = ""
    change_number: Words
    proposed_on: date
    happened_on: date
    failing: tuple[CheckRow, ...] = ()


class LoanChangeForm(OfChange):
    """D11 变更（展期）备案表 of the institution, with what the managing institution (`recipient`) decided."""

    what: Words
    items: Annotated[tuple[ChangedItem, ...], Field(min_length=1)]
    reason: Words
    source_document: Words
    proposed_by: Words
    confirmed_by: Words
    confirmed_on: date
    remark: Text = ""


class ExtensionConfirmation(OfChange):
    """D11C 续备案确认书 of the managing institution: the loan's maturity before and after, what is left of it (元)."""

    due_before: date
    due_after: date
    outstanding: Money
    rule_version: Words
    contact: Contact


class OfAnomaly(DocumentContext):
    """What both documents of an anomaly say: the loan, what was seen on which day, and what is not paid back (元).

    `case_number` is the filing's, `change_number` the report's own.
    """

    board: Board
    loan: LoanFacts
    change_number: Words
    proposed_on: date
    happened_on: date
    anomaly: Words
    unpaid: Money
    reason: Words
    measures: Words


class AnomalyReport(OfAnomaly):
    """D13 入库项目异常情况表 of the institution, with what the managing institution (`recipient`) says of it."""

    source_document: Words
    proposed_by: Words
    confirmed_by: Words
    confirmed_on: date
    remark: Text = ""


class RiskWarning(OfAnomaly):
    """D14 风险提示函 of the managing institution: the sign that was seen, the standard it is measured against, what is
    asked, and by which day the institution answers (`reply_days` 工作日; `due_provisional` across an unpublished year)."""

    standard: Words
    request: Words
    reply_days: Annotated[int, Field(gt=0)]
    reply_by: date
    due_provisional: bool = False
    contact: Contact
