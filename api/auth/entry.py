"""Signing in with a password: the same words and the same time for everyone who may not.

Five failures lock a login for fifteen minutes. Logins that do not exist lock too, in this process's memory:
otherwise the lock would tell which accounts there are.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

import structlog
from sqlmodel import Session, select

from flows.actions.people.passwords import verify_password
from models import clock
from models.records.institution import Institution
from models.records.person import Person

log = structlog.get_logger("fengbu.audit")

ATTEMPTS = 5
LOCKED_FOR = timedelta(minutes=15)
LONGEST_LOGIN = 60
STRANGERS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Barred:
    """Not signed in, and why. `until` is set when the login is locked."""

    sentence: str
    until: datetime | None = None


@dataclass(slots=True)
class _Stranger:
    failed_attempts: int = 0
    locked_until: datetime | None = None


_strangers: OrderedDict[str, _Stranger] = OrderedDict()
_guard = Lock()


def enter(db: Session, login: str, password: str) -> Person | Barred:
    """The person who signs in, or why not. Writes the count of failures: commit also after `Barred`.

    The person's row is locked meanwhile, so that attempts made at the same time are counted one by one.
    """
    known = _find(db, login)
    if known is None:
        verify_password(password, None)
        with _guard:
            return _failed(_stranger(login), login)
    person, active = known
    if (locked := _locked(person)) is not None:
        log.warning("sign_in_locked", login=login)
        return locked
    if not verify_password(password, person.password_hash) or not active:
        return _failed(person, login)
    if person.suspended_at is not None:  # said only to who knows the password
        log.warning("sign_in_suspended", login=login)
        return Barred("账号已由管理员锁定。请联系本单位机构管理岗位解锁。")
    person.failed_attempts, person.locked_until = 0, None
    log.info("signed_in", login=login, person_id=person.id)
    return person


def _find(db: Session, login: str) -> tuple[Person, bool] | None:
    if not login or len(login) > LONGEST_LOGIN or not login.isprintable():
        return None
    person = db.exec(select(Person).where(Person.login == login).with_for_update()).first()
    if person is None:
        return None
    institution = db.get_one(Institution, person.institution_id)
    return person, person.active and institution.active


def _stranger(login: str) -> _Stranger:
    """What is remembered of a login that does not exist; the longest unseen are forgotten first."""
    stranger = _strangers.setdefault(login[:LONGEST_LOGIN], _Stranger())
    _strangers.move_to_end(login[:LONGEST_LOGIN])
    if len(_strangers) > STRANGERS_KEPT:
        _strangers.popitem(last=False)
    return stranger


def _locked(who: Person | _Stranger) -> Barred | None:
    if who.locked_until is None or who.locked_until <= clock.wall():
        return None
    opens = clock.local(who.locked_until).strftime("%H:%M")
    minutes = int(LOCKED_FOR.total_seconds() // 60)
    return Barred(
        f"连续输错 {ATTEMPTS} 次，账号已锁定 {minutes} 分钟，{opens} 后可再试。忘记密码请联系本单位机构管理岗位重置。",
        who.locked_until,
    )


def _failed(who: Person | _Stranger, login: str) -> Barred:
    if (locked := _locked(who)) is not None:
        return locked
    who.failed_attempts += 1
    left = ATTEMPTS - who.failed_attempts
    if left == 0:
        who.failed_attempts, who.locked_until = 0, clock.wall() + LOCKED_FOR
    log.warning("sign_in_failed", login=login[:LONGEST_LOGIN], left=left)
    minutes = int(LOCKED_FOR.total_seconds() // 60)
    return _locked(who) or Barred(f"账号或密码不对。再错 {left} 次将锁定 {minutes} 分钟。")
