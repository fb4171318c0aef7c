"""Passwords: argon2id with pwdlib's recommended parameters, the rules for a new one, and changing one's own."""

import secrets
from datetime import timedelta
from functools import cache

from pwdlib import PasswordHash
from sqlmodel import Session

from flows.actions.errors import FieldFault, InvalidError
from flows.actions.people import posts
from models import clock
from models.permissions import Actor
from models.records import person
from models.records.person import OldPassword, Person
from models.settings import get_settings

MOST_ATTEMPTS = 5
"""Wrong current passwords in a row before every session of the person ends."""
LONGEST = 200
"""Characters of a password that are looked at; longer ones are wrong without being hashed."""


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobody() -> str:
    """A hash that no password matches in practice; unknown logins cost the same time as known ones."""
    return _hasher().hash("a password that nobody has: 9f1c7a")


def hash_password(password: str) -> str:
    """The argon2id hash to store. Takes tens of milliseconds: hash once where many people share one."""
    return _hasher().hash(password)


def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether `password` fits. None (no such person) takes the same time and is False."""
    fits = _hasher().verify(password[:LONGEST], password_hash or _nobody())
    return fits and password_hash is not None and len(password) <= LONGEST


def faults(s: Session, who: Person, new: str) -> tuple[str, ...]:
    """Why a new password is not taken, every reason at once. The parameters are settings (等保 practice, not law)."""
    rules = get_settings()
    found = []
    if len(new) < rules.password_length:
        found.append(f"至少 {rules.password_length} 个字符，现为 {len(new)} 个。")
    if len(new) > LONGEST:
        found.append(f"最多 {LONGEST} 个字符。")
    if (have := classes(new)) < rules.password_classes:
        found.append(
            f"大写字母、小写字母、数字、其他符号中至少用 {rules.password_classes} 类，现有 {have} 类。"
        )
    if who.login.lower() in new.lower():
        found.append("不能包含登录名。")
    if not found and _had(s, who, new, rules.password_history):
        found.append(f"不能与现在的密码或最近 {rules.password_history} 次用过的密码相同。")
    return tuple(found)


def classes(text: str) -> int:
    """How many of the four kinds of characters there are: capitals, small letters, figures, others."""
    kinds = (str.isupper, str.islower, str.isdigit, lambda c: not c.isalnum() or not c.isascii())
    return sum(any(kind(c) for c in text) for kind in kinds)


def initial() -> str:
    """A password to be shown once and changed at the first sign-in; nothing in it is easily misread."""
    letters, capitals, figures = "abcdefghjkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789"
    parts = [secrets.choice(letters + capitals + figures) for _ in range(9)]
    parts += [secrets.choice(letters), secrets.choice(capitals), secrets.choice(figures)]
    secrets.SystemRandom().shuffle(parts)
    return "".join(parts)


def put(s: Session, who: Person, new: str, *, must_change: bool) -> None:
    """Set a password; the one it replaces is remembered. Failed attempts and their lock are over."""
    if who.id is not None and who.password_hash:
        s.add(OldPassword(person_id=who.id, password_hash=who.password_hash, ended_at=clock.wall()))
    who.password_hash = hash_password(new)
    who.password_set_at, who.must_change = clock.wall(), must_change
    who.failed_attempts, who.locked_until = 0, None


def change_own(s: Session, actor: Actor, current: str, new: str, again: str, session_kept: str) -> None:
    """One's own password; every other session of the person ends. Raises `InvalidError` with every fault.

    A wrong current password counts like a failed sign-in: the caller commits also then.
    """
    who = s.get_one(Person, actor.person_id, with_for_update=True, populate_existing=True)
    if not verify_password(current, who.password_hash):
        who.failed_attempts += 1
        if who.failed_attempts >= MOST_ATTEMPTS:
            who.failed_attempts = 0
            person.end_sessions(s, actor.person_id)
        raise InvalidError((FieldFault("current", "现在的密码不对，没有更改。"),))
    wrong = [FieldFault("new", "".join(said))] if (said := faults(s, who, new)) else []
    if new != again:
        wrong.append(FieldFault("again", "两次输入的新密码不一致。"))
    if wrong:
        raise InvalidError(tuple(wrong))
    put(s, who, new, must_change=False)
    person.end_sessions(s, actor.person_id, but=session_kept)
    posts.log(s, actor, who.institution_id, "password_changed", who)


def expired(who: Person) -> bool:
    """Whether the password is to be changed before anything else is done."""
    days = get_settings().password_days
    if who.must_change:
        return True
    if who.demo or not days or who.password_set_at is None:
        return False
    return clock.wall() - who.password_set_at > timedelta(days=days)


def _had(s: Session, who: Person, new: str, count: int) -> bool:
    known = [who.password_hash, *(old.password_hash for old in person.old_passwords(s, who.id or 0, count))]
    return any(verify_password(new, one) for one in known)
