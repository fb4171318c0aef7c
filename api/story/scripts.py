"""The two stories: who does what, in order, with the facts they type in and the figures that must come out.

Guarantee board: golden case R1 (20/20/20/40, 5,000,000.00 lost → 1,000,000.00). Bank board: golden case B2
(20,000,000.00 lost at 80 % → 16,000,000.00, cut by the 10,000,000.00 limit per enterprise). Then money comes back.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from api.demo.play import uscc
from models.lifecycle import Board


@dataclass(frozen=True, slots=True)
class Answering:
    """One person's answer at a gate; `fields` are typed into the decision form."""

    login: str
    gate: str
    answer: str = "approve"
    opinion: str = "同意。"
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recovery:
    """What comes back after the payment, what it cost, and what is returned of it (元); who reviews it."""

    received: str
    spent: str
    returned: Decimal
    reviewer: str
    head: str


@dataclass(frozen=True, slots=True)
class Followed:
    """What happens to the filed loans before the claim (后续跟踪), and who reviews it. Loans by place (from 0): one the
    reviewer takes out of the filing, one that is extended, one of which an anomaly is reported and warned of."""

    reviewer: str
    documents: tuple[str, ...]  # of the filing, all in all
    excluded: int | None = None
    extended: int | None = None
    anomaly: int | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """One board's story. `objection`: what somebody objects to in the public notice; "" if nobody does."""

    board: Board
    filer: str
    loans: tuple[dict[str, str], ...]
    claimed: int  # which loan (from 0) is lost
    claim: dict[str, str]
    first_half: tuple[Answering, ...]
    paid: Decimal
    binding: str
    documents: tuple[str, ...]
    recovery: Recovery
    followed: Followed
    objection: str = ""


def loan(number: int, principal: str, board: Board) -> dict[str, str]:
    """A loan as a filer types it."""
    typed = {
        "uscc": uscc(number),
        "firm_name": f"东莞市示例第{number}精密有限公司",
        "sector": "制造业",
        "industry": "工业",
        "employees": "60",
        "revenue_wan": "4200.00",
        "assets_wan": "3000.00",
        "legal_person": "1",
        "town": "松山湖",
        "product": "流动资金贷款",
        "purpose": "购买原材料",
        "contract_number": f"HT-2026-{number}",
        "receipt_number": f"JJ-2026-{number}",
        "principal": principal,
        "contract_date": "2026-03-10",
        "disbursed_on": "2026-03-12",
        "due_on": "2027-03-11",
        "annual_rate_pct": "4.35",
        "guarantee_method": "credit",
    }
    if board == Board.GUARANTEE:
        typed |= {
            "guarantee_method": "guarantor",
            "lender_name": "莞邑银行（示例）股份有限公司",
            "guarantee_contract_number": f"BZ-2026-{number}",
            "entrust_contract_number": f"WT-2026-{number}",
            "fee_rate_pct": "0.8",
            "national_fund_backed": "1",
        }
    return typed


def claim(unpaid: str, requested: str, board: Board, today: date) -> dict[str, str]:
    """A claim as a filer types it."""
    typed = {
        "overdue_since": "2026-05-01",
        "classification": "次级",
        "unpaid_principal": unpaid,
        "recovered": "0.00",
        "recovery_costs": "0.00",
        "cause": "企业停产，无力偿还。",
        "recovery_plan": "已起诉并申请执行，持续追偿。",
        "requested": requested,
        "account_name": "示例收款户",
        "account_number": "6222000000000001",
        "account_bank": "示例银行东莞分行",
    }
    if board == Board.GUARANTEE:
        typed |= {
            "guarantor_paid": unpaid,
            "guarantor_paid_on": date(today.year, max(today.month - 1, 1), 1).isoformat(),
            "fund_shares_confirmed": "1",
        }
    return typed


RETURNED = "放款凭证｜缺少盖章页｜请补传盖章页"


def scripts(today: date) -> tuple[Script, ...]:
    """Both stories, as they are told on `today`."""
    guarantee = Script(
        Board.GUARANTEE,
        "tanjunhao",
        (loan(1, "5000000.00", Board.GUARANTEE), loan(2, "800000.00", Board.GUARANTEE)),
        0,
        claim("5000000.00", "1000000.00", Board.GUARANTEE, today),
        (
            Answering("zengyawen", "acceptance", "return", "材料不齐，请一次补齐。", {"todo_more": RETURNED}),
            Answering("zengyawen", "acceptance"),
            Answering("pengzhiqiang", "first_review"),
            Answering("heyongjian", "second_review"),
            Answering("mozhaohui", "office_review"),
            Answering("lujianping", "leader_approval"),
        ),
        Decimal("1000000.00"),
        "",
        ("D15", "D08", "D16", "D17", "D18", "D19", "D21", "D22", "D23", "D25", "D26", "D27"),
        Recovery("105000.00", "5000.00", Decimal("20000.00"), "zengyawen", "heyongjian"),  # 20 % of 100,000
        Followed("dengjiahui", ("D07", "D09", "D10", "D13", "D14"), excluded=1, anomaly=0),
        objection="反映借款企业已迁出东莞。",
    )
    bank = Script(
        Board.BANK,
        "linwanyi",
        (loan(3, "20000000.00", Board.BANK), loan(4, "480000000.00", Board.BANK)),
        0,
        claim("20000000.00", "16000000.00", Board.BANK, today),
        (
            Answering("chenjiamin", "acceptance"),
            Answering("wangliqun", "first_review"),
            Answering("zhoubingwen", "second_review"),
            Answering(
                "mozhaohui", "office_review", "send_back", "利率凭证请再核。", {"target": "first_review"}
            ),
            Answering("wangliqun", "first_review", opinion="已核利率凭证，合同日上限内。"),
            Answering("zhoubingwen", "second_review"),
            Answering("mozhaohui", "office_review"),
            Answering("lujianping", "leader_approval"),
            Answering("songyiming", "meeting"),
            Answering("peishuzhen", "meeting"),
            Answering("hongdamin", "meeting"),
        ),
        Decimal("10000000.00"),
        "enterprise.cap",
        ("D15", "D16", "D17", "D18", "D19", "D20", "D21", "D23", "D24", "D25", "D26", "D27"),
        # B7: what was paid after the limit, 50 % of the loss, and not the granted 80 %
        Recovery("950000.00", "50000.00", Decimal("450000.00"), "chenjiamin", "zhoubingwen"),
        Followed("liangzihao", ("D07", "D09", "D11", "D11C"), extended=1),
    )
    return (guarantee, bank)
