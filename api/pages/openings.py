"""文号期初: what was said of registers that go on in the middle of a year, by whom; registering and confirming one."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import requires
from api.auth.refusals import Refused
from api.pages import case_rows, policy_layout
from api.pages.form_views import FieldView, Option
from api.pages.layout import frame
from api.pages.numbers import places
from api.pages.policy_layout import Deciding, refusal
from api.pages.posted import by_field
from api.pages.render import page, stamp
from api.pages.views import Column, Note, Tag, Tone
from flows.actions.errors import ActionRefusedError, ConflictError, InvalidError
from flows.actions.papers import opening_registers
from models import clock
from models.permissions import (
    Actor,
    Verdict,
    may_decide_opening,
    may_open_register,
    may_see_registers,
)
from models.records import number_opening, person
from models.records.number_opening import NumberOpening
from models.records.two_people import VERDICT_NAMES
from models.records.two_people import Verdict as Decision

router = APIRouter(prefix="/numbers/openings")
Reader = Annotated[Actor, requires(may_see_registers)]
Opener = Annotated[Actor, requires(may_open_register)]
TONES: dict[Decision | None, Tone] = {
    None: "soon",
    Decision.CONFIRMED: "ok",
    Decision.REJECTED: "late",
    Decision.WITHDRAWN: "idle",
}
COLUMNS = (Column("登记簿", "full"), Column("单位"), Column("已用至", "n"), Column("依据"), Column("状态"))
DONE = {
    "proposed": "已登记，待另一人确认；确认前文号照旧。",
    "confirmed": "已确认，下一份文书接着编号。",
    "rejected": "已退回，登记簿不变。",
    "withdrawn": "已撤回，登记簿不变。",
}


class Typed(BaseModel):
    """An opening as typed."""

    word: str = ""
    last: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """One opening: which register, where it goes on, who said so and who agreed."""

    opening: NumberOpening
    organ: str
    tag: Tag
    proposed: str
    outcome: str
    deciding: Deciding | None


@router.get("")
def listed(request: Request, db: Db, actor: Reader, done: str = "") -> HTMLResponse:
    """The openings, and the form for those who keep a register. `done` names what was just done here."""
    return _page(request, db, actor, notes=(Note("ok", "", DONE[done]),) if done in DONE else ())


@router.post("")
def propose(request: Request, db: Db, actor: Opener, form: Annotated[Typed, Form()]) -> Response:
    """Register an opening of one's own office; nothing changes until another person confirms it."""
    try:
        opening_registers.propose(db, actor, form.model_dump())
    except InvalidError as error:
        return _page(request, db, actor, form, by_field(error.faults))
    except ConflictError as error:
        return _page(request, db, actor, form, {"word": error.sentence}, status=409)
    return RedirectResponse("/numbers/openings?done=proposed", 303)


@router.post("/{opening_id}/decide")
def decide(
    request: Request, db: Db, actor: Reader, opening_id: int, verdict: Annotated[str, Form()] = "",
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:  # fmt: skip
    """Confirm, reject or withdraw."""
    chosen = policy_layout.verdict_of(verdict)
    if opening_id >= 2**31:
        raise Refused(422, "请选择确认、不同意或撤回。")
    try:
        opening_registers.decide(db, actor, opening_id, chosen, note)
    except (ConflictError, InvalidError) as error:
        return _refused(request, db, actor, error)
    return RedirectResponse(f"/numbers/openings?done={chosen.value}", 303)


def _refused(request: Request, db: Session, actor: Actor, error: ActionRefusedError) -> HTMLResponse:
    status = 422 if isinstance(error, InvalidError) else 409
    return _page(request, db, actor, notes=(refusal(error),), status=status)


def _page(
    request: Request,
    db: Session,
    actor: Actor,
    form: Typed | None = None,
    faults: dict[str, str] | None = None,
    *,
    notes: tuple[Note, ...] = (),
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "pages/numbers/openings.html",
        status=422 if faults and status == 200 else status,
        frame=frame(request, db, actor, "papers"),
        places=places("numbers"),
        notes=notes,
        rows=_rows(db, actor),
        columns=COLUMNS,
        fields=_fields(db, actor, form or Typed(), faults or {}) if may_open_register(actor) else (),
        year=clock.today().year,
    )


def _rows(db: Session, actor: Actor) -> tuple[OpeningRow, ...]:
    found = number_opening.newest(db)
    known = case_rows.names(db)
    people = person.names(db, sorted({i for one in found for i in (one.proposed_by, one.decided_by) if i}))
    rows = []
    for one in found:
        proposer = people.get(one.proposed_by, "")
        deciding = None
        if one.verdict is None:

            def may(who: Actor, by: int, name: str, organ_id: int = one.organ_id) -> Verdict:
                return may_decide_opening(who, organ_id, by, name)

            action = f"/numbers/openings/{one.id}/decide"
            deciding = policy_layout.deciding(actor, action, one.proposed_by, proposer, may)
        tag = Tag(VERDICT_NAMES[one.verdict] if one.verdict else "待确认", TONES[one.verdict])
        outcome = policy_layout.decided(
            one.verdict, people.get(one.decided_by or 0, ""), one.decided_at, one.note
        )
        rows.append(
            OpeningRow(
                one,
                known.get(one.organ_id, ""),
                tag,
                f"{proposer} {stamp(one.proposed_at)}",
                outcome,
                deciding,
            )
        )
    return tuple(rows)


def _fields(db: Session, actor: Actor, typed: Typed, faults: dict[str, str]) -> tuple[FieldView, ...]:
    options = tuple(
        Option(one.word, f"{one.word}（{'、'.join(one.titles)}）")
        for one in opening_registers.registers(db, actor.institution_id)
    )
    return (
        FieldView(
            "发文代字", "word", typed.word, faults.get("word", ""), "本年度在本系统已给过文号的登记簿不能再登记期初",
            type="select", options=options, required=True,
        ),
        FieldView(
            "已用至", "last", typed.last, faults.get("last", ""), "上线前最后一个文号的顺序号；下一份文书用它的下一号",
            required=True, unit="号", inputmode="numeric", maxlength=5,
        ),
        FieldView(
            "依据", "document", typed.document, faults.get("document", ""), "载明最后一个文号的登记簿或函件",
            required=True, maxlength=200,
        ),
    )  # fmt: skip
