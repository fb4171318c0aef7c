"""政策参数: every parameter with its value today, clause and history; registering, previewing, confirming changes."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import requires
from api.auth.refusals import Refused
from api.pages import policy_layout
from api.pages.form_views import FieldView, Option
from api.pages.layout import frame
from api.pages.policy_history import history, people_of, text_of
from api.pages.policy_layout import Deciding
from api.pages.posted import by_field
from api.pages.render import page
from api.pages.task_facts import clause_view
from api.pages.views import ClauseView, Column, Note, Tag
from flows.actions.errors import FieldFault, InvalidError
from flows.actions.rules import ruling
from flows.actions.rules.touching import Touched, touched
from models import clock
from models.permissions import Actor, may_propose_rules, may_read_rules
from models.policy import typed
from models.policy.errors import PolicyError
from models.policy.parameter import STATUSES, Parameter
from models.policy.parameters import Parameters
from models.policy.values import Kind
from models.records.rules import ParameterOverride, overrides_of, rules

router = APIRouter(prefix="/policy")
Reader = Annotated[Actor, requires(may_read_rules)]
Registrar = Annotated[Actor, requires(may_propose_rules)]

GROUPS = {
    "scope": "支持范围与政策期限",
    "bank": "银行板块",
    "guarantee": "融担板块",
    "claims": "损失、分配、取整与追偿",
    "deadlines": "办理时限",
    "supervision": "监督与报告",
}
COLUMNS = (
    Column("参数", "full"),
    Column("今天的值"),
    Column("依据", "d"),
    Column("性质"),
    Column("自", "n hide"),
)
TOUCHED = (
    Column("案件", "full"), Column("环节", "hide"), Column("什么改变"), Column("现在", "n"), Column("调整后", "n"),
    Column("差额（元）", "n hide"),
)  # fmt: skip
TONES = {"policy": "act", "default": "idle", "unverified": "soon"}
SAID = {
    "proposed": "已登记，待另一位有权限的人确认后生效。",
    "confirmed": "已确认，自生效日起适用。",
    "rejected": "已退回，参数不变。",
    "withdrawn": "已撤回，参数不变。",
}


class Typed(BaseModel):
    """What the form sends. `step` is preview or submit."""

    value: str = ""
    effective_from: str = ""
    resolution: str = ""
    reason: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One parameter in the list."""

    name: str
    label: str
    value: str
    clause: ClauseView | None
    standing: Tag
    since: date
    changes: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A registered change that waits for its second person, with what it would touch."""

    id: int
    label: str
    href: str
    now: str
    value: str
    since: date
    resolution: str
    reason: str
    proposed: str
    deciding: Deciding
    touched: tuple[Touched, ...]
    contradiction: str = ""


@router.get("")
def parameters(request: Request, db: Db, actor: Reader, done: str = "") -> HTMLResponse:
    """The list, by subject; what waits for confirmation first."""
    used, today = rules(db), clock.today()
    every = overrides_of(db)
    groups = []
    for key, title in GROUPS.items():
        rows = tuple(_row(one, today) for one in used.items.values() if one.group == key)
        groups.append((title, rows))
    return page(
        request,
        "pages/policy/parameters.html",
        frame=frame(request, db, actor, "policy"),
        notes=_notes(done),
        tabs=policy_layout.tabs(actor, "parameters"),
        version=used.version,
        day=policy_layout.today_note(),
        groups=groups,
        columns=COLUMNS,
        waiting=_waiting(db, actor, used, [row for row in every if row.verdict is None]),
        touched_columns=TOUCHED,
    )


@router.get("/parameters/{name}")
def parameter(request: Request, db: Db, actor: Reader, name: str, done: str = "") -> HTMLResponse:
    """One parameter: what it is, its history, what waits, and for the registrar a form."""
    found = _found(db, name)
    return _one(request, db, actor, found, _first(found), notes=_notes(done))


@router.post("/parameters/{name}")
def propose(
    request: Request, db: Db, actor: Registrar, name: str, form: Annotated[Typed, Form()]
) -> Response:
    """Preview what a change would touch, or register it."""
    found = _found(db, name)
    wanted = ruling.Proposal(name, form.value, form.effective_from, form.resolution, form.reason)
    try:
        if form.step != "submit":
            override = ruling.proposed(db, wanted)
            return _one(request, db, actor, found, form, preview=touched(db, override))
        ruling.propose(db, actor, wanted)
    except InvalidError as error:
        return _one(request, db, actor, found, form, error.faults)
    return RedirectResponse(f"/policy/parameters/{name}?done=proposed", 303)


@router.post("/overrides/{override_id}")
def decide(
    request: Request,
    db: Db,
    actor: Reader,
    override_id: int,
    verdict: Annotated[str, Form()] = "",
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Confirm, reject or withdraw."""
    chosen = policy_layout.verdict_of(verdict)
    row = ruling.decide(db, actor, override_id, chosen, note)
    return RedirectResponse(f"/policy/parameters/{row.name}?done={chosen.value}", 303)


def _found(db: Session, name: str) -> Parameter:
    try:
        return rules(db).get(name)
    except PolicyError as error:
        raise Refused(404, str(error)) from error


def _notes(done: str) -> tuple[Note, ...]:
    return (Note("ok", "", SAID[done]),) if done in SAID else ()


def _row(one: Parameter, today: date) -> ParameterRow:
    row = one.row(max(today, one.rows[0].since))
    return ParameterRow(
        one.name, one.label, one.text(row.value), clause_view(one.clause), _standing(one), row.since,
        len(one.rows) - 1,
    )  # fmt: skip


def _standing(one: Parameter) -> Tag:
    if "示例值" in one.reason:
        return Tag("示例值，待确定", "soon")
    words = {"policy": "政策原文", "default": "默认值，待细则确认", "unverified": STATUSES["unverified"]}
    return Tag(words[one.status], TONES[one.status])  # type: ignore[arg-type]


def _first(one: Parameter) -> Typed:
    today = clock.today()
    value = one.row(max(today, one.rows[0].since)).value
    return Typed(value=typed.shown(one.kind, value), effective_from=today.isoformat())


def _one(
    request: Request,
    db: Session,
    actor: Actor,
    one: Parameter,
    form: Typed,
    faults: tuple[FieldFault, ...] = (),
    *,
    notes: tuple[Note, ...] = (),
    preview: tuple[Touched, ...] | None = None,
) -> HTMLResponse:
    rows = overrides_of(db, one.name)
    return page(
        request,
        "pages/policy/parameter.html",
        status=422 if faults else 200,
        frame=frame(request, db, actor, "policy"),
        notes=notes,
        tabs=policy_layout.tabs(actor, "parameters"),
        row=_row(one, clock.today()),
        one=one,
        group=GROUPS.get(one.group, ""),
        kept_in_policy=one.status == "policy",
        history=history(db, one, rows),
        waiting=_waiting(db, actor, rules(db), [row for row in rows if row.verdict is None]),
        fields=_fields(one, form, faults) if may_propose_rules(actor) else (),
        action=f"/policy/parameters/{one.name}",
        preview=preview,
        touched_columns=TOUCHED,
    )


def _fields(one: Parameter, form: Typed, faults: tuple[FieldFault, ...]) -> tuple[FieldView, ...]:
    said = by_field(faults)
    long = one.kind in (Kind.TIERS, Kind.TEXTS)
    choice = one.kind is Kind.CHOICE
    options = tuple(Option(key, words) for key, words in one.choices.items())
    value = FieldView(
        "新的值", "value", form.value, said.get("value", ""), typed.HINTS[one.kind],
        type="select" if choice else "textarea" if long else "text", options=options, required=True,
        unit="" if choice or long else one.unit, rows=4,
    )  # fmt: skip
    return (
        value,
        FieldView(
            "生效日", "effective_from", form.effective_from, said.get("effective_from", ""),
            "今天或以后，例：2027-01-01", type="date", required=True,
        ),
        FieldView(
            "决议文号", "resolution", form.resolution, said.get("resolution", ""), "联席会议决议或市政府批复的文号",
            required=True, maxlength=120,
        ),
        FieldView("说明", "reason", form.reason, said.get("reason", ""), type="textarea", maxlength=500),
    )  # fmt: skip


def _waiting(
    db: Session, actor: Actor, used: Parameters, rows: list[ParameterOverride]
) -> tuple[Waiting, ...]:
    people = people_of(db, rows)
    found = []
    for row in rows:
        one = used.get(row.name)
        proposer = people.get(row.proposed_by, "")
        contradiction, cases = "", tuple[Touched, ...]()
        try:
            cases = touched(db, row.as_override())
        except PolicyError as error:
            contradiction = str(error)
        found.append(
            Waiting(
                row.id or 0, one.label, f"/policy/parameters/{row.name}",
                one.text(one.row(max(row.effective_from, one.rows[0].since)).value), text_of(one, row),
                row.effective_from, row.resolution, row.reason,
                f"{proposer}，{clock.local(row.proposed_at):%m-%d %H:%M}",
                policy_layout.deciding(actor, f"/policy/overrides/{row.id}", row.proposed_by, proposer),
                cases, contradiction,
            )
        )  # fmt: skip
    return tuple(found)
