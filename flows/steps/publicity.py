"""Public notice (公示) and objections (异议)."""

from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from flows.kernel import Case, Decision, step
from flows.kernel.seats import end_of
from flows.steps.happened import happened
from models import clock
from models.policy import deadlines
from models.records import claim as claims
from models.records.claim import Objection
from models.records.reference import working_calendar
from models.records.rules import rules


@step()
def start(case: Case) -> datetime:
    """四（二）: announce the claim; the instant the last of its 工作日 ends."""
    today, last = period(case.session)
    claimed = claims.of_case(case.session, case.id)
    claimed.notice_started_on, claimed.notice_ends_on = today, last
    happened(case, "notice_started", starts=today.isoformat(), ends=last.isoformat())
    return end_of(clock.start_of(last + timedelta(days=1)))


def period(s: Session) -> tuple[date, date]:
    """The first and last day of a notice that starts now."""
    today = clock.today()
    return today, deadlines.due("public_notice_days", today, working_calendar(s), rules(s)).day


def newest(s: Session, case_id: int) -> Objection:
    """The objection that is being dealt with."""
    query = select(Objection).where(Objection.case_id == case_id).order_by(col(Objection.id).desc())
    return s.exec(query.limit(1)).one()


@step()
def settle_objection(case: Case, decision: Decision) -> None:
    """What was found about the newest objection is kept with it."""
    query = select(Objection).where(Objection.case_id == case.id).order_by(col(Objection.id).desc())
    objection = case.session.exec(query).first()
    if objection is not None:
        objection.findings = decision.opinion


@step()
def resume(case: Case, ends: datetime) -> datetime:
    """After an objection found without ground: the notice goes on for the working days that were left, at least one."""
    days = working_calendar(case.session)
    claimed = claims.of_case(case.session, case.id)
    query = select(Objection).where(Objection.case_id == case.id).order_by(col(Objection.id).desc())
    objection = case.session.exec(query).first()
    stopped = clock.local(objection.at).date() if objection else clock.today()
    left = max(days.working_days_between(stopped, clock.local(ends).date()).days, 1)
    due = days.add_working_days(clock.today(), left)
    claimed.notice_ends_on = due.day
    return end_of(clock.start_of(due.day + timedelta(days=1)))


@step()
def end(case: Case) -> None:
    """The notice period is over without an objection that stands."""
    happened(case, "notice_ended")
