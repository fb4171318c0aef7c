"""Passwords: argon2id with pwdlib's recommended parameters."""

from functools import cache

from pwdlib import PasswordHash

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
