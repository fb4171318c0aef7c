"""Which materials (材料) a claim and a filing bring, per board: one slot each, one file per slot.

The slots follow what sibling cities' portals ask for; the city's own list (实施细则 附件) replaces them once it is
at hand. 四（二）: “各受托管理机构负责资金管理、备案审核、项目审核、后续跟踪等工作”.
"""

from collections.abc import Collection
from dataclasses import dataclass

from models.policy.facts import Board

CLAUSE = "四（二）"


@dataclass(frozen=True, slots=True)
class Slot:
    """One material. A slot that is not `required` says in `not_applicable` when it may stay empty (不适用)."""

    key: str
    title: str
    required: bool = True
    not_applicable: str = ""


CLAIM_SLOTS: dict[Board, tuple[Slot, ...]] = {
    Board.BANK: (
        Slot("application", "补偿申请表与材料目录（盖章）"),
        Slot("credit_approval", "授信审批意见及授信申请材料"),
        Slot("contract", "借款合同、借据等放款证明"),
        Slot("loss_statement", "损失情况说明、征信中该笔贷款的分类"),
        Slot("collection", "还本付息明细、还款账户流水、催收材料"),
        Slot("commitment", "申请承诺书（盖章）"),
    ),
    Board.GUARANTEE: (
        Slot("application", "代偿补偿申请函（盖章）"),
        Slot("repayment_approval", "代偿审批文件"),
        Slot("contract", "借款合同（含借据、展期协议）"),
        Slot("guarantee_contract", "保证合同"),
        Slot("entrust_contract", "委托担保合同"),
        Slot("debtor", "债务人基础资料"),
        Slot("use_of_loan", "贷款用途凭证"),
        Slot("repayment_proof", "代偿证明、代偿通知"),
        Slot("repayment_voucher", "代偿支付凭证、流水"),
        Slot("account", "收款账户资料"),
        Slot("counter_guarantee", "反担保合同", False, "没有反担保的可不上传"),
        Slot("counter_rights", "反担保物权利凭证", False, "没有反担保物（仅个人反担保）的可不上传"),
        Slot("legal_papers", "追偿法律文书", False, "尚未诉讼、仲裁的可不上传"),
    ),
}
"""Materials of a claim (补偿申请)."""

FILING_SLOTS: dict[Board, tuple[Slot, ...]] = {
    Board.BANK: (
        Slot("commitment", "备案承诺书（盖章）", False, "经办审核要求时补充"),
        Slot("contracts", "借款合同、借据", False, "经办审核要求时补充"),
    ),
    Board.GUARANTEE: (
        Slot("commitment", "备案承诺书（盖章）", False, "经办审核要求时补充"),
        Slot("contracts", "借款合同、保证合同、委托担保合同", False, "经办审核要求时补充"),
        Slot("national_fund", "国家融担基金业务备案证明", False, "经办审核要求时补充"),
    ),
}
"""Materials of a filing (备案): the register's facts are typed, papers come when the reviewer asks for them."""

_RECOVERY = (
    Slot("receipt_voucher", "回款到账凭证", False, "没有回款、只报告进展的可不上传"),
    Slot("cost_vouchers", "追偿费用凭证", False, "没有追偿费用的可不上传"),
    Slot("legal_papers", "裁判文书、执行文书、和解协议", False, "自主催收的可不上传"),
    Slot("return_slip", "返还缴款回单", False, "收到追偿返还通知书并缴款后上传"),
)
SLIP = Slot("return_slip", "返还缴款回单")
"""What the applicant brings once it has returned the city's share."""
RECOVERY_SLOTS: dict[Board, tuple[Slot, ...]] = dict.fromkeys(Board, _RECOVERY)
"""Materials of a recovery (追偿): which of them it needs depends on what is registered."""

SLOTS: dict[str, dict[Board, tuple[Slot, ...]]] = {
    "filing": FILING_SLOTS,
    "claim": CLAIM_SLOTS,
    "recovery": RECOVERY_SLOTS,
}
"""Materials by process and board."""


def missing_of_recovery(money: bool, costs: bool, present: Collection[str]) -> tuple[Slot, ...]:
    """The papers a registration of `money`, with `costs`, has to bring and does not."""
    wanted = {"receipt_voucher"} if money else set()
    wanted |= {"cost_vouchers"} if costs else set()
    return tuple(slot for slot in _RECOVERY if slot.key in wanted and slot.key not in present)


def missing(board: Board, present: Collection[str]) -> tuple[Slot, ...]:
    """The required slots of a claim that have no file."""
    return tuple(slot for slot in CLAIM_SLOTS[board] if slot.required and slot.key not in present)
