"""What changed in the case of a task since its reader last looked, or since an instant they name."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field, PlainSerializer, WithJsonSchema

from api.auth.db import Db
from api.auth.keys import Caller, scoped
from api.rest.common import READ, answers
from api.rest.strict import RestRoute
from api.rest.tasks import seen_task
from api.rest.wire import Id, Moment, Out
from flows.actions.colleagues import visiting
from flows.actions.errors import NotThereError
from models import clock
from models.records import visit
from models.records.api_key import Scope
from models.records.case import CaseRecord

router = APIRouter(prefix="/tasks", route_class=RestRoute, tags=["待办"])
Reader = Annotated[Caller, scoped(Scope.TASKS_READ)]


Exact = Annotated[
    datetime,
    PlainSerializer(lambda value: clock.local(value).isoformat(timespec="microseconds"), return_type=str),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "examples": ["2026-11-23T14:05:00.000001+08:00"]}
    ),
]
"""An instant to go on from: to the microsecond, so that nothing is told twice."""


class FieldChangeOut(Out):
    """一项变动的内容。"""

    label: str
    before: str = Field(description="原来的内容；没有为空")
    after: str


class MaterialChangeOut(Out):
    """一份变动的材料。"""

    change: Literal["added", "replaced", "removed"] = Field(
        description="added 新增，replaced 更换，removed 撤下"
    )
    title: str
    filename: str
    before: str = Field(description="被更换或撤下的文件名")
    material_id: int = Field(description="现在的材料；已撤下的为原来的")


class SaidOut(Out):
    """一条意见或批注。"""

    by: str
    gate: str = Field(description="环节；批注为空")
    label: str
    words: str
    at: Moment
    attachments: list[int] = Field(description="意见附件的编号")


class PaperChangeOut(Out):
    """一份出具或作废的文书。"""

    change: Literal["issued", "void"]
    document_id: int
    title: str
    number: str


class ChangesOut(Out):
    """自 since 以来他人所作的变动；把 until 作为下一次的 since。"""

    since: Exact | None = Field(description="从何时起；从未打开过且没有给出 since 为 null，各项为空")
    until: Exact
    fields: list[FieldChangeOut]
    materials: list[MaterialChangeOut]
    opinions: list[SaidOut]
    comments: list[SaidOut]
    documents: list[PaperChangeOut]


@router.get(
    "/{task_id}/changes", response_model=ChangesOut, responses=answers(*READ), summary="上次查看之后的变化"
)
def changes(
    db: Db,
    caller: Reader,
    task_id: Id,
    since: Annotated[
        AwareDatetime | None, Query(description="从何时起；不给即为这把密钥代表的人上次在页面上打开本案之时")
    ] = None,
) -> ChangesOut:
    """补正回来、退回重办或办理期间有变动的案件，列出变动的内容、材料、意见、批注和文书。读取不算打开。"""
    row = seen_task(db, caller.actor, task_id)
    if not caller.actor.watches_all:
        raise NotThereError("没有找到这件任务。")
    known = visit.of(db, caller.actor.person_id, row.case_id)
    start = since or (known.seen_at if known else None)
    if start is None:
        return ChangesOut(
            since=None, until=clock.now(), fields=[], materials=[], opinions=[], comments=[], documents=[]
        )
    found = visiting.changes(db, caller.actor, db.get_one(CaseRecord, row.case_id), start)
    return ChangesOut(
        since=found.since,
        until=found.until,
        fields=[FieldChangeOut(label=f.label, before=f.before, after=f.after) for f in found.fields],
        materials=[
            MaterialChangeOut(
                change=f.what, title=f.title, filename=f.filename, before=f.before, material_id=f.id
            )
            for f in found.files
        ],
        opinions=[_said(one) for one in found.opinions],
        comments=[_said(one) for one in found.remarks],
        documents=[
            PaperChangeOut(change=p.what, document_id=p.id, title=p.title, number=p.number)
            for p in found.papers
        ],
    )


def _said(one: visiting.Said) -> SaidOut:
    return SaidOut(
        by=one.who, gate=one.gate, label=one.label, words=one.words, at=one.at,
        attachments=[key for key, _ in one.files],
    )  # fmt: skip
