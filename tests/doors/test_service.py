"""送达 at the doors: the link of an e-mail, 签收 on the portal and over the API, the phone list."""

import re
from uuid import UUID

import pytest
from sqlmodel import select

from flows.documents.engine import plain_text
from flows.steps.notices import announce
from models import clock, database
from models.records import institution, service
from models.records.attachment import Blob, keep
from models.records.case import by_number
from models.records.document import Document
from models.records.notice import Acknowledged, Channel, Delivery, Notice
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.doors.api import V1
from tests.doors.conftest import Callers, Server
from tests.doors.test_notices import told

NUMBER = "BC-2026-0001"


def served() -> UUID:
    """莞邑银行 is sent a decision; the notice's id."""
    with database.session() as s:
        told(s, number=NUMBER)
        case = by_number(s, NUMBER)
        assert case is not None
        document = Document(
            case_id=case.id, code="D23", title="风险补偿决定通知书", organ_id=case.managing_institution_id,
            number="东工信函〔2026〕12号", filename="a.docx", sha256=keep(s, b"PK a letter"), template_sha256="",
            context_sha256="", issued_at=clock.now(), issued_on=clock.today(), verification_code="V1",
            for_applicant=True,
        )  # fmt: skip
        s.add(document)
        s.flush()
        return announce(s, case, "claim_decided", document=document, context={"amount": "1.00"}).id


def notice(key: UUID) -> Notice:
    with database.session() as s:
        return s.get_one(Notice, key)


def delivery(key: UUID, channel: Channel) -> Delivery:
    with database.session() as s:
        return s.exec(select(Delivery).where(Delivery.notice_id == key, Delivery.channel == channel)).one()


def test_looking_at_the_link_acknowledges_nothing_pressing_the_button_does(server: Server) -> None:
    key = served()
    nobody = server.client()
    link = f"/ack/{delivery(key, Channel.EMAIL).ack_token}"
    offered = nobody.get(link)
    assert offered.status_code == 200
    assert "莞邑银行股份有限公司" in offered.text
    assert notice(key).acknowledged_at is None
    assert "已签收" in nobody.post(link).text
    first = notice(key)
    assert first.acknowledged_via == Acknowledged.EMAIL
    again = nobody.post(link)
    assert "已签收" in again.text
    assert notice(key).acknowledged_at == first.acknowledged_at
    for odd in ("/ack/x", f"{link}x", "/ack/%00"):
        assert nobody.get(odd).status_code == 404
        assert nobody.post(odd).status_code == 404
    assert NUMBER not in nobody.get("/ack/x").text


def test_opening_is_not_acknowledging_and_the_first_acknowledgement_stays(
    server: Server, callers: Callers
) -> None:
    key = served()
    bank, inbox = server.client("linwanyi"), delivery(key, Channel.PORTAL).id
    letter = bank.get(f"/notices/{inbox}").text
    assert "签收" in letter
    assert notice(key).acknowledged_at is None
    assert "1 待签收" in bank.get("/bank").text
    assert f"/notices/{inbox}" in bank.get("/notices?unsigned=1").text
    assert server.client("yexiaotong").post(f"/notices/{inbox}/acknowledge").status_code == 404
    assert server.client("chenjiamin").post(f"/notices/{inbox}/acknowledge").status_code == 403
    assert bank.post(f"/notices/{inbox}/acknowledge").status_code == 303
    assert "林婉仪" in bank.get(f"/notices/{inbox}").text
    assert "没有待签收的文书" in bank.get("/notices?unsigned=1").text
    first = notice(key)
    assert first.acknowledged_via == Acknowledged.PORTAL
    said = callers("linwanyi").post(
        f"{V1}/notices/{key}/acknowledgement", headers={"Idempotency-Key": "acknowledge-1"}
    )
    assert said.status_code == 200, said.text
    assert said.json()["acknowledged_at"] is not None
    assert notice(key).acknowledged_at == first.acknowledged_at


def test_the_phone_list_leads_to_the_chain_where_a_call_is_registered(server: Server) -> None:
    key = served()
    with database.session() as s:
        told = s.get_one(Notice, key)
        told.reminded_at = told.escalated_at = clock.now()
    officer = server.client("chenjiamin")
    listed = officer.get("/service").text
    assert "0769-0000 0000" in listed
    assert f"/service/{key}" in listed
    assert "风险补偿决定通知书" not in server.client("panjiansheng").get("/service").text
    assert server.client("linwanyi").get(f"/service/{key}").status_code == 403
    call = {"spoke_with": "李敏", "phone": "0769-2222 0000", "reached": "", "words": "已说明。"}
    faulty = officer.post(f"/service/{key}/call", data=call)
    assert faulty.status_code == 422
    assert "通话结果" in faulty.text
    assert "已说明。" in faulty.text, "what was typed stays"
    assert officer.post(f"/service/{key}/call", data=call | {"reached": "yes"}).status_code == 303
    assert notice(key).acknowledged_via == Acknowledged.PHONE
    chain = officer.get(f"/service/{key}").text
    assert re.search(r"电话送达.*陈", chain)
    assert officer.post(f"/service/{key}/call", data=call | {"reached": "yes"}).status_code == 409
    assert f"/service/{key}" not in officer.get("/service").text
    made = officer.post(f"/service/{key}/receipt")
    assert made.status_code == 303
    with database.session() as s:
        receipt = s.exec(select(Document).where(Document.code == "D40")).one()
        words = plain_text(s.get_one(Blob, receipt.sha256).data)
    assert made.headers["location"] == f"/documents/{receipt.id}"
    assert "电话送达，陈" in words
    assert "东工信函〔2026〕12号" in words
    assert "0769-2222 0000，李敏接听，已告知" in words
    assert server.client("linwanyi").post(f"/service/{key}/receipt").status_code == 403
    with database.session() as s:
        home = institution.by_code(s, "GYB")
        assert home is not None
        assert service.unacknowledged(s, home.id or 0) == 0


@pytest.mark.browser
def test_the_pages_are_usable_on_desk_and_phone(server: Server) -> None:
    key = served()
    officer = server.client("chenjiamin")
    with chromium() as browser:
        for size in (DESK, PHONE):
            page = browser.new_page(viewport=size)
            page.goto(f"{server.base_url}/ack/{delivery(key, Channel.EMAIL).ack_token}")
            assert_accessible(page)
            cookies = [
                {"name": c.name, "value": c.value, "url": server.base_url} for c in officer.cookies.jar
            ]
            page.context.add_cookies(cookies)
            page.goto(f"{server.base_url}/service/{key}")
            assert_accessible(page)
