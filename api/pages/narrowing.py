"""What 待办 and 案件 share: counts that stop somewhere, filters as fields, saved views (我的视图)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import anyone, requires
from api.auth.refusals import Refused
from api.pages.form_views import Option
from api.pages.views import Tab
from flows.actions.colleagues import saving_views
from flows.actions.errors import InvalidError
from models.permissions import Actor
from models.policy.towns import Town
from models.records import saved_view
from models.records.paging import COUNTED
from models.records.saved_view import Place

router = APIRouter()
Reader = Annotated[Actor, requires(anyone)]
NOT_KEPT = frozenset({"after", "before", "done", "paused", "view"})
"""Parts of an address that belong to a moment, not to a view."""
TOWNS = tuple(Option(town.value, town.value) for town in Town)


@dataclass(frozen=True, slots=True)
class Narrow:
    """One field of a list's filters: a choice where it has options, else words or a figure."""

    name: str
    label: str
    value: str
    options: tuple[Option, ...] = ()
    hint: str = ""
    figure: bool = False


@dataclass(frozen=True, slots=True)
class ViewRow:
    """A saved view: its link, and what may be done with it."""

    id: int
    tab: Tab
    opens: bool


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Filters and views of a list. `chosen`: how many fields say something; `kept` is what saving a view stores."""

    place: Place
    fields: tuple[Narrow, ...]
    hidden: tuple[tuple[str, str], ...]
    views: tuple[ViewRow, ...]
    kept: str
    clear_href: str

    @property
    def chosen(self) -> int:
        """How many fields narrow the list."""
        return sum(bool(one.value) for one in self.fields if one.name != "sort")


def many(count: int, most: int = COUNTED) -> int | str:
    """A count as it is shown: “1000+” where it went no further."""
    return f"{most}+" if count > most else count


def yuan(wan: str) -> Decimal | None:
    """Typed 万元 as 元; None for anything that is no amount."""
    try:
        amount = Decimal(wan.replace(",", "").replace("，", "").strip() or "x")
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount < 10**9:
        return None
    return (amount * 10_000).quantize(Decimal("0.01"))


def narrowing(
    db: Session,
    actor: Actor,
    place: Place,
    fields: Sequence[Narrow],
    given: Mapping[str, str],
    clear_href: str,
) -> Narrowing:
    """`given` is what the address asks for now; what no field shows goes along unseen."""
    kept = {name: value for name, value in given.items() if value and name not in NOT_KEPT}
    shown = {one.name for one in fields}
    query = urlencode(kept)
    rows = tuple(
        ViewRow(
            one.id or 0,
            Tab(one.name, f"/{place.value}?{one.query}", current=one.query == query),
            one.opens,
        )
        for one in saved_view.of_person(db, actor.person_id, place)
    )
    hidden = tuple(pair for pair in kept.items() if pair[0] not in shown)
    return Narrowing(place, tuple(fields), hidden, rows, query, clear_href)


def opening(db: Session, actor: Actor, place: Place, asked: bool) -> Response | None:
    """The way to the view a list opens with, for an address that asks for nothing."""
    if asked:
        return None
    views = saved_view.of_person(db, actor.person_id, place)
    found = next((one for one in views if one.opens), None)
    return RedirectResponse(f"/{place.value}?{found.query}", 303) if found and found.query else None


class Kept(BaseModel):
    """A view to save."""

    place: Place = Place.QUEUE
    name: str = ""
    query: str = ""
    opens: str = ""


@router.post("/views")
def save(db: Db, actor: Reader, form: Annotated[Kept, Form()]) -> Response:
    """Save what the list shows under a name."""
    pairs = [(name, value) for name, value in parse_qsl(form.query) if name not in NOT_KEPT]
    try:
        view = saving_views.save(db, actor, form.place, form.name, urlencode(pairs), opens=form.opens == "1")
    except InvalidError as error:
        raise Refused(422, error.faults[0].message) from error
    return RedirectResponse(_address(view.place, view.query), 303)


@router.post("/views/{view_id}/opens")
def opens(db: Db, actor: Reader, view_id: int) -> Response:
    """The list opens with this view, or no longer does."""
    view = saving_views.open_with(db, actor, view_id)
    return RedirectResponse(_address(view.place, view.query), 303)


@router.post("/views/{view_id}/remove")
def remove(db: Db, actor: Reader, view_id: int) -> Response:
    """Forget a view."""
    view = saving_views.remove(db, actor, view_id)
    return RedirectResponse(_address(view.place, ""), 303)


def _address(place: Place, query: str) -> str:
    plain = {Place.QUEUE: "tab=mine", Place.CASES: "show=open"}
    return f"/{place.value}?{query or plain[place]}"
