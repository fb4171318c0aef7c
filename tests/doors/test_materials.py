"""材料与填报核对 on the claim's page and on the reviewer's task: found on which page, or for a person to look at."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlmodel import Session, select

from flows.documents.engine import plain_text
from models.lifecycle import Board
from models.records.attachment import Blob
from models.records.document import Document
from models.records.draft import Draft
from models.records.paper_text import PaperText, Reading
from tests.actions import samples
from tests.builders import answer, claimed, open_task
from tests.documents.papers import docx, pdf
from tests.doors.test_bank import registered, text

Database = Callable[[], AbstractContextManager[Session]]
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
CONTRACT = docx("借款人：东莞市德润包装材料有限公司　合同号 GY-2025-0614　本金人民币300万元")


def slot(page: str, title: str) -> str:
    """One material's line as it stands on the page."""
    found = re.search(rf"<li[^>]*>(?:(?!<li).)*?{title}.*?</li>", page, re.DOTALL)
    assert found is not None, title
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found.group(0)))


def test_an_upload_says_on_which_page_the_facts_stand(server: Any, db: Database) -> None:
    bank, loan_id = server.client("linwanyi"), registered(db)
    sent = {"materials.contract": ("合同.docx", CONTRACT, WORD)}
    answer = bank.post(f"/bank/claims/{loan_id}/materials/contract", data=samples.claim(), files=sent)
    line = slot(answer.text, "借款合同、借据")
    assert "已匹配" in line and "第 1 页有债务人名称、借款合同号、贷款本金" in line


def test_what_is_not_found_waits_for_a_person_and_another_file_waits_again(server: Any, db: Database) -> None:
    bank, loan_id = server.client("linwanyi"), registered(db)
    address = f"/bank/claims/{loan_id}"
    sent = {"materials.contract": ("合同.pdf", pdf("GY-2025-0614"), "application/pdf")}
    answer = bank.post(f"{address}/materials/contract", data=samples.claim(), files=sent)
    line = slot(answer.text, "借款合同、借据")
    assert (
        "待确认" in line
        and "没有找到债务人名称（东莞市德润包装材料有限公司）、贷款本金（3,000,000.00 元）" in line
    )
    done = bank.post(address, data=samples.claim() | {"do": "confirm:contract"})
    assert done.headers["location"].endswith("#slots")
    page = bank.get(f"/bank/claims/new?loan={loan_id}").text
    assert "已核对" in slot(page, "借款合同、借据") and "1 / 6 齐" in page
    other = {"materials.contract": ("合同.pdf", pdf("GY-2025-0614 new"), "application/pdf")}
    answer = bank.post(f"{address}/materials/contract", data=samples.claim(), files=other)
    assert "待确认" in slot(answer.text, "借款合同、借据")


def test_a_scan_and_a_broken_file_are_for_a_person_and_nothing_is_blocked(server: Any, db: Database) -> None:
    bank, loan_id = server.client("linwanyi"), registered(db)
    for name, data, kind, why in (
        ("扫描.png", samples.png(), "image/png", "扫描件或图片，没有文字"),
        ("坏.pdf", b"%PDF-1.4\n" + b"[" * 50_000, "application/pdf", "请人工核对"),
    ):
        sent = {"materials.application": (name, data, kind)}
        answer = bank.post(f"/bank/claims/{loan_id}/materials/application", data=samples.claim(), files=sent)
        assert answer.status_code == 200 and why in slot(answer.text, "补偿申请表与材料目录")


def test_a_file_is_read_once_for_everybody(server: Any, db: Database) -> None:
    bank, loan_id = server.client("linwanyi"), registered(db)
    for name in ("contract", "collection"):
        sent = {f"materials.{name}": ("合同.docx", CONTRACT, WORD)}
        bank.post(f"/bank/claims/{loan_id}/materials/{name}", data=samples.claim(), files=sent)
    with db() as s:
        assert [one.outcome for one in s.exec(select(PaperText))] == [Reading.READ]
        assert len(s.exec(select(Draft)).all()) == 1


def test_the_reviewer_sees_it_with_its_source(server: Any) -> None:
    number = claimed()
    task = open_task(number)
    reviewer = server.client("chenjiamin")
    assert f"/tasks/{task.id}/materials" in reviewer.get(f"/tasks/{task.id}").text
    part = reviewer.get(f"/tasks/{task.id}/materials", headers={"HX-Request": "true"})
    assert "待人工核对" in text(part) and "出自 contract.pdf" in text(part)
    assert "材料与填报核对" in text(reviewer.get(f"/tasks/{task.id}/materials"))
    assert server.client("linwanyi").get(f"/tasks/{task.id}/materials").status_code == 404


def test_the_working_paper_prints_what_was_compared_and_where_it_stands(
    server: Any, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [one for one in samples.FILES[Board.BANK] if one[0] != "contract"]
    files = [*others, ("contract", "合同.docx", WORD, CONTRACT)]
    monkeypatch.setitem(samples.FILES, Board.BANK, files)
    number = claimed()
    assert server.client("chenjiamin").get(f"/tasks/{open_task(number).id}/materials").status_code == 200
    for login in ("chenjiamin", "wangliqun"):
        answer(number, login)
    with db() as s:
        (made,) = s.exec(select(Document).where(Document.code == "D17")).all()
        rows = plain_text(s.get_one(Blob, made.sha256).data)
    found = re.search(r"债务人名称\t东莞市德润包装材料有限公司\t([^\t]*)\t([^\t]*)\n\d", rows)
    assert found is not None
    places, agreement = found[1].splitlines(), found[2]
    assert "借款合同、借据等放款证明第1页" in places and agreement == "部分一致，余人工核对"
    assert any(place.endswith("：读不出文字（加密、损坏或过大）") for place in places)
    assert (
        "借款合同号\tGY-2025-0614\t" in rows
        and "贷款本金\t3,000,000.00元\t借款合同、借据等放款证明第1页\t一致" in rows
    )


def test_what_the_guarantor_paid_is_compared_with_the_shares(server: Any, db: Database) -> None:
    from models.lifecycle import Board

    filer, board = server.client("tanjunhao"), Board.GUARANTEE
    loan_id = registered(db, "tanjunhao", board)
    typed = samples.claim(board, guarantor_paid="1,000,000.00")
    filer.post(f"/bank/claims/{loan_id}", data=typed | {"do": "save"})
    page = text(filer.get(f"/bank/claims/new?loan={loan_id}"))
    assert "与分担比例不符" in page and "相差 920,000.00 元" in page
