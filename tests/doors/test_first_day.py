"""The first day of a real system: from the file of `fengbu init` to a loan on file, every step through the pages."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack

import pytest
import yaml
from sqlmodel import Session, select

from api.pages.render import TEMPLATES
from flows.actions.people import founding
from models.records import institution
from models.records.case import CaseRecord
from models.records.document import Document
from models.records.person import by_login
from tests import builders
from tests.actions import samples
from tests.doors.conftest import Client, Server
from tests.doors.test_bank_stale import text, version
from tests.doors.test_institutions import NEW, form, waiting
from tests.doors.test_task import post

Database = Callable[[], AbstractContextManager[Session]]
OWN = "Fengbu-2026-x"


@pytest.fixture
def founded(web: str, db: Database) -> Iterator[tuple[Server, dict[str, str]]]:
    """A server on a database with what the shipped file enters, and the first passwords."""
    whole = yaml.load((TEMPLATES / "founding/institutions.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506
    for one, name in zip(whole["people"], ("张衡", "李冰"), strict=True):
        one |= {"name": name, "email": f"{one['login']}@gxj.example"}
    with db() as s:
        _, people = founding.found(s, yaml.safe_dump(whole, allow_unicode=True))
    with ExitStack() as stack:
        yield Server(web, stack), {one.login: one.password for one in people}


def enter(server: Server, login: str, initial: str) -> Client:
    """Sign in at the page with the initial password and change it, as everyone must."""
    client = server.client()
    page = client.get("/signin").text
    csrf = re.search(r'name="csrf_token" value="([^"]*)"', page)
    answer = client.post(
        "/signin", data={"login": login, "password": initial, "csrf_token": csrf[1] if csrf else ""}
    )
    assert answer.status_code == 303, text(answer)
    shown = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/password").text)
    assert shown is not None
    client.headers["X-CSRF-Token"] = shown[1]
    done = client.post("/password", data={"current": initial, "new": OWN, "again": OWN})
    assert done.status_code == 303, text(done)
    return client


def hire(admin: Client, home: int, login: str, *roles: str) -> str:
    """A new person added by the administrator; the initial password the page shows."""
    answer = admin.post(
        f"/people?at={home}",
        data={"name": f"员工{login}", "login": login, "email": f"{login}@x.example", "roles": list(roles)},
    )
    assert answer.status_code == 201, text(answer)
    found = re.search(r'初始密码</span><input[^>]*value="([^"]+)"', answer.text)
    assert found is not None
    return found[1]


def test_from_an_empty_database_to_a_loan_on_file(
    founded: tuple[Server, dict[str, str]], db: Database
) -> None:
    server, passwords = founded
    admin, manager = (enter(server, login, passwords[login]) for login in ("xitong", "tongchou"))
    assert admin.post("/institutions", data=form("entry", **NEW)).status_code == 303
    decided = manager.post(f"/institutions/changes/{waiting(db)}", data={"verdict": "confirmed"})
    assert decided.status_code == 303, text(decided)
    with db() as s:
        homes = {code: one.id or 0 for code in ("HMB", "DJS") if (one := institution.by_code(s, code))}
    filer = enter(server, "shenbao", hire(admin, homes["HMB"], "shenbao", "filer"))
    first = enter(server, "shenhe1", hire(admin, homes["DJS"], "shenhe1", "managing_officer"))
    head = enter(server, "fuzeren", hire(admin, homes["DJS"], "fuzeren", "managing_head"))
    shown = version(filer.get("/bank/filings/new"))
    filed = filer.post("/bank/filings/new", data=samples.loan() | {"version": shown})
    assert filed.status_code == 303, text(filed)
    builders.wake()
    with db() as s:
        number = s.exec(select(CaseRecord.number)).one()
    post(first, builders.open_task(number), answer="approve", opinion="材料齐全。")
    builders.wake()
    post(head, builders.open_task(number), answer="approve", opinion="同意备案。")
    builders.wake()
    assert builders.state(number) == "registered"
    with db() as s:
        confirmed = s.exec(select(Document).where(Document.code == "D09")).one()
        assert confirmed.number is not None and confirmed.number.startswith("计")
        assert by_login(s, "shenbao") is not None
