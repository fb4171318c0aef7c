"""Forms of the bank that come late, twice, or from a window that no longer shows what is: nothing is filed that the
person did not see, nothing typed is lost."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import Session, select

from api.auth.session import CSRF_HEADER
from models import clock
from models.lifecycle import Process
from models.records.case import CaseRecord
from models.records.draft import Draft
from models.records.loan import Loan, of_case
from models.records.person import SignIn
from tests.actions import samples
from tests.actions.samples import PDF
from tests.seed import actor

Database = Callable[[], AbstractContextManager[Session]]
NEW = "/bank/filings/new"


def text(answer: httpx.Response) -> str:
    """What stands on the page, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.text))


def version(answer: httpx.Response) -> str:
    """What the page says it shows: the draft and how often its loans changed."""
    found = re.search(r'name="version" value="([^"]*)"', answer.text)
    assert found is not None, "the form does not say what it shows"
    return found[1]


def numbers(db: Database) -> list[str]:
    """Every case there is."""
    with db() as s:
        return list(s.exec(select(CaseRecord.number)))


def test_of_a_form_sent_eight_times_at_once_one_case_comes(server: Any, db: Database) -> None:
    clients = [server.client("linwanyi") for _ in range(8)]
    form = samples.loan() | {"version": version(clients[0].get(NEW))}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda client: client.post(NEW, data=form), clients))
    (number,) = numbers(db)
    assert sorted(a.status_code for a in answers) == [303] + [422] * 7, [text(a)[:200] for a in answers]
    for refused in (a for a in answers if a.status_code == 422):
        assert number in text(refused) or "已经提交" in text(refused)
        assert 'value="GY-2025-0614-01"' in refused.text


def test_a_form_sent_again_after_the_back_button_says_that_it_was_filed(server: Any, db: Database) -> None:
    client = server.client("linwanyi")
    client.post(NEW, data=samples.loan() | {"do": "save"})
    page = client.get(NEW)
    form = {"place": "", "version": version(page)}
    assert client.post(NEW, data=form).status_code == 303
    again = client.post(NEW, data=form)
    assert again.status_code == 422 and "已经提交" in text(again)
    removed = client.post(NEW, data=form | {"do": "remove:0"})
    assert removed.status_code == 422 and "已经提交" in text(removed)
    assert len(numbers(db)) == 1


def test_a_window_that_shows_fewer_loans_files_none_of_them(server: Any, db: Database) -> None:
    client = server.client("linwanyi")
    client.post(NEW, data=samples.loan() | {"do": "save"})
    shown = version(client.get(NEW))
    client.post(NEW, data=samples.loan(receipt_number="B") | {"do": "save"})  # in another window
    refused = client.post(NEW, data={"place": "", "version": shown})
    assert refused.status_code == 422 and "另一个窗口" in text(refused) and "2 笔，" in text(refused)
    assert numbers(db) == []
    assert client.post(NEW, data={"place": "", "version": version(refused)}).status_code == 303


@pytest.mark.parametrize("does", ["save", "remove:0"])
def test_a_window_with_old_places_changes_no_other_loan(server: Any, db: Database, does: str) -> None:
    client = server.client("linwanyi")
    for receipt in ("A", "B"):
        client.post(NEW, data=samples.loan(receipt_number=receipt) | {"do": "save"})
    old = client.get(f"{NEW}?loan=0")
    client.post(NEW, data={"do": "remove:0", "version": version(old)})  # B is the first now
    late = samples.loan(receipt_number="A", purpose="另行更正") | {"place": "0", "version": version(old)}
    refused = client.post(NEW, data=late | {"do": does})
    assert refused.status_code == 422 and "另一个窗口" in text(refused)
    assert ">另行更正</textarea>" in refused.text  # what was typed is still there, as a loan to add
    with db() as s:
        (draft,) = s.exec(select(Draft)).all()
        assert [loan["receipt_number"] for loan in draft.data["loans"]] == ["B"]
    assert (
        client.post(NEW, data=late | {"place": "", "do": "save", "version": version(refused)}).status_code
        == 303
    )


def test_throwing_the_draft_away_twice_throws_nothing_newer_away(server: Any, db: Database) -> None:
    client = server.client("linwanyi")
    client.post(NEW, data=samples.loan() | {"do": "save"})
    old = version(client.get(NEW))
    assert client.post(NEW, data={"do": "discard", "version": old}).status_code == 303
    client.post(NEW, data=samples.loan(receipt_number="B") | {"do": "save"})
    assert client.post(NEW, data={"do": "discard", "version": old}).status_code == 422
    assert "1 笔，" in text(client.get(NEW))


@pytest.mark.parametrize(
    "posted", [{"institution": "不存在的银行"}, {"institution_id": "999"}, {"board": "guarantee"}]
)
def test_an_institution_that_is_not_ones_own_is_never_filed_for(
    server: Any, db: Database, posted: dict[str, str]
) -> None:
    """Whose loan it is comes from who signed in; a form that says otherwise is refused as a whole."""
    client = server.client("linwanyi")
    answer = client.post(NEW, data=samples.loan() | posted)
    assert answer.status_code == 422
    assert "只能为本单位（莞邑银行（示例），银行板块）申报" in text(answer)
    assert 'value="GY-2025-0614-01"' in answer.text and numbers(db) == []


def after_lunch(db: Database) -> None:
    """Every session has been idle for an hour."""
    with db() as s:
        for row in s.exec(select(SignIn)):
            row.last_seen_at = clock.wall() - timedelta(hours=1)


def test_a_loan_typed_over_lunch_is_kept_and_filed_after_signing_in_again(server: Any, db: Database) -> None:
    client = server.client("linwanyi")
    typed = samples.loan() | {"version": version(client.get(NEW)), "place": "", "do": "save"}
    token = client.headers.pop(CSRF_HEADER)
    after_lunch(db)
    paper = {"materials.commitment": ("承诺书.pdf", PDF, "application/pdf")}
    late = client.post(NEW, data=typed | {"csrf_token": token}, files=paper)
    assert late.status_code == 401 and "尚未提交，内容仍在" in text(late) and "附件没有保留" in text(late)
    kept = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', late.text))
    assert {name: kept[name] for name in typed} == typed
    client.sign_in_as("linwanyi")
    del client.headers[CSRF_HEADER]
    assert client.post(NEW, data=kept).status_code == 303
    assert "1 笔，3,000,000.00 元" in text(client.get(NEW))


def test_a_claim_typed_over_lunch_is_kept_and_an_upload_says_to_sign_in(server: Any, db: Database) -> None:
    with db() as s:
        loan_id = samples.registered(s, actor(s, "linwanyi")).id
    client = server.client("linwanyi")
    path = f"/bank/claims/{loan_id}"
    after_lunch(db)
    upload = {"materials.contract": ("合同.pdf", PDF, "application/pdf")}
    note = client.post(
        f"{path}/materials/contract", data=samples.claim(), files=upload, headers={"HX-Request": "true"}
    )
    assert note.status_code == 401 and "登录" in text(note)
    token = client.headers.pop(CSRF_HEADER)
    late = client.post(path, data=samples.claim() | {"do": "save", "csrf_token": token}, files=upload)
    assert late.status_code == 401
    kept = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', late.text))
    client.sign_in_as("linwanyi")
    del client.headers[CSRF_HEADER]
    assert client.post(path, data=kept).status_code == 303
    page = client.get(f"/bank/claims/new?loan={loan_id}").text
    assert 'value="1,680,000.00"' in page and "已起诉并申请财产保全。" in page


def test_of_a_claim_sent_eight_times_at_once_one_case_comes(server: Any, db: Database) -> None:
    with db() as s:
        loan_id = samples.registered(s, actor(s, "linwanyi")).id
    clients = [server.client("linwanyi") for _ in range(8)]
    papers = {f"materials.{key}": (name, data, media) for key, name, media, data in samples.FILES["bank"]}
    path = f"/bank/claims/{loan_id}"
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda client: client.post(path, data=samples.claim(), files=papers), clients)
        )
    codes = sorted(a.status_code for a in answers)
    assert codes[0] == 303 and set(codes[1:]) <= {409, 422}, codes
    with db() as s:
        (number,) = s.exec(select(CaseRecord.number).where(CaseRecord.process == Process.CLAIM))
    assert all(number in text(a) for a in answers if a.status_code != 303)


def test_a_correction_sent_late_changes_no_loan_of_another_case(server: Any, db: Database) -> None:
    """The form names its loan; a loan of someone else's case, or of none, is not touched."""
    client = server.client("linwanyi")
    first = client.post(NEW, data=samples.loan()).headers["location"].split("/")[-2]
    second = client.post(NEW, data=samples.loan(receipt_number="B")).headers["location"].split("/")[-2]
    with db() as s:
        other = of_case(s, s.exec(select(CaseRecord.id).where(CaseRecord.number == second)).one())[0].id
    answer = client.post(
        f"/bank/cases/{first}/correct", data=samples.loan(purpose="改") | {"loan": str(other)}
    )
    assert answer.status_code == 409 and "不在补正环节" in text(answer)
    with db() as s:
        assert set(s.exec(select(Loan.purpose))) == {"购买原材料"}
