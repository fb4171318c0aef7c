"""Two looks beyond a case as it stands: 某日状态 (as it stood on any day) and 关联 (its firm and its institution)."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api.auth.db import Db
from api.auth.permit import SeenCase
from api.auth.session import CurrentActor
from api.pages import case_around, case_past
from api.pages.case import LEDGER_COLUMNS
from api.pages.form_views import FieldView
from api.pages.layout import frame
from api.pages.render import page
from api.pages.views import Column, Link
from models import clock
from models.records.case import CaseRecord

router = APIRouter(prefix="/cases/{number}")
CASE_COLUMNS = (
    Column("案号", "full"), Column("业务"), Column("申报机构", "hide"), Column("提交", "d"), Column("环节"),
    Column("金额（元）", "n"),
)  # fmt: skip
LOAN_COLUMNS = (
    Column("贷款", "full"), Column("申报机构", "hide"), Column("放款日", "d"), Column("到期日", "hide"), Column("状态"),
    Column("本金（元）", "n"),
)  # fmt: skip


@router.get("/history")
def past(
    request: Request, db: Db, actor: CurrentActor, case: SeenCase,
    on: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:  # fmt: skip
    """The case as it stood at the end of a day; today without one."""
    first, today = clock.local(case.opened_at).date(), clock.today()
    wanted, fault = _day(on, first, today)
    return page(
        request,
        "pages/case/past.html",
        status=422 if fault else 200,
        frame=frame(request, db, actor, "cases"),
        case=case,
        view=case_past.view(db, case, wanted, staff=actor.watches_all),
        field=FieldView(
            "日期", "on", on or wanted.isoformat(), fault, f"{first.isoformat()} 至 {today.isoformat()}", "date",
            required=True,
        ),
        ledger_columns=LEDGER_COLUMNS,
        crumbs=_crumbs(case),
    )  # fmt: skip


@router.get("/around")
def around(request: Request, db: Db, actor: CurrentActor, case: SeenCase) -> HTMLResponse:
    """The firm's other cases and loans, and the institution's record."""
    return page(
        request,
        "pages/case/around.html",
        frame=frame(request, db, actor, "cases"),
        case=case,
        view=case_around.view(db, actor, case),
        case_columns=CASE_COLUMNS,
        loan_columns=LOAN_COLUMNS,
        crumbs=_crumbs(case),
    )


def _crumbs(case: CaseRecord) -> tuple[Link, ...]:
    return (Link("案件", "/cases"), Link(case.number, f"/cases/{case.number}"))


def _day(typed: str, first: date, today: date) -> tuple[date, str]:
    """The day meant, within the case's life; else today and what is wrong with what was typed."""
    if not typed.strip():
        return today, ""
    try:
        found = date.fromisoformat(typed.strip())
    except ValueError:
        return today, "请写成 2026-11-23 这样的日期。"
    if found < first:
        return today, f"本案 {first.isoformat()} 才提交，请选择这一天或以后的日期。"
    if found > today:
        return today, f"还没有到这一天，请选择 {today.isoformat()} 或以前的日期。"
    return found, ""
