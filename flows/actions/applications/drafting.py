"""Keeping drafts (草稿): what was typed stays, what was uploaded stays, until it is submitted or thrown away."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from flows.actions.attaching import Stored, store
from flows.actions.errors import ConflictError, NotThereError
from flows.actions.people import posts
from flows.documents.text import printable
from models import clock
from models.permissions import Actor
from models.records.draft import Draft, DraftFile, DraftKind, files, find
from models.records.loan import Loan
from models.records.person import Person

LONGEST = 4_000
"""More than any field takes; what is typed beyond it is not kept in a draft."""
_TRIES = 10


def open_draft(s: Session, actor: Actor, kind: DraftKind, subject: str = "") -> Draft:
    """The person's draft of this matter, made if there is none, locked: of a form sent twice the second waits."""
    values = {
        "person_id": actor.person_id,
        "kind": kind,
        "subject": subject,
        "data": {},
        "updated_at": clock.now(),
    }
    for _ in range(_TRIES):
        s.connection().execute(insert(Draft).values(values).on_conflict_do_nothing())
        draft = find(s, actor.person_id, kind, subject, lock=True)
        if draft is not None:  # else the first form was submitted, and its draft went, while we waited
            return draft
    raise RuntimeError("the draft was written and is not there")


def keep(draft: Draft, **data: Any) -> None:
    """Write parts of the draft; the rest stays. A change of its loans makes a new `version`."""
    if "loans" in data:
        data["changes"] = draft.data.get("changes", 0) + 1
    draft.data = {**draft.data, **data}
    draft.updated_at = clock.now()


def version(draft: Draft) -> str:
    """What a page with this draft's loans shows. A form that names another one was opened before they changed."""
    return f"{draft.id}.{draft.data.get('changes', 0)}"


def typed(values: Mapping[str, object]) -> dict[str, str]:
    """Form values as they can be kept: text, without characters a database or a page cannot carry."""
    return {name: printable(value)[:LONGEST] for name, value in values.items() if isinstance(value, str)}


def stage(s: Session, draft: Draft, slot: str, filename: str, data: bytes) -> None:
    """Keep an upload for the draft, in place of the one its slot had. Raises `InvalidError` for a bad file."""
    kept = store(s, slot, filename, data)
    facts = {
        "filename": kept.filename,
        "media_type": kept.media_type,
        "size": kept.size,
        "sha256": kept.sha256,
        "uploaded_at": clock.now(),
    }
    query = insert(DraftFile).values(draft_id=draft.id, slot=slot, **facts)
    s.connection().execute(query.on_conflict_do_update(index_elements=["draft_id", "slot"], set_=facts))
    draft.updated_at = clock.now()


def staged(s: Session, draft: Draft) -> tuple[Stored, ...]:
    """The files of a draft, ready to be attached."""
    return tuple(Stored(f.slot, f.filename, f.media_type, f.size, f.sha256) for f in files(s, draft.id or 0))


def begun(draft: Draft) -> bool:
    """Whether anything was written in it: a page that was only opened leaves an empty one."""
    return any(draft.data.get(part) for part in ("loans", "typed", "note"))


def title(s: Session, draft: Draft) -> str:
    """What the draft is to become, in words."""
    if draft.kind == DraftKind.FILING:
        return f"备案草稿：{len(draft.data.get('loans', []))} 笔贷款"
    if draft.kind == DraftKind.CLAIM:
        return f"补偿申请草稿：{s.get_one(Loan, int(draft.subject)).firm_name}"
    return f"补正草稿：{draft.subject}"


def take_over(s: Session, actor: Actor, draft_id: int) -> Draft:
    """接手 a colleague's draft. Raises `NotThereError`, or `ConflictError` if it would meet one of the actor's own."""
    draft = s.get(Draft, draft_id, with_for_update=True) if draft_id < 2**31 else None
    owner = s.get(Person, draft.person_id) if draft else None
    if draft is None or owner is None or owner.institution_id != actor.institution_id:
        raise NotThereError("没有找到这份草稿。")
    mine = find(s, actor.person_id, DraftKind(draft.kind), draft.subject, lock=True)
    if owner.id == actor.person_id:
        return draft
    if mine is not None and begun(mine):
        raise ConflictError("你自己已有一份同类的草稿。请先提交或清空那一份，再接手同事的。")
    if mine is not None:
        discard(s, mine)
        s.flush()
    draft.person_id = actor.person_id
    posts.log(s, actor, actor.institution_id, "draft_taken_over", owner, title=title(s, draft))
    s.flush()
    return draft


def discard(s: Session, draft: Draft) -> None:
    """The draft has become a case, or is no longer wanted."""
    for file in files(s, draft.id or 0):
        s.delete(file)
    s.flush()
    s.delete(draft)
