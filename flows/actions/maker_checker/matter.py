"""One thing a filer submits, as data, and what a second person is shown of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from flows.actions.attaching import Upload
from models.policy.lines import Check
from models.records.base import Facts


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing to submit. `subject` says what about, for kinds of which only one may wait; `data` is as typed."""

    kind: str
    subject: str
    title: str
    amount: Decimal
    data: Facts
    files: Sequence[Upload] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A group of facts under a heading, as (name, value)."""

    heading: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a checker sees: everything that will be submitted, and what the rules say of it today."""

    sections: tuple[Section, ...]
    checks: tuple[tuple[str, Check], ...] = ()
    materials: Mapping[str, str] = field(default_factory=dict)  # slot → its title
