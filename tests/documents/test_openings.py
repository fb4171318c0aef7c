"""文号期初: a register that goes on in the middle of a year, said by two people, before the first number only."""

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from api.pages.numbers_sheet import workbook
from flows.actions.errors import ConflictError, ForbiddenError, InvalidError, NotThereError
from flows.actions.papers import opening_registers
from flows.documents import integrity
from flows.documents.registry import DOCUMENTS
from flows.steps.documents import SUFFIXES
from models import clock, database
from models.lifecycle import Board
from models.records import numbers
from models.records.number_opening import NumberOpening
from models.records.two_people import Verdict
from tests.actions import samples
from tests.documents.issuing import issue
from tests.seed import actor, seed

Db = Callable[[], AbstractContextManager[Session]]
OFFICER, HEAD, BUREAU = "chenjiamin", "zhoubingwen", "mozhaohui"
TYPED = {"word": "计受", "last": "57", "document": "2026年上半年发文登记簿"}


@pytest.fixture(autouse=True)
def people(db: Db) -> Iterator[None]:
    with db() as s:
        seed(s)
    yield


def a_claim() -> str:
    with database.session() as s:
        who = actor(s, "linwanyi")
        return samples.claim_on(s, who, samples.registered(s, who, Board.BANK)).number


def proposed(s: Session, **typed: str) -> int:
    return opening_registers.propose(s, actor(s, OFFICER), TYPED | typed).id or 0


def opened(**typed: str) -> None:
    with database.session() as s:
        opening_registers.decide(s, actor(s, HEAD), proposed(s, **typed), Verdict.CONFIRMED)


def refused(s: Session, **typed: str) -> dict[str, str]:
    with pytest.raises(InvalidError) as caught:
        proposed(s, **typed)
    return {fault.field: fault.message for fault in caught.value.faults}


def test_a_register_opened_in_july_goes_on_and_its_gap_report_starts_there() -> None:
    case, year = a_claim(), clock.today().year
    opened()
    with database.session() as s:
        (book,) = numbers.series(s)
        assert (book.word, book.opened, book.last, book.used, book.whole) == ("计受", 57, 57, 0, True)
        assert integrity.verify(s).differences == []
    with database.session() as s:
        assert [issue(s, case, "D16").number for _ in range(2)] == [
            f"计受〔{year}〕58号",
            f"计受〔{year}〕59号",
        ]
    with database.session() as s:
        book = next(one for one in numbers.series(s) if one.word == "计受")
        assert (book.opened, book.last, book.used, book.whole) == (57, 59, 2, True)
        assert integrity.verify(s).differences == []
        data = workbook([], [("市电子计算中心", book)], {})
    gaps = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("缺号检查").to_python()
    assert dict(zip(gaps[0], gaps[1], strict=True)) == {
        "登记簿": f"计受〔{year}〕", "单位": "市电子计算中心", "起始号": 58, "已用至": 59, "份数": 2, "作废": 0,
        "缺号或越号": "无", "期初依据": "2026年上半年发文登记簿",
    }  # fmt: skip


def test_only_before_the_first_number_here() -> None:
    case = a_claim()
    with database.session() as s:
        waiting = proposed(s)
        issue(s, case, "D16")
    with database.session() as s, pytest.raises(ConflictError, match="已编到 1 号"):
        opening_registers.decide(s, actor(s, HEAD), waiting, Verdict.CONFIRMED)
    with database.session() as s, pytest.raises(IntegrityError):  # the database says so too
        s.execute(text("UPDATE number_openings SET verdict = 'confirmed', decided_by = proposed_by + 1,"
                       " decided_at = now()"))  # fmt: skip
    with database.session() as s:
        opening_registers.decide(s, actor(s, OFFICER), waiting, Verdict.WITHDRAWN)
        with pytest.raises(ConflictError, match="已编到 1 号"):
            proposed(s)
        assert next(one for one in numbers.series(s) if one.word == "计受").opened == 0


def test_it_takes_two_people_of_the_office_and_one_opening_at_a_time() -> None:
    with database.session() as s:
        waiting = proposed(s)
        with pytest.raises(ConflictError, match="待确认"):
            proposed(s, last="60")
        with pytest.raises(ForbiddenError, match="审核负责人"):
            opening_registers.decide(s, actor(s, OFFICER), waiting, Verdict.CONFIRMED)
        with pytest.raises(ForbiddenError):
            opening_registers.decide(s, actor(s, "lujianping"), waiting, Verdict.CONFIRMED)
        with pytest.raises(ForbiddenError):
            opening_registers.propose(s, actor(s, "linwanyi"), TYPED)
        with pytest.raises(InvalidError):
            opening_registers.decide(s, actor(s, HEAD), waiting, Verdict.REJECTED)
        opening_registers.decide(s, actor(s, HEAD), waiting, Verdict.REJECTED, "登记簿末号为 60")
        own = opening_registers.propose(s, actor(s, HEAD), TYPED | {"last": "60"}).id or 0
        with pytest.raises(ForbiddenError, match="须由另一人"):
            opening_registers.decide(s, actor(s, HEAD), own, Verdict.CONFIRMED)
        with pytest.raises(NotThereError):
            opening_registers.decide(s, actor(s, HEAD), 10**6, Verdict.CONFIRMED)


def test_every_fault_is_said() -> None:
    with database.session() as s:
        assert set(refused(s, last="", document=" ")) == {"last", "document"}
        assert "从 1 号起" in refused(s, last="0")["last"]
        assert "本单位" in refused(s, word="东工信补偿")["word"]
        assert "号" in refused(s, last="100000")["last"]
        words = {one.word for one in opening_registers.registers(s, actor(s, BUREAU).institution_id)}
        assert {"东工信补偿", "东工信函", "东工信报"} <= words


def test_every_numbered_kind_has_its_register() -> None:
    numbered = {code for code, kind in DOCUMENTS.items() if kind.numbered}
    assert numbered <= SUFFIXES.keys()


def test_an_opening_of_a_past_year_is_no_use_any_more() -> None:
    with database.session() as s:
        waiting = proposed(s)
    later = clock.now().replace(year=clock.now().year + 1)
    with clock.at(later), database.session() as s, pytest.raises(ConflictError, match="从 1 号起编"):
        opening_registers.decide(s, actor(s, HEAD), waiting, Verdict.CONFIRMED)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE number_openings SET last = 3",
        "UPDATE number_openings SET verdict = 'rejected'",
        "DELETE FROM number_openings",
        "INSERT INTO number_counters SELECT organ_id, word, year + 1, 57 FROM number_counters",
        "UPDATE number_counters SET last = last - 1",
    ],
)
def test_what_was_opened_stays(change: str) -> None:
    opened()
    with database.session() as s, pytest.raises(DBAPIError):
        s.execute(text(change))
    with database.session() as s:
        assert [one.last for one in numbers.series(s)] == [57]
        assert s.get_one(NumberOpening, 1).verdict == Verdict.CONFIRMED
