"""A row of a list as it is read: by the list's own form, every fault at once.

What a column says repeats from row to row: each cell, and each part of the form that is judged together, is read once
while it is remembered. `tests/imports/test_rows.py` compares that with the whole form, row by row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from flows.actions.forms.application_forms import parts
from flows.actions.typed import attempt, value_of
from flows.importing import cells as reading
from flows.importing.cells import Cell
from flows.importing.columns import Column, Listing

MOST_KNOWN = 4_000
"""Cells of a column, or values of a part, that are remembered: of a column of numbers no two are alike, and memory stays flat."""
_NOTHING = Cell("")
Made = tuple[dict[str, Any], tuple[tuple[str, str], ...]]
"""What a form made of its fields, by field; and what it has against them: field, sentence."""


@dataclass(slots=True)
class Staged:
    """One row: what was typed, by field; what the form made of it if there is no fault, the faults if there is one."""

    number: int
    raw: list[str]
    typed: dict[str, str]
    values: dict[str, Any] | None
    faults: list[dict[str, str]]


_Met = tuple[str, str, str, dict[str, Any], tuple[tuple[str, str], ...]]
"""What came of a cell: what the form is given, how it is shown, what is wrong with the cell itself; and, where its field
is judged alone, what the form made of it and has against it."""


class _Part(dict[tuple[str, ...], Made]):
    """Fields of the form that are judged together, and what came of the values met so far."""

    def __init__(self, form: type[BaseModel], fields: tuple[str, ...]) -> None:
        super().__init__()
        self.form, self.fields = form, fields

    def __missing__(self, given: tuple[str, ...]) -> Made:
        _forget(self)
        found = self[given] = self.judge(given)
        return found

    def judge(self, given: tuple[str, ...]) -> Made:
        """Values by field, or what is wrong (field, sentence); not remembered."""
        form, wrong = attempt(self.form, dict(zip(self.fields, given, strict=True)))
        return vars(form) if form else {}, tuple([(one.field, one.message) for one in wrong])


class _Column(dict[Cell, _Met]):
    """The cells of a column met so far; `part` judges its field if it is judged alone."""

    def __init__(self, column: Column, part: _Part | None) -> None:
        super().__init__()
        self.column, self.part = column, part
        self.value = value_of(part.form, column.field) if part is not None else None

    def __missing__(self, cell: Cell) -> _Met:
        _forget(self)
        typed, fault = reading.read(self.column, cell)
        found = self[cell] = (typed, reading.shown(cell), fault, *self.judge(typed))
        return found

    def judge(self, typed: str) -> Made:
        """What the form says of the field: by the field's own type first, which most cells of a good list satisfy."""
        if self.part is None or self.value is None:
            return {}, ()
        try:
            return {self.column.field: self.value(typed)}, ()
        except ValidationError:
            return self.part.judge((typed,))


class Reader:
    """Reads the rows of a file by the columns its heading has."""

    def __init__(self, listing: Listing, places: Mapping[int, Column]) -> None:
        cut = [_Part(form, fields) for fields, form in parts(listing.form).items()]
        alone = {part.fields[0]: part for part in cut if len(part.fields) == 1}
        self._fields = [column.field for column in places.values()]
        self._order = {name: place for place, name in enumerate(listing.form.model_fields)}
        self._columns = [
            (index, _Column(column, alone.get(column.field))) for index, column in places.items()
        ]
        self._in_order = list(places) == list(range(len(places)))
        self._beside = [part for part in cut if len(part.fields) > 1 or part.fields[0] not in self._fields]

    def read(self, number: int, cells: Sequence[Cell]) -> Staged:
        """One row. A fault names its field; the spreadsheet's own faults come before the form's."""
        width = len(cells)
        met = [column[cells[index] if index < width else _NOTHING] for index, column in self._columns]
        typed = dict(zip(self._fields, [one[0] for one in met], strict=True))
        values: dict[str, Any] = {}
        wrong: list[tuple[str, str]] = []
        for one in met:
            values.update(one[3])
            wrong += one[4]
        for part in self._beside:
            made, bad = part[tuple([typed.get(name, "") for name in part.fields])]
            values.update(made)
            wrong += bad
        if self._in_order and width <= len(met):
            raw = [one[1] for one in met[:width]]
        else:
            raw = [reading.shown(cell) for cell in cells]
        spoilt = {field: one[2] for field, one in zip(self._fields, met, strict=True) if one[2]}
        if not spoilt and not wrong:
            return Staged(number, raw, typed, values, [])
        told = sorted(wrong, key=lambda one: self._order[one[0]])
        faults = [*spoilt.items(), *(one for one in told if one[0] not in spoilt)]
        return Staged(number, raw, typed, None, [_fault(*one) for one in faults])


def _fault(field: str, message: str) -> dict[str, str]:
    return {"field": field, "code": field, "message": message}


def _forget(known: dict[Any, Any]) -> None:
    if len(known) >= MOST_KNOWN:
        known.clear()
