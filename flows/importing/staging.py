"""Rows of a file as they are kept until they become filings: read by the filing's own form, every fault at once.

A piece of rows is copied into `import_rows` and checked there in a few statements, all in one transaction.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from flows.actions.filing import References
from flows.actions.forms import loan_form
from flows.actions.typed import attempt
from flows.importing import cells as reading
from flows.importing.cells import Cell
from flows.importing.columns import Column, Listing
from flows.steps import set_checks
from models.lifecycle import Board
from models.records.loan_import import LoanImport

KEY = ("contract_number", "receipt_number")
_COLUMNS = "import_id, row, state, raw, loan, contract_number, receipt_number, principal, faults, looks"


@dataclass(slots=True)
class Staged:
    """One row: what was typed, the form if it has no fault, the faults if it has."""

    number: int
    raw: list[str]
    typed: dict[str, str]
    form: Any
    faults: list[dict[str, str]]


def read(listing: Listing, places: dict[int, Column], number: int, cells: Sequence[Cell]) -> Staged:
    """One row by the list's own form. A fault names its field; the spreadsheet's own faults come before the form's."""
    typed: dict[str, str] = {}
    faults: list[dict[str, str]] = []
    for index, column in places.items():
        cell = cells[index] if index < len(cells) else Cell("")
        typed[column.field], fault = reading.read(column, cell)
        if fault:
            faults.append({"field": column.field, "code": column.field, "message": fault})
    spoilt = {fault["field"] for fault in faults}
    form, wrong = attempt(listing.form, typed)
    faults += [
        {"field": one.field, "code": one.field, "message": one.message}
        for one in wrong
        if one.field not in spoilt
    ]
    raw = [reading.shown(cell) for cell in cells]
    return Staged(number, raw, typed, None if faults else form, faults)


def keep(s: Session, found: LoanImport, rows: Sequence[Staged], today: date) -> None:
    """Copy the rows into the table and check those that could be read."""
    board, import_id = Board(found.board), found.id or 0
    known = References(s, board, found.institution_id, {row.form.uscc for row in rows if row.form})
    driver: Any = s.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY import_rows ({_COLUMNS}) FROM STDIN") as copy:
        for row in rows:
            columns = known.columns(row.form) if row.form else None
            copy.write_row(
                (
                    import_id,
                    row.number,
                    "read",
                    _json(row.raw),
                    _json(columns) if columns else None,
                    *(columns[name] if columns else row.typed.get(name, "")[:200] for name in KEY),
                    row.form.principal if row.form else None,
                    _json(row.faults),
                    "[]",
                )
            )
    if rows:
        _check(s, board, import_id, rows[0].number, rows[-1].number, today)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def staged_loans(condition: str, values: dict[str, Any]) -> set_checks.Loans:
    """Staged rows of an import (`:import`) as a relation with the columns of `loans`; `condition` is on row i."""
    relation = f"""(SELECT i.row AS key, p.* FROM import_rows i, jsonb_populate_record(NULL::loans, i.loan) p
        WHERE i.import_id = :import AND i.loan IS NOT NULL AND {condition}) l"""
    return set_checks.Loans(relation, values)


def _check(s: Session, board: Board, import_id: int, first: int, last: int, today: date) -> None:
    """What fails is a fault of the row; what a person must judge is told and may be submitted."""
    loans = staged_loans(
        "i.row BETWEEN :first AND :last", {"import": import_id, "first": first, "last": last}
    )
    for statement, values in set_checks.statements(s, board, loans, today, passed=False):
        s.connection().execute(text(_WRITE.format(statement=statement)), values)
    unsure = text(
        "SELECT row FROM import_rows WHERE import_id = :import AND row BETWEEN :first AND :last "
        "AND looks @> '[\"row\"]'"
    )
    for (row,) in s.connection().execute(unsure, dict(loans.values)).all():
        checks = set_checks.by_hand(s, loans, row, today)
        failed = [check for check in checks if check["result"] == "fail"]
        look = [check for check in checks if check["result"] == "look"]
        values = {"import": import_id, "row": row, "faults": _json(failed), "looks": _json(look)}
        s.connection().execute(_WRITE_ONE, values)


_WRITE = """
WITH checked AS MATERIALIZED ({statement})
UPDATE import_rows r SET
    faults = jsonb_path_query_array(checked.checks, '$[*] ? (@.result == "fail")'),
    looks = CASE WHEN checked.checks @> '["row"]' THEN '["row"]'::jsonb
        ELSE jsonb_path_query_array(checked.checks, '$[*] ? (@.result == "look")') END
FROM checked WHERE r.import_id = :import AND r.row = checked.key AND checked.checks <> '[]'
"""
_WRITE_ONE = text(
    "UPDATE import_rows SET faults = CAST(:faults AS jsonb), looks = CAST(:looks AS jsonb) "
    "WHERE import_id = :import AND row = :row"
)


def finish(s: Session, found: LoanImport) -> None:
    """After the last row: what is there twice, what is on record already, what is good; and the counts."""
    values = {"import": found.id, "institution": found.institution_id}
    fields = list(loan_form(Board(found.board)).model_fields)
    for statement in (_TWICE, _ON_RECORD.format(**_same(fields)), STATES):
        s.connection().execute(text(statement), values)
    counted = s.connection().execute(text(COUNTED), values).mappings().one()
    for name, value in counted.items():
        setattr(found, name, value)


def _same(fields: Iterable[str]) -> dict[str, str]:
    names = list(fields)
    return {"theirs": ", ".join(f"l.{n}" for n in names), "ours": ", ".join(f"p.{n}" for n in names)}


_TWICE = """
UPDATE import_rows r SET faults = r.faults || jsonb_build_array(jsonb_build_object('field', 'receipt_number',
    'code', 'twice', 'message', '与第 ' || d.first || ' 行的借款合同号、借据号相同；同一借据只能备案一次，请删去一行。'))
FROM (
    SELECT row, min(row) OVER (PARTITION BY contract_number, receipt_number) AS first
    FROM import_rows WHERE import_id = :import AND contract_number <> '' AND receipt_number <> ''
) d
WHERE r.import_id = :import AND r.row = d.row AND d.first < d.row
"""
# Only the institution's own loans are looked at: nobody learns here that another one's case exists.
_ON_RECORD = """
UPDATE import_rows r SET
    state = CASE WHEN o.same THEN 'known' ELSE r.state END,
    faults = CASE WHEN o.same THEN '[]'::jsonb ELSE r.faults || jsonb_build_array(jsonb_build_object(
        'field', 'receipt_number', 'code', 'on_record', 'message', '该借据已在 ' || o.number
        || ' 中备案，与本行内容不同；要更正的请在该案办理，不要重复备案。')) END
FROM (
    SELECT i.row, c.number,
        i.loan IS NOT NULL AND ({theirs}) IS NOT DISTINCT FROM ({ours}) AS same
    FROM import_rows i
    JOIN loans l ON l.institution_id = :institution AND l.contract_number = i.contract_number
        AND l.receipt_number = i.receipt_number AND l.state IN ('filed', 'registered')
    JOIN cases c ON c.id = l.case_id
    LEFT JOIN LATERAL jsonb_populate_record(NULL::loans, i.loan) p ON true
    WHERE i.import_id = :import AND i.state = 'read'
) o
WHERE r.import_id = :import AND r.row = o.row
"""
STATES = """
UPDATE import_rows SET state = CASE WHEN faults = '[]' AND loan IS NOT NULL THEN 'good' ELSE 'bad' END
WHERE import_id = :import AND state = 'read'
"""
COUNTED = """
SELECT count(*) AS rows, count(*) FILTER (WHERE state = 'good') AS good, count(*) FILTER (WHERE state = 'bad') AS bad,
    count(*) FILTER (WHERE state = 'known') AS known,
    count(*) FILTER (WHERE state = 'good' AND looks <> '[]') AS warned,
    COALESCE(sum(jsonb_array_length(faults)) FILTER (WHERE state = 'bad'), 0) AS faults
FROM import_rows WHERE import_id = :import
"""
