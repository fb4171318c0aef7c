"""报出: the one place through which filers submit. Where their institution works by 经办/复核, what one person prepared
waits until another of the same institution releases it; the same action is then carried out, with all its checks.
"""

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from flows.actions import two_people
from flows.actions.acted import acted
from flows.actions.applications import drafting, importing
from flows.actions.applications.importing import actor_of
from flows.actions.attaching import Stored, stored_all
from flows.actions.errors import (
    ActionRefusedError,
    ConflictError,
    FieldFault,
    ForbiddenError,
    InvalidError,
    NotThereError,
    permitted,
)
from flows.actions.maker_checker import matters
from flows.actions.maker_checker.matter import Matter
from flows.actions.maker_checker.matters import KINDS
from flows.documents.text import printable
from flows.steps import colleagues
from models import clock
from models.gates import APPLICANT_DUTY
from models.permissions import ALLOWED, Actor, Denied, may_file, may_release, may_see_prepared
from models.records import institution, person, prepared
from models.records.case import CaseRecord, by_number
from models.records.draft import DraftFile, DraftKind
from models.records.institution import Institution
from models.records.loan_import import LoanImport
from models.records.prepared import STATE_NAMES, Prepared
from models.records.task import Participation, participation
from models.records.two_people import Verdict
from models.roles import Role


@dataclass(frozen=True, slots=True)
class Handed:
    """What became of a submission: the case it made or moved, or the row that waits for a checker. Neither for what has
    no case of its own and went through."""

    case: CaseRecord | None = None
    waiting: Prepared | None = None


class _UndoError(Exception):
    """Ends a rehearsal: everything it wrote goes with its savepoint."""


def hand_in(s: Session, actor: Actor, matter: Matter) -> Handed:
    """Submit, or lay before the institution's checker. Whatever the action refuses is refused now, either way."""
    if s.get_one(Institution, actor.institution_id).checker_since is None:
        return Handed(case=KINDS[matter.kind].perform(s, actor, matter))
    files = stored_all(s, matter.files)
    already = matter.subject and prepared.waiting_on(s, actor.institution_id, matter.kind, matter.subject)
    if already:
        raise ConflictError(_taken(s, already))
    _rehearse(s, actor, matter)
    row = Prepared(
        institution_id=actor.institution_id,
        kind=matter.kind,
        subject=matter.subject,
        title=matter.title[:200],
        amount=matter.amount,
        data=matter.data,
        files=[asdict(one) for one in files],
        shown=_hash(matter.kind, matter.subject, matter.data, [asdict(one) for one in files]),
        by_key=actor.by_key,
        proposed_by=actor.person_id,
        proposed_at=clock.now(),
    )
    try:
        with s.begin_nested():
            s.add(row)
    except IntegrityError as error:  # a colleague was quicker
        raise ConflictError("同一事项刚刚由本单位另一人送复核，请在首页“待复核”查看。") from error
    colleagues.laid_before(s, row)
    return Handed(waiting=row)


def hand_in_list(s: Session, actor: Actor, found: LoanImport, *, good_only: bool) -> Handed:
    """Submit a list's good rows. What a managing institution enters for others is not a filing of its own unit."""
    if found.backfilled:
        importing.submit(s, actor, found.id or 0, good_only=good_only)
        return Handed()
    s.refresh(found, with_for_update=True)  # nobody reads it anew while it is laid before the checker
    return hand_in(s, actor, matters.imported(s, found, good_only=good_only))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A list that is not filed yet: the submission its institution's checker has before them, who sent it, who may
    release it, and all of that in a sentence."""

    row_id: int
    maker: str
    checkers: tuple[str, ...]

    @property
    def words(self) -> str:
        """待复核, and by whom."""
        by = f"可由{'、'.join(self.checkers)}放行或退回"
        nobody = "本单位现在没有可以复核的人员，请系统管理为另一位同事设“申报复核”岗位"
        return (
            f"待复核：{self.maker}已送本单位复核，尚未报出，没有形成备案；{by if self.checkers else nobody}。"
        )


def list_waiting(s: Session, found: LoanImport) -> Waiting | None:
    """What waits of a list for a checker of the institution that handed it in."""
    row = importing.waiting(s, found)
    if row is None:
        return None
    able = [
        one.name
        for one in person.holders(s, Role.FILER_CHECKER, row.institution_id)
        if may_release(actor_of(s, one.id or 0), row.proposed_by, "") == ALLOWED
    ]
    maker = person.names(s, [row.proposed_by]).get(row.proposed_by, "同事")
    return Waiting(row.id or 0, maker, tuple(able))


def release(s: Session, actor: Actor, row_id: int, shown: str) -> Prepared:
    """放行: carry out what was prepared, in the name of who prepared it, and note who released it.

    Raises `ForbiddenError` (never one's own), `ConflictError` (decided meanwhile, another page was shown, or the
    action is not possible any more), `InvalidError` with the faults it has today.
    """
    found = seen(s, actor, row_id)

    def confirmed(row: Prepared) -> None:
        if shown != row.shown or shown != _hash(row.kind, row.subject, row.data, row.files):
            raise ConflictError("页面内容与送复核的内容不一致，没有报出。请刷新后按最新内容核对。")
        maker = _maker(s, row)
        case = KINDS[row.kind].perform(s, maker, matter_of(row))
        if case is not None:
            row.case_number = case.number
            noted(s, actor, case, maker.name)

    two_people.undecided(s, found, f"“{found.title}”")
    return _decide(s, actor, row_id, Verdict.CONFIRMED, "", confirmed)


def give_back(s: Session, actor: Actor, row_id: int, reason: str) -> Prepared:
    """退回经办, with the reason."""
    reason = printable(reason).strip()
    if not reason:
        raise InvalidError((FieldFault("reason", "请写明退回的原因，经办会看到。"),))
    two_people.undecided(s, found := seen(s, actor, row_id), f"“{found.title}”")
    row = _decide(s, actor, row_id, Verdict.REJECTED, reason, lambda row: None)
    colleagues.returned(s, row)
    return row


def withdraw(s: Session, actor: Actor, row_id: int) -> Prepared:
    """撤回: the maker takes back what nobody has released yet."""
    two_people.undecided(s, found := seen(s, actor, row_id), f"“{found.title}”")
    return _decide(s, actor, row_id, Verdict.WITHDRAWN, "", lambda row: None)


def _decide(s: Session, actor: Actor, row_id: int, verdict: Verdict, note: str, confirmed: Any) -> Prepared:
    def may(who: Actor, by: int, name: str) -> Any:
        return may_release(who, by, name)

    return two_people.decide(
        s, actor, Prepared, row_id, verdict, note, called="申报", may_confirm=may, confirmed=confirmed
    )


def take_up(s: Session, actor: Actor, row_id: int) -> str:
    """取回修改: what was returned or withdrawn becomes a draft of the actor; the page where it is put right.

    Raises `ConflictError` for what waits, was taken up, or stands in the way of a draft begun meanwhile.
    """
    seen(s, actor, row_id)
    row = s.get_one(Prepared, row_id, with_for_update=True, populate_existing=True)
    kind = KINDS[row.kind]
    permitted(may_file(actor, actor.files_board) if actor.files_board else Denied("你单位不办理申报。"))
    if row.verdict not in (Verdict.REJECTED, Verdict.WITHDRAWN) or row.taken_up_at is not None:
        done = "已有人取回修改" if row.taken_up_at else STATE_NAMES[row.verdict]
        raise ConflictError(f"“{row.title}”{done}，不能取回。")
    if kind.draft is not None:
        _restore(s, actor, row, kind.draft)
    row.taken_up_at = clock.now()
    s.flush()
    return kind.page.format(subject=row.subject)


def _restore(s: Session, actor: Actor, row: Prepared, kind: DraftKind) -> None:
    draft = drafting.open_draft(s, actor, kind, row.subject)
    if drafting.begun(draft):
        raise ConflictError(
            "你还有一份同类的草稿没有提交，取回会把它覆盖。请先提交或清空那份草稿，再取回这一份。"
        )
    drafting.keep(draft, **row.data)
    for one in row.files:
        values = one | {"draft_id": draft.id, "uploaded_at": clock.now()}
        query = insert(DraftFile).values(values)
        fresh = {name: query.excluded[name] for name in ("filename", "media_type", "size", "sha256")}
        s.connection().execute(query.on_conflict_do_update(index_elements=["draft_id", "slot"], set_=fresh))


def seen(s: Session, actor: Actor, row_id: int) -> Prepared:
    """The submission, for those of its institution who file or check. Raises `NotThereError` for everyone else."""
    found = s.get(Prepared, row_id) if row_id < 2**31 else None
    if found is None or not may_see_prepared(actor, found.institution_id):
        raise NotThereError("没有找到这份申报。")
    return found


def matter_of(row: Prepared) -> Matter:
    """What waits, as it will be carried out."""
    return Matter(
        row.kind, row.subject, row.title, row.amount, row.data, [Stored(**one) for one in row.files]
    )


def obstacles(s: Session, row: Prepared) -> tuple[str, ...]:
    """Why it could not be submitted at this moment, in sentences; empty if it could. Nothing is kept."""
    try:
        _rehearse(s, _maker(s, row), matter_of(row))
    except InvalidError as error:
        return tuple(fault.message for fault in error.faults)
    except ActionRefusedError as error:
        return (error.sentence,)
    return ()


def noted(s: Session, actor: Actor, case: CaseRecord, maker: str) -> None:
    """On the case: who released it. A checker takes part as applicant, and performs no other duty in the case."""
    taking = insert(Participation).values(
        case_id=case.id, person_id=actor.person_id, duty=APPLICANT_DUTY, gate="submitted", at=clock.now()
    )
    s.connection().execute(taking.on_conflict_do_nothing())
    found = participation(s, case.id or 0, actor.person_id)
    if found is None or found.duty != APPLICANT_DUTY:
        raise ForbiddenError("你办理过本案的审核环节，不能复核本案的申报；请由另一位复核人办理。")
    organ = institution.name_on(s, actor.institution_id, clock.today()).short_name
    acted(s, actor, case.id or 0, "submission_released", {"maker": maker}, organ=organ)


def note_on_import(s: Session, case: CaseRecord, import_id: int) -> None:
    """On a filing made of a list: who released the list, if anybody had to."""
    row = prepared.released_of(s, "import", str(import_id))
    if row is not None and row.decided_by is not None:
        names = person.names(s, [row.proposed_by, row.decided_by])
        checker = Actor(row.decided_by, names[row.decided_by], row.institution_id, frozenset())
        noted(s, checker, case, names[row.proposed_by])


def _maker(s: Session, row: Prepared) -> Actor:
    """Who prepared it, with today's roles. Raises `ForbiddenError` for one who left."""
    found = actor_of(s, row.proposed_by)
    return Actor(
        found.person_id, found.name, found.institution_id, found.roles, found.files_board, by_key=row.by_key
    )


def _rehearse(s: Session, actor: Actor, matter: Matter) -> None:
    """Carry it out and take it back: whatever the action would refuse is raised, nothing is kept."""
    try:
        with s.begin_nested():
            KINDS[matter.kind].perform(s, actor, matter)
            s.flush()
            raise _UndoError
    except _UndoError:
        return


def _hash(kind: str, subject: str, data: Any, files: Any) -> str:
    whole = json.dumps([kind, subject, data, files], ensure_ascii=False, sort_keys=True)
    return sha256(whole.encode()).hexdigest()


def _taken(s: Session, row: Prepared) -> str:
    who = person.names(s, [row.proposed_by]).get(row.proposed_by, "同事")
    return f"“{row.title}”已由{who}送本单位复核，尚未放行。请等复核，或由{who}撤回后再提交。"


__all__ = [
    "Handed",
    "by_number",
    "give_back",
    "hand_in",
    "hand_in_list",
    "list_waiting",
    "matter_of",
    "note_on_import",
    "noted",
    "obstacles",
    "release",
    "seen",
    "take_up",
    "withdraw",
]
