"""What a row is read as is what the whole form says of it, whatever was read and remembered before."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.actions.typed import attempt
from flows.importing import cells as reading
from flows.importing import rows
from flows.importing.cells import Cell
from flows.importing.columns import Listing, listed_firms, loans
from models.lifecycle import Board
from tests.imports import files

GOOD = {
    **files.row(1),
    "贷款银行": "示例银行",
    "保证合同号": "BZ-1",
    "委托担保合同号": "WB-1",
    "担保费率": "0.8",
    "国家融担基金支持贷款": "是",
    "推荐部门": "市科技局",
}
DAYS = ["2026-04-20", "2026-04-22", "2026-4-22", "2027-02-16", "2999-01-01", "2026-02-30", ""]
LISTS = [loans(Board.BANK), loans(Board.GUARANTEE), listed_firms()]


def cells() -> st.SearchStrategy[Cell]:
    """Cells as people and spreadsheets spoil them."""
    words = st.sampled_from(
        ["", "是", "制造业", "工业", "批发业", "小型", "厚街镇", "1", "-1", "12.345", "x" * 130, *DAYS]
    )
    spoilt = st.sampled_from(["", "", "", "在合并单元格里。"])
    numbers = st.sampled_from(["1", "0.042", "45000", "1000001.00", "91441900000000000"])
    return (
        st.builds(Cell, words, st.just("text"), spoilt)
        | st.builds(Cell, numbers, st.just("number"), spoilt)
        | st.builds(Cell, st.sampled_from(["2026-04-20", "2026-04-22"]), st.just("day"))
    )


def whole(listing: Listing, typed: dict[str, str], spoilt: list[str]) -> tuple[Any, list[tuple[str, str]]]:
    """What the form as a whole says of what was typed."""
    form, wrong = attempt(listing.form, typed)
    return form, [(one.field, one.message) for one in wrong if one.field not in spoilt]


@pytest.mark.parametrize("listing", LISTS, ids=lambda one: one.form.__name__)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_row_read_in_parts_is_the_form_read_whole(listing: Listing, data: st.DataObject) -> None:
    titles = data.draw(st.sets(st.sampled_from([column.title for column in listing.columns]), max_size=8))
    columns = [column for column in listing.columns if column.title not in titles]
    good = [Cell(str(GOOD.get(column.title, ""))) for column in columns]
    reader = rows.Reader(listing, dict(enumerate(columns)))
    for number in range(8):
        changed = data.draw(st.dictionaries(st.integers(0, len(columns) - 1), cells(), max_size=4))
        row = [changed.get(place, cell) for place, cell in enumerate(good)]
        read = [reading.read(column, cell) for column, cell in zip(columns, row, strict=True)]
        typed = {column.field: text for column, (text, _) in zip(columns, read, strict=True)}
        spoilt = [(column.field, fault) for column, (_, fault) in zip(columns, read, strict=True) if fault]
        form, wrong = whole(listing, typed, [field for field, _ in spoilt])
        found = reader.read(number, row)
        assert [(one["field"], one["message"]) for one in found.faults] == [*spoilt, *wrong]
        assert found.values == (None if found.faults else vars(form))
        assert found.typed == typed and found.raw == [reading.shown(cell) for cell in row]


def test_what_is_remembered_of_a_column_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST_KNOWN", 5)
    listing = listed_firms()
    names = [column.field for column in listing.columns]
    reader = rows.Reader(listing, dict(enumerate(listing.columns)))
    for number in range(40):
        row = reader.read(number, [Cell(f"{number}" if name == "firm_name" else "") for name in names])
        assert row.typed["firm_name"] == str(number)
    assert max(len(known) for _, known in reader._columns) <= 5
