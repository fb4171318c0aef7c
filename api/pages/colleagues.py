"""What colleagues do with a task or case beside the answer: the menu, signatures asked for, remarks, copies."""

from dataclasses import dataclass

from api.pages import task_facts, verbs
from api.pages.form_views import FieldView
from api.pages.render import stamp
from api.pages.verb_fields import Given, Spot, enclosing, names_of
from api.pages.views import Link, Note, Tag, Tone
from flows.actions.answers import sitting
from flows.actions.colleagues import choosing
from models.gates import SIGNING, Outcome
from models.permissions import Denied
from models.records import message, opinion_file
from models.records.message import MESSAGE_NAMES
from models.records.task import ADDED_NAMES, Task, TaskState

BESIDE = 3
"""How many verbs stand beside the decision; the others are behind 更多."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature asked for (加签): by whom, when in the order, how it stands; `remove_href` is its 减签."""

    name: str
    how: str
    mark: Tag
    opinion: str
    remove_href: str
    files: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """A 批注, or the advice a delegate gave."""

    name: str
    when: str
    words: str
    advice: bool
    files: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Copied:
    """Who was sent a copy and when they read it ("" = not yet)."""

    name: str
    read: str


@dataclass(frozen=True, slots=True)
class Colleagues:
    """The part of a page about colleagues; empty for applicants, who see none of it."""

    beside: tuple[Link, ...] = ()
    more: tuple[Link, ...] = ()
    advise_href: str = ""  # the reader was asked for advice: the form stands on the page
    request: Note | None = None  # what a colleague asked the reader, who holds the task because of it
    stands_in: str = ""  # 你正代周秉文办理。
    unstaffed: bool = False
    signatures: tuple[Signature, ...] = ()
    remarks: tuple[Remark, ...] = ()
    copied: tuple[Copied, ...] = ()
    enclosing: FieldView | None = None  # the files of the advice


def view(spot: Spot) -> Colleagues:
    """For one reader of a task or case."""
    if not spot.actor.watches_all:
        return Colleagues()
    base = f"/tasks/{spot.task.id}" if spot.task is not None else f"/cases/{spot.case.number}"
    links = tuple(
        Link(verbs.label(verb, spot), f"{base}/do/{verb.key}", post=verb.at_once)
        for verb in verbs.offered(spot)
    )
    case_id = spot.case.id or 0
    copies = message.copies(spot.db, case_id)
    names = names_of(spot.db, [one.person_id for one in copies])
    remarks = message.comments(spot.db, case_id)
    files = opinion_file.of_comments(spot.db, [one.id or 0 for one in remarks])
    return Colleagues(
        links[:BESIDE],
        links[BESIDE:],
        _advise(spot, base),
        _request(spot),
        _stands_in(spot),
        spot.task is not None and spot.task.unstaffed and spot.task.state == TaskState.OPEN,
        _signatures(spot),
        tuple(
            Remark(
                one.person_name,
                stamp(one.at),
                one.words,
                one.task_id is not None,
                task_facts.file_links(files.get(one.id or 0, ())),
            )
            for one in remarks
        ),
        tuple(
            Copied(names.get(one.person_id, ""), stamp(one.read_at) if one.read_at else "") for one in copies
        ),
        enclosing(Given({}, {})),
    )


def _advise(spot: Spot, base: str) -> str:
    asked = spot.task is not None and verbs.VERBS["advise"].offered(spot)
    return f"{base}/do/advise" if asked else ""


def _request(spot: Spot) -> Note | None:
    task = spot.task
    if task is None or task.state != TaskState.OPEN or task.assignee_id != spot.actor.person_id:
        return None
    asked = message.asked(spot.db, task.id or 0, spot.actor.person_id)
    if asked is None:
        return None
    return Note(
        "act", f"{asked.sender} {stamp(asked.at)} {MESSAGE_NAMES[asked.kind]}：", asked.words, "users"
    )


def _stands_in(spot: Spot) -> str:
    if spot.task is None or spot.task.state != TaskState.OPEN:
        return ""
    allowed, principal = sitting.capacity(spot.db, spot.actor, spot.task)
    if principal is None or isinstance(allowed, Denied):
        return ""
    return f"你正代{principal.name}办理，结论署名“{spot.actor.name}（代{principal.name}）”。"


def _signatures(spot: Spot) -> tuple[Signature, ...]:
    if spot.task is None:
        return ()
    seats = choosing.signatures(spot.db, spot.task)
    names = names_of(spot.db, [seat.assignee_id for seat in seats])
    files = opinion_file.of_tasks(spot.db, [seat.id or 0 for seat in seats])
    return tuple(
        _signature(
            spot,
            seat,
            names.get(seat.assignee_id or 0, ""),
            task_facts.file_links(files.get(seat.id or 0, ())),
        )
        for seat in seats
    )


def _signature(spot: Spot, seat: Task, name: str, files: tuple[Link, ...]) -> Signature:
    how = ADDED_NAMES[seat.added] if seat.added else ""
    removable = verbs.VERBS["unsign"].offered(Spot(spot.db, spot.actor, spot.case, seat))
    mark = Tag("待签署", "act") if seat.state == TaskState.OPEN else Tag("未轮到", "idle")
    if seat.outcome is not None:
        chosen = next((one.label for one in SIGNING if one.outcome == seat.outcome), "")
        tone: Tone = "ok" if seat.outcome is Outcome.APPROVE else "late"
        mark = Tag(chosen, tone)
    href = f"/tasks/{seat.id}/do/unsign" if removable else ""
    return Signature(name, how, mark, seat.opinion, href, files)
