"""What institutions and members of the joint meeting are told that is about no single case, and the facts it needs."""

from datetime import date

from flows.delivery.facts import Count, Facts, Line, Words, Yuan


class OfficeFacts(Facts):
    """What a notice about no single case is about: whom it addresses, its subject, where to read on, and why its reader
    receives it."""

    to: Words
    topic: Words
    link: Words
    why: Words


class Item(Facts):
    """A case on an agenda; the amount proposed, 元."""

    number: Words
    subject: Line
    applicant: Words
    proposed: Yuan


class Called(Facts):
    """A session of the joint meeting: when and where, its agenda so far, and where its papers are."""

    held_on: date
    place: Words
    items: tuple[Item, ...]
    materials: Words


class AgendaChanged(Facts):
    """What became different since the members were last told; `moved`: its day or place."""

    held_on: date
    place: Words
    moved: bool
    added: tuple[Item, ...]
    removed: tuple[Words, ...]
    items: Count


class Resolved(Facts):
    """What the votes on a case came to."""

    number: Words
    subject: Line
    result: Words


class Concluded(Facts):
    """A session is over: the result of each case."""

    held_on: date
    items: tuple[Resolved, ...]


class Published(Facts):
    """A round of the white list: how many firms it adds and how many leave with it."""

    batch: Words
    effective_on: date
    valid_to: date | None
    source_document: Words
    added: Count
    left: Count


class LaidBefore(Facts):
    """A submission (`amount`, 元) that `by` prepared waits for a checker of the same institution."""

    title: Line
    amount: Yuan
    by: Words


class GivenBack(Facts):
    """The checker `by` returned a submission to who prepared it."""

    title: Line
    by: Words
    reason: Words


class Removed(Facts):
    """A firm left the white list; `last_day` is the last day it was on it."""

    firm: Words
    uscc: Words
    batch: Words
    last_day: date
    reason: Words
    source_document: Words
