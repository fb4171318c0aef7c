"""材料与填报一致: whether what was typed stands in the papers that are to prove it. Texts in, page numbers out.

Only what is found is said to be found. What is not found, or cannot be read, a person looks at: a scan proves nothing to
a machine, and a missing match proves nothing against the applicant. 四（二）: “备案审核、项目审核、后续跟踪”.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from models.policy.facts import Board

TOLERANCE = Decimal("1.00")
"""元; what a share may differ by from the figure that was paid."""


class Fact(StrEnum):
    """What a paper is to show."""

    DEBTOR = "debtor"
    USCC = "uscc"
    CONTRACT = "contract"
    GUARANTEE = "guarantee"
    ENTRUST = "entrust"
    PRINCIPAL = "principal"
    UNPAID = "unpaid"
    REQUESTED = "requested"
    PAID = "paid"
    ACCOUNT = "account"


FACT_NAMES: dict[Fact, str] = {
    Fact.DEBTOR: "债务人名称",
    Fact.USCC: "统一社会信用代码",
    Fact.CONTRACT: "借款合同号",
    Fact.GUARANTEE: "保证合同号",
    Fact.ENTRUST: "委托担保合同号",
    Fact.PRINCIPAL: "贷款本金",
    Fact.UNPAID: "未清偿本金",
    Fact.REQUESTED: "申请补偿金额",
    Fact.PAID: "代偿金额",
    Fact.ACCOUNT: "收款账号",
}
AMOUNTS = frozenset({Fact.PRINCIPAL, Fact.UNPAID, Fact.REQUESTED, Fact.PAID})
SHOWS: dict[Board, dict[str, tuple[Fact, ...]]] = {
    Board.BANK: {
        "application": (Fact.DEBTOR, Fact.CONTRACT, Fact.REQUESTED),
        "contract": (Fact.DEBTOR, Fact.CONTRACT, Fact.PRINCIPAL),
        "loss_statement": (Fact.DEBTOR, Fact.UNPAID),
        "collection": (Fact.DEBTOR,),
    },
    Board.GUARANTEE: {
        "application": (Fact.DEBTOR, Fact.CONTRACT, Fact.REQUESTED),
        "contract": (Fact.DEBTOR, Fact.CONTRACT, Fact.PRINCIPAL),
        "guarantee_contract": (Fact.DEBTOR, Fact.GUARANTEE),
        "entrust_contract": (Fact.DEBTOR, Fact.ENTRUST),
        "debtor": (Fact.DEBTOR, Fact.USCC),
        "repayment_proof": (Fact.DEBTOR, Fact.PAID),
        "repayment_voucher": (Fact.PAID,),
        "account": (Fact.ACCOUNT,),
    },
}
"""Of each material the facts it is to show; materials not named here a person reads without help."""


@dataclass(frozen=True, slots=True)
class Found:
    """One fact, as typed, and the page it stands on (from 1); None if it was not found."""

    label: str
    value: str
    page: int | None


def compare(
    board: Board, slot: str, stated: Mapping[Fact, str | Decimal], pages: Sequence[str]
) -> tuple[Found, ...]:
    """Each fact the material is to show, with its page. Facts that were not stated are not looked for."""
    found = []
    for fact in SHOWS[board].get(slot, ()):
        value = stated.get(fact)
        if value is None or value == "":
            continue
        pattern = _pattern(fact, value)
        page = next((number for number, text in enumerate(pages, start=1) if pattern.search(text)), None)
        shown = f"{value:,.2f} 元" if isinstance(value, Decimal) else value
        found.append(Found(FACT_NAMES[fact], shown, page))
    return tuple(found)


def _pattern(fact: Fact, value: str | Decimal) -> re.Pattern[str]:
    """How the fact may be written. A number never counts as a part of a longer one: GY-1 does not stand in GY-10."""
    if isinstance(value, Decimal):
        return _amount(value)
    letters = r"\s?".join(re.escape(c) for c in value if not c.isspace())
    if fact is Fact.DEBTOR:
        return re.compile(letters.replace("（", r"[（(]").replace("）", r"[）)]"))
    return re.compile(
        rf"(?<![A-Za-z0-9])(?<![A-Za-z0-9]-){letters}(?![A-Za-z0-9]|-[A-Za-z0-9])", re.IGNORECASE
    )


def _amount(value: Decimal) -> re.Pattern[str]:
    """1,680,000.00, 1680000, 168万: with or without grouping and decimals."""
    whole, cents = divmod(value, 1)
    digits = f"{whole:f}".partition(".")[0]
    grouped = f"{int(digits):,}".replace(",", "[,，]?")
    decimals = r"(?:\.0{1,2})?" if not cents else re.escape(f"{cents:.2f}"[1:].rstrip("0")) + "0?"
    ways = [grouped + decimals]
    wan = value / 10_000
    if wan == wan.quantize(Decimal("0.000001")):
        text = f"{wan:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        before, _, after = text.partition(".")
        tail = rf"\.{after}0*" if after else r"(?:\.0+)?"
        ways.append(f"{int(before):,}".replace(",", "[,，]?") + tail + r"\s?万")
    return re.compile(rf"(?<![\d.,])(?:{'|'.join(ways)})(?![\d]|[.,]\d)")


def share_differs(unpaid: Decimal, bank_share: int | None, paid: Decimal | None) -> Decimal | None:
    """融担: by how much what was paid differs from the part of 未清偿本金 the agreement leaves to the guarantors (元);
    None where it agrees within `TOLERANCE`, or cannot be compared."""
    if bank_share is None or paid is None:
        return None
    difference = paid - unpaid * (100 - bank_share) / 100
    return difference if abs(difference) >= TOLERANCE else None
