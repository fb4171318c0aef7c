"""经办/复核: what one person prepared is released by another of the same institution, exactly as it was shown."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from flows.actions.applications import drafting
from flows.actions.errors import ConflictError, ForbiddenError, InvalidError, NotThereError
from flows.actions.forms.application_forms import read_claim, read_filing, read_loan
from flows.actions.maker_checker import handing_in, matters
from flows.actions.maker_checker.handing_in import Handed
from models import clock
from models.gates import CORRECTION
from models.lifecycle import Board
from models.records import institution, prepared
from models.records.case import CaseRecord
from models.records.draft import DraftKind, files, find
from models.records.institution import Institution
from models.records.loan import of_case as loans_of
from models.records.loan_change import ChangeKind, of_loan
from models.records.person import Person, PersonRole, by_login
from models.records.prepared import Prepared
from models.records.task import participation
from models.records.timeline import of_case as events_of
from models.records.two_people import Verdict
from tests.actions import samples
from tests.seed import actor

TODAY = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
FILES, ALSO_FILES, CHECKS = "linwanyi", "huangzhiheng", "xianruyi"


@pytest.fixture(autouse=True)
def today() -> Any:
    with clock.at(TODAY):
        yield


def demand(s: Session, code: str = "GYB", *, on: bool = True) -> None:
    place = institution.by_code(s, code)
    assert place is not None
    place.checker_since = clock.now() if on else None
    s.flush()


def give_role(s: Session, login: str, role: str) -> None:
    who = by_login(s, login)
    assert who is not None
    s.add(PersonRole(person_id=who.id or 0, role=role))
    s.flush()


def filing(s: Session, login: str = FILES, **changes: str) -> Handed:
    form = read_filing(Board.BANK, [samples.loan(Board.BANK, **changes)])
    return handing_in.hand_in(
        s, actor(s, login), matters.file(form, [("commitment", "承诺书.pdf", "application/pdf", samples.PDF)])
    )


def waiting(s: Session, **changes: str) -> Prepared:
    row = filing(s, **changes).waiting
    assert row is not None
    return row


def test_without_the_demand_a_filing_goes_straight_to_the_city(s: Session) -> None:
    handed = filing(s)
    assert handed.case is not None and handed.waiting is None
    assert not s.exec(select(Prepared)).all()


def test_with_it_nothing_reaches_the_city_and_everything_is_kept(s: Session) -> None:
    demand(s)
    row = waiting(s)
    assert not s.exec(select(CaseRecord)).all()
    assert row.data["loans"][0]["firm_name"] == samples.loan(Board.BANK)["firm_name"]
    assert [one["slot"] for one in row.files] == ["commitment"]
    assert handing_in.obstacles(s, row) == ()


def test_released_it_is_the_makers_filing_with_the_checker_on_record(s: Session) -> None:
    demand(s)
    row = waiting(s)
    handing_in.release(s, actor(s, CHECKS), row.id or 0, row.shown)
    case = s.exec(select(CaseRecord)).one()
    maker, checker = actor(s, FILES), actor(s, CHECKS)
    assert (row.verdict, row.case_number, case.opened_by) == (Verdict.CONFIRMED, case.number, maker.person_id)
    told = {e.event: e for e in events_of(s, case.id or 0)}
    assert told["filing_submitted"].person_id == maker.person_id
    assert told["submission_released"].person_id == checker.person_id
    for who in (maker, checker):
        taken = participation(s, case.id or 0, who.person_id)
        assert taken is not None and taken.duty == "applicant"


def test_a_fault_is_said_when_it_is_handed_in_not_when_it_is_released(s: Session) -> None:
    demand(s)
    handing_in.release(s, actor(s, CHECKS), (row := waiting(s)).id or 0, row.shown)
    with pytest.raises(InvalidError, match="1 处"):
        filing(s)  # the same 借据 again


def test_nobody_releases_their_own_not_even_through_the_database(s: Session) -> None:
    demand(s)
    give_role(s, FILES, "filer_checker")
    row = waiting(s)
    with pytest.raises(ForbiddenError, match="另一位复核人"):
        handing_in.release(s, actor(s, FILES), row.id or 0, row.shown)
    with pytest.raises(DBAPIError, match="confirmed_by_another"), s.begin_nested():
        s.execute(
            text("UPDATE prepared SET verdict = 'confirmed', decided_by = proposed_by, decided_at = now()")
        )


def test_only_a_checker_of_the_institution_releases_and_others_do_not_see_it(s: Session) -> None:
    demand(s)
    row = waiting(s)
    with pytest.raises(ForbiddenError, match="申报复核"):
        handing_in.release(s, actor(s, ALSO_FILES), row.id or 0, row.shown)
    give_role(s, "luoqiming", "filer_checker")
    for stranger in (
        "luoqiming",
        "chenjiamin",
        "xuqiuyue",
    ):  # another bank, a reviewer, their own administrator
        with pytest.raises(NotThereError):
            handing_in.release(s, actor(s, stranger), row.id or 0, row.shown)


def test_a_second_click_and_another_page_get_a_sentence(s: Session) -> None:
    demand(s)
    row = waiting(s)
    with pytest.raises(ConflictError, match="页面内容与送复核的内容不一致"):
        handing_in.release(s, actor(s, CHECKS), row.id or 0, "of another page")
    handing_in.release(s, actor(s, CHECKS), row.id or 0, row.shown)
    for late in (
        lambda: handing_in.release(s, actor(s, CHECKS), row.id or 0, row.shown),
        lambda: handing_in.give_back(s, actor(s, CHECKS), row.id or 0, "太晚"),
        lambda: handing_in.withdraw(s, actor(s, FILES), row.id or 0),
    ):
        with pytest.raises(ConflictError, match="已由冼如意办理"):
            late()
    assert len(s.exec(select(CaseRecord)).all()) == 1


def test_everything_is_checked_again_when_it_is_released(s: Session) -> None:
    demand(s)
    first, second = waiting(s), waiting(s)  # the same 借据 waits twice: nothing is filed yet
    handing_in.release(s, actor(s, CHECKS), first.id or 0, first.shown)
    assert any("不能重复备案" in words for words in handing_in.obstacles(s, second))
    with pytest.raises(InvalidError):
        handing_in.release(s, actor(s, CHECKS), second.id or 0, second.shown)
    assert second.verdict is None


def test_what_is_prepared_cannot_be_edited(s: Session) -> None:
    demand(s)
    waiting(s)
    for change in ("amount = 1", "data = '{}'", "files = '[]'", "shown = ''", "proposed_by = decided_by"):
        with pytest.raises(DBAPIError), s.begin_nested():
            s.execute(text(f"UPDATE prepared SET {change}"))  # noqa: S608 - our own words
    with pytest.raises(DBAPIError), s.begin_nested():
        s.execute(text("DELETE FROM prepared"))


def test_returned_with_a_reason_any_filer_takes_it_up_as_a_draft(s: Session) -> None:
    demand(s)
    row = waiting(s)
    with pytest.raises(InvalidError):
        handing_in.give_back(s, actor(s, CHECKS), row.id or 0, " ")
    handing_in.give_back(s, actor(s, CHECKS), row.id or 0, "利率与合同不一致")
    assert (row.verdict, row.note) == (Verdict.REJECTED, "利率与合同不一致")
    colleague = actor(s, ALSO_FILES)
    assert handing_in.take_up(s, colleague, row.id or 0) == "/bank/filings/new"
    draft = find(s, colleague.person_id, DraftKind.FILING)
    assert draft is not None and draft.data["loans"] == row.data["loans"]
    assert [one.slot for one in files(s, draft.id or 0)] == ["commitment"]
    with pytest.raises(ConflictError, match="已有人取回修改"):
        handing_in.take_up(s, actor(s, FILES), row.id or 0)


def test_taking_up_never_overwrites_a_draft(s: Session) -> None:
    demand(s)
    row = waiting(s)
    handing_in.withdraw(s, actor(s, FILES), row.id or 0)
    drafting.keep(drafting.open_draft(s, actor(s, FILES), DraftKind.FILING), loans=[{"firm_name": "另一家"}])
    with pytest.raises(ConflictError, match="草稿没有提交"):
        handing_in.take_up(s, actor(s, FILES), row.id or 0)


def test_only_its_maker_withdraws_it(s: Session) -> None:
    demand(s)
    row = waiting(s)
    with pytest.raises(ForbiddenError, match="登记人"):
        handing_in.withdraw(s, actor(s, ALSO_FILES), row.id or 0)
    handing_in.withdraw(s, actor(s, FILES), row.id or 0)
    assert row.verdict is Verdict.WITHDRAWN


def test_a_claim_waits_once_per_loan_and_goes_out_with_its_materials(s: Session) -> None:
    loan = samples.registered(s, actor(s, FILES))
    demand(s)
    form = read_claim(Board.BANK, samples.claim(Board.BANK))
    matter = matters.claim(form, loan, samples.FILES[Board.BANK])
    row = handing_in.hand_in(s, actor(s, FILES), matter).waiting
    assert row is not None
    with pytest.raises(ConflictError, match="林婉仪送本单位复核"):
        handing_in.hand_in(s, actor(s, ALSO_FILES), matter)
    handing_in.release(s, actor(s, CHECKS), row.id or 0, row.shown)
    case = s.exec(select(CaseRecord).where(CaseRecord.number == row.case_number)).one()
    assert case.process == "claim" and case.amount == form.requested


def test_a_loan_change_waits_too(s: Session) -> None:
    loan = samples.registered(s, actor(s, FILES))
    demand(s)
    typed = {"on": "2026-11-20", "repaid": "1,000,000.00", "reason": "回款", "document": "还款凭证"}
    matter = matters.change(loan, ChangeKind.PREPAYMENT, typed)
    row = handing_in.hand_in(s, actor(s, FILES), matter).waiting
    assert row is not None and not of_loan(s, loan.id or 0)
    handing_in.release(s, actor(s, CHECKS), row.id or 0, row.shown)
    (change,) = of_loan(s, loan.id or 0)
    assert change.proposed_by == actor(s, FILES).person_id


def test_every_kind_is_shown_in_words(s: Session) -> None:
    loan = samples.registered(s, actor(s, FILES))
    demand(s)
    form = read_claim(Board.BANK, samples.claim(Board.BANK))
    for matter in (
        matters.file(read_filing(Board.BANK, [samples.loan(Board.BANK, receipt_number="另一张")])),
        matters.claim(form, loan, samples.FILES[Board.BANK]),
        matters.change(
            loan, ChangeKind.CORRECTION, {"purpose": "购买设备", "reason": "笔误", "document": "合同"}
        ),
    ):
        shown = matters.KINDS[matter.kind].show(s, actor(s, FILES), matter)
        assert shown.sections and all(section.facts for section in shown.sections), matter.kind


def test_what_waits_when_the_demand_ends_still_needs_its_checker(s: Session) -> None:
    demand(s)
    row = waiting(s)
    demand(s, on=False)
    assert prepared.waiting(s, row.institution_id) == [row]
    handing_in.release(s, actor(s, CHECKS), row.id or 0, row.shown)
    assert row.case_number


def test_who_left_cannot_have_prepared_what_is_released(s: Session) -> None:
    demand(s)
    row = waiting(s)
    s.get_one(Person, row.proposed_by).active = False
    with pytest.raises(ForbiddenError, match="账号已停用"):
        handing_in.release(s, actor(s, CHECKS), row.id or 0, row.shown)
    handing_in.give_back(s, actor(s, CHECKS), row.id or 0, "经办已离岗，请同事接手")
    assert handing_in.take_up(s, actor(s, ALSO_FILES), row.id or 0)


def test_the_institution_that_demands_nothing_is_not_touched(s: Session) -> None:
    demand(s)
    form = read_filing(Board.BANK, [samples.loan(Board.BANK)])
    assert handing_in.hand_in(s, actor(s, "luoqiming"), matters.file(form)).case is not None
    assert s.exec(select(Institution).where(Institution.checker_since.is_not(None))).one().code == "GYB"  # type: ignore[union-attr]


@pytest.mark.parametrize("note", ["", "已补盖章页。"])
def test_a_correction_waits_and_its_page_names_only_what_changed(s: Session, note: str) -> None:
    record = samples.file_one(s, actor(s, FILES))
    samples.waiting_at(s, record, CORRECTION)
    demand(s)
    (row,) = loans_of(s, record.id or 0)
    form = read_loan(Board.BANK, samples.loan(Board.BANK, purpose="购买设备"))
    matter = matters.correct_filing(record, {row.id or 0: form}, note=note)
    waits = handing_in.hand_in(s, actor(s, FILES), matter).waiting
    assert waits is not None and row.purpose == "购买原材料"
    shown = matters.KINDS["correction"].show(s, actor(s, FILES), matter)
    assert shown.sections[0].facts == (("第 1 笔　贷款用途", "购买原材料 → 购买设备"),)
    handing_in.release(s, actor(s, CHECKS), waits.id or 0, waits.shown)
    s.refresh(row)
    assert row.purpose == "购买设备"
    assert {"correction_resubmitted", "submission_released"} <= {
        e.event for e in events_of(s, record.id or 0)
    }
