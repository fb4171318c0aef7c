"""年度预算: what each year was given, by which resolution and by whom; proposing and confirming a change."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import requires
from api.pages.case_views import MeterView
from api.pages.form_views import FieldView
from api.pages.layout import frame
from api.pages.limits import LINE_COLUMNS, line, meter
from api.pages.policy_layout import refusal
from api.pages.posted import by_field
from api.pages.render import page
from api.pages.task_facts import clause_view
from api.pages.views import Column, Note, Tag, Tone
from flows.actions.errors import ActionRefusedError, ConflictError, InvalidError
from flows.actions.rules import budgeting
from models import clock
from models.permissions import Actor, may_decide_budget, may_propose_budget, may_see_budget
from models.records import budget, ledger, person, waiting
from models.records.budget import BudgetChange
from models.records.ledger import AccountKind
from models.records.two_people import VERDICT_NAMES, Verdict

router = APIRouter(prefix="/budget")
Reader = Annotated[Actor, requires(may_see_budget)]
Proposer = Annotated[Actor, requires(may_propose_budget)]
ZERO = Decimal("0.00")
TONES: dict[Verdict | None, Tone] = {None: "soon", Verdict.CONFIRMED: "ok", Verdict.REJECTED: "late"}
COLUMNS = (
    Column("登记", "hide"), Column("文号与事由", "full"), Column("变动（元）", "n"), Column("状态"),
    Column("登记人／确认人", "hide"),
)  # fmt: skip
DONE = {
    "proposed": ("已登记，待另一人确认。", "确认之前预算不变。"),
    "confirmed": ("已确认，预算已调整。", "排队的待额度案件按批准先后自动继续。"),
    "rejected": ("已驳回。", "预算没有变动。"),
    "withdrawn": ("已撤回。", "预算没有变动。"),
}


class Proposal(BaseModel):
    """A change as typed."""

    year: str = ""
    amount: str = ""
    resolution: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change; `decidable` and `mine` say what the reader may do with it."""

    change: BudgetChange
    tag: Tag
    proposer: str
    decider: str
    decidable: bool
    mine: bool


@dataclass(frozen=True, slots=True)
class YearView:
    """A budget year with its meter and its changes."""

    year: int
    href: str
    meter: MeterView
    rows: tuple[ChangeRow, ...]


@router.get("")
def show(request: Request, db: Db, actor: Reader, done: str = "") -> HTMLResponse:
    """The page. `done` names what was just done here."""
    said = DONE.get(done)
    return _page(request, db, actor, notes=(Note("ok", *said),) if said else ())


@router.post("")
def propose(request: Request, db: Db, actor: Proposer, form: Annotated[Proposal, Form()]) -> Response:
    """Register a change; nothing changes until another person confirms it."""
    try:
        budgeting.propose(db, actor, **form.model_dump())
    except InvalidError as error:
        faults = by_field(error.faults)
        return _page(request, db, actor, form, faults, status=422)
    except ConflictError as error:
        return _page(request, db, actor, form, {"resolution": error.sentence}, status=409)
    return RedirectResponse("/budget?done=proposed", 303)


@router.post("/{change_id}/confirm")
def confirm(request: Request, db: Db, actor: Reader, change_id: int) -> Response:
    """The second person's yes."""
    try:
        with db.begin_nested():
            budgeting.confirm(db, actor, change_id)
    except ConflictError as error:
        return _refused(request, db, actor, error)
    return RedirectResponse("/budget?done=confirmed", 303)


@router.post("/{change_id}/reject")
def reject(
    request: Request, db: Db, actor: Reader, change_id: int, reason: Annotated[str, Form()] = ""
) -> Response:
    """The second person's no."""
    try:
        budgeting.reject(db, actor, change_id, reason)
    except (ConflictError, InvalidError) as error:
        return _refused(request, db, actor, error)
    return RedirectResponse("/budget?done=rejected", 303)


@router.post("/{change_id}/withdraw")
def withdraw(db: Db, actor: Proposer, change_id: int) -> Response:
    """Whoever registered it takes it back."""
    budgeting.withdraw(db, actor, change_id)
    return RedirectResponse("/budget?done=withdrawn", 303)


def _refused(request: Request, db: Session, actor: Actor, error: ActionRefusedError) -> HTMLResponse:
    status = 422 if isinstance(error, InvalidError) else 409
    return _page(request, db, actor, notes=(refusal(error),), status=status)


def _page(
    request: Request,
    db: Session,
    actor: Actor,
    form: Proposal | None = None,
    faults: dict[str, str] | None = None,
    *,
    notes: tuple[Note, ...] = (),
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "pages/budget/index.html",
        status=status,
        frame=frame(request, db, actor, "limits"),
        notes=notes,
        years=_years(db, actor),
        clause=clause_view("三（一）"),
        fields=_fields(form, faults or {}) if may_propose_budget(actor) else (),
        line=line(db, waiting.with_cases(db)),
        line_columns=LINE_COLUMNS,
        columns=COLUMNS,
    )


def _years(db: Session, actor: Actor) -> tuple[YearView, ...]:
    years = sorted({clock.today().year, *budget.years(db)}, reverse=True)
    found = []
    for year in years:
        changes = budget.of_year(db, year)
        people = {c.proposed_by for c in changes} | {c.decided_by for c in changes if c.decided_by}
        names = person.names(db, sorted(people))
        account = ledger.account(db, AccountKind.BUDGET, str(year))
        view = meter(account) if account else MeterView(ZERO, ZERO, ZERO, ZERO)
        rows = tuple(_row(change, actor, names) for change in reversed(changes))
        found.append(YearView(year, f"/limits/{account.id}" if account else "", view, rows))
    return tuple(found)


def _row(change: BudgetChange, actor: Actor, names: dict[int, str]) -> ChangeRow:
    waits = change.verdict is None
    words = VERDICT_NAMES[change.verdict] if change.verdict else "待确认"
    return ChangeRow(
        change,
        Tag(words, TONES.get(change.verdict, "idle")),
        names.get(change.proposed_by, ""),
        names.get(change.decided_by or 0, ""),
        waits and bool(may_decide_budget(actor, change.proposed_by)),
        waits and change.proposed_by == actor.person_id,
    )


def _fields(form: Proposal | None, faults: dict[str, str]) -> tuple[FieldView, ...]:
    typed = form or Proposal(year=str(clock.today().year))
    return (
        FieldView("预算年度", "year", typed.year, faults.get("year", ""), required=True, inputmode="numeric", maxlength=4),
        FieldView(
            "变动金额", "amount", typed.amount, faults.get("amount", ""), "追加写正数，调减写负数，例如 5,000,000.00",
            required=True, unit="元", maxlength=24,
        ),
        FieldView(
            "决议或批复文号", "resolution", typed.resolution, faults.get("resolution", ""), required=True, maxlength=80,
        ),
        FieldView(
            "事由", "reason", typed.reason, faults.get("reason", ""), type="textarea", required=True, rows=3,
            maxlength=500,
        ),
    )  # fmt: skip
