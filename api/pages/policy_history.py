"""A parameter's history: what the shipped rules say by date, and every resolution on top, adopted or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from api.pages import policy_layout
from api.pages.views import Tag
from models import clock
from models.policy.parameter import Parameter
from models.records import person
from models.records.rules import ParameterOverride
from models.records.two_people import Verdict


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a parameter's history."""

    since: date
    value: str
    origin: str
    tag: Tag
    people: str = ""
    reason: str = ""


def history(db: Session, one: Parameter, known: Sequence[ParameterOverride]) -> tuple[Moment, ...]:
    """Every value it had, has or will have, and every resolution that was not adopted; the newest first."""
    people = people_of(db, known)
    today = clock.today()
    in_force = one.row(max(today, one.rows[0].since)).since
    moments = [
        Moment(
            row.since, one.text(row.value), row.origin,
            Tag("现行", "ok") if row.since == in_force else Tag("此前" if row.since < in_force else "将生效", "idle"),
            reason=one.reason,
        )
        for row in one.rows
        if row.known_since is None
    ]  # fmt: skip
    for row in known:
        if row.verdict is None:
            continue
        confirmed = row.verdict == Verdict.CONFIRMED
        future, current = row.effective_from > today, row.effective_from == in_force
        tag = Tag("将生效", "act") if future else Tag("现行", "ok") if current else Tag("此前", "idle")
        done = policy_layout.decided(
            row.verdict, people.get(row.decided_by or 0, ""), row.decided_at, row.note
        )
        moments.append(
            Moment(
                row.effective_from, text_of(one, row), row.resolution,
                tag if confirmed else Tag("未采用", "late"),
                f"{people.get(row.proposed_by, '')} 登记，{done}", row.reason,
            )
        )  # fmt: skip
    return tuple(sorted(moments, key=lambda moment: moment.since, reverse=True))


def text_of(one: Parameter, row: ParameterOverride) -> str:
    """The value of a resolution as people read it."""
    return one.text(one.parse(row.value))


def people_of(db: Session, rows: Sequence[ParameterOverride]) -> dict[int, str]:
    """Names of those who registered and decided."""
    return person.names(db, sorted({i for row in rows for i in (row.proposed_by, row.decided_by) if i}))
