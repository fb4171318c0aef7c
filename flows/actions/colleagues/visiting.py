"""What changed since a reviewer last looked at a case (上次查看之后), and that they look at it now.

Facts come from the events that changed them, before and after as they were told then; a fact that was changed twice
is told once, and not at all when it is back at what it was. For the reviewing sides only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sqlmodel import Session

from models import clock
from models.gates import GATES
from models.lifecycle import Board, Process
from models.permissions import Actor
from models.policy.materials import SLOTS
from models.records import opinion_file, visit
from models.records.attachment import Attachment
from models.records.case import CaseRecord
from models.records.opinion_file import OpinionFile
from models.records.timeline import Event
from models.roles import Party

MATERIALS = "材料"
"""How a correction names what it tells of attachments; those are read from the attachments themselves."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A fact of the application, in words: `label` says of which loan."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class FileChange:
    """A material that came or went. `id` is that of the one in force now, or of the one that went."""

    what: Literal["added", "replaced", "removed"]
    title: str
    filename: str
    before: str
    id: int


@dataclass(frozen=True, slots=True)
class Said:
    """An opinion given at a gate, an objection, the applicant's note on its correction, or (no `gate`) a remark."""

    who: str
    gate: str
    label: str
    words: str
    at: datetime
    files: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A letter that was issued, issued again or declared void."""

    what: Literal["issued", "void"]
    id: int
    title: str
    number: str


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything since `since`, up to `until`, the newest moment it covers."""

    since: datetime
    until: datetime
    fields: tuple[FieldChange, ...] = ()
    files: tuple[FileChange, ...] = ()
    opinions: tuple[Said, ...] = ()
    remarks: tuple[Said, ...] = ()
    papers: tuple[Paper, ...] = ()

    @property
    def count(self) -> int:
        """How many lines it has."""
        return sum(len(part) for part in (self.fields, self.files, self.opinions, self.remarks, self.papers))


@dataclass(slots=True)
class _Read:
    """What is gathered from the events."""

    facts: dict[str, tuple[str, str]] = field(default_factory=dict)
    beyond: dict[str, str] = field(default_factory=dict)  # facts that nobody had returned
    opinions: list[Said] = field(default_factory=list)
    papers: dict[int, Paper] = field(default_factory=dict)


def visit_case(s: Session, actor: Actor, case: CaseRecord) -> Changes | None:
    """A reviewer opens the case: what changed since they last did. None at the first look, when nothing changed, and
    for applicants, whose looks are not kept."""
    if not actor.watches_all:
        return None
    since = visit.mark(s, actor.person_id, case.id or 0, clock.now())
    found = changes(s, actor, case, since) if since else None
    return found if found and found.count else None


def unseen(s: Session, actor: Actor, case: CaseRecord) -> Changes | None:
    """The same without looking: for a list's side column, and for those who ask over the API."""
    known = visit.of(s, actor.person_id, case.id or 0) if actor.watches_all else None
    found = changes(s, actor, case, known.seen_at) if known else None
    return found if found and found.count else None


def changes(s: Session, actor: Actor, case: CaseRecord, since: datetime) -> Changes:
    """What others did to the case after a moment."""
    case_id = case.id or 0
    events = visit.events(s, case_id, since, actor.person_id)
    remarks = visit.comments(s, case_id, since, actor.person_id)
    files = visit.attachments(s, case_id, since)
    read = _Read()
    for event in events:
        _read(read, event)
    _amount(s, read, events, case_id, since)
    enclosed = opinion_file.of_comments(s, [one.id or 0 for one in remarks])
    moments = [
        *(e.at for e in events),
        *(r.at for r in remarks),
        *(f.replaced_at or f.uploaded_at for f in files),
    ]
    return Changes(
        since,
        max([since, *moments]),
        tuple(
            FieldChange(label + read.beyond.get(label, ""), *pair)
            for label, pair in read.facts.items()
            if pair[0] != pair[1]
        ),
        tuple(_files(files, since, case)),
        tuple(read.opinions),
        tuple(
            Said(r.person_name, "", "委派意见" if r.task_id else "批注", r.words, r.at, _named(enclosed.get(r.id or 0, ())))
            for r in remarks
        ),
        tuple(read.papers.values()),
    )  # fmt: skip


def _read(read: _Read, event: Event) -> None:
    facts: dict[str, Any] = event.data
    if event.event == "correction_resubmitted":
        for one in facts.get("changed") or ():
            if one["where"] != MATERIALS:
                label = f"{one['where']} {one['what']}".strip()
                _changed(read, label, one["before"], one["after"])
                read.beyond[label] = f"（{one['beyond']}）" if one.get("beyond") else ""
        if facts.get("note"):
            read.opinions.append(Said(event.person_name, "补正", "补正说明", facts["note"], event.at))
    elif event.event == "loan_change_decided":
        if facts.get("confirmed"):
            _changed(
                read,
                f"{facts.get('firm', '')} {facts.get('what', '变更')}".strip(),
                "",
                facts.get("words", ""),
            )
    elif event.event == "objection_registered":
        said = Said(
            str(facts.get("objector", "")), "公示", "提出异议", str(facts.get("content", "")), event.at
        )
        read.opinions.append(said)
    elif event.event in MONEY_BACK:
        label, words = MONEY_BACK[event.event](facts)
        _changed(read, label, "", words)
    elif event.event == "task_answered":
        gate = GATES.get(event.gate)
        stated = _stated(event) if gate is not None and gate.party is Party.APPLICANT else ""
        if gate is not None and stated:
            _changed(read, gate.title, "", stated)
        elif gate is not None and gate.party is not Party.APPLICANT:
            files = tuple((int(one["id"]), str(one["name"])) for one in facts.get("files") or ())
            said = Said(event.person_name, facts.get("gate", gate.title), facts.get("label", ""), facts.get("opinion", ""), event.at, files)  # fmt: skip
            read.opinions.append(said)
    elif event.event in ("document_issued", "document_reissued", "document_voided"):
        what: Literal["issued", "void"] = "void" if event.event == "document_voided" else "issued"
        key = int(facts.get("document_id") or 0)
        read.papers[key] = Paper(what, key, facts.get("title", "文书"), facts.get("number") or "")


def _stated(event: Event) -> str:
    """What the applicant stated at a gate of its own: what arrived, what it paid back. A correction tells its own story."""
    fields: dict[str, str] = event.data.get("fields") or {}
    for paid, day in (("received_amount", "received_on"), ("returned_amount", "returned_on")):
        if paid in fields:
            return f"{_yuan(fields[paid])}元，{fields.get(day, '')}"
    return ""


def _registered(facts: Mapping[str, Any]) -> tuple[str, str]:
    words = f"回款 {_yuan(facts.get('amount', ''))} 元" if facts.get("receipts") else "报送追偿进展"
    return f"追偿登记 {facts.get('number', '')}".strip(), words


MONEY_BACK: dict[str, Callable[[Mapping[str, Any]], tuple[str, str]]] = {
    "recovery_registered": _registered,
    "recovery_refused": lambda facts: ("回款", f"不予认定：{facts.get('reason', '')}"),
    "return_demanded": lambda facts: (
        "核定本次应返还（元）",
        f"{_yuan(facts.get('amount', ''))}，返还期限 {facts.get('on', '')}",
    ),
    "money_returned": lambda facts: (
        f"返还到账（元）{facts.get('number', '')}",
        f"{_yuan(facts.get('amount', ''))}，{facts.get('on', '')}",
    ),
}
"""What 追偿返还 tells, on its own case and on the claim's: label and words."""


def _changed(read: _Read, label: str, before: str, after: str) -> None:
    first = read.facts[label][0] if label in read.facts else before
    read.facts[label] = (first, after)


def _amount(s: Session, read: _Read, events: Sequence[Event], case_id: int, since: datetime) -> None:
    """测算金额 runs along with what it is calculated from; a first calculation has no before."""
    for figure, label in (("calculated", "测算金额（元）"), ("return_calculated", "测算本次应返还（元）")):
        found = [str(one.data.get("amount", "")) for one in events if one.event == figure]
        if found:
            _changed(read, label, _yuan(visit.calculated_before(s, case_id, since, figure)), _yuan(found[-1]))


def _yuan(amount: str) -> str:
    return f"{Decimal(amount):,.2f}" if amount else ""


def _files(files: Sequence[Attachment], since: datetime, case: CaseRecord) -> list[FileChange]:
    known = SLOTS[Process(case.process)].get(Board(case.board), ())
    titles = {slot.key: slot.title for slot in known}
    found: list[FileChange] = []
    for slot in dict.fromkeys(file.slot for file in files):
        title = titles.get(slot, "补充材料")
        old = next((f for f in files if f.slot == slot and f.uploaded_at <= since), None)
        new = next((f for f in reversed(files) if f.slot == slot and f.replaced_at is None), None)
        if new is not None:
            what: Literal["added", "replaced"] = "replaced" if old else "added"
            found.append(FileChange(what, title, new.filename, old.filename if old else "", new.id or 0))
        elif old is not None:
            found.append(FileChange("removed", title, "", old.filename, old.id or 0))
    return found


def _named(files: Sequence[OpinionFile]) -> tuple[tuple[int, str], ...]:
    return tuple((one.id or 0, one.filename) for one in files)
