"""Operations: stopped cases are tried again, and the demo's time goes forward."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlmodel import Session, select

from models import clock
from models.calendar import seed_rows
from models.lifecycle import Board, Process
from models.records import institution
from models.records.case import CaseRecord, Incident
from models.records.notice import Channel, Delivery, DeliveryState
from models.records.reference import CalendarDay, ClockSetting, WorkerBeat
from tests.doors.conftest import Server
from tests.doors.test_notices import told
from tests.seed import actor

Db = Callable[[], AbstractContextManager[Session]]
ADMIN = "suwenbo"
MANAGER = "lizhiyuan"


def stopped_case(s: Session) -> int:
    """A claim of 莞邑银行 that stopped with an error; the incident's id."""
    bank, centre = institution.by_code(s, "GYB"), institution.by_code(s, "DJS")
    assert bank is not None and centre is not None
    case = CaseRecord(
        number="BC-2026-0001",
        process=Process.CLAIM,
        process_version=1,
        board=Board.BANK,
        institution_id=bank.id or 0,
        managing_institution_id=centre.id or 0,
        subject="东莞市示例模具有限公司",
        amount=Decimal("8000000.00"),
        state_since=clock.now(),
        opened_at=clock.now(),
        opened_by=actor(s, "linwanyi").person_id,
    )
    s.add(case)
    s.flush()
    incident = Incident(
        case_id=case.id or 0,
        raised_at=clock.now(),
        line="documents.draw_up",
        error="<b>模板</b>缺字段",
        attempts=5,
    )
    s.add(incident)
    s.flush()
    return incident.id or 0


def test_a_stopped_case_is_listed_and_retried_by_the_manager(server: Server, db: Db) -> None:
    with db() as s:
        incident_id = stopped_case(s)
    client = server.client(MANAGER)
    page = client.get("/admin").text
    assert "BC-2026-0001" in page
    assert "&lt;b&gt;模板&lt;/b&gt;缺字段" in page
    assert client.post(f"/admin/incidents/{incident_id}/retry").headers["location"] == "/admin?done=retried"
    with db() as s:
        assert s.get_one(Incident, incident_id).resolved_by == actor(s, MANAGER).person_id
        assert s.exec(select(CaseRecord)).one().wake_at is not None
    assert "没有异常案件" in client.get("/admin").text
    again = client.post(f"/admin/incidents/{incident_id}/retry")
    assert again.status_code == 409
    assert "已经由他人重试" in again.text


def test_what_could_not_be_delivered_is_an_incident_with_its_reason_until_it_is_sent_again(
    server: Server, db: Db
) -> None:
    with db() as s:
        told(s)
        delivery = s.exec(select(Delivery).where(Delivery.channel == Channel.EMAIL)).one()
        delivery.state, delivery.last_error = DeliveryState.PARKED, "退信：5.1.1 <b>no such user</b>"
    client = server.client(MANAGER)
    page = client.get("/admin").text
    assert "退信：5.1.1 &lt;b&gt;no such user" in page
    assert f"/notices/deliveries/{delivery.id}/resend" in page
    assert client.post(f"/notices/deliveries/{delivery.id}/resend").status_code == 303
    assert "没有搁置的通知" in client.get("/admin").text


def test_a_reviewer_does_not_see_operations(server: Server) -> None:
    assert server.client("chenjiamin").get("/admin").status_code == 403


def test_workers_show_whether_they_are_alive(server: Server, db: Db) -> None:
    with db() as s:
        s.add(WorkerBeat(name="worker-1", seen_at=clock.wall()))
        s.add(WorkerBeat(name="worker-2", seen_at=clock.wall() - timedelta(hours=2)))
    page = server.client(ADMIN).get("/admin").text
    assert page.index("worker-1") < page.index("运行中") < page.index("worker-2") < page.index("已停止")


def test_the_demo_moves_to_the_next_working_day_at_nine(server: Server, db: Db, demo: None) -> None:
    eve = datetime(2026, 9, 30, 3, tzinfo=UTC)  # the day before the National Day holiday
    with db() as s:
        s.add_all(
            CalendarDay(day=row.day, working=row.working, note=row.name, source=row.source)
            for row in seed_rows((2026,))
        )
        offset = int((eve - clock.wall()).total_seconds())
        s.add(ClockSetting(id=1, offset_seconds=offset))
    client = server.client(ADMIN)
    assert client.post("/admin/clock", data={"days": "1"}).headers["location"] == "/admin?done=moved"
    page = client.get("/admin").text
    assert "10-08 09:00" in page
    with db() as s:
        assert s.get_one(ClockSetting, 1).offset_seconds > offset


def test_every_process_of_the_demo_follows_the_stored_clock(server: Server, db: Db, demo: None) -> None:
    client = server.client(ADMIN)
    with db() as s:
        s.add(ClockSetting(id=1, offset_seconds=int(timedelta(days=400).total_seconds())))
    there = clock.local(clock.wall() + timedelta(days=400))
    assert f"{there.month}月{there.day}日（周" in client.get("/admin").text
    assert clock.offset() == timedelta(days=400)  # the server runs in this process


@pytest.mark.parametrize("day", ["2020-01-01", "明天", "2026-02-30", "9999-01-01", ""])
def test_a_day_that_cannot_be_is_kept_and_explained(server: Server, db: Db, demo: None, day: str) -> None:
    answer = server.client(ADMIN).post("/admin/clock", data={"day": day})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert f'value="{day}"' in answer.text
    with db() as s:
        assert s.get(ClockSetting, 1) is None


def test_outside_the_demo_nobody_moves_the_clock(server: Server) -> None:
    assert server.client(ADMIN).post("/admin/clock", data={"days": "1"}).status_code == 404
    assert "演示时钟" not in server.client(ADMIN).get("/admin").text


def test_only_the_administrator_moves_the_clock(server: Server, demo: None) -> None:
    client = server.client(MANAGER)
    assert client.post("/admin/clock", data={"days": "1"}).status_code == 403
    assert "前进1个工作日" not in client.get("/admin").text
