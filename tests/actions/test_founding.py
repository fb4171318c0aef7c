"""The file of `fengbu init`: every fault at once, nothing half done."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
import yaml
from sqlmodel import Session

from flows.actions.errors import ConflictError, InvalidError
from flows.actions.people import founding

GOOD = {
    "institutions": [
        {"code": "GXJ", "kind": "bureau", "name": "甲局", "short_name": "甲", "since": "2024-01-01", "number_word": "东工信"},
        {
            "code": "GHD", "kind": "guarantor", "name": "乙担保", "short_name": "乙", "since": "2024-01-01",
            "uscc": "91441900MA4HMBA05U", "files_board": "guarantee",
            "shares": {"bank": "20", "national": "20", "provincial": "20", "city": "40", "since": "2024-01-01"},
        },
    ],
    "people": [
        {"at": "GXJ", "login": "second", "name": "李", "email": "b@b.cn", "roles": ["manager"]},
        {"at": "GXJ", "login": "first", "name": "张", "email": "a@b.cn", "roles": ["admin"]},
    ],
}  # fmt: skip


@pytest.fixture
def bare(db: Callable[[], AbstractContextManager[Session]]) -> Iterator[Session]:
    """A transaction on an empty database."""
    with db() as session:
        yield session


def changed(where: str, value: object) -> str:
    """GOOD as text with one thing changed."""
    whole = yaml.safe_load(yaml.safe_dump(GOOD))
    *path, last = where.split(".")
    at = whole
    for part in path:
        at = at[int(part)] if part.isdigit() else at[part]
    at[int(last) if last.isdigit() else last] = value
    return yaml.safe_dump(whole, allow_unicode=True)


def test_good_entries_and_their_people(bare: Session) -> None:
    names, people = founding.found(bare, yaml.safe_dump(GOOD, allow_unicode=True))
    assert names == ("甲局", "乙担保")
    assert [(one.login, one.roles) for one in people] == [("first", "系统管理"), ("second", "统筹管理")]
    with pytest.raises(ConflictError, match="不能再次初始化"):
        founding.found(bare, yaml.safe_dump(GOOD, allow_unicode=True))


@pytest.mark.parametrize(
    ("where", "value", "fault"),
    [
        ("institutions.1.shares.city", "41", "institutions.2.shares.city：各方分担比例合计应为 100%，现为 101%。"),
        ("institutions.0.colour", "red", "institutions.1：不认识的项：colour。"),
        ("institutions.0.number_word", "", "institutions.1.number_word：市工业和信息化局出具带文号的文书，请填写发文代字。"),
        ("institutions.1.uscc", "123", "institutions.2.uscc：统一社会信用代码须为 18 位，现为 3 位。"),
        ("institutions.0", "GXJ", "institutions.1：应写成 code、kind、name 等各项。"),
        ("people.0.at", "XXX", "people.1.at：请写所在机构的代码（institutions 里的 code）。"),
        ("people.0.roles", ["king"], "people.1.roles：岗位请从这些中选"),
        ("people.0.roles", ["filer"], "people.1.roles：其中有不能在这一单位设置的岗位"),
        ("people.1.roles", ["admin", "manager"], "people.2.roles：系统管理不能与办理案件的岗位由同一人担任。"),
        ("people.1.roles", ["manager"], "people：至少要有一名系统管理"),
        ("people.0.roles", ["meeting_member"], "people：至少要有一名统筹管理"),
        ("people.0.login", "first", "people.1.login：这个登录名不能用"),
        ("people.0", "李", "people.1：应写成 at、login、name、email、roles 各项。"),
        ("people", [], "people：至少要有一名系统管理"),
    ],
)  # fmt: skip
def test_a_fault_says_where_and_what(bare: Session, where: str, value: object, fault: str) -> None:
    with pytest.raises(InvalidError) as refused:
        founding.found(bare, changed(where, value))
    assert any(f"{one.field}：{one.message}".startswith(fault) for one in refused.value.faults), (
        refused.value.faults
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: [", "不是有效的 YAML"),
        ("- 1", "两个清单"),
        ("institutions: {}\npeople: []", "两个清单"),
        ("!!python/object/apply:os.system [ls]", "两个清单"),
        ("x" * 1_000_001, "超过 1 MB"),
    ],
)
def test_what_is_no_such_file(bare: Session, text: str, why: str) -> None:
    with pytest.raises(InvalidError) as refused:
        founding.found(bare, text)
    assert why in refused.value.faults[0].message


def test_a_filled_system_is_not_founded_again(s: Session) -> None:
    with pytest.raises(ConflictError):
        founding.found(s, yaml.safe_dump(GOOD))
