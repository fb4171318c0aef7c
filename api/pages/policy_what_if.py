"""政策推演: decided and open claims under assumed ratios, tiers, limits or dates, beside what is recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import requires
from api.pages import policy_layout
from api.pages.form_views import FieldType, FieldView, Option
from api.pages.layout import frame
from api.pages.render import page, wan
from api.pages.views import Chart, Column, Kpi
from flows.actions.rules import what_if as playing
from flows.actions.rules.what_if import Comparison
from flows.actions.rules.what_if_book import workbook
from models import clock
from models.permissions import Actor, may_play_what_if
from models.policy import typed, what_if
from models.policy.errors import FactsError, PolicyError
from models.policy.parameters import Parameters
from models.policy.values import Kind
from models.policy.what_if import DIMENSION_NAMES, DIMENSIONS, Group, Replayed
from models.records.rules import rules

router = APIRouter(prefix="/policy/what-if")
Planner = Annotated[Actor, requires(may_play_what_if)]

SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("比例与等级", ("bank_tiers", "bank_max_ratio", "guarantee_ratio", "guarantee_total_cap_ratio")),
    ("限额", ("bank_year_cap_ratio", "bank_enterprise_cap", "cap_basis", "cap_applies_to")),
    ("贷款条件", ("bank_rate_spread_bp", "bank_term_years", "claim_overdue_days", "loss_base")),
    ("政策期限", ("policy_from", "policy_until")),
)
NAMES = tuple(name for _, names in SECTIONS for name in names)
COLUMNS = (
    Column("件数", "n hide"),
    Column("有变化", "n hide"),
    Column("现行", "n"),
    Column("推演", "n"),
    Column("差额", "n"),
)
CLAIMS = (
    Column("案件", "full"), Column("机构", "hide"), Column("原因"), Column("现行（元）", "n"), Column("推演（元）", "n"),
    Column("差额（元）", "n"),
)  # fmt: skip
SHOWN, CHARTED = 50, 8
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Part:
    """One comparison: its chart and its rows."""

    key: str
    title: str
    chart: Chart
    columns: tuple[Column, ...]
    rows: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the assumptions would have done."""

    assumptions: tuple[tuple[str, str, str], ...]
    kpis: tuple[Kpi, ...]
    parts: tuple[Part, ...]
    moved: tuple[Replayed, ...]
    moved_total: int
    left_out: int
    download: str


@router.get("")
def show(request: Request, db: Db, actor: Planner) -> HTMLResponse:
    """The form; with assumptions in the address, their outcome."""
    used = rules(db)
    given = {name: request.query_params.get(name, "") for name in NAMES if name in request.query_params}
    faults: dict[str, str] = {}
    outcome = None
    if given:
        wanted = _assumptions(used, given, faults)
        if wanted and not faults:
            try:
                outcome = _outcome(used, playing.compare(db, actor, {"changes": wanted}), given)
            except FactsError as error:
                faults |= {fault.field.removeprefix("changes."): fault.message for fault in error.faults}
            except PolicyError as error:
                faults["bank_tiers"] = str(error)
        elif not faults:
            faults[NAMES[0]] = "还没有假设：至少改动一项后再推演。"
    return page(
        request,
        "pages/policy/what_if.html",
        status=422 if faults else 200,
        frame=frame(request, db, actor, "policy"),
        tabs=policy_layout.tabs(actor, "what-if"),
        sections=tuple(
            (title, tuple(_field(used, name, given, faults) for name in names)) for title, names in SECTIONS
        ),
        outcome=outcome,
        claim_columns=CLAIMS,
    )


@router.get("/workbook")
def download(request: Request, db: Db, actor: Planner) -> Response:
    """The same comparison as an Excel file."""
    used = rules(db)
    given = {name: request.query_params.get(name, "") for name in NAMES if name in request.query_params}
    faults: dict[str, str] = {}
    wanted = _assumptions(used, given, faults)
    if faults or not wanted:
        return Response(status_code=303, headers={"Location": f"/policy/what-if?{urlencode(given)}"})
    content = workbook(playing.compare(db, actor, {"changes": wanted}), used)
    name = f"what-if-{clock.today().isoformat()}.xlsx"
    return Response(
        content, media_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _assumptions(used: Parameters, given: Mapping[str, str], faults: dict[str, str]) -> dict[str, Any]:
    """The values that differ from those in force today; a value that cannot be read is a fault."""
    wanted: dict[str, Any] = {}
    for name, words in given.items():
        one = used.get(name)
        now = one.row(max(clock.today(), one.rows[0].since)).value
        if not words.strip() or words.replace("\r", "").strip() == typed.shown(one.kind, now).strip():
            continue
        try:
            raw = typed.raw(one.kind, words)
            if one.parse(raw) != now:
                wanted[name] = raw
        except PolicyError as error:
            faults[name] = str(error)
    return wanted


def _field(used: Parameters, name: str, given: Mapping[str, str], faults: Mapping[str, str]) -> FieldView:
    one = used.get(name)
    now = one.row(max(clock.today(), one.rows[0].since)).value
    shown = given.get(name) or typed.shown(one.kind, now)
    options = tuple(Option(key, words) for key, words in one.choices.items())
    looks: dict[Kind, FieldType] = {Kind.CHOICE: "select", Kind.TIERS: "textarea", Kind.DATE: "date"}
    hint = f"现行 {one.text(now)}" if one.kind is not Kind.TIERS else typed.HINTS[Kind.TIERS]
    return FieldView(
        one.label,
        name,
        shown,
        faults.get(name, ""),
        hint,
        type=looks.get(one.kind, "text"),
        options=options,
        required=True,
        rows=3,
    )


def _outcome(used: Parameters, compared: Comparison, given: Mapping[str, str]) -> Outcome:
    total = what_if.totals(compared.claims)
    moved = sorted((c for c in compared.claims if c.difference), key=lambda c: -abs(c.difference))
    more, fewer = sum(c.difference > 0 for c in moved), sum(c.difference < 0 for c in moved)
    return Outcome(
        tuple(_assumed(used, override.name, override.value) for override in compared.assumed),
        (
            Kpi("现行合计", wan(total.before), f"{total.claims} 件", "#claims", "万元"),
            Kpi("推演合计", wan(total.after), "按假设重算", "#claims", "万元"),
            Kpi(
                "差额", _signed(total.difference), _share(total), "#institution", "万元",
                "late" if total.difference > 0 else "ok" if total.difference < 0 else None,
            ),
            Kpi("有变化", str(len(moved)), f"增 {more} 件，减 {fewer} 件", "#claims", "件"),
        ),
        tuple(_part(name, what_if.by(name, compared.claims)) for name in DIMENSIONS),
        tuple(moved[:SHOWN]),
        len(moved),
        compared.left_out,
        f"/policy/what-if/workbook?{urlencode(given)}",
    )  # fmt: skip


def _assumed(used: Parameters, name: str, value: Any) -> tuple[str, str, str]:
    one = used.get(name)
    now = one.row(max(clock.today(), one.rows[0].since)).value
    return one.label, one.text(now), one.text(one.parse(value))


def _signed(amount: Decimal) -> str:
    return f"+{wan(amount)}" if amount > 0 else wan(amount) if amount == 0 else f"−{wan(-amount)}"


def _share(total: Group) -> str:
    if not total.before:
        return "现行为零"
    return f"{total.difference / total.before:+.1%}".replace("-", "−")


def _part(name: str, groups: Sequence[Group]) -> Part:
    title = f"按{DIMENSION_NAMES[name]}"
    shown = groups[:CHARTED]
    spec = {
        "x": [group.label for group in shown],
        "series": [
            {
                "name": "现行",
                "kind": "bar",
                "bare": True,
                "tone": "plain",
                "data": [_plot(g.before) for g in shown],
            },
            {
                "name": "推演",
                "kind": "bar",
                "bare": True,
                "tone": "act",
                "data": [_plot(g.after) for g in shown],
            },
        ],
    }
    words = "；".join(f"{g.label}现行 {wan(g.before)}、推演 {wan(g.after)} 万元" for g in shown)
    return Part(
        name, title, Chart(f"{title}：{words}", spec, f"#{name}"), (Column(DIMENSION_NAMES[name], "full"), *COLUMNS), tuple(groups)
    )  # fmt: skip


def _plot(amount: Decimal) -> float:
    """万元 for the drawing only; the table beside it has the exact figures."""
    return round(float(amount) / 10_000, 2)
