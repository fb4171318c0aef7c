"""The verbs at the door: who is offered what, what is refused and how, and that nothing typed is lost."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlmodel import Session

from models.records import message
from models.records.case import by_number
from models.records.message import MessageKind
from models.records.person import by_login
from models.records.task import Added, Task, TaskState
from tests import builders
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.doors.conftest import Client, Server

Db = Callable[[], AbstractContextManager[Session]]


def at_first_review() -> Task:
    """A claim's task at 初审, taken in by 王立群."""
    number = builders.claimed()
    builders.answer(number, "wangliqun", opinion="材料齐全，予以受理。")
    return builders.open_task(number)


def person_id(db: Db, login: str) -> int:
    with db() as s:
        found = by_login(s, login)
        assert found is not None and found.id is not None
        return found.id


def row(db: Db, task: Task) -> Task:
    with db() as s:
        return s.get_one(Task, task.id)


def told(db: Db, login: str) -> list[MessageKind]:
    with db() as s:
        return [one.kind for one in message.of_person(s, person_id(db, login))]


def choices(page: str) -> set[str]:
    """The names a form's list of colleagues offers."""
    return set(re.findall(r">([^<>（]+)（[^<]*</option>", page))


def do(client: Client, task: Task, verb: str, **form: object) -> str:
    """Use a verb of a task, which must be done; the address that follows."""
    done = client.post(f"/tasks/{task.id}/do/{verb}", data=form)
    assert done.status_code == 303, done.text[-2500:]
    return done.headers["location"]


def test_a_task_is_transferred_to_an_eligible_colleague_and_nobody_else_is_offered(
    server: Server, db: Db
) -> None:
    task, client = at_first_review(), server.client("chenjiamin")
    assert f'href="/tasks/{task.id}/do/transfer"' in client.get(f"/tasks/{task.id}").text
    form = client.get(f"/tasks/{task.id}/do/transfer").text
    assert choices(form) == {"梁子豪"}
    place = do(client, task, "transfer", to=person_id(db, "liangzihao"), reason="明天起外出")
    page = client.get(place).text
    assert "已转办，并已告知接收人。" in page and "已由梁子豪认领" in page
    assert told(db, "liangzihao") == [MessageKind.TRANSFER]
    assert "转办给你：" in server.client("liangzihao").get(f"/tasks/{task.id}").text
    stale = client.post(f"/tasks/{task.id}/do/transfer", data={"to": "1", "reason": "明天起<外出>"})
    assert stale.status_code == 403 and "已由梁子豪认领" in stale.text and "明天起&lt;外出&gt;" in stale.text


def test_a_refused_transfer_says_why_and_keeps_the_words(server: Server, db: Db) -> None:
    task, client = at_first_review(), server.client("chenjiamin")
    nobody = client.post(f"/tasks/{task.id}/do/transfer", data={"reason": "外出培训"})
    assert (
        nobody.status_code == 422 and "请从名单中选择一位同事。" in nobody.text and "外出培训" in nobody.text
    )
    client_of_finance = server.client("qiushaofen")
    assert client_of_finance.get(f"/tasks/{task.id}/do/transfer").status_code == 409
    to = {"to": str(person_id(db, "zhoubingwen")), "reason": "外出培训"}
    barred = client.post(f"/tasks/{task.id}/do/transfer", data=to)
    assert barred.status_code == 403 and "不能转办给周秉文" in barred.text and "外出培训" in barred.text
    assert row(db, task).assignee_id is None and told(db, "zhoubingwen") == []
    dialog = client.post(f"/tasks/{task.id}/do/transfer", data=to, headers={"HX-Request": "true"})
    assert dialog.status_code == 403 and "<html" not in dialog.text and 'hx-target="#verb"' in dialog.text


def test_a_delegate_advises_on_the_page_and_the_holder_decides(server: Server, db: Db) -> None:
    task, holder, delegate = at_first_review(), server.client("chenjiamin"), server.client("liangzihao")
    do(holder, task, "delegate", to=person_id(db, "liangzihao"), reason="请核利率凭证")
    assert "收回委派" in holder.get(f"/tasks/{task.id}").text
    page = delegate.get(f"/tasks/{task.id}").text
    assert "委派给你提出意见" in page and "请核利率凭证" in page and 'id="decide"' not in page
    empty = delegate.post(f"/tasks/{task.id}/do/advise", data={"opinion": " "})
    assert empty.status_code == 422 and "请写明意见后再交回。" in empty.text
    do(delegate, task, "advise", opinion="利率与合同一致。")
    page = holder.get(f"/tasks/{task.id}").text
    assert "利率与合同一致。" in page and 'id="decide"' in page
    do(holder, task, "delegate", to=person_id(db, "liangzihao"), reason="再核一次")
    do(holder, task, "recall")
    assert row(db, task).assignee_id == person_id(db, "chenjiamin")
    assert delegate.post(f"/tasks/{task.id}/do/advise", data={"opinion": "晚了"}).status_code == 403


def test_a_signer_agrees_or_disagrees_and_a_signature_can_be_dropped(server: Server, db: Db) -> None:
    task, holder = at_first_review(), server.client("chenjiamin")
    assert "周秉文" in choices(holder.get(f"/tasks/{task.id}/do/sign").text)
    words = {"to": str(person_id(db, "ouyanglan")), "how": "before", "reason": "请核追偿净额"}
    assert holder.post(f"/tasks/{task.id}/do/sign", data={**words, "how": ""}).status_code == 422
    do(holder, task, "sign", **words)
    again = holder.post(f"/tasks/{task.id}/do/sign", data=words)
    assert again.status_code == 409 and "请核追偿净额" in again.text
    page = holder.get(f"/tasks/{task.id}").text
    assert "加签名单" in page and "欧阳岚" in page and "待签署" in page
    signing = builders.open_task(task.case_number)
    assert signing.added is Added.BEFORE
    asked = server.client("ouyanglan").get(f"/tasks/{signing.id}").text
    assert (
        "请核追偿净额" in asked
        and ">同意</b>" in asked
        and ">不同意</b>" in asked
        and "予以受理" not in asked[asked.index('id="decide"') :]
    )
    hash_shown = re.search(r'name="shown" value="([^"]*)"', asked)
    assert hash_shown
    wordless = {"shown": hash_shown[1], "answer": "refuse", "opinion": ""}
    refused = server.client("ouyanglan").post(f"/tasks/{signing.id}/answer", data=wordless)
    assert refused.status_code == 422 and "不同意" in refused.text
    not_mine = server.client("liangzihao").post(f"/tasks/{signing.id}/do/unsign")
    assert not_mine.status_code == 403 and "只有加签人可以减签。" in not_mine.text
    do(holder, signing, "unsign")
    assert row(db, signing).state == TaskState.LAPSED and row(db, task).state == TaskState.OPEN


def test_an_answer_is_taken_back_from_the_case_page_until_the_next_has_acted(server: Server, db: Db) -> None:
    number = builders.claimed()
    first = builders.open_task(number)
    builders.answer(number, "wangliqun", opinion="材料齐全，予以受理。")
    told_already = server.client("wangliqun").post(f"/tasks/{first.id}/do/take_back", data={"reason": "写错"})
    assert told_already.status_code == 409 and "已经通知申报机构" in told_already.text
    review = builders.open_task(number)
    builders.answer(number, "chenjiamin", opinion="属实。")
    client = server.client("chenjiamin")
    assert f"/tasks/{review.id}/do/take_back" in client.get(f"/cases/{number}").text
    assert "拿回" in client.get(f"/tasks/{review.id}").text
    assert f"/tasks/{review.id}/do/take_back" not in server.client("wangliqun").get(f"/cases/{number}").text
    place = do(client, review, "take_back", reason="金额写错")
    assert place == f"/cases/{number}?done=taken_back"
    builders.wake()
    assert builders.state(number) == "first_review"


def test_staff_copy_comment_nudge_and_follow_and_banks_do_not(server: Server, db: Db) -> None:
    task, manager = at_first_review(), server.client("lizhiyuan")
    number = task.case_number
    do(manager, task, "nudge", words="请本周办结")
    twice = manager.post(f"/tasks/{task.id}/do/nudge", data={"words": "快"})
    assert twice.status_code == 409 and "今天已经催办过" in twice.text
    form = manager.get(f"/cases/{number}/do/copy").text
    assert "欧阳岚" in form and "林婉仪" not in form
    none = manager.post(f"/cases/{number}/do/copy", data={"words": "供参考"})
    assert none.status_code == 422 and "供参考" in none.text
    to = person_id(db, "ouyanglan")
    assert manager.post(f"/cases/{number}/do/copy", data={"to": to, "words": "供参考"}).status_code == 303
    said = {"words": "利率口径见备案表\n第二行", "mentioned": to}
    assert manager.post(f"/cases/{number}/do/comment", data=said).status_code == 303
    assert told(db, "ouyanglan") == [MessageKind.MENTION, MessageKind.COPY]
    assert manager.post(f"/cases/{number}/do/follow").status_code == 303
    assert number in manager.get("/cases?show=followed").text
    assert number not in manager.get("/cases?show=mine").text
    page = manager.get(f"/cases/{number}").text
    assert "利率口径见备案表" in page and "未阅" in page and "取消关注" in page
    bank = server.client("linwanyi")
    assert "利率口径见备案表" not in bank.get(f"/cases/{number}").text
    denied = bank.post(f"/cases/{number}/do/comment", data={"words": "请快办"})
    assert denied.status_code == 403 and "供审核各方内部使用" in denied.text
    assert manager.get(f"/cases/{number}/do/erase").status_code == 404
    with db() as s:
        case = by_number(s, number)
        assert case is not None and len(message.comments(s, case.id or 0)) == 1


def test_an_unstaffed_task_is_assigned_by_a_manager(server: Server, db: Db) -> None:
    task = at_first_review()
    with db() as s:
        s.get_one(Task, task.id).unstaffed = True
    page = server.client("lizhiyuan").get(f"/tasks/{task.id}").text
    assert "无人可办。" in page and ">指派</a>" in page
    do(server.client("lizhiyuan"), task, "transfer", to=person_id(db, "liangzihao"), reason="原岗位空缺")
    assert not row(db, task).unstaffed and row(db, task).assignee_id == person_id(db, "liangzihao")


def test_in_a_browser_transfer_and_add_signer_by_dialog(server: Server, db: Db) -> None:
    task = at_first_review()
    with chromium() as browser:
        context = browser.new_context(viewport=DESK)
        client = server.client("chenjiamin")
        context.add_cookies(
            [{"name": c.name, "value": c.value or "", "url": server.base_url} for c in client.cookies.jar]
        )
        page = context.new_page()
        page.goto(f"{server.base_url}/tasks/{task.id}")
        page.get_by_role("link", name="加签").click()
        dialog = page.get_by_role("dialog", name="加签")
        dialog.get_by_label("签署人").select_option(str(person_id(db, "ouyanglan")))
        dialog.get_by_role("button", name="加签").click()
        dialog.get_by_text("请写明请其签署什么意见。").first.wait_for()
        assert_accessible(page)
        dialog.get_by_label("请其签署什么意见").fill("请核追偿净额")
        dialog.get_by_label("并加签").check()
        dialog.get_by_role("button", name="加签").click()
        page.get_by_text("已加签，并已告知签署人。").wait_for()
        page.set_viewport_size(PHONE)
        page.get_by_role("link", name="转办").click()
        dialog = page.get_by_role("dialog", name="转办")
        dialog.get_by_label("办理人").select_option(str(person_id(db, "liangzihao")))
        dialog.get_by_label("转办原因").fill("明天起外出")
        assert_accessible(page)
        page.emulate_media(color_scheme="dark")
        page.wait_for_timeout(100)
        assert_accessible(page)
        dialog.get_by_role("button", name="转办").click()
        page.get_by_text("已转办，并已告知接收人。").wait_for()
        assert_accessible(page)
    assert row(db, task).assignee_id == person_id(db, "liangzihao")
