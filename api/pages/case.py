"""案件: the page of one case, and what can be done from it: register an objection, withdraw, retry."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import SeenCase, check
from api.auth.refusals import Refused
from api.auth.session import COOKIE, CurrentActor
from api.pages import changes_view, task_verbs
from api.pages.case_view import view
from api.pages.form_views import FieldView
from api.pages.layout import frame
from api.pages.posted import by_field
from api.pages.render import page
from api.pages.views import Column, Note
from flows.actions.answers import answering
from flows.actions.applications import withdrawing
from flows.actions.cases import incidents, objecting, recalculating
from flows.actions.colleagues import visiting
from flows.actions.errors import InvalidError
from models.lifecycle import State
from models.permissions import Actor, may_recalculate, may_register_objection, may_withdraw
from models.records.case import CaseRecord, open_incident

router = APIRouter(prefix="/cases/{number}")

SENT_COLUMNS = (
    Column("通知", "full"), Column("渠道", "hide"), Column("发出"), Column("送达", "hide"), Column("签收"),
)  # fmt: skip
LEDGER_COLUMNS = (
    Column("日期", "hide"), Column("账户", "full"), Column("摘要", "hide"), Column("预留", "n"),
    Column("支付", "n"), Column("记账后余额", "n hide"),
)  # fmt: skip
LOAN_COLUMNS = (
    Column("序号", "hide"), Column("企业", "full"), Column("放款日", "hide"), Column("到期日", "hide"),
    Column("状态"), Column("本金（元）", "n"),
)  # fmt: skip
CLOCK_COLUMNS = (
    Column("环节", "full"), Column("限", "n"), Column("已用", "n"), Column("停钟", "n"), Column("截止", "hide"), Column("计算", "hide"),
    Column("状态"),
)  # fmt: skip
LOOK_COLUMNS = (Column("检查", "full"), Column("核对的内容", "hide"), Column("核实"), Column("备注"))
DONE = {
    "objection": ("已登记异议。", "公示已中止，异议处理任务已送科室经办。"),
    "withdrawn": ("已撤回。", "预留的额度已释放，未办理的任务已取消；经过和文书仍可查看。"),
    "recalculate": ("已退出排队。", "案件回到初审，按现有余额重新测算。"),
    "taken_back": ("已拿回。", "你的结论已作废（仍留痕），本环节重新由你办理。"),
    "retried": ("已重新唤醒。", "出错的步骤正在重试，片刻后刷新可见结果。"),
}


def settled(request: Request, number: str, done: str = "") -> None:
    """Dependency, run before the page's own transaction: what was just done here has had its consequences.

    Waits at most `answering.settled`'s patience; a case at rest costs one look.
    """
    if done in DONE and COOKIE in request.cookies:
        answering.settled(number, 0)


class Objecting(BaseModel):
    """An objection as typed."""

    objector: str = ""
    contact: str = ""
    content: str = ""


class Withdrawal(BaseModel):
    """Why the applicant takes the case back."""

    reason: str = ""


@router.get("", dependencies=[Depends(settled)])
def show(
    request: Request, db: Db, actor: CurrentActor, case: SeenCase, done: str = "", said: str = ""
) -> HTMLResponse:
    """One case. `done` names what was just done here, `said` the verb that was used."""
    told = DONE.get(done)
    return page(
        request,
        "pages/case/index.html",
        frame=frame(request, db, actor, "cases"),
        notes=((Note("ok", *told),) if told else ()) + task_verbs.notes(said),
        changes=changes_view.view(visiting.visit_case(db, actor, case)),
        view=view(db, actor, case),
        sent_columns=SENT_COLUMNS,
        ledger_columns=LEDGER_COLUMNS,
        loan_columns=LOAN_COLUMNS,
        look_columns=LOOK_COLUMNS,
        clock_columns=CLOCK_COLUMNS,
    )


@router.get("/objection")
def objection_form(request: Request, db: Db, actor: CurrentActor, case: SeenCase) -> HTMLResponse:
    """The form for an objection received during 公示."""
    check(may_register_objection(actor))
    if case.state != State.PUBLIC_NOTICE:
        raise Refused(409, "这件案件现在不在公示期，不能登记异议。")
    return _objection(request, db, actor, case, Objecting(), {})


@router.post("/objection")
def register_objection(
    request: Request, db: Db, actor: CurrentActor, case: SeenCase, form: Annotated[Objecting, Form()]
) -> Response:
    """Register it; the notice period stops and the objection's own gate opens."""
    try:
        objecting.register(db, actor, case.number, form.objector, form.contact, form.content)
    except InvalidError as error:
        faults = by_field(error.faults)
        return _objection(request, db, actor, case, form, faults)
    return RedirectResponse(f"/cases/{case.number}?done=objection", 303)


@router.get("/withdraw")
def withdraw_form(request: Request, db: Db, actor: CurrentActor, case: SeenCase) -> HTMLResponse:
    """Asks for the reason and says what withdrawing means."""
    check(may_withdraw(actor, case.institution_id, State(case.state)))
    return _withdrawal(request, db, actor, case, Withdrawal(), {})


@router.post("/withdraw")
def withdraw(
    request: Request, db: Db, actor: CurrentActor, case: SeenCase, form: Annotated[Withdrawal, Form()]
) -> Response:
    """Take the case back."""
    try:
        withdrawing.withdraw(db, actor, case.number, form.reason)
    except InvalidError as error:
        faults = by_field(error.faults)
        return _withdrawal(request, db, actor, case, form, faults)
    return RedirectResponse(f"/cases/{case.number}?done=withdrawn", 303)


@router.get("/recalculate")
def recalculate_form(request: Request, db: Db, actor: CurrentActor, case: SeenCase) -> HTMLResponse:
    """Asks why the case is not to wait for room any longer."""
    check(may_recalculate(actor))
    if case.state != State.AWAITING_ROOM:
        raise Refused(409, "这件案件现在没有在等额度，可能已经自动继续。")
    return _recalculation(request, db, actor, case, Withdrawal(), {})


@router.post("/recalculate")
def recalculate(
    request: Request, db: Db, actor: CurrentActor, case: SeenCase, form: Annotated[Withdrawal, Form()]
) -> Response:
    """Take the case out of the line: back to 初审, calculated with what is left."""
    try:
        recalculating.recalculate(db, actor, case.number, form.reason)
    except InvalidError as error:
        faults = by_field(error.faults)
        return _recalculation(request, db, actor, case, form, faults)
    return RedirectResponse(f"/cases/{case.number}?done=recalculate", 303)


@router.post("/retry")
def retry(db: Db, actor: CurrentActor, case: SeenCase) -> RedirectResponse:
    """Wake a case that stopped with an error."""
    found = open_incident(db, case.id or 0)
    if found is None:
        raise Refused(409, "这件案件没有待处理的异常，可能已由他人重试。")
    incidents.retry(db, actor, found.id or 0)
    return RedirectResponse(f"/cases/{case.number}?done=retried", 303)


def _objection(
    request: Request, db: Session, actor: Actor, case: CaseRecord, form: Objecting, faults: dict[str, str]
) -> HTMLResponse:
    fields = (
        FieldView("异议人", "objector", form.objector, faults.get("objector", ""), required=True, maxlength=120),
        FieldView(
            "联系方式", "contact", form.contact, faults.get("contact", ""), "电话或电子邮箱", required=True, maxlength=120
        ),
        FieldView(
            "异议内容", "content", form.content, faults.get("content", ""), "写明对哪一项有异议、依据是什么",
            "textarea", required=True, rows=6, maxlength=4000,
        ),
    )  # fmt: skip
    words = "登记后公示立即中止，转科室经办核查；异议不成立的，公示按剩余工作日继续。"
    return _form(request, db, actor, case, "登记异议", words, fields, "登记异议，中止公示", "objection")


def _recalculation(
    request: Request, db: Session, actor: Actor, case: CaseRecord, form: Withdrawal, faults: dict[str, str]
) -> HTMLResponse:
    field = FieldView(
        "不再等待的原因", "reason", form.reason, faults.get("reason", ""), type="textarea", required=True,
        rows=4, maxlength=500,
    )  # fmt: skip
    words = (
        "案件退出排队，回到初审，按现有余额重新测算；此前的同意作废，仍留痕。超出余额的部分记为超限未补偿。"
    )
    return _form(
        request, db, actor, case, "按现有余额重新测算", words, (field,), "退回初审重新测算", "recalculate"
    )


def _withdrawal(
    request: Request, db: Session, actor: Actor, case: CaseRecord, form: Withdrawal, faults: dict[str, str]
) -> HTMLResponse:
    field = FieldView(
        "撤回原因", "reason", form.reason, faults.get("reason", ""), type="textarea", required=True,
        rows=4, maxlength=2000,
    )  # fmt: skip
    words = "撤回后本案办结，不能恢复；需要时可以重新申报。已有的经过、文书和材料仍可查看。"
    return _form(request, db, actor, case, "撤回案件", words, (field,), "撤回案件", "withdraw")


def _form(
    request: Request, db: Session, actor: Actor, case: CaseRecord, title: str, words: str,
    fields: tuple[FieldView, ...], go: str, place: str,
) -> HTMLResponse:  # fmt: skip
    return page(
        request,
        "pages/case/form.html",
        status=422 if any(field.error for field in fields) else 200,
        frame=frame(request, db, actor, "cases"),
        case=case,
        title=title,
        words=words,
        fields=fields,
        go=go,
        action=f"/cases/{case.number}/{place}",
    )
