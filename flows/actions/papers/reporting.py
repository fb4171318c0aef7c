"""季度运行情况报告 (D34) and 年度工作报告 (D35): one person drafts, a second issues; the number is given at issue.

四（一）: the managing institutions report regularly, 市工信局 answers to the city government. What is issued are the
figures the second person has seen; when the records have moved on meanwhile, they are to be drawn anew first.
"""

from datetime import date, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from flows.actions import two_people
from flows.actions.errors import (
    ConflictError,
    FieldFault,
    ForbiddenError,
    InvalidError,
    NotThereError,
    permitted,
)
from flows.documents import versions
from flows.documents.contexts import OperationReport
from flows.documents.engine import Rendered, render
from flows.documents.text import printable
from flows.steps import document_facts as known
from flows.steps import issuing, report_figures
from flows.steps.documents import SUFFIXES, UNNUMBERED
from models import clock
from models.permissions import Actor, may_draft_report, may_issue_report
from models.records import person, report
from models.records.institution import Institution, Kind, of_kind
from models.records.report import Report
from models.records.two_people import Verdict

FIRST_YEAR = 2024
LONGEST = 4000
RECIPIENTS = {"D34": "", "D35": "东莞市人民政府"}
PENDING_APPROVER = "（签发时生成）"
_JSON: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])
WORDS = ("summary", "problems", "plans")


def draft(s: Session, actor: Actor, code: str, year: str, quarter: str, words: dict[str, str]) -> Report:
    """起草: draw the figures of a quarter (D34) or a year (D35) and keep the drafter's words.

    Raises `InvalidError` with every fault, `ConflictError` where the period has a report already.
    """
    if code not in RECIPIENTS:
        raise NotThereError("没有这种报告。")
    permitted(may_draft_report(actor, code))
    faults: list[FieldFault] = []
    period = _period(code, year, quarter, faults)
    given = _words(words, faults)
    if faults or period is None:
        raise InvalidError(tuple(faults))
    name, first, last = period
    made = Report(
        code=code,
        organ_id=actor.institution_id,
        period=name,
        starts_on=first,
        ends_on=last,
        facts=_facts(s, code, actor.institution_id, first, last) | given,
        proposed_by=actor.person_id,
        proposed_at=clock.now(),
    )
    try:
        with s.begin_nested():
            s.add(made)
    except IntegrityError as error:
        raise ConflictError(f"{name}的报告已经起草或签发；要重新起草，请先退回或撤回原稿。") from error
    return made


def redraw(s: Session, actor: Actor, report_id: int, words: dict[str, str]) -> Report:
    """重新取数: the drafter takes the figures again and mends the words, before anyone has decided."""
    found = _undecided(s, report_id)
    if found.proposed_by != actor.person_id:
        raise ForbiddenError("只有起草人可以修改报告；不同意的，由审核人退回。")
    faults: list[FieldFault] = []
    given = _words(words, faults)
    if faults:
        raise InvalidError(tuple(faults))
    found.facts = _facts(s, found.code, found.organ_id, found.starts_on, found.ends_on) | given
    found.proposed_at = clock.now()
    return found


def issue(s: Session, actor: Actor, report_id: int) -> Report:
    """签发: the second person's yes. Raises `ConflictError` when the records have moved on since the draft."""
    found = _undecided(s, report_id)
    _second(actor, found)
    if moved(s, found):
        raise ConflictError("起草之后案件或额度有变动，报告数字已不是最新；请起草人重新取数后再签发。")
    drafter = person.names(s, [found.proposed_by]).get(found.proposed_by, "")
    organ = s.get_one(Institution, found.organ_id)
    made = issuing.issue(
        s,
        found.code,
        organ,
        SUFFIXES[found.code],
        found.period,
        lambda check, address: _context(s, found, check, address, drafter, actor.name),
    )
    found.document_id = made.id
    two_people.close(found, actor, Verdict.CONFIRMED)
    return found


def send_back(s: Session, actor: Actor, report_id: int, note: str) -> Report:
    """退回: the second person's no, with its reason; the period may be drafted again."""
    found = _undecided(s, report_id)
    _second(actor, found)
    words = printable(note).strip()
    if not words or len(words) > 500:
        raise InvalidError((FieldFault("note", "请写明退回原因（最多 500 字）。"),))
    two_people.close(found, actor, Verdict.REJECTED, words)
    return found


def withdraw(s: Session, actor: Actor, report_id: int) -> Report:
    """撤回: the drafter takes the draft back."""
    found = _undecided(s, report_id)
    if found.proposed_by != actor.person_id:
        raise ForbiddenError("只有起草人可以撤回报告。")
    two_people.close(found, actor, Verdict.WITHDRAWN)
    return found


def moved(s: Session, found: Report) -> bool:
    """Whether drawing the figures now would give others than the draft has."""
    now = _facts(s, found.code, found.organ_id, found.starts_on, found.ends_on)
    return any(found.facts.get(name) != value for name, value in now.items() if name != "drawn_on")


def preview(s: Session, found: Report) -> Rendered:
    """The draft as it would be issued, without number or code; nothing is written."""
    drafter = person.names(s, [found.proposed_by]).get(found.proposed_by, "")
    context = _context(s, found, None, None, drafter, PENDING_APPROVER).under(UNNUMBERED)
    return render(found.code, context, versions.foreseen(s, found.code, clock.today()))


def _facts(s: Session, code: str, organ_id: int, first: date, last: date) -> dict[str, Any]:
    drawn = report_figures.draw(s, first, last, organ_id if code == "D34" else None)
    facts: dict[str, Any] = _JSON.dump_python(drawn, mode="json")
    return facts


def _context(
    s: Session, found: Report, check: str | None, address: str | None, drafter: str, approver: str,
) -> OperationReport:  # fmt: skip
    bureau = of_kind(s, Kind.BUREAU)[0].id or 0
    return OperationReport.model_validate(
        {
            **found.facts,
            "organ_name": known.full_name(s, found.organ_id),
            "issued_on": clock.today(),
            "recipient": RECIPIENTS[found.code] or known.full_name(s, bureau),
            "case_number": found.period,
            "verification_code": check,
            "verification_url": address,
            "period": found.period,
            "prepared_by": drafter,
            "approved_by": approver,
        }
    )


def _period(code: str, year: str, quarter: str, faults: list[FieldFault]) -> tuple[str, date, date] | None:
    today = clock.today()
    typed = year.strip()
    if not (typed.isascii() and typed.isdigit() and FIRST_YEAR <= int(typed[:5]) <= today.year):
        faults.append(FieldFault("year", f"请填写 {FIRST_YEAR} 至 {today.year} 之间的年度。"))
        return None
    number = int(typed)
    if code == "D35":
        return f"{number}年度", date(number, 1, 1), min(date(number, 12, 31), today)
    if quarter not in ("1", "2", "3", "4"):
        faults.append(FieldFault("quarter", "请选择第几季度。"))
        return None
    month = 3 * int(quarter) - 2
    first = date(number, month, 1)
    if first > today:
        faults.append(FieldFault("quarter", "这个季度还没有开始。"))
        return None
    after = date(number + 1, 1, 1) if quarter == "4" else date(number, month + 3, 1)
    return f"{number}年第{quarter}季度", first, min(after - timedelta(days=1), today)


def _words(typed: dict[str, str], faults: list[FieldFault]) -> dict[str, str]:
    given = {name: printable(typed.get(name, "")).strip() for name in WORDS}
    if not given["summary"]:
        faults.append(FieldFault("summary", "请写明总体情况。"))
    for name, words in given.items():
        if len(words) > LONGEST:
            faults.append(FieldFault(name, f"最多 {LONGEST} 字，现为 {len(words)} 字，请精简。"))
    return given


def _second(actor: Actor, found: Report) -> None:
    permitted(may_issue_report(actor, found.code, found.organ_id, found.proposed_by))


def _undecided(s: Session, report_id: int) -> Report:
    found = report.locked(s, report_id)
    if found is None:
        raise NotThereError("没有找到这份报告。")
    two_people.undecided(s, found, "这份报告")
    return found
