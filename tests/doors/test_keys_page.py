"""接口密钥: a bank's administrator makes, rotates and revokes keys; nobody else sees them."""

import re
from html import escape

import httpx
import pytest

from api.rest.openapi import description
from models import database
from models.records import api_key, person
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.doors.api import V1
from tests.doors.conftest import Client, Server

FORM = {"name": "放款台账接口", "days": "180", "networks": "", "scopes": ["cases:read", "filings:write"]}


def person_id(login: str) -> str:
    with database.session() as db:
        found = person.by_login(db, login)
        assert found is not None
        return str(found.id)


def create(admin: Client, **changes: object) -> httpx.Response:
    return admin.post("/keys", data=FORM | {"person_id": person_id("linwanyi")} | changes)


def secret_on(page: str) -> str:
    found = re.search(r'value="(fb_[^"]+)"', page)
    assert found is not None
    return found[1]


def me(server: Server, key: str) -> httpx.Response:
    return httpx.get(f"{server.base_url}{V1}/me", headers={"Authorization": f"Bearer {key}"})


def only_key() -> api_key.ApiKey:
    with database.session() as db:
        home = person.by_login(db, "linwanyi")
        assert home is not None
        return api_key.of_institution(db, home.institution_id)[0][0]


def test_a_key_is_shown_once_works_at_once_and_is_kept_as_a_hash(server: Server) -> None:
    admin = server.client("xuqiuyue")
    answer = create(admin)
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    key = secret_on(answer.text)
    assert me(server, key).json()["person"] == "林婉仪"
    assert me(server, key).json()["scopes"] == ["cases:read", "filings:write"]
    assert key.rpartition("_")[2] not in admin.get("/keys").text
    kept = only_key()
    assert kept.secret_hash not in key
    assert len(kept.secret_hash) == 64
    assert kept.last_used_from == "127.0.0.1"


def test_a_rotated_key_works_beside_its_successor_and_a_revoked_one_ends_at_once(server: Server) -> None:
    admin = server.client("xuqiuyue")
    old = secret_on(create(admin).text)
    answer = admin.post(f"/keys/{only_key().id}/rotate")
    new = secret_on(answer.text)
    assert new != old
    assert (me(server, old).status_code, me(server, new).status_code) == (200, 200)
    assert "已更换，即将停用" in admin.get("/keys").text
    assert admin.post(f"/keys/{only_key().id}/revoke").status_code == 303
    refused = me(server, new)
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_credentials")
    assert me(server, old).status_code == 200


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "请填写用途。"),
        ({"days": "0"}, "有效期须为 1 至 366 天的整数。"),
        ({"scopes": []}, "请至少选择一项权限。"),
        ({"networks": "10.0.0.999"}, "不是 IP 地址或地址段"),
        ({"person_id": "999"}, "请选择本单位在岗的经办人。"),
    ],
    ids=["name", "days", "scopes", "networks", "person"],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_made(
    server: Server, changes: dict[str, object], sentence: str
) -> None:
    admin = server.client("xuqiuyue")
    answer = create(admin, **{"networks": "10.0.0.0/8", **changes})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "放款台账接口" in answer.text or "name" in changes
    assert "还没有接口密钥" in admin.get("/keys").text


def test_only_administrators_enter_and_only_their_own_institution_is_there(server: Server) -> None:
    assert server.client("linwanyi").get("/keys").status_code == 403
    create(server.client("xuqiuyue"))
    key = only_key()
    other = server.client("panjiansheng")
    assert "放款台账接口" not in other.get("/keys").text
    assert other.get(f"/keys?at={key.institution_id}").status_code == 404
    assert other.post(f"/keys/{key.id}/revoke").status_code == 404
    ours = server.client("suwenbo")
    assert "放款台账接口" in ours.get(f"/keys?at={key.institution_id}").text


def test_the_reference_lists_every_operation_of_the_interface(server: Server) -> None:
    answer = server.client().get("/api-docs")
    assert answer.status_code == 200
    for path, methods in description()["paths"].items():
        assert path in answer.text
        for said in methods.values():
            assert escape(said["summary"]) in answer.text


@pytest.mark.browser
def test_the_pages_are_accessible_at_desk_and_phone_size(server: Server) -> None:
    admin = server.client("xuqiuyue")
    create(admin)
    with chromium() as browser:
        for size in (DESK, PHONE):
            page = browser.new_page(viewport=size)
            cookies = [{"name": c.name, "value": c.value, "url": server.base_url} for c in admin.cookies.jar]
            page.context.add_cookies(cookies)
            page.goto(f"{server.base_url}/keys")
            assert_accessible(page)
            page.goto(f"{server.base_url}/api-docs")
            page.click("summary >> nth=4")
            assert_accessible(page)
