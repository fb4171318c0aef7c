"""People of an institution: kept by its own administrator, never the last one, never others', every act on record."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from api.auth import entry
from flows.actions.errors import ConflictError, ForbiddenError, InvalidError, NotThereError
from flows.actions.people import passwords, posts, staffing, standing_in
from flows.actions.people.staffing import PersonForm
from models import clock
from models.records.office_act import OfficeAct
from models.records.person import Person, SignIn, by_login, roles_of
from models.roles import Role
from models.settings import get_settings
from tests.conftest import REAL_HASHER
from tests.seed import PASSWORD, actor

ADMIN, FILES, CHECKS = "xuqiuyue", "linwanyi", "xianruyi"  # of the bank GYB
OURS = "suwenbo"
GOOD = "Guanyi-2026-x"


def key(s: Session, login: str) -> int:
    found = by_login(s, login)
    assert found is not None and found.id is not None
    return found.id


def add(
    s: Session, by: str = ADMIN, *roles: Role, login: str = "zhangsan", **changes: str
) -> tuple[Person, str]:
    who = actor(s, by)
    form = PersonForm.model_validate({"name": "张三", "login": login, "email": "zs@gyb.example"} | changes)
    return staffing.add(s, who, who.institution_id, form, roles or (Role.FILER,))


def acts(s: Session) -> list[str]:
    return [row.act for row in s.exec(select(OfficeAct).order_by(OfficeAct.id))]  # type: ignore[arg-type]


def test_passwords_are_kept_as_argon2id_at_its_recommended_cost() -> None:
    assert REAL_HASHER().hash(GOOD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_new_person_signs_in_once_with_the_password_that_was_shown_and_must_change_it(s: Session) -> None:
    made, secret = add(s)
    assert not passwords.faults(s, Person(login="x-y-z", name="", password_hash="", institution_id=1), secret)
    entered = entry.enter(s, "zhangsan", secret)
    assert isinstance(entered, Person) and passwords.expired(entered)
    passwords.change_own(s, actor(s, "zhangsan"), secret, GOOD, GOOD, "")
    assert not passwords.expired(made)
    assert acts(s) == ["person_added", "password_changed"]


@pytest.mark.parametrize(
    ("new", "why"),
    [
        ("Ab1-xyz", "至少 8 个字符，现为 7 个"),
        ("abcdefgh1", "至少用 3 类，现有 2 类"),
        ("Linwanyi-2026", "不能包含登录名"),
        (PASSWORD, "不能与现在的密码"),
    ],
)
def test_a_new_password_follows_the_rules(s: Session, new: str, why: str) -> None:
    with pytest.raises(InvalidError) as caught:
        passwords.change_own(s, actor(s, FILES), PASSWORD, new, new, "")
    assert why in caught.value.faults[0].message


def test_the_last_passwords_are_not_taken_again(s: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FENGBU_PASSWORD_HISTORY", "1")
    get_settings.cache_clear()
    current = PASSWORD
    for new in ("First-2026-a", "Second-2026-b"):
        passwords.change_own(s, actor(s, FILES), current, new, new, "")
        s.flush()
        current = new
    with pytest.raises(InvalidError, match="1 处"):
        passwords.change_own(s, actor(s, FILES), current, "First-2026-a", "First-2026-a", "")
    passwords.change_own(s, actor(s, FILES), current, PASSWORD, PASSWORD, "")  # two changes ago
    get_settings.cache_clear()


def test_a_password_grows_old_but_a_demo_accounts_does_not(s: Session) -> None:
    made, _ = add(s)
    made.must_change = False
    assert not passwords.expired(made)
    made.password_set_at = clock.wall() - timedelta(days=91)
    assert passwords.expired(made)
    made.demo = True
    assert not passwords.expired(made)


def test_guessing_the_present_password_ends_the_sessions(s: Session) -> None:
    s.add(SignIn(token_hash="t", person_id=key(s, FILES), csrf_token="c", created_at=clock.wall(), last_seen_at=clock.wall()))  # fmt: skip
    s.flush()
    for _ in range(passwords.MOST_ATTEMPTS):
        with pytest.raises(InvalidError, match="1 处"):
            passwords.change_own(s, actor(s, FILES), "wrong", GOOD, GOOD, "t")
    assert s.get_one(SignIn, "t").ended_at is not None


@pytest.mark.parametrize("act", ["reset_password", "suspend", "let_go"])
def test_sessions_end_with_reset_lock_and_leaving(s: Session, act: str) -> None:
    who = key(s, FILES)
    s.add(SignIn(token_hash="t", person_id=who, csrf_token="c", created_at=clock.wall(), last_seen_at=clock.wall()))  # fmt: skip
    s.flush()
    more: tuple[Any, ...] = (None,) if act == "let_go" else ()
    getattr(staffing, act)(s, actor(s, ADMIN), who, *more)
    assert s.get_one(SignIn, "t").ended_at is not None
    assert len(acts(s)) == 1


def test_a_locked_account_is_told_so_only_with_the_right_password_and_unlocked_again(s: Session) -> None:
    staffing.suspend(s, actor(s, ADMIN), key(s, FILES))
    wrong, right = entry.enter(s, FILES, "wrong"), entry.enter(s, FILES, PASSWORD)
    assert "管理员" not in getattr(wrong, "sentence", "") and "已由管理员锁定" in getattr(
        right, "sentence", ""
    )
    staffing.unlock(s, actor(s, ADMIN), key(s, FILES))
    assert isinstance(entry.enter(s, FILES, PASSWORD), Person)


def test_others_people_are_not_there_and_reviewers_belong_to_the_systems_administrator(s: Session) -> None:
    with pytest.raises(NotThereError):
        staffing.reset_password(s, actor(s, ADMIN), key(s, "luoqiming"))
    with pytest.raises(NotThereError):
        staffing.reset_password(s, actor(s, FILES), key(s, CHECKS))
    with pytest.raises(ForbiddenError, match="兼任审核岗位"):  # of the managing institution that also claims
        staffing.reset_password(s, actor(s, "hemuqing"), key(s, "zengyawen"))
    assert staffing.reset_password(s, actor(s, OURS), key(s, "zengyawen"))


def test_roles_are_those_of_the_institution_and_the_system_is_kept_by_people_without_cases(
    s: Session,
) -> None:
    for role in (Role.MANAGING_OFFICER, Role.ADMIN, Role.MANAGER):
        with pytest.raises(InvalidError):
            add(s, ADMIN, role)
    with pytest.raises(InvalidError):
        add(s, OURS, Role.ADMIN, Role.MANAGING_OFFICER)
    made, _ = add(s, OURS, Role.MANAGING_OFFICER)
    assert roles_of(s, made.id or 0) == {Role.MANAGING_OFFICER}


def test_nobody_changes_their_own_account(s: Session) -> None:
    with pytest.raises(ForbiddenError, match="自己的账号"):
        staffing.set_roles(s, actor(s, ADMIN), key(s, ADMIN), (Role.FILER, Role.INSTITUTION_ADMIN))


@pytest.mark.parametrize("act", ["suspend", "let_go", "set_roles"])
def test_the_last_administrator_stays(s: Session, act: str) -> None:
    more: dict[str, tuple[Any, ...]] = {"let_go": (None,), "set_roles": ((Role.FILER,),)}
    with pytest.raises(ConflictError, match="最后一位“机构管理”"):
        getattr(staffing, act)(s, actor(s, OURS), key(s, ADMIN), *more.get(act, ()))
    s.expire_all()
    found = by_login(s, ADMIN)
    assert found is not None and found.active and found.suspended_at is None
    assert Role.INSTITUTION_ADMIN in roles_of(s, key(s, ADMIN)) and not acts(s)
    add(s, OURS, Role.ADMIN, login="lisi")
    staffing.let_go(s, actor(s, "lisi"), key(s, OURS), None)  # not the last any more


def test_handing_over_does_not_remove_the_last_administrator_either(s: Session) -> None:
    with pytest.raises(ConflictError, match="最后一位“机构管理”"):
        standing_in.hand_over(s, actor(s, OURS), key(s, ADMIN), key(s, FILES))


def test_a_checker_is_demanded_only_where_two_people_can_work_and_stays_so(s: Session) -> None:
    home = actor(s, ADMIN).institution_id
    with pytest.raises(ForbiddenError):
        staffing.require_checker(s, actor(s, OURS), home, on=True)  # it is the institution's own decision
    place = staffing.require_checker(s, actor(s, ADMIN), home, on=True)
    assert place.checker_since is not None and acts(s) == ["checker_on"]
    for undo in (
        lambda: staffing.let_go(s, actor(s, ADMIN), key(s, CHECKS), None),
        lambda: staffing.suspend(s, actor(s, ADMIN), key(s, CHECKS)),
        lambda: staffing.set_roles(s, actor(s, ADMIN), key(s, CHECKS), (Role.FILER,)),
    ):
        with pytest.raises(ConflictError, match="申报复核至少要有"):
            undo()
    with pytest.raises(ConflictError, match="已经启用"):
        staffing.require_checker(s, actor(s, ADMIN), home, on=True)
    staffing.require_checker(s, actor(s, ADMIN), home, on=False)
    assert staffing.let_go(s, actor(s, ADMIN), key(s, CHECKS), None)


def test_without_a_second_person_nothing_can_be_demanded(s: Session) -> None:
    with pytest.raises(ConflictError, match="另一名“申报复核”"):
        staffing.require_checker(
            s, actor(s, "panjiansheng"), actor(s, "panjiansheng").institution_id, on=True
        )


def test_an_account_comes_back_with_a_new_password(s: Session) -> None:
    staffing.let_go(s, actor(s, ADMIN), key(s, FILES), None)
    with pytest.raises(ConflictError, match="已经停用"):
        staffing.reset_password(s, actor(s, ADMIN), key(s, FILES))
    found, secret = staffing.bring_back(s, actor(s, ADMIN), key(s, FILES))
    assert found.active and found.must_change and isinstance(entry.enter(s, FILES, secret), Person)


def test_the_log_cannot_be_changed(s: Session) -> None:
    posts.log(s, actor(s, ADMIN), 1, "person_added")
    s.flush()
    for statement in ("UPDATE office_acts SET act = 'x'", "DELETE FROM office_acts"):
        with pytest.raises(DBAPIError, match="append-only"), s.begin_nested():
            s.execute(text(statement))
