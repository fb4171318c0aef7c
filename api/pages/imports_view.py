"""What the page of an import shows: the figures, their own grid with the faults in its cells, faults of a kind."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import text
from sqlmodel import Session

from api.pages.form_views import DialogView, FieldView, GridCell, GridRow, ImportGrid
from api.pages.render import wan, yuan
from api.pages.views import Kpi, Link, Note, Pages, Tab, Tag, Tone
from flows.actions.maker_checker.handing_in import Waiting
from flows.importing.columns import letter, listing_of
from flows.importing.faults import faults_of, places_of
from models.records.loan_import import (
    AT_WORK,
    IMPORT_STATE_NAMES,
    ImportKind,
    ImportState,
    LoanImport,
    RowState,
)
from models.settings import get_settings

ROWS_SHOWN = 50
ALWAYS = ("firm_name", "uscc", "receipt_number", "principal")
USUALLY = ("disbursed_on", "due_on", "annual_rate_pct")
FIGURES = frozenset(
    {"principal", "annual_rate_pct", "revenue_wan", "assets_wan", "employees", "fee_rate_pct"}
)
_WHERE = {
    "bad": "state = 'bad'",
    "warned": "state = 'good' AND looks <> '[]'",
    "good": "state = 'good'",
    "known": "state = 'known'",
    "filed": "state = 'filed'",
    "all": "true",
}
SHOWS = {
    "bad": "要改",
    "warned": "提醒",
    "good": "可提交",
    "known": "已在案",
    "filed": "已提交",
    "all": "全部",
}


@dataclass(frozen=True, slots=True)
class KindRow:
    """Faults of one kind: how many, what they are, an example of what to do."""

    count: int
    label: str
    example: str
    href: str


def kpis(s: Session, found: LoanImport) -> tuple[Kpi, ...]:
    """Good, bad, to be judged, all: rows and principal; each opens its list."""
    query = text("""
    SELECT CASE WHEN state = 'good' AND looks <> '[]' THEN 'warned' ELSE state END AS state,
        count(*) AS rows, COALESCE(sum(principal), 0) AS amount
    FROM import_rows WHERE import_id = :id GROUP BY 1""")
    sums = {r.state: (r.rows, r.amount) for r in s.connection().execute(query, {"id": found.id})}

    def kpi(label: str, show: str, states: Sequence[str], tone: Tone | None, more: str = "") -> Kpi:
        rows = sum(sums.get(state, (0, Decimal(0)))[0] for state in states)
        amount = sum((sums.get(state, (0, Decimal(0)))[1] for state in states), Decimal(0))
        return Kpi(
            label,
            f"{rows:,}",
            f"{wan(amount)} 万元{more}",
            f"?show={show}#rows",
            "行",
            tone if rows else None,
        )

    places = f"，{found.faults} 处" if found.faults else ""
    filed = [kpi("已提交", "filed", ("filed",), "ok")] if found.filed else []
    known = [kpi("已在案，跳过", "known", ("known",), None)] if found.known else []
    good = () if found.filed and not found.good else (kpi("可备案", "good", ("good", "warned"), "ok"),)
    return (
        *filed,
        *good,
        kpi("要改", "bad", ("bad",), "late", places),
        *known,
        *(() if found.filed else (kpi("提醒，可提交后由人核", "warned", ("warned",), "soon"),)),
        kpi("合计", "all", tuple(sums), None),
    )


def tabs(found: LoanImport, show: str, words: Mapping[str, str] = SHOWS) -> tuple[Tab, ...]:
    """The lists of rows; empty ones are left out."""
    counts = {
        "bad": found.bad, "warned": found.warned, "good": found.good, "known": found.known, "filed": found.filed,
        "all": found.rows,
    }  # fmt: skip
    if found.filed:
        counts["warned"] = 0
    return tuple(
        Tab(label, f"?show={key}#rows", counts[key], key == show)
        for key, label in words.items()
        if counts[key] or key in ("all", show)
    )


def kinds(s: Session, found: LoanImport) -> tuple[KindRow, ...]:
    """Faults of the same kind, most frequent first."""
    query = text("""
    SELECT f->>'code' AS code, count(*) AS many, (array_agg(f ORDER BY row))[1] AS first
    FROM import_rows, jsonb_array_elements(faults) f WHERE import_id = :id AND state = 'bad'
    GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 30""")
    rows = []
    for row in s.connection().execute(query, {"id": found.id}):
        (fault,) = faults_of(found, [row.first])
        href = "?" + urlencode({"show": "bad", "kind": row.code}) + "#rows"
        rows.append(KindRow(row.many, fault.kind, fault.message, href))
    return tuple(rows)


def grid(
    s: Session, found: LoanImport, show: str, kind: str, page: int
) -> tuple[ImportGrid | None, Pages | None]:
    """One page of rows under their own numbers, with the columns that matter; None when there is no row."""
    only = " AND faults @> CAST(:kind AS jsonb)" if kind else ""
    where = f"import_id = :id AND {_WHERE[show]}{only}"
    values: dict[str, Any] = {"id": found.id, "kind": json.dumps([{"code": kind}]), "most": ROWS_SHOWN}
    counting = text(f"SELECT count(*) FROM import_rows WHERE {where}")  # noqa: S608 - our own words
    total = s.connection().execute(counting, values).scalar_one()
    if not total:
        return None, None
    last = (total - 1) // ROWS_SHOWN
    page = min(max(page, 0), last)
    query = text(f"""SELECT row, raw, state, faults, looks FROM import_rows WHERE {where}
        ORDER BY row LIMIT :most OFFSET :skip""")  # noqa: S608 - our own words
    rows = s.connection().execute(query, values | {"skip": page * ROWS_SHOWN}).all()
    places = places_of(listing_of(found), tuple(found.headings))
    marks = [_marks(found, row) for row in rows]
    faulty = {index for row in marks for index in row if index is not None}
    usual = () if faulty else USUALLY
    chosen = sorted({places[name] for name in (*ALWAYS, *usual) if name in places} | faulty)
    fields = {index: name for name, index in places.items()}
    shown = [
        GridRow(row.row, tuple(_cell(row.raw, index, fields.get(index, ""), mark) for index in chosen))
        for row, mark in zip(rows, marks, strict=True)
    ]
    titles = [found.headings[index] if index < len(found.headings) else "" for index in chosen]
    first = page * ROWS_SHOWN + 1

    def at(number: int) -> str:
        return "?" + urlencode({"show": show, "kind": kind, "page": number}) + "#rows"

    pages = Pages(
        first,
        first + len(rows) - 1,
        total,
        "行",
        at(page - 1) if page else "",
        at(page + 1) if page < last else "",
    )
    return ImportGrid(
        tuple(letter(i) for i in chosen), tuple(titles), tuple(shown), f"{SHOWS[show]}的行"
    ), pages


def _marks(found: LoanImport, row: Any) -> dict[int | None, tuple[str, list[str]]]:
    """What stands in which cell; a fault of no column of theirs stands with the receipt."""
    marks: dict[int | None, tuple[str, list[str]]] = {}
    places = places_of(listing_of(found), tuple(found.headings))
    told = row.state in (RowState.GOOD, RowState.KNOWN)
    listed = [("warn", row.looks)] if told else []  # first things first
    for tone, stored in (*listed, ("bad", row.faults)):
        for fault in faults_of(found, stored):
            index = (
                fault.index if fault.index is not None else places.get("receipt_number", places.get("uscc"))
            )
            earlier = marks.get(index, ("", []))[1]
            marks[index] = (tone, [*earlier, fault.short])
    return marks


def _cell(
    raw: Sequence[str], index: int, name: str, marks: dict[int | None, tuple[str, list[str]]]
) -> GridCell:
    value = raw[index] if index < len(raw) else ""
    kind = "n" if name in FIGURES else "nm" if name == "firm_name" else ""
    if index not in marks:
        return GridCell(value, kind=kind)  # type: ignore[arg-type]
    tone, sentences = marks[index]
    return GridCell(value or "（空）", " ".join(sentences), tone, kind)  # type: ignore[arg-type]


def state_tag(found: LoanImport, *, waits: bool = False) -> Tag:
    """Where an import stands; `waits` as in `headline`."""
    if waits:
        return Tag("待复核", "soon")
    tones: dict[ImportState, Tone] = {
        ImportState.REFUSED: "late", ImportState.SUBMITTED: "ok", ImportState.DISCARDED: "idle",
    }  # fmt: skip
    waiting: Tone = "soon" if found.bad else "ok"
    tone = waiting if found.state == ImportState.CHECKED else tones.get(ImportState(found.state), "act")
    return Tag(IMPORT_STATE_NAMES[ImportState(found.state)], tone)


_HEADLINES = {
    ImportState.QUEUED: "正在查验清单",
    ImportState.READING: "正在查验清单",
    ImportState.SUBMITTING: "正在提交备案",
    ImportState.REFUSED: "这个文件不能读取",
    ImportState.DISCARDED: "这份清单已作废",
}


def headline(found: LoanImport, *, waits: bool = False) -> str:
    """What there is to know, in one line; `waits`: its good rows are with the institution's own checker."""
    if waits:
        return f"{found.good:,} 行待本单位复核"
    if words := _HEADLINES.get(ImportState(found.state)):
        return words
    if found.filed:
        return f"已提交 {found.filed:,} 行" + (f"，还有 {found.bad:,} 行要改" if found.bad else "")
    if not found.bad:
        return f"{found.good:,} 行都可以备案" if found.good else f"{found.known:,} 行都已在案"
    return f"{found.rows:,} 行里有 {found.good:,} 行可以备案，{found.bad:,} 行要改"


def progress(found: LoanImport) -> tuple[int, int, str]:
    """(done, of how many, words)."""
    if found.state == ImportState.SUBMITTING:
        total = found.filed + found.good
        doing = "已发布" if found.kind == ImportKind.WHITE_LIST else "已提交"
        return found.filed, total, f"{doing} {found.filed:,} / {total:,} 行"
    if not found.rows:
        return (
            0,
            max(found.rows_expected, 1),
            "排队中，马上开始" if found.state == ImportState.QUEUED else "正在打开文件",
        )
    return (
        found.rows,
        max(found.rows_expected, found.rows),
        f"已查验 {found.rows:,} / {max(found.rows_expected, found.rows):,} 行",
    )


def at_work(found: LoanImport) -> bool:
    """Whether the page should look again by itself."""
    return found.state in AT_WORK


def dialogs(s: Session, found: LoanImport, good_amount: Decimal) -> tuple[DialogView, ...]:
    """Before anything leaves the institution: how much, what happens, what cannot be undone."""
    size = get_settings().import_case_loans
    cases = -(-found.good // size)
    facts = [f"分为 {cases} 件备案，每件最多 {size} 笔，分别审核登记。"]
    if found.bad:
        facts.append(f"要改的 {found.bad:,} 行不提交；更正后重新上传，已提交的行会自动跳过。")
    if found.backfilled:
        facts.append(f"补录留痕：依据“{found.source_document}”；你不能再办理这些备案的审核。")
    asked = "提交无误的" if found.bad else "提交"
    submit = DialogView(
        "submit",
        f"{asked} {found.good:,} 行备案",
        f"本金合计 {yuan(good_amount)} 元。提交后不能自行修改；退回补正时可以更正，登记前可以撤回。",
        f"{asked} {found.good:,} 行",
        action=f"/imports/{found.id}/submit",
        fields=(FieldView("", "good_only", "1" if found.bad else "", type="hidden"),),
        facts=tuple(facts),
    )
    discard = DialogView(
        "discard",
        "作废这份清单",
        "查验结果会删除，不能恢复；文件可以重新上传。",
        "作废清单",
        action=f"/imports/{found.id}/discard",
        negative=True,
    )
    return (submit, discard)


def notes(found: LoanImport, waiting: Waiting | None = None) -> tuple[Note, ...]:
    """What the reader should know of the file as a whole; first of all that its institution's checker has it."""
    tone: Tone = "late" if found.state == ImportState.REFUSED else "soon"
    link = Link("查看送复核的内容", f"/bank/prepared/{waiting.row_id}") if waiting else None
    return (
        *((Note("soon", "", waiting.words, link=link),) if waiting else ()),
        *(Note(tone, sentence, alert=found.state == ImportState.REFUSED) for sentence in found.notes[:12]),
    )
