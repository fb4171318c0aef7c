"""What the forms of verbs are made of: where a verb is used, what was typed, and the fields they share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from api.pages.form_views import FieldView, Option
from api.pages.posted import whole
from flows.actions.answers import opinion_files
from flows.actions.attaching import Stored
from flows.actions.colleagues import choosing
from flows.actions.errors import FieldFault, InvalidError
from models import clock
from models.permissions import Actor
from models.records import institution, person
from models.records.case import CaseRecord
from models.records.person import Person, roles_of
from models.records.task import Task
from models.roles import ROLE_NAMES


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a verb is used: a case, and the task that is looked at, if any."""

    db: Session
    actor: Actor
    case: CaseRecord
    task: Task | None = None

    @property
    def seat(self) -> Task:
        """The task; a verb of tasks is never asked without one."""
        if self.task is None:
            raise RuntimeError("a verb of tasks was used on a case")
        return self.task


@dataclass(frozen=True, slots=True)
class Given:
    """What was typed, by field; a field that may be given several times has several values."""

    values: Mapping[str, Sequence[str]]
    faults: Mapping[str, str]
    files: Sequence[tuple[str, bytes]] = ()  # names and bytes

    def one(self, name: str) -> str:
        """The value of a field, "" without one."""
        return next(iter(self.values.get(name, ())), "")

    def person(self, name: str) -> int:
        """The chosen colleague. Raises `InvalidError` when none was chosen."""
        chosen = whole(self.one(name))
        if chosen is None:
            raise InvalidError((FieldFault(name, "请从名单中选择一位同事。"),))
        return chosen

    def stored(self, db: Session) -> list[Stored]:
        """The files, their bytes kept. Raises `InvalidError` for one that may not be."""
        return [opinion_files.read(db, *file) for file in self.files]

    def people(self, name: str) -> list[int]:
        """The ticked colleagues."""
        return [n for n in map(whole, self.values.get(name, ())) if n is not None]


Fields = tuple[FieldView, ...]


def options(db: Session, people: Sequence[Person]) -> tuple[Option, ...]:
    """Colleagues as choices: name, unit and roles."""
    names = institution.names_on(db, clock.today())
    return tuple(
        Option(
            str(one.id),
            f"{one.name}（{names[one.institution_id].short_name}·"
            f"{'、'.join(ROLE_NAMES[role] for role in sorted(roles_of(db, one.id or 0)))}）",
        )
        for one in people
    )


def who(
    label: str, people: Callable[[Session, Actor, Task], Sequence[Person]]
) -> Callable[[Spot, Given], FieldView]:
    """One colleague of those the act would accept."""

    def field(spot: Spot, given: Given) -> FieldView:
        found = options(spot.db, people(spot.db, spot.actor, spot.seat))
        return FieldView(
            label,
            "to",
            given.one("to"),
            given.faults.get("to", ""),
            type="select",
            options=found,
            required=True,
        )

    return field


def many(label: str, name: str, spot: Spot, given: Given, *, required: bool) -> FieldView:
    """Several colleagues."""
    return FieldView(
        label,
        name,
        ",".join(given.values.get(name, ())),
        given.faults.get(name, ""),
        type="people",
        options=options(spot.db, choosing.readers(spot.db, spot.actor)),
        required=required,
    )


def text(
    label: str,
    name: str,
    given: Given,
    *,
    required: bool = True,
    hint: str = "",
    most: int = 500,
    rows: int = 3,
) -> FieldView:
    """Words of at most `most` characters."""
    fault = given.faults.get(name, "")
    return FieldView(
        label, name, given.one(name), fault, hint, "textarea", required=required, rows=rows, maxlength=most
    )


def enclosing(given: Given) -> FieldView:
    """Files with what is said."""
    fault = given.faults.get(opinion_files.FIELD, "")
    hint = f"PDF、图片、Word、Excel，最多 {opinion_files.MOST_FILES} 个，仅审核各方可见"
    return FieldView(
        "附件",
        opinion_files.FIELD,
        "",
        fault,
        hint,
        "file",
        accept=".pdf,.jpg,.jpeg,.png,.docx,.xlsx",
        multiple=True,
    )


def names_of(db: Session, ids: Sequence[int | None]) -> dict[int, str]:
    """Names of people, those that are known."""
    return person.names(db, [key for key in ids if key])
