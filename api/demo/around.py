"""What stands around the demonstration's cases: a session of the joint meeting, changes of registered loans, the
treasury's account."""

from datetime import date, timedelta

from sqlmodel import Session, col, select

from api.demo.play import person
from flows.actions.loans import changing
from flows.actions.meetings import convening
from models import clock
from models.lifecycle import Process, State
from models.records.case import CaseRecord
from models.records.loan import Loan, LoanState
from models.records.loan_change import ChangeKind
from models.records.two_people import Verdict
from models.roles import Role


def convene(s: Session, held_on: date) -> None:
    """A session to come, with every case that waits for the members' votes on its agenda."""
    secretary = person(s, Role.BUREAU_OFFICER, "GXJ")
    session = convening.convene(s, secretary, held_on.isoformat(), "市行政办事中心5号会议室（示例）")
    query = select(CaseRecord.number).where(CaseRecord.state == State.MEETING).order_by(col(CaseRecord.id))
    for number in s.exec(query):
        convening.put_on(s, secretary, session.id or 0, number)


def change_loans(s: Session) -> None:
    """Of two loans a bank filed, one is repaid early and confirmed, the other extended and waiting to be confirmed."""
    filer = person(s, Role.FILER, "GYB")
    query = (
        select(Loan)
        .join(CaseRecord, col(CaseRecord.id) == col(Loan.case_id))
        .where(
            CaseRecord.process == Process.FILING,
            Loan.institution_id == filer.institution_id,
            Loan.state == LoanState.REGISTERED,
            col(Loan.principal) < 50_000_000,
        )
    )
    repaid, extended = s.exec(query.order_by(col(Loan.id)).limit(2)).all()
    today = clock.today()
    why = {"reason": "企业回款提前（示例）", "document": "还款凭证（示例）"}
    typed = {"on": today.isoformat(), "repaid": "200000.00", **why}
    change = changing.propose(s, filer, repaid.id or 0, ChangeKind.PREPAYMENT, typed)
    reviewer = person(s, Role.MANAGING_OFFICER, "DJS")
    changing.decide(s, reviewer, change.id or 0, Verdict.CONFIRMED)
    later = extended.due_on + timedelta(days=180)
    typed = {"on": today.isoformat(), "new_due_on": later.isoformat()}
    typed |= {"reason": "订单回款延后（示例）", "document": "展期协议（示例）"}
    changing.propose(s, filer, extended.id or 0, ChangeKind.EXTENSION, typed)
