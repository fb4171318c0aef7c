"""Rows of a list of loans as they are kept until they become filings: checked in a few statements, written once.

A piece of rows goes into a table of this connection alone; there it is checked and compared with the file's earlier
rows and with what is on record. What it came to is written into `import_rows`, all in one transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import text
from sqlmodel import Session

from flows.actions.applications.filing import References
from flows.actions.forms.application_forms import loan_form
from flows.importing.rows import Staged
from flows.steps import set_checks
from models.lifecycle import Board
from models.records.loan_import import LoanImport

KEY = ("contract_number", "receipt_number")
_COLUMNS = "row integer, raw jsonb, loan jsonb, contract_number text, receipt_number text, principal numeric, faults jsonb"


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows as they are going to be written (a JSON list for `import_piece`), and the loans that could be read."""

    rows: str
    loans: list[dict[str, Any]]


def ready(s: Session, found: LoanImport, rows: Sequence[Staged]) -> Piece:
    """What the records add to each row, and the row as it is written; nothing is written yet."""
    board = Board(found.board)
    known = References(s, board, found.institution_id, {row.values["uscc"] for row in rows if row.values})
    columns = [known.of(row.values) if row.values else None for row in rows]
    written = [
        {
            "row": row.number,
            "raw": row.raw,
            "loan": loan,
            **{name: loan[name] if loan else row.typed.get(name, "")[:200] for name in KEY},
            "principal": loan["principal"] if loan else None,
            "faults": row.faults,
        }
        for row, loan in zip(rows, columns, strict=True)
    ]
    return Piece(as_json(written), [loan for loan in columns if loan])


def keep(s: Session, found: LoanImport, piece: Piece, today: date) -> None:
    """Check the rows that could be read, and write each with what it came to."""
    board = Board(found.board)
    s.connection().execute(text(_PIECE))
    s.connection().execute(text(_FILL), {"rows": piece.rows})
    if piece.loans:
        _check(s, board, piece.loans, today)
    values = {"import": found.id, "institution": found.institution_id}
    s.connection().execute(text(_KEPT.format(**_same(loan_form(board).model_fields))), values)


def as_json(value: object) -> str:
    """A value as it is written into a row; amounts and days as text."""
    return orjson.dumps(value, default=str).decode()


def _check(s: Session, board: Board, read: Sequence[dict[str, Any]], today: date) -> None:
    """What fails is a fault of the row; what a person must judge is told and may be submitted."""
    loans = set_checks.Loans(_LOANS, {}, read)
    for statement, values in set_checks.statements(s, board, loans, today, passed=False):
        s.connection().execute(text(_WRITE.format(statement=statement)), values)
    unsure = text("SELECT row FROM import_piece WHERE looks @> '[\"row\"]'")
    for (row,) in s.connection().execute(unsure).all():
        checks = set_checks.by_hand(s, loans, row, today)
        failed = [check for check in checks if check["result"] == "fail"]
        look = [check for check in checks if check["result"] == "look"]
        s.connection().execute(_WRITE_ONE, {"row": row, "faults": as_json(failed), "looks": as_json(look)})


def finish(s: Session, found: LoanImport) -> None:
    """After the last row: the counts."""
    counted = s.connection().execute(text(COUNTED), {"import": found.id}).mappings().one()
    for name, value in counted.items():
        setattr(found, name, value)


def _same(fields: Iterable[str]) -> dict[str, str]:
    names = list(fields)
    return {"theirs": ", ".join(f"l.{n}" for n in names), "ours": ", ".join(f"p.{n}" for n in names)}


_PIECE = f"""
CREATE TEMPORARY TABLE IF NOT EXISTS import_piece ({_COLUMNS}, looks jsonb NOT NULL DEFAULT '[]') ON COMMIT DELETE ROWS
"""
# In one go, not row by row: the next piece is read meanwhile, and each turn would wait for that.
_FILL = (
    f"INSERT INTO import_piece SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS piece ({_COLUMNS})"
)
_LOANS = """(SELECT i.row AS key, p.* FROM import_piece i, jsonb_populate_record(NULL::loans, i.loan) p
    WHERE i.loan IS NOT NULL) l"""
_WRITE = """
WITH checked AS MATERIALIZED ({statement})
UPDATE import_piece r SET
    faults = jsonb_path_query_array(checked.checks, '$[*] ? (@.result == "fail")'),
    looks = CASE WHEN checked.checks @> '["row"]' THEN '["row"]'::jsonb
        ELSE jsonb_path_query_array(checked.checks, '$[*] ? (@.result == "look")') END
FROM checked WHERE r.row = checked.key AND checked.checks <> '[]'
"""
_WRITE_ONE = text(
    "UPDATE import_piece SET faults = CAST(:faults AS jsonb), looks = CAST(:looks AS jsonb) WHERE row = :row"
)
# Rows are read in their order, so the first with a receipt is in an earlier piece or in this one. Only the
# institution's own loans are looked at: nobody learns here that another one's case exists.
_KEPT = """
INSERT INTO import_rows (import_id, row, state, raw, loan, contract_number, receipt_number, principal, faults, looks)
SELECT :import, k.row, CASE WHEN k.same THEN 'known' WHEN k.faults = '[]' AND k.loan IS NOT NULL THEN 'good' ELSE 'bad' END,
    k.raw, k.loan, k.contract_number, k.receipt_number, k.principal, k.faults, k.looks
FROM (
    SELECT i.row, i.raw, i.loan, i.contract_number, i.receipt_number, i.principal, i.looks, o.same,
        CASE WHEN o.same THEN '[]'::jsonb ELSE i.faults
            || CASE WHEN d.first < i.row THEN jsonb_build_array(jsonb_build_object('field', 'receipt_number', 'code', 'twice',
                'message', '与第 ' || d.first || ' 行的借款合同号、借据号相同；同一借据只能备案一次，请删去一行。'))
            ELSE '[]'::jsonb END
            || CASE WHEN o.number IS NOT NULL THEN jsonb_build_array(jsonb_build_object('field', 'receipt_number',
                'code', 'on_record', 'message', '该借据已在 ' || o.number
                || ' 中备案，与本行内容不同；要更正的请在该案办理，不要重复备案。')) ELSE '[]'::jsonb END
        END AS faults
    FROM import_piece i
    LEFT JOIN LATERAL (
        SELECT c.number, i.loan IS NOT NULL AND ({theirs}) IS NOT DISTINCT FROM ({ours}) AS same
        FROM loans l JOIN cases c ON c.id = l.case_id
        LEFT JOIN LATERAL jsonb_populate_record(NULL::loans, i.loan) p ON true
        WHERE l.institution_id = :institution AND l.contract_number = i.contract_number
            AND l.receipt_number = i.receipt_number AND l.state IN ('filed', 'registered')
        LIMIT 1
    ) o ON true
    LEFT JOIN (
        SELECT m.row, LEAST(min(m.row) OVER (PARTITION BY m.contract_number, m.receipt_number), (
            SELECT min(e.row) FROM import_rows e WHERE e.import_id = :import
                AND e.contract_number = m.contract_number AND e.receipt_number = m.receipt_number
        )) AS first
        FROM import_piece m WHERE m.contract_number <> '' AND m.receipt_number <> ''
    ) d ON d.row = i.row
) k
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
