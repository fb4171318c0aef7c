"""What the pages of people show: rows, boxes of roles, dialogs, and the log in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from api.pages.form_views import DialogView, FieldView, Option
from api.pages.render import stamp
from api.pages.views import Column, Tag
from flows.actions.people import passwords, standing_in
from flows.actions.people.staffing import PersonForm
from models import clock
from models.records import person
from models.records.api_key import ApiKey
from models.records.institution import Institution
from models.records.office_act import OfficeAct
from models.records.person import Person, PersonRole
from models.roles import ROLE_NAMES, Role

COLUMNS = (
    Column("姓名", "full"),
    Column("岗位"),
    Column("电子邮箱", "hide"),
    Column("最近登录", "hide"),
    Column("状态"),
    Column("办理", "act", hidden_label=True),
)
ACT_COLUMNS = (Column("办理", "full"), Column("时间", "d"))
HINTS = {
    Role.FILER: "填报备案、补偿申请、补正、变更、回执",
    Role.FILER_CHECKER: "核对同事填报的申报，放行或退回；不能放行自己经办的",
    Role.INSTITUTION_ADMIN: "管理本单位的人员、接口密钥、通知地址，启用申报复核",
}


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person in the list."""

    id: int
    name: str
    login: str
    roles: str
    email: str
    seen: str
    tag: Tag


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person on their own page: `keys` living keys act for them, `held` tasks are theirs."""

    roles: tuple[Role, ...]
    seen: str
    tag: Tag
    locked: bool
    keys: int
    held: int


@dataclass(frozen=True, slots=True)
class Secret:
    """An initial password: the only time it can be read."""

    title: str
    name: str
    login: str
    text: str


@dataclass(frozen=True, slots=True)
class RoleBox:
    """A role to tick."""

    value: str
    label: str
    hint: str
    checked: bool


@dataclass(frozen=True, slots=True)
class ActRow:
    """One line of the log; `act` is worded by the template."""

    at: datetime
    who: str
    act: str
    about: str
    data: dict[str, str]


def rows(db: Session, home: int) -> tuple[PersonRow, ...]:
    """Everyone of the institution."""
    found = person.of_institution(db, home)
    ids = [one.id or 0 for one in found]
    seen, held = person.last_entries(db, ids), _roles(db, ids)
    return tuple(
        PersonRow(
            one.id or 0, one.name, one.login, "、".join(ROLE_NAMES[role] for role in held[one.id or 0]), one.email,
            stamp(seen[one.id or 0]) if one.id in seen else "从未登录", tag(one),
        )
        for one in found
    )  # fmt: skip


def one(db: Session, found: Person) -> PersonView:
    """A person's page."""
    key = found.id or 0
    seen = person.last_entries(db, [key])
    return PersonView(
        _roles(db, [key])[key],
        stamp(seen[key]) if key in seen else "从未登录",
        tag(found),
        found.suspended_at is not None or _locked_out(found),
        len(_keys(db, key)),
        standing_in.held(db, key),
    )


def tag(found: Person) -> Tag:
    """Whether the account can be used."""
    if not found.active:
        return Tag("已停用", "idle")
    if found.suspended_at is not None:
        return Tag("已锁定", "late", "lock")
    if _locked_out(found):
        return Tag("输错密码，暂时锁定", "soon", "lock")
    if passwords.expired(found):
        return Tag("待改密码", "soon")
    return Tag("在用", "ok")


def _locked_out(found: Person) -> bool:
    return found.locked_until is not None and found.locked_until > clock.wall()


def boxes(offered: Sequence[Role], ticked: Sequence[str]) -> tuple[RoleBox, ...]:
    """The roles one may give at the institution."""
    return tuple(
        RoleBox(role.value, ROLE_NAMES[role], HINTS.get(role, ""), role.value in ticked) for role in offered
    )


def fields(typed: dict[str, str], errors: dict[str, str]) -> tuple[FieldView, ...]:
    """A new person, as asked."""
    hints = {"login": "小写字母、数字，以字母开头；以后不能更改", "email": "本人的工作邮箱"}
    return tuple(
        FieldView(
            info.title or name, name, typed.get(name, ""), errors.get(name, ""), hints.get(name, ""),
            required=True, maxlength=200,
        )
        for name, info in PersonForm.model_fields.items()
    )  # fmt: skip


def acts(found: Sequence[OfficeAct]) -> tuple[ActRow, ...]:
    """The log, newest first."""
    return tuple(ActRow(row.at, row.person_name, row.act, row.about_name, row.data) for row in found)


def checker_dialogs(place: Institution) -> tuple[DialogView, ...]:
    """Before 申报复核 is switched."""
    if place.checker_since is None:
        facts = (
            "须由另一人放行：备案、批量备案、补偿申请、补正、贷款变更、收款回执。",
            "经接口提交的同样待复核（答 202）；批次接口暂不可用。",
        )
        text = "从现在起，经办提交的申报先由本单位“申报复核”岗位核对，放行后才到受托管理机构。"
        return (_switch("checker-on", "启用申报复核", text, "启用", "1", facts),)
    text = "从现在起，经办提交后直接送受托管理机构。正在等复核的仍须放行或撤回。"
    return (_switch("checker-off", "停用申报复核", text, "停用", "0", (), negative=True),)


def _switch(
    key: str, title: str, text: str, go: str, on: str, facts: tuple[str, ...], *, negative: bool = False
) -> DialogView:
    return DialogView(
        key, title, text, go, action="/people/checker", negative=negative, facts=facts,
        fields=(FieldView("", "on", on, type="hidden"),),
    )  # fmt: skip


def dialogs(db: Session, found: Person, error: str = "") -> tuple[DialogView, ...]:
    """Before a password is reset, an account is locked, ended or brought back."""
    base = f"/people/{found.id}"
    if not found.active:
        words = "按原岗位恢复，初始密码只显示一次，首次登录须修改。"
        return (DialogView("back", f"恢复{found.name}的账号", words, "恢复账号", action=f"{base}/back"),)
    keys = len(_keys(db, found.id or 0))
    gone = (f"以其名义的 {keys} 把接口密钥同时失效，核心系统会中断，请先更换。",) if keys else ()
    reset = DialogView(
        "reset", f"重置{found.name}的密码", "现有会话立即结束；新的初始密码只显示一次，首次登录须修改。",
        "重置密码", action=f"{base}/password",
    )  # fmt: skip
    lock = DialogView(
        "lock", f"锁定{found.name}的账号", "立即退出登录，解锁之前不能登录；手上的待办不变。", "锁定账号",
        action=f"{base}/lock", negative=True, facts=gone,
    )  # fmt: skip
    held = standing_in.held(db, found.id or 0)
    to = FieldView(
        "待办移交给", "to", "", error, f"现有 {held} 件待办" if held else "现在没有待办，可不选", "select",
        _colleagues(db, found), required=bool(held),
    )  # fmt: skip
    end = DialogView(
        "end", f"停用{found.name}的账号", "立即退出登录，不能再登录；办理过的事项和留痕不变。", "停用账号",
        action=f"{base}/end", negative=True, facts=gone, fields=(to,),
    )  # fmt: skip
    return (reset, lock, end)


def _colleagues(db: Session, found: Person) -> tuple[Option, ...]:
    others = person.of_institution(db, found.institution_id)
    return tuple(Option(str(one.id), one.name) for one in others if one.active and one.id != found.id)


def _keys(db: Session, person_id: int) -> Sequence[ApiKey]:
    query = select(ApiKey).where(
        ApiKey.person_id == person_id, col(ApiKey.revoked_at).is_(None), ApiKey.expires_at > clock.wall()
    )
    return db.exec(query).all()


def _roles(db: Session, ids: Sequence[int]) -> dict[int, tuple[Role, ...]]:
    held: dict[int, set[Role]] = {one: set() for one in ids}
    for row in db.exec(select(PersonRole).where(col(PersonRole.person_id).in_(ids))):
        held[row.person_id].add(row.role)
    return {one: tuple(role for role in Role if role in roles) for one, roles in held.items()}
