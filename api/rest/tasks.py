"""待办 for reviewers' systems: the same queue, the same permission and separation of duties as the pages."""

from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field, StrictBool, StrictStr
from sqlmodel import Session, select
from starlette.responses import Response

from api.auth.db import Db
from api.auth.keys import Caller, scoped
from api.rest.calls import IfMatch, IfNoneMatch, Reply, Write, shown, unchanged
from api.rest.common import CHANGE, ENCLOSING, READ, WRITE, Enclosing, answers, enclosed_of
from api.rest.problems import ApiError
from api.rest.returned import FaultIn, placed
from api.rest.strict import RestRoute
from api.rest.views import EnclosedOut, enclosed_view
from api.rest.wire import After, Body, Id, Limit, Moment, Out, Page, Yuan
from flows.actions.answers import answering, looking, sitting
from flows.actions.errors import ForbiddenError, NotThereError, permitted
from flows.actions.forms.answer_forms import read_answer
from flows.steps import evidence
from models import clock
from models.gates import Outcome
from models.lifecycle import Board, Process
from models.permissions import Actor, Denied
from models.records import opinion_file, queue
from models.records.api_key import Scope
from models.records.case import CaseRecord, locked
from models.records.loan import of_case as loans_of
from models.records.opinion_file import OpinionFile
from models.records.person import Person
from models.records.task import Task, TaskState
from models.roles import Party

router = APIRouter(prefix="/tasks", route_class=RestRoute, tags=["待办"])
Reader = Annotated[Caller, scoped(Scope.TASKS_READ)]
Answerer = Annotated[Caller, scoped(Scope.TASKS_WRITE)]


class AnswerChoice(Out):
    """一种结论。"""

    outcome: Outcome
    label: str = Field(examples=["予以受理"])
    hint: str = Field(description="选择后会发生什么")
    opinion_required: bool
    fields: list[str] = Field(description="须另外给出的内容", examples=[["voucher_number", "voucher_date"]])


class TaskOut(Out):
    """一件任务：在一个环节等一个人的结论。"""

    id: int
    case: str = Field(description="案号")
    process: Process
    board: Board
    subject: str
    amount: Yuan
    gate: str = Field(description="环节代码", examples=["acceptance"])
    title: str = Field(description="环节名称", examples=["受理"])
    question: str
    clause: str
    state: TaskState = Field(description="open 待办，waiting 还没轮到，answered 已办，lapsed 不再需要")
    opened_at: Moment
    due_at: Moment
    corrected: bool = Field(description="是否补正回来")
    assignee: str | None = Field(description="已由谁认领")
    yours: bool = Field(description="这把密钥代表的人现在能否办理")
    denied: str = Field(description="不能办理的原因；能办理为空")
    answers: list[AnswerChoice]
    send_back_to: list[str] = Field(description="可退回的环节代码")
    outcome: Outcome | None = Field(description="已办的结论")
    opinion: str
    attachments: list[EnclosedOut] = Field(description="随意见提交的附件")


class AnswerIn(Body):
    """结论与意见；其余各项按结论的 fields 给出，用不到的不要带。"""

    outcome: Outcome
    opinion: StrictStr = Field("", max_length=10_000, examples=["材料齐全，予以受理。"])
    target: StrictStr | None = Field(None, max_length=40, description="退回到哪一环节（代码）")
    clause: StrictStr | None = Field(None, max_length=60, description="不予补偿所依据的条款")
    to_meeting: StrictBool | None = Field(None, description="提请联席会议审议")
    voucher_number: StrictStr | None = Field(None, max_length=60, description="拨付凭证号")
    voucher_date: StrictStr | None = Field(None, max_length=10, description="拨付日期 YYYY-MM-DD")
    arrived_on: StrictStr | None = Field(None, max_length=10, description="返还到账日期 YYYY-MM-DD")
    faults: list[FaultIn] | None = Field(None, max_length=500, description="补正清单，一次列全")
    excluded: dict[str, StrictStr] | None = Field(
        None, max_length=10_000, description="剔除的贷款：贷款编号 → 理由（备案经办审核通过时）"
    )
    attachments: Enclosing = ENCLOSING


class LookOut(Out):
    """一项须人工核对的检查。"""

    check: str = Field(description="检查的代码")
    loan_id: int | None = Field(description="哪一笔贷款；不针对某一笔为 null 或 0")
    label: str
    value: str = Field(description="申报的内容")
    source: str = Field(description="出自哪里")
    clause: str
    looked_by: str | None = Field(description="已由谁核对")


class LookIn(Body):
    """核对了哪一项。"""

    check: StrictStr = Field(
        min_length=1, max_length=80, pattern=r"^[a-z0-9_.]+$", examples=["filing.purpose"]
    )
    loan_id: int | None = Field(None, ge=0, le=2**31 - 1, description="只核对一笔贷款时给出")
    remark: StrictStr = Field("", max_length=500)


@router.get("", response_model=Page[TaskOut], responses=answers(*READ), summary="待办列表")
def tasks(
    db: Db,
    caller: Reader,
    which: Annotated[
        queue.Queue, Query(alias="queue", description="mine 现在能办的，team 本岗位全部在办的")
    ] = queue.Queue.MINE,
    process: Annotated[Process | None, Query(description="业务")] = None,
    gate: Annotated[str, Query(pattern=r"^[a-z_]{0,40}$", description="环节代码")] = "",
    after: After = "",
    limit: Limit = 50,
) -> Page[TaskOut]:
    """这把密钥代表的人的待办，期限早的在前。"""
    start = queue.Cursor.parse(after) if after else None
    if after and start is None:
        raise ApiError(422, "invalid_cursor", "游标不对：请原样使用上一页给出的 next。")
    filters = queue.Filters(process=process, gate=gate)
    found = queue.open_tasks(db, caller.actor, filters, queue=which, limit=limit, after=start)
    rows = [row.task for row in found.rows]
    last = str(queue.Cursor(rows[-1].due_at, rows[-1].id or 0)) if rows and found.more else None
    return Page(items=[_view(db, caller.actor, row) for row in rows], next=last)


@router.get("/{task_id}", response_model=TaskOut,
            responses=answers(*READ) | {304: {"description": "没有变化"}}, summary="一件任务")  # fmt: skip
def task(db: Db, caller: Reader, task_id: Id, if_none_match: IfNoneMatch = None) -> Response:
    """问题、条款、可选的结论。ETag 用于 If-Match。"""
    return shown(_view(db, caller.actor, seen_task(db, caller.actor, task_id)), if_none_match)


@router.post("/{task_id}/claim", response_model=TaskOut, responses=answers(*CHANGE), summary="认领")
def claim(db: Db, caller: Answerer, once: Write, task_id: Id, if_match: IfMatch = None) -> Response:
    """把任务记在自己名下，同事看得到。"""
    return moved(db, caller, once, task_id, if_match, answering.claim)


@router.post("/{task_id}/release", response_model=TaskOut, responses=answers(*CHANGE), summary="释放")
def release(db: Db, caller: Answerer, once: Write, task_id: Id, if_match: IfMatch = None) -> Response:
    """把认领的任务还给本岗位。"""
    return moved(db, caller, once, task_id, if_match, answering.release)


@router.post("/{task_id}/answer", response_model=TaskOut, responses=answers(*CHANGE), summary="办理")
def answer(
    db: Db, caller: Answerer, once: Write, task_id: Id, body: AnswerIn, if_match: IfMatch = None
) -> Response:
    """给出结论。权限、回避和“一人一案一职”与页面相同；先办者有效，后到者答 409。"""

    def do() -> Reply:
        row = _locked(db, caller.actor, task_id)
        gate = sitting.asked(row)
        if gate.party is Party.APPLICANT:
            raise ForbiddenError(f"{gate.title}由申报机构办理：补正用 corrections，收款回执用 receipt。")
        if row.state == TaskState.OPEN:
            permitted(sitting.verdict(db, caller.actor, row))
            unchanged(_view(db, caller.actor, row), if_match)
        stated = body.model_dump(exclude_none=True, exclude={"outcome", "opinion", "attachments"})
        loans = {}
        if "excluded" in stated:
            loans = {str(one.id): f"第 {one.item} 笔 {one.firm_name}" for one in loans_of(db, row.case_id)}
        stated = placed(stated, db.get_one(CaseRecord, row.case_id))
        fields = read_answer(gate, body.outcome, stated, loans) if row.state == TaskState.OPEN else {}
        files = enclosed_of(db, caller.actor, body.attachments)
        answering.answer(
            db, caller.actor, task_id, body.outcome, opinion=body.opinion, fields=fields, files=files
        )
        return Reply(_view(db, caller.actor, row))

    return once.run(db, caller, do)


@router.get(
    "/{task_id}/checks", response_model=Page[LookOut], responses=answers(*READ), summary="须人工核对的检查"
)
def checks(db: Db, caller: Reader, task_id: Id) -> Page[LookOut]:
    """同意之前须逐项核对；已核对的写明由谁核对。"""
    return _checks(db, seen_task(db, caller.actor, task_id))


@router.post("/{task_id}/looks", response_model=Page[LookOut], responses=answers(*WRITE), summary="核对检查")
def look(db: Db, caller: Answerer, once: Write, task_id: Id, body: LookIn) -> Response:
    """记下已核对某项检查（备案：有这项检查的全部贷款，或其中一笔）。"""

    def do() -> Reply:
        row = seen_task(db, caller.actor, task_id)
        key = body.check if body.loan_id is None else f"{body.check}@{body.loan_id}"
        looking.look(db, caller.actor, task_id, key, body.remark)
        return Reply(_checks(db, row))

    return once.run(db, caller, do)


def _checks(db: Session, row: Task) -> Page[LookOut]:
    asked = evidence.asked(db, db.get_one(CaseRecord, row.case_id))
    items = [
        LookOut(
            check=one.check.code,
            loan_id=one.loan_id,
            label=one.check.label,
            value=one.check.value,
            source=one.check.source,
            clause=one.check.clause,
            looked_by=one.seen.person_name if one.seen else None,
        )
        for one in asked
    ]
    return Page(items=items, next=None)


def moved(
    db: Session,
    caller: Caller,
    once: Write,
    task_id: int,
    if_match: str | None,
    act: Callable[[Session, Actor, int], Task],
) -> Response:
    """An act on a task the caller has seen as it is; answers with the task it leaves."""

    def do() -> Reply:
        row = _locked(db, caller.actor, task_id)
        if row.state == TaskState.OPEN:
            unchanged(_view(db, caller.actor, row), if_match)
        return Reply(_view(db, caller.actor, act(db, caller.actor, task_id)))

    return once.run(db, caller, do)


def seen_task(db: Session, actor: Actor, task_id: int) -> Task:
    """The task; NotThereError for applicants unless it is their own institution's."""
    query = select(Task).where(Task.id == task_id)
    if not actor.watches_all:
        home = actor.institution_id
        query = query.where(Task.institution_id == home, Task.applicant_id == home)
    found = db.exec(query).first()
    if found is None:
        raise NotThereError("没有找到这件任务。")
    return found


def _locked(db: Session, actor: Actor, task_id: int) -> Task:
    """The task as it stands once its case's row is held: all that changes a case takes that row first."""
    row = seen_task(db, actor, task_id)
    locked(db, row.case_id)
    db.refresh(row)
    return row


def _enclosed(db: Session, actor: Actor, row: Task) -> Sequence[OpinionFile]:
    if row.outcome is None or not actor.watches_all:
        return ()
    return opinion_file.of_tasks(db, [row.id or 0]).get(row.id or 0, ())


def _view(db: Session, actor: Actor, row: Task) -> TaskOut:
    gate = sitting.asked(row)
    holder = db.get(Person, row.assignee_id) if row.assignee_id else None
    allowed = sitting.verdict(db, actor, row)
    open_now = row.state == TaskState.OPEN
    return TaskOut(
        id=row.id or 0,
        case=row.case_number,
        process=row.process,
        board=row.board,
        subject=row.subject,
        amount=row.amount,
        gate=gate.key,
        title=gate.title,
        question=gate.question,
        clause=gate.clause,
        state=row.state,
        opened_at=clock.local(row.opened_at),
        due_at=clock.local(row.due_at),
        corrected=row.corrected,
        assignee=holder.name if holder else None,
        yours=open_now and bool(allowed),
        denied=allowed.sentence if open_now and isinstance(allowed, Denied) else "",
        answers=[
            AnswerChoice(
                outcome=one.outcome,
                label=one.label,
                hint=one.hint,
                opinion_required=one.opinion_required,
                fields=list(one.fields),
            )
            for one in gate.answers
        ],
        send_back_to=[state.value for state in gate.send_back_to],
        outcome=row.outcome,
        opinion=row.opinion if row.answered_by == actor.person_id or actor.watches_all else "",
        attachments=[enclosed_view(one) for one in _enclosed(db, actor, row)],
    )
