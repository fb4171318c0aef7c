"""Saved views (我的视图): a list's filters and order under a name, each person's own."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, Session, SQLModel, col, select

from models.records.base import coded, moment, one_of

MOST = 20
"""As many views as fit above a list."""


class Place(StrEnum):
    """Which list a view is of; its address."""

    QUEUE = "queue"
    CASES = "cases"


class SavedView(SQLModel, table=True):
    """`query` is what stands behind the list's address; `opens`: the list opens with it."""

    __tablename__ = "saved_views"
    __table_args__ = (
        one_of("place", Place),
        UniqueConstraint("person_id", "place", "name"),
        Index("uq_saved_views_opens", "person_id", "place", unique=True, postgresql_where=text("opens")),
    )

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="people.id")
    place: Place = coded(Place)
    name: str = Field(max_length=20)
    query: str = Field(max_length=500)
    opens: bool = False
    saved_at: datetime = moment()


def of_person(s: Session, person_id: int, place: Place) -> Sequence[SavedView]:
    """A person's views of a list, in the order they were saved."""
    query = select(SavedView).where(SavedView.person_id == person_id, SavedView.place == place)
    return s.exec(query.order_by(col(SavedView.id))).all()
