"""Saving a list's filters and order under a name (我的视图). A view is its owner's alone; nobody else sees it."""

from sqlmodel import Session, select

from flows.actions.errors import ConflictError, FieldFault, InvalidError, NotThereError
from flows.documents.text import printable
from models import clock
from models.permissions import Actor
from models.records.saved_view import MOST, Place, SavedView, of_person

LONGEST = 20


def save(s: Session, actor: Actor, place: Place, name: str, query: str, *, opens: bool) -> SavedView:
    """Keep a view; one of the same name is replaced. `opens`: the list opens with it from now on."""
    name = " ".join(printable(name).split())
    if not name:
        raise InvalidError((FieldFault("name", "请给视图起一个名称。"),))
    if len(name) > LONGEST:
        raise InvalidError((FieldFault("name", f"名称最多 {LONGEST} 字，现为 {len(name)} 字。"),))
    if len(query) > 500:
        raise InvalidError((FieldFault("name", "筛选条件太多，不能保存为视图。"),))
    kept = of_person(s, actor.person_id, place)
    found = next((one for one in kept if one.name == name), None)
    if found is None and len(kept) >= MOST:
        raise ConflictError(f"最多保存 {MOST} 个视图，请先删除不用的。")
    if opens:
        _none_opens(s, actor, place)
    view = found or SavedView(
        person_id=actor.person_id, place=place, name=name, query=query, saved_at=clock.now()
    )
    view.query, view.opens = query, opens
    s.add(view)
    s.flush()
    return view


def open_with(s: Session, actor: Actor, view_id: int) -> SavedView:
    """The list opens with this view; asked again, with none."""
    view = _own(s, actor, view_id)
    opens = not view.opens
    _none_opens(s, actor, view.place)
    view.opens = opens
    return view


def remove(s: Session, actor: Actor, view_id: int) -> SavedView:
    """Forget a view."""
    view = _own(s, actor, view_id)
    s.delete(view)
    return view


def _none_opens(s: Session, actor: Actor, place: Place) -> None:
    for other in of_person(s, actor.person_id, place):
        other.opens = False
    s.flush()


def _own(s: Session, actor: Actor, view_id: int) -> SavedView:
    query = select(SavedView).where(SavedView.id == view_id, SavedView.person_id == actor.person_id)
    found = s.exec(query.with_for_update()).first()
    if found is None:
        raise NotThereError("没有找到这个视图，可能已经删除。")
    return found
