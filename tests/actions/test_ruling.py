"""政策参数: a resolution takes two people, never edits the past, and a decided case stays what it was."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from api.demo.play import a_claim, do, run_due
from api.demo.play import seed as seed_all
from flows.actions.errors import ConflictError, ForbiddenError, InvalidError
from flows.actions.rules import ruling, what_if
from flows.actions.rules.explaining import explain, recompute
from flows.actions.rules.touching import touched
from models import clock
from models.database import session
from models.lifecycle import Board
from models.policy import strict_yaml
from models.policy.errors import FactsError, PolicyError
from models.records import case as cases
from models.records import claim as claims
from models.records.rules import ParameterEdition, ParameterOverride, edition, rules
from models.records.two_people import Verdict
from tests.policy.test_stories import EXAMPLES
from tests.seed import actor, seed

Db = Callable[[], AbstractContextManager[Session]]
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
RATIO = "bank_year_cap_ratio"


@pytest.fixture
def office(db: Db) -> Iterator[Db]:
    with clock.at(NOW):
        with db() as s:
            seed_all(s)
        yield db


@pytest.fixture
def people(db: Db) -> Iterator[Db]:
    """As `office`, without calendar and quotes: enough to register and confirm."""
    with clock.at(NOW):
        with db() as s:
            seed(s)
        yield db


def proposal(**changes: str) -> ruling.Proposal:
    given = {
        "name": RATIO,
        "value": "3%",
        "effective_from": "2026-11-23",
        "resolution": "东融补联〔2026〕3号",
    }
    return ruling.Proposal(**{**given, **changes})


def adopt(s: Session, **changes: str) -> ParameterOverride:
    row = ruling.propose(s, actor(s, "mozhaohui"), proposal(**changes))
    return ruling.decide(s, actor(s, "lizhiyuan"), row.id or 0, Verdict.CONFIRMED, "会议已议定")


def test_a_resolution_counts_from_its_day_once_another_person_confirmed_it(people: Db) -> None:
    with people() as s:
        before = rules(s).version
        row = ruling.propose(s, actor(s, "mozhaohui"), proposal(effective_from="2027-01-01"))
        assert rules(s).version == before, "what is only proposed counts for nothing"
        ruling.decide(s, actor(s, "lizhiyuan"), row.id or 0, Verdict.CONFIRMED)
        used = rules(s)
        assert used.version != before
        assert str(used.value(RATIO, on=date(2026, 12, 31))) == "0.02"
        assert str(used.value(RATIO, on=date(2027, 1, 1))) == "0.03"
        known = used.value(RATIO, on=date(2027, 1, 1), known_on=date(2026, 11, 22))
        assert str(known) == "0.02", "in force on a day, as known on another"
        (override,) = used.overrides
        assert (override.proposed_by, override.confirmed_by) == ("莫兆辉", "黎志远")
        assert "东融补联〔2026〕3号" in used.get(RATIO).source(used.get(RATIO).row(date(2027, 1, 1)))


WRONG: list[tuple[dict[str, str], str, str]] = [
    ({"value": "0.03.1"}, "value", "不是数字"),
    ({"value": "3"}, "value", "0 与 1"),
    ({"value": "2%"}, "value", "已经是这个值"),
    ({"effective_from": "2026-11-22"}, "effective_from", "不能早于今天"),
    ({"effective_from": "明年"}, "effective_from", "须为日期"),
    ({"resolution": " "}, "resolution", "决议文号"),
    ({"resolution": "甲\x00"}, "resolution", "普通文字"),
    ({"name": "nothing"}, "name", "没有名为"),
    ({"name": "bank_tiers", "value": "2000万 81%"}, "value", "两项须一并调整"),
    ({"name": "bank_max_ratio", "value": "81%"}, "value", "最高 80%"),
    ({"effective_from": "2029-01-01"}, "effective_from", "政策期"),
]


def test_what_cannot_be_registered(people: Db) -> None:
    with people() as s:
        for changes, field, said in WRONG:
            with pytest.raises(InvalidError) as refused:
                ruling.propose(s, actor(s, "mozhaohui"), proposal(**changes))
            assert [fault.field for fault in refused.value.faults] == [field]
            assert said in refused.value.faults[0].message


def test_two_values_on_one_day_are_refused(people: Db) -> None:
    with people() as s:
        ruling.propose(s, actor(s, "mozhaohui"), proposal())
    with people() as s, pytest.raises(InvalidError) as refused:
        ruling.propose(s, actor(s, "xiechuyun"), proposal(value="2.5%"))
    assert "同一天不能有两个值" in refused.value.faults[0].message


def test_who_may(people: Db) -> None:
    with people() as s:
        for login in ("linwanyi", "chenjiamin", "qiushaofen", "suwenbo", "lujianping"):
            with pytest.raises(ForbiddenError):
                ruling.propose(s, actor(s, login), proposal())
        own = ruling.propose(s, actor(s, "lizhiyuan"), proposal())
        for login, said in (("lizhiyuan", "另一位"), ("mozhaohui", "分管领导或统筹管理岗位确认")):
            with pytest.raises(ForbiddenError, match=said):
                ruling.decide(s, actor(s, login), own.id or 0, Verdict.CONFIRMED)
        with pytest.raises(ForbiddenError, match="登记人"):
            ruling.decide(s, actor(s, "lujianping"), own.id or 0, Verdict.WITHDRAWN)
        ruling.decide(s, actor(s, "lujianping"), own.id or 0, Verdict.REJECTED, "依据不足")
        with pytest.raises(ConflictError, match="已经由他人处理"):
            ruling.decide(s, actor(s, "fengxueqin"), own.id or 0, Verdict.CONFIRMED)
        ruling.propose(s, actor(s, "mozhaohui"), proposal())  # the day is free again


def test_a_day_that_went_by_while_it_waited_is_not_confirmed(people: Db) -> None:
    with people() as s:
        row = ruling.propose(s, actor(s, "mozhaohui"), proposal())
    with clock.at(NOW + timedelta(days=1)), people() as s, pytest.raises(ConflictError, match="已过"):
        ruling.decide(s, actor(s, "lizhiyuan"), row.id or 0, Verdict.CONFIRMED)


STATEMENTS = {
    "one person": "UPDATE parameter_overrides SET verdict = 'confirmed', decided_by = proposed_by, decided_at = proposed_at WHERE verdict IS NULL",
    "in the past": "UPDATE parameter_overrides SET verdict = 'confirmed', decided_by = 1, decided_at = proposed_at + interval '2 days' WHERE verdict IS NULL",
    "value edited": "UPDATE parameter_overrides SET value = '\"0.9\"' WHERE verdict IS NULL",
    "deleted": "DELETE FROM parameter_overrides",
    "emptied": "TRUNCATE parameter_overrides",
    "edition edited": "UPDATE parameter_editions SET content = '{}'",
    "edition deleted": "DELETE FROM parameter_editions",
}


def test_the_database_itself_refuses(people: Db) -> None:
    with people() as s:
        adopt(s, effective_from="2026-12-01")
        ruling.propose(s, actor(s, "mozhaohui"), proposal())
    for name, statement in STATEMENTS.items():
        with pytest.raises((IntegrityError, DBAPIError)), people() as s:
            s.connection().execute(text(statement))
            pytest.fail(name)


def test_what_was_decided_is_never_decided_again_in_the_database(people: Db) -> None:
    with people() as s:
        adopt(s)
    with pytest.raises(DBAPIError, match="never edited"), people() as s:
        s.connection().execute(text("UPDATE parameter_overrides SET verdict = 'rejected'"))


def calculated(**changes: Any) -> str:
    """A bank's claim that stands at 初审, its amount calculated."""
    with session() as s:
        number = a_claim(s, Board.BANK, "GYB", "5000000.00", "4000000.00", **changes).number
    run_due()
    do(number, "acceptance")
    return number


def test_a_decided_case_is_computed_again_to_the_fen_after_everything_changed(office: Db) -> None:
    number = calculated()
    with office() as s:
        record = cases.by_number(s, number)
        assert record is not None
        claimed = claims.of_case(s, record.id or 0)
        pinned, recorded = record.parameter_version, claimed.calculated
        assert str(recorded) == "100000.00", "2 % of the one loan the bank made in the year"
        assert s.get(ParameterEdition, pinned) is not None
    with clock.at(NOW + timedelta(days=30)), office() as s:
        adopt(s, effective_from="2026-12-23")
        adopt(s, name="bank_tiers", value="3000万 40%", effective_from="2026-12-23")
        adopt(s, name="terms_day", value="acceptance", effective_from="2026-12-24")
        s.connection().execute(text("UPDATE loans SET annual_rate_pct = 20"))
        s.connection().execute(text("UPDATE lpr_quotes SET one_year = 1"))
    with clock.at(NOW + timedelta(days=3000)), office() as s:
        again = recompute(s, None, number)
        assert again.same
        assert again.explanation.award.payable == recorded
        assert again.version == pinned != rules(s).version
        assert edition(s, pinned).overrides == ()
        with pytest.raises(PolicyError, match="没有保存"):
            edition(s, "725-000000000000")


def test_a_case_after_the_resolution_pins_it(office: Db) -> None:
    with office() as s:
        adopt(s)
    with clock.at(NOW + timedelta(days=3)):
        number = calculated(
            contract_date=date(2026, 11, 24), disbursed_on=date(2026, 11, 25), due_on=date(2027, 11, 24)
        )
        with office() as s:
            again = recompute(s, None, number)
            assert str(again.recorded) == "150000.00", "3 % of 5,000,000"
            assert "+" in again.version and again.same
    with office() as s:
        assert len(edition(s, again.version).overrides) == 1


def test_which_open_cases_a_change_would_touch(office: Db) -> None:
    number = calculated()
    with office() as s:
        wait = ruling.proposed(s, proposal())
        assert touched(s, wait) == (), "the loan was made before: it keeps the 2 % of its day"
        days = ruling.proposed(s, proposal(name="second_review_days", value="6"))
        (later,) = touched(s, days)
        assert (later.number, later.before, later.after) == (number, "3 工作日", "6 工作日")
        past = ruling.proposed(s, proposal(name="acceptance_days", value="6"))
        assert touched(s, past) == (), "受理 is done"
        meeting = ruling.proposed(s, proposal(name="meeting_threshold", value="10万"))
        (vote,) = touched(s, meeting)
        assert (vote.before, vote.after) == ("不提交", "提交联席会议")
    number = calculated(
        number=2, contract_date=date(2026, 11, 23), disbursed_on=date(2026, 11, 23), due_on=date(2027, 11, 22)
    )
    with office() as s:
        (case,) = touched(s, ruling.proposed(s, proposal()))
        assert case.number == number
        assert case.difference is not None and case.difference > 0


def test_what_if_over_the_records_changes_nothing_and_counts_everything(office: Db) -> None:
    number = calculated()
    with office() as s:
        manager = actor(s, "lizhiyuan")
        found = what_if.compare(s, manager, {"changes": {RATIO: "0.03"}})
        (claim,) = found.claims
        assert (claim.claim_no, str(claim.before), str(claim.after)) == (number, "100000.00", "150000.00")
        assert claim.groups == {
            "institution": "莞邑银行（示例）", "size": "小型", "industry": "制造业", "year": "2026 年",
        }  # fmt: skip
        assert recompute(s, None, number).same
        for login in ("mozhaohui", "linwanyi", "suwenbo", "lujianping"):
            with pytest.raises(ForbiddenError, match="统筹管理"):
                what_if.compare(s, actor(s, login), {"changes": {RATIO: "0.03"}})


def test_explain_reads_from_the_ledger_what_the_facts_leave_out(office: Db) -> None:
    facts = strict_yaml.read(EXAMPLES / "bank.yaml")
    for name in ("bank_years", "enterprise_prior", "budget"):
        facts.pop(name)
    facts["loan"]["institution"] = "莞邑银行股份有限公司（示例）"
    facts |= {"accepted_on": "2026-11-20", "decided_on": "2026-11-23"}
    facts["loan"] |= {"signed_on": "2026-03-10", "disbursed_on": "2026-03-12", "matures_on": "2027-03-11"}
    facts["loan"].pop("filed_on")
    calculated()
    with office() as s:
        (answer,) = explain(s, actor(s, "linwanyi"), facts)
        assert str(answer.payable) == "100000.00" and answer.binding == "bank_year.cap"
        by_acceptance = {"name": "budget_year_day", "value": "acceptance", "effective_from": "2024-01-01"}
        later = facts | {"decided_on": "2027-01-05", "overrides": [by_acceptance]}
        (answer,) = explain(s, None, later)  # A19: of the year of 受理
        assert str(answer.payable) == "100000.00"
        with pytest.raises(ForbiddenError, match="只能测算你单位"):
            explain(s, actor(s, "luoqiming"), facts)
        with pytest.raises(FactsError):
            explain(s, None, {"board": "bank"})
