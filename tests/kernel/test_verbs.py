"""转办, 委派, 加签, 减签, 拿回, 代理, 回避, 移交, 催办, 抄送, 批注: nobody acts who may not, and no case is lost."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from api.demo import play
from flows.actions.answers import answering
from flows.actions.colleagues import passing, telling
from flows.actions.errors import ConflictError, ForbiddenError, InvalidError
from models import clock
from models.database import session
from models.gates import Outcome
from models.permissions import Actor
from models.records import message
from models.records.case import JournalEntry, journal_of
from models.records.message import MessageKind
from models.records.person import Person
from models.records.task import Added, Task, TaskState
from tests.kernel.colleagues import do, key, only_task, person_id, told
from tests.kernel.stage import actor, answer, case_of, check_everything, claim_at, open_tasks

pytestmark = pytest.mark.usefixtures("office")


def test_a_transferred_task_is_answered_by_the_colleague_and_by_nobody_else() -> None:
    number = claim_at("first_review")
    task = only_task(number)
    do("wangliqun", passing.transfer, key(task), person_id("liangzihao"), "明天起外出")
    assert told("liangzihao") == [MessageKind.TRANSFER]
    with pytest.raises(ForbiddenError, match="已由梁子豪认领"):
        answer("wangliqun", key(task))
    answer("liangzihao", key(task))
    play.run_due()
    assert play.state_of(number).value == "second_review"
    check_everything()


def test_nobody_passes_a_task_to_someone_who_acted_at_another_gate_or_sits_elsewhere() -> None:
    number = claim_at("office_review")
    task = only_task(number)
    with pytest.raises(ForbiddenError, match="不能转办给王立群"):
        do("mozhaohui", passing.transfer, key(task), person_id("wangliqun"), "外出")
    with pytest.raises(ForbiddenError, match="不能委派给周秉文"):
        do("mozhaohui", passing.delegate, key(task), person_id("zhoubingwen"), "请核利率")
    with pytest.raises(InvalidError):
        do("mozhaohui", passing.transfer, key(task), person_id("xiechuyun"), "   ")
    with pytest.raises(ForbiddenError):
        do("liangzihao", passing.transfer, key(task), person_id("xiechuyun"), "外出")
    assert only_task(number).assignee_id is None


def test_a_manager_may_transfer_what_he_may_not_answer() -> None:
    number = claim_at("office_review")
    do("lizhiyuan", passing.transfer, key(only_task(number)), person_id("xiechuyun"), "莫朝晖休假")
    assert only_task(number).assignee_id == person_id("xiechuyun")


def test_a_delegate_advises_and_the_holder_decides() -> None:
    number = claim_at("first_review")
    task = only_task(number)
    do("wangliqun", answering.claim, key(task))
    do("wangliqun", passing.delegate, key(task), person_id("liangzihao"), "请核利率凭证")
    with pytest.raises(ForbiddenError, match="写明意见后交回"):
        answer("liangzihao", key(task))
    with pytest.raises(ForbiddenError, match="已委派梁子豪"):
        answer("wangliqun", key(task))
    with pytest.raises(ForbiddenError, match="委派给你"):
        do("liangzihao", answering.release, key(task))
    do("liangzihao", passing.advise, key(task), "利率与合同一致。")
    assert told("wangliqun") == [MessageKind.REPLY]
    with session() as s:
        assert [c.words for c in message.comments(s, task.case_id)] == ["利率与合同一致。"]
    answer("wangliqun", key(task))
    play.run_due()
    assert play.state_of(number).value == "second_review"


def test_a_delegation_can_be_recalled() -> None:
    task = only_task(claim_at("first_review"))
    do("wangliqun", passing.delegate, key(task), person_id("liangzihao"), "请核利率凭证")
    do("wangliqun", passing.recall, key(task))
    with pytest.raises(ForbiddenError, match="没有委派给你"):
        do("liangzihao", passing.advise, key(task), "利率与合同一致。")
    answer("wangliqun", key(task))


@pytest.mark.parametrize("how", list(Added))
def test_a_gate_with_an_added_signer_goes_on_when_both_have_signed(how: Added) -> None:
    number = claim_at("first_review")
    task = only_task(number)
    added = do("wangliqun", passing.add_signer, key(task), person_id("liangzihao"), how, "请核金额")
    seats = {t.id: t.state for t in open_tasks(number)}
    assert (task.id in seats, added.id in seats) == {
        Added.BEFORE: (False, True),
        Added.PARALLEL: (True, True),
        Added.AFTER: (True, False),
    }[how]
    order = [("liangzihao", added), ("wangliqun", task)]
    for login, one in order if how is Added.BEFORE else reversed(order):
        assert play.state_of(number).value == "first_review"
        answer(login, key(one))
        play.run_due()
    assert play.state_of(number).value == "second_review"
    with pytest.raises(ForbiddenError):  # who signed at one gate does not decide at another
        answering_as_head(number, "liangzihao")
    check_everything()


def answering_as_head(number: str, login: str) -> None:
    """A signer tries the next gate with the role for it."""
    with session() as s:
        known = actor(s, login)
        head = actor(s, "zhoubingwen")
        both = Actor(known.person_id, known.name, known.institution_id, head.roles)
        answering.answer(s, both, key(only_task(number)), Outcome.APPROVE)


def test_a_signer_who_disagrees_after_the_approval_puts_the_question_again() -> None:
    number = claim_at("first_review")
    task = only_task(number)
    added = do("wangliqun", passing.add_signer, key(task), person_id("liangzihao"), Added.AFTER, "请核金额")
    answer("wangliqun", key(task))
    with pytest.raises(InvalidError):
        answer("liangzihao", key(added), Outcome.REFUSE, opinion="")
    answer("liangzihao", key(added), Outcome.REFUSE, opinion="金额多计 100 元。")
    play.run_due()
    assert play.state_of(number).value == "first_review"
    again = only_task(number)
    assert again.id != task.id and again.assignee_id == person_id("wangliqun")
    answer("wangliqun", key(again), opinion="已核，金额无误。")
    play.run_due()
    assert play.state_of(number).value == "second_review"
    check_everything()


def test_a_return_needs_no_signatures_and_a_signer_never_returns() -> None:
    number = claim_at("first_review")
    task = only_task(number)
    added = do("wangliqun", passing.add_signer, key(task), person_id("liangzihao"), Added.PARALLEL, "请核")
    with pytest.raises(InvalidError):
        answer("liangzihao", key(added), Outcome.RETURN, fields={"faults": [{"problem": "缺件"}]})
    answer("wangliqun", key(task), Outcome.RETURN, fields={"faults": [{"problem": "缺件"}]})
    play.run_due()
    assert play.state_of(number).value == "correction"
    with session() as s:
        assert s.get_one(Task, key(added)).state == TaskState.LAPSED
    check_everything()


def test_a_signer_taken_off_lets_the_gate_go_on() -> None:
    number = claim_at("first_review")
    task = only_task(number)
    added = do("wangliqun", passing.add_signer, key(task), person_id("liangzihao"), Added.AFTER, "请核")
    answer("wangliqun", key(task))
    play.run_due()
    with pytest.raises(ForbiddenError, match="只有加签人"):
        do("chenjiamin", passing.remove_signer, key(added))
    do("wangliqun", passing.remove_signer, key(added))
    assert play.state_of(number).value == "second_review"
    with pytest.raises(ConflictError):
        do("wangliqun", passing.remove_signer, key(added))
    check_everything()


def test_an_answer_is_taken_back_until_the_next_has_acted() -> None:
    number = claim_at("second_review")
    with session() as s:
        mine = s.exec(select(Task).where(Task.case_number == number, Task.gate == "first_review")).one()
        who = s.get_one(Person, mine.answered_by).login
    with pytest.raises(ForbiddenError, match="你自己办理"):
        do("chenjiamin" if who != "chenjiamin" else "liangzihao", passing.take_back, key(mine), "金额有误")
    do(who, passing.take_back, key(mine), "金额有误")
    assert play.state_of(number).value == "first_review"
    with session() as s:
        rounds = [e.round for e in journal_of(s, mine.case_id) if e.name == "first_review"]
        assert rounds == [1, 2]
        assert s.get_one(Task, key(mine)).voided
    check_everything()
    answer(who, key(only_task(number)))
    play.run_due()
    do("zhoubingwen", answering.claim, key(only_task(number)))
    with session() as s:
        newest = s.exec(
            select(Task)
            .where(Task.case_number == number, Task.gate == "first_review", Task.state == TaskState.ANSWERED)
            .order_by(col(Task.id).desc())
        ).first()
    assert newest is not None
    with pytest.raises(ConflictError, match="已由周秉文认领"):
        do(who, passing.take_back, key(newest), "金额有误")


def test_what_the_applicant_was_told_cannot_be_taken_back() -> None:
    number = claim_at("first_review")
    with session() as s:
        mine = s.exec(select(Task).where(Task.case_number == number, Task.gate == "acceptance")).one()
        who = s.get_one(Person, mine.answered_by).login
    with pytest.raises(ConflictError, match="已经通知申报机构"):
        do(who, passing.take_back, key(mine), "误点")


def test_one_nudge_a_day_reaches_whoever_could_answer() -> None:
    number = claim_at("second_review")
    task = only_task(number)
    assert do("lizhiyuan", telling.nudge, key(task)) == 2
    assert told("zhoubingwen") == told("ouyanglan") == [MessageKind.NUDGE]
    with pytest.raises(ConflictError, match="今天已经催办"):
        do("lizhiyuan", telling.nudge, key(task))
    with pytest.raises(ForbiddenError):
        do("qiushaofen", telling.nudge, key(task))
    with clock.at(clock.now() + timedelta(days=1)):
        assert do("lizhiyuan", telling.nudge, key(task)) == 2


def test_copies_are_marked_read_and_never_go_to_a_bank() -> None:
    number = claim_at("second_review")
    assert do("zhoubingwen", telling.copy, number, [person_id("mozhaohui")], "供参考") == 1
    with pytest.raises(ForbiddenError, match="不在审核各方"):
        do("zhoubingwen", telling.copy, number, [person_id("mozhaohui"), person_id("tanjunhao")], "")
    with session() as s:
        (copy,) = message.copies(s, case_of(s, number).id or 0)
        assert copy.read_at is None
    do("mozhaohui", telling.read, copy.id or 0)
    with session() as s:
        (copy,) = message.copies(s, case_of(s, number).id or 0)
        assert copy.read_at is not None and message.unread(s, person_id("mozhaohui")) == 0


def test_a_comment_tells_whom_it_mentions_and_stays_as_typed() -> None:
    number = claim_at("second_review")
    do("zhoubingwen", telling.comment, number, "<b>请看</b>第三页 @莫朝晖", [person_id("mozhaohui")])
    assert told("mozhaohui") == [MessageKind.MENTION]
    with session() as s:
        (said,) = message.comments(s, case_of(s, number).id or 0)
    assert said.words == "<b>请看</b>第三页 @莫朝晖"
    for words in ("", "字" * 2001):
        with pytest.raises(InvalidError):
            do("zhoubingwen", telling.comment, number, words)
    with pytest.raises(ForbiddenError):
        do("tanjunhao", telling.comment, number, "我们想说一句")


def test_the_journal_of_a_case_with_verbs_replays() -> None:
    number = claim_at("first_review")
    task = only_task(number)
    added = do("wangliqun", passing.add_signer, key(task), person_id("liangzihao"), Added.AFTER, "请核")
    answer("wangliqun", key(task))
    answer("liangzihao", key(added))
    play.run_due()
    with session() as s:
        entry = s.exec(
            select(JournalEntry).where(
                JournalEntry.case_id == task.case_id, JournalEntry.name == "first_review"
            )
        ).one()
        assert entry.result is not None
        assert entry.result["person_id"] == person_id("wangliqun")
