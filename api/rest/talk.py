"""What colleagues tell each other of a case: copies, remarks with their files, following it."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, StrictStr
from starlette.responses import Response

from api.auth.db import Db
from api.auth.keys import Caller, scoped
from api.rest.calls import Reply, Write
from api.rest.common import ENCLOSING, READ, WRITE, Enclosing, answers, enclosed_of, find_case
from api.rest.strict import RestRoute
from api.rest.verbs import PersonId, Told
from api.rest.views import EnclosedOut, enclosed_view
from api.rest.wire import Body, CaseNumber, Moment, Out, Page
from flows.actions.colleagues import telling
from flows.actions.errors import NotThereError
from models import clock
from models.records import message, opinion_file
from models.records.api_key import Scope
from models.records.opinion_file import OpinionFile

router = APIRouter(route_class=RestRoute, tags=["协作"])
Reader = Annotated[Caller, scoped(Scope.TASKS_READ)]
Answerer = Annotated[Caller, scoped(Scope.TASKS_WRITE)]


class CopyTo(Body):
    """抄送给谁。"""

    to: list[PersonId] = Field(min_length=1, max_length=50)
    words: StrictStr = Field("", max_length=500, examples=["请阅。"])


class CommentIn(Body):
    """一条批注，可提到同事。"""

    words: StrictStr = Field(max_length=2000, examples=["请关注担保物价值。"])
    mentioned: list[PersonId] = Field(default_factory=list, max_length=50, description="提到的同事")
    attachments: Enclosing = ENCLOSING


class Followed(Out):
    """是否关注本案。"""

    followed: bool


class CommentOut(Out):
    """一条批注；申报机构看不到。"""

    id: int
    by: str = Field(description="谁写的")
    at: Moment
    words: str
    attachments: list[EnclosedOut]


@router.post("/cases/{number}/copies", response_model=Told, responses=answers(*WRITE), summary="抄送")
def copy(db: Db, caller: Answerer, once: Write, number: CaseNumber, body: CopyTo) -> Response:
    """把案件抄送给同事，对方阅后即为已阅。"""
    return once.run(
        db, caller, lambda: Reply(Told(people=telling.copy(db, caller.actor, number, body.to, body.words)))
    )


@router.get(
    "/cases/{number}/comments", response_model=Page[CommentOut], responses=answers(*READ), summary="批注"
)
def comments(db: Db, caller: Reader, number: CaseNumber) -> Page[CommentOut]:
    """内部批注，先写的在前；申报机构的密钥答 404。"""
    case = find_case(db, caller.actor, number)
    if not caller.actor.watches_all:
        raise NotThereError("没有找到这件案件。")
    found = message.comments(db, case.id or 0)
    files = opinion_file.of_comments(db, [one.id or 0 for one in found])
    return Page(items=[_comment(one, files.get(one.id or 0, ())) for one in found], next=None)


@router.post(
    "/cases/{number}/comments", response_model=CommentOut, responses=answers(*WRITE), summary="写批注"
)
def comment(db: Db, caller: Answerer, once: Write, number: CaseNumber, body: CommentIn) -> Response:
    """写一条批注；提到的同事收到消息。"""

    def do() -> Reply:
        files = enclosed_of(db, caller.actor, body.attachments)
        made = telling.comment(db, caller.actor, number, body.words, body.mentioned, files)
        db.flush()
        key = made.id or 0
        return Reply(_comment(made, opinion_file.of_comments(db, [key]).get(key, ())))

    return once.run(db, caller, do)


@router.post("/cases/{number}/follow", response_model=Followed, responses=answers(*WRITE), summary="关注")
def follow(db: Db, caller: Answerer, once: Write, number: CaseNumber) -> Response:
    """列入“我关注”。"""

    def do() -> Reply:
        telling.follow(db, caller.actor, number)
        return Reply(Followed(followed=True))

    return once.run(db, caller, do)


@router.post(
    "/cases/{number}/unfollow", response_model=Followed, responses=answers(*WRITE), summary="取消关注"
)
def unfollow(db: Db, caller: Answerer, once: Write, number: CaseNumber) -> Response:
    """不再列入“我关注”。"""

    def do() -> Reply:
        telling.unfollow(db, caller.actor, number)
        return Reply(Followed(followed=False))

    return once.run(db, caller, do)


def _comment(one: message.Comment, files: Sequence[OpinionFile]) -> CommentOut:
    return CommentOut(
        id=one.id or 0,
        by=one.person_name,
        at=clock.local(one.at),
        words=one.words,
        attachments=[enclosed_view(file) for file in files],
    )
