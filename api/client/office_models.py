"""What the API answers about the office's own affairs: sessions of the joint meeting, 代理, 回避, 移交."""

from datetime import date
from decimal import Decimal

from pydantic import Field

from api.client.models import Answer


class Vote(Answer):
    """A member's vote on an item; `outcome` is None before it is cast."""

    member: str
    outcome: str | None
    recused: bool
    opinion: str


class Item(Answer):
    """A case on the agenda of a session; `yours`: this key's person may vote on it."""

    id: int
    case: str
    subject: str
    applicant: str
    requested: Decimal
    proposed: Decimal
    votes: list[Vote]
    yours: bool
    shown: str
    wording: str
    result: str | None


class Member(Answer):
    """A member of the joint meeting and whether they came."""

    id: int
    name: str
    organ: str
    presence: str | None


class Outcome(Answer):
    """What became of one case of a session."""

    case: str
    result: str
    sentence: str


class Meeting(Answer):
    """A session of the joint meeting (联席会议). In lists there are no items, members and resolutions."""

    id: int
    name: str
    held_on: date
    place: str
    state: str
    cases: int
    invited: bool
    minutes: int | None
    items: list[Item] = Field(default_factory=list)
    members: list[Member] = Field(default_factory=list)
    chair: int | None = None
    resolutions: list[str] = Field(default_factory=list)
    said: list[Outcome] = Field(default_factory=list)


class Substitution(Answer):
    """Who may answer in whose name, between two days."""

    id: int
    person: int
    person_name: str
    substitute: int
    substitute_name: str
    starts_on: date
    ends_on: date
    reason: str
    ended: bool


class Recusal(Answer):
    """What a person keeps out of: an institution or a firm."""

    id: int
    person: int
    person_name: str
    institution: str
    uscc: str
    reason: str
    ended: bool


class Handover(Answer):
    """How many tasks went to the successor and back to the group, and cases followed."""

    moved: int
    released: int
    followed: int
