"""What colleagues do for each other with a task or a case, as on the pages: pass on, sign, hurry."""

from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, StrictInt, StrictStr
from sqlmodel import Session, col, select
from starlette.responses import Response

from api.auth.db import Db
from api.auth.keys import Caller, scoped
from api.rest.calls import IfMatch, Reply, Write
from api.rest.common import CHANGE, ENCLOSING, READ, WRITE, Enclosing, answers, enclosed_of
from api.rest.strict import RestRoute
from api.rest.tasks import TaskOut, moved, seen_task
from api.rest.wire import Body, Id, Out, Page
from flows.actions.colleagues import choosing, passing, telling
from models import clock
from models.permissions import Actor
from models.records import institution
from models.records.api_key import Scope
from models.records.person import Person, PersonRole
from models.records.task import ADDED_NAMES, Added, Task
from models.roles import ROLE_NAMES, Role

router = APIRouter(route_class=RestRoute, tags=["协作"])
Reader = Annotated[Caller, scoped(Scope.TASKS_READ)]
Answerer = Annotated[Caller, scoped(Scope.TASKS_WRITE)]
PersonId = Annotated[
    StrictInt, Field(ge=1, le=2**31 - 1, description="人员编号，取自“可选同事”", examples=[12])
]
REASON = Field(
    "", max_length=500, description="写明原因或事项，500 字以内", examples=["本人外出，请代为办理。"]
)
ADDED = "、".join(f"{how.value} {name}" for how, name in ADDED_NAMES.items())


class PassOn(Body):
    """交给谁，为什么。"""

    to: PersonId
    reason: StrictStr = REASON


class AddSigner(Body):
    """请谁加签，何时签。"""

    to: PersonId
    how: Added = Field(description=ADDED, examples=[Added.BEFORE])
    reason: StrictStr = REASON


class Advice(Body):
    """委派回复。"""

    opinion: StrictStr = Field("", max_length=500, examples=["材料齐全，建议通过。"])
    attachments: Enclosing = ENCLOSING


class Because(Body):
    """原因。"""

    reason: StrictStr = REASON


class Hurry(Body):
    """催办的话；不写则按环节提示。"""

    words: StrictStr = Field("", max_length=500, examples=["请今日办理。"])


class Told(Out):
    """告知了几位同事。"""

    people: int


class PersonOut(Out):
    """一位同事。"""

    id: int
    name: str
    institution: str
    roles: list[Role] = Field(
        description="岗位：" + "、".join(f"{r.value} {n}" for r, n in ROLE_NAMES.items())
    )


@router.get(
    "/tasks/{task_id}/takers",
    response_model=Page[PersonOut],
    responses=answers(*READ),
    summary="可转办的同事",
)
def takers(db: Db, caller: Reader, task_id: Id) -> Page[PersonOut]:
    """转办或委派后能办理这件任务的人；回避、已办过本案其他环节的不在其中。"""
    return _people(db, choosing.takers(db, caller.actor, seen_task(db, caller.actor, task_id)))


@router.get(
    "/tasks/{task_id}/signers",
    response_model=Page[PersonOut],
    responses=answers(*READ),
    summary="可加签的同事",
)
def signers(db: Db, caller: Reader, task_id: Id) -> Page[PersonOut]:
    """本单位可请其加签的人。"""
    return _people(db, choosing.signers(db, caller.actor, seen_task(db, caller.actor, task_id)))


@router.get(
    "/colleagues", response_model=Page[PersonOut], responses=answers(*READ), summary="可抄送、可提到的同事"
)
def colleagues(db: Db, caller: Reader) -> Page[PersonOut]:
    """审核各方在岗人员；申报机构的密钥得到空名单。"""
    return _people(db, choosing.readers(db, caller.actor) if caller.actor.watches_all else ())


@router.post("/tasks/{task_id}/transfer", response_model=TaskOut, responses=answers(*CHANGE), summary="转办")
def transfer(
    db: Db, caller: Answerer, once: Write, task_id: Id, body: PassOn, if_match: IfMatch = None
) -> Response:
    """任务交给同事办理，结论由其作出；统筹管理可用来指派。"""
    return moved(db, caller, once, task_id, if_match, _bound(passing.transfer, body.to, body.reason))


@router.post("/tasks/{task_id}/delegate", response_model=TaskOut, responses=answers(*CHANGE), summary="委派")
def delegate(
    db: Db, caller: Answerer, once: Write, task_id: Id, body: PassOn, if_match: IfMatch = None
) -> Response:
    """请同事提出意见，任务随后交回；结论仍由委派人作出。"""
    return moved(db, caller, once, task_id, if_match, _bound(passing.delegate, body.to, body.reason))


@router.post(
    "/tasks/{task_id}/advice", response_model=TaskOut, responses=answers(*CHANGE), summary="委派回复"
)
def advice(
    db: Db, caller: Answerer, once: Write, task_id: Id, body: Advice, if_match: IfMatch = None
) -> Response:
    """被委派人写明意见，任务交回委派人。"""

    def do(s: Session, actor: Actor, of: int) -> Task:
        return passing.advise(s, actor, of, body.opinion, enclosed_of(s, actor, body.attachments))

    return moved(db, caller, once, task_id, if_match, do)


@router.post(
    "/tasks/{task_id}/recall", response_model=TaskOut, responses=answers(*CHANGE), summary="收回委派"
)
def recall(db: Db, caller: Answerer, once: Write, task_id: Id, if_match: IfMatch = None) -> Response:
    """委派人不等意见，收回任务。"""
    return moved(db, caller, once, task_id, if_match, passing.recall)


@router.post("/tasks/{task_id}/signers", response_model=TaskOut, responses=answers(*CHANGE), summary="加签")
def add_signer(
    db: Db, caller: Answerer, once: Write, task_id: Id, body: AddSigner, if_match: IfMatch = None
) -> Response:
    """请本单位一位同事签署；答复是为其新开的任务。"""
    return moved(
        db, caller, once, task_id, if_match, _bound(passing.add_signer, body.to, body.how, body.reason)
    )


@router.post("/tasks/{task_id}/removal", response_model=TaskOut, responses=answers(*CHANGE), summary="减签")
def remove_signer(db: Db, caller: Answerer, once: Write, task_id: Id, if_match: IfMatch = None) -> Response:
    """撤去尚未签署的加签；task_id 是加签人的任务。"""

    def do(s: Session, actor: Actor, of: int) -> Task:
        passing.remove_signer(s, actor, of)
        return s.get_one(Task, of)

    return moved(db, caller, once, task_id, if_match, do)


@router.post("/tasks/{task_id}/take-back", response_model=TaskOut, responses=answers(*CHANGE), summary="拿回")
def take_back(
    db: Db, caller: Answerer, once: Write, task_id: Id, body: Because, if_match: IfMatch = None
) -> Response:
    """后一环节尚未办理、申报机构尚未收到通知时，拿回自己刚办的任务；本环节重开一轮。"""

    def do(s: Session, actor: Actor, of: int) -> Task:
        passing.take_back(s, actor, of, body.reason)
        return s.get_one(Task, of)

    return moved(db, caller, once, task_id, if_match, do)


@router.post("/tasks/{task_id}/nudge", response_model=Told, responses=answers(*WRITE), summary="催办")
def nudge(db: Db, caller: Answerer, once: Write, task_id: Id, body: Hurry) -> Response:
    """请办理人尽快办理；每人每件每日一次。"""
    seen_task(db, caller.actor, task_id)
    return once.run(
        db, caller, lambda: Reply(Told(people=telling.nudge(db, caller.actor, task_id, body.words)))
    )


def _bound(act: Callable[..., Task], *given: object) -> Callable[[Session, Actor, int], Task]:
    return lambda s, actor, task_id: act(s, actor, task_id, *given)


def _people(db: Session, found: Sequence[Person]) -> Page[PersonOut]:
    names = institution.names_on(db, clock.today())
    held: dict[int, list[Role]] = {}
    query = select(PersonRole).where(col(PersonRole.person_id).in_([one.id for one in found]))
    for row in db.exec(query):
        held.setdefault(row.person_id, []).append(Role(row.role))
    items = [
        PersonOut(
            id=one.id or 0,
            name=one.name,
            institution=names[one.institution_id].short_name,
            roles=sorted(held.get(one.id or 0, [])),
        )
        for one in found
    ]
    return Page(items=items, next=None)
