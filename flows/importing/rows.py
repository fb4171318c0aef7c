"""A row of a list as it is read: by the list's own form, every fault at once.

What a column says repeats from row to row: each cell, and each part of the form that is judged together, is read once
while it is remembered. `tests/imports/test_rows.py` compares that with the whole form, row by row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import BaseModel

from flows.actions.forms import parts
from flows.actions.typed import attempt
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


class _Known(NamedTuple):
    """What came of a cell: what the form is given, how it is shown, what is wrong with the cell itself; and, where its
    field is judged alone, what the form made of it and has against it."""

    typed: str
    shown: str
    fault: str
    values: dict[str, Any]
    wrong: tuple[tuple[str, str], ...]


class _Part:
    """Fields of the form that are judged together, and what came of the values met so far."""

    def __init__(self, form: type[BaseModel], fields: tuple[str, ...]) -> None:
        self.form, self.fields = form, fields
        self.known: dict[tuple[str, ...], Made] = {}

    def read(self, given: tuple[str, ...]) -> Made:
        """Values by field, or what is wrong (field, sentence)."""
        found = self.known.get(given)
        if found is None:
            found = self.judge(given)
            _remember(self.known, given, found)
        return found

    def judge(self, given: tuple[str, ...]) -> Made:
        """The same, of values nobody remembers."""
        form, wrong = attempt(self.form, dict(zip(self.fields, given, strict=True)))
        return vars(form) if form else {}, tuple((one.field, one.message) for one in wrong)


class Reader:
    """Reads the rows of a file by the columns its heading has."""

    def __init__(self, listing: Listing, places: Mapping[int, Column]) -> None:
        cut = [_Part(form, fields) for fields, form in parts(listing.form).items()]
        alone = {part.fields[0]: part for part in cut if len(part.fields) == 1}
        named = {column.field for column in places.values()}
        self._order = {name: place for place, name in enumerate(listing.form.model_fields)}
        self._columns: list[tuple[int, Column, _Part | None, dict[Cell, _Known]]] = [
            (index, column, alone.get(column.field), {}) for index, column in places.items()
        ]
        self._beside = [part for part in cut if len(part.fields) > 1 or part.fields[0] not in named]

    def read(self, number: int, cells: Sequence[Cell]) -> Staged:
        """One row. A fault names its field; the spreadsheet's own faults come before the form's."""
        typed: dict[str, str] = {}
        values: dict[str, Any] = {}
        spoilt: list[tuple[str, str]] = []
        wrong: list[tuple[str, str]] = []
        raw = [cell.text for cell in cells]
        width = len(raw)
        for index, column, part, known in self._columns:
            cell = cells[index] if index < width else _NOTHING
            found = known.get(cell) or self._look(column, part, cell, known)
            typed[column.field] = found[0]
            if index < width:
                raw[index] = found[1]
            if found[2]:
                spoilt.append((column.field, found[2]))
            values.update(found[3])
            wrong += found[4]
        for part in self._beside:
            made, bad = part.read(tuple([typed.get(name, "") for name in part.fields]))
            values.update(made)
            wrong += bad
        if width > len(self._columns):
            raw = [reading.shown(cell) for cell in cells]
        if not spoilt and not wrong:
            return Staged(number, raw, typed, values, [])
        known_faults = {field for field, _ in spoilt}
        told = sorted(wrong, key=lambda one: self._order[one[0]])
        faults = [*spoilt, *(one for one in told if one[0] not in known_faults)]
        return Staged(number, raw, typed, None, [_fault(*one) for one in faults])

    def _look(self, column: Column, part: _Part | None, cell: Cell, known: dict[Cell, _Known]) -> _Known:
        typed, fault = reading.read(column, cell)
        made = part.judge((typed,)) if part else ({}, ())
        found = _Known(typed, reading.shown(cell), fault, *made)
        _remember(known, cell, found)
        return found


def _fault(field: str, message: str) -> dict[str, str]:
    return {"field": field, "code": field, "message": message}


def _remember(known: dict[Any, Any], given: object, found: object) -> None:
    if len(known) >= MOST_KNOWN:
        known.clear()
    known[given] = found
