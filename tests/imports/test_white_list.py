"""Rounds of the white list: from a file to validity periods that cannot overlap."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import col, select

from flows.actions.errors import ConflictError, ForbiddenError, InvalidError
from flows.actions.rules import white_listing
from flows.importing import running, workbooks
from models import clock, database
from models.records.enterprise import WhiteListEntry, stays_of
from models.records.loan_import import ImportRow, ImportState, LoanImport
from models.records.two_people import Verdict
from models.records.white_list import WhiteListRound, counted, of_import, on_list
from tests.imports import files
from tests.seed import actor, seed

TODAY = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
ROUND = {"name": "2026年第四批", "effective_on": "2026-12-01", "source_document": "东工信〔2026〕88号"}
PREPARES, PUBLISHES = "chenjiamin", "mozhaohui"


@pytest.fixture(autouse=True)
def world(db: Any) -> Iterator[None]:
    with clock.at(TODAY):
        with db() as s:
            seed(s)
        yield


def firm(number: int, **changes: Any) -> dict[str, Any]:
    """One row under the template's headings."""
    cells = {
        "统一社会信用代码": files.uscc(number),
        "企业名称": f"东莞市示例{number}号有限公司",
        "推荐部门": "市科技局",
    }
    return cells | changes


def prepared(rows: list[dict[str, Any]], **changes: Any) -> int:
    """Register a round and read its file; the round's id."""
    titles = list(dict.fromkeys(title for row in rows for title in row))
    data = files.book(rows, sheet="白名单", titles=titles)
    return handed(data, "名单.xlsx", **changes)


def handed(data: bytes, filename: str, **changes: Any) -> int:
    with database.session() as s:
        row, _ = white_listing.prepare(s, actor(s, PREPARES), ROUND | changes, filename, data)
        number, file = row.id or 0, row.import_id
    running.work(file)
    return number


def decided(number: int, login: str = PUBLISHES, verdict: Verdict = Verdict.CONFIRMED) -> LoanImport:
    with database.session() as s:
        file = white_listing.decide(s, actor(s, login), number, verdict).import_id
    running.work(file)
    with database.session() as s:
        return s.get_one(LoanImport, file)


def listed(number: int) -> list[tuple[date, date | None, str]]:
    with database.session() as s:
        stays = stays_of(s, [files.uscc(number)]).get(files.uscc(number), [])
        return [(stay.valid_from, stay.valid_to, stay.batch) for stay in stays]


def rows_of(number: int) -> dict[int, tuple[str, list[str], list[str]]]:
    """Row → state, faults, looks."""
    with database.session() as s:
        file = s.get_one(WhiteListRound, number).import_id
        rows = s.exec(select(ImportRow).where(ImportRow.import_id == file).order_by(col(ImportRow.row)))
        return {
            r.row: (r.state.value, [f["code"] for f in r.faults], [look["code"] for look in r.looks])
            for r in rows
        }


def test_a_round_is_read_published_by_another_person_and_counts_from_its_day() -> None:
    number = prepared([firm(1), firm(2, 有效期至="2027-06-30")], valid_to="2027-12-31")
    with database.session() as s:
        assert on_list(s, files.uscc(1), date(2026, 12, 1)) is None, "nothing counts before it is published"
    with pytest.raises(ForbiddenError, match="须由另一人"), database.session() as s:
        row = s.get_one(WhiteListRound, number)
        row.proposed_by = actor(s, PUBLISHES).person_id
        s.flush()
        white_listing.decide(s, actor(s, PUBLISHES), number, Verdict.CONFIRMED)
    found = decided(number)
    assert (found.state, found.filed) == (ImportState.SUBMITTED, 2)
    assert listed(1) == [(date(2026, 12, 1), date(2027, 12, 31), "2026年第四批")]
    assert listed(2) == [(date(2026, 12, 1), date(2027, 6, 30), "2026年第四批")]
    with database.session() as s:
        assert s.get_one(WhiteListRound, number).effects == {"added": 2, "left": 0}
        assert counted(s, date(2026, 12, 1)).on_list == 2 and counted(s, date(2026, 11, 30)).on_list == 0
        stay = on_list(s, files.uscc(1), date(2027, 12, 31))
        assert stay is not None and stay.firm_name == "东莞市示例1号有限公司"
        assert on_list(s, files.uscc(1), date(2028, 1, 1)) is None


def test_every_fault_of_every_row_is_said_at_once_and_good_rows_can_go_on() -> None:
    large = {"划型行业": "工业", "从业人员": 2000, "营业收入": 90000, "资产总额": 100}
    rows = [
        firm(1),
        firm(2, **large),
        firm(3, 统一社会信用代码="91441900MA5000003X"),
        firm(4, 所属行业="金融业"),
        firm(5, 有效期至="2026-11-30"),
        firm(6, 推荐部门=""),
        firm(1),
        firm(7),
        firm(7, 企业名称="另一家"),
        firm(8, 划型行业="工业", 从业人员=60, 营业收入=4200, 申报划型="中型"),
        firm(9, **{"所在镇街（园区）": "东莞市以外"}),
    ]
    number = prepared(rows)
    assert rows_of(number) == {
        2: ("good", [], []),
        3: ("bad", ["enterprise.size"], []),
        4: ("bad", ["uscc"], []),
        5: ("bad", ["enterprise.sector"], []),
        6: ("bad", ["valid_to"], []),
        7: ("bad", ["recommended_by"], []),
        8: ("known", [], ["twice"]),
        9: ("bad", ["two_names"], []),
        10: ("bad", ["two_names"], []),
        11: ("good", [], ["enterprise.size"]),
        12: ("bad", ["town"], []),
    }
    with database.session() as s:
        found = s.get_one(LoanImport, s.get_one(WhiteListRound, number).import_id)
        assert (found.rows, found.good, found.bad, found.known) == (11, 2, 8, 1)
        assert workbooks.annotated(s, found).startswith(b"PK")
    assert decided(number).filed == 2
    with database.session() as s:
        sizes = {stay.uscc: stay.size_class for stay in s.exec(select(WhiteListEntry))}
        assert sizes == {files.uscc(1): "", files.uscc(8): "小型"}


def test_across_rounds_a_stay_goes_on_is_continued_or_may_not_be_run_into() -> None:
    decided(prepared([firm(1), firm(2, 有效期至="2027-03-31")], name="一"))
    decided(prepared([firm(3)], name="二", effective_on="2028-01-01"))
    number = prepared([firm(1), firm(2), firm(3), firm(4)], name="三", effective_on="2027-01-01")
    assert rows_of(number) == {
        2: ("known", [], ["listed"]),
        3: ("good", [], ["renewed"]),
        4: ("bad", ["overlaps"], []),
        5: ("good", [], []),
    }
    assert decided(number).filed == 2
    assert listed(1) == [(date(2026, 12, 1), None, "一")]
    assert listed(2) == [(date(2026, 12, 1), date(2027, 3, 31), "一"), (date(2027, 4, 1), None, "三")]
    assert listed(3) == [(date(2028, 1, 1), None, "二")]


def test_two_rounds_checked_at_the_same_time_do_not_both_list_a_firm() -> None:
    first = prepared([firm(1), firm(2)], name="一")
    second = prepared([firm(1)], name="二", valid_to="2027-12-31")
    third = prepared([firm(2), firm(3)], name="三", effective_on="2026-11-25")
    assert decided(first).filed == 2
    found = decided(second)
    assert (found.state, found.filed, found.known) == (ImportState.SUBMITTED, 0, 1)
    found = decided(third)
    assert (found.filed, found.bad) == (1, 1), "a stay that would run into the first round's is left out"
    assert [len(listed(n)) for n in (1, 2, 3)] == [1, 1, 1]


def test_a_whole_list_lets_go_of_firms_it_does_not_name_but_not_in_the_past() -> None:
    decided(prepared([firm(1), firm(2)], name="一", effective_on="2024-03-01"))
    with pytest.raises(InvalidError) as refused:
        prepared([firm(2)], name="二", complete="1", effective_on="2026-11-22")
    assert [fault.field for fault in refused.value.faults] == ["effective_on"]
    number = prepared([firm(2), firm(3), firm(4, 推荐部门="")], name="二", complete="1")
    with pytest.raises(ConflictError, match="还有 1 行要改"):
        decided(number)
    number = prepared([firm(2), firm(3)], name="三", complete="1")
    assert decided(number).filed == 1
    assert listed(1) == [(date(2024, 3, 1), date(2026, 11, 30), "一")]
    assert listed(2) == [(date(2024, 3, 1), None, "一")]
    with database.session() as s:
        (stay,) = stays_of(s, [files.uscc(1)])[files.uscc(1)]
        assert (stay.removal_reason, stay.planned_to, stay.left_round_id) == ("未列入三", None, number)
        assert s.get_one(WhiteListRound, number).effects == {"added": 1, "left": 1}


def test_the_same_file_twice_and_a_name_that_is_taken() -> None:
    data = files.book([firm(1)], sheet="白名单")
    first = handed(data, "名单.xlsx")
    assert handed(data, "又一份.xlsx", name="另一批") == first
    with pytest.raises(InvalidError) as refused:
        prepared([firm(2)])
    assert refused.value.faults[0].message == "已有名为“2026年第四批”的批次，请换一个名称。"
    decided(first, PREPARES, Verdict.WITHDRAWN)
    second = prepared([firm(2)])
    with database.session() as s:
        assert (
            s.get_one(LoanImport, s.get_one(WhiteListRound, first).import_id).state == ImportState.DISCARDED
        )
        assert of_import(s, s.get_one(WhiteListRound, second).import_id).name == "2026年第四批"


def test_a_csv_of_a_department_with_only_the_columns_it_has() -> None:
    rows = [{**firm(1), "备注": "x"}, {**firm(2), "备注": ""}]
    data = files.text(rows).encode("gb18030")
    number = handed(data, "名单.csv")
    assert {state for state, _, _ in rows_of(number).values()} == {"good"}
    with database.session() as s:
        file = s.get_one(WhiteListRound, number).import_id
        assert s.get_one(LoanImport, file).notes == ["D 列“备注”不在模板中，没有读取。"]


def test_the_database_lets_no_stay_overlap_vanish_or_move() -> None:
    decided(prepared([firm(1)], name="一", effective_on="2024-03-01"))
    with pytest.raises(IntegrityError, match="one_stay_at_a_time"), database.session() as s:
        stay = WhiteListEntry(
            uscc=files.uscc(1),
            batch="x",
            recommended_by="x",
            valid_from=date(2025, 1, 1),
            valid_to=date(2025, 1, 1),
        )
        s.add(stay)
        s.flush()
    for statement in ("DELETE FROM white_list", "UPDATE white_list SET valid_from = '2023-01-01'"):
        with pytest.raises(DBAPIError, match="stay on the white list"), database.session() as s:
            s.connection().execute(text(statement))
