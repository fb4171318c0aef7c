"""People of an institution (人员): added, given roles, locked, let go by its own administrator, or by the system's.

An institution's administrator keeps those who file; whoever also reviews is kept by the system's administrator, so that
nobody can sign in as a reviewer of their own. Every act is written into the office's log.
"""

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from flows.actions.errors import (
    ConflictError,
    FieldFault,
    ForbiddenError,
    InvalidError,
    NotThereError,
    permitted,
)
from flows.actions.people import passwords, posts, standing_in
from flows.actions.typed import Line60
from models import clock
from models.permissions import Actor, Denied, Verdict, may_manage_people, may_require_checker, roles_offered
from models.permissions.office import ALONE
from models.records import person
from models.records.institution import Institution
from models.records.person import Person, PersonRole, roles_of
from models.roles import APPLICANT_ROLES, ROLE_NAMES, Role

_LOGIN = re.compile(r"[a-z][a-z0-9._-]{2,39}")
_EMAIL = re.compile(r"[^@\s,;<>]{1,64}@[^@\s,;<>]{1,120}\.[^@\s,;<>.]{2,20}")


def _login(raw: object) -> str:
    text = str(raw).strip().lower()
    if not _LOGIN.fullmatch(text):
        raise ValueError("登录名用 3 至 40 个小写字母、数字、点、横线，以字母开头，例如 linwanyi。")
    return text


def _email(raw: object) -> str:
    text = str(raw).strip()
    if not _EMAIL.fullmatch(text):
        raise ValueError("请填写有效的电子邮箱，例如 name@example.cn。")
    return text


class PersonForm(BaseModel):
    """A new person of an institution."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Line60 = Field(title="姓名")
    login: Annotated[str, BeforeValidator(_login)] = Field(title="登录名")
    email: Annotated[str, BeforeValidator(_email)] = Field(title="电子邮箱")


def add(
    s: Session, actor: Actor, institution_id: int, form: PersonForm, roles: Sequence[Role]
) -> tuple[Person, str]:
    """A new person and the password to hand to them, returned this once; it must be changed at the first sign-in."""
    permitted(may_manage_people(actor, institution_id))
    home = s.get_one(Institution, institution_id)
    chosen = _roles(actor, home, roles)
    made = Person(
        login=form.login,
        name=form.name,
        email=form.email,
        password_hash="",
        institution_id=institution_id,
    )
    secret = passwords.initial()
    passwords.put(s, made, secret, must_change=True)
    try:
        with s.begin_nested():
            s.add(made)
    except IntegrityError as error:
        raise InvalidError((FieldFault("login", "这个登录名不能用，请换一个。"),)) from error
    s.add_all(PersonRole(person_id=made.id or 0, role=role) for role in chosen)
    posts.log(s, actor, institution_id, "person_added", made, roles=_named(chosen))
    s.flush()
    return made, secret


def reset_password(s: Session, actor: Actor, person_id: int) -> tuple[Person, str]:
    """A new initial password, returned this once. Sessions of the person end."""
    found = managed(s, actor, person_id)
    secret = passwords.initial()
    passwords.put(s, found, secret, must_change=True)
    person.end_sessions(s, person_id)
    posts.log(s, actor, found.institution_id, "password_reset", found)
    return found, secret


def suspend(s: Session, actor: Actor, person_id: int) -> Person:
    """锁定: no sign-in and no key in the person's name until unlocked; what they hold stays theirs."""
    found = managed(s, actor, person_id)
    if found.suspended_at is not None:
        raise ConflictError(f"{found.name}的账号已经锁定。")
    with posts.kept_filled(s, found.institution_id):
        found.suspended_at = clock.wall()
    person.end_sessions(s, person_id)
    posts.log(s, actor, found.institution_id, "suspended", found)
    return found


def unlock(s: Session, actor: Actor, person_id: int) -> Person:
    """解锁, also after too many wrong passwords."""
    found = managed(s, actor, person_id)
    locked = found.locked_until is not None and found.locked_until > clock.wall()
    if found.suspended_at is None and not locked:
        raise ConflictError(f"{found.name}的账号没有锁定。")
    found.suspended_at, found.locked_until, found.failed_attempts = None, None, 0
    posts.log(s, actor, found.institution_id, "unlocked", found)
    return found


def set_roles(s: Session, actor: Actor, person_id: int, roles: Sequence[Role]) -> Person:
    """换岗. A role is not taken from someone who still holds tasks of it."""
    found = managed(s, actor, person_id)
    chosen, before = (
        _roles(actor, s.get_one(Institution, found.institution_id), roles),
        roles_of(s, person_id),
    )
    if chosen == before:
        raise ConflictError(f"{found.name}的岗位没有变化。")
    if before - chosen and standing_in.held(s, person_id):
        raise ConflictError(f"{found.name}手上还有认领的待办。请先办理、释放，或办理移交，再取消岗位。")
    with posts.kept_filled(s, found.institution_id):
        for row in s.exec(select(PersonRole).where(PersonRole.person_id == person_id)):
            if row.role not in chosen:
                s.delete(row)
        s.add_all(PersonRole(person_id=person_id, role=role) for role in chosen - before)
    posts.log(
        s, actor, found.institution_id, "roles_changed", found, before=_named(before), after=_named(chosen)
    )
    s.flush()
    return found


def let_go(s: Session, actor: Actor, person_id: int, to_id: int | None) -> Person:
    """停用: the account ends; open tasks go to `to_id`, who must be named where there are any."""
    found = managed(s, actor, person_id)
    to = s.get(Person, to_id) if to_id else None
    if to is not None and (to.id == found.id or to.institution_id != found.institution_id or not to.active):
        raise InvalidError((FieldFault("to", "请选择同一单位的另一位在岗同事接收。"),))
    if to is None and (count := standing_in.held(s, person_id)):
        raise InvalidError((FieldFault("to", f"{found.name}还有 {count} 件待办，请选择接收的同事。"),))
    with posts.kept_filled(s, found.institution_id):
        if to is not None:
            standing_in.leave(s, person_id, to.id or 0)
        found.active = False
    person.end_sessions(s, person_id)
    posts.log(s, actor, found.institution_id, "left", found, to=to.name if to else "")
    return found


def bring_back(s: Session, actor: Actor, person_id: int) -> tuple[Person, str]:
    """恢复: an account that had ended, with a new initial password."""
    found = managed(s, actor, person_id, gone=True)
    found.active, found.suspended_at = True, None
    secret = passwords.initial()
    passwords.put(s, found, secret, must_change=True)
    posts.log(s, actor, found.institution_id, "brought_back", found)
    return found, secret


def require_checker(s: Session, actor: Actor, institution_id: int, *, on: bool) -> Institution:
    """申报复核 on or off, from now on. What waits then still needs its checker, or is withdrawn."""
    permitted(may_require_checker(actor, institution_id))
    home = s.get_one(Institution, institution_id, with_for_update=True, populate_existing=True)
    if home.files_board is None:
        raise ForbiddenError("你单位不办理申报，没有申报复核。")
    if on == (home.checker_since is not None):
        raise ConflictError(f"申报复核已经{'启用' if on else '停用'}。")
    if on:
        posts.two_needed(s, institution_id)
    home.checker_since = clock.now() if on else None
    posts.log(s, actor, institution_id, "checker_on" if on else "checker_off")
    return home


def managed(s: Session, actor: Actor, person_id: int, *, gone: bool = False) -> Person:
    """The person, locked, if the actor keeps their account. Never one's own. Raises `NotThereError` for others' people."""
    found = seen(s, actor, person_id)
    permitted(may_change(s, actor, found))
    s.refresh(found, with_for_update=True)
    if found.active == gone:
        raise ConflictError(f"{found.name}的账号{'没有停用' if gone else '已经停用'}。")
    return found


def seen(s: Session, actor: Actor, person_id: int) -> Person:
    """The person, for whoever keeps the institution's people."""
    found = s.get(Person, person_id) if person_id < 2**31 else None
    if found is None or not may_manage_people(actor, found.institution_id):
        raise NotThereError("没有找到这位人员。")
    return found


def may_change(s: Session, actor: Actor, found: Person) -> Verdict:
    """Whether the actor changes this account: not their own, and reviewers only as the system's administrator."""
    if actor.person_id == found.id:
        return Denied("不能更改自己的账号。换岗、停用请由另一位管理员办理；自己的密码在“修改密码”。")
    if Role.ADMIN not in actor.roles and roles_of(s, found.id or 0) - APPLICANT_ROLES:
        return Denied(f"{found.name}兼任审核岗位，其账号由系统管理岗位管理。")
    return may_manage_people(actor, found.institution_id)


def _roles(actor: Actor, home: Institution, roles: Sequence[Role]) -> frozenset[Role]:
    chosen = frozenset(roles)
    offered = roles_offered(actor, home.kind, home.files_board is not None)
    fault = ""
    if not chosen:
        fault = "请至少选择一个岗位。"
    elif chosen - set(offered):
        fault = "其中有不能在这一单位设置的岗位，请从列出的岗位中选择。"
    elif chosen & ALONE and chosen - ALONE:
        fault = "系统管理不能与办理案件的岗位由同一人担任。"
    if fault:
        raise InvalidError((FieldFault("roles", fault),))
    return chosen


def _named(roles: frozenset[Role]) -> str:
    return "、".join(ROLE_NAMES[role] for role in Role if role in roles)
