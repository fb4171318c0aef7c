"""From a file to filings: good rows go on, bad ones wait, nothing happens twice."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from flows.actions.applications import correcting, importing
from flows.actions.errors import ConflictError, ForbiddenError, NotThereError
from flows.actions.forms.application_forms import LoanForm, read_loan
from flows.actions.forms.change_forms import as_typed
from flows.actions.maker_checker import handing_in
from flows.documents.engine import plain_text
from flows.importing import running
from flows.steps import documents, facts
from models import clock, database
from models.gates import Outcome
from models.lifecycle import Board
from models.policy import eligibility
from models.records import check_words, institution
from models.records.attachment import current
from models.records.case import CaseRecord, Origin
from models.records.enterprise import WhiteListEntry
from models.records.loan import Loan
from models.records.loan_import import CaseOrigin, ImportRow, ImportState, LoanImport, RowState
from models.records.notice import Notice
from models.records.reference import working_calendar
from models.records.rules import rules
from models.records.task import participation
from models.records.timeline import of_case as events_of
from models.settings import get_settings
from tests.builders import answer, wake
from tests.imports import files
from tests.seed import actor, seed

TODAY = datetime.fromisoformat("2026-11-23T10:00:00+08:00")


@pytest.fixture(autouse=True)
def world(db: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FENGBU_IMPORT_CASE_LOANS", "3")
    get_settings.cache_clear()
    with clock.at(TODAY):
        with db() as s:
            seed(s)
            for number in range(40):
                s.add(_listed(files.uscc(number)))
        yield
    monkeypatch.undo()
    get_settings.cache_clear()


def _listed(uscc: str) -> WhiteListEntry:
    return WhiteListEntry(
        uscc=uscc, batch="2024-1", recommended_by="科技局", valid_from=TODAY.date().replace(2024)
    )


def handed(data: bytes, login: str = "linwanyi", name: str = "清单.xlsx", **more: Any) -> int:
    """Hand the file in and read it; the import's id."""
    with database.session() as s:
        found, _ = importing.hand_in(s, actor(s, login), name, data, **more)
        number = found.id or 0
    running.work(number)
    return number


def submitted(number: int, login: str = "linwanyi", *, good_only: bool = False) -> None:
    with database.session() as s:
        importing.submit(s, actor(s, login), number, good_only=good_only)
    assert running.work(number) is ImportState.SUBMITTED


def import_(number: int) -> LoanImport:
    with database.session() as s:
        return s.get_one(LoanImport, number)


def faults(number: int) -> list[tuple[int, str, str]]:
    with database.session() as s:
        rows = s.exec(select(ImportRow).where(ImportRow.import_id == number).order_by(col(ImportRow.row)))
        return [
            (r.row, str(f.get("field") or f["code"]), str(f.get("message") or f["remedy"]))
            for r in rows
            for f in r.faults
        ]


def test_good_rows_become_filings_and_are_registered_like_any_other() -> None:
    number = handed(files.book(files.row(n) for n in range(1, 8)))
    found = import_(number)
    assert (found.state, found.rows, found.good, found.bad) == (ImportState.CHECKED, 7, 7, 0), faults(number)
    submitted(number)
    with database.session() as s:
        cases = s.exec(select(CaseRecord).order_by(col(CaseRecord.id))).all()
        assert [c.subject for c in cases] == ["3 笔贷款", "3 笔贷款", "东莞市示例7号有限公司"]
        assert sum(c.amount for c in cases) == Decimal("7000028.00")
        assert {c.origin for c in cases} == {Origin.IMPORT}
        assert "申请单位\t莞邑银行" in plain_text(documents.preview(s, cases[0], "D07").data)
        assert [a.filename for a in current(s, cases[0].id or 0)] == ["清单.xlsx"]
        loans = s.exec(select(Loan).order_by(col(Loan.id))).all()
        assert [loan.item for loan in loans] == [1, 2, 3, 1, 2, 3, 1]
        assert (loans[0].size_class, loans[0].white_list_batch, loans[0].assets_wan) == (
            "小型",
            "2024-1",
            Decimal("2150.50"),
        )
        assert [e.event for e in events_of(s, cases[0].id or 0)] == ["filing_submitted"]
        assert participation(s, cases[0].id or 0, actor(s, "linwanyi").person_id) is not None
    wake()
    with database.session() as s:
        checked = s.exec(select(Loan)).all()
        assert all(
            len(check_words.whole(s, loan.checks)) > 15 and loan.checks_result == "look" for loan in checked
        )


def test_a_listed_loan_is_checked_as_it_is_filed_and_again_once_it_was_corrected() -> None:
    submitted(handed(files.book([files.row(1), files.row(2, 贷款本金=70)])))
    with database.session() as s:
        record, loan = s.exec(select(CaseRecord)).one(), s.exec(select(Loan).where(Loan.item == 2)).one()
        said = eligibility.filing(facts.filing(s, loan, TODAY.date()), rules(s), working_calendar(s))
        assert check_words.whole(s, loan.checks) == [check.model_dump(mode="json") for check in said]
        version = s.connection().execute(text("SELECT xmin, ctid FROM loans WHERE item = 2")).one()
    wake()
    with database.session() as s:
        assert s.connection().execute(text("SELECT xmin, ctid FROM loans WHERE item = 2")).one() == version
        (ran,) = [e for e in events_of(s, record.id or 0) if e.event == "checks_run"]
        assert ran.data == {"passed": 0, "failed": 0, "look": 2}
    answer(
        record.number,
        "chenjiamin",
        Outcome.RETURN,
        "请补正",
        faults=[{"where": "贷款", "problem": "镇街有误"}],
    )
    wake()
    with database.session() as s:
        form = read_loan(Board.BANK, as_typed(LoanForm, loan) | {"town": "东莞市以外"})
        correcting.correct_filing(s, actor(s, "linwanyi"), record.number, {loan.id or 0: form})
    wake()
    with database.session() as s:
        assert s.get_one(Loan, loan.id).checks_result == "fail"


def test_words_kept_once_can_be_put_back_into_each_loan() -> None:
    """The way back from migration 0035, on loans whose checks passed and did not."""
    submitted(handed(files.book([files.row(1), files.row(2, 贷款本金=70)])))
    in_full = import_module("models.migrations.versions.0035_written_once").IN_FULL
    with database.session() as s:
        before = {one.item: check_words.whole(s, one.checks) for one in s.exec(select(Loan))}
        assert len({one.checks["words"] for one in s.exec(select(Loan))}) == 1
        s.connection().execute(text(in_full))
        s.expire_all()
        assert {one.item: one.checks for one in s.exec(select(Loan))} == {
            item: {"checks": checks} for item, checks in before.items()
        }
        s.rollback()


def test_bad_rows_wait_while_good_ones_go_on_and_the_corrected_file_adds_only_what_was_missing() -> None:
    rows = [files.row(1), files.row(2, 贷款本金="abc"), files.row(3, 年利率=9.9), files.row(4)]
    number = handed(files.book(rows))
    found = import_(number)
    assert (found.good, found.bad, found.faults) == (2, 2, 2)
    assert {(row, field) for row, field, _ in faults(number)} == {(3, "principal"), (4, "loan.rate")}
    with database.session() as s, pytest.raises(ConflictError, match="还有 2 行要改"):
        importing.submit(s, actor(s, "linwanyi"), number, good_only=False)
    submitted(number, good_only=True)
    again = handed(files.book([files.row(1), files.row(2), files.row(3), files.row(4)]))
    corrected = import_(again)
    assert (corrected.known, corrected.good, corrected.bad) == (2, 2, 0)
    submitted(again)
    with database.session() as s:
        assert sorted(loan.receipt_number for loan in s.exec(select(Loan))) == [
            f"JJ-00000{n}" for n in (1, 2, 3, 4)
        ]


def test_the_same_file_twice_changes_nothing() -> None:
    data = files.book([files.row(1)])
    first = handed(data)
    submitted(first)
    with database.session() as s:
        same, new = importing.hand_in(s, actor(s, "linwanyi"), "另一个名字.xlsx", data)
        assert (same.id, new) == (first, False)
        assert len(s.exec(select(Loan)).all()) == 1
    with database.session() as s, pytest.raises(ConflictError, match="已经全部提交"):
        importing.submit(s, actor(s, "linwanyi"), first, good_only=False)


def test_a_receipt_filed_with_other_figures_is_a_fault_and_names_the_own_case_only() -> None:
    submitted(handed(files.book([files.row(1)])))
    number = handed(files.book([files.row(1, 贷款本金=5), files.row(2), files.row(2)]))
    assert [(row, field) for row, field, _ in faults(number)] == [
        (2, "receipt_number"),
        (4, "receipt_number"),
    ]
    sentences = [sentence for *_, sentence in faults(number)]
    assert "已在 BA-2026-0001 中备案，与本行内容不同" in sentences[0] and "与第 3 行" in sentences[1]


def test_a_bank_never_learns_of_another_banks_case() -> None:
    submitted(handed(files.book([files.row(1)])))
    with database.session() as s:
        other = next(
            i
            for i in institution.filing_institutions(s)
            if i.files_board == Board.BANK and i.code != _code(s, "linwanyi")
        )
        filer = next(login for login in _filers() if actor(s, login).institution_id == other.id)
    number = handed(files.book([files.row(1)]), filer)
    found = import_(number)
    assert (found.good, found.known, found.bad, found.notes) == (1, 0, 0, [])
    with database.session() as s, pytest.raises(NotThereError):
        importing.seen(s, actor(s, "linwanyi"), number)


def _code(s: Session, login: str) -> str:
    return s.get_one(institution.Institution, actor(s, login).institution_id).code


def _filers() -> list[str]:
    from api.demo.people import PLACES
    from models.roles import Role

    return [m.login for place in PLACES for m in place.people if m.role == Role.FILER]


def test_a_back_filing_says_who_entered_it_and_from_which_document() -> None:
    with database.session() as s:
        bank = actor(s, "linwanyi").institution_id
        with pytest.raises(ForbiddenError, match="受托管理机构"):
            importing.hand_in(
                s, actor(s, "tanjunhao"), "a.xlsx", b"PK", institution_id=bank, source_document="x"
            )
    data = files.book([files.row(1), files.row(2)])
    number = handed(data, "chenjiamin", institution_id=bank, source_document="东工信〔2024〕18号备案清单")
    submitted(number, "chenjiamin")
    with database.session() as s:
        (case,) = s.exec(select(CaseRecord)).all()
        officer = actor(s, "chenjiamin")
        origin = s.get_one(CaseOrigin, case.id)
        assert (case.institution_id, origin.backfilled, origin.entered_by) == (bank, True, officer.person_id)
        assert origin.source_document == "东工信〔2024〕18号备案清单"
        (event,) = events_of(s, case.id or 0)
        assert (event.event, event.person_name, event.data["source"]) == (
            "filing_backfilled",
            "陈嘉敏",
            origin.source_document,
        )
        assert "补录" in s.exec(select(Notice)).one().title
        assert case.origin is Origin.BACKFILL
        letter = documents.preview(s, case, "D07")
        words = plain_text(letter.data)
        assert "项目备案补录表" in words and "东工信〔2024〕18号备案清单" in words
        assert "补录单位\t东莞市电子计算中心" in words and "不是贷款机构的申请" in words
        assert "申请单位" not in words and "本单位承诺" not in words
        assert participation(s, case.id or 0, officer.person_id).duty == "applicant"  # so never its reviewer
    with database.session() as s, pytest.raises(NotThereError):
        importing.seen(s, actor(s, "linwanyi"), number)


def test_rows_a_colleague_filed_meanwhile_are_not_filed_again() -> None:
    first, second = (
        handed(files.book([files.row(1), files.row(2)])),
        handed(files.book([files.row(2), files.row(3)])),
    )
    submitted(first)
    submitted(second)
    found = import_(second)
    assert (found.filed, found.bad, found.good) == (1, 1, 0)
    with database.session() as s:
        assert len(s.exec(select(Loan)).all()) == 3
        late = s.exec(
            select(ImportRow).where(ImportRow.import_id == second, ImportRow.state == RowState.BAD)
        ).one()
        assert "刚刚已在 BA-2026-0001 中备案" in late.faults[0]["message"]


def test_a_list_before_the_banks_checker_is_neither_read_anew_nor_thrown_away() -> None:
    """What the checker releases is what they were shown; the maker takes it back first."""
    number = handed(files.book([files.row(1), files.row(2)]))
    with database.session() as s:
        place = institution.by_code(s, "GYB")
        assert place is not None
        place.checker_since = clock.now()
        waiting = handing_in.hand_in_list(
            s, actor(s, "linwanyi"), s.get_one(LoanImport, number), good_only=False
        ).waiting
    for act, verb in ((importing.check_again, "重新查验"), (importing.discard, "作废")):
        with database.session() as s, pytest.raises(ConflictError) as refused:
            act(s, actor(s, "huangzhiheng"), number)
        assert refused.value.sentence == (
            f"这份清单已由林婉仪送本单位复核，尚未放行，不能{verb}。请等复核，或由林婉仪撤回后再办理。"
        )
    assert import_(number).state is ImportState.CHECKED and import_(number).good == 2
    assert waiting is not None
    with database.session() as s:
        handing_in.withdraw(s, actor(s, "linwanyi"), waiting.id or 0)
        importing.discard(s, actor(s, "huangzhiheng"), number)
    assert import_(number).state is ImportState.DISCARDED


def test_a_guarantors_list_has_its_own_columns() -> None:
    number = handed(files.book([files.row(1, Board.GUARANTEE)]), "tanjunhao")
    assert (import_(number).good, faults(number)) == (1, [])
    submitted(number, "tanjunhao")
    with database.session() as s:
        loan = s.exec(select(Loan)).one()
        assert (loan.share_city, loan.fee_rate_pct, loan.national_fund_backed) == (40, Decimal("0.8"), True)
