"""差额: how far the budget and the caps of 三（四） would be passed if every undecided claim were approved as asked.

As the parameters read today (A1, A2, A3); each claim is cut to its own limits when it is calculated, so this is what
the applicants would not get, not what the city would pay too much.
"""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from sqlmodel import Session

from flows.steps.accounts import bank_year_ceiling, bank_year_key, enterprise_key
from models import clock
from models.policy.parameters import Terms
from models.records import pending
from models.records.ledger import AccountKind
from models.records.rules import rules

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Over:
    """A cap that the undecided claims would pass together: by how much (元, in the cap's own measure)."""

    institution_id: int | None  # of a bank's year
    year: int | None
    uscc: str  # of a firm
    firm: str
    asked: Decimal
    left: Decimal

    @property
    def over(self) -> Decimal:
        """What finds no room."""
        return self.asked - self.left


def over_caps(s: Session) -> tuple[Over, ...]:
    """Every bank-year and firm whose cap would be passed, the farthest first."""
    terms, asked = rules(s).on(clock.today()), pending.of_banks(s)
    found = [*_bank_years(s, terms, asked), *_firms(s, terms, asked)]
    return tuple(sorted((one for one in found if one.over > 0), key=lambda one: -one.over))


def _bank_years(s: Session, terms: Terms, asked: tuple[pending.Asked, ...]) -> list[Over]:
    by_loss, vintage = terms.choice("cap_applies_to") == "loss", terms.choice("cap_basis") == "vintage"
    sums: dict[tuple[int, int], Decimal] = defaultdict(lambda: ZERO)
    for one in asked:
        year = one.lent_in if vintage else clock.today().year
        sums[one.institution_id, year] += one.loss if by_loss else one.claimed
    known = pending.accounts(s, AccountKind.BANK_YEAR, [bank_year_key(terms, *key) for key in sums])
    found = []
    for (institution_id, year), amount in sums.items():
        account = known.get(bank_year_key(terms, institution_id, year))
        used = account.used if account else ZERO
        room = bank_year_ceiling(s, institution_id, year, terms)[0] - used
        found.append(Over(institution_id, year, "", "", amount, max(room, ZERO)))
    return found


def _firms(s: Session, terms: Terms, asked: tuple[pending.Asked, ...]) -> list[Over]:
    by_loss, cap = terms.choice("enterprise_cap_on") == "loss", terms.decimal("bank_enterprise_cap")
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    names: dict[str, tuple[str, str]] = {}
    for one in asked:
        key = enterprise_key(terms, one.uscc, one.institution_id, clock.today())
        sums[key] += one.loss if by_loss else one.claimed
        names[key] = (one.uscc, one.firm)
    known = pending.accounts(s, AccountKind.ENTERPRISE, list(sums))
    return [
        Over(None, None, *names[key], amount, max(cap - (known[key].used if key in known else ZERO), ZERO))
        for key, amount in sums.items()
    ]
