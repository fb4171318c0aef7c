"""Steps that fail: tried again a little later, then put before a person, who tries again once the cause is gone."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from sqlmodel import Session, select

from api.demo import play
from flows.actions.cases import incidents
from flows.actions.errors import ConflictError, ForbiddenError
from flows.kernel.process import PROCESSES
from flows.kernel.wake import BACK_OFF, MOST_ATTEMPTS, claim, make_due, run_case
from flows.steps import issuing
from models import clock
from models.database import session
from models.lifecycle import State
from models.records.case import Incident, open_incident
from models.records.document import of_case as documents_of
from models.records.reference import ClockSetting, sync_clock
from models.settings import get_settings
from tests.kernel.stage import (
    AFTER_NOTICE,
    MONDAY,
    actor,
    answer,
    case_of,
    check_everything,
    claim_at,
    open_tasks,
    traces,
)

Office = Callable[[], AbstractContextManager[Session]]


class DiskFullError(OSError):
    """What the failing step says."""


def full(*_: Any, **__: Any) -> Any:
    """A disk on which nothing can be written."""
    raise DiskFullError("no space left on device")


def accepted(number: int = 1) -> str:
    """A claim that has just been accepted and whose next step draws up a document; its number."""
    found = claim_at("acceptance", number)
    (task,) = open_tasks(found)
    answer("chenjiamin", task.id or 0)
    return found


def attempt(number: str) -> bool:
    """One wake-up if the case is due; whether it was."""
    with session() as s:
        due = claim(s, 1, [number])
    for case in due:
        with pytest.raises(DiskFullError):
            run_case(PROCESSES[case.process, case.version], case)
    return bool(due)


def until_it_is_an_incident(number: str) -> None:
    """Let every attempt fail, each after its pause."""
    moment = MONDAY
    for pause in (*BACK_OFF, timedelta(0)):
        with clock.at(moment):
            assert attempt(number)
        with clock.at(moment + pause / 2):
            assert not attempt(number)  # it waits, or a person must look
        moment += pause


@pytest.mark.usefixtures("office")
def test_a_step_that_keeps_failing_becomes_an_incident_and_goes_on_when_retried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pattern = accepted(1)
    play.run_due()
    number = accepted(2)
    with monkeypatch.context() as patch:
        patch.setattr(issuing, "render", full)
        until_it_is_an_incident(number)
    with session() as s:
        record = case_of(s, number)
        incident = open_incident(s, record.id or 0)
        assert incident is not None
        assert (incident.line, incident.attempts) == ("documents.draw_up", MOST_ATTEMPTS)
        assert incident.error == "DiskFullError: no space left on device"
        assert "DiskFullError" in incident.detail
        assert record.wake_at is None
        assert [d.code for d in documents_of(s, record.id or 0)] == ["D15"]
        make_due(s, [number])  # not even an operator's run wakes it before a person has looked
    assert not attempt(number)
    check_everything()

    with session() as s, pytest.raises(ForbiddenError):
        incidents.retry(s, actor(s, "chenjiamin"), incident.id or 0)
    with session() as s:
        incidents.retry(s, actor(s, "suwenbo"), incident.id or 0)
    play.run_due()
    with session() as s, pytest.raises(ConflictError, match="已经由他人重试"):
        incidents.retry(s, actor(s, "lizhiyuan"), incident.id or 0)
    expected = traces(pattern)
    assert traces(number) == expected | {
        "timeline": sorted([*expected["timeline"], "incident_raised", "incident_retried"])
    }
    check_everything()


@pytest.mark.usefixtures("office")
def test_a_retry_before_the_cause_is_gone_ends_in_a_new_incident(monkeypatch: pytest.MonkeyPatch) -> None:
    number = accepted()
    monkeypatch.setattr(issuing, "render", full)
    until_it_is_an_incident(number)
    with session() as s:
        first = s.exec(select(Incident)).one()
        incidents.retry(s, actor(s, "suwenbo"), first.id or 0)
    until_it_is_an_incident(number)
    with session() as s:
        assert [i.resolved_at is None for i in s.exec(select(Incident).order_by("id"))] == [False, True]
    check_everything()


@pytest.mark.usefixtures("office")
def test_one_failure_costs_a_pause_and_leaves_no_incident(monkeypatch: pytest.MonkeyPatch) -> None:
    number = accepted()
    with monkeypatch.context() as patch:
        patch.setattr(issuing, "render", full)
        assert attempt(number)
    with clock.at(MONDAY + BACK_OFF[0]):
        play.run_due()
    assert play.state_of(number) == State.FIRST_REVIEW
    with session() as s:
        assert case_of(s, number).attempts == 0
        assert s.exec(select(Incident)).all() == []
    check_everything()


@pytest.mark.usefixtures("office")
def test_a_failing_case_does_not_keep_others_from_going_on(monkeypatch: pytest.MonkeyPatch) -> None:
    sound, broken = claim_at("second_review", 2), accepted(1)
    monkeypatch.setattr(issuing, "render", full)
    assert attempt(broken)
    play.do(sound, "second_review")  # no document follows this gate
    assert play.state_of(sound) == State.OFFICE_REVIEW


@pytest.mark.usefixtures("office")
def test_a_claim_is_decided_only_together_with_its_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    number = claim_at("public_notice")
    with clock.at(AFTER_NOTICE):
        before = traces(number)
        with monkeypatch.context() as patch:
            patch.setattr(issuing, "render", full)
            assert attempt(number)  # the 决定通知书 could not be drawn up
        assert play.state_of(number) == State.PUBLIC_NOTICE
        assert traces(number) == before  # so it is not decided either: no entry, no event, no notice
    with clock.at(AFTER_NOTICE + BACK_OFF[0]):
        play.run_due()
    assert play.state_of(number) == State.FINANCE_REVIEW
    check_everything()


def follow_the_clock() -> None:
    """What a worker does before it looks for due cases."""
    with session() as s:
        sync_clock(s)
    play.run_due()


def test_a_moved_demo_clock_wakes_a_case_that_waits_for_a_date(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = claim_at("public_notice")
    monkeypatch.setenv("FENGBU_DEMO", "true")
    get_settings.cache_clear()
    before = clock.offset()
    try:
        with office() as s:
            due = case_of(s, number).wake_at
            assert due is not None and due > MONDAY
            assert claim(s, 50) == []
            moved = due + timedelta(minutes=1) - clock.wall()
            s.add(ClockSetting(id=1, offset_seconds=round(moved.total_seconds())))
        worker = Thread(target=follow_the_clock)  # a thread does not see this test's own instant
        worker.start()
        worker.join()
        assert play.state_of(number) == State.FINANCE_REVIEW
        check_everything()
    finally:
        clock.set_offset(before)
        get_settings.cache_clear()
