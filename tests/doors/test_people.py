"""人员 and 修改密码 at a running server."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlmodel import Session

from models.records import institution
from models.records.person import Person, by_login
from tests.doors.test_bank import text
from tests.seed import PASSWORD

Database = Callable[[], AbstractContextManager[Session]]
ADMIN, FILES = "xuqiuyue", "linwanyi"
NEW = {"name": "张三", "login": "zhangsan", "email": "zs@gyb.example", "roles": "filer"}
GOOD = "Guanyi-2026-x"


def key(db: Database, login: str) -> int:
    with db() as s:
        found = by_login(s, login)
        assert found is not None
        return found.id or 0


def added(server: Any, **changes: Any) -> str:
    """A person added at the page; the initial password it shows."""
    answer = server.client(ADMIN).post("/people", data=NEW | changes)
    assert answer.status_code == 201, text(answer)
    found = re.search(r'初始密码</span><input[^>]*value="([^"]+)"', answer.text)
    assert found is not None
    return found.group(1)


def test_who_keeps_people_and_who_does_not(server: Any, db: Database) -> None:
    page = text(server.client(ADMIN).get("/people"))
    assert "林婉仪" in page and "罗启明" not in page
    for login in (FILES, "chenjiamin", "lizhiyuan"):
        assert server.client(login).get("/people").status_code == 403
        assert server.client(login).get(f"/people/{key(db, FILES)}").status_code == 404
    stranger = server.client("panjiansheng")  # another bank's administrator
    assert stranger.get(f"/people/{key(db, FILES)}").status_code == 404
    assert stranger.get("/people?at=1").status_code == 404
    for verb in ("roles", "password", "lock", "unlock", "end", "back"):
        assert stranger.post(f"/people/{key(db, FILES)}/{verb}").status_code == 404
    with db() as s:
        bank = institution.by_code(s, "GYB")
        assert bank is not None
    assert "林婉仪" in text(server.client("suwenbo").get(f"/people?at={bank.id}"))


def test_a_new_person_must_change_the_password_before_anything_else(server: Any) -> None:
    secret = added(server)
    person = server.client("zhangsan")
    assert person.get("/bank").headers["location"] == "/password"
    assert person.get("/bank", headers={"HX-Request": "true"}).headers["hx-redirect"] == "/password"
    blocked = person.post("/bank/filings/new", data={"do": "save"})
    assert blocked.status_code == 403 and "请先修改密码" in text(blocked)
    page = text(person.get("/password"))
    assert "请先修改密码" in page and "至少 8 个字符" in page
    refused = person.post("/password", data={"current": secret, "new": "brief", "again": "other"})
    assert refused.status_code == 422 and "brief" not in refused.text and secret not in refused.text
    done = person.post("/password", data={"current": secret, "new": GOOD, "again": GOOD})
    assert done.headers["location"] == "/bank" and person.get("/bank").status_code == 200


def test_the_initial_password_is_shown_once(server: Any, db: Database) -> None:
    secret = added(server)
    admin = server.client(ADMIN)
    assert secret not in admin.get(f"/people/{key(db, 'zhangsan')}").text + admin.get("/people").text
    assert "新增 张三" in text(admin.get("/people"))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"login": "Zhang San"}, "登录名用"),
        ({"login": FILES}, "这个登录名不能用"),
        ({"login": "luoqiming"}, "这个登录名不能用"),
        ({"email": "nobody"}, "有效的电子邮箱"),
        ({"roles": []}, "请至少选择一个岗位"),
        ({"roles": "manager"}, "不能在这一单位设置的岗位"),
        ({"roles": "emperor"}, "请从列出的岗位中选择"),
    ],
)
def test_a_bad_new_person_is_refused_with_what_was_typed(
    server: Any, wrong: dict[str, Any], why: str
) -> None:
    answer = server.client(ADMIN).post("/people", data=NEW | wrong)
    assert answer.status_code == 422 and why in text(answer) and 'value="张三"' in answer.text


def test_a_person_who_leaves_is_out_at_once(server: Any, db: Database) -> None:
    person = server.client(FILES)
    assert person.get("/bank").status_code == 200
    assert server.client(ADMIN).post(f"/people/{key(db, FILES)}/end").status_code == 303
    assert person.get("/bank").headers["location"].startswith("/signin")
    with db() as s:
        assert not s.get_one(Person, key(db, FILES)).active


def test_the_last_administrator_and_oneself_are_refused_in_a_sentence(server: Any, db: Database) -> None:
    own = server.client(ADMIN).post(f"/people/{key(db, ADMIN)}/lock")
    assert own.status_code == 403 and "不能更改自己的账号" in text(own)
    last = server.client("suwenbo").post(f"/people/{key(db, ADMIN)}/end")
    assert last.status_code == 409 and "最后一位“机构管理”" in text(last)


def test_a_locked_person_is_out_and_so_is_the_key_in_their_name(
    server: Any, callers: Any, db: Database
) -> None:
    bank, person = callers(FILES), server.client(FILES)
    assert bank.get("/api/v1/cases").status_code == 200
    assert server.client(ADMIN).post(f"/people/{key(db, FILES)}/lock").status_code == 303
    assert bank.get("/api/v1/cases").status_code == 401
    assert person.get("/bank").status_code == 303
    assert server.client(ADMIN).post(f"/people/{key(db, FILES)}/unlock").status_code == 303
    assert bank.get("/api/v1/cases").status_code == 200


def test_the_checker_is_switched_by_the_institution_itself(server: Any) -> None:
    assert server.client("suwenbo").post("/people/checker", data={"on": "1"}).status_code == 403
    answer = server.client("panjiansheng").post("/people/checker", data={"on": "1"})
    assert answer.status_code == 409 and "申报复核至少要有" in text(answer)
    admin = server.client(ADMIN)
    assert admin.post("/people/checker", data={"on": "1"}).headers["location"] == "/people?done=on"
    page = text(admin.get("/people"))
    assert "已启用" in page and "许秋月 启用申报复核" in page


def test_changing_ones_own_password_keeps_this_session_and_ends_the_others(server: Any) -> None:
    here, there = server.client(FILES), server.client(FILES)
    done = here.post("/password", data={"current": PASSWORD, "new": GOOD, "again": GOOD})
    assert done.headers["location"] == "/password?done=1"
    assert here.get("/bank").status_code == 200
    assert there.get("/bank").headers["location"].startswith("/signin")
