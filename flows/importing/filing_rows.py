"""Good rows become filings: so many loans at a time, each filing one transaction, however often it is tried."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from flows.actions.applications.importing import actor_of
from flows.actions.attaching import Stored, attach_stored
from flows.actions.errors import permitted
from flows.actions.maker_checker.handing_in import note_on_import
from flows.actions.opening import open_case, told
from flows.importing.sheets import KINDS, UnreadableError, kind_of
from flows.steps import set_checks
from models import clock
from models.lifecycle import Board, Process
from models.permissions import Actor, may_backfill, may_file
from models.records import institution
from models.records.attachment import Blob
from models.records.base import Facts, remembering
from models.records.case import CaseRecord, Origin
from models.records.loan import WRITTEN, Loan
from models.records.loan_import import CaseOrigin, LoanImport
from models.settings import get_settings

SLOT = "loan_list"
"""The slot of a filing that holds the file its loans came from."""


def file_some(s: Session, found: LoanImport) -> bool:
    """The next filing of the import, with at most `import_case_loans` loans; False when no good row is left.

    Raises `ForbiddenError` when whoever submitted may no longer do so.
    """
    with remembering(s):  # nothing that is decided by changes while a filing is written
        return _file_some(s, found)


def _file_some(s: Session, found: LoanImport) -> bool:
    actor = actor_of(s, found.submitted_by or 0)
    permitted(
        may_backfill(actor, found.institution_id) if found.backfilled else may_file(actor, Board(found.board))
    )
    values: Facts = {
        "import": found.id,
        "institution": found.institution_id,
        "most": get_settings().import_case_loans,
    }
    connection = s.connection()
    # nobody of this institution files the same 借据 while we look and write
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('filing'), :institution)"), values)
    connection.execute(text(_MEANWHILE), values)
    loans = connection.execute(text(_NEXT), values).one()
    if not loans.rows:
        return False
    count = len(loans.rows)
    record = open_case(
        s,
        actor,
        Process.FILING,
        Board(found.board),
        subject=loans.firm_name if count == 1 else f"{count} 笔贷款",
        amount=loans.total,
        uscc=loans.uscc if count == 1 else "",
        town=loans.town if count == 1 else "",
        institution_id=found.institution_id,
    )
    record.origin = Origin.BACKFILL if found.backfilled else Origin.IMPORT
    values |= {"case": record.id, "board": record.board, "rows": loans.rows}
    connection.execute(text(_FIRMS), values)
    _file(s, record, loans.kinds, values)
    connection.execute(
        text(
            "UPDATE import_rows SET state = 'filed', case_id = :case WHERE import_id = :import AND row = ANY(:rows)"
        ),
        values,
    )
    _origin(s, actor, found, record)
    _tell(s, actor, found, record, count)
    found.filed += count
    found.good -= count
    return True


def _file(s: Session, record: CaseRecord, kinds: Sequence[Facts], values: Facts) -> None:
    """The loans of a filing with their checks, written once: the process finds them made."""
    filed_on = clock.local(record.opened_at).date()
    read = [
        {name: date.fromisoformat(value) if name in _DAYS else value for name, value in kind.items()}
        for kind in kinds
    ]
    loans = set_checks.Loans(_STAGED, values, read)
    for statement, given in set_checks.statements(
        s, Board(record.board), loans, filed_on, passed=True, chosen=_CHOSEN
    ):
        s.connection().execute(text(_LOANS.format(statement=statement)), given)
    set_checks.complete(s, record.id or 0, filed_on)


def _origin(s: Session, actor: Actor, found: LoanImport, record: CaseRecord) -> None:
    if found.media_type not in KINDS.values():  # looked up once: a file of 10 MB may become 200 filings
        with suppress(UnreadableError):
            found.media_type = KINDS[kind_of(found.filename, s.get_one(Blob, found.sha256).data)]
    attach_stored(s, actor, record, Stored(SLOT, found.filename, found.media_type, found.size, found.sha256))
    s.add(
        CaseOrigin(
            case_id=record.id or 0,
            import_id=found.id or 0,
            backfilled=found.backfilled,
            entered_by=actor.person_id,
            entered_by_institution_id=actor.institution_id,
            source_document=found.source_document,
        )
    )


def _tell(s: Session, actor: Actor, found: LoanImport, record: CaseRecord, loans: int) -> None:
    if not found.backfilled:
        told(s, actor, record, "filing_submitted", "filing_received", loans=loans)
        note_on_import(s, record, found.id or 0)
        return
    by = institution.name_on(s, actor.institution_id, clock.today()).name
    told(
        s,
        actor,
        record,
        "filing_backfilled",
        "filing_backfilled",
        loans=loans,
        by=by,
        source=found.source_document,
    )


# Good rows in their order, by the index of states. Asked for state = 'good' in the order of rows, PostgreSQL may take the
# index of rows and read past all that were filed already: what it knows of the table is as old as its last look.
_GOOD = "state BETWEEN 'good' AND 'good' ORDER BY state, row"
# Of the rows that come next only. LIMIT makes the planner look each of them up: while a list is filed it knows neither
# how many rows wait nor how many loans there are, and would compare every row with every loan of the institution.
_MEANWHILE = f"""
WITH next AS MATERIALIZED (
    SELECT row, contract_number, receipt_number FROM import_rows
    WHERE import_id = :import AND {_GOOD} LIMIT :most
)
UPDATE import_rows r SET state = 'bad', faults = jsonb_build_array(jsonb_build_object('field', 'receipt_number',
    'code', 'on_record', 'message', '该借据刚刚已在 ' || c.number || ' 中备案，没有再次提交。'))
FROM next CROSS JOIN LATERAL (
    SELECT l.case_id FROM loans l
    WHERE l.institution_id = :institution AND l.contract_number = next.contract_number
        AND l.receipt_number = next.receipt_number AND l.state IN ('filed', 'registered') LIMIT 1
) there JOIN cases c ON c.id = there.case_id
WHERE r.import_id = :import AND r.row = next.row
"""
# What the loans of a filing have in common is told once: of hundreds of loans there are a few kinds.
_NEXT = f"""
WITH next AS MATERIALIZED (
    SELECT i.row, i.principal, i.loan FROM import_rows i
    WHERE i.import_id = :import AND {_GOOD} LIMIT :most
)
SELECT array_agg(row ORDER BY row) AS rows, sum(principal) AS total, min(loan ->> 'firm_name') AS firm_name,
    min(loan ->> 'uscc') AS uscc, min(loan ->> 'town') AS town,
    jsonb_agg(DISTINCT jsonb_build_object('contract_date', loan -> 'contract_date', 'disbursed_on', loan -> 'disbursed_on',
        'sector', loan -> 'sector', 'industry', loan -> 'industry', 'finance_like', loan -> 'finance_like',
        'investment_management', loan -> 'investment_management')) AS kinds
FROM next
"""
_DAYS = frozenset({"contract_date", "disbursed_on"})
_OF_FIRM = (
    "sector", "finance_like", "investment_management", "industry", "employees", "revenue_wan", "assets_wan",
    "size_class", "town", "legal_person",
)  # fmt: skip
# In the order of their codes: two imports that name the same firms do not wait for each other in a circle. Firms that are
# as they were before are not even locked: most of a list's are.
_FIRMS = f"""
INSERT INTO enterprises (uscc, legal_representative, name, {", ".join(_OF_FIRM)})
SELECT p.uscc, '', p.name, {", ".join("p." + name for name in _OF_FIRM)}
FROM (
    SELECT DISTINCT ON (f.uscc) f.uscc, i.loan ->> 'firm_name' AS name, {", ".join("f." + name for name in _OF_FIRM)}
    FROM import_rows i, jsonb_populate_record(NULL::enterprises, i.loan) f
    WHERE i.import_id = :import AND i.row = ANY(:rows) ORDER BY f.uscc, i.row DESC
) p LEFT JOIN enterprises e ON e.uscc = p.uscc
WHERE ({", ".join("e." + n for n in ("name", *_OF_FIRM))})
    IS DISTINCT FROM ({", ".join("p." + n for n in ("name", *_OF_FIRM))})
ORDER BY p.uscc
ON CONFLICT (uscc) DO UPDATE SET name = excluded.name, {", ".join(f"{n} = excluded.{n}" for n in _OF_FIRM)}
"""
_STAGED = """(SELECT i.row AS key, array_position(CAST(:rows AS integer[]), i.row) AS place, e.id AS firm, p.*
    FROM import_rows i CROSS JOIN LATERAL jsonb_populate_record(NULL::loans, i.loan) p JOIN enterprises e ON e.uscc = p.uscc
    WHERE i.import_id = :import AND i.row = ANY(:rows)) l"""
_GIVEN = {
    "case_id": ":case", "board": ":board", "institution_id": ":institution", "state": "'filed'",
    "state_reason": "''", "item": "l.place", "enterprise_id": "l.firm",
}  # fmt: skip
_NOT_YET = {*WRITTEN, "filing_number", "registered_at", "checks"}
_NAMES = [name for name in Loan.model_fields if name not in _NOT_YET]


def _chosen() -> str:
    defaults: dict[str, Any] = {"str": "''", "bool": "false"}
    chosen = []
    for name in _NAMES:
        column = Loan.__table__.columns[name]  # type: ignore[attr-defined]
        value = _GIVEN.get(name, f"l.{name}")
        if name not in _GIVEN and not column.nullable:
            kind = column.type.python_type.__name__
            value = f"COALESCE({value}, {defaults[kind]})" if kind in defaults else value
        chosen.append(f"{value} AS {name}")
    return ", ".join(chosen)


_CHOSEN = _chosen()
_LOANS = f"""
INSERT INTO loans ({", ".join(_NAMES)}, checks)
SELECT {", ".join("made." + name for name in _NAMES)}, made.checks
FROM ({{statement}}) made ORDER BY made.item
"""
__all__ = ["SLOT", "file_some"]
