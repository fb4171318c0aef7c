"""回复风险提示函: an institution answers a letter of warning once, and is reminded of one it has not answered."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from flows.actions.attaching import Upload
from flows.actions.errors import ConflictError, InvalidError, NotThereError
from flows.actions.loans import replying
from flows.actions.maker_checker import handing_in, matters
from flows.actions.papers import reissuing, voiding
from flows.documents import integrity
from models import clock
from models.records import warning_reply
from models.records.document import Document
from models.records.loan import Loan
from models.records.loan_change import LoanChange
from models.records.message import Message
from models.records.notice import Notice
from models.records.timeline import of_case as events_of
from models.records.warning_reply import WarningFile, WarningReply
from tests.actions.samples import PDF
from tests.actions.test_change_papers import HEAD
from tests.actions.test_changing import FILES, REVIEWS, TODAY, registered
from tests.actions.test_handing_in import CHECKS, demand
from tests.actions.test_warning import seen, warned
from tests.seed import actor

SAID = {"words": "已追加存货质押，欠息将于12月5日前结清。"}
SLIP: Upload = ("files", "质押合同.pdf", "application/pdf", PDF + b"\n")


@pytest.fixture(autouse=True)
def today() -> Any:
    with clock.at(TODAY):
        yield


def sent(s: Session) -> tuple[Loan, int, Document]:
    """A letter of warning of today, to be answered by 7 December."""
    loan = registered(s)
    change = seen(s, loan)
    return loan, change, warned(s, change)


def chased(s: Session, day: str, hour: str = "10:00") -> int:
    with clock.at(datetime.fromisoformat(f"{day}T{hour}:00+08:00")):
        return replying.chase(s)


def told(s: Session) -> list[str]:
    query = select(Notice.event).where(col(Notice.event).startswith("warning_reply"))
    return list(s.exec(query.order_by(col(Notice.created_at))))


def messages(s: Session, login: str) -> list[str]:
    query = select(Message.words).where(Message.person_id == actor(s, login).person_id)
    return [words for words in s.exec(query.order_by(col(Message.id))) if "风险提示函" in words]


def test_an_answer_with_its_file_is_read_by_who_sent_the_letter(s: Session) -> None:
    loan, change, letter = sent(s)
    number, case_id, files = letter.number, loan.case_id, integrity.verify(s).files
    owed = s.get_one(WarningReply, change)
    assert (owed.due_on, owed.replied_at) == (date(2026, 12, 7), None)
    replying.reply(s, actor(s, FILES), change, SAID, [SLIP])
    assert (owed.words, owed.replied_at) == (SAID["words"], TODAY)
    (file,) = warning_reply.files_of(s, [change])[change]
    assert (file.filename, file.media_type, file.size) == ("质押合同.pdf", "application/pdf", len(PDF) + 1)
    event = events_of(s, case_id)[-1]
    assert (event.event, event.data["number"]) == ("warning_replied", number)
    (words,) = messages(s, REVIEWS)
    assert "已回复风险提示函计险〔2026〕1号" in words
    assert chased(s, "2026-12-07") == chased(s, "2026-12-08") == 0, "what is answered is not chased"
    with pytest.raises(ConflictError, match="林婉仪已于 2026-11-23 10:00 回复"):
        replying.reply(s, actor(s, FILES), change, SAID)
    assert integrity.verify(s).files == files + 1


def test_who_may_answer_and_what(s: Session) -> None:
    loan = registered(s)
    change = seen(s, loan)
    with pytest.raises(ConflictError, match="没有待回复"):
        replying.reply(s, actor(s, FILES), change, SAID)
    warned(s, change)
    for login in (REVIEWS, "tanjunhao"):
        with pytest.raises(NotThereError):
            replying.reply(s, actor(s, login), change, SAID)
    with pytest.raises(InvalidError) as bare:
        replying.reply(s, actor(s, FILES), change, {"words": " "})
    assert [fault.field for fault in bare.value.faults] == ["words"]
    for files, said in (
        ([("files", "a.exe", "", b"MZ")], "不是可以上传的类型"),
        ([SLIP] * 11, "最多附 10 个"),
    ):
        with pytest.raises(InvalidError) as refused:
            replying.reply(s, actor(s, FILES), change, SAID, files)
        assert said in refused.value.faults[0].message
    assert not warning_reply.files_of(s, [change])


def test_the_institution_is_reminded_before_and_after_once_each(s: Session) -> None:
    sent(s)
    assert chased(s, "2026-12-01") == 0, "four working days ahead"
    assert [chased(s, "2026-12-02"), chased(s, "2026-12-03"), chased(s, "2026-12-07")] == [1, 0, 0]
    assert told(s) == ["warning_reply_due"]
    assert messages(s, REVIEWS) == []
    assert [chased(s, "2026-12-08"), chased(s, "2026-12-09"), chased(s, "2027-02-01")] == [1, 0, 0]
    assert told(s) == ["warning_reply_due", "warning_reply_overdue"]
    (words,) = messages(s, REVIEWS)
    assert "应于12月7日前回复，至今没有收到" in words
    notice = s.exec(select(Notice).where(Notice.event == "warning_reply_due")).one()
    assert "计险〔2026〕1号" in notice.body and "2026年12月7日（暂定）前" in notice.body


def test_nobody_is_disturbed_on_a_day_off_nor_about_a_letter_that_is_void(s: Session) -> None:
    _, change, letter = sent(s)
    assert chased(s, "2026-12-12") == 0, "a Saturday"
    voiding.ask(s, actor(s, REVIEWS), letter.id or 0, "日期有误")
    voiding.decide(s, actor(s, HEAD), letter.id or 0, approve=True)
    assert chased(s, "2026-12-08") == 0
    with pytest.raises(ConflictError, match="没有待回复"):
        replying.reply(s, actor(s, FILES), change, SAID)


def test_a_letter_written_again_names_its_own_day_and_is_reminded_of_anew(s: Session) -> None:
    _, change, letter = sent(s)
    assert chased(s, "2026-12-08") == 1
    with clock.at(datetime.fromisoformat("2026-12-09T10:00:00+08:00")):
        voiding.ask(s, actor(s, REVIEWS), letter.id or 0, "日期有误")
        voiding.decide(s, actor(s, HEAD), letter.id or 0, approve=True)
        reissuing.reissue(s, actor(s, HEAD), letter.id or 0)
    owed = s.get_one(WarningReply, change, populate_existing=True)
    assert (owed.due_on, owed.overdue_at) == (date(2026, 12, 23), None)
    assert [chased(s, "2026-12-22"), chased(s, "2026-12-24")] == [1, 1]


def test_late_is_not_too_late(s: Session) -> None:
    _, change, _ = sent(s)
    chased(s, "2026-12-08")
    with clock.at(datetime.fromisoformat("2026-12-10T10:00:00+08:00")):
        assert replying.reply(s, actor(s, FILES), change, SAID).replied_at is not None


def test_what_was_answered_is_never_edited(s: Session) -> None:
    _, change, _ = sent(s)
    replying.reply(s, actor(s, FILES), change, SAID, [SLIP])
    for statement in (
        update(WarningReply).values(words="x"),
        delete(WarningReply),
        update(WarningFile).values(filename="x"),
        delete(WarningFile),
    ):
        with pytest.raises(DBAPIError, match="stays as it was given"), s.begin_nested():
            s.connection().execute(statement)


def test_where_two_people_work_on_it_the_answer_waits_for_the_checker(s: Session) -> None:
    loan, change, _ = sent(s)
    demand(s)
    matter = matters.reply(loan, s.get_one(LoanChange, change), SAID["words"], [SLIP])
    row = handing_in.hand_in(s, actor(s, FILES), matter).waiting
    assert row is not None and s.get_one(WarningReply, change).replied_at is None
    shown = matters.KINDS[matter.kind].show(s, actor(s, FILES), handing_in.matter_of(row))
    facts = dict(line for section in shown.sections for line in section.facts)
    assert (facts["提示要求"], facts["回复"]) == ("落实还款来源，提前制定处置方案。", SAID["words"])
    handing_in.release(s, actor(s, CHECKS), row.id or 0, row.shown)
    owed = s.get_one(WarningReply, change, populate_existing=True)
    assert owed.replied_by == actor(s, FILES).person_id
    assert len(warning_reply.files_of(s, [change])[change]) == 1
