"""What the pages of the register of institutions show: rows with what is missing, parts in words, forms, changes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from api.pages import policy_layout
from api.pages.form_views import FieldView, Option
from api.pages.policy_layout import Deciding
from api.pages.render import day as in_words
from api.pages.render import stamp
from api.pages.views import Column, Tag
from flows.actions.forms.enrolling_forms import FORMS
from flows.actions.people import enrolling
from models import clock
from models.lifecycle import BOARD_NAMES, Board
from models.permissions import Actor, may_confirm_institution
from models.records import institution, person
from models.records.institution import (
    KIND_NAMES,
    Institution,
    InstitutionAccount,
    Kind,
    ShareAgreement,
)
from models.records.institution_change import PART_NAMES, InstitutionChange, Part
from models.records.person import Person, PersonRole
from models.roles import Role

COLUMNS = (
    Column("机构", "full"),
    Column("类别"),
    Column("申报板块", "hide"),
    Column("在岗人员", "n hide"),
    Column("登记情况"),
)
CHANGE_COLUMNS = (
    Column("登记", "d"),
    Column("内容", "full"),
    Column("原来", "hide"),
    Column("依据", "hide"),
    Column("结果"),
)
TYPES: dict[str, str] = {"since": "date", "stopped_on": "date", "contact_phone": "tel"}
HINTS = {
    "code": "大写字母和数字，登记后不能更改，如 GYB",
    "number_word": "出具文号的单位填写，如 东工信",
    "uscc": "办理申报的机构必填，18 位",
    "files_board": "银行选银行板块，担保机构选融担板块，其他单位留空",
    "account_number": "8 至 32 位数字，可以带空格",
    "stopped_on": "留空表示恢复合作；停止后此前备案的贷款照常补偿、追偿",
    "bank": "各方合计 100%",
}


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """An institution in the list; `missing` is what it still needs before it can do its part."""

    id: int
    name: str
    short: str
    code: str
    kind: str
    board: str
    people: int
    missing: tuple[str, ...]
    stopped: str


@dataclass(frozen=True, slots=True)
class PartView:
    """A part of an entry: what holds, what held before, and the form that changes it."""

    key: str
    title: str
    facts: tuple[tuple[str, str], ...]
    earlier: tuple[str, ...]
    fields: tuple[FieldView, ...]
    opened: bool


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One registered change; `deciding` while it waits."""

    at: str
    part: str
    place: str
    what: str
    before: str
    basis: str
    outcome: str
    deciding: Deciding | None


def rows(db: Session) -> tuple[PlaceRow, ...]:
    """Every institution, in the order they were registered."""
    today = clock.today()
    names = institution.names_on(db, today)
    working = _roles_by_place(db)
    paid, shared = (institution.having_on(db, one, today) for one in (InstitutionAccount, ShareAgreement))
    found = []
    for place in db.exec(select(Institution).where(col(Institution.active)).order_by(col(Institution.id))):
        key, name = place.id or 0, names[place.id or 0]
        held = working.get(key, Counter())
        found.append(
            PlaceRow(
                key, name.name, name.short_name, place.code, KIND_NAMES[place.kind],
                BOARD_NAMES[place.files_board] if place.files_board else "—", held["people"],
                _missing(db, place, held, paid, shared), _stopped(place),
            )
        )  # fmt: skip
    return tuple(found)


def parts(
    db: Session, place: Institution, allowed: Mapping[Part, bool], typed: Mapping[str, str],
    errors: Mapping[str, str], chosen: Part | None,
) -> tuple[PartView, ...]:  # fmt: skip
    """The parts this institution has. `typed` and `errors` are those of the form of `chosen`."""
    shown = [Part.NAME, Part.CONTACT]
    if place.files_board is not None or place.kind is Kind.FINANCE:
        shown.insert(1, Part.ACCOUNT)
    if place.files_board == Board.GUARANTEE:
        shown.insert(2, Part.SHARES)
    if place.files_board is not None:
        shown.append(Part.COOPERATION)
    found = []
    for part in shown:
        history = enrolling.history(db, part, place)
        mine = part is chosen
        now = history[0] if history else {}
        values = typed if mine else {name: str(value or "") for name, value in now.items() if name != "since"}
        found.append(
            PartView(
                part.value,
                PART_NAMES[part],
                _facts(part, now),
                tuple(said(part, one) for one in history[1:]),
                fields(part, values, errors if mine else {}) if allowed[part] else (),
                mine,
            )
        )
    return tuple(found)


def fields(part: Part, typed: Mapping[str, str], errors: Mapping[str, str]) -> tuple[FieldView, ...]:
    """The form of a part, as it was typed."""
    found = []
    for name, info in FORMS[part].model_fields.items():
        options = {
            "kind": tuple(Option(kind.value, words) for kind, words in KIND_NAMES.items()),
            "files_board": tuple(Option(board.value, words) for board, words in BOARD_NAMES.items()),
        }.get(name, ())
        share = part is Part.SHARES and name != "since"
        found.append(
            FieldView(
                info.title or name, f"{part.value}_{name}", typed.get(name, ""), errors.get(name, ""), HINTS.get(name, ""),
                type="select" if options else TYPES.get(name, "number" if share else "text"),  # type: ignore[arg-type]
                options=options, required=info.is_required(), unit="%" if share else "",
            )
        )  # fmt: skip
    basis = FieldView(
        "依据", f"{part.value}_basis", typed.get("basis", ""), errors.get("basis", ""), "如 合作协议、来函文号",
        required=True, maxlength=enrolling.BASIS_LONGEST,
    )  # fmt: skip
    return (*found, basis)


def changes(db: Session, actor: Actor, found: list[InstitutionChange]) -> tuple[ChangeRow, ...]:
    """Registered changes in words, with the buttons of those that wait."""
    people = person.names(db, sorted({i for row in found for i in (row.proposed_by, row.decided_by) if i}))
    names = institution.names_on(db, clock.today())
    by_code = {place.code: names[place.id or 0].short_name for place in db.exec(select(Institution))}
    shown = []
    for row in found:
        proposer, part = people.get(row.proposed_by, ""), Part(row.part)
        done = policy_layout.decided(
            row.verdict, people.get(row.decided_by or 0, ""), row.decided_at, row.note
        )
        deciding = policy_layout.deciding(
            actor, f"/institutions/changes/{row.id}", row.proposed_by, proposer, may_confirm_institution
        )
        shown.append(
            ChangeRow(
                f"{stamp(row.proposed_at)} {proposer}", PART_NAMES[part],
                by_code.get(row.code) or str(row.after.get("short_name", row.code)), said(part, row.after),
                said(part, row.before) if row.before else "新增", row.basis, done or "待另一人确认",
                deciding if row.verdict is None else None,
            )
        )  # fmt: skip
    return tuple(shown)


def said(part: Part, kept: Mapping[str, Any]) -> str:
    """A part on one line."""
    return "；".join(f"{label} {value}" for label, value in _facts(part, kept)) or "（空）"


def tag_of(place: Institution) -> Tag | None:
    """停止新增备案, where it is so."""
    words = _stopped(place)
    return Tag(words, "soon") if words else None


def _facts(part: Part, kept: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    form = FORMS[part]
    if part is Part.COOPERATION:
        stopped = kept.get("stopped_on")
        return (("状态", f"{in_words(date.fromisoformat(stopped))}起停止新增备案" if stopped else "合作中"),)
    found = []
    for name, info in form.model_fields.items():
        value = kept.get(name)
        if value in (None, "", 0):
            continue
        words = str(value)
        if name == "since":
            words = in_words(date.fromisoformat(words))
        elif name == "kind":
            words = KIND_NAMES[Kind(words)]
        elif name == "files_board":
            words = BOARD_NAMES[Board(words)]
        elif part is Part.SHARES:
            words = f"{words}%"
        elif name == "account_number":
            words = " ".join(words[n : n + 4] for n in range(0, len(words), 4))
        found.append((info.title or name, words))
    return tuple(found)


def _missing(
    db: Session, place: Institution, held: Counter[str], paid: frozenset[int], shared: frozenset[int]
) -> tuple[str, ...]:
    """What keeps an institution from doing its part; `paid` and `shared` have an account, an agreement."""
    key, found = place.id or 0, []
    if not held["people"]:
        found.append("无人员")
    if place.files_board is not None:
        if not held[Role.INSTITUTION_ADMIN]:
            found.append("无机构管理")
        if not held[Role.FILER]:
            found.append("无申报经办")
        if not institution.contacts(db, key):
            found.append("无通知地址")
    if place.files_board == Board.GUARANTEE and key not in shared:
        found.append("无分担比例")
    wants_account = place.files_board is not None or place.kind is Kind.FINANCE
    if wants_account and key not in paid:
        found.append("无收款账户")
    if place.kind in (Kind.MANAGING, Kind.BUREAU, Kind.FINANCE) and not place.contact_phone:
        found.append("无联系方式")
    return tuple(found)


def _roles_by_place(db: Session) -> dict[int, Counter[str]]:
    query = (
        select(Person.institution_id, Person.id, PersonRole.role)
        .join(PersonRole, col(PersonRole.person_id) == col(Person.id))
        .where(col(Person.active))
    )
    found: dict[int, Counter[str]] = {}
    seen = set()
    for place, who, role in db.exec(query):
        counted = found.setdefault(place, Counter())
        counted[role] += 1
        if who not in seen:
            seen.add(who)
            counted["people"] += 1
    return found


def _stopped(place: Institution) -> str:
    if place.stopped_on is None:
        return ""
    return f"{place.stopped_on.isoformat()} 起停止新增备案"
