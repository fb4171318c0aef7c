"""Whatever people, the clock and failing steps do, in whatever order: a case always waits for someone, for a date or
for a repair, or is over; nobody has two duties; money and numbers add up."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import Session, col, select

from api.demo import play, recoveries
from flows.actions.answers import answering, looking, sitting
from flows.actions.applications import withdrawing
from flows.actions.cases import incidents, objecting
from flows.actions.colleagues import passing, telling
from flows.actions.errors import ConflictError, ForbiddenError, NotThereError
from flows.kernel.process import PROCESSES
from flows.kernel.wake import claim, run_case
from flows.steps import issuing
from models import clock
from models.database import session
from models.gates import GATES, Outcome
from models.lifecycle import Board, Process, State
from models.permissions import Actor
from models.records import ledger
from models.records.case import CaseRecord, Incident
from models.records.claim import of_case as claims_of
from models.records.ledger import AccountKind
from models.records.person import Person, PersonRole
from models.records.stand_in import Recusal
from models.records.task import Added, Task, TaskState
from models.roles import Party
from tests.kernel.arranging import Arranging
from tests.kernel.stage import MONDAY, actor, case_of, check_case, check_everything
from tests.ledger.cases import calculated

Office = Callable[[], AbstractContextManager[Session]]
FIELDS: dict[str, Any] = {
    "faults": [{"where": "申请表", "problem": "金额有误", "remedy": "更正金额"}],
    "voucher_number": "PZ-1",
    "voucher_date": "2026-10-28",
    "received_on": "2026-10-28",
    "received_amount": "1000000.00",
    "clause": "三（三）",
    "returned_on": "2026-10-28",
    "returned_amount": "19000.00",
    "slip_number": "FH-1",
    "arrived_on": "2026-10-28",
}
ROOM = Decimal("1500000.00")
"""Of two claims of 1,000,000 元 one finds room: the other waits in line, or is calculated anew."""
PLACES = count(1)
VERBS = (
    "claim",
    "release",
    "nudge",
    "transfer",
    "delegate",
    "advise",
    "recall",
    "remove",
    "take back",
    *Added,
)


class DiskFullError(OSError):
    """What a step says while the disk is full."""


def full(*_: Any, **__: Any) -> Any:
    """A disk on which nothing can be written."""
    raise DiskFullError("no space left on device")


class Days(Arranging):
    """Days of an office with one filing, two claims, and the recovery of a third that was paid."""

    def __init__(self) -> None:
        super().__init__()
        self.now = MONDAY
        self.patch = pytest.MonkeyPatch()
        self.numbers: list[str] = []

    @initialize()
    def cases_arrive(self) -> None:
        with clock.at(self.now), session() as s:
            year = str(clock.today().year)
            budget = ledger.opened(s, AccountKind.BUDGET, year, year)
            ledger.keep_ceiling(s, budget, budget.used + ROOM, "示例")
            filed = play.a_case(s, Process.FILING, Board.GUARANTEE, "GHD", "5000000.00", "2 笔贷款")
            for item in (1, 2):
                play.a_loan(s, filed, next(PLACES), item=item)
            claims = [
                play.a_claim(s, Board.GUARANTEE, "GHD", "5000000.00", "1000000.00", number=next(PLACES))
                for _ in (1, 2)
            ]
            paid = play.a_claim(s, Board.GUARANTEE, "GHD", "5000000.00", "1000000.00", number=next(PLACES))
            paid.wake_at = None
        with clock.at(self.now):
            calculated(paid.number, "1000000.00")
            with session() as s:
                record = case_of(s, paid.number)
                record.state, record.closed_at, record.lease_token = State.PAID, self.now, None
                claims_of(s, record.id or 0).paid = Decimal("1000000.00")
                found = recoveries.register(
                    s, paid.number, [(self.now.date(), "95000.00")], progress="已划扣。"
                )
            self.numbers = [filed.number, *(c.number for c in claims), found.number]
        self.work()

    def work(self) -> None:
        """The worker, until nothing is due and nothing waits to be tried again."""
        while True:
            with clock.at(self.now):
                with session() as s:
                    due = claim(s, 50)
                for case in due:
                    try:
                        run_case(PROCESSES[case.process, case.version], case)
                    except DiskFullError:
                        assert issuing.render is full
            if not due:
                with session() as s:
                    paused = select(CaseRecord.id).where(
                        CaseRecord.attempts > 0, col(CaseRecord.wake_at).is_not(None)
                    )
                    if s.exec(paused).first() is None:
                        return
                self.now += timedelta(seconds=20)

    @rule(data=st.data(), answers=st.integers(1, 5))
    def people_answer(self, data: st.DataObject, answers: int) -> None:
        for _ in range(answers):
            self.somebody_answers(data)
            self.every_case_waits_for_somebody_or_something()

    def somebody_answers(self, data: st.DataObject) -> None:
        with session() as s:
            query = select(Task).where(Task.state == TaskState.OPEN, col(Task.case_number).in_(self.numbers))
            seats = s.exec(query.order_by(col(Task.id))).all()
            if not seats:
                return
            seat = data.draw(st.sampled_from(seats), label="task")
            who = data.draw(st.sampled_from(holders(s, seat)), label="person")
        gate = GATES[seat.gate]
        usual = [Outcome.APPROVE] * 3  # most days are ordinary, so that cases come far
        outcome = data.draw(
            st.sampled_from([*usual, *(a.outcome for a in sitting.choices(seat))]), label="outcome"
        )
        fields = dict(FIELDS)
        if outcome is Outcome.SEND_BACK:
            fields["target"] = data.draw(st.sampled_from(gate.send_back_to), label="target").value
        if seat.gate == "office_review":
            fields["to_meeting"] = data.draw(st.booleans(), label="to_meeting")
        try:
            with clock.at(self.now), session() as s:
                if outcome is Outcome.APPROVE:
                    looking.look_at_everything(s, who, seat.id or 0)
                answering.answer(s, who, seat.id or 0, outcome, opinion="说明。", fields=fields)
        except ForbiddenError:
            return  # they had another duty in the case; the invariants see that nothing was recorded
        self.work()

    @rule(data=st.data(), verb=st.sampled_from(VERBS))
    def colleagues_pass_it_on(self, data: st.DataObject, verb: str) -> None:
        """转办, 委派, 加签, 减签, 拿回 by anyone on anything: mostly refused, never the end of a case."""
        with session() as s:
            query = select(Task).where(col(Task.case_number).in_(self.numbers)).order_by(col(Task.id).desc())
            seats = s.exec(query.limit(6)).all()
            if not seats:
                return
            seat = data.draw(st.sampled_from(seats), label="task")
            people = holders(s, seat)
            who = data.draw(st.sampled_from(people), label="person")
            other = data.draw(st.sampled_from(people), label="colleague")
        key = seat.id or 0
        try:
            with clock.at(self.now), session() as s:
                match verb:
                    case "claim":
                        answering.claim(s, who, key)
                    case "release":
                        answering.release(s, who, key)
                    case "nudge":
                        telling.nudge(s, actor(s, "lizhiyuan"), key)
                    case "transfer":
                        passing.transfer(s, who, key, other.person_id, "外出")
                    case "delegate":
                        passing.delegate(s, who, key, other.person_id, "请核")
                    case "advise":
                        passing.advise(s, who, key, "已核")
                    case "recall":
                        passing.recall(s, who, key)
                    case "remove":
                        passing.remove_signer(s, who, key)
                    case "take back":
                        passing.take_back(s, who, key, "更正")
                    case how:
                        passing.add_signer(s, who, key, other.person_id, Added(how), "请核")
        except (ConflictError, ForbiddenError, NotThereError):
            return
        self.work()

    @rule(days=st.integers(1, 9))
    def days_go_by(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.work()

    @rule(place=st.integers(0, 3), sure=st.integers(0, 2))
    def the_applicant_withdraws(self, place: int, sure: int) -> None:
        if not sure:
            return  # otherwise few cases would come to their end
        try:
            with clock.at(self.now), session() as s:
                withdrawing.withdraw(s, actor(s, "tanjunhao"), self.numbers[place], "企业已还款")
        except ConflictError:
            return  # decided, or over
        self.work()

    @rule(place=st.integers(1, 2))
    def somebody_objects(self, place: int) -> None:
        try:
            with clock.at(self.now), session() as s:
                objecting.register(
                    s, actor(s, "xiechuyun"), self.numbers[place], "供应商", "0769", "已恢复生产"
                )
        except ConflictError:
            return  # not announced
        self.work()

    @rule()
    def the_disk_fills_up(self) -> None:
        self.patch.setattr(issuing, "render", full)

    @rule()
    def the_disk_is_mended_and_incidents_are_retried(self) -> None:
        self.patch.undo()
        with clock.at(self.now), session() as s:
            for found in s.exec(select(Incident).where(col(Incident.resolved_at).is_(None))).all():
                incidents.retry(s, actor(s, "suwenbo"), found.id or 0)
        self.work()

    @invariant()
    def every_case_waits_for_somebody_or_something(self) -> None:
        with session() as s:
            for record in s.exec(select(CaseRecord).where(col(CaseRecord.number).in_(self.numbers))):
                check_case(s, record)

    def teardown(self) -> None:
        self.the_disk_is_mended_and_incidents_are_retried()
        check_everything()
        with session() as s:  # nobody keeps out of the next example
            for one in s.exec(select(Recusal).where(col(Recusal.ended_at).is_(None))):
                one.ended_at = self.now
        with session() as s:  # an example does not run the cases of those before
            for record in s.exec(select(CaseRecord).where(col(CaseRecord.wake_at).is_not(None))):
                record.wake_at, record.closed_at, record.state = None, self.now, "withdrawn"  # type: ignore[assignment]


def holders(s: Session, seat: Task) -> list[Actor]:
    """Everyone who might sit there, also those who may not in this very case."""
    if GATES[seat.gate].party is Party.MEETING:
        return [actor(s, s.get_one(Person, seat.assignee_id).login)]
    query = (
        select(Person.login)
        .join(PersonRole, col(PersonRole.person_id) == col(Person.id))
        .where(PersonRole.role == seat.role, Person.institution_id == seat.institution_id)
        .order_by(col(Person.id))
    )
    return [actor(s, login) for login in s.exec(query)]


@pytest.mark.usefixtures("office")
def test_a_case_always_waits_for_somebody_or_something_or_is_over() -> None:
    run_state_machine_as_test(
        Days,
        settings=settings(
            max_examples=10,
            stateful_step_count=20,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
