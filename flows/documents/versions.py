"""Which template a document is made with: the version in force on its day, kept in the database by content hash.

What the system ships becomes version 1. A later release's template is taken over as the next version as long as the
office has not made the document its own; from then on only the office's versions count.
"""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from sqlalchemy import text
from sqlmodel import Session

from flows.documents.registry import DOCUMENTS
from flows.documents.template import TEMPLATES, CompiledDocument
from flows.documents.template import compiled as release
from models import clock
from models.records import template
from models.records.attachment import Blob, keep

FIRST_DAY = date(2023, 11, 1)
"""Version 1 is in force from here: before any day a document can be issued on."""

_compiled: dict[tuple[str, str], CompiledDocument] = {}


@dataclass(frozen=True, slots=True)
class Version:
    """A template ready to render, and its number in the office's list."""

    version: int
    template: CompiledDocument


def in_force(s: Session, code: str, on: date) -> Version:
    """The version that documents of a kind issued on a day are made with."""
    found = row_in_force(s, code, on)
    return Version(found.version, compiled(s, code, found.sha256))


def foreseen(s: Session, code: str, on: date) -> CompiledDocument:
    """The template a document would be made with; nothing is taken over, so it may be asked in a side look."""
    found = template.in_force(s, code, on)
    if found is None or (found.shipped and found.sha256 != shipped_sha256(code)):
        return release(code)
    return compiled(s, code, found.sha256)


def row_in_force(s: Session, code: str, on: date) -> template.TemplateVersion:
    """The version in force, after what this release ships has been taken over."""
    found = template.in_force(s, code, on)
    if found is None or (found.shipped and found.sha256 != shipped_sha256(code)):
        found = adopt(s, code, on)
    return found


def adopt(s: Session, code: str, on: date) -> template.TemplateVersion:
    """Take the shipped template over as the next version, unless it is one already; the version in force."""
    digest = keep(s, shipped(code))
    # Workers that take over at the same moment wait for the first one here, and find its row.
    s.connection().execute(text("SELECT pg_advisory_xact_lock(hashtext('document_templates'))"))
    known = template.versions(s, code)
    if all(version.sha256 != digest for version in known):
        s.add(
            template.TemplateVersion(
                code=code,
                version=max((version.version for version in known), default=0) + 1,
                sha256=digest,
                state=template.TemplateState.CONFIRMED,
                shipped=True,
                note="随系统发布",
                proposed_at=clock.now(),
                effective_on=on if known else FIRST_DAY,
            )
        )
        s.flush()
    found = template.in_force(s, code, on)
    if found is None:
        raise LookupError(f"{code}: no template is in force on {on.isoformat()}")
    return found


def adopt_all(s: Session) -> int:
    """Take over every shipped template that is new; how many documents there are."""
    for code in sorted(DOCUMENTS):
        row_in_force(s, code, clock.today())
    return len(DOCUMENTS)


def compiled(s: Session, code: str, digest: str) -> CompiledDocument:
    """The template with these bytes, compiled once per process. Raises `NoResultFound` if they are not kept."""
    found = _compiled.get((code, digest))
    if found is None:
        found = CompiledDocument(s.get_one(Blob, digest).data, DOCUMENTS[code])
        _compiled[code, digest] = found
    return found


def shipped(code: str) -> bytes:
    """The template that came with this release."""
    return (TEMPLATES / DOCUMENTS[code].template).read_bytes()


_shipped: dict[str, str] = {}


def shipped_sha256(code: str) -> str:
    """Its hash, read once per process."""
    if code not in _shipped:
        _shipped[code] = sha256(shipped(code)).hexdigest()
    return _shipped[code]
