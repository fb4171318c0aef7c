"""What a gate came to, as recorded with it; and what makes a run of a process file stop."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from models.gates import Outcome
from models.lifecycle import State


class Decision(BaseModel):
    """The outcome of a gate: who decided, when, with which opinion and extra facts.

    For 票决 and 会签 `votes_for` and `votes_against` count the seats that had answered.
    """

    model_config = ConfigDict(frozen=True)

    outcome: Outcome
    opinion: str = ""
    fields: dict[str, Any] = {}
    person_id: int
    person: str
    at: datetime
    votes_for: int = 1
    votes_against: int = 0

    @property
    def approved(self) -> bool:
        """The process goes on."""
        return self.outcome is Outcome.APPROVE

    @property
    def returned(self) -> bool:
        """退回补正: the applicant must correct something."""
        return self.outcome is Outcome.RETURN

    @property
    def refused(self) -> bool:
        """The answer is no."""
        return self.outcome is Outcome.REFUSE


class Stop(BaseException):
    """Ends one run of a process file; not an error, so `except Exception` in a step cannot swallow it."""


class Waiting(Stop):
    """The case waits for a person or a date; everything is recorded."""

    def __init__(self, state: State) -> None:
        self.state = state


class Again(Stop):
    """This run made entries of the journal void (the case is sent back): run from the top."""


class Lost(Stop):
    """Another worker holds the case now, or it was withdrawn; this run must not write another word."""


class IllegalMoveError(Exception):
    """A process file moved a case in a way `models.lifecycle` does not allow."""
