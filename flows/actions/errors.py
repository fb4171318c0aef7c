"""How an action says no."""

from dataclasses import dataclass

from models.permissions import Denied, Verdict


class ActionRefusedError(Exception):
    """An action that may not be done; `str(error)` is the sentence for the person."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class ForbiddenError(ActionRefusedError):
    """This person may not (403)."""


class NotThereError(ActionRefusedError):
    """There is no such thing, or not for this person (404)."""


class ConflictError(ActionRefusedError):
    """Someone else was first, or the page is stale (409)."""


class CheckerRequiredError(ConflictError):
    """The institution works by 经办/复核, and this way in has no place for a checker."""

    code = "checker_required"


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One thing wrong in a form: the field's name (e.g. "loans.2.principal"), and what to do about it."""

    field: str
    message: str


class InvalidError(ActionRefusedError):
    """The form has faults (422); all of them at once."""

    def __init__(self, faults: tuple[FieldFault, ...], sentence: str = "") -> None:
        super().__init__(sentence or f"有 {len(faults)} 处需要更正。")
        self.faults = faults


def permitted(verdict: Verdict) -> None:
    """Go on only if the permission says so. Raises `ForbiddenError` with its sentence."""
    if isinstance(verdict, Denied):
        raise ForbiddenError(verdict.sentence)
