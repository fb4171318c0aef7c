"""Who is at the door, and what the answer to “may they?” looks like."""

from dataclasses import dataclass

from models.lifecycle import Board
from models.roles import APPLICANT_ROLES, Role


@dataclass(frozen=True, slots=True)
class Principal:
    """Someone the person at the door stands in for today (被代理人)."""

    person_id: int
    name: str
    institution_id: int
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Actor:
    """The person at the door, as signed in."""

    person_id: int
    name: str
    institution_id: int
    roles: frozenset[Role]
    files_board: Board | None = None  # on which board their institution files
    stands_for: tuple[Principal, ...] = ()
    by_key: bool = False  # an institution's own system acts for them (接口)

    def as_stand_in(self, principal: Principal) -> "Actor":
        """The same person with the seat of the one they stand in for."""
        return Actor(self.person_id, self.name, principal.institution_id, principal.roles)

    @property
    def watches_all(self) -> bool:
        """City and managing staff see every case; banks and guarantors only their own."""
        return bool(self.roles - APPLICANT_ROLES)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Yes."""

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Denied:
    """No, and why, in a sentence for the person."""

    sentence: str

    def __bool__(self) -> bool:
        return False


Verdict = Allowed | Denied
ALLOWED = Allowed()
