"""The rules as this office has them: the shipped parameters, the resolutions on top, and every edition ever used.

A resolution (脚注2, 四（一）) is one row: proposed by one person, confirmed by another, in force from that day or
later. The database refuses one-person changes, changes of the past, and edits of what was decided.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlmodel import Field, Session, SQLModel, col, select

from models import clock
from models.policy.errors import PolicyError
from models.policy.overrides import Override
from models.policy.parameters import Parameters
from models.records.base import Facts, dated, facts, moment
from models.records.marks import kept
from models.records.person import Person
from models.records.two_people import ByTwo, Verdict, by_two


class ParameterOverride(ByTwo, table=True):
    """A value of a parameter in force from a day by a resolution; `verdict` is empty while it is proposed."""

    __tablename__ = "parameter_overrides"
    __table_args__ = (
        *by_two(),
        CheckConstraint(
            "verdict IS DISTINCT FROM 'confirmed' OR "
            "effective_from >= (decided_at AT TIME ZONE 'Asia/Shanghai')::date",
            name="never_edits_the_past",
        ),
        Index(
            "uq_parameter_overrides_day",
            "name",
            "effective_from",
            unique=True,
            postgresql_where=text("verdict IS NULL OR verdict = 'confirmed'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=60)
    value: Any = Field(sa_type=JSONB)
    effective_from: date = dated()
    resolution: str = Field(max_length=120)  # 决议文号
    reason: str = Field(default="", max_length=500)

    def as_override(self, names: dict[int, str] | None = None) -> Override:
        """The row as the policy reads it: known since the day it was confirmed (proposed: today)."""
        known = names or {}
        return Override(
            name=self.name,
            value=self.value,
            effective_from=self.effective_from,
            resolution=self.resolution,
            known_since=clock.local(self.decided_at).date() if self.decided_at else clock.today(),
            proposed_by=known.get(self.proposed_by),
            confirmed_by=known.get(self.decided_by or 0),
            reason=self.reason,
        )


class ParameterEdition(SQLModel, table=True):
    """The exact content behind a parameter version: files and resolutions, kept since it was first used."""

    __tablename__ = "parameter_editions"

    version: str = Field(primary_key=True, max_length=40)
    content: Facts = facts()
    recorded_at: datetime = moment()


def rules(s: Session) -> Parameters:
    """The parameters in use: what is shipped and every confirmed resolution."""
    return kept(s, "parameter_overrides", lambda: _rules(s))


def _rules(s: Session) -> Parameters:
    rows = s.exec(_confirmed()).all()
    names = {p.id or 0: p.name for p in s.exec(select(Person)).all()} if rows else {}
    return Parameters.load(row.as_override(names) for row in rows)


def _confirmed() -> Any:
    query = select(ParameterOverride).where(ParameterOverride.verdict == Verdict.CONFIRMED)
    return query.order_by(col(ParameterOverride.effective_from), col(ParameterOverride.id))


def pinned(s: Session) -> Parameters:
    """`rules`, with their edition kept, so that whoever notes the version can load it again years later."""
    current = rules(s)
    query = select(ParameterEdition.version).where(ParameterEdition.version == current.version)
    if s.exec(query).first() is None:
        content = {
            "files": dict(current.files),
            "overrides": [row.model_dump(mode="json") for row in current.overrides],
        }
        row = insert(ParameterEdition).values(
            version=current.version, content=content, recorded_at=clock.now()
        )
        s.connection().execute(row.on_conflict_do_nothing())
    return current


def edition(s: Session, version: str) -> Parameters:
    """The parameters as they were in a pinned version. Raises `PolicyError` for one that was never kept."""
    current = rules(s)
    if version == current.version:
        return current
    found = s.get(ParameterEdition, version)
    if found is None:
        raise PolicyError(f"没有保存参数版本 {version}，无法按当时的参数复算。")
    added = [Override.model_validate(row) for row in found.content["overrides"]]
    loaded = Parameters.from_files(found.content["files"], added)
    if loaded.version != version:
        raise PolicyError(f"参数版本 {version} 的留存内容与版本号不符，请联系系统管理核查。")
    return loaded


def overrides_of(s: Session, name: str | None = None) -> Sequence[ParameterOverride]:
    """Every proposal ever made (of one parameter), the newest first."""
    query = select(ParameterOverride).order_by(col(ParameterOverride.id).desc())
    if name is not None:
        query = query.where(ParameterOverride.name == name)
    return s.exec(query).all()
