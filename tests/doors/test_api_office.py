"""What the office does over the API: sessions of the joint meeting, changes of loans, objections, 代理, 回避, 移交."""

import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from decimal import Decimal

import pytest

from api.client import Desk, Fengbu, RefusedError
from api.demo import play
from models import clock
from models.lifecycle import State
from tests import builders
from tests.doors.api import ALL, V1, Callers, issue
from tests.doors.conftest import Server
from tests.kernel.sessions import MEMBERS, SECRETARY, at_meeting
from tests.kernel.stage import claim_at
from tests.ledger.cases import leave

Desks = Callable[[str], Desk]
HELD_ON = date(2026, 12, 8)


@pytest.fixture
def desks(server: Server, callers: Callers) -> Iterator[Desks]:
    with ExitStack() as stack:
        yield lambda login: stack.enter_context(Desk(server.base_url, issue(login, ALL)[1]))


def test_a_session_is_convened_voted_on_and_concluded(desks: Desks) -> None:
    builders.budget()
    numbers = [at_meeting(1), at_meeting(2)]
    office = desks(SECRETARY)
    assert [one.number for one in office.meeting_candidates()] == numbers
    held = office.put_on(office.convene(HELD_ON, "市工信局三楼会议室"), *numbers)
    assert (held.cases, held.invited, [one.case for one in held.items]) == (2, False, numbers)
    assert office.call(held).invited
    names = zipfile.ZipFile(io.BytesIO(office.meeting_materials(held))).namelist()
    assert {name.partition("/")[0] for name in names} == set(numbers)
    for login in MEMBERS[:3]:
        member = desks(login)
        agenda = member.meeting(held).items
        assert all(one.yours for one in agenda)
        member.vote(held, agenda[0], "approve")
        member.vote(held, agenda[1], "refuse", "依据不足")
    with pytest.raises(RefusedError) as again:
        member.vote(held, agenda[0], "approve")
    assert (again.value.status, again.value.detail) == (409, "你已经对这件议题投过票，不能更改。")
    with pytest.raises(RefusedError) as nobody:
        office.vote(held, agenda[0], "approve")
    assert nobody.value.status == 403

    with pytest.raises(RefusedError) as early:
        office.conclude(office.meeting(held))
    assert early.value.faults[0].detail == "请登记宋一鸣出席还是请假。"
    people = [one.id for one in office.meeting(held).members]
    held = office.record(
        office.meeting(held), present=people, chair=people[0], observers=[("市审计局", "何观察")], resolutions=["加强追偿。"]
    )  # fmt: skip
    assert {one.presence for one in held.members} == {"present"}
    with pytest.raises(RefusedError) as stale:
        office.conclude(again_seen(office, held))
    assert stale.value.status == 412
    done = office.conclude(office.meeting(held))
    assert [(one.case, one.result) for one in done.said] == [
        (numbers[0], "approved"),
        (numbers[1], "refused"),
    ]
    assert done.state == "concluded" and done.minutes is not None
    play.run_due()
    assert play.state_of(numbers[0]) == State.PUBLIC_NOTICE
    (minutes,) = [one for one in office.documents(numbers[0]) if one.code == "D20"]
    assert minutes.id == done.minutes


def again_seen(office: Desk, held: object) -> object:
    """The session as it was read before somebody changed its wording."""
    seen = office.meeting(held)  # type: ignore[arg-type]
    office.record(seen, present=[one.id for one in seen.members], chair=seen.members[0].id)
    return seen


def test_an_agenda_takes_all_of_the_cases_or_none_and_may_lose_one(desks: Desks) -> None:
    builders.budget()
    number = at_meeting(1)
    office = desks(SECRETARY)
    held = office.convene(HELD_ON, "市工信局三楼会议室")
    with pytest.raises(RefusedError) as refused:
        office.put_on(held, number, "BC-2026-9999")
    assert refused.value.status == 409 and "没有找到这件案件" in refused.value.detail
    assert office.meeting(held).items == []
    held = office.put_on(held, number)
    assert office.take_off(held, held.items[0]).items == []
    assert office.cancel(office.meeting(held)).state == "cancelled"
    with pytest.raises(RefusedError) as over:
        office.call(held)
    assert over.value.status == 409


def test_who_may_not_see_or_convene(desks: Desks) -> None:
    held = desks(SECRETARY).convene(HELD_ON, "市工信局三楼会议室")
    for act in (
        lambda d: list(d.meetings()),
        lambda d: d.meeting(held),
        lambda d: list(d.meeting_candidates()),
    ):
        with pytest.raises(RefusedError) as bank:
            act(desks("linwanyi"))
        assert bank.value.status == 403
    for act in (lambda d: d.convene(HELD_ON, "甲"), lambda d: d.call(held), lambda d: d.conclude(held)):
        with pytest.raises(RefusedError) as member:
            act(desks(MEMBERS[0]))
        assert member.value.status in (403, 412)
    with pytest.raises(RefusedError) as none:
        desks(SECRETARY).convene(HELD_ON, "")
    assert none.value.faults[0].pointer == "/place"


@pytest.fixture
def loan(desks: Desks, server: Server) -> object:
    """A registered loan of 莞邑银行, as its own system sees it."""
    builders.registered()
    return next(desks("linwanyi").loans())


def test_a_loan_is_extended_repaid_and_corrected_with_anothers_confirmation(
    desks: Desks, loan: object
) -> None:
    bank, officer = desks("linwanyi"), desks("chenjiamin")
    today = clock.today()
    made = bank.extend(loan, today, today + timedelta(days=500), "资金周转", "展期协议 1 号")  # type: ignore[arg-type]
    assert made.number.endswith("-变1") and made.verdict is None
    with pytest.raises(RefusedError) as second:
        bank.prepay(loan, today, Decimal("1.00"), "还款", "凭证 1")  # type: ignore[arg-type]
    assert second.value.status == 409
    with pytest.raises(RefusedError) as own:
        bank.decide_change(made, "confirmed")
    assert own.value.status == 403
    (waiting,) = officer.waiting_changes()
    with pytest.raises(RefusedError) as bare:
        officer.decide_change(waiting, "rejected")
    assert bare.value.faults[0].pointer == "/note"
    assert officer.decide_change(waiting, "confirmed", "与协议一致").verdict == "confirmed"
    assert list(officer.waiting_changes()) == []
    paid = bank.prepay(loan, today, Decimal("1000000.00"), "还款", "凭证 1")  # type: ignore[arg-type]
    assert bank.withdraw_change(paid).verdict == "withdrawn"
    led = bank.change_representative(loan, today, "陈示例", "李示例", "离任", "登记通知书 1 号")  # type: ignore[arg-type]
    assert (led.kind, led.after) == ("representative", {"representative": "李示例"})
    (waiting,) = officer.waiting_changes()
    assert officer.decide_change(waiting, "confirmed").verdict == "confirmed"
    fixed = bank.correct_loan(loan, {"town": "长安镇"}, "抄错", "借款合同")  # type: ignore[arg-type]
    assert fixed.after == {"town": "长安镇"}
    assert [one.verdict for one in bank.changes_of(loan)] == ["confirmed", "withdrawn", "confirmed", None]  # type: ignore[arg-type]
    with pytest.raises(RefusedError) as wrong:
        bank.correct_loan(loan, {"uscc": "91441900MA4EXMP01P"}, "抄错", "合同")  # type: ignore[arg-type]
    assert wrong.value.faults[0].pointer == "/corrected/uscc"
    with pytest.raises(RefusedError) as foreign:
        desks("luoqiming").changes_of(loan)  # type: ignore[arg-type]
    assert foreign.value.status == 404


def test_an_anomaly_is_reported_confirmed_and_warned_of(desks: Desks, loan: object) -> None:
    bank, officer = desks("linwanyi"), desks("chenjiamin")
    today = clock.today()
    facts = {
        "anomaly": "interest",
        "on": today.isoformat(),
        "unpaid": "1000000.00",
        "reason": "利息未付。",
        "measures": "已书面催收。",
        "document": "催收通知书",
    }
    bank.extend(loan, today, today + timedelta(days=500), "资金周转", "展期协议 1 号")  # type: ignore[arg-type]
    with pytest.raises(RefusedError) as wrong:
        bank.report_anomaly(loan, facts | {"unpaid": "900000000.00", "on": "2020-01-01"})  # type: ignore[arg-type]
    assert {one.pointer for one in wrong.value.faults} == {"/on", "/unpaid"}
    made = bank.report_anomaly(loan, facts)  # type: ignore[arg-type]
    assert (made.kind, made.anomaly, made.verdict, made.warned) == ("anomaly", "interest", None, "")
    with pytest.raises(RefusedError) as early:
        officer.warn(made, "利息按期支付", "落实还款来源。")
    assert early.value.status == 409
    (_, waiting) = sorted(officer.waiting_changes(), key=lambda one: one.id)
    officer.decide_change(waiting, "confirmed", "请跟踪。")
    with pytest.raises(RefusedError) as own:
        bank.warn(made, "利息按期支付", "落实还款来源。")  # type: ignore[attr-defined]
    assert own.value.status == 403
    warned = officer.warn(made, "利息按期支付", "落实还款来源。")
    assert warned.warned == "计险〔2026〕1号"
    codes = [paper.code for paper in bank.documents(made.case)]
    assert codes.count("D13") == codes.count("D14") == 1
    assert "risk_warned" in {event.type for event in bank.events()[0]}


def test_a_warning_is_answered_with_a_file_its_sender_reads(desks: Desks, loan: object) -> None:
    bank, officer = desks("linwanyi"), desks("chenjiamin")
    today = clock.today().isoformat()
    facts = {"anomaly": "halted", "on": today, "unpaid": "1000000.00", "reason": "停产。", "measures": "已走访。", "document": "走访记录"}  # fmt: skip
    made = bank.report_anomaly(loan, facts)  # type: ignore[arg-type]
    with pytest.raises(RefusedError) as early:
        bank.answer_warning(made, "已落实。")
    assert (early.value.status, made.reply) == (409, None)
    officer.decide_change(made, "confirmed")
    owed = officer.warn(made, "正常生产经营", "落实还款来源。").reply
    assert owed is not None and (owed.words, owed.at) == ("", None)
    with pytest.raises(RefusedError) as bare:
        bank.answer_warning(made, " ")
    assert [one.pointer for one in bare.value.faults] == ["/words"]
    data = b"%PDF-1.7\n%%EOF\n"
    said = bank.answer_warning(made, "已追加抵押。", [bank.upload(data, "抵押合同.pdf")]).reply
    assert said is not None and (said.words, said.by) == ("已追加抵押。", "林婉仪")
    (read,) = [one.reply for one in officer.changes_of(loan) if one.id == made.id]  # type: ignore[arg-type]
    assert read == said and officer.warning_file(said.attachments[0]) == data
    with pytest.raises(RefusedError) as foreign:
        desks("luoqiming").warning_file(said.attachments[0])
    assert foreign.value.status == 404
    with pytest.raises(RefusedError) as twice:
        bank.answer_warning(made, "再次回复。")
    assert twice.value.status == 409


def test_an_objection_ends_the_public_notice_and_only_the_bureau_registers_it(desks: Desks) -> None:
    number = at_notice()
    office = desks(SECRETARY)
    case = office.case(number)
    with pytest.raises(RefusedError) as other:
        desks("chenjiamin").object_to(desks("chenjiamin").case(number), "甲公司", "0769", "用途不符")
    assert other.value.status == 403
    with pytest.raises(RefusedError) as bare:
        office.object_to(case, "", "0769", "")
    assert {one.pointer for one in bare.value.faults} == {"/objector", "/content"}
    office.object_to(case, "甲公司", "0769", "用途不符")
    play.run_due()
    assert play.state_of(number) == State.OBJECTION
    with pytest.raises(RefusedError) as nothing:
        office.recalculate(office.case(number), "按余额")
    assert nothing.value.status == 409


def test_a_case_that_waits_for_room_is_calculated_anew(desks: Desks) -> None:
    builders.budget()
    number = claim_at("leader_approval")
    leave("500000.00")
    play.do(number, "leader_approval")
    assert play.state_of(number) == State.AWAITING_ROOM
    with pytest.raises(RefusedError) as other:
        desks("chenjiamin").recalculate(desks("chenjiamin").case(number), "按余额")
    assert other.value.status == 403
    office = desks(SECRETARY)
    office.recalculate(office.case(number), "按余额")
    play.run_due()
    assert play.state_of(number) == State.FIRST_REVIEW


def at_notice() -> str:
    builders.budget()
    return claim_at("public_notice")


def test_somebody_stands_in_keeps_out_and_leaves(desks: Desks, callers: Callers) -> None:
    officer, manager = desks("chenjiamin"), desks("lizhiyuan")
    other = next(one for one in officer.colleagues() if one.name == "王立群")
    me = next(one for one in manager.colleagues() if one.name == "陈嘉敏")
    today = clock.today()
    stood = officer.substitute(me.id, other, today, today + timedelta(days=3), "休假")
    assert (stood.person_name, stood.substitute_name) == ("陈嘉敏", "王立群")
    assert [one.id for one in officer.substitutions()] == [stood.id]
    with pytest.raises(RefusedError) as twice:
        officer.substitute(me.id, other, today, today, "再次")
    assert twice.value.status == 409
    with pytest.raises(RefusedError) as wrong:
        officer.substitute(me.id, other, today, today - timedelta(days=1), "")
    assert {one.pointer for one in wrong.value.faults} >= {"/ends_on", "/reason"}
    assert officer.end_substitution(stood).ended
    kept_out = officer.recuse(me.id, "近亲属任职", uscc="91441900MA4EXMP01P")
    assert [one.uscc for one in officer.recusals()] == ["91441900MA4EXMP01P"]
    with pytest.raises(RefusedError) as own:
        officer.end_recusal(kept_out)
    assert own.value.status == 403
    assert manager.end_recusal(kept_out).ended
    with pytest.raises(RefusedError) as leaving:
        officer.hand_over(me.id, other)
    assert leaving.value.status == 403
    assert manager.hand_over(me.id, other).moved == 0
    with pytest.raises(RefusedError) as gone:
        officer.me()
    assert gone.value.status == 401
    bank = callers("linwanyi")
    assert bank.get(f"{V1}/substitutions").status_code == 403
    assert (
        bank.write("/recusals", {"person": 1, "reason": "x", "uscc": "91441900MA4EXMP01P"}).status_code == 403
    )


def test_a_bank_reads_its_changes_and_nobody_elses(desks: Desks, loan: object) -> None:
    with pytest.raises(RefusedError) as refused:
        list(desks("linwanyi").waiting_changes())
    assert refused.value.status == 403
    assert isinstance(desks("linwanyi"), Fengbu)
