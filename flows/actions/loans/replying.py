"""风险提示函的回复: the institution answers a letter of warning once, by the day it names or later, and is reminded of it.

四（二）: “备案审核、项目审核、后续跟踪”. Reminding makes visible what is missing; nothing is decided by it, nor by the answer.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, select

from flows.actions.acted import acted
from flows.actions.attaching import Upload, stored_all
from flows.actions.colleagues.telling import tell
from flows.actions.errors import (
    ConflictError,
    FieldFault,
    InvalidError,
    NotThereError,
    permitted,
)
from flows.actions.loans.warning import warned
from flows.actions.typed import Words1000, read
from flows.steps import notices
from models import clock
from models.lifecycle import Board
from models.permissions import Actor, may_file
from models.policy.anomalies import ANOMALY_NAMES
from models.records import institution, person, warning_reply
from models.records.case import CaseRecord
from models.records.claim import on_loan
from models.records.document import Document
from models.records.loan import Loan
from models.records.loan_change import LoanChange
from models.records.message import MessageKind
from models.records.person import holders
from models.records.reference import working_calendar
from models.records.warning_reply import WarningFile, WarningReply
from models.roles import Role

MOST = 500
MOST_FILES = 10
AHEAD = 3
"""Working days before the day from which the institution is reminded."""


class ReplyForm(BaseModel):
    """What was found and done since the letter."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    words: Words1000 = Field(title="回复")


def reply(
    s: Session, actor: Actor, change_id: int, typed: Mapping[str, Any], files: Sequence[Upload] = ()
) -> WarningReply:
    """Answer the letter about an anomaly of a loan of one's institution, and tell those who sent it.

    Raises `NotThereError`, `ForbiddenError`, `ConflictError` (no letter in force, answered already), `InvalidError`
    with every fault of what was typed and of the files.
    """
    change = s.get(LoanChange, change_id) if change_id < 2**31 else None
    loan = s.get(Loan, change.loan_id) if change else None
    if change is None or loan is None or loan.institution_id != actor.institution_id:
        raise NotThereError("没有找到这项异常情况。")
    permitted(may_file(actor, Board(loan.board)))
    query = select(WarningReply).where(WarningReply.loan_change_id == change_id).with_for_update()
    owed = s.exec(query.execution_options(populate_existing=True)).first()
    letter = warned(s, change)
    if owed is not None and owed.replied_at is not None:
        raise ConflictError(
            f"{answered(s, owed)}，一份风险提示函回复一次；有新的情况，请另行登记异常情况或变更。"
        )
    if owed is None or letter is None:
        raise ConflictError("这项异常情况没有待回复的风险提示函。")
    form = read(ReplyForm, typed)
    if len(files) > MOST_FILES:
        raise InvalidError((FieldFault("files", f"一份回复最多附 {MOST_FILES} 个文件，请合并后再上传。"),))
    for one in stored_all(s, files):
        s.add(
            WarningFile(
                loan_change_id=change_id,
                filename=one.filename,
                media_type=one.media_type,
                size=one.size,
                sha256=one.sha256,
            )
        )
    owed.words, owed.replied_by, owed.replied_at = form.words, actor.person_id, clock.now()
    _tell(s, actor, loan, change, letter, owed)
    s.flush()
    return owed


def _tell(
    s: Session, actor: Actor, loan: Loan, change: LoanChange, letter: Document, owed: WarningReply
) -> None:
    filing = s.get_one(CaseRecord, loan.case_id)
    claimed = on_loan(s, loan.id or 0)
    data = {"number": letter.number or "", "firm": loan.firm_name, "words": owed.words}
    organ = institution.name_on(s, actor.institution_id, clock.today()).short_name
    for case_id in (loan.case_id, *((claimed.case_id,) if claimed else ())):
        acted(s, actor, case_id, "warning_replied", data, organ=organ)
    words = f"{organ}已回复风险提示函{letter.number or ''}（{loan.firm_name}，{change.number}），请查看。"
    _to_officers(s, filing, loan, MessageKind.REPLY, words)


def answered(s: Session, owed: WarningReply) -> str:
    """Who answered when, in words."""
    by = person.names(s, [owed.replied_by or 0]).get(owed.replied_by or 0, "同事")
    at = clock.local(owed.replied_at or clock.now())
    return f"{by}已于 {at:%Y-%m-%d %H:%M} 回复"


def chase(s: Session) -> int:
    """Remind institutions of letters they have not answered: before the day, and once it is over, when the managing
    institution's officers are told too. On working days only, each once; how many letters that was about."""
    days, today = working_calendar(s), clock.today()
    if not days.is_working_day(today):
        return 0
    found = warning_reply.to_remind(s, today, days.add_working_days(today, AHEAD).day, MOST)
    for owed, change, loan, filing in found:
        letter = warned(s, change)
        number = letter.number or "" if letter else ""
        told = {
            "what": ANOMALY_NAMES[change.anomaly] if change.anomaly else "",
            "loan": f"{loan.firm_name} {loan.receipt_number}",
            "letter": number,
            "due_on": owed.due_on,
            "provisional": bool(letter and letter.context["due_provisional"]),
        }
        if owed.due_on >= today:
            owed.reminded_at = clock.now()
            notices.announce(s, filing, "warning_reply_due", document=None, context=told)
            continue
        owed.overdue_at = clock.now()
        notices.announce(s, filing, "warning_reply_overdue", document=None, context=told)
        day = f"{owed.due_on.month}月{owed.due_on.day}日"
        words = f"风险提示函{number}（{loan.firm_name}，{change.number}）应于{day}前回复，至今没有收到，请与机构联系。"
        _to_officers(s, filing, loan, MessageKind.REMINDER, words)
    return len(found)


def _to_officers(s: Session, filing: CaseRecord, loan: Loan, kind: MessageKind, words: str) -> None:
    for one in holders(s, Role.MANAGING_OFFICER, filing.managing_institution_id):
        tell(s, None, one.id or 0, kind, filing, words, href=f"/loans/{loan.id}")
