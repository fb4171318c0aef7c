"""Rounds (批次) of the white list: a file of firms, prepared by one person, published by another.

A firm's stays (`WhiteListEntry`) never overlap and never change in the past: a removal counts from a day to come,
because eligibility is judged on the day of disbursement (A12).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Index, text
from sqlmodel import Field, Session, col, select

from models.records.base import Facts, dated, facts
from models.records.enterprise import WhiteListEntry
from models.records.two_people import ByTwo, by_two


class WhiteListRound(ByTwo, table=True):
    """One round. `complete`: firms it does not name leave the list the day before `effective_on`."""

    __tablename__ = "white_list_rounds"
    __table_args__ = (
        *by_two(),
        Index(
            "uq_white_list_rounds_name",
            "name",
            unique=True,
            postgresql_where=text("verdict IS NULL OR verdict = 'confirmed'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    import_id: int = Field(foreign_key="loan_imports.id", unique=True)
    name: str = Field(max_length=40)
    effective_on: date = dated()
    valid_to: date | None = dated(nullable=True)  # the last day, unless a firm has its own
    complete: bool = False
    source_document: str = Field(max_length=200)  # the notice that publishes it
    effects: Facts = facts()  # {"added": firms, "left": firms} once published


class WhiteListRemoval(ByTwo, table=True):
    """移出 of one firm: registered by one person, confirmed by another, and only then written into its stay.

    `since` is the first day it is no longer on the list.
    """

    __tablename__ = "white_list_removals"
    __table_args__ = (
        *by_two(),
        Index(
            "uq_white_list_removals_open", "entry_id", unique=True, postgresql_where=text("verdict IS NULL")
        ),
        Index("ix_white_list_removals_entry", "entry_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    entry_id: int = Field(foreign_key="white_list.id")
    since: date = dated()
    reason: str = Field(max_length=200)
    document: str = Field(max_length=200)


@dataclass(frozen=True, slots=True)
class Listed:
    """How many firms are on the list on a day, and how many have ever been."""

    on_list: int
    ever: int


def of_import(session: Session, import_id: int) -> WhiteListRound:
    """The round a file belongs to."""
    return session.exec(select(WhiteListRound).where(WhiteListRound.import_id == import_id)).one()


def rounds(session: Session, most: int = 50) -> Sequence[WhiteListRound]:
    """The rounds, newest first."""
    return session.exec(select(WhiteListRound).order_by(col(WhiteListRound.id).desc()).limit(most)).all()


def of_id(session: Session, round_id: int) -> WhiteListRound:
    """One round."""
    return session.get_one(WhiteListRound, round_id)


def added_by(session: Session, round_id: int, most: int) -> Sequence[WhiteListEntry]:
    """The stays that begin with a round, in the order of its file, at most `most`."""
    query = select(WhiteListEntry).where(WhiteListEntry.round_id == round_id)
    return session.exec(query.order_by(col(WhiteListEntry.id)).limit(most)).all()


def left_with(session: Session, round_id: int, most: int) -> Sequence[WhiteListEntry]:
    """The stays that end because a whole list does not name the firm, at most `most`."""
    query = select(WhiteListEntry).where(WhiteListEntry.left_round_id == round_id)
    return session.exec(query.order_by(col(WhiteListEntry.id)).limit(most)).all()


def removals(session: Session, most: int = 50) -> Sequence[WhiteListEntry]:
    """Stays that a person ended, the newest first."""
    query = select(WhiteListEntry).where(col(WhiteListEntry.removed_at).is_not(None))
    query = query.where(WhiteListEntry.removal_reason != "")
    return session.exec(query.order_by(col(WhiteListEntry.removed_at).desc()).limit(most)).all()


def removals_of(session: Session, entry_ids: Sequence[int]) -> dict[int, WhiteListRemoval]:
    """The newest removal that was registered for each stay, whatever became of it."""
    query = select(WhiteListRemoval).where(col(WhiteListRemoval.entry_id).in_(entry_ids))
    return {one.entry_id: one for one in session.exec(query.order_by(col(WhiteListRemoval.id)))}


def removals_waiting(session: Session) -> Sequence[tuple[WhiteListRemoval, WhiteListEntry]]:
    """Removals that wait for a second person, oldest first."""
    query = select(WhiteListRemoval, WhiteListEntry).join(
        WhiteListEntry, col(WhiteListEntry.id) == col(WhiteListRemoval.entry_id)
    )
    query = query.where(col(WhiteListRemoval.verdict).is_(None))
    return session.exec(query.order_by(col(WhiteListRemoval.id))).all()


def counted(session: Session, day: date) -> Listed:
    """How many firms the list has on that day."""
    query = text("""
    SELECT count(DISTINCT uscc) FILTER (WHERE valid_from <= :day AND (valid_to IS NULL OR valid_to >= :day)) AS now,
        count(DISTINCT uscc) AS ever FROM white_list""")
    row = session.connection().execute(query, {"day": day}).one()
    return Listed(row.now, row.ever)


def on_list(session: Session, uscc: str, day: date) -> WhiteListEntry | None:
    """The firm's stay that covers the day."""
    query = select(WhiteListEntry).where(
        WhiteListEntry.uscc == uscc,
        col(WhiteListEntry.valid_from) <= day,
        col(WhiteListEntry.valid_to).is_(None) | (col(WhiteListEntry.valid_to) >= day),
    )
    return session.exec(query).first()


def found(session: Session, words: str, most: int = 20) -> Sequence[str]:
    """统一社会信用代码 of firms whose code is `words` or whose name has them, at most `most`."""
    query = text("""
    SELECT uscc FROM white_list WHERE uscc = upper(:words) OR firm_name ILIKE :like ESCAPE '!'
    GROUP BY uscc ORDER BY max(firm_name), uscc LIMIT :most""")
    like = "%" + "".join(f"!{char}" if char in "!%_" else char for char in words) + "%"
    rows = session.connection().execute(query, {"words": words, "like": like, "most": most})
    return [row.uscc for row in rows]
