"""初始化: the institutions and first people of an empty system, from one file, in one transaction.

Everything later is done on pages, by two people (`enrolling`) or by an administrator (`staffing`). Whoever runs this
holds the database; it is refused as soon as anyone can sign in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from sqlmodel import Session, select

from flows.actions.errors import ConflictError, FieldFault, InvalidError, NotThereError
from flows.actions.forms.enrolling_forms import FORMS
from flows.actions.people import enrolling, passwords, posts, staffing
from flows.actions.people.staffing import PersonForm
from flows.actions.typed import read
from models import clock
from models.permissions import Actor
from models.permissions.office import ALONE
from models.records import institution, person
from models.records.institution import Institution
from models.records.institution_change import Part
from models.records.person import Person, PersonRole
from models.roles import ROLE_NAMES, Role

LARGEST = 1_000_000
"""Bytes of a file."""
_SECTIONS = {"contact": Part.CONTACT, "account": Part.ACCOUNT, "shares": Part.SHARES}


@dataclass(frozen=True, slots=True)
class Founded:
    """Who may sign in now, with the password that is shown this once."""

    login: str
    name: str
    roles: str
    password: str


def found(s: Session, text: str) -> tuple[tuple[str, ...], tuple[Founded, ...]]:
    """Enter the file's institutions and people; the institutions' names, and the first passwords.

    Raises `ConflictError` when somebody can sign in already, `InvalidError` with every fault of the file.
    """
    if s.exec(select(Person.id)).first() is not None:
        raise ConflictError(
            "数据库里已经有人员，不能再次初始化。新机构在页面“机构名录”登记，人员在“人员”页面新增。"
        )
    places, people = _parts(text)
    faults: list[FieldFault] = []
    for number, place in enumerate(places, start=1):
        _enter(s, number, place, faults)
    made = _people(s, people, faults)
    if faults:
        raise InvalidError(tuple(faults))
    named = institution.names_on(s, clock.today())
    return tuple(named[key].name for key in sorted(named)), made


def reset(s: Session, login: str) -> Founded:
    """A new initial password for a system administrator who lost theirs and whom nobody else can help."""
    who = person.by_login(s, login)
    if who is None or Role.ADMIN not in person.roles_of(s, who.id or 0):
        raise NotThereError(f"没有登录名为“{login}”的系统管理。其他人员的密码由管理员在“人员”页面重置。")
    secret = passwords.initial()
    passwords.put(s, who, secret, must_change=True)
    who.active, who.suspended_at = True, None
    person.end_sessions(s, who.id or 0)
    posts.log(s, _acting(who, frozenset()), who.institution_id, "password_reset", who)
    return Founded(who.login, who.name, ROLE_NAMES[Role.ADMIN], secret)


def _parts(text: str) -> tuple[list[Any], list[Any]]:
    """The two lists of the file, every value as it was written."""
    if len(text.encode()) > LARGEST:
        raise InvalidError((FieldFault("", "文件超过 1 MB，不像是机构和人员的清单。"),))
    try:
        data = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - builds strings, lists and maps only
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f"第 {where.line + 1} 行" if where else "文件"
        raise InvalidError((FieldFault("", f"{line}不是有效的 YAML，请检查缩进、冒号和引号。"),)) from error
    known = isinstance(data, dict) and set(data) == {"institutions", "people"}
    if not known or not all(isinstance(data[name], list) for name in data):
        raise InvalidError(
            (FieldFault("", "文件应有 institutions 和 people 两个清单；样例：fengbu init --template。"),)
        )
    return data["institutions"], data["people"]


def _enter(s: Session, number: int, place: Any, faults: list[FieldFault]) -> None:
    """One institution with its parts."""
    where = f"institutions.{number}"
    if not isinstance(place, dict):
        faults.append(FieldFault(where, "应写成 code、kind、name 等各项。"))
        return
    sections = {name: place[name] for name in _SECTIONS if name in place}
    renamed = place.get("renamed", [])
    plain = {name: value for name, value in place.items() if name not in {*_SECTIONS, "renamed"}}
    home = _part(s, Part.ENTRY, None, plain, where, faults)
    if home is None:
        return
    for n, name in enumerate(renamed if isinstance(renamed, list) else [renamed], start=1):
        _part(s, Part.NAME, home, name, f"{where}.renamed.{n}", faults)
    for name, section in sections.items():
        _part(s, _SECTIONS[name], home, section, f"{where}.{name}", faults)


def _part(
    s: Session, part: Part, home: Institution | None, typed: Any, where: str, faults: list[FieldFault]
) -> Institution | None:
    if not isinstance(typed, dict) or not all(isinstance(value, str) for value in typed.values()):
        faults.append(FieldFault(where, "每一项应写成“名称: 值”。"))
        return None
    if strange := set(typed) - set(FORMS[part].model_fields):
        faults.append(FieldFault(where, f"不认识的项：{'、'.join(sorted(strange))}。"))
    try:
        return enrolling.enter(s, part, home, enrolling.read_part(s, part, home, typed))
    except InvalidError as error:
        faults += [FieldFault(f"{where}.{fault.field}", fault.message) for fault in error.faults]
        return None


def _people(s: Session, people: Sequence[Any], faults: list[FieldFault]) -> tuple[Founded, ...]:
    """The first people: a system administrator first, who is on record as having added the others."""
    ordered = sorted(enumerate(people, start=1), key=lambda one: "admin" not in _roles_text(one[1]))
    if not ordered or "admin" not in _roles_text(ordered[0][1]):
        faults.append(FieldFault("people", "至少要有一名系统管理（roles: [admin]）。"))
        return ()
    if not any({"manager", "bureau_officer"} & set(_roles_text(one)) for one in people):
        faults.append(
            FieldFault(
                "people",
                "至少要有一名统筹管理（manager）或科室经办（bureau_officer），用来与系统管理两人办理登记。",
            )
        )
    actor: Actor | None = None
    made = []
    for number, entry in ordered:
        where = f"people.{number}"
        try:
            who, secret, roles = _person(s, actor, entry)
        except InvalidError as error:
            faults += [FieldFault(f"{where}.{one.field}".rstrip("."), one.message) for one in error.faults]
            continue
        actor = actor or _acting(who, frozenset({Role.ADMIN}))
        words = "、".join(ROLE_NAMES[role] for role in roles)
        made.append(Founded(who.login, who.name, words, secret))
    return tuple(made)


def _person(s: Session, actor: Actor | None, one: Any) -> tuple[Person, str, tuple[Role, ...]]:
    if not isinstance(one, dict) or not all(
        isinstance(value, str) for name, value in one.items() if name != "roles"
    ):
        raise InvalidError((FieldFault("", "应写成 at、login、name、email、roles 各项。"),))
    form = read(PersonForm, {name: value for name, value in one.items() if name not in {"at", "roles"}})
    home = s.exec(select(Institution).where(Institution.code == str(one.get("at", "")))).first()
    if home is None:
        raise InvalidError((FieldFault("at", "请写所在机构的代码（institutions 里的 code）。"),))
    known = {role.value: role for role in Role}
    words = _roles_text(one)
    if not words or set(words) - set(known):
        raise InvalidError((FieldFault("roles", f"岗位请从这些中选：{'、'.join(known)}。"),))
    roles = tuple(known[word] for word in words)
    if actor is not None:
        return (*staffing.add(s, actor, home.id or 0, form, roles), roles)
    if set(roles) != ALONE:
        raise InvalidError((FieldFault("roles", "系统管理不能与办理案件的岗位由同一人担任。"),))
    return (*_first(s, home, form), roles)


def _first(s: Session, home: Institution, form: PersonForm) -> tuple[Person, str]:
    who = Person(
        login=form.login, name=form.name, email=form.email, password_hash="", institution_id=home.id or 0
    )
    secret = passwords.initial()
    passwords.put(s, who, secret, must_change=True)
    s.add(who)
    s.flush()
    s.add(PersonRole(person_id=who.id or 0, role=Role.ADMIN))
    posts.log(s, _acting(who, frozenset()), home.id or 0, "person_added", who, roles=ROLE_NAMES[Role.ADMIN])
    s.flush()
    return who, secret


def _acting(who: Person, roles: frozenset[Role]) -> Actor:
    return Actor(who.id or 0, who.name, who.institution_id, roles)


def _roles_text(one: Any) -> tuple[str, ...]:
    given = one.get("roles", ()) if isinstance(one, Mapping) else ()
    return tuple(str(word) for word in given) if isinstance(given, list) else (str(given),) if given else ()
