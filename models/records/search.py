"""Finding cases by words (查找): number, firm, credit code, contract and filing numbers, bank; any part of them.

`case_words` holds what a case is found by: a row for the case, one for sixteen loans of a filing, one for the loan of a claim.
The database keeps it by triggers. Chinese has no spaces and most searches are two characters, so it is indexed by single
characters and pairs, and digits by three, since any two stand in nearly every row (`search_grams`). Words found often are checked
along the list's own order; seldom ones are looked up first: either way the work is bounded, however many cases there are.
"""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Index,
    Integer,
    LargeBinary,
    Text,
    and_,
    cast,
    func,
    literal,
    or_,
    text,
)
from sqlalchemy import case as sql_case
from sqlmodel import Field, Session, SQLModel, col, select

from models.records.base import once
from models.records.institution import InstitutionName
from models.records.paging import planned

SELDOM = 8_000
"""Cases found in at most this number are named one by one, so that PostgreSQL may begin with them."""
MANY = 20_000
"""Words found in at most this many rows are looked up first: up to here that costs less than meeting them on a walk."""
OFTEN, OFTEN_OPEN = 0.03, 0.1
"""Words in this share of the rows (of open cases only) need no looking up to know that they are common."""
RAREST = 4
"""Of a long word's grams so many are looked up; the rows they leave are few, and are compared with the whole word."""
COUNTED_WALKING = 100
"""Lists that are walked through are counted no further than this."""
SAMPLES = (0.2, 2)
"""Percent of the rows' pages that are looked at; the second where the first had no row to look at."""
MOST_TERMS = 5
_GRAMS = text("search_grams(words)")
_DIGITS = frozenset("0123456789")
_APART = _DIGITS | {"-"}
"""Characters that are in no pair and do not stand for themselves."""


class CaseWords(SQLModel, table=True):
    """What a case is found by. `part`: 0 the case itself, -1 the loan it claims for, otherwise sixteen of the loans it
    files, in their order: they have most of their grams in common."""

    __tablename__ = "case_words"
    __table_args__ = (
        Index("ix_case_words_open", _GRAMS, postgresql_using="gin", postgresql_where=text("open")),
        Index("ix_case_words_closed", _GRAMS, postgresql_using="gin", postgresql_where=text("NOT open")),
        Index(
            "ix_case_words_institution", "institution_id", postgresql_where=text("institution_id IS NOT NULL")
        ),
    )

    case_id: int = Field(foreign_key="cases.id", ondelete="CASCADE", primary_key=True)
    part: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    institution_id: int | None = Field(default=None, foreign_key="institutions.id")  # the applicant; part 0
    open: bool
    words: str = Field(sa_type=Text)


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search found: the cases, where they are not too many; and what is still to be checked row by row."""

    cases: tuple[int, ...] | None
    terms: tuple[tuple[str, tuple[int, ...]], ...] = ()
    bits: tuple[int, bytes] | None = None

    @property
    def common(self) -> bool:
        """The words are found so often that the list is walked through."""
        return self.cases is None

    @classmethod
    def of(cls, cases: Collection[int] | None, terms: Sequence[tuple[str, tuple[int, ...]]]) -> "Hits":
        """Cases named, or a bit each; None: only what is to be checked."""
        if cases is not None and len(cases) > SELDOM:
            return cls(None, tuple(terms), _bits(cases))
        return cls(None if cases is None else tuple(sorted(cases)), tuple(terms))

    def among(self, case_id: Any) -> list[ColumnElement[bool]]:
        """The conditions of a list whose rows belong to the case `case_id` (a column).

        More cases than can be named are a bit each: a row of the walk is then looked at without reading another
        table, which is what a walk costs, above all where the list holds few of them for a while."""
        found: list[Any] = []
        if self.bits is not None:
            first, bits = self.bits
            place = case_id - first
            held = func.get_bit(literal(bits, LargeBinary), cast(place, BigInteger)) == 1
            found.append(sql_case((and_(place >= 0, place < len(bits) * 8), held), else_=False))
        if self.cases is not None:
            found.append(case_id == func.any(cast(list(self.cases), ARRAY(Integer))))
        for term, places in self.terms:
            inside = select(literal(True)).where(CaseWords.case_id == case_id, _contains(term, places))
            found.append(inside.limit(1).scalar_subquery())
        return found


def _bits(ids: Collection[int]) -> tuple[int, bytes]:
    """A set of ids as PostgreSQL's `get_bit` reads it: the id of the first bit, and the bits."""
    first = min(ids)
    bits = bytearray((max(ids) - first) // 8 + 1)
    for one in ids:
        bits[(one - first) >> 3] |= 1 << ((one - first) & 7)
    return first, bytes(bits)


def terms(words: str) -> tuple[str, ...]:
    """The words of a search as they are compared: narrow characters, small letters, no more than five."""
    plain = unicodedata.normalize("NFKC", words).replace("\x00", "").lower()
    return tuple(dict.fromkeys(plain.split()))[:MOST_TERMS]


def grams(term: str) -> tuple[str, ...]:
    """How the index knows a word, as `search_grams` does: its pairs of characters and its digits by three; the single
    characters where there is neither. None where it is nothing but a digit or two: those are everywhere. Only of a
    single gram a row may be taken at its word."""
    pairs = [last + one for last, one in pairwise(term) if not {last, one} & _APART]
    threes = [term[n : n + 3] for n in range(len(term) - 2) if _DIGITS.issuperset(term[n : n + 3])]
    return tuple(dict.fromkeys([*pairs, *threes] or (one for one in term if one not in _APART)))


def find(s: Session, words: str, *, open_only: bool = False) -> Hits | None:
    """What `words` find, all of them in one case; None where nothing is asked. `open_only`: among open cases."""
    asked = terms(words)
    if not asked:
        return None
    return once(s, ("found", asked, open_only), lambda: _find(s, asked, open_only))


def _find(s: Session, asked: Sequence[str], open_only: bool) -> Hits:
    planned(s)
    seldom: set[int] | None = None
    often: list[tuple[str, tuple[int, ...]]] = []
    for term in asked:
        places, shares = _places(s, term), _shares(s, term, open_only)
        common = _is_common(s, term, shares, open_only)
        rarest = sorted(grams(term), key=lambda gram: max(part[gram] for part in shares))
        few = None if common else _look_up(s, term, places, rarest, open_only)
        if few is None:
            often.append((term, places))
        else:
            seldom = few if seldom is None else seldom & few
    return Hits.of(seldom, often)


def _places(s: Session, term: str) -> tuple[int, ...]:
    """The institutions one of whose names holds the word."""
    query = select(InstitutionName.institution_id).where(
        or_(
            col(InstitutionName.name).icontains(term, autoescape=True),
            col(InstitutionName.short_name).icontains(term, autoescape=True),
        )
    )
    return tuple(sorted(set(s.exec(query))))


def _contains(term: str, places: Sequence[int]) -> ColumnElement[bool]:
    inside: ColumnElement[bool] = col(CaseWords.words).contains(term, autoescape=True)
    return or_(inside, col(CaseWords.institution_id).in_(places)) if places else inside


def _shares(s: Session, term: str, open_only: bool) -> list[dict[str, float]]:
    """In which share of the open cases' rows, and of the closed ones', each gram of a word is, by PostgreSQL's own
    statistics; 0 for one that is rare."""
    wanted = grams(term)
    indexes = ["ix_case_words_open"] if open_only else ["ix_case_words_open", "ix_case_words_closed"]
    known = s.connection().execute(
        text(
            "SELECT tablename, gram, share FROM pg_stats,"
            " unnest(most_common_elems::text::text[], most_common_elem_freqs) AS known (gram, share)"
            " WHERE schemaname = current_schema() AND tablename = ANY(:indexes) AND gram = ANY(:grams)"
        ),
        {"indexes": indexes, "grams": list(wanted)},
    )
    found = {index: dict.fromkeys(wanted, 0.0) for index in indexes}
    for index, gram, share in known:
        found[index][gram] = float(share)
    return list(found.values())


def _is_common(s: Session, term: str, shares: Sequence[Mapping[str, float]], open_only: bool) -> bool:
    """Whether the word is in so many rows that a walk meets it soon: it is in no more than its rarest gram."""
    if not grams(term):
        return True
    often = any(min(part.values()) >= (OFTEN_OPEN if open_only else OFTEN) for part in shares)
    return often and (grams(term) == (term,) or _in_sample(s, term, open_only))


def _in_sample(s: Session, term: str, open_only: bool) -> bool:
    """Whether a few pages of rows bear it out: the grams of a long word may be everywhere, and the word is not. Now and
    then none of the few is a page of open cases; then ten times as many are looked at."""
    query = text(
        "SELECT count(*), count(*) FILTER (WHERE position(:term IN words) > 0)"
        " FROM case_words TABLESAMPLE SYSTEM (:percent) WHERE open OR NOT :open_only"
    )
    for percent in SAMPLES:
        rows = s.connection().execute(query, {"term": term, "percent": percent, "open_only": open_only})
        seen, having = rows.one()
        if seen:
            return bool(having >= seen * (OFTEN_OPEN if open_only else OFTEN) and having)
    return False


def _look_up(
    s: Session, term: str, places: Sequence[int], rarest: Sequence[str], open_only: bool
) -> set[int] | None:
    """The cases with the word, from the index by the `rarest` of its grams; None if there are too many to name them."""
    having: ColumnElement[bool] = func.search_grams(col(CaseWords.words)).op("@>", is_comparison=True)(
        cast(list(rarest[:RAREST]), ARRAY(Text))
    )
    if term not in rarest:
        having = and_(having, col(CaseWords.words).contains(term, autoescape=True))
    query = select(CaseWords.case_id).where(having)
    named = select(CaseWords.case_id).where(col(CaseWords.institution_id).in_(places))
    is_open, is_closed = col(CaseWords.open), ~col(CaseWords.open)
    asked = [query.where(is_open)]  # each part has an index of its own
    if not open_only:
        asked.append(query.where(is_closed))
    if places:
        asked.append(named.where(is_open) if open_only else named)
    found: set[int] = set()
    planner(s, enable_seqscan=False)
    try:
        for one in asked:
            some = one.limit(MANY + 1).subquery()
            rows = s.exec(select(func.array_agg(some.c.case_id))).one() or ()
            if len(rows) > MANY:
                return None
            found.update(rows)
    finally:
        planner(s, enable_seqscan=True)
    return found if len(found) <= MANY else None


def planner(s: Session, **switches: bool) -> None:
    """Set switches of PostgreSQL's planner for the rest of the transaction."""
    for name, on in switches.items():
        s.connection().execute(
            text("SELECT set_config(:name, :on, true)"), {"name": name, "on": "on" if on else "off"}
        )
