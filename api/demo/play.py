"""Playing cases on this thread: rows as the doors write them, people who answer, and the worker's loop.

For the demonstration's data, the benchmarks and the tests of the processes.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session, col, select

import flows.claim
import flows.filing
import flows.recovery  # noqa: F401 - registers the processes
from api.demo.people import create_institutions_and_people
from api.demo.secret import PASSWORD
from flows.actions.answers import answering, looking
from flows.actions.rules import budgeting
from flows.kernel.case import wake
from flows.kernel.process import PROCESSES, latest
from flows.kernel.wake import claim, run_case
from models import clock
from models.calendar import seed_rows
from models.database import session
from models.gates import APPLICANT_DUTY, Outcome
from models.lifecycle import Board, Process, State
from models.permissions import Actor
from models.policy.lpr import shipped_quotes
from models.policy.size_class import Size
from models.policy.uscc import check_character
from models.records.case import CaseRecord, next_number
from models.records.claim import Claim
from models.records.enterprise import Enterprise, WhiteListEntry
from models.records.institution import Institution, by_code
from models.records.loan import Loan, LoanState
from models.records.person import Person, PersonRole
from models.records.reference import CalendarDay, LprQuote
from models.records.task import Participation, Task, TaskState
from models.roles import Role

TOWNS = ("松山湖", "虎门镇", "长安镇", "厚街镇", "东城街道", "常平镇", "大朗镇")


def seed(s: Session, budget: str = "60000000.00") -> None:
    """Institutions, people, calendar, LPR and this year's budget."""
    create_institutions_and_people(s, PASSWORD)
    for row in seed_rows():
        s.add(CalendarDay(day=row.day, working=row.working, note=row.name, source=row.source))
    for quote in shipped_quotes():
        s.add(
            LprQuote(
                published_on=quote.published_on,
                one_year=quote.one_year,
                five_year=quote.five_year,
                source="全国银行间同业拆借中心公布",
            )
        )
    s.flush()
    give_budget(s, budget)


def give_budget(s: Session, amount: str, resolution: str = "东财〔2026〕18号（示例）") -> int:
    """Put an amount (元) into this year's budget: one person proposes, another confirms; how many cases it woke."""
    officer, confirmer = person(s, Role.BUREAU_OFFICER, "GXJ"), person(s, Role.FINANCE_OFFICER, "CZJ")
    change = budgeting.propose(
        s,
        officer,
        year=str(clock.today().year),
        amount=amount,
        resolution=resolution,
        reason="年度风险补偿资金预算安排",
    )
    return budgeting.confirm(s, confirmer, change.id or 0)


def person(s: Session, role: Role, code: str, place: int = 0) -> Actor:
    """The `place`-th person who holds `role` at the institution."""
    home = _home(s, code)
    query = (
        select(Person)
        .join(PersonRole, col(PersonRole.person_id) == col(Person.id))
        .where(Person.institution_id == home.id, PersonRole.role == role)
        .order_by(col(Person.id))
    )
    found = s.exec(query).all()[place]
    return Actor(found.id or 0, found.name, home.id or 0, frozenset({role}), home.files_board)


def _home(s: Session, code: str) -> Institution:
    found = by_code(s, code)
    if found is None:
        raise LookupError(f"no institution {code}")
    return found


def uscc(number: int) -> str:
    """A well-formed 统一社会信用代码 of an invented firm."""
    first = f"91441900MA5{number:06d}"
    return first + check_character(first)


def a_case(
    s: Session, process: Process, board: Board, applicant: str, amount: str, subject: str
) -> CaseRecord:
    """A submitted case, awake."""
    home, manages = _home(s, applicant), _home(s, "DJS")
    filer = person(s, Role.FILER, applicant)
    record = CaseRecord(
        number=next_number(s, process, clock.today().year),
        process=process,
        process_version=latest(process).version,
        board=board,
        institution_id=home.id or 0,
        managing_institution_id=manages.id or 0,
        subject=subject,
        amount=Decimal(amount),
        state_since=clock.now(),
        opened_at=clock.now(),
        opened_by=filer.person_id,
    )
    s.add(record)
    s.flush()
    s.add(
        Participation(
            case_id=record.id or 0,
            person_id=filer.person_id,
            duty=APPLICANT_DUTY,
            gate="submitted",
            at=clock.now(),
        )
    )
    wake(s, record)
    return record


def a_loan(s: Session, record: CaseRecord, number: int = 1, **changes: Any) -> Loan:
    """A loan of a filing: eligible unless `changes` say otherwise."""
    town = TOWNS[number % len(TOWNS)]
    firm = s.exec(select(Enterprise).where(Enterprise.uscc == uscc(number))).first()
    facts: dict[str, Any] = {
        "sector": "制造业",
        "industry": "工业",
        "employees": 60,
        "revenue_wan": Decimal("4200.00"),
        "assets_wan": Decimal("3000.00"),
        "size_class": Size.SMALL.value,
        "town": town,
    }
    if firm is None:
        firm = Enterprise(uscc=uscc(number), name=f"东莞市示例第{number}精密有限公司", **facts)
        s.add(firm)
        s.add(
            WhiteListEntry(
                uscc=uscc(number),
                firm_name=firm.name,
                batch="2024-1",
                recommended_by="市科技局",
                valid_from=date(2024, 1, 1),
            )
        )
        s.flush()
    guarantee = record.board == Board.GUARANTEE
    values: dict[str, Any] = {
        "case_id": record.id,
        "item": 1,
        "board": record.board,
        "institution_id": record.institution_id,
        "enterprise_id": firm.id,
        "uscc": firm.uscc,
        "firm_name": firm.name,
        **facts,
        "product": "流动资金贷款",
        "purpose": "购买原材料",
        "contract_number": f"HT-{number}",
        "receipt_number": f"JJ-{number}",
        "principal": Decimal("5000000.00"),
        "contract_date": date(2026, 3, 10),
        "disbursed_on": date(2026, 3, 12),
        "due_on": date(2027, 3, 11),
        "annual_rate_pct": Decimal("4.35"),
        "guarantee_method": "guarantor" if guarantee else "credit",
    }
    if guarantee:
        values |= {
            "lender_name": "示例银行",
            "national_fund_backed": True,
            "share_bank": 20,
            "share_national": 20,
            "share_provincial": 20,
            "share_city": 40,
            "share_other": 0,
        }
    loan = Loan(**{**values, **changes})
    s.add(loan)
    s.flush()
    return loan


def a_claim(
    s: Session, board: Board, applicant: str, unpaid: str, requested: str, **changes: Any
) -> CaseRecord:
    """A claim on a loan registered earlier, awake."""
    filed = a_case(s, Process.FILING, board, applicant, changes.get("principal", unpaid), "备案")
    number = changes.pop("number", 1)
    loan = a_loan(s, filed, number, **({"principal": Decimal(unpaid)} | changes))
    loan.state, loan.filing_number = LoanState.REGISTERED, f"{filed.number}-01"
    filed.subject, filed.uscc, filed.town = loan.firm_name, loan.uscc, loan.town
    filed.state, filed.closed_at, filed.wake_at = State.REGISTERED, clock.now(), None
    record = a_case(s, Process.CLAIM, board, applicant, requested, loan.firm_name)
    guarantee = board == Board.GUARANTEE
    s.add(
        Claim(
            case_id=record.id or 0,
            loan_id=loan.id or 0,
            opened_at=record.opened_at,
            overdue_since=date(2026, 5, 1),
            classification="次级",
            unpaid_principal=Decimal(unpaid),
            guarantor_paid=Decimal(unpaid) if guarantee else None,
            guarantor_paid_on=clock.today() - timedelta(days=20) if guarantee else None,
            fund_shares_confirmed=guarantee,
            cause="经营困难，停产。",
            recovery_plan="已起诉并申请执行。",
            requested=Decimal(requested),
            account_name="示例账户",
            account_number="6222000000000001",
            account_bank="示例银行",
        )
    )
    s.flush()
    return record


def run_due() -> None:
    """What a worker does: claim and run until nothing is due."""
    while True:
        with session() as s:
            due = claim(s, 50)
        if not due:
            return
        for case in due:
            run_case(PROCESSES[case.process, case.version], case)


def open_task(s: Session, number: str, gate: str) -> Task:
    """The open task of a case at a gate."""
    query = select(Task).where(Task.case_number == number, Task.gate == gate, Task.state == TaskState.OPEN)
    return s.exec(query.order_by(col(Task.seat))).first() or _nothing(s, number, gate)


def _nothing(s: Session, number: str, gate: str) -> Task:
    state = s.exec(select(CaseRecord.state).where(CaseRecord.number == number)).first()
    raise LookupError(f"{number} has no open task at {gate}; it stands at {state}")


AT = {
    "filing_review": (Role.MANAGING_OFFICER, "DJS", 0),
    "filing_second_review": (Role.MANAGING_HEAD, "DJS", 0),
    "acceptance": (Role.MANAGING_OFFICER, "DJS", 0),
    "first_review": (Role.MANAGING_OFFICER, "DJS", 1),
    "second_review": (Role.MANAGING_HEAD, "DJS", 0),
    "office_review": (Role.BUREAU_OFFICER, "GXJ", 0),
    "leader_approval": (Role.BUREAU_LEADER, "GXJ", 0),
    "objection": (Role.BUREAU_OFFICER, "GXJ", 1),
    "fund_request": (Role.BUREAU_OFFICER, "GXJ", 2),
    "finance_review": (Role.FINANCE_OFFICER, "CZJ", 0),
    "payment": (Role.FINANCE_TREASURER, "CZJ", 0),
    "recovery_review": (Role.MANAGING_OFFICER, "DJS", 0),
    "recovery_second_review": (Role.MANAGING_HEAD, "DJS", 0),
    "progress_note": (Role.MANAGING_OFFICER, "DJS", 0),
    "return_confirmation": (Role.FINANCE_TREASURER, "CZJ", 0),
}


def do(
    number: str, gate: str, outcome: Outcome = Outcome.APPROVE, opinion: str = "同意。", **fields: Any
) -> None:
    """One person answers one gate, and the worker runs."""
    with session() as s:
        task = open_task(s, number, gate)
        if gate in AT:
            actor = person(s, *AT[gate])
        elif gate == "meeting":
            found = s.get_one(Person, task.assignee_id)
            actor = Actor(found.id or 0, found.name, found.institution_id, frozenset({Role.MEETING_MEMBER}))
        else:
            actor = person(s, Role.FILER, s.get_one(Institution, task.applicant_id).code)
        if outcome is Outcome.APPROVE:
            looking.look_at_everything(s, actor, task.id or 0, "已核对原件（示例）")
        answering.answer(s, actor, task.id or 0, outcome, opinion=opinion, fields=fields)
    run_due()


def state_of(number: str) -> State:
    """Where the case stands."""
    with session() as s:
        return State(s.exec(select(CaseRecord.state).where(CaseRecord.number == number)).one())
