"""The posted answer of a task: parsed, cleaned, every fault found at once; what was typed is never lost."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flows.actions.errors import FieldFault
from flows.documents.text import printable
from models import clock
from models.gates import Gate, Outcome
from models.lifecycle import State
from models.policy.clauses import all_clauses

MOST_WORDS = 10_000
MOST_REASON = 500
VOUCHER = 60
REMEDY = "请补正后重新提交。"
PARTS = ("where", "problem", "remedy", "clause")
_SPLIT = re.compile(r"\s*[｜|]\s*")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A line of the 补正清单 made from a failed check."""

    key: str
    where: str
    problem: str
    remedy: str
    clause: str = ""
    certain: bool = True  # failed; what a person must judge is offered, not ticked
    at: tuple[str, ...] = ()  # which fields and materials it is about (flows.actions.answers.pointing)


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form: as typed, or as kept in a draft."""

    answer: str = ""
    opinion: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    todo: frozenset[str] | None = None  # None: as prepared
    more: str = ""
    excluded: Mapping[str, str] = field(default_factory=dict)  # loan id → reason
    at: str = ""  # a draft: when it was kept

    @classmethod
    def posted(cls, items: Sequence[tuple[str, str]]) -> "Typed":
        """From the form's fields."""
        single = {name: printable(value) for name, value in items}
        ticked = {value for name, value in items if name == "exclude"}
        reasons = {name[7:]: value for name, value in single.items() if name.startswith("reason-")}
        return cls(
            answer=single.get("answer", ""),
            opinion=single.get("opinion", ""),
            values={name: single.get(name, "").strip() for name in NAMES},
            todo=frozenset(value for name, value in items if name == "todo"),
            more=single.get("todo_more", ""),
            excluded={key: reasons.get(key, "").strip() for key in sorted(ticked)},
        )

    @classmethod
    def kept(cls, draft: Mapping[str, Any], at: str) -> "Typed":
        """From a draft, kept `at` a time in words."""
        todo = draft.get("todo")
        return cls(
            answer=str(draft.get("answer", "")),
            opinion=draft.get("opinion"),
            values=dict(draft.get("values", {})),
            todo=None if todo is None else frozenset(todo),
            more=str(draft.get("more", "")),
            excluded=dict(draft.get("excluded", {})),
            at=at,
        )

    def draft(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "answer": self.answer,
            "opinion": self.opinion,
            "values": dict(self.values),
            "todo": None if self.todo is None else sorted(self.todo),
            "more": self.more,
            "excluded": dict(self.excluded),
        }


NAMES = ("target", "clause", "to_meeting", "voucher_number", "voucher_date", "arrived_on")


@dataclass(frozen=True, slots=True)
class Parsed:
    """An answer ready for the action, or the faults that keep it from being one."""

    outcome: Outcome | None
    opinion: str
    fields: dict[str, Any]
    faults: tuple[FieldFault, ...]


def parse(gate: Gate, typed: Typed, prepared: Sequence[Prepared], loans: Mapping[str, str]) -> Parsed:
    """Check everything the chosen answer asks for. `loans` are the filing's loans: id → “第 2 笔 某公司”."""
    chosen = next((a for a in gate.answers if a.outcome.value == typed.answer), None)
    opinion = (typed.opinion or "").strip()
    if chosen is None:
        return Parsed(None, opinion, {}, (FieldFault("answer", "请先选择一个结论。"),))
    faults: list[FieldFault] = []
    fields: dict[str, Any] = {}
    if chosen.opinion_required and not opinion:
        faults.append(FieldFault("opinion", f"选择“{chosen.label}”须写明意见。"))
    if len(opinion) > MOST_WORDS:
        said = f"意见最多 {MOST_WORDS:,} 字，现为 {len(opinion):,} 字；请精简或作为附件上传。"
        faults.append(FieldFault("opinion", said))
    if chosen.outcome is Outcome.RETURN and gate.lists_faults:
        fields["faults"] = _faults(typed, prepared, faults)
    if gate.state is State.FILING_REVIEW and chosen.outcome is Outcome.APPROVE and typed.excluded:
        fields["excluded"] = _excluded(typed, loans, faults)
    for name in chosen.fields:
        value = typed.values.get(name, "")
        fault = _CHECKS[name](value, gate)
        if fault:
            faults.append(FieldFault(name, fault))
        elif name == "to_meeting":
            fields[name] = value == "1"
        else:
            fields[name] = value
    return Parsed(chosen.outcome, opinion, fields, tuple(faults))


def _faults(typed: Typed, prepared: Sequence[Prepared], faults: list[FieldFault]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = [
        {
            "where": p.where,
            "problem": p.problem,
            "remedy": p.remedy,
            "clause": p.clause,
            "at": p.at,
            "check": p.key,
        }
        for p in prepared
        if (p.certain if typed.todo is None else p.key in typed.todo)
    ]
    for line in typed.more.splitlines():
        parts = [part for part in _SPLIT.split(line.strip()) if part]
        if len(parts) == 1:
            items.append({"where": "申请材料", "problem": parts[0], "remedy": REMEDY, "clause": ""})
        elif parts:
            remedy = "；".join(parts[2:]) or REMEDY
            items.append({"where": parts[0], "problem": parts[1], "remedy": remedy, "clause": ""})
    if not items:
        faults.append(FieldFault("faults", "请在补正清单中一次列明全部问题，至少一项。"))
    if any(len(item[part]) > MOST_REASON for item in items for part in PARTS):
        faults.append(FieldFault("faults", f"补正清单每项的各部分最多 {MOST_REASON} 字，请分成几项写。"))
    return items


def _excluded(typed: Typed, loans: Mapping[str, str], faults: list[FieldFault]) -> dict[str, str]:
    excluded = {key: reason for key, reason in typed.excluded.items() if key in loans}
    for key, reason in excluded.items():
        if not reason:
            faults.append(FieldFault(f"reason-{key}", f"{loans[key]}：剔除须写明理由。"))
        elif len(reason) > MOST_REASON:
            said = f"{loans[key]}：剔除理由最多 {MOST_REASON} 字，现为 {len(reason)} 字。"
            faults.append(FieldFault(f"reason-{key}", said))
    if len(excluded) == len(loans):
        faults.append(FieldFault("answer", "已剔除全部贷款；如都不符合条件，请选择“建议不予备案”。"))
    return excluded


def _target(value: str, gate: Gate) -> str:
    return "" if value in {s.value for s in gate.send_back_to} else "请选择退回到哪一环节。"


def _clause(value: str, gate: Gate) -> str:
    return "" if value in {c.id for c in all_clauses()} else "请选择不予补偿所依据的条款。"


def _meeting(value: str, gate: Gate) -> str:
    return ""


def _voucher(value: str, gate: Gate) -> str:
    if not value:
        return "请填写拨付凭证号。"
    return f"拨付凭证号最多 {VOUCHER} 字，现为 {len(value)} 字。" if len(value) > VOUCHER else ""


def _voucher_date(value: str, gate: Gate) -> str:
    return past_day(value, "拨付日期")


def _arrived_on(value: str, gate: Gate) -> str:
    return past_day(value, "到账日期")


def past_day(value: str, label: str) -> str:
    """What is wrong with a typed date that cannot lie ahead; empty if nothing is."""
    if not value:
        return f"请填写{label}。"
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return f"{label}“{value[:20]}”不是一个日期；请写成 {clock.today().isoformat()} 这样的日期。"
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return f"{label}请写成 {clock.today().isoformat()} 这样的日期。"
    if day > clock.today():
        return f"{label} {value} 晚于今天 {clock.today().isoformat()}；请核对。"
    return f"{label} {value} 早于政策实施日 2024-01-01；请核对。" if day < date(2024, 1, 1) else ""


_CHECKS = {
    "target": _target,
    "clause": _clause,
    "to_meeting": _meeting,
    "voucher_number": _voucher,
    "voucher_date": _voucher_date,
    "arrived_on": _arrived_on,
}
