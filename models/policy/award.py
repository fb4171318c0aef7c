"""What a calculation gives: the amount, what decided it, the lines that say why."""

from decimal import Decimal

from models.policy.facts import Board
from models.policy.lines import Check, Line, Printed


class Award(Printed):
    """The compensation of one claim (元).

    `payable` is cut to the fen once, at the end; `exact` is what it was cut from (shown to 8 decimals).
    `rate` is the ratio applied to `loss`; `effective_ratio` is payable ÷ loss (10 decimals, for display).
    `deciding` is the code of the line that set the amount; `binding` is the same code when that line is a limit
    that cut the amount, else None. `over_limit` is what the ratio would have given beyond `payable`.
    `over_limit_deferred` says it waits for room (A2) instead of being recorded as 超限未补偿.
    """

    board: Board
    payable: Decimal
    exact: Decimal
    rate: Decimal
    loss: Decimal
    over_limit: Decimal
    over_limit_deferred: bool
    effective_ratio: Decimal
    deciding: str
    binding: str | None
    lines: tuple[Line, ...]
    checks: tuple[Check, ...]
    parameter_version: str
    clauses: tuple[str, ...]
