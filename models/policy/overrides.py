"""脚注2 “可结合经济形势等实际情况调整”: a resolution that changes a parameter is a row, never an edit."""

from datetime import date
from typing import Any

from pydantic import field_validator, model_validator

from models.policy.fields import Day, Facts, Text
from models.policy.values import Tier, jsonable

ASSUMPTION = "测算假设（无决议文号）"


class Override(Facts):
    """A value of a parameter in force from a date by a resolution.

    `known_since` is the day the resolution was adopted: a case decided earlier was decided without it (None:
    the day it takes effect). A real override names its resolution, proposer and confirmer, two different people.
    """

    name: Text
    value: Any
    effective_from: Day
    resolution: Text = ASSUMPTION
    known_since: Day | None = None
    proposed_by: Text | None = None
    confirmed_by: Text | None = None
    reason: str = ""

    @field_validator("value", mode="before")
    @classmethod
    def _plain(cls, raw: Any) -> Any:
        if isinstance(raw, list | tuple) and any(isinstance(item, Tier) for item in raw):
            return jsonable(tuple(raw))
        return raw

    @model_validator(mode="after")
    def _two_people(self) -> "Override":
        if self.proposed_by and self.proposed_by == self.confirmed_by:
            raise ValueError("参数调整的提出人和确认人不能是同一人。")
        return self

    @property
    def known_from(self) -> date:
        """The day from which the override is known."""
        return self.known_since or self.effective_from
