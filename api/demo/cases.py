"""The demonstration's cases: some forty, in every stage, played through the actions and the kernel.

Run as ``python -m api.demo.cases``; does nothing when the database already has people. Institutions and firms are
invented and marked 示例; LPR, calendar and policy figures are real.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session, select

from api.demo import around, recoveries
from api.demo.play import a_case, a_claim, a_loan, do, person, run_due, seed
from flows.actions.rules import budgeting
from models import clock
from models.calendar import WorkingCalendar
from models.database import session
from models.gates import Outcome
from models.lifecycle import Board, Process, State
from models.records.loan import Loan
from models.records.person import Person
from models.records.reference import working_calendar
from models.roles import Role

LENT = 130
"""Working days ago: before every claim."""
BIG_LENDERS = (("GYB", 400_000_000), ("DJB", 700_000_000))
"""What the banks lent in the year besides the shown cases: the base of their 2 % (元)."""

CLAIM_GATES = (
    "acceptance", "first_review", "second_review", "office_review", "leader_approval",
    "finance_review", "payment", "receipt",
)  # fmt: skip
STOPS = (
    *("acceptance",) * 4, *("correction",) * 2, *("first_review",) * 4, *("second_review",) * 3,
    *("office_review",) * 3, *("leader_approval",) * 2, "meeting", *("public_notice",) * 2, "objection",
    *("finance_review",) * 2, *("payment",) * 2, *("receipt",) * 2, *("paid",) * 8, "refused", "not_accepted",
)  # fmt: skip
LONG_AGO = 14
"""Working days between one paid claim and the next: what was paid lies months back, as in an office at work."""
FILING_STOPS = (
    *("filing_review",) * 4, "correction", *("filing_second_review",) * 2, *("registered",) * 3, "filing_refused",
)  # fmt: skip


@dataclass(slots=True)
class Days:
    """Working mornings counted back from today."""

    calendar: WorkingCalendar
    today: date

    def back(self, working_days: int, hour: int = 2) -> datetime:
        """The instant `working_days` working days ago, at `hour` UTC."""
        day = self.today
        while working_days > 0 or not self.calendar.is_working_day(day):
            working_days -= bool(self.calendar.is_working_day(day))
            day -= timedelta(days=1)
        return datetime.combine(day, time(hour), clock.now().tzinfo)


def fill() -> str:
    """Write everything; a line that says what there is."""
    with session() as s:
        if s.exec(select(Person)).first() is not None:
            return "沿用上次的数据"
        seed(s)
        days = Days(working_calendar(s), clock.today())
    with clock.at(days.back(LENT)):
        with session() as s:
            for number, (bank, lent) in enumerate(BIG_LENDERS):
                _lending(s, bank, Decimal(lent), 900 + number * 10)
        run_due()
    total = 0
    for number, stop in enumerate(FILING_STOPS, start=1):
        _filing(number, stop, days)
        total += 1
    # the oldest first, so that document numbers run with the days
    for age, number, stop in sorted(_claims(), reverse=True):
        _claim(number, stop, days, age)
        total += 1
    total += recoveries.play_all()
    with session() as s:  # one change of the budget waits for its second person
        officer = person(s, Role.BUREAU_OFFICER, "GXJ")
        budgeting.propose(
            s, officer, year=str(clock.today().year), amount="10000000.00",
            resolution="东财〔2026〕93号（示例）", reason="四季度追加风险补偿资金",
        )  # fmt: skip
        around.convene(s, days.calendar.add_working_days(clock.today(), 3).day)
        around.change_loans(s)
    run_due()
    return f"{total} 件示例案件"


def _lending(s: Session, bank: str, total: Decimal, first: int) -> None:
    """Registered loans that make up a bank's lending of the year."""
    record = a_case(s, Process.FILING, Board.BANK, bank, str(total), "5笔贷款")
    for item in range(5):
        loan = a_loan(s, record, first + item, item=item + 1, principal=(total / 5).quantize(Decimal("0.01")))
        _register(loan, f"{record.number}-{item + 1:02d}")
    record.state, record.closed_at, record.wake_at = State.REGISTERED, clock.now(), None


def _register(loan: Loan, number: str) -> None:
    from models.records.loan import LoanState

    loan.state, loan.filing_number, loan.registered_at = LoanState.REGISTERED, number, clock.now()


def _filing(number: int, stop: str, days: Days) -> None:
    board, applicant = _applicant(number)
    moments = _moments(days, 6 if stop in ("registered", "filing_refused") else 2 + number % 4)
    loans = 1 + (number * 5) % 4
    with clock.at(next(moments)):
        with session() as s:
            amount = Decimal(f"{(1_200_000 + number * 310_000) * loans}.00")
            subject = f"东莞市示例第{number * 10}精密有限公司" if loans == 1 else f"{loans}笔贷款"
            record = a_case(s, Process.FILING, board, applicant, str(amount), subject)
            for item in range(loans):
                a_loan(s, record, number * 10 + item, item=item + 1, principal=amount / loans)
            case = record.number
        run_due()
    if stop == "filing_review":
        return
    with clock.at(next(moments)):
        if stop == "correction":
            do(case, "filing_review", Outcome.RETURN, "请一次补齐。", faults=FAULTS)
            return
        refused = stop == "filing_refused"
        opinion = "放款日企业不在白名单内，建议不予备案。" if refused else "资料齐全，符合备案条件。"
        do(case, "filing_review", Outcome.REFUSE if refused else Outcome.APPROVE, opinion)
    if stop != "filing_second_review":
        with clock.at(next(moments)):
            do(case, "filing_second_review")


FAULTS = [
    {"where": "还本付息明细", "problem": "缺少2026年6月以后流水", "remedy": "请补充至申请日的完整流水"},
    {"where": "贷款用途证明", "problem": "发票金额少于放款金额", "remedy": "请补充其余发票或书面说明"},
]


def _claims() -> Iterator[tuple[int, int, str]]:
    """Age, number and stop of every claim."""
    paid = 0
    for number, stop in enumerate(STOPS, start=101):
        yield _age(stop, number) + (LONG_AGO * paid if stop == "paid" else 0), number, stop
        paid += stop == "paid"


def _claim(number: int, stop: str, days: Days, age: int) -> None:
    board, applicant = _applicant(number)
    unpaid = 9_800_000 if stop == "meeting" else 400_000 + (number * 137) % 23 * 90_000
    share = Decimal("0.20") if board == Board.GUARANTEE else Decimal("0.80")
    requested = (Decimal(unpaid) * share).quantize(Decimal("0.01"))
    moments = _moments(days, age)
    with clock.at(next(moments)):
        with session() as s:
            case = a_claim(s, board, applicant, f"{unpaid}.00", str(requested), number=number).number
        run_due()
    if stop in ("correction", "not_accepted"):
        with clock.at(next(moments)):
            outcome = Outcome.RETURN if stop == "correction" else Outcome.REFUSE
            do(case, "acceptance", outcome, "材料不齐或不属于受理范围。", faults=FAULTS)
        return
    for gate in CLAIM_GATES:
        if gate == stop:
            return
        with clock.at(next(moments)):
            if stop == "refused" and gate == "leader_approval":
                do(case, gate, Outcome.REFUSE, "贷款用途与合同约定不符，不予补偿。", clause="三（四）")
                return
            do(case, gate, **_fields(gate, requested))
        if gate == "leader_approval":
            if stop in ("meeting", "public_notice"):
                return
            if stop == "objection":
                _object(case, next(moments))
                return
            for _ in range(6):  # the five working days of 公示
                next(moments)
            with clock.at(next(moments)):
                run_due()


def _age(stop: str, number: int) -> int:
    """How many working days ago a claim that stands at `stop` was made."""
    steps = {
        "correction": 2,
        "not_accepted": 3,
        "meeting": 7,
        "public_notice": 6,
        "objection": 8,
        "refused": 7,
    }
    if stop in steps:
        return steps[stop] + number % 2
    place = CLAIM_GATES.index(stop) if stop in CLAIM_GATES else len(CLAIM_GATES)
    return place + 1 + number % 4 + (9 if place > 4 else 0)


def _fields(gate: str, amount: Decimal) -> dict[str, Any]:
    today = clock.today().isoformat()
    if gate == "payment":
        return {"voucher_number": f"PZ{today.replace('-', '')}", "voucher_date": today}
    return {"received_on": today, "received_amount": str(amount)} if gate == "receipt" else {}


def _object(case: str, moment: datetime) -> None:
    from flows.actions.cases import objecting

    with clock.at(moment):
        with session() as s:
            officer = person(s, Role.BUREAU_OFFICER, "GXJ", 2)
            objecting.register(
                s, officer, case, "某市民（示例）", "电话登记", "反映该企业实际已恢复生产，请核实损失。"
            )
        run_due()


def _applicant(number: int) -> tuple[Board, str]:
    return ((Board.BANK, "GYB"), (Board.GUARANTEE, "GHD"), (Board.BANK, "DJB"))[number % 3]


def _moments(days: Days, age: int) -> Iterator[datetime]:
    """One instant a working day from `age` working days ago; never later than a minute ago."""
    latest = clock.now() - timedelta(minutes=1)
    for back in range(age, -1, -1):
        yield min(days.back(back), latest)
    while True:
        yield latest


if __name__ == "__main__":
    print(fill())  # noqa: T201 - the line the supervisor shows
