"""意见附件: added while an answer is written, given with it or gone with its draft; read by the reviewing sides only."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from api.client import Desk
from api.pages.evidence import evidence
from flows.actions.answers import answering, opinion_files
from flows.actions.colleagues import passing
from flows.actions.errors import ConflictError
from flows.forget_calls import forget
from models.database import session
from models.gates import Outcome
from models.records import case as cases
from models.records import opinion_file, person
from models.records.opinion_file import OpinionFile
from models.records.task import Added, Task, TaskState
from tests import builders
from tests.browser import DESK, chromium
from tests.doors.api import PDF, V1, Callers, issue
from tests.doors.conftest import Client, Server
from tests.seed import actor

Db = Callable[[], AbstractContextManager[Session]]
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
OFFICER, COLLEAGUE, BANKER = "wangliqun", "chenjiamin", "linwanyi"


def files_of(task: Task) -> list[OpinionFile]:
    with session() as s:
        query = select(OpinionFile).where(OpinionFile.task_id == task.id)
        return list(s.exec(query.order_by(col(OpinionFile.id))).all())


def add(client: Client, task: Task, name: str = "实地核查.pdf", data: bytes = PDF) -> str:
    """Choose a file as the page's script does; the part of the page that comes back."""
    answer = client.post(
        f"/tasks/{task.id}/files",
        files={"files": (name, data, "application/pdf")},
        data={"answer": "approve", "opinion": "写到一半"},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code in (200, 422) and "<html" not in answer.text
    return answer.text


def attached(page: str) -> list[str]:
    return re.findall(r'name="attached" value="(\d+)"', page)


def answer(client: Client, task: Task, **form: object) -> tuple[int, str]:
    """Answer as the page as it stands would."""
    page = client.get(f"/tasks/{task.id}").text
    for key in re.findall(r'name="check" value="([^"]+@\d+)"', page):
        client.post(f"/tasks/{task.id}/looks", data={"check": key})
    shown = re.search(r'name="shown" value="([^"]*)"', page)
    assert shown
    given = {"shown": shown[1], "answer": "approve", "opinion": "同意。", "attached": attached(page), **form}
    found = client.post(f"/tasks/{task.id}/answer", data=given)
    return found.status_code, found.text


def test_files_stay_with_the_draft_and_are_given_with_the_answer(server: Server) -> None:
    number = builders.claimed()
    task, client = builders.open_task(number), server.client(OFFICER)
    assert "实地核查.pdf" in add(client, task)
    add(client, task, "现场.png", PNG)
    page = client.get(f"/tasks/{task.id}").text
    assert len(attached(page)) == 2 and "写到一半" in page
    assert "实地核查.pdf" not in server.client(COLLEAGUE).get(f"/tasks/{task.id}").text
    assert answer(client, task)[0] == 303
    assert all(file.given_at for file in files_of(task))
    builders.wake()
    case = server.client(COLLEAGUE).get(f"/cases/{number}").text
    (key, *_) = [file.id for file in files_of(task)]
    assert case.count(f"/opinion-files/{key}/preview") == 3, "as news, on the timeline and among the files"
    later = server.client(COLLEAGUE).get(f"/tasks/{builders.open_task(number).id}").text
    assert f"/opinion-files/{key}/preview" in later and f"paper=o-{key}" in later
    assert server.client(COLLEAGUE).get(f"/opinion-files/{key}").content == PDF
    assert server.client(COLLEAGUE).get(f"/opinion-files/{key}/preview").status_code == 303
    shown = server.client(COLLEAGUE).get(f"/opinion-files/{(key or 0) + 1}/preview")
    assert f'src="/opinion-files/{(key or 0) + 1}"' in shown.text


def test_an_applicant_finds_no_trace_of_them(server: Server, db: Db, callers: Callers) -> None:
    number = builders.claimed()
    task = builders.open_task(number)
    add(server.client(OFFICER), task, "内部意见.pdf")
    answer(server.client(OFFICER), task)
    builders.wake()
    (file,) = files_of(task)
    bank = server.client(BANKER)
    assert "内部意见" not in bank.get(f"/cases/{number}").text
    for address in (f"/opinion-files/{file.id}", f"/opinion-files/{file.id}/preview"):
        assert bank.get(address).status_code == 404
    assert callers(BANKER).get(f"{V1}/opinion-files/{file.id}/content").status_code == 404
    with db() as s:
        record = cases.by_number(s, number)
        assert record is not None
        theirs, ours = (evidence(s, record, applicant=applicant) for applicant in (True, False))
    assert not [item for item in theirs.items if "意见附件" in item.path or "内部意见" in str(item.data)]
    assert file.sha256 in {item.sha256 for item in ours.items if item.path.startswith("意见附件/")}
    packed = zipfile.ZipFile(io.BytesIO(b"".join(ours.write())))
    assert packed.read("意见附件/01-内部意见.pdf") == PDF
    audit = json.loads(packed.read("审计摘录.json"))
    assert audit["opinion_files"][0]["sha256"] == file.sha256
    assert "附件：内部意见.pdf" in packed.read("经过.txt").decode()


def test_an_administrator_of_a_bank_reads_no_reviewers_page_through_a_task_of_the_bank(
    server: Server, db: Db
) -> None:
    number = builders.claimed()
    builders.answer(number, OFFICER, Outcome.RETURN, "只供内部", faults=[{"problem": "缺合同"}])
    task = builders.open_task(number)
    with db() as s:
        who = person.by_login(s, BANKER)
        assert who is not None
        for role in s.exec(select(person.PersonRole).where(person.PersonRole.person_id == who.id)):
            role.role = person.Role.INSTITUTION_ADMIN
    bank = server.client(BANKER)
    assert bank.get(f"/tasks/{task.id}").status_code == 303
    assert bank.get(f"/tasks/{task.id}/papers/x", headers={"HX-Request": "true"}).status_code == 404
    assert bank.post(f"/tasks/{task.id}/preview", data={}).status_code == 404


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("空.pdf", b"", "是空文件"),
        ("宏.exe", b"MZ", "不是可以上传的类型"),
        ("伪装.pdf", PNG, "的内容与扩展名不符"),
    ],
)
def test_a_file_that_may_not_be_kept_is_named_and_nothing_is_lost(
    server: Server, name: str, data: bytes, said: str
) -> None:
    task, client = builders.open_task(builders.claimed()), server.client(OFFICER)
    add(client, task)
    assert said in add(client, task, name, data)
    assert [file.filename for file in files_of(task)] == ["实地核查.pdf"]


def test_without_script_the_files_travel_with_the_answer(server: Server) -> None:
    task, client = builders.open_task(builders.claimed()), server.client(OFFICER)
    page = client.get(f"/tasks/{task.id}").text
    shown = re.search(r'name="shown" value="([^"]*)"', page)
    assert shown and 'enctype="multipart/form-data"' in page
    form = {"shown": shown[1], "answer": "return", "opinion": "", "todo_more": "合同｜缺页｜补传"}
    sent = {"files": ("说明.pdf", PDF, "application/pdf")}
    refused = client.post(f"/tasks/{task.id}/answer", data=form, files=sent)
    assert refused.status_code == 422 and "说明.pdf" in refused.text, "kept although the opinion is missing"
    again = form | {"opinion": "请补正。", "attached": attached(refused.text)}
    assert client.post(f"/tasks/{task.id}/answer", data=again).status_code == 303
    (file,) = files_of(task)
    assert file.given_at is not None


def test_a_page_that_shows_other_files_than_there_are_is_told_so(server: Server) -> None:
    task, client = builders.open_task(builders.claimed()), server.client(OFFICER)
    (key,) = attached(add(client, task))
    add(client, task, "另一窗口.pdf")
    status, page = answer(client, task, attached=[key])
    assert status == 409 and "意见附件在你打开页面之后有变化" in page
    with session() as s:
        assert s.get_one(Task, task.id).state == TaskState.OPEN
    gone = client.post(f"/tasks/{task.id}/files/{key}/remove", headers={"HX-Request": "true"})
    assert "另一窗口.pdf" in gone.text and "实地核查.pdf" not in gone.text
    assert server.client(COLLEAGUE).post(f"/tasks/{task.id}/files/{key}/remove").status_code == 404
    assert answer(client, task)[0] == 303


def test_what_others_uploaded_goes_with_their_drafts_and_what_was_given_is_kept(
    server: Server, db: Db
) -> None:
    task = builders.open_task(builders.claimed())
    add(server.client(COLLEAGUE), task, "未提交.pdf")
    add(server.client(OFFICER), task, "已提交.pdf")
    assert answer(server.client(OFFICER), task)[0] == 303
    assert [file.filename for file in files_of(task)] == ["已提交.pdf"]
    with db() as s, pytest.raises(IntegrityError, match="cannot be changed"):
        s.exec(select(OpinionFile)).one().filename = "改名.pdf"
        s.flush()
    late = server.client(COLLEAGUE).post(
        f"/tasks/{task.id}/files", files={"files": ("晚了.pdf", PDF, "application/pdf")}
    )
    assert late.status_code == 409


def test_files_of_answers_that_never_come_are_forgotten(server: Server, db: Db) -> None:
    task = builders.open_task(builders.claimed())
    add(server.client(OFFICER), task)
    forget()
    assert files_of(task)
    with db() as s:
        s.get_one(Task, task.id).state = TaskState.LAPSED
    forget()
    assert not files_of(task)


def test_an_opinion_takes_ten_files_and_the_next_gate_is_bound_to_them(server: Server, db: Db) -> None:
    number = builders.claimed()
    task = builders.open_task(number)
    with db() as s:
        for n in range(opinion_files.MOST_FILES):
            opinion_files.stage(s, actor(s, OFFICER), task.id or 0, f"{n}.pdf", PDF + str(n).encode())
    assert "最多附 10 个文件" in add(server.client(OFFICER), task, "11.pdf")
    with db() as s, pytest.raises(ConflictError):
        answering.answer(s, actor(s, OFFICER), task.id or 0, Outcome.APPROVE, shown_files=[])
    assert answer(server.client(OFFICER), task)[0] == 303
    builders.wake()
    with db() as s:
        following = s.get_one(Task, builders.open_task(number).id)
        assert following.shown_hash != task.shown_hash
        assert len(opinion_file.of_case(s, following.case_id)) == 10


def test_advice_remarks_and_added_signers_carry_files(server: Server, db: Db) -> None:
    number = builders.claimed()
    task = builders.open_task(number)
    with db() as s:
        other = person.by_login(s, COLLEAGUE)
        assert other is not None
        passing.delegate(s, actor(s, OFFICER), task.id or 0, other.id or 0, "请核实")
    pdf = ("核实.pdf", PDF, "application/pdf")
    client = server.client(COLLEAGUE)
    assert 'name="files"' in client.get(f"/tasks/{task.id}").text
    bad = client.post(
        f"/tasks/{task.id}/do/advise", data={"opinion": "属实"}, files={"files": ("x.pdf", b"", "")}
    )
    assert bad.status_code == 422 and "是空文件" in bad.text
    client.post(f"/tasks/{task.id}/do/advise", data={"opinion": "属实"}, files={"files": pdf})
    remark = ("批注.png", PNG, "image/png")
    client.post(f"/cases/{number}/do/comment", data={"words": "见附件"}, files={"files": remark})
    page = server.client(OFFICER).get(f"/tasks/{task.id}").text
    assert page.count("/preview") and "核实.pdf" in page and "批注.png" in page
    with db() as s:
        signer = person.by_login(s, "zhoubingwen")
        assert signer is not None
        added = passing.add_signer(s, actor(s, OFFICER), task.id or 0, signer.id or 0, Added.BEFORE, "请签署")
    signing = server.client("zhoubingwen")
    add(signing, added, "签署.pdf")
    assert answer(signing, added)[0] == 303
    assert "签署.pdf" in server.client(OFFICER).get(f"/tasks/{task.id}").text
    bank = server.client(BANKER).get(f"/cases/{number}").text
    assert not [name for name in ("核实.pdf", "批注.png", "签署.pdf") if name in bank]


def test_over_the_api_uploads_are_named_in_answer_advice_and_remark(server: Server, callers: Callers) -> None:
    number = builders.claimed()
    task = builders.open_task(number)
    with Desk(server.base_url, issue(OFFICER)[1]) as desk:
        sent = desk.upload(PDF, "核查.pdf")
        remark = desk.comment(number, "见附件", files=[sent])
        assert [one.filename for one in remark.attachments] == ["核查.pdf"]
        assert desk.comments(number)[0].attachments[0].sha256 == sent.sha256
        for one in callers(OFFICER).get(f"{V1}/tasks/{task.id}/checks").json()["items"]:
            callers(OFFICER).write(
                f"/tasks/{task.id}/looks", {"check": one["check"], "loan_id": one["loan_id"]}
            )
        done = desk.answer(desk.task(task.id or 0), "approve", "予以受理。", [sent])
        assert [one.filename for one in done.attachments] == ["核查.pdf"]
        assert desk.enclosed(done.attachments[0]) == PDF
    foreign = callers(BANKER).upload().json()["id"]
    builders.wake()
    following = builders.open_task(number)
    reader = callers(COLLEAGUE)
    _, tag = reader.see(f"/tasks/{following.id}")
    body = {"outcome": "return", "opinion": "请补", "attachments": [foreign], "faults": [{"problem": "缺页"}]}
    refused = reader.write(f"/tasks/{following.id}/answer", body, seen=tag)
    assert refused.status_code == 422
    assert refused.json()["faults"][0]["pointer"] == "/attachments/0"


@pytest.mark.browser
def test_a_file_is_added_and_removed_on_the_page_without_losing_a_word(server: Server) -> None:
    task, client = builders.open_task(builders.claimed()), server.client(OFFICER)
    session_ = [{"name": k, "value": v, "url": server.base_url} for k, v in client.cookies.items()]
    with chromium() as browser:
        context = browser.new_context(viewport=DESK, base_url=server.base_url)  # type: ignore[arg-type]
        context.add_cookies(session_)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"/tasks/{task.id}")
        page.locator("#opinion").fill("先写一句")
        for name in ("甲.pdf", "乙.pdf"):
            page.get_by_label("添加附件").set_input_files(
                {"name": name, "mimeType": "application/pdf", "buffer": PDF}
            )
            page.get_by_role("link", name=name).wait_for()
        page.get_by_role("button", name="移除附件 甲.pdf").click()
        page.get_by_role("link", name="甲.pdf").wait_for(state="detached")
        assert page.locator("#opinion").input_value() == "先写一句"
        page.get_by_label("退回补正").check()
        page.locator("fieldset.todos input[type=checkbox]").first.check()
        page.get_by_role("button", name="提交：退回补正").click()
        page.wait_for_url("**/queue?done=*")
    (file,) = files_of(task)
    assert file.filename == "乙.pdf" and file.given_at is not None
