"""将生成: what is foreseen before an answer is what is written after it, word for word; and foreseeing writes nothing."""

import re
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import InternalError
from sqlmodel import Session, select

from api.demo import play
from api.demo.play import AT, a_case, a_claim, a_loan, do, open_task, person, seed
from flows.actions.answers import foreseeing, looking
from flows.actions.answers.foreseeing import Draft
from flows.actions.cases import objecting
from flows.documents import engine, qr
from flows.steps.documents import AT_ISSUE
from models import database
from models.database import session
from models.gates import Outcome
from models.lifecycle import Board, Process
from models.permissions import Actor
from models.records import document
from models.records.attachment import Blob
from models.records.case import by_number
from models.records.document import Document
from models.records.loan import LoanState, of_case
from models.records.numbers import NumberCounter
from models.records.person import Person
from models.roles import Role

PAID = {"voucher_number": "PZ-1", "voucher_date": "2026-10-28"}
FAULTS = {"faults": [{"where": "合同", "problem": "缺第 3 页", "remedy": "补传整份", "clause": ""}]}


def issued(s: Session, number: str) -> list[Document]:
    found = by_number(s, number)
    assert found is not None
    return list(document.of_case(s, found.id or 0))


def words(data: bytes) -> list[str]:
    """What a letter says but its number and the code it is checked by."""
    said = re.sub(r"预览·未编号|\S{1,8}〔\d{4}〕\d+号", "〔号〕", engine.plain_text(data))
    said = re.sub(rf"{AT_ISSUE}|[{qr.ALPHABET}]{{{qr.CODE_LENGTH}}}", "〔核验码〕", said)
    said = re.sub(r"登记时取得|BA-\d{4}-\d+-\d\d", "〔备案号〕", said)
    return [line for line in (re.sub(r"\s", "", line) for line in said.splitlines()) if line]


def answerer(s: Session, gate: str, task: Any) -> Actor:
    if gate == "meeting":
        found = s.get_one(Person, task.assignee_id)
        return Actor(found.id or 0, found.name, found.institution_id, frozenset({Role.MEETING_MEMBER}))
    return person(s, *AT[gate])


def foreseen_then_done(
    number: str, gate: str, outcome: Outcome = Outcome.APPROVE, opinion: str = "同意。", **fields: Any
) -> tuple[str, ...]:
    """Foresee the answer, give it, compare; the letters."""
    with session() as s:
        task = open_task(s, number, gate)
        actor = answerer(s, gate, task)
        looking.look_at_everything(s, actor, task.id or 0)
        before = {d.id for d in issued(s, number)}
        counters = [(c.word, c.last) for c in s.exec(select(NumberCounter))]
        draft = Draft(outcome, opinion, fields)
        codes = foreseeing.letters(s, actor, task, draft)
        drawn = {code: foreseeing.draw(s, actor, task, draft, code) for code in codes}
        assert {d.id for d in issued(s, number)} == before
        assert [(c.word, c.last) for c in s.exec(select(NumberCounter))] == counters
        assert task.state == "open" and task.opinion == ""
    do(number, gate, outcome, opinion, **fields)
    with session() as s:
        new = [d for d in issued(s, number) if d.id not in before]
        assert tuple(d.code for d in new) == codes, gate
        for one in new:
            letter = drawn[one.code]
            assert letter is not None and letter.data is not None, one.code
            assert words(letter.data) == words(s.get_one(Blob, one.sha256).data), one.code
    return codes


def a_guarantee_claim(unpaid: str = "5000000.00", requested: str = "1000000.00", number: int = 1) -> str:
    with session() as s:
        found = a_claim(s, Board.GUARANTEE, "GHD", unpaid, requested, number=number).number
    play.run_due()
    return found


@pytest.fixture(autouse=True)
def _seeded(db: Any) -> None:
    with session() as s:
        seed(s)


def test_a_claim_to_its_payment_with_a_correction_a_vote_and_an_objection() -> None:
    number = a_guarantee_claim()
    assert foreseen_then_done(number, "acceptance", Outcome.RETURN, "请补正。", **FAULTS) == ("D08",)
    do(number, "correction")
    assert foreseen_then_done(number, "acceptance") == ("D16",)
    assert foreseen_then_done(number, "first_review") == ("D17", "D18")
    assert foreseen_then_done(number, "second_review") == ()
    assert foreseen_then_done(number, "office_review", to_meeting=True) == ("D19",)
    assert foreseen_then_done(number, "leader_approval") == ()
    assert foreseen_then_done(number, "meeting") == ()
    assert foreseen_then_done(number, "meeting") == ()
    assert foreseen_then_done(number, "meeting") == ("D20", "D21")
    with session() as s:
        objecting.register(
            s, person(s, Role.BUREAU_OFFICER, "GXJ", 0), number, "某单位", "0769", "已恢复生产"
        )
    play.run_due()
    assert foreseen_then_done(number, "objection", opinion="经核查，异议不成立。") == ("D22",)


@pytest.mark.parametrize(
    ("gate", "codes"),
    [("acceptance", ("D16R",)), ("office_review", ("D19",)), ("leader_approval", ("D24",))],
)
def test_a_refusal_at(gate: str, codes: tuple[str, ...]) -> None:
    number = a_guarantee_claim()
    for earlier in ("acceptance", "first_review", "second_review", "office_review"):
        if earlier == gate:
            break
        do(number, earlier)
    assert foreseen_then_done(number, gate, Outcome.REFUSE, "用途不符。", clause="三（三）") == codes
    if gate == "office_review":  # the leader agrees: that is the refusal
        assert foreseen_then_done(number, "leader_approval") == ("D24",)


def test_a_filing_of_which_one_loan_is_taken_out() -> None:
    with session() as s:
        record = a_case(s, Process.FILING, Board.BANK, "GYB", "3000000.00", "2笔贷款")
        for item in (1, 2):
            a_loan(s, record, 50 + item, item=item)
        number = record.number
    play.run_due()
    with session() as s:
        out = str(of_case(s, by_number(s, number).id or 0)[1].id)  # type: ignore[union-attr]
    assert foreseen_then_done(number, "filing_review", excluded={out: "利率超限"}) == ()
    assert foreseen_then_done(number, "filing_second_review") == ("D09", "D10")
    with session() as s:
        states = [one.state for one in of_case(s, by_number(s, number).id or 0)]  # type: ignore[union-attr]
        assert states == [LoanState.REGISTERED, LoanState.EXCLUDED]


def test_a_side_look_cannot_write_and_leaves_its_transaction_able_to() -> None:
    with session() as s:
        someone = s.exec(select(Person)).first()
        assert someone is not None
        name = someone.name
        with database.aside(s) as aside:
            aside.get_one(Person, someone.id).name = "改名"
            with pytest.raises(InternalError, match="read-only"):
                aside.flush()
        assert someone.name == name
        s.connection().execute(
            text("UPDATE people SET email = 'x@example' WHERE id = :id"), {"id": someone.id}
        )


def test_an_unwritten_opinion_leaves_its_place_open() -> None:
    number = a_guarantee_claim()
    with session() as s:
        task = open_task(s, number, "acceptance")
        letter = foreseeing.draw(s, person(s, *AT["acceptance"]), task, Draft(Outcome.REFUSE), "D16R")
    assert letter is not None and letter.data is not None
    said = engine.plain_text(letter.data)
    assert "此处写入你的意见" in said and "预览·未编号" in said
