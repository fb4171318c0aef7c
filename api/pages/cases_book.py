"""The list of cases as an Excel file: the same filters, the same cases."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from sqlmodel import Session

from api.auth.db import Db
from api.auth.permit import anyone, requires
from api.auth.refusals import Refused
from api.pages import case_rows, task_clock
from api.pages.case_book import MOST_ROWS, Value, book
from api.pages.cases import SHOWN, Asked, narrowed, parse, sort_of
from models import clock
from models.lifecycle import BOARD_NAMES, PROCESS_NAMES, STATE_NAMES, Board, Process, State
from models.permissions import Actor
from models.records import overview
from models.records.case_filters import Filters, Sort

router = APIRouter()
HEADINGS = (
    "案号", "业务", "板块", "申报机构", "企业", "统一社会信用代码", "镇街", "环节", "在等谁", "期限", "收案日期", "结案日期",
    "申请或备案金额（元）", "核定金额（元）",
)  # fmt: skip


@router.get("/cases.xlsx")
def export(
    db: Db, actor: Annotated[Actor, requires(anyone)], asked: Annotated[Asked, Query()]
) -> StreamingResponse:
    """Every case of the list; banks and guarantors get their own only."""
    filters = parse(asked)
    total = overview.count(db, actor, filters)
    if total > MOST_ROWS:
        raise Refused(
            422, f"这份清单有 {total:,} 件，一张 Excel 表放不下；请先按年份、机构或环节筛选再导出。"
        )
    about = "、".join(part for part in (SHOWN[filters.show], narrowed(filters), filters.words) if part)
    return book(
        f"案件清单-{clock.today()}",
        HEADINGS,
        _rows(db, actor, filters, sort_of(asked)),
        (f"范围：{about}；共 {total} 件",),
    )


def _rows(db: Session, actor: Actor, filters: Filters, sort: Sort) -> Iterator[tuple[Value, ...]]:
    known, days = case_rows.names(db), task_clock.calendar(db)
    for found in overview.every(db, actor, filters, sort):
        case = found.case
        yield (
            case.number,
            PROCESS_NAMES[Process(case.process)],
            BOARD_NAMES[Board(case.board)],
            known.get(case.institution_id, ""),
            case.subject,
            case.uscc,
            case.town,
            STATE_NAMES[State(case.state)],
            case_rows.holder(found, known),
            case_rows.due(case, found.waiting, days).words,
            clock.local(case.opened_at).date(),
            clock.local(case.closed_at).date() if case.closed_at else None,
            case.amount,
            case.decided_amount,
        )
