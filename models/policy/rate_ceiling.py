"""三（四） “贷款利率不超过LPR+150BP”."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from models.policy.lines import Result, percent_text
from models.policy.lpr import Quote, latest, shipped_quotes
from models.policy.parameters import Parameters, Terms

TENOR_NAMES = {"1Y": "1年期", "5Y": "5年期以上"}


@dataclass(frozen=True, slots=True)
class RateCeiling:
    """The ceiling (% a year) and the quote it rests on.

    `stale` when the newest quote is too old for the day: the ceiling is then only a hint, and a person must
    look. `ceiling` is None when there is no quote at all.
    """

    ceiling: Decimal | None
    quote: Quote | None
    tenor: str
    stale: bool
    reason: str

    def judge(self, rate_pct: Decimal) -> Result:
        """Whether a rate (% a year) keeps to the ceiling; LOOK whenever the quote cannot carry the answer."""
        if self.ceiling is None or self.stale:
            return Result.LOOK
        return Result.PASS if rate_pct <= self.ceiling else Result.FAIL


def rate_ceiling(day: date, terms: Terms | None = None, quotes: Iterable[Quote] | None = None) -> RateCeiling:
    """The ceiling for a rate fixed on `day`: the newest LPR published on or before it plus the spread."""
    terms = terms or Parameters.load().on(day)
    tenor = terms.choice("lpr_tenor")
    quote = latest(shipped_quotes() if quotes is None else quotes, day)
    if quote is None:
        return RateCeiling(None, None, tenor, True, f"{day.isoformat()} 及以前没有 LPR 报价，须人工核对。")
    ceiling = quote.of(tenor) + terms.decimal("bank_rate_spread_bp") / 100
    age = (day - quote.published_on).days
    limit = terms.integer("lpr_stale_days")
    basis = (
        f"{quote.published_on.isoformat()} 公布的{TENOR_NAMES[tenor]} LPR {percent_text(quote.of(tenor))}"
        f" + {terms.text('bank_rate_spread_bp')} = {percent_text(ceiling)}"
    )
    if age > limit:
        return RateCeiling(
            ceiling,
            quote,
            tenor,
            True,
            f"最近一次报价早于 {day.isoformat()} {age} 天（超过 {limit} 天），不作外推，须人工核对；{basis}。",
        )
    return RateCeiling(ceiling, quote, tenor, False, f"{basis}。")
