"""代理、回避、移交 over the API: for oneself, and by those in charge for others; the rules of the page."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field, StrictInt, StrictStr
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.keys import Caller, scoped
from api.rest.calls import Reply, Write
from api.rest.common import READ, WRITE, answers
from api.rest.strict import RestRoute
from api.rest.wire import Body, Out, Page, given, wire
from flows.actions.colleagues import choosing
from flows.actions.errors import FieldFault, ForbiddenError, InvalidError
from flows.actions.people import standing_in
from flows.actions.typed import Day, read
from models import clock
from models.permissions import Actor, Denied, may_arrange, may_talk
from models.records import institution, person, stand_in
from models.records.api_key import Scope
from models.records.stand_in import Recusal, Substitution

router = APIRouter(route_class=RestRoute, tags=["代理与回避"])
Reader = Annotated[Caller, scoped(Scope.TASKS_READ)]
Answerer = Annotated[Caller, scoped(Scope.TASKS_WRITE)]
PersonId = Annotated[
    StrictInt, Field(ge=1, le=2**31 - 1, description="人员编号，取自“可抄送、可提到的同事”", examples=[12])
]
Key = Annotated[int, Path(ge=1, le=2**31 - 1, description="编号（id）")]
REASON = Field(max_length=200, examples=["休假。"])


class _Span(BaseModel):
    starts_on: Day = Field(title="开始日期")
    ends_on: Day = Field(title="结束日期（含）")


_SpanIn = wire("SpanIn", _Span, {"starts_on": "2026-12-01", "ends_on": "2026-12-05"}, "起止日期。")


class SubstitutionIn(_SpanIn):  # type: ignore[misc,valid-type]
    """由谁代谁、从哪日到哪日（含）。"""

    person: PersonId
    substitute: PersonId
    reason: StrictStr = REASON


class RecusalIn(Body):
    """谁回避哪一家机构（代码）或哪一家企业，二者选一。"""

    person: PersonId
    institution: StrictStr = Field("", max_length=40, pattern=r"^[0-9A-Za-z_-]*$", examples=[""])
    uscc: StrictStr = Field("", max_length=18, examples=["91441900MA4EXMP01P"])
    reason: StrictStr = REASON


class HandoverIn(Body):
    """谁离岗，由谁接收。"""

    person: PersonId
    to: PersonId


class SubstitutionOut(Out):
    """一条代理。"""

    id: int
    person: int
    person_name: str = Field(description="被代理人")
    substitute: int
    substitute_name: str = Field(description="代理人")
    starts_on: date
    ends_on: date
    reason: str
    ended: bool = Field(description="是否已提前结束")


class RecusalOut(Out):
    """一条回避。"""

    id: int
    person: int
    person_name: str
    institution: str = Field(description="回避的机构；回避企业的为空")
    uscc: str = Field(description="回避的企业；回避机构的为空")
    reason: str
    ended: bool = Field(description="是否已解除")


class HandoverOut(Out):
    """移交的结果。"""

    moved: int = Field(description="转到接收人名下的任务")
    released: int = Field(description="接收人不能办理、退回本岗位或待指派的任务")
    followed: int = Field(description="随之关注的案件")


@router.get(
    "/substitutions", response_model=Page[SubstitutionOut], responses=answers(*READ), summary="在期的代理"
)
def substitutions(db: Db, caller: Reader) -> Page[SubstitutionOut]:
    """今天和以后的代理：你自己的、由你代理的，以及你可以安排的同事的。"""
    mine = _arranged(db, caller.actor)
    rows = [
        one
        for one in stand_in.current(db, clock.today())
        if one.person_id in mine or one.substitute_id == caller.actor.person_id
    ]
    return Page(items=[_substitution(db, one) for one in rows], next=None)


@router.post(
    "/substitutions",
    status_code=201,
    response_model=SubstitutionOut,
    responses=answers(*WRITE),
    summary="登记代理",
)
def substitute(db: Db, caller: Answerer, once: Write, body: SubstitutionIn) -> Response:
    """期间新到和在办的任务双方都能看到，署名注明代理；到期自动结束。"""

    def do() -> Reply:
        _staff(caller.actor)
        typed = given(body)
        span = read(_Span, {name: typed.get(name, "") for name in _Span.model_fields})
        made = standing_in.substitute(
            db, caller.actor, body.person, body.substitute, span.starts_on, span.ends_on, body.reason
        )
        return Reply(_substitution(db, made), 201)

    return once.run(db, caller, do)


@router.post(
    "/substitutions/{key}/end", response_model=SubstitutionOut, responses=answers(*WRITE), summary="结束代理"
)
def end_substitution(db: Db, caller: Answerer, once: Write, key: Key) -> Response:
    """提前结束；期间以被代理人名义作出的结论仍然有效。"""

    def do() -> Reply:
        _staff(caller.actor)
        return Reply(_substitution(db, standing_in.end_substitution(db, caller.actor, key)))

    return once.run(db, caller, do)


@router.get("/recusals", response_model=Page[RecusalOut], responses=answers(*READ), summary="回避")
def recusals(db: Db, caller: Reader) -> Page[RecusalOut]:
    """你自己的，以及你可以安排的同事的。"""
    found = [one for key in _arranged(db, caller.actor) for one in stand_in.recusals(db, key)]
    return Page(items=[_recusal(db, one) for one in found], next=None)


@router.post(
    "/recusals", status_code=201, response_model=RecusalOut, responses=answers(*WRITE), summary="登记回避"
)
def recuse(db: Db, caller: Answerer, once: Write, body: RecusalIn) -> Response:
    """已认领的有关任务退回本岗位。"""

    def do() -> Reply:
        _staff(caller.actor)
        place = institution.by_code(db, body.institution) if body.institution else None
        if body.institution and place is None:
            raise InvalidError((FieldFault("institution", "没有这个代码的机构，请核对。"),))
        made = standing_in.recuse(
            db, caller.actor, body.person, body.reason,
            institution_id=place.id if place else None, uscc=body.uscc,
        )  # fmt: skip
        return Reply(_recusal(db, made), 201)

    return once.run(db, caller, do)


@router.post("/recusals/{key}/end", response_model=RecusalOut, responses=answers(*WRITE), summary="解除回避")
def end_recusal(db: Db, caller: Answerer, once: Write, key: Key) -> Response:
    """由本单位负责人或统筹管理办理，不能解除自己的。"""

    def do() -> Reply:
        _staff(caller.actor)
        return Reply(_recusal(db, standing_in.end_recusal(db, caller.actor, key)))

    return once.run(db, caller, do)


@router.post("/handovers", response_model=HandoverOut, responses=answers(*WRITE), summary="移交")
def hand_over(db: Db, caller: Answerer, once: Write, body: HandoverIn) -> Response:
    """有人离岗：已认领的任务交给接收人，接收人不能办理的退回本岗位；移出人不能再登录。"""

    def do() -> Reply:
        _staff(caller.actor)
        counts = standing_in.hand_over(db, caller.actor, body.person, body.to)
        return Reply(HandoverOut(**counts))

    return once.run(db, caller, do)


def _staff(actor: Actor) -> None:
    allowed = may_talk(actor)
    if isinstance(allowed, Denied):
        raise ForbiddenError("代理、回避和移交供审核各方使用；申报机构的岗位由本单位机构管理设置。")


def _arranged(db: Session, actor: Actor) -> list[int]:
    _staff(actor)
    others = [one for one in choosing.readers(db, actor) if may_arrange(actor, one.institution_id)]
    return [actor.person_id, *(one.id or 0 for one in others)]


def _substitution(db: Session, one: Substitution) -> SubstitutionOut:
    names = person.names(db, [one.person_id, one.substitute_id])
    return SubstitutionOut(
        id=one.id or 0,
        person=one.person_id,
        person_name=names.get(one.person_id, ""),
        substitute=one.substitute_id,
        substitute_name=names.get(one.substitute_id, ""),
        starts_on=one.starts_on,
        ends_on=one.ends_on,
        reason=one.reason,
        ended=one.ended_at is not None,
    )


def _recusal(db: Session, one: Recusal) -> RecusalOut:
    names = institution.names_on(db, clock.today())
    return RecusalOut(
        id=one.id or 0,
        person=one.person_id,
        person_name=person.names(db, [one.person_id]).get(one.person_id, ""),
        institution=names[one.institution_id].short_name if one.institution_id else "",
        uscc=one.uscc or "",
        reason=one.reason,
        ended=one.ended_at is not None,
    )
