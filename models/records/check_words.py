"""The words of checks that passed: the same for thousands of loans, so each wording is kept once and never changed.

A loan keeps what a check found, not what every loan's check says. In `Loan.checks`:

- `checks`: those that did not pass, in full;
- `words`: which wording here the others have; `passed`: what of them is the loan's own, one text after the other.

Without `words` all of them stand in full in `checks`, as the policy's function returned them.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, SQLModel, select


class CheckWords(SQLModel, table=True):
    """One wording: of every check in order `says` (its fields that are the same for all loans) and `own` (the names of
    its other fields, in the order their texts stand in `passed`)."""

    __tablename__ = "check_words"

    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(max_length=64, unique=True)
    words: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))


def keep(s: Session, words: Sequence[Mapping[str, Any]]) -> int:
    """The id of a wording, new or known."""
    written = json.dumps(words, ensure_ascii=False, sort_keys=True)
    digest = hashlib.sha256(written.encode()).hexdigest()
    known = select(CheckWords.id).where(CheckWords.digest == digest)
    found = s.exec(known).first()
    if found is None:
        values = {"digest": digest, "words": written}
        s.connection().execute(_NEW, values)
        found = s.exec(known).one()
    return found or 0


def whole(s: Session, stored: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every check of a loan in full and in order, from its `checks`."""
    told: list[dict[str, Any]] = list(stored.get("checks", ()))
    if "words" not in stored:
        return told
    other, passed = {check["code"]: check for check in told}, iter(stored["passed"])
    found = []
    for word in s.get_one(CheckWords, stored["words"]).words:
        own = {name: next(passed) for name in word["own"]}
        found.append(other.get(word["says"]["code"]) or word["says"] | own)
    return found


_NEW = text(
    "INSERT INTO check_words (digest, words) VALUES (:digest, CAST(:words AS jsonb)) ON CONFLICT (digest) DO NOTHING"
)
