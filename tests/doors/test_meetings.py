"""联席会议 from the outside: convened, voted on by its members, concluded; what others may not, and stale pages."""

import io
import re
import zipfile
from collections.abc import Iterator

import pytest

from api.auth import session as sessions
from api.demo import play
from models.database import session
from models.lifecycle import State
from models.records import meeting
from tests import builders
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.builders import state, wake
from tests.doors.conftest import Server
from tests.kernel.sessions import MEMBERS, SECRETARY, at_meeting, session_over
from tests.kernel.stage import actor

PLACES = {"held_on": "2026-10-13", "place": "市工信局三楼会议室"}


@pytest.fixture
def numbers(server: Server) -> Iterator[list[str]]:
    """Two claims of a guarantor that wait for the meeting."""
    builders.budget()
    found = [at_meeting(1), at_meeting(2)]
    assert all(play.state_of(one) == State.MEETING for one in found)
    yield found


def ballots(page: str) -> list[str]:
    return re.findall(r'name="vote-(\d+)" value="approve"', page)


def cast(server: Server, login: str, key: int, choices: list[str]) -> str:
    client = server.client(login)
    page = client.get(f"/meetings/{key}").text
    form = {}
    for task, choice in zip(ballots(page), choices, strict=True):
        shown = re.search(rf'name="shown-{task}" value="(\w+)"', page)
        assert shown
        form |= {f"vote-{task}": choice, f"opinion-{task}": "依据不足", f"shown-{task}": shown[1]}
    return client.post(f"/meetings/{key}/votes", data=form).text


def test_a_session_from_its_convening_to_its_minutes(server: Server, numbers: list[str]) -> None:
    office = server.client(SECRETARY)
    made = office.post("/meetings", data=PLACES)
    address = made.headers["location"].partition("?")[0]
    key = int(address.rpartition("/")[2])
    assert numbers[0] in office.get(address).text
    assert office.post(f"{address}/items", data={"number": numbers}).status_code == 303
    assert "3 件" not in office.get("/meetings").text
    pack = office.get(f"{address}/materials.zip")
    names = zipfile.ZipFile(io.BytesIO(pack.content)).namelist()
    assert {name.partition("/")[0] for name in names} == set(numbers)
    assert sum("初审意见书" in name for name in names) == 2

    said = cast(server, MEMBERS[0], key, ["approve", "refuse"])
    assert "2 件已投票" in said
    assert not ballots(said)
    for login in MEMBERS[1:3]:
        cast(server, login, key, ["approve", "refuse"])
    wake()
    assert state(numbers[0]) == "meeting"
    early = office.post(f"{address}/conclusion")
    assert early.status_code == 422
    assert "请登记宋一鸣出席还是请假" in early.text
    with session() as s:
        ids = [actor(s, login).person_id for login in MEMBERS]
    record = {**PLACES, "chair": str(ids[0]), "observers": "市审计局", "resolutions": "加强追偿。"}
    record |= {f"presence-{one}": "present" for one in ids}
    wrong = office.post(f"{address}/record", data=record)
    assert wrong.status_code == 422
    assert "第 1 行请写" in wrong.text
    assert "加强追偿。" in wrong.text  # what was typed stays
    assert office.post(f"{address}/record", data=record | {"observers": "市审计局 何观察"}).status_code == 303
    done = office.post(f"{address}/conclusion")
    assert f"{numbers[0]} 通过；{numbers[1]} 未通过" in done.text
    wake()
    assert (state(numbers[0]), state(numbers[1])) == ("public_notice", "claim_refused")
    with session() as s:
        held = s.get_one(meeting.Meeting, key)
    for number in numbers:
        assert f"/documents/{held.document_id}" in office.get(f"/cases/{number}").text
    letter = office.get(f"/documents/{held.document_id}/preview").text
    assert all(number in letter for number in numbers)
    assert "何观察" in letter
    assert office.get("/numbers").text.count(f"/documents/{held.document_id}/preview") == 1
    assert office.get(f"/documents/{held.document_id}/void").status_code == 200
    again = office.post(f"{address}/conclusion")
    assert again.status_code == 409
    assert "已议定" in again.text


def test_what_others_may_not(server: Server, numbers: list[str]) -> None:
    key = session_over(*numbers)
    bank, member = server.client("tanjunhao"), server.client(MEMBERS[0])
    assert bank.get("/meetings").status_code == 403
    assert bank.get(f"/meetings/{key}").status_code == 403
    for act in ("items", "record", "conclusion", "cancel"):
        refused = member.post(f"/meetings/{key}/{act}")
        assert refused.status_code == 403
        assert "市工信局召集" in refused.text
    assert member.get("/meetings/999999").status_code == 404
    assert "会议记录" not in member.get(f"/meetings/{key}").text
    other = server.client(SECRETARY).get(f"/meetings/{key}").text
    assert not ballots(other)  # the secretary has no vote


def test_a_stale_ballot_is_refused_item_by_item_and_what_was_typed_stays(
    server: Server, numbers: list[str]
) -> None:
    key = session_over(*numbers)
    client = server.client(MEMBERS[0])
    first, second = ballots(client.get(f"/meetings/{key}").text)
    said = client.post(
        f"/meetings/{key}/votes",
        data={
            f"vote-{first}": "approve", f"shown-{first}": "0" * 64, f"opinion-{first}": "写了很久的意见",
            f"vote-{second}": "refuse", f"shown-{second}": "",
        },
    )  # fmt: skip
    assert said.status_code == 422
    assert "案件内容在你打开页面之后有变化" in said.text
    assert "须写明意见" in said.text or "有变化" in said.text
    assert "写了很久的意见" in said.text
    none = client.post(f"/meetings/{key}/votes", data={})
    assert "还没有选择" in none.text
    with session() as s:
        foreign = meeting.items_of(s, key)[0]
    assert client.post(f"/meetings/{key}/votes", data={"vote-1": "approve"}).status_code in (200, 422)
    assert foreign.result is None


@pytest.mark.browser
def test_everyone_can_use_the_pages(server: Server, numbers: list[str]) -> None:
    key = session_over(*numbers)
    with chromium() as browser:
        for login, size in ((MEMBERS[0], PHONE), (SECRETARY, DESK)):
            context = browser.new_context(viewport=size)
            token = server.client(login).cookies.get(sessions.COOKIE) or ""
            context.add_cookies([{"name": sessions.COOKIE, "value": token, "url": server.base_url}])
            page = context.new_page()
            for address in ("/meetings", f"/meetings/{key}"):
                page.goto(f"{server.base_url}{address}")
                assert_accessible(page)
            context.close()
