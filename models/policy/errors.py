"""How the policy says no: every error is a Chinese sentence a clerk can act on."""

from dataclasses import dataclass


class PolicyError(ValueError):
    """Data of the policy, or a question to it, that cannot be right; `str(error)` is a Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with given facts: where it stands (a dotted path) and a Chinese sentence."""

    field: str
    message: str


class MisplacedError(ValueError):
    """What a model's validator finds: the field of the model it belongs to, and the sentence."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


class FactsError(PolicyError):
    """Facts that cannot be used; `faults` lists every fault at once."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("；".join(f"{fault.field}：{fault.message}" for fault in faults))
