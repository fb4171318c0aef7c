"""季度、年度报告: drafted with figures from the ledger, looked at as the letter it will be, issued by a second person."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup
from pydantic import BaseModel
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import requires
from api.auth.refusals import Refused
from api.pages.form_views import DialogView, FieldView, Option
from api.pages.layout import frame
from api.pages.numbers import places
from api.pages.policy_layout import refusal
from api.pages.render import page
from api.pages.views import Column, Empty, Link, Note, Tag, Tone
from flows.actions.errors import ActionRefusedError, ConflictError, InvalidError
from flows.actions.papers import reporting
from flows.documents.engine import DOCUMENTS, preview_html
from models import clock
from models.permissions import Actor, may_draft_report, may_issue_report, may_see_registers
from models.records import person, report
from models.records.report import Report
from models.records.two_people import VERDICT_NAMES, Verdict

router = APIRouter(prefix="/reports")
Reader = Annotated[Actor, requires(may_see_registers)]
COLUMNS = (
    Column("报告", "full"),
    Column("报告期"),
    Column("起草", "hide"),
    Column("签发", "hide"),
    Column("状态"),
)
TONES: dict[Verdict | None, Tone] = {None: "soon", Verdict.CONFIRMED: "ok", Verdict.REJECTED: "late"}
NAMES = {Verdict.CONFIRMED: "已签发", Verdict.REJECTED: "已退回"}
DONE = {
    "drafted": Note("ok", "已起草。", "数字已取自台账；由另一人审核签发时取号。"),
    "redrawn": Note("ok", "已重新取数。", "报告数字为现在的数字。"),
    "issued": Note("ok", "已签发。", "文号已登记。"),
    "returned": Note("ok", "已退回起草人。", "本期可以重新起草。"),
    "withdrawn": Note("ok", "已撤回。", "本期可以重新起草。"),
}
LABELS = (("summary", "总体情况"), ("problems", "存在问题"), ("plans", "下一步工作"))


class Draft(BaseModel):
    """A draft as typed."""

    code: str = ""
    year: str = ""
    quarter: str = ""
    summary: str = ""
    problems: str = ""
    plans: str = ""

    @property
    def words(self) -> dict[str, str]:
        """The drafter's words."""
        return {name: getattr(self, name) for name, _ in LABELS}


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One report in the list."""

    href: str
    title: str
    period: str
    drafter: str
    decider: str
    tag: Tag


@router.get("")
def show(request: Request, db: Db, actor: Reader, done: str = "") -> HTMLResponse:
    """The reports, and the form of a new one for those who draft."""
    return _list(request, db, actor, (DONE[done],) if done in DONE else ())


@router.post("")
def draft(request: Request, db: Db, actor: Reader, form: Annotated[Draft, Form()]) -> Response:
    """Draw the figures of a period and keep the drafter's words."""
    try:
        with db.begin_nested():
            made = reporting.draft(db, actor, form.code, form.year, form.quarter, form.words)
    except InvalidError as error:
        return _list(request, db, actor, (), form, {f.field: f.message for f in error.faults}, status=422)
    except ConflictError as error:
        return _list(request, db, actor, (), form, {"year": error.sentence}, status=409)
    return RedirectResponse(f"/reports/{made.id}?done=drafted", 303)


@router.get("/{report_id}")
def one(request: Request, db: Db, actor: Reader, report_id: int, done: str = "") -> HTMLResponse:
    """One report as the letter it will be, or is."""
    return _page(request, db, actor, _found(db, report_id), (DONE[done],) if done in DONE else ())


@router.post("/{report_id}/draft")
def redraw(
    request: Request, db: Db, actor: Reader, report_id: int, form: Annotated[Draft, Form()]
) -> Response:
    """The drafter draws the figures anew and mends the words."""
    try:
        with db.begin_nested():
            reporting.redraw(db, actor, report_id, form.words)
    except InvalidError as error:
        faults = {f.field: f.message for f in error.faults}
        return _page(request, db, actor, _found(db, report_id), (), form, faults, status=422)
    return RedirectResponse(f"/reports/{report_id}?done=redrawn", 303)


@router.post("/{report_id}/issue")
def issue(request: Request, db: Db, actor: Reader, report_id: int) -> Response:
    """The second person's yes."""
    return _decided(request, db, actor, report_id, lambda: reporting.issue(db, actor, report_id), "issued")


@router.post("/{report_id}/return")
def send_back(
    request: Request, db: Db, actor: Reader, report_id: int, note: Annotated[str, Form()] = ""
) -> Response:
    """The second person's no."""
    return _decided(
        request, db, actor, report_id, lambda: reporting.send_back(db, actor, report_id, note), "returned"
    )


@router.post("/{report_id}/withdraw")
def withdraw(request: Request, db: Db, actor: Reader, report_id: int) -> Response:
    """The drafter takes it back."""
    return _decided(
        request, db, actor, report_id, lambda: reporting.withdraw(db, actor, report_id), "withdrawn"
    )


def _decided(
    request: Request, db: Session, actor: Actor, report_id: int, act: Callable[[], Report], done: str
) -> Response:
    try:
        with db.begin_nested():
            act()
    except (ConflictError, InvalidError) as error:
        return _page(request, db, actor, _found(db, report_id), (refusal(error),), status=_status(error))
    return RedirectResponse(f"/reports/{report_id}?done={done}", 303)


def _status(error: ActionRefusedError) -> int:
    return 422 if isinstance(error, InvalidError) else 409


def _found(db: Session, report_id: int) -> Report:
    found = db.get(Report, report_id) if report_id < 2**31 else None
    if found is None:
        raise Refused(404, "没有找到这份报告。")
    return found


def _tag(found: Report) -> Tag:
    words = NAMES.get(found.verdict, VERDICT_NAMES[found.verdict]) if found.verdict else "待审核签发"
    return Tag(words, TONES.get(found.verdict, "idle"))


def _list(
    request: Request, db: Session, actor: Actor, notes: tuple[Note, ...] = (), typed: Draft | None = None,
    faults: dict[str, str] | None = None, *, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    rows = report.newest(db)
    people = person.names(db, sorted({key for r in rows for key in (r.proposed_by, r.decided_by) if key}))
    codes = tuple(code for code in ("D34", "D35") if may_draft_report(actor, code))
    return page(
        request, "pages/reports/index.html", status=status, frame=frame(request, db, actor, "papers"), notes=notes,
        places=places("reports"), columns=COLUMNS, fields=_new(codes, typed, faults or {}),
        rows=tuple(
            ReportRow(
                f"/reports/{r.id}", DOCUMENTS[r.code].title, r.period, people.get(r.proposed_by, ""),
                people.get(r.decided_by or 0, ""), _tag(r),
            )
            for r in rows
        ),
        empty_view=Empty("还没有报告。", "受托管理机构按季起草，市工信局按年起草。", "file"),
    )  # fmt: skip


def _new(codes: tuple[str, ...], typed: Draft | None, faults: dict[str, str]) -> tuple[FieldView, ...]:
    if not codes:
        return ()
    given = typed or Draft(code=codes[0], year=str(clock.today().year))
    quarters = tuple(Option(str(n), f"第{n}季度") for n in range(1, 5))
    found = [
        FieldView(
            "报告", "code", given.code or codes[0], type="select", required=True,
            options=tuple(Option(code, DOCUMENTS[code].title) for code in codes),
        ),
        FieldView("年度", "year", given.year, faults.get("year", ""), required=True, inputmode="numeric", maxlength=4),
    ]  # fmt: skip
    if "D34" in codes:
        found.append(
            FieldView(
                "季度", "quarter", given.quarter, faults.get("quarter", ""), type="select", options=quarters,
                required=True,
            )
        )  # fmt: skip
    return (*found, *_texts(given.words, faults))


def _texts(given: dict[str, str], faults: dict[str, str]) -> tuple[FieldView, ...]:
    return tuple(
        FieldView(
            label, name, given.get(name, ""), faults.get(name, ""), type="textarea", rows=4,
            required=name == "summary", maxlength=reporting.LONGEST,
        )
        for name, label in LABELS
    )  # fmt: skip


def _page(
    request: Request, db: Session, actor: Actor, found: Report, notes: tuple[Note, ...] = (),
    typed: Draft | None = None, faults: dict[str, str] | None = None, *, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    drafter = person.names(db, [found.proposed_by]).get(found.proposed_by, "")
    waits, mine = found.verdict is None, found.proposed_by == actor.person_id
    verdict = may_issue_report(actor, found.code, found.organ_id, found.proposed_by, drafter)
    shown = None if found.document_id else reporting.preview(db, found)
    dialog = DialogView(
        "issue", f"签发{found.period}{DOCUMENTS[found.code].title}", "签发即取号出具，不能再改；有误只能作废重发。",
        "签发并取号", action=f"/reports/{found.id}/issue",
        facts=("签发前系统重新取数核对，与稿件不一致的不予签发。",),
    )  # fmt: skip
    stale = waits and reporting.moved(db, found)
    if stale:
        lead = Note("soon", "起草之后数字有变动。", "请起草人重新取数后再签发。", "alert")
        notes = (*notes, lead)
    return page(
        request, "pages/reports/show.html", status=status, frame=frame(request, db, actor, "papers"), notes=notes,
        found=found, title=f"{found.period}{DOCUMENTS[found.code].title}", standing=_tag(found), drafter=drafter,
        html=Markup(preview_html(shown.data)) if shown else "",  # noqa: S704 - escaped by preview_html
        fields=_texts(typed.words if typed else {n: str(found.facts.get(n, "")) for n, _ in LABELS}, faults or {})
        if waits and mine
        else (),
        decidable=waits and bool(verdict), dialog=dialog,
        returning=FieldView("退回原因", "note", type="textarea", rows=2, required=True, maxlength=500),
        crumbs=(Link("报告", "/reports"),),
    )  # fmt: skip
