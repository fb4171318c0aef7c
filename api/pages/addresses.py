"""通知地址: where an institution is told. Its own administrator adds, verifies, rotates and ends addresses here."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlmodel import Session
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import requires
from api.pages import failing
from api.pages.addresses_view import (
    CONTACT_COLUMNS,
    ENDPOINT_COLUMNS,
    NO_CONTACTS,
    NO_ENDPOINTS,
    contact_fields,
    contact_row,
    end_contact_dialog,
    endpoint_dialogs,
    endpoint_fields,
    endpoint_row,
)
from api.pages.keys import keeping, kept_place, places_of
from api.pages.layout import frame
from api.pages.posted import Posted, by_field
from api.pages.render import page
from api.pages.views import Note
from flows.actions.errors import InvalidError
from flows.actions.people import addresses
from flows.actions.people.addresses import CODE_LIVES, Coded, ContactForm, EndpointForm
from flows.actions.typed import read
from flows.delivery import challenge
from flows.delivery.outcome import Verdict as Came
from models import clock
from models.permissions import Actor, Verdict, may_manage_addresses
from models.records import institution
from models.records.institution import InstitutionContact
from models.roles import Role
from models.settings import get_settings

router = APIRouter(prefix="/addresses")

HOURS = int(CODE_LIVES.total_seconds() // 3600)


def may_open(actor: Actor) -> Verdict:
    """The page of one's own institution's addresses."""
    return may_manage_addresses(actor, actor.institution_id)


Keeper = Annotated[Actor, requires(may_open)]


@dataclass(frozen=True, slots=True)
class Made:
    """A secret that was just made: the only time it is shown."""

    url: str
    secret: str
    id: int
    rotated: bool


@dataclass(frozen=True, slots=True)
class _Said:
    """What the page says besides the lists."""

    note: Note | None = None
    made: Made | None = None
    contact: tuple[dict[str, str], dict[str, str]] = ({}, {})  # typed, faults
    endpoint: tuple[dict[str, str], dict[str, str]] = ({}, {})
    code_faults: tuple[int, str] = (0, "")


DONE = {
    "sent": ("ok", f"验证码已发到该邮箱，{HOURS}小时内有效；请向收件人索取后填写。"),
    "confirmed": ("ok", "邮箱已验证，今后的通知会发到这里。"),
    "verified": ("ok", "接口已通过验证，今后的通知会推送到这里。"),
    "ended": ("ok", "已停用，不再向该地址发送。"),
}


@router.get("")
def index(request: Request, db: Db, actor: Keeper, at: str = "", done: str = "") -> HTMLResponse:
    """The addresses of the institution; our administrator chooses which by `at`."""
    said = DONE.get(done)
    home = kept_place(db, actor, at, may_manage_addresses)
    return _page(request, db, actor, home, _Said(Note("ok", "", said[1]) if said else None))


@router.post("/contacts")
def add_contact(request: Request, db: Db, actor: Keeper, form: Posted, at: str = "") -> Response:
    """A new contact, and its code by mail."""
    home = kept_place(db, actor, at, may_manage_addresses)
    typed = {name: str(form.get(name, "")) for name in ("name", "email", "phone")}
    try:
        made = addresses.add_contact(db, actor, home, read(ContactForm, typed))
    except InvalidError as error:
        said = _Said(contact=(typed, by_field(error.faults)))
        return _page(request, db, actor, home, said, status=422)
    return _mailed(request, db, actor, made)


@router.post("/contacts/{contact}/code")
def send_code(request: Request, db: Db, actor: Keeper, contact: int) -> Response:
    """Another code."""
    return _mailed(request, db, actor, addresses.new_code(db, actor, contact))


@router.post("/contacts/{contact}/confirm")
def confirm(
    request: Request, db: Db, actor: Keeper, contact: int, code: Annotated[str, Form()] = ""
) -> Response:
    """The code that was mailed, typed in."""
    fault = addresses.confirm(db, actor, contact, code)
    home = db.get_one(InstitutionContact, contact).institution_id
    if fault:
        db.flush()
        return _page(request, db, actor, home, _Said(code_faults=(contact, fault)), status=422)
    return _back(actor, home, "confirmed")


@router.post("/contacts/{contact}/end")
def end_contact(db: Db, actor: Keeper, contact: int) -> Response:
    """No more mail to this contact."""
    return _back(actor, addresses.end_contact(db, actor, contact).institution_id, "ended")


@router.post("/endpoints")
def add_endpoint(request: Request, db: Db, actor: Keeper, form: Posted, at: str = "") -> Response:
    """A new endpoint; its secret stands on the answering page and nowhere else."""
    home = kept_place(db, actor, at, may_manage_addresses)
    typed = {"url": str(form.get("url", ""))}
    try:
        endpoint = addresses.add_endpoint(db, actor, home, read(EndpointForm, typed))
    except InvalidError as error:
        said = _Said(endpoint=(typed, by_field(error.faults)))
        return _page(request, db, actor, home, said, status=422)
    made = Made(endpoint.url, endpoint.secret, endpoint.id or 0, rotated=False)
    return _page(request, db, actor, home, _Said(made=made), status=201)


@router.post("/endpoints/{endpoint}/verify")
def verify(request: Request, db: Db, actor: Keeper, endpoint: int) -> Response:
    """Send the challenge now; in use once it is answered."""
    found = addresses.endpoint_to_verify(db, actor, endpoint)
    outcome = challenge.ask(found.url, (found.secret,), get_settings())
    if outcome.verdict != Came.DELIVERED:
        note = Note("late", "没有通过验证。", f"{outcome.reason}排除原因后再试；在此之前不会向它发送通知。")
        return _page(request, db, actor, found.institution_id, _Said(note), status=422)
    addresses.verified(db, actor, endpoint)
    return _back(actor, found.institution_id, "verified")


@router.post("/endpoints/{endpoint}/rotate")
def rotate(request: Request, db: Db, actor: Keeper, endpoint: int) -> HTMLResponse:
    """A new secret beside the old one."""
    found = addresses.rotate(db, actor, endpoint)
    made = Made(found.url, found.secret, endpoint, rotated=True)
    return _page(request, db, actor, found.institution_id, _Said(made=made), status=201)


@router.post("/endpoints/{endpoint}/end")
def end_endpoint(db: Db, actor: Keeper, endpoint: int) -> Response:
    """Nothing more is sent there."""
    return _back(actor, addresses.end_endpoint(db, actor, endpoint).institution_id, "ended")


def _suffix(actor: Actor, home: int) -> str:
    return "" if home == actor.institution_id else f"at={home}"


def _back(actor: Actor, home: int, done: str) -> RedirectResponse:
    return RedirectResponse(
        f"/addresses?done={done}" + (f"&{place}" if (place := _suffix(actor, home)) else ""), 303
    )


def _mailed(request: Request, db: Session, actor: Actor, made: Coded) -> Response:
    home = made.contact.institution_id
    place = institution.name_on(db, home, clock.today()).name
    outcome = challenge.mail_code(made.contact.email, made.code, place, HOURS, get_settings())
    if outcome.verdict == Came.DELIVERED:
        return _back(actor, home, "sent")
    db.flush()
    note = Note("late", "验证码没有发出。", f"{outcome.reason}联系人已保留，可稍后重新发送。")
    return _page(request, db, actor, home, _Said(note), status=422)


def _page(
    request: Request, db: Session, actor: Actor, home: int, said: _Said, *, status: int = 200
) -> HTMLResponse:
    names = institution.names_on(db, clock.today())
    contacts = [contact_row(one, said.code_faults) for one in institution.all_contacts(db, home)]
    endpoints = [endpoint_row(one) for one in institution.all_endpoints(db, home)]
    suffix = f"?{place}" if (place := _suffix(actor, home)) else ""
    return page(
        request,
        "pages/addresses/index.html",
        status=status,
        frame=frame(request, db, actor, "keys"),
        tabs=keeping(suffix, "addresses"),
        notes=(*((said.note,) if said.note else ()), *failing.of_place(db, home)),
        place=names[home].name,
        made=said.made,
        contacts=contacts,
        contact_columns=CONTACT_COLUMNS,
        no_contacts=NO_CONTACTS,
        endpoints=endpoints,
        endpoint_columns=ENDPOINT_COLUMNS,
        no_endpoints=NO_ENDPOINTS,
        suffix=suffix,
        contact_fields=contact_fields(*said.contact),
        endpoint_fields=endpoint_fields(*said.endpoint),
        dialogs=(*map(end_contact_dialog, contacts), *(d for e in endpoints for d in endpoint_dialogs(e))),
        places=places_of(db, names) if Role.ADMIN in actor.roles else (),
        home=home,
    )
