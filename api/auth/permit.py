"""The permission every route names, as a dependency. What is allowed is decided in `models.permissions`.

A route without a `Permission` fails `tests/doors/test_security.py`, unless it is one of the few public ones.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends

from api.auth.db import Db
from api.auth.refusals import Refused
from api.auth.session import CurrentActor
from models.permissions import ALLOWED, Actor, Denied, Verdict, may_see_case
from models.records import case as cases
from models.records.case import CaseRecord
from models.records.task import Task


class Permission:
    """Marks a dependency that decides who may pass; the route walk looks for it."""


def check(verdict: Verdict) -> None:
    """Go on if allowed; otherwise refuse with 403 and the sentence. For rules that need the request's facts."""
    if isinstance(verdict, Denied):
        raise Refused(403, verdict.sentence)


class _Rule(Permission):
    def __init__(self, rule: Callable[[Actor], Verdict]) -> None:
        self.rule = rule

    async def __call__(self, actor: CurrentActor) -> Actor:
        check(self.rule(actor))
        return actor


def requires(rule: Callable[[Actor], Verdict]) -> Any:
    """`dependencies=[requires(may_manage)]` on a route, or `Annotated[Actor, requires(may_manage)]` in it.

    403 with the rule's sentence for anyone it denies; gives the actor.
    """
    return Depends(_Rule(rule))


def anyone(actor: Actor) -> Verdict:
    """Every signed-in person; for pages that show each person only what is theirs."""
    return ALLOWED


class _CaseInView(Permission):
    def __call__(self, number: str, db: Db, actor: CurrentActor) -> CaseRecord:
        found = cases.by_number(db, number)
        if found is None or not may_see_case(actor, found.institution_id):
            raise Refused(404, "没有找到这件案件。")
        return found


class _TaskInView(Permission):
    def __call__(self, task_id: int, db: Db, actor: CurrentActor) -> Task:
        found = db.get(Task, task_id)
        own = found is not None and found.institution_id == found.applicant_id == actor.institution_id
        if found is None or not (own or actor.watches_all):
            raise Refused(404, "没有找到这件任务。")
        return found


class _TaskUnderReview(_TaskInView):
    def __call__(self, task_id: int, db: Db, actor: CurrentActor) -> Task:
        if not actor.watches_all:  # its page shows what was said inside the review
            raise Refused(404, "没有找到这件任务。")
        return super().__call__(task_id, db, actor)


SeenCase = Annotated[CaseRecord, Depends(_CaseInView())]
"""The case `{number}` of the address; 404 for anyone who may not see it, as if it did not exist."""

SeenTask = Annotated[Task, Depends(_TaskInView())]
"""The task `{task_id}` of the address; 404 for applicants unless it is a task of their own institution."""

ReviewedTask = Annotated[Task, Depends(_TaskUnderReview())]
"""The same for the reviewing sides only: 404 for every applicant."""
