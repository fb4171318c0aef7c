"""必设岗位: seats an institution may never lose, and the log of what was done about people.

An institution keeps an administrator if it has one, the system keeps one, and where 申报复核 is on there is always a
checker beside another filer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from flows.actions.errors import ConflictError
from models import clock
from models.permissions import Actor
from models.records.institution import Institution
from models.records.office_act import OfficeAct
from models.records.person import Person, PersonRole
from models.roles import ROLE_NAMES, Role


@contextmanager
def kept_filled(s: Session, institution_id: int) -> Iterator[None]:
    """Change people inside; raises `ConflictError`, with nothing done, if that leaves a seat empty.

    One change at a time in the whole system: two administrators cannot remove each other at the same moment.
    """
    s.connection().execute(text("SELECT pg_advisory_xact_lock(hashtext('posts'))"))
    before = {role: _holders(s, role, institution_id) for role in (Role.ADMIN, Role.INSTITUTION_ADMIN)}
    with s.begin_nested():
        yield
        s.flush()
        for role, held in before.items():
            if held and not _holders(s, role, institution_id):
                where = "系统" if role is Role.ADMIN else "本单位"
                raise ConflictError(
                    f"这是{where}最后一位“{ROLE_NAMES[role]}”，不能停用、锁定或取消岗位。请先让另一人担任。"
                )
        if s.get_one(Institution, institution_id).checker_since is not None:
            two_needed(s, institution_id)


def two_needed(s: Session, institution_id: int) -> None:
    """Raise `ConflictError` unless someone checks what somebody else may file."""
    filers = _holders(s, Role.FILER, institution_id)
    checkers = _holders(s, Role.FILER_CHECKER, institution_id)
    if not any(checker != filer for checker in checkers for filer in filers):
        raise ConflictError(
            "申报复核至少要有一名“申报经办”和另一名“申报复核”。请先把岗位给到另一人；不再需要复核的，先停用申报复核。"
        )


def _holders(s: Session, role: Role, institution_id: int) -> frozenset[int]:
    """Who can act in the role today; of our own administrators anywhere."""
    query = (
        select(PersonRole.person_id)
        .join(Person, col(Person.id) == col(PersonRole.person_id))
        .where(PersonRole.role == role, col(Person.active), col(Person.suspended_at).is_(None))
    )
    if role is not Role.ADMIN:
        query = query.where(Person.institution_id == institution_id)
    return frozenset(s.exec(query))


def log(
    s: Session, actor: Actor, institution_id: int, act: str, about: Person | None = None, **data: Any
) -> None:
    """Write down what was done, to whom; the database lets nobody change it."""
    s.add(
        OfficeAct(
            institution_id=institution_id,
            at=clock.wall(),
            person_id=actor.person_id,
            person_name=actor.name,
            act=act,
            about_id=about.id if about else None,
            about_name=about.name if about else "",
            data=data,
        )
    )
