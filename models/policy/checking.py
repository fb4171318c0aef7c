"""A list of checks in the making: each rule says what it found, what it expected and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from models.policy.facts import Board, Enterprise, Loan
from models.policy.lines import Check, Result
from models.policy.lpr import Quote
from models.policy.parameters import Terms

FACTS = "申报信息"
LOAN = "借款合同、借据"
FIRM = "企业信息"


@dataclass(slots=True)
class CheckList:
    """Collects checks; nothing stops at the first fault (一次性告知)."""

    terms: Terms
    found: list[Check] = field(default_factory=list)

    def say(
        self,
        code: str,
        label: str,
        result: Result,
        *,
        value: str,
        expected: str,
        clause: str,
        source: str = FACTS,
        remedy: str = "",
    ) -> None:
        """Add one check; the remedy is kept only where there is something to do."""
        self.found.append(
            Check(
                code=code,
                label=label,
                result=result,
                value=value,
                expected=expected,
                source=source,
                clause=clause,
                remedy="" if result is Result.PASS else remedy,
            )
        )

    def yes(
        self,
        code: str,
        label: str,
        fact: bool | None,
        *,
        wanted: bool = True,
        clause: str,
        source: str = FACTS,
        remedy: str,
    ) -> None:
        """A yes-or-no rule; an unknown fact asks a person to look."""
        self.say(
            code,
            label,
            LOOK_IF_UNKNOWN[fact if fact is None else fact is wanted],
            value={True: "是", False: "否", None: "未提供"}[fact],
            expected="是" if wanted else "否",
            clause=clause,
            source=source,
            remedy=f"请补充该项信息。{remedy}" if fact is None else remedy,
        )


@dataclass(frozen=True, slots=True)
class Subject:
    """The loan in question, and the day on which white list and size are judged (A12)."""

    board: Board
    enterprise: Enterprise
    loan: Loan
    judged_on: date
    quotes: Iterable[Quote] | None


LOOK_IF_UNKNOWN = {None: Result.LOOK, True: Result.PASS, False: Result.FAIL}


def passes(good: bool) -> Result:
    """PASS or FAIL."""
    return Result.PASS if good else Result.FAIL


def passes_or_look(good: bool) -> Result:
    """PASS, or a person must look: for rules that rest on a default, not on the policy's words."""
    return Result.PASS if good else Result.LOOK


def chinese(day: date) -> str:
    """“2024年3月1日”."""
    return f"{day.year}年{day.month}月{day.day}日"
