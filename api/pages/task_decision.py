"""The decision panel of a task, built from the gate's declaration and from what was typed so far."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from api.pages import task_next
from api.pages.form_views import AnswerOption, AttachedFile, DecisionForm, FieldView, Option, TodoItem
from api.pages.posted import by_field
from api.pages.render import yuan
from api.pages.task_form import MOST_WORDS, VOUCHER, Prepared, Typed
from api.pages.views import Note, WorkingDays
from flows.actions.answers import pointing
from flows.actions.errors import FieldFault
from flows.steps import evidence
from models import clock
from models.calendar import WorkingCalendar
from models.gates import GATES, Answer, Gate, Outcome
from models.lifecycle import STATE_NAMES, State
from models.policy.award import Award
from models.policy.clauses import all_clauses
from models.policy.lines import Check, Result
from models.policy.parameters import Parameters
from models.records.loan import Loan
from models.records.task import Task

MOST_TODO = 60
"""Prepared lines of a 补正清单 that are shown; a filing of a thousand loans is corrected in its workbook."""


SIGNED: dict[Outcome, tuple[str, ...]] = {
    Outcome.APPROVE: ("意见记入案件，全部签署人同意后办理人的同意才生效",),
    Outcome.REFUSE: ("意见记入案件，交回办理人重新决定", "环节不因此终结"),
}
"""What follows from a signature (加签)."""


@dataclass(frozen=True, slots=True)
class Panel:
    """What the panel is built from."""

    task: Task
    gate: Gate
    days: WorkingCalendar
    clock: WorkingDays
    prepared: Sequence[Prepared]
    typed: Typed
    rules: Parameters
    faults: Sequence[FieldFault] = ()
    award: Award | None = None
    duties: str = ""
    returned_before: int = 0
    seen_before: frozenset[str] = frozenset()
    letters: Mapping[Outcome, Sequence[str]] = field(default_factory=dict)
    blocked: str = ""
    due: Decimal | None = None  # what a recovery returns, 元
    files: tuple[AttachedFile, ...] = ()
    places: tuple[tuple[str, tuple[str, ...]], ...] = ()
    also: Note | None = None


def prepared_of(found: Sequence[Check], loans: Sequence[tuple[Loan, Sequence[Check]]] = ()) -> list[Prepared]:
    """A line of the 补正清单 for each check that did not pass: of a claim, or of each loan of a filing."""
    lines = [_prepared(check) for check in found if check.result is not Result.PASS]
    for loan, checks in loans:
        where = f"第{loan.item}笔 {loan.firm_name}"
        lines += [
            _prepared(check, where, loan.id or 0) for check in checks if check.result is not Result.PASS
        ]
    return lines[:MOST_TODO]


def _prepared(check: Check, where: str = "", loan_id: int = 0) -> Prepared:
    place = f"{where}（{check.source}）" if where else check.source or "申请材料"
    problem = evidence.problem(check)
    remedy = check.remedy or "请补充说明并提供凭证。"
    certain = check.result is Result.FAIL
    at = pointing.of_check(check.code, loan_id)
    return Prepared(f"{where}|{check.code}"[-80:], place, problem, remedy, check.clause, certain, at)


def panel(p: Panel) -> DecisionForm:
    """The form with every declared answer."""
    errors = by_field(p.faults)
    opinion = p.typed.opinion
    return DecisionForm(
        action=f"/tasks/{p.task.id}/answer",
        answers=tuple(_option(p, answer, errors) for answer in p.gate.answers),
        shown=p.task.shown_hash,
        idempotency_key=secrets.token_urlsafe(12),
        chosen=p.typed.answer,
        opinion=opinion,
        opinion_error=errors.get("opinion", ""),
        phrases=p.gate.phrases,
        draft_href=f"/tasks/{p.task.id}/draft",
        draft_saved=f"草稿 {p.typed.at} 已存" if p.typed.at else "",
        duties=p.duties,
        preview_href=f"/tasks/{p.task.id}/preview" if any(p.letters.values()) else "",
        files=p.files,
        files_href=f"/tasks/{p.task.id}/files",
        files_error=errors.get("files", ""),
        also=p.also,
    )


def denied(task: Task, sentence: str, lead: str = "") -> DecisionForm:
    """The panel of someone who may look but not answer."""
    return DecisionForm(
        action="", answers=(), shown="", idempotency_key="", denied=Note("idle", lead, sentence, "shield")
    )


def _option(p: Panel, answer: Answer, errors: dict[str, str]) -> AnswerOption:
    outcome = answer.outcome
    returns = outcome is Outcome.RETURN and p.gate.lists_faults
    todo: tuple[TodoItem, ...] = ()
    if returns:
        todo = tuple(
            TodoItem(
                "todo",
                line.key,
                f"{line.problem}（{line.where}）",
                line.certain if p.typed.todo is None else line.key in p.typed.todo,
                line.problem in p.seen_before,
            )
            for line in p.prepared
        )
    submit = f"提交：{answer.label}"
    hint = answer.hint
    if outcome is Outcome.APPROVE and p.award is not None and p.gate.state in _SHOWS_AMOUNT:
        hint = f"建议补偿 {yuan(p.award.payable)} 元" if not hint else f"{yuan(p.award.payable)} 元；{hint}"
    if outcome is Outcome.APPROVE and p.due is not None:
        hint = f"本次应返还 {yuan(p.due)} 元；{hint}"
    return AnswerOption(
        key=outcome.value,
        label=answer.label,
        hint=hint,
        submit=submit,
        negative=outcome is not Outcome.APPROVE,
        requires_opinion=answer.opinion_required,
        opinion_hint="必填，写入文书" if answer.opinion_required else "选填",
        fields=tuple(_field(name, p, errors) for name in answer.fields),
        todo=todo,
        todo_more=p.typed.more if returns else None,
        places=p.places if returns else (),
        note=_note(p, answer, errors),
        next_steps=SIGNED[outcome]
        if p.task.added
        else task_next.steps(p.gate, outcome, p.letters.get(outcome, ()), p.days, p.clock.words, p.rules),
        blocked=p.blocked if outcome is Outcome.APPROVE else "",
        next_tone=task_next.tone(outcome),
    )


_SHOWS_AMOUNT = frozenset(
    {State.FIRST_REVIEW, State.SECOND_REVIEW, State.OFFICE_REVIEW, State.LEADER_APPROVAL, State.MEETING}
)


def _note(p: Panel, answer: Answer, errors: dict[str, str]) -> Note | None:
    """Faults that belong to no single field; else what the reader should know before returning again."""
    if answer.outcome.value == p.typed.answer:
        said = [errors[name] for name in ("answer", "faults", "looks") if name in errors]
        said += [message for name, message in errors.items() if name.startswith("reason-")]
        if said:
            return Note("late", "还没有提交。", " ".join(said))
    if answer.outcome is Outcome.RETURN and p.returned_before:
        seen = sum(line.problem in p.seen_before for line in p.prepared)
        words = f"这将是第 {p.returned_before + 1} 次退回" + (
            f"，其中 {seen} 处上次退回时已可见、未列出（未一次告知）。" if seen else "。"
        )
        return Note("soon", "", words, "history")
    return None


def _field(name: str, p: Panel, errors: dict[str, str]) -> FieldView:
    value, error = p.typed.values.get(name, ""), errors.get(name, "")
    if name == "target":
        options = tuple(
            Option(state.value, f"退回{GATES[state.value].title}（{STATE_NAMES[state]}）"
                   if GATES[state.value].title != STATE_NAMES[state] else f"退回{STATE_NAMES[state]}")
            for state in p.gate.send_back_to
        )  # fmt: skip
        only = options[0].value if len(options) == 1 else ""
        return FieldView("退回到", name, value or only, error, type="select", options=options, required=True)
    if name == "clause":
        options = tuple(Option(c.id, f"{c.id}　{c.text[:24]}…") for c in all_clauses())
        return FieldView("依据条款", name, value, error, type="select", options=options, required=True)
    if name == "to_meeting":
        return FieldView("提请联席会议审议", name, value, error, type="checkbox")
    if name == "voucher_number":
        return FieldView("拨付凭证号", name, value, error, required=True, maxlength=VOUCHER)
    hint = f"不晚于今天，例：{clock.today().isoformat()}"
    label = "到账日期" if name == "arrived_on" else "拨付日期"
    return FieldView(label, name, value, error, hint, type="date", required=True)


__all__ = ["MOST_TODO", "MOST_WORDS", "Panel", "denied", "panel", "prepared_of"]
