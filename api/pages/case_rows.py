"""A case as a row of a list: where it stands, since when, whom it waits for."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session

from api.pages import task_clock
from api.pages.views import Cell, Tag, Tone, WorkingDays
from models import clock
from models.calendar import WorkingCalendar
from models.lifecycle import BOARD_NAMES, PROCESS_NAMES, STATE_NAMES, Board, Process, State
from models.records import institution
from models.records.case import CaseRecord, EntryKind, JournalEntry
from models.records.overview import CaseRow
from models.roles import ROLE_NAMES, Role

GOOD_ENDS = (State.PAID, State.REGISTERED, State.RETURNED, State.NOTHING_DUE, State.PROGRESS_NOTED)


@dataclass(frozen=True, slots=True)
class CaseRowView:
    """One line. `stood` are the working days (工作日) at the stage; `amount` in 元 is shown in 万元.

    `task_id` is the seat the case waits at, 0 for none; `nudges`: whoever sits there may be asked to hurry (催办).
    """

    href: str
    firm: str
    number: str
    process: str
    stage: Tag
    stood: str
    holder: str
    due: WorkingDays
    institution: str
    board: str
    amount: Decimal
    why: str = ""
    task_id: int = 0
    nudges: bool = False


def names(db: Session) -> dict[int, str]:
    """Short names of all institutions, as of today."""
    return {key: name.short_name for key, name in institution.names_on(db, clock.today()).items()}


def row(found: CaseRow, known: Mapping[int, str], days: WorkingCalendar) -> CaseRowView:
    """The line of one case."""
    case = found.case
    return CaseRowView(
        f"/cases/{case.number}",
        case.subject,
        case.number,
        PROCESS_NAMES[Process(case.process)],
        stage_tag(case, stopped=found.incident is not None),
        _stood(case, days),
        holder(found, known),
        due(case, found.waiting, days),
        known.get(case.institution_id, ""),
        BOARD_NAMES[Board(case.board)],
        case.amount,
        _why(found),
        found.holders[0].task_id if found.holders else 0,
        bool(found.holders) and not any(one.unstaffed for one in found.holders),
    )


def stage_tag(case: CaseRecord, *, stopped: bool = False) -> Tag:
    """Where a case stands, as a word with a tone."""
    state = State(case.state)
    if stopped:
        return Tag(f"{STATE_NAMES[state]}·异常", "late", "alert")
    if case.closed_at is not None:
        return Tag(STATE_NAMES[state], "ok" if state in GOOD_ENDS else "idle")
    tone: Tone = "stop" if state is State.CORRECTION else "act"
    return Tag(STATE_NAMES[state], tone)


def due(case: CaseRecord, waiting: JournalEntry | None, days: WorkingCalendar) -> WorkingDays:
    """The clock of the gate or date a case waits at."""
    if case.closed_at is not None:
        return WorkingDays("已办结", "idle")
    if waiting is None:
        return WorkingDays("办理中", "idle")
    if case.state == State.AWAITING_ROOM:
        return WorkingDays("待额度", "soon", budget_note="额度补足后自动继续")
    if waiting.kind == EntryKind.UNTIL:
        return public_notice(waiting, days)
    if case.state == State.CORRECTION and not waiting.stands(days).late:
        return task_clock.stopped(days, waiting)
    return task_clock.working_days(days, waiting)


def public_notice(waiting: JournalEntry, days: WorkingCalendar) -> WorkingDays:
    """公示: which day of how many."""
    opened, last = clock.local(waiting.opened_at).date(), waiting.last_day
    whole = days.working_days_between(opened, last)
    total = whole.days
    nth = min(max(days.working_days_between(opened, clock.today()).days, 0), total)
    cells: list[Cell] = ["used"] * nth
    cells += ["left"] * (total - nth)
    return WorkingDays(
        f"公示第 {nth}/{total} 日",
        "act",
        tuple(cells),
        due=f"{last.isoformat()} 期满{'（暂定）' if whole.provisional else ''}",
    )


def holder(found: CaseRow, known: Mapping[int, str]) -> str:
    """Whom a case waits for, by name where someone has claimed it."""
    case = found.case
    if case.closed_at is not None:
        return "—"
    if found.incident is not None:
        return "系统管理"
    if case.state == State.AWAITING_ROOM:
        return "额度补足"
    if not found.holders:
        return "期满自动继续" if found.waiting is not None else "系统"
    first = found.holders[0]
    place = known.get(first.institution_id, "")
    if len(found.holders) > 1:
        return f"{ROLE_NAMES[Role(first.role)]} {len(found.holders)} 席"
    return f"{place} {first.name}" if first.name else f"{place}·{ROLE_NAMES[Role(first.role)]}"


def _stood(case: CaseRecord, days: WorkingCalendar) -> str:
    since = clock.local(case.state_since).date()
    if case.closed_at is not None:
        return clock.local(case.closed_at).date().isoformat()
    return f"{max(days.working_days_between(since, clock.today()).days, 0)} 日"


def _why(found: CaseRow) -> str:
    """Why a manager is shown this case."""
    if found.incident is not None:
        return f"出错 {found.incident.attempts} 次，已停下"
    if found.case.state == State.CORRECTION:
        return "等申报机构补正"
    if found.case.state == State.AWAITING_ROOM:
        return "额度不足，等追加预算或释放预留"
    if any(one.unstaffed for one in found.holders):
        return "无人可办，请指派"
    if found.waiting is not None and found.waiting.kind == EntryKind.UNTIL:
        return "公示期内"
    named = [one.name for one in found.holders if one.name]
    return "已认领，等人办理" if named else "无人认领"
