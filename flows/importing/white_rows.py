"""Rows of a white list round: checked by the policy's own rules, compared with the list, and published in one go.

Published, a firm that is on the list keeps its stay, one whose stay ends is continued from the day after, and
nothing overlaps: what the statements miss, the database refuses.
"""

from datetime import date
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from flows.actions.errors import ConflictError
from flows.actions.forms.application_forms import ListedFirmForm
from flows.importing.rows import Staged
from flows.importing.staging import COUNTED, STATES, as_json
from flows.steps import listing
from models import clock
from models.policy import towns
from models.policy.facts import Enterprise
from models.policy.firm_checks import recommended
from models.policy.lines import Check, Result
from models.policy.parameters import Terms
from models.policy.size_class import Size
from models.records.loan_import import LoanImport
from models.records.rules import rules
from models.records.white_list import WhiteListRound, of_import

_COLUMNS = "import_id, row, state, raw, loan, contract_number, receipt_number, principal, faults, looks"
_SIZE = "enterprise.size"


def ready(s: Session, found: LoanImport, rows: list[Staged]) -> list[tuple[Any, ...]]:
    """The rows as they are written, each with its faults and what a person should look at."""
    batch = of_import(s, found.id or 0)
    current = rules(s)
    terms = current.on(max(batch.effective_on, current.get("policy_from").rows[0].since))
    lines: list[tuple[Any, ...]] = []
    for row in rows:
        checked, faults, looks = _checked(row, terms, batch)
        code = row.values["uscc"] if row.values else row.typed.get("uscc", "")[:200]
        lines.append(
            (
                found.id,
                row.number,
                "read",
                as_json(row.raw),
                checked,
                code,
                "",
                None,
                as_json(faults),
                as_json(looks),
            )
        )
    return lines


def keep(s: Session, found: LoanImport, lines: list[tuple[Any, ...]], today: date) -> None:
    """Copy the rows into the table."""
    driver: Any = s.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY import_rows ({_COLUMNS}) FROM STDIN") as copy:
        for line in lines:
            copy.write_row(line)


def _checked(row: Staged, terms: Terms, batch: WhiteListRound) -> tuple[str | None, list[Any], list[Any]]:
    """The firm as JSON (None if it cannot be read), its faults, and what to look at."""
    if row.values is None:
        return None, row.faults, []
    form = ListedFirmForm.model_construct(**row.values)
    firm = Enterprise(
        name=form.firm_name,
        uscc=form.uscc,
        sector=form.sector,
        finance_like=False,
        investment_management=False,
        industry=form.industry,
        employees=form.employees,
        revenue_wan=form.revenue_wan,
        assets_wan=form.assets_wan,
        declared_size=form.declared_size,
    )
    checks = recommended(firm, terms, batch.effective_on)
    faults: list[Any] = [check.model_dump(mode="json") for check in checks if check.result is Result.FAIL]
    looks = [check.model_dump(mode="json") for check in checks if check.result is Result.LOOK]
    if form.town is not None and towns.inside(str(form.town)) is False:
        faults.append(_fault("town", "town", "住所（经营场所）不在东莞，不能列入白名单。"))
    if form.valid_to is not None and form.valid_to < batch.effective_on:
        words = f"有效期至 {form.valid_to} 早于本批生效日 {batch.effective_on}，请核对。"
        faults.append(_fault("valid_to", "valid_to", words))
    values = form.model_dump(mode="json") | {"size_class": _size(checks, form)}
    return as_json(values), faults, looks


def _size(checks: tuple[Check, ...], form: ListedFirmForm) -> str:
    """The class by the figures where they were given, otherwise as declared."""
    found = next((check.value for check in checks if check.code == _SIZE), "")
    known = {size.value for size in Size}
    return found if found in known else (form.declared_size or "")


def _fault(field: str, code: str, message: str) -> dict[str, str]:
    return {"field": field, "code": code, "message": message}


def finish(s: Session, found: LoanImport) -> None:
    """After the last row: firms that are there twice, firms on the list already, and the counts."""
    values = _values(s, found)
    for statement in (_TWICE, _COMPARED.format(state="read"), _REMOVED_BEFORE, STATES):
        s.connection().execute(text(statement), values)
    for name, value in s.connection().execute(text(COUNTED), values).mappings().one().items():
        setattr(found, name, value)


def _values(s: Session, found: LoanImport) -> dict[str, Any]:
    batch = of_import(s, found.id or 0)
    return {"import": found.id, "round": batch.id, "from": batch.effective_on, "to": batch.valid_to,
            "batch": batch.name}  # fmt: skip


def publish(s: Session, found: LoanImport) -> bool:
    """Every good row becomes a stay; of a complete list, firms it does not name leave. False: nothing is left to do.

    Raises `ConflictError` when a complete list came to have rows to correct since it was checked.
    """
    batch = of_import(s, found.id or 0)
    values = _values(s, found) | {
        "by": batch.decided_by, "at": clock.now(), "reason": f"未列入{batch.name}",
        "document": batch.source_document,
    }  # fmt: skip
    connection = s.connection()
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('white list'))"))
    connection.execute(text(_COMPARED.format(state="good")), values)
    left = 0
    if batch.complete:
        wrong = text(
            "SELECT count(*) FROM import_rows WHERE import_id = :import AND (state = 'bad' OR faults <> '[]')"
        )
        if many := connection.execute(wrong, values).scalar_one():
            raise ConflictError(
                f"名单已有变化，{many} 行与现有有效期重叠；全量名单须全部无误才能发布，请撤回后更正。"
            )
        left = len(connection.execute(text(_LEAVE), values).all())
    connection.execute(
        text(
            "UPDATE import_rows SET state = 'bad' WHERE import_id = :import AND state = 'good' AND faults <> '[]'"
        ),
        values,
    )
    added = len(connection.execute(text(_ADD), values).all())
    connection.execute(
        text("UPDATE import_rows SET state = 'filed' WHERE import_id = :import AND state = 'good'"), values
    )
    found.filed = added
    batch.effects = {"added": added, "left": left}
    listing.published(s, batch)
    return False


def reopen(s: Session, found: LoanImport) -> None:
    """The round waits for a second person as before: what was to be published was not."""
    batch = of_import(s, found.id or 0)
    batch.verdict, batch.decided_by, batch.decided_at, batch.note = None, None, None, ""


_TWICE = """
UPDATE import_rows r SET
    state = CASE WHEN d.names = 1 AND d.first < r.row THEN 'known' ELSE r.state END,
    looks = CASE WHEN d.names = 1 AND d.first < r.row THEN jsonb_build_array(jsonb_build_object('field', 'uscc',
        'code', 'twice', 'message', '与第 ' || d.first || ' 行是同一企业，只计一次。')) ELSE r.looks END,
    faults = CASE WHEN d.names = 1 THEN r.faults ELSE r.faults || jsonb_build_array(jsonb_build_object('field', 'uscc',
        'code', 'two_names', 'message', '第 ' || d.rows || ' 行的信用代码相同而企业名称不同，请核对后只留一行。')) END
FROM (
    SELECT contract_number, count(DISTINCT loan->>'firm_name') AS names, min(row) AS first,
        array_to_string((array_agg(row ORDER BY row))[1:5], '、') AS rows
    FROM import_rows WHERE import_id = :import AND loan IS NOT NULL AND faults = '[]'
    GROUP BY contract_number HAVING count(*) > 1
) d
WHERE r.import_id = :import AND r.contract_number = d.contract_number AND r.loan IS NOT NULL AND r.faults = '[]'
"""
_STAY = "COALESCE((r.loan->>'valid_to')::date, CAST(:to AS date))"
# `covering`: the stay on the day the round takes effect; `later`: the next one that would be run into.
_COMPARED = f"""
UPDATE import_rows r SET
    state = CASE WHEN c.stays AND later.valid_from IS NULL THEN 'known' ELSE r.state END,
    looks = jsonb_path_query_array(r.looks, '$[*] ? (@.code != "renewed")') || CASE
        WHEN c.stays THEN jsonb_build_array(jsonb_build_object('field', 'uscc', 'code', 'listed', 'message',
            '已在名单内（' || c.batch || '，' || c.valid_from || ' 起' || COALESCE('至 ' || c.valid_to, '')
            || '），有效期不变。'))
        WHEN c.batch IS NOT NULL THEN jsonb_build_array(jsonb_build_object('field', 'uscc', 'code', 'renewed', 'message',
            '现有效期至 ' || c.valid_to || '，本批从次日起续期。'))
        ELSE '[]'::jsonb END,
    faults = r.faults || CASE WHEN later.valid_from IS NULL THEN '[]'::jsonb ELSE
        jsonb_build_array(jsonb_build_object('field', 'uscc', 'code', 'overlaps', 'message', '该企业自 '
            || later.valid_from || ' 起另有有效期（' || later.batch || '），有效期不能重叠；请把“有效期至”填为 '
            || (later.valid_from - 1) || ' 或更早，或删去本行。')) END
FROM import_rows i
LEFT JOIN LATERAL (
    SELECT w.*, w.valid_to IS NULL OR w.valid_to >= {_STAY.replace("r.", "i.")} AS stays FROM white_list w
    WHERE w.uscc = i.contract_number AND daterange(w.valid_from, w.valid_to, '[]') @> CAST(:from AS date)
) c ON true
LEFT JOIN LATERAL (
    SELECT w.valid_from, w.batch FROM white_list w
    WHERE w.uscc = i.contract_number AND w.valid_from > CAST(:from AS date) AND NOT COALESCE(c.stays, false)
        AND ({_STAY.replace("r.", "i.")} IS NULL OR w.valid_from <= {_STAY.replace("r.", "i.")})
    ORDER BY w.valid_from LIMIT 1
) later ON true
WHERE i.import_id = :import AND i.state = '{{state}}' AND i.faults = '[]' AND i.loan IS NOT NULL
    AND (c.id IS NOT NULL OR later.valid_from IS NOT NULL)
    AND r.import_id = i.import_id AND r.row = i.row
"""
_REMOVED_BEFORE = """
UPDATE import_rows r SET looks = r.looks || jsonb_build_array(jsonb_build_object('field', 'uscc',
    'code', 'removed_before', 'message', '曾于 ' || (w.valid_to + 1) || ' 被移出：' || w.removal_reason
    || '。请确认已经符合条件。'))
FROM (
    SELECT DISTINCT ON (uscc) * FROM white_list WHERE removed_by IS NOT NULL AND left_round_id IS NULL
    ORDER BY uscc, valid_to DESC
) w
WHERE r.import_id = :import AND r.state = 'read' AND r.faults = '[]' AND r.contract_number = w.uscc
"""
_LEAVE = """
UPDATE white_list w SET planned_to = w.valid_to, valid_to = CAST(:from AS date) - 1, removal_reason = :reason,
    removal_document = :document, removed_by = :by, removed_at = :at, left_round_id = :round
WHERE w.valid_from < CAST(:from AS date) AND (w.valid_to IS NULL OR w.valid_to >= CAST(:from AS date))
    AND NOT EXISTS (SELECT FROM import_rows i WHERE i.import_id = :import AND i.contract_number = w.uscc)
RETURNING w.id
"""
_ADD = f"""
INSERT INTO white_list (uscc, firm_name, batch, recommended_by, grounds, town, size_class, round_id, valid_from,
    valid_to, removal_reason, removal_document)
SELECT r.contract_number, r.loan->>'firm_name', :batch, r.loan->>'recommended_by', r.loan->>'grounds',
    COALESCE(r.loan->>'town', ''), r.loan->>'size_class', :round, COALESCE((
        SELECT w.valid_to + 1 FROM white_list w
        WHERE w.uscc = r.contract_number AND daterange(w.valid_from, w.valid_to, '[]') @> CAST(:from AS date)
    ), CAST(:from AS date)), {_STAY}, '', ''
FROM import_rows r WHERE r.import_id = :import AND r.state = 'good' ORDER BY r.row
RETURNING id
"""
