"""文号期初: an office that starts here in the middle of a year says how far its own register had come.

One person registers the last number used and the document that says so, another confirms it; from then on the next
letter has the next number. Only before the first number was given here: afterwards the register is what it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from flows.actions import two_people
from flows.actions.errors import ConflictError, FieldFault, InvalidError, permitted
from flows.actions.typed import Count, Line60, Words200, read
from flows.documents.engine import DOCUMENTS
from flows.documents.registry import Signer
from flows.steps.documents import SUFFIXES
from models import clock
from models.permissions import Actor, Verdict, may_decide_opening, may_open_register
from models.records import numbers
from models.records.institution import Institution, Kind
from models.records.number_opening import NumberOpening
from models.records.two_people import Verdict as Decision

LARGEST = 99_999
_SIGNS = {
    Kind.MANAGING: (Signer.MANAGING,),
    Kind.BUREAU: (Signer.BUREAU, Signer.MEETING),
    Kind.FINANCE: (Signer.FINANCE,),
}


class OpeningForm(BaseModel):
    """An opening as typed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    word: Line60 = Field(title="发文代字")
    last: Count = Field(title="已用至（号）")
    document: Words200 = Field(title="依据")


@dataclass(frozen=True, slots=True)
class Register:
    """A register an organ keeps: its 发文代字 and the documents that take their numbers from it."""

    word: str
    titles: tuple[str, ...]


def registers(s: Session, organ_id: int) -> tuple[Register, ...]:
    """The registers of an organ, each once, in the order of its documents."""
    organ = s.get_one(Institution, organ_id)
    found: dict[str, list[str]] = {}
    for code, kind in DOCUMENTS.items():
        if kind.numbered and kind.signer in _SIGNS.get(Kind(organ.kind), ()):
            found.setdefault(f"{organ.number_word}{SUFFIXES[code]}", []).append(kind.title)
    return tuple(Register(word, tuple(titles)) for word, titles in found.items())


def propose(s: Session, actor: Actor, typed: Mapping[str, str]) -> NumberOpening:
    """Register how far a register of one's own office had come this year. Nothing changes yet.

    Raises `ForbiddenError`, `InvalidError` with every fault, `ConflictError` once a number was given or while
    another opening of the register waits.
    """
    permitted(may_open_register(actor))
    form = read(OpeningForm, {name: typed.get(name, "") for name in OpeningForm.model_fields})
    faults = []
    if form.word not in {one.word for one in registers(s, actor.institution_id)}:
        faults.append(FieldFault("word", "请从本单位的发文代字中选择。"))
    if not 0 < form.last <= LARGEST:
        words = f"须为 1 至 {LARGEST} 的整数；从 1 号起编的登记簿不需要登记期初。"
        faults.append(FieldFault("last", words))
    if faults:
        raise InvalidError(tuple(faults))
    year = clock.today().year
    _not_begun(s, actor.institution_id, form.word, year)
    found = NumberOpening(
        organ_id=actor.institution_id,
        word=form.word,
        year=year,
        last=form.last,
        document=form.document,
        proposed_by=actor.person_id,
        proposed_at=clock.now(),
    )
    try:
        with s.begin_nested():
            s.add(found)
    except IntegrityError as error:
        raise ConflictError(f"“{form.word}〔{year}〕”已有一项期初待确认，请先办理那一项。") from error
    return found


def decide(s: Session, actor: Actor, opening_id: int, verdict: Decision, note: str = "") -> NumberOpening:
    """Confirm (the counter starts there), reject with a reason, or withdraw one's own.

    Raises `NotThereError`, `ForbiddenError`, `InvalidError`, `ConflictError` (decided meanwhile, a number was given).
    """
    if verdict is Decision.REJECTED and not note.strip():
        raise InvalidError((FieldFault("note", "请写明不同意的原因，登记人会看到。"),))

    def may_confirm(who: Actor, by: int, name: str) -> Verdict:
        found = s.get_one(NumberOpening, opening_id)
        return may_decide_opening(who, found.organ_id, by, name)

    def confirmed(row: NumberOpening) -> None:
        if row.year != clock.today().year:
            raise ConflictError(f"这是 {row.year} 年的期初，新的一年从 1 号起编，不能再确认。")
        _not_begun(s, row.organ_id, row.word, row.year)

    try:
        with s.begin_nested():
            return two_people.decide(
                s,
                actor,
                NumberOpening,
                opening_id,
                verdict,
                note,
                called="文号期初",
                may_confirm=may_confirm,
                confirmed=confirmed,
            )
    except IntegrityError as error:
        raise ConflictError("这本登记簿刚刚出具了第一份文书，期初不能再确认。") from error


def _not_begun(s: Session, organ_id: int, word: str, year: int) -> None:
    last = numbers.last_given(s, organ_id, word, year)
    if last is not None:
        raise ConflictError(f"“{word}〔{year}〕”在本系统已编到 {last} 号，期初只能在给出第一个文号之前登记。")
