"""基准数据: LPR quotes and working-day calendars, registered by one person, confirmed by another, never edited."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import requires
from api.pages import policy_layout
from api.pages.form_views import FieldView
from api.pages.layout import frame
from api.pages.policy_layout import Deciding
from api.pages.posted import by_field, whole
from api.pages.render import page, stamp
from api.pages.views import Chart, Column, Note
from flows.actions.errors import FieldFault, InvalidError
from flows.actions.rules import reference
from flows.actions.rules.reference import QuoteForm, YearForm
from models import clock
from models.permissions import Actor, may_propose_rules, may_read_rules
from models.records import person
from models.records.reference import lpr_quotes, working_calendar
from models.records.reference_change import Reference, ReferenceChange, changes_of
from models.records.rules import rules

router = APIRouter(prefix="/policy/reference")
Reader = Annotated[Actor, requires(may_read_rules)]
Registrar = Annotated[Actor, requires(may_propose_rules)]

QUOTES = (
    Column("公布日", "full"),
    Column("1年期（%）", "n"),
    Column("5年期以上（%）", "n"),
    Column("利率上限（%）", "n"),
    Column("出处", "hide"),
)
YEARS = (Column("年度", "full"), Column("工作日", "n"), Column("放假、调休", "n"), Column("出处"))
CHANGES = (
    Column("登记", "d"),
    Column("内容", "full"),
    Column("原来", "hide"),
    Column("出处", "hide"),
    Column("结果"),
)
SAID = {
    "proposed": "已登记，待另一位有权限的人确认后使用。",
    "confirmed": "已确认并开始使用。",
    "rejected": "已退回，数据不变。",
    "withdrawn": "已撤回，数据不变。",
}
SHOWN = 13


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """One month's quote (%) and the ceiling it sets."""

    published_on: date
    one_year: Decimal
    five_year: Decimal
    ceiling: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class YearRow:
    """A published year."""

    year: int
    working: int
    special: int
    source: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One registered change; `deciding` while it waits."""

    at: str
    what: str
    before: str
    source: str
    outcome: str
    deciding: Deciding | None


@router.get("")
def show(request: Request, db: Db, actor: Reader, done: str = "", deadlines: str = "") -> HTMLResponse:
    """Both tables, their history, and for the registrar two forms."""
    said = SAID.get(done)
    if said and done == "confirmed" and whole(deadlines, 6) is not None:
        said += f"重新计算了 {deadlines} 个在办环节的时限，各案件经过中有记录。"
    return _page(request, db, actor, notes=(Note("ok", "", said),) if said else ())


@router.post("/lpr")
def propose_quote(
    request: Request,
    db: Db,
    actor: Registrar,
    published_on: Annotated[str, Form()] = "",
    one_year: Annotated[str, Form()] = "",
    five_year: Annotated[str, Form()] = "",
    source: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Register a quote."""
    form = QuoteForm(published_on, one_year, five_year, source, reason)
    try:
        reference.propose_quote(db, actor, form)
    except InvalidError as error:
        return _page(request, db, actor, quote=form, quote_faults=error.faults)
    return RedirectResponse("/policy/reference?done=proposed#lpr", 303)


@router.post("/calendar")
def propose_year(
    request: Request,
    db: Db,
    actor: Registrar,
    year: Annotated[str, Form()] = "",
    off: Annotated[str, Form()] = "",
    worked: Annotated[str, Form()] = "",
    year_source: Annotated[str, Form()] = "",
    year_reason: Annotated[str, Form()] = "",
) -> Response:
    """Register a year's announcement."""
    form = YearForm(year.strip(), off, worked, year_source, year_reason)
    try:
        reference.propose_year(db, actor, form)
    except InvalidError as error:
        return _page(request, db, actor, year=form, year_faults=error.faults)
    return RedirectResponse("/policy/reference?done=proposed#calendar", 303)


@router.post("/changes/{change_id}")
def decide(
    request: Request,
    db: Db,
    actor: Reader,
    change_id: int,
    verdict: Annotated[str, Form()] = "",
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Confirm, reject or withdraw."""
    chosen = policy_layout.verdict_of(verdict)
    row = reference.decide(db, actor, change_id, chosen, note)
    return RedirectResponse(
        f"/policy/reference?done={chosen.value}&deadlines={row.effects.get('deadlines', '')}", 303
    )


def _page(
    request: Request,
    db: Session,
    actor: Actor,
    *,
    notes: tuple[Note, ...] = (),
    quote: QuoteForm | None = None,
    quote_faults: tuple[FieldFault, ...] = (),
    year: YearForm | None = None,
    year_faults: tuple[FieldFault, ...] = (),
) -> HTMLResponse:
    registers = bool(may_propose_rules(actor))
    next_year = clock.today().year + 1
    return page(
        request,
        "pages/policy/reference.html",
        status=422 if quote_faults or year_faults else 200,
        frame=frame(request, db, actor, "policy"),
        notes=notes,
        tabs=policy_layout.tabs(actor, "reference"),
        quotes=_quotes(db),
        quote_columns=QUOTES,
        chart=_chart(db),
        stale=_stale(db),
        years=_years(db),
        year_columns=YEARS,
        unpublished=next_year if next_year not in working_calendar(db).published else None,
        lpr_changes=_changes(db, actor, Reference.LPR),
        calendar_changes=_changes(db, actor, Reference.CALENDAR),
        change_columns=CHANGES,
        quote_fields=_quote_fields(quote or QuoteForm(), quote_faults) if registers else (),
        year_fields=_year_fields(year or YearForm(str(next_year)), year_faults) if registers else (),
    )


def _quotes(db: Session) -> tuple[QuoteRow, ...]:
    used = rules(db)
    start = used.get("policy_from").rows[0].since
    rows = []
    for quote in reversed(list(lpr_quotes(db))[-SHOWN:]):
        terms = used.on(max(quote.published_on, start))
        base = quote.one_year if terms.choice("lpr_tenor") == "1Y" else quote.five_year
        ceiling = base + terms.decimal("bank_rate_spread_bp") / 100
        rows.append(QuoteRow(quote.published_on, quote.one_year, quote.five_year, ceiling, quote.source))
    return tuple(rows)


def _chart(db: Session) -> Chart:
    quotes = list(lpr_quotes(db))[-36:]
    last = quotes[-1] if quotes else None
    words = f"最近 {len(quotes)} 期 LPR" + (
        f"；最新 {last.published_on} 1年期 {last.one_year:.2f}%" if last else ""
    )
    spec: dict[str, Any] = {
        "x": [q.published_on.isoformat()[:7] for q in quotes],
        "series": [
            {
                "name": "1年期",
                "kind": "step",
                "tone": "act",
                "data": [float(q.one_year) for q in quotes],
                "end": "1年期",
            },
            {
                "name": "5年期以上",
                "kind": "step",
                "tone": "idle",
                "data": [float(q.five_year) for q in quotes],
                "end": "5年期以上",
            },
        ],
        "from": 2,
    }
    return Chart(words, spec, "#lpr")


def _stale(db: Session) -> str:
    """The warning when a contract signed today could not be judged."""
    quotes = lpr_quotes(db)
    limit = rules(db).on(max(clock.today(), date(2024, 1, 1))).integer("lpr_stale_days")
    if not quotes:
        return "还没有 LPR 报价：所有利率检查都须人工核对。"
    age = (clock.today() - quotes[-1].published_on).days
    if age <= limit:
        return ""
    return (
        f"最新一期报价公布于 {quotes[-1].published_on.isoformat()}，距今 {age} 天（超过 {limit} 天）："
        "此后签订的合同，利率检查一律转人工核对，不作外推。请登记新公布的报价。"
    )


def _years(db: Session) -> tuple[YearRow, ...]:
    calendar = working_calendar(db)
    rows = []
    for year, source in sorted(calendar.published.items(), reverse=True):
        kept = reference.year_as_kept(db, year) or {"days": {}}
        worked = calendar.working_days_between(date(year - 1, 12, 31), date(year, 12, 31)).days
        rows.append(YearRow(year, worked, len(kept["days"]), source))
    return tuple(rows)


def _changes(db: Session, actor: Actor, kind: Reference) -> tuple[ChangeRow, ...]:
    rows = changes_of(db, kind)
    people = person.names(db, sorted({i for row in rows for i in (row.proposed_by, row.decided_by) if i}))
    found = []
    for row in rows:
        proposer = people.get(row.proposed_by, "")
        waits = row.verdict is None
        done = policy_layout.decided(
            row.verdict, people.get(row.decided_by or 0, ""), row.decided_at, row.note
        )
        if row.effects.get("deadlines"):
            done += f"；重新计算时限 {row.effects['deadlines']} 个"
        action = f"/policy/reference/changes/{row.id}"
        found.append(
            ChangeRow(
                f"{stamp(row.proposed_at)} {proposer}", _said(row, row.after),
                _said(row, row.before) if row.before else "新增", row.source, done or "待另一人确认",
                policy_layout.deciding(actor, action, row.proposed_by, proposer) if waits else None,
            )
        )  # fmt: skip
    return tuple(found)


def _said(row: ReferenceChange, content: dict[str, Any]) -> str:
    if row.kind == Reference.LPR:
        return f"{row.key}：1年期 {content['one_year']}%，5年期以上 {content['five_year']}%"
    off = sum(not working for working, _ in content["days"].values())
    return f"{row.key} 年：放假 {off} 天，调休上班 {len(content['days']) - off} 天"


def _quote_fields(form: QuoteForm, faults: tuple[FieldFault, ...]) -> tuple[FieldView, ...]:
    said = by_field(faults)
    return (
        FieldView("公布日", "published_on", form.published_on, said.get("published_on", ""), "例：2026-05-20", type="date", required=True),
        FieldView("1年期", "one_year", form.one_year, said.get("one_year", ""), type="number", unit="%", required=True),
        FieldView("5年期以上", "five_year", form.five_year, said.get("five_year", ""), type="number", unit="%", required=True),
        FieldView("出处", "source", form.source, said.get("source", ""), "如 全国银行间同业拆借中心公告", required=True, maxlength=80),
        FieldView("说明", "reason", form.reason, maxlength=500, hint="更正已有报价的，写明原因"),
    )  # fmt: skip


def _year_fields(form: YearForm, faults: tuple[FieldFault, ...]) -> tuple[FieldView, ...]:
    said = by_field(faults)
    return (
        FieldView("年度", "year", form.year, said.get("year", ""), type="number", required=True),
        FieldView("出处", "year_source", form.source, said.get("source", ""), "如 国务院办公厅关于2027年部分节假日安排的通知", required=True, maxlength=80),
        FieldView("放假", "off", form.off, said.get("off", ""), "每行一段，如 2027-10-01至2027-10-07 国庆节", type="textarea", rows=7, required=True),
        FieldView("调休上班", "worked", form.worked, said.get("worked", ""), "每行一天，如 2027-10-09 国庆节调休", type="textarea", rows=4),
        FieldView("说明", "year_reason", form.reason, maxlength=500),
    )  # fmt: skip
