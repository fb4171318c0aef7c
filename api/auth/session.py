"""Signed-in sessions: rows in `sign_ins`, found by the hash of a cookie, ended by idleness or by signing out.

Sessions live in real time: moving the demo's clock signs nobody out.
"""

import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy import update
from sqlmodel import Session, col, select

from api.auth.db import Db
from api.auth.refusals import PasswordDue, SignInNeeded, StaleForm
from api.auth.streams import CHANNEL, SIGNED_OUT
from flows.actions.people import passwords
from models import clock, database
from models.permissions import Actor
from models.records import stand_in
from models.records.institution import Institution
from models.records.person import Person, PersonRole, SignIn
from models.settings import get_settings

COOKIE = "fengbu_session"
CSRF_FIELD = "csrf_token"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
PASSWORD_PAGE = "/password"  # noqa: S105 - an address
"""The one page open to a person whose password is due."""
SEEN_EVERY = timedelta(minutes=1)
"""`last_seen_at` is written at most this often, so that reading a page is not a write."""
OLD_TOKEN = timedelta(days=1)
"""How long a page opened in an idle-ended session may still be submitted after its person signed in again."""


def hash_of(token: str) -> str:
    """What is stored of a session token."""
    return sha256(token.encode()).hexdigest()


def start(db: Session, person: Person) -> str:
    """Sign `person` in; return the token for `remember`. Only its hash is stored."""
    token = secrets.token_urlsafe(32)
    now = clock.wall()
    db.add(
        SignIn(
            token_hash=hash_of(token),
            person_id=person.id or 0,
            csrf_token=secrets.token_urlsafe(32),
            created_at=now,
            last_seen_at=now,
        )
    )
    return token


def end(db: Session, token: str | None) -> None:
    """End the session with this token, if there is one."""
    if token and (row := db.get(SignIn, hash_of(token))) is not None and row.ended_at is None:
        row.ended_at = clock.wall()
        database.notify(db, CHANNEL, f"{SIGNED_OUT}{row.token_hash}")


def replace(db: Session, token: str | None) -> None:
    """End the session a sign-in takes the place of; one that idled out stays as it is, dead, so that its person may
    still submit the page that was open (`_accepts`)."""
    if token and _living(db, hash_of(token)) is not None:
        end(db, token)


def remember(request: Request, response: Response, token: str) -> None:
    """Give the browser its session."""
    set_cookie(request, response, COOKIE, token)


def forget(response: Response) -> None:
    """Take the browser's session away."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """A cookie that scripts cannot read and other sites cannot send; only over https where we are on it."""
    response.set_cookie(name, value, path="/", httponly=True, samesite="lax", secure=is_https(request))


def is_https(request: Request) -> bool:
    """Whether people reach us over https, directly or through the proxy that `public_url` names."""
    return request.url.scheme == "https" or get_settings().base_url.startswith("https://")


async def csrf_given(request: Request) -> AsyncIterator[str | None]:
    """The token an unsafe request carries, in its header or its form; "" if none, None for a safe method."""
    if request.method in SAFE_METHODS:
        yield None
        return
    given: object = request.headers.get(CSRF_HEADER, "")
    if not given and request.headers.get("content-type", "").startswith(FORM_TYPES):
        given = (await request.form()).get(CSRF_FIELD, "")
    try:
        yield given if isinstance(given, str) else ""
    finally:
        await request.close()


def current_actor(request: Request, db: Db, given: Annotated[str | None, Depends(csrf_given)]) -> Actor:
    """Who is at the door. An unsafe request must carry the session's CSRF token.

    Raises `SignInNeeded` without a living session, `StaleForm` without its token, `PasswordDue`.
    """
    token = request.cookies.get(COOKIE)
    found = _living(db, hash_of(token)) if token else None
    if found is None:
        raise SignInNeeded(expired=token is not None)
    sign_in, actor = found
    request.state.actor = actor
    request.state.csrf_token = sign_in.csrf_token
    if given is not None and not _accepts(db, sign_in, given):
        raise StaleForm
    if request.url.path != PASSWORD_PAGE and passwords.expired(db.get_one(Person, actor.person_id)):
        raise PasswordDue
    return actor


CurrentActor = Annotated[Actor, Depends(current_actor)]
"""The signed-in person; knowing who acts includes having checked the CSRF token."""


def still(db: Session, token_hash: str) -> Actor | None:
    """Whose session this is, if it lives; asking does not count as using it."""
    found = _living(db, token_hash, used=False)
    return found[1] if found else None


def _living(db: Session, token_hash: str, *, used: bool = True) -> tuple[SignIn, Actor] | None:
    query = (
        select(SignIn, Person, Institution, PersonRole)
        .join(Person, col(Person.id) == col(SignIn.person_id))
        .join(Institution, col(Institution.id) == col(Person.institution_id))
        .outerjoin(PersonRole, col(PersonRole.person_id) == col(Person.id))
        .where(
            SignIn.token_hash == token_hash,
            col(SignIn.ended_at).is_(None),
            col(Person.active),
            col(Person.suspended_at).is_(None),
            col(Institution.active),
        )
    )
    rows = db.exec(query).all()
    if not rows:
        return None
    sign_in, person, institution, _ = rows[0]
    now = clock.wall()
    if now - sign_in.last_seen_at > timedelta(minutes=get_settings().session_idle_minutes):
        return None
    if used and now - sign_in.last_seen_at > SEEN_EVERY:
        _saw(db, sign_in)
    roles = frozenset(role.role for *_, role in rows if role is not None)
    absent = stand_in.principals(db, person.id or 0, clock.today())
    actor = Actor(person.id or 0, person.name, institution.id or 0, roles, institution.files_board, absent)
    return sign_in, actor


def _saw(db: Session, sign_in: SignIn) -> None:
    """Note that the session is in use, without waiting for another request of it that does the same."""
    free = (
        select(SignIn.token_hash)
        .where(SignIn.token_hash == sign_in.token_hash)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    db.execute(
        update(SignIn)
        .where(col(SignIn.token_hash) == free)
        .values(last_seen_at=clock.wall())
        .execution_options(synchronize_session=False)
    )


def _accepts(db: Session, sign_in: SignIn, given: str) -> bool:
    """The session's own token, or one of the same person's idle-ended session of the last day.

    The second lets a page that was open over lunch be submitted after signing in again in another tab.
    """
    if secrets.compare_digest(given.encode(), sign_in.csrf_token.encode()):
        return True
    earlier = select(SignIn.csrf_token).where(
        SignIn.person_id == sign_in.person_id,
        col(SignIn.ended_at).is_(None),
        SignIn.last_seen_at > clock.wall() - OLD_TOKEN,
    )
    return any(secrets.compare_digest(given.encode(), token.encode()) for token in db.exec(earlier))
