"""The register of document numbers (文号): per organ, 发文代字 and year, without gaps.

A number is given in the transaction that issues its document. The counter's row is locked until that transaction
ends, so one that fails gives its number back before anyone else takes the next. A voided document keeps its number. A register
that began elsewhere goes on after its opening (`models.records.number_opening`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, ColumnElement, Index, text
from sqlmodel import Field, Session, SQLModel, col, func, or_, select

from models.records.base import moment
from models.records.case import CaseRecord
from models.records.document import Document, DocumentState


class NumberCounter(SQLModel, table=True):
    """The last serial given. Read and raised in the issuing transaction."""

    __tablename__ = "number_counters"

    organ_id: int = Field(foreign_key="institutions.id", primary_key=True)
    word: str = Field(primary_key=True, max_length=20)
    year: int = Field(primary_key=True)
    last: int


class DocumentVoid(SQLModel, table=True):
    """A document that is to be void, or is: who asked and why, and which other person decided.

    `approved` is None until decided; one undecided request per document.
    """

    __tablename__ = "document_voids"
    __table_args__ = (
        Index(
            "uq_document_voids_open", "document_id", unique=True, postgresql_where=text("decided_at IS NULL")
        ),
        CheckConstraint("decided_by <> requested_by", name="decided_by_another"),
        CheckConstraint(
            "(approved IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_as_a_whole",
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    document_id: int = Field(foreign_key="documents.id")
    reason: str = Field(max_length=2000)
    requested_by: int = Field(foreign_key="people.id")
    requested_at: datetime = moment()
    approved: bool | None = None
    decided_by: int | None = Field(default=None, foreign_key="people.id")
    decided_at: datetime | None = moment(nullable=True)
    opinion: str = Field(default="", max_length=2000)


def next_serial(session: Session, organ_id: int, word: str, year: int) -> int:
    """The next serial; the counter row stays locked until the issuing transaction ends, so none is lost."""
    statement = text(
        "INSERT INTO number_counters (organ_id, word, year, last) VALUES (:organ, :word, :year, 1) "
        "ON CONFLICT (organ_id, word, year) DO UPDATE SET last = number_counters.last + 1 RETURNING last"
    )
    values = {"organ": organ_id, "word": word, "year": year}
    return int(session.connection().execute(statement, values).scalar_one())


def last_given(session: Session, organ_id: int, word: str, year: int) -> int | None:
    """The last serial of a register, or where it was opened; None for one that has not begun."""
    found = session.get(NumberCounter, (organ_id, word, year), populate_existing=True)
    return found.last if found else None


def written(word: str, year: int, serial: int) -> str:
    """计备〔2026〕12号: six-cornered brackets, no leading zeros (GB/T 9704-2012)."""
    return f"{word}〔{year}〕{serial}号"


@dataclass(frozen=True, slots=True)
class Series:
    """One run of numbers: an organ's 发文代字 in a year. `opened` numbers were given before the register was kept
    here, by what `source` says. `missing` serials have no document, `beyond` are outside the opening and the counter;
    both are empty in a register in order."""

    organ_id: int
    word: str
    year: int
    opened: int
    source: str
    last: int
    used: int
    voided: int
    missing: tuple[int, ...]
    beyond: tuple[int, ...]

    @property
    def whole(self) -> bool:
        """Whether every number from the first to the last one has exactly one document."""
        return not self.missing and not self.beyond


_SERIES = """
SELECT c.organ_id, c.word, c.year, c.last, coalesce(o.last, 0) AS opened, coalesce(o.document, '') AS source,
       count(d.serial) AS used,
       count(*) FILTER (WHERE d.state = 'void') AS voided,
       array_remove(array_agg(d.serial) FILTER (
           WHERE d.serial NOT BETWEEN coalesce(o.last, 0) + 1 AND c.last), NULL) AS beyond,
       CASE WHEN count(d.serial) FILTER (WHERE d.serial BETWEEN coalesce(o.last, 0) + 1 AND c.last)
                 = c.last - coalesce(o.last, 0) THEN NULL
            ELSE ARRAY(SELECT n FROM generate_series(coalesce(o.last, 0) + 1, c.last) n
                       EXCEPT SELECT serial FROM documents x
                       WHERE (x.organ_id, x.word, x.year) = (c.organ_id, c.word, c.year)
                       ORDER BY 1 LIMIT 1000) END AS missing
FROM number_counters c
LEFT JOIN number_openings o
       ON (o.organ_id, o.word, o.year) = (c.organ_id, c.word, c.year) AND o.verdict = 'confirmed'
LEFT JOIN documents d ON (d.organ_id, d.word, d.year) = (c.organ_id, c.word, c.year)
GROUP BY c.organ_id, c.word, c.year, c.last, o.last, o.document
ORDER BY c.year DESC, c.organ_id, c.word
"""


def series(session: Session) -> list[Series]:
    """Every run of numbers with its gap report (at most the first 1,000 missing serials), newest year first."""
    rows = session.connection().execute(text(_SERIES))
    return [
        Series(
            r.organ_id, r.word, r.year, r.opened, r.source, r.last, r.used, r.voided, tuple(r.missing or ()),
            tuple(r.beyond or ()),
        )
        for r in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the register is filtered by; empty means all."""

    organ_id: int | None = None
    word: str = ""
    year: int | None = None
    state: DocumentState | None = None
    words: str = ""


def entries(
    session: Session, wanted: Wanted, *, limit: int | None = None, offset: int = 0
) -> Sequence[tuple[Document, str]]:
    """Numbered documents with their case's number ("" for those of no single case), newest number first."""
    query = (
        select(Document, func.coalesce(CaseRecord.number, ""))
        .outerjoin(CaseRecord, col(CaseRecord.id) == col(Document.case_id))
        .where(*_conditions(wanted))
        .order_by(col(Document.year).desc(), col(Document.id).desc())
    )
    return [(found, number) for found, number in session.exec(query.limit(limit).offset(offset))]


def count(session: Session, wanted: Wanted) -> int:
    """How many documents the filter leaves."""
    query = (
        select(func.count())
        .select_from(Document)
        .outerjoin(CaseRecord, col(CaseRecord.id) == col(Document.case_id))
    )
    return session.exec(query.where(*_conditions(wanted))).one()


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [col(Document.number).is_not(None)]
    if wanted.organ_id is not None:
        found.append(col(Document.organ_id) == wanted.organ_id)
    if wanted.word:
        found.append(col(Document.word) == wanted.word)
    if wanted.year is not None:
        found.append(col(Document.year) == wanted.year)
    if wanted.state is not None:
        found.append(col(Document.state) == wanted.state)
    if wanted.words:
        given = wanted.words
        found.append(
            or_(
                col(Document.number).contains(given, autoescape=True),
                col(Document.title).contains(given, autoescape=True),
                col(CaseRecord.number).contains(given, autoescape=True),
                col(CaseRecord.subject).contains(given, autoescape=True),
            )
        )
    return found


def voids_of(session: Session, document_ids: Sequence[int]) -> dict[int, DocumentVoid]:
    """The newest request about each of these documents."""
    query = select(DocumentVoid).where(col(DocumentVoid.document_id).in_(document_ids))
    return {void.document_id: void for void in session.exec(query.order_by(col(DocumentVoid.id)))}


def open_voids(session: Session) -> Sequence[tuple[DocumentVoid, Document]]:
    """Requests that wait for a second person, oldest first."""
    query = (
        select(DocumentVoid, Document)
        .join(Document, col(Document.id) == col(DocumentVoid.document_id))
        .where(col(DocumentVoid.decided_at).is_(None))
        .order_by(col(DocumentVoid.id))
    )
    return [(void, document) for void, document in session.exec(query)]
