"""Who owes a report of progress (追偿进展报告): 四（二）“后续跟踪”, half a year after the payment or the last report.

A claim is owed a report while less came back than was paid for it. What was withdrawn or refused reports nothing.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col
from sqlmodel import select as rows_of

from models import clock
from models.policy.recovery_checks import first_in_time, report_due
from models.records.case import CaseRecord
from models.records.claim import Claim
from models.records.notice import Notice
from models.records.recovery import NEVER_COUNTED, ZERO, Recovery
from models.records.rules import rules

REMINDER = "progress_overdue"
Reporting = aliased(CaseRecord)


def interval(s: Session) -> int:
    """The months from one report to the next, as the parameters have it today."""
    return rules(s).on(clock.today()).integer("recovery_report_months")


def since(s: Session) -> date:
    """The first day whose payment or report asks for no other yet."""
    return first_in_time(clock.today(), interval(s))


def unreported(first: date) -> ColumnElement[bool]:
    """Claims, as a condition, that were paid before `first` and reported of by nothing since."""
    of_claim = col(Reporting.about_id) == col(Claim.case_id)
    reported = (
        select(col(Recovery.id))
        .join(Reporting, col(Reporting.id) == col(Recovery.case_id))
        .where(
            of_claim,
            col(Recovery.progress) != "",
            col(Reporting.state).not_in(NEVER_COUNTED),
            col(Reporting.opened_at) >= clock.start_of(first),
        )
    )
    returned = (
        select(func.coalesce(func.sum(col(Recovery.returned)), ZERO))
        .join(Reporting, col(Reporting.id) == col(Recovery.case_id))
        .where(of_claim)
        .scalar_subquery()
    )
    return and_(
        col(Claim.voucher_date) < first,
        col(Claim.approved) > 0,  # in the order of the list's index
        col(Claim.paid) > 0,
        ~reported.exists(),
        col(Claim.paid) > returned,
    )


def to_remind(s: Session, most: int) -> Sequence[CaseRecord]:
    """Claims without a report whose bank was not reminded within the interval, the longest paid first."""
    first = since(s)
    told: Any = (
        select(col(Notice.id))
        .where(col(Notice.case_id) == col(CaseRecord.id), col(Notice.event) == REMINDER)
        .where(col(Notice.created_at) >= clock.start_of(first))
    )
    query = rows_of(CaseRecord).join(Claim, col(Claim.case_id) == col(CaseRecord.id))
    query = query.where(unreported(first), ~told.exists())
    return s.exec(query.order_by(col(Claim.voucher_date), col(CaseRecord.id)).limit(most)).all()


def missed(s: Session, claim_case_id: int) -> date:
    """The latest day by which a report of a claim should have come and did not."""
    query = (
        select(func.max(col(Reporting.opened_at)))
        .join(Recovery, col(Recovery.case_id) == col(Reporting.id))
        .where(
            col(Reporting.about_id) == claim_case_id,
            col(Recovery.progress) != "",
            col(Reporting.state).not_in(NEVER_COUNTED),
        )
    )
    reported = s.execute(query).scalar()
    paid_on = s.exec(rows_of(Claim).where(Claim.case_id == claim_case_id)).one().voucher_date
    before = clock.local(reported).date() if reported else paid_on or clock.today()
    months, count = interval(s), 1
    while report_due(before, months * (count + 1)) < clock.today():
        count += 1
    return report_due(before, months * count)
