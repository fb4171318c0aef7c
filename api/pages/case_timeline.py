"""经过: the events of a case as the timeline shows them, newest first, in the words of `templates/timeline`.

An event without a template of its own is told in a general sentence, never by its code. Applicants read what was
done to them; who said what inside the review stays with the staff.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from markupsafe import Markup

from api.pages import task_clock
from api.pages.case_views import TimelineItem
from api.pages.render import TEMPLATES, render, stamp
from api.pages.views import Link, Tone
from models.calendar import WorkingCalendar
from models.gates import ACCEPTANCE, GATES, Gate, Outcome
from models.records.case import JournalEntry
from models.records.timeline import Event
from models.roles import Party

GENERAL = "timeline/general.html"
ANSWERED = "task_answered"
TONES: dict[str, Tone] = {
    "sent_back": "soon", "objection_registered": "soon", "released": "soon", "excluded": "soon",
    "incident_raised": "late", "withdrawn": "idle", "notice_sent": "idle", "document_issued": "idle",
    "checks_run": "idle", "filing_submitted": "idle", "claim_submitted": "idle", "decided_against": "late",
    "notice_started": "act", "correction_resubmitted": "act", "awaiting_room": "soon", "recalculation_asked": "soon",
    "recovery_submitted": "idle", "recovery_registered": "idle", "recovery_refused": "late", "return_demanded": "act",
    "document_voided": "late", "document_void_asked": "soon", "document_reissued": "idle",
}  # fmt: skip
OUTCOMES: dict[Outcome, Tone] = {
    Outcome.APPROVE: "ok", Outcome.RETURN: "stop", Outcome.SEND_BACK: "soon", Outcome.REFUSE: "late",
}  # fmt: skip
INTERNAL = frozenset(
    {
        "checks_run",
        "check_looked",
        "calculated",
        "return_calculated",
        "reserved",
        "released",
        "incident_raised",
        "incident_retried",
        "sent_back",
        "recalculation_asked",
        "document_void_asked",
        "document_void_declined",
        "put_on_agenda",
        "taken_off_agenda",
        "meeting_called",
        "meeting_concluded",
    }
    | {"task_transferred", "task_delegated", "delegate_replied", "delegation_recalled", "signer_added"}
    | {"signer_removed", "taken_back", "nudged", "copied"}
)
"""What only staff read."""
FOLDED = {"notice_sent": "通知", "document_issued": "文书"}
VOID = "void"
FOLLOWS = frozenset(
    {
        "notice_sent",
        "document_issued",
        "calculated",
        "return_calculated",
        "reserved",
        "released",
        "checks_run",
    }
)
MONEY = ("amount", "received_amount")


@dataclass(frozen=True, slots=True)
class Told:
    """What a timeline template is given. `facts` is the event's data, amounts as Decimal (元)."""

    who: str
    organ: str
    gate: Gate | None
    facts: Mapping[str, Any]
    applicant: bool


def timeline(
    events: Sequence[Event],
    journal: Sequence[JournalEntry],
    days: WorkingCalendar,
    *,
    applicant: bool,
    own_documents: frozenset[int] = frozenset(),
) -> tuple[TimelineItem, ...]:
    """Newest first. Approvals that became void and runs of notices are folded, never left out.

    `own_documents` are the ids an applicant may read.
    """
    shown = [e for e in events if not applicant or _open_to_applicant(e, own_documents)]
    entries = {entry.id: entry for entry in journal}
    anchors = _anchors(shown, journal)
    items: list[TimelineItem] = []
    run: list[TimelineItem] = []
    kind = ""
    for event in reversed(shown):
        entry = entries.get(event.entry_id)
        item = _item(event, entry, days, anchors.get(event.id, ()), applicant=applicant)
        fold = _fold(event, entry, kind)
        if run and fold != kind:
            items += _folded(run, kind)
            run = []
        kind = fold
        if fold:
            run.append(item)
        else:
            items.append(item)
    return (*items, *_folded(run, kind))


def _fold(event: Event, entry: JournalEntry | None, running: str) -> str:
    """Why an event is folded away with its neighbours; "" when it stands on its own.

    What followed from an approval that became void is folded with it.
    """
    void = entry is not None and entry.voided_at is not None
    if event.event == ANSWERED:
        return VOID if void and event.data.get("outcome") == Outcome.APPROVE.value else ""
    if running == VOID and event.event in FOLLOWS:
        return VOID
    return event.event if event.event in FOLDED else ""


def _folded(run: Sequence[TimelineItem], kind: str) -> list[TimelineItem]:
    if not run or (kind != VOID and len(run) < 2):
        return list(run)
    label = f"展开 {len(run)} 条" + ("（已作废的同意仍在）" if kind == VOID else FOLDED[kind])
    return [TimelineItem(run[-1].when, Markup(""), "idle", fold_label=label, fold=tuple(run))]


def _item(
    event: Event,
    entry: JournalEntry | None,
    days: WorkingCalendar,
    anchors: Sequence[int],
    *,
    applicant: bool,
) -> TimelineItem:
    hide = applicant and event.event == ANSWERED and not _by_applicant(event)
    body = render(_template(event.event), e=_told(event, applicant=applicant))
    marks = Markup("").join(Markup('<span id="r{}"></span>').format(number) for number in anchors)
    answered = event.event == ANSWERED
    tone = TONES.get(event.event, "ok")
    if answered:
        tone = OUTCOMES.get(_outcome(event) or Outcome.APPROVE, "ok")
    decided = answered and entry is not None and entry.finished_at is not None
    return TimelineItem(
        stamp(event.at),
        marks + body,
        tone,
        opinion="" if hide or not answered else str(event.data.get("opinion", "")),
        files=() if applicant else enclosed(event),
        used=task_clock.answered(days, entry).words if decided and entry and entry.budget_days else "",
    )


def enclosed(event: Event) -> tuple[Link, ...]:
    """The files that came with an opinion, for those who may read it."""
    files = event.data.get("files") or ()
    return tuple(Link(str(one["name"]), f"/opinion-files/{one['id']}/preview") for one in files)


def spoken(event: Event, *, applicant: bool) -> str:
    """An event as one line of plain text, opinion included: for files that leave the system."""
    text = render(_template(event.event), e=_told(event, applicant=applicant)).striptags()
    if applicant:
        return text
    opinion, files = str(event.data.get("opinion", "")), event.data.get("files") or ()
    said = f"{text}　意见：{opinion}" if opinion and opinion not in text else text
    return f"{said}　附件：{'、'.join(str(one['name']) for one in files)}" if files else said


def open_to(event: Event, own_documents: frozenset[int] | None) -> bool:
    """Whether an event is told to a reader: staff (None) read everything, an applicant what concerns them."""
    return own_documents is None or _open_to_applicant(event, own_documents)


def _told(event: Event, *, applicant: bool) -> Told:
    facts = {key: _money(value) if key in MONEY else value for key, value in event.data.items()}
    hide = applicant and event.event == ANSWERED and not _by_applicant(event)
    return Told("" if hide else event.person_name, event.organ, GATES.get(event.gate), facts, applicant)


def _template(event: str) -> str:
    name = f"timeline/{event}.html"
    known = re.fullmatch(r"[a-z_]+", event) and (TEMPLATES / name).is_file()
    return name if known else GENERAL


def _money(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _outcome(event: Event) -> Outcome | None:
    return next((o for o in Outcome if o.value == event.data.get("outcome")), None)


def _by_applicant(event: Event) -> bool:
    gate = GATES.get(event.gate)
    return gate is not None and gate.party is Party.APPLICANT


def _open_to_applicant(event: Event, own_documents: frozenset[int]) -> bool:
    """Whether the applicant reads this event at all."""
    if event.event in ("document_issued", "document_reissued", "document_voided"):
        return event.data.get("document_id") in own_documents
    if event.event == ANSWERED:
        known = _by_applicant(event) or event.gate == ACCEPTANCE.key
        return known or (_outcome(event) is Outcome.RETURN and event.gate != "finance_review")
    return event.event not in INTERNAL


def _anchors(shown: Sequence[Event], journal: Sequence[JournalEntry]) -> dict[int | None, list[int]]:
    """Where the diagram's links lead: the event that names the entry, else the last one of its moment."""
    named = {event.entry_id: event.id for event in shown}
    found: dict[int | None, list[int]] = {}
    for entry in journal:
        at = (entry.finished_at if entry.kind == "step" else None) or entry.opened_at
        near = [event.id for event in shown if event.at <= at + timedelta(seconds=1)]
        place = named.get(entry.id) or (near[-1] if near else None)
        if place is not None:
            found.setdefault(place, []).append(entry.id or 0)
    return found


def now_item(words: str, tone: Tone, entry_id: int | None) -> TimelineItem:
    """The first line: whom the case waits for at this moment."""
    mark = Markup('<span id="r{}"></span>').format(entry_id) if entry_id else Markup("")
    return replace(TimelineItem("现在", mark + Markup("<b>{}</b>").format(words), tone), now=True)
