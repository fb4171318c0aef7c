"""消息, 代理, 回避 and 移交 at the door."""

from datetime import timedelta

from models import clock
from models.records.message import MessageKind
from models.records.person import Person
from tests import builders
from tests.browser import PHONE, assert_accessible, chromium
from tests.doors.conftest import Server
from tests.doors.test_verbs import Db, at_first_review, do, person_id, told


def test_a_substitute_sees_whose_name_is_signed_until_it_ends(server: Server, db: Db) -> None:
    number = builders.claimed()
    builders.answer(number, "wangliqun", opinion="予以受理。")
    builders.answer(number, "chenjiamin", opinion="属实。")
    task = builders.open_task(number)
    head, instead = server.client("zhoubingwen"), server.client("liangzihao")
    assert "你正代" not in instead.get(f"/tasks/{task.id}").text
    today = clock.today()
    typed = {
        "substitute_person": person_id(db, "zhoubingwen"),
        "substitute_substitute": person_id(db, "liangzihao"),
        "substitute_starts_on": "下周一",
        "substitute_ends_on": (today + timedelta(days=3)).isoformat(),
        "substitute_reason": "外出<培训>",
    }
    wrong = head.post("/arrangements/substitute", data=typed)
    assert wrong.status_code == 422 and "这样的日期" in wrong.text and "外出&lt;培训&gt;" in wrong.text
    typed["substitute_starts_on"] = today.isoformat()
    assert head.post("/arrangements/substitute", data=typed).status_code == 303
    again = head.post("/arrangements/substitute", data=typed)
    assert again.status_code == 409 and "已有代理" in again.text
    assert "你正代周秉文办理" in instead.get(f"/tasks/{task.id}").text
    stranger = server.client("qiushaofen").post("/arrangements/substitute/1/end")
    assert stranger.status_code == 403 and "由本人登记" in stranger.text
    assert head.post("/arrangements/substitute/1/end").status_code == 303
    assert "你正代" not in instead.get(f"/tasks/{task.id}").text


def test_a_recusal_is_registered_by_oneself_and_lifted_by_another(server: Server, db: Db) -> None:
    task, client = at_first_review(), server.client("chenjiamin")
    me = person_id(db, "chenjiamin")
    typed = {"recuse_person": me, "recuse_reason": "近亲属任职"}
    neither = client.post("/arrangements/recuse", data=typed)
    assert neither.status_code == 422 and "二者选一" in neither.text and "近亲属任职" in neither.text
    assert (
        client.post(
            "/arrangements/recuse", data={**typed, "recuse_institution": task.applicant_id}
        ).status_code
        == 303
    )
    assert "已登记回避（近亲属任职）" in client.get(f"/tasks/{task.id}").text
    assert client.post("/arrangements/recuse/1/end").status_code == 403
    assert server.client("zhoubingwen").post("/arrangements/recuse/1/end").status_code == 303
    assert "已登记回避" not in client.get(f"/tasks/{task.id}").text


def test_a_handover_says_how_many_tasks_move_before_they_do(server: Server, db: Db) -> None:
    task, leaver = at_first_review(), server.client("chenjiamin")
    assert leaver.post(f"/tasks/{task.id}/claim").status_code == 303
    head = server.client("zhoubingwen")
    typed = {"handover_person": person_id(db, "chenjiamin"), "handover_to": person_id(db, "liangzihao")}
    asked = head.post("/arrangements/handover", data=typed)
    assert asked.status_code == 200 and '<b class="num">1</b> 件任务移交<b>梁子豪</b>' in asked.text
    assert leaver.get("/queue").status_code == 200
    assert head.post("/arrangements/handover", data={**typed, "confirmed": "1"}).status_code == 303
    assert leaver.get("/queue").status_code != 200
    with db() as s:
        assert not s.get_one(Person, typed["handover_person"]).active
    denied = server.client("wangliqun").post("/arrangements/handover", data={**typed, "confirmed": "1"})
    assert denied.status_code in (403, 422)


def test_messages_are_counted_until_opened_and_copies_are_marked_read(server: Server, db: Db) -> None:
    task, manager = at_first_review(), server.client("lizhiyuan")
    do(manager, task, "nudge", words="请本周办结")
    to = person_id(db, "chenjiamin")
    assert manager.post(f"/cases/{task.case_number}/do/copy", data={"to": to}).status_code == 303
    assert told(db, "chenjiamin") == [MessageKind.COPY, MessageKind.NUDGE]
    client = server.client("chenjiamin")
    page = client.get("/messages").text
    assert 'data-count="messages">2<' in page and "请本周办结" in page
    assert client.get("/messages/1").headers["location"] == f"/tasks/{task.id}"
    assert 'data-count="messages">1<' in client.get("/messages").text
    copies = client.get("/messages?kind=copy").text
    assert "抄送我" in copies and "请本周办结" not in copies
    key = copies.split('action="/messages/')[1].split("/")[0]
    assert client.post(f"/messages/{key}/read").headers["location"] == "/messages?kind=copy"
    assert "已阅" in client.get("/messages?kind=copy").text
    assert manager.post(f"/messages/{key}/read").status_code == 404
    assert server.client("linwanyi").get("/messages").status_code == 403


def test_both_pages_are_accessible_on_a_phone(server: Server, db: Db) -> None:
    do(server.client("lizhiyuan"), at_first_review(), "nudge", words="请本周办结")
    client = server.client("zhoubingwen")
    with chromium() as browser:
        context = browser.new_context(viewport=PHONE)
        context.add_cookies(
            [{"name": c.name, "value": c.value or "", "url": server.base_url} for c in client.cookies.jar]
        )
        page = context.new_page()
        for place in ("/arrangements", "/messages"):
            page.goto(server.base_url + place)
            assert_accessible(page)
