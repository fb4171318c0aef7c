"""The column beside the queue: figure, clock, what needs judgement."""

from dataclasses import replace

from sqlmodel import Session

from api.pages import changes_view, task_clock, task_facts
from api.pages.case_views import CheckView, PeekView
from api.pages.task_matter import Matter, matter_of
from api.pages.views import Link
from flows.actions.answers import sitting
from flows.actions.colleagues import visiting
from models.calendar import WorkingCalendar
from models.gates import GATES
from models.lifecycle import PROCESS_NAMES
from models.permissions import Actor
from models.policy.lines import Check, Result
from models.records.case import JournalEntry
from models.records.task import Task

MOST_CHANGES = 6


def peek(db: Session, actor: Actor, task: Task, days: WorkingCalendar) -> PeekView:
    """The column beside the queue: figure, clock, what needs judgement."""
    gate, matter = GATES[task.gate], matter_of(db, task)
    award = task_facts.award_of(matter.claim)
    entry = db.get_one(JournalEntry, task.entry_id)
    open_checks = _together(matter)
    rounds = f"（第 {task.round} 次送达）" if task.round > 1 else ""
    filed = "申请" if matter.claim is not None else "备案本金"
    actions = [Link("打开办理", f"/tasks/{task.id}", primary=True, key="↵")]
    if task.assignee_id is None and sitting.verdict(db, actor, task):
        actions.append(Link("认领", f"/tasks/{task.id}/claim", post=True))
    return PeekView(
        line=f"{task.case_number} · {PROCESS_NAMES[task.process]} · {gate.title}{rounds}",
        firm=task.subject,
        due=task_clock.working_days(days, entry),
        figure_label="测算建议" if award is not None else filed,
        figure=award.payable if award is not None else task.amount,
        side_label=filed if award is not None else "",
        side=task.amount if award is not None else None,
        checks=tuple(open_checks[:6]),
        changes=changes_view.view(visiting.unseen(db, actor, matter.case), MOST_CHANGES),
        actions=tuple(actions),
    )


def _together(matter: Matter) -> list[CheckView]:
    """What needs judgement: each check of a claim; in a filing, each kind of fault once with its number of loans."""
    if matter.claim is not None:
        every = matter.views(matter.loans[0].id or 0, matter.checks)
        return [check for check in every if check.result != "pass" and not check.verified]
    found: dict[tuple[str, Result], list[Check]] = {}
    for one, checks in matter.by_loan:
        seen = {asked.check.code for asked in matter.asked(one.id or 0, checks) if asked.seen}
        for check in checks:
            if check.result is not Result.PASS and check.code not in seen:
                found.setdefault((check.code, check.result), []).append(check)
    views: list[CheckView] = []
    for same in found.values():
        (shown,) = task_facts.check_views(same[:1])
        alone = len(matter.by_loan) == 1
        views.append(
            replace(shown, key="")
            if alone
            else replace(shown, key="", title=f"{shown.title}（{len(same)} 笔）", detail="")
        )
    return sorted(views, key=lambda check: check.result)
