"""The forms of those who file (申报机构): loans put up for filing, and claims. Parsed at the door, every fault at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, create_model, field_validator

from flows.actions.errors import FieldFault, InvalidError
from flows.actions.typed import (
    AccountNumber,
    Count,
    Day,
    Flag,
    Line60,
    Line120,
    Percent,
    PositiveYuan,
    Uscc,
    Wan,
    Words200,
    Words1000,
    Yuan,
    attempt,
    read,
)
from models import clock
from models.lifecycle import Board
from models.policy.facts import AssetClass
from models.policy.sector import Sector, industries
from models.policy.security import Security
from models.policy.size_class import Industry, Size
from models.policy.towns import Town

MOST_LOANS = 500
ZERO = Decimal("0.00")


def _refuse(sentence: str) -> NoReturn:
    raise ValueError(sentence)


@dataclass(frozen=True, slots=True)
class _Order:
    """How a date stands to another (`after`: field and title; `strictly`: not on the same day) and to today."""

    title: str
    after: tuple[str, str] | None = None
    strictly: bool = False
    ahead: str | None = "请核对。"  # what to do about a day that has not come; None: it may lie ahead


_ORDERS = {
    "disbursed_on": _Order("放款日", ("contract_date", "合同签订日"), ahead="请在放款后备案。"),
    "due_on": _Order("到期日", ("disbursed_on", "放款日"), strictly=True, ahead=None),
    "overdue_since": _Order("首次逾期日"),
    "guarantor_paid_on": _Order("代偿日期", ("overdue_since", "首次逾期日")),
}


def _in_order(value: date, info: ValidationInfo) -> date:
    """A date that can be true beside the others of its form."""
    order = _ORDERS[info.field_name or ""]
    if order.ahead is not None and value > clock.today():
        raise ValueError(f"{order.title} {value} 晚于今天，{order.ahead}")
    name, title = order.after or ("", "")
    before = info.data.get(name)
    if before is not None and (value < before or (order.strictly and value == before)):
        wrong = "须晚于" if order.strictly else "早于"
        raise ValueError(f"{order.title} {value} {wrong}{title} {before}，请核对。")
    return value


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _LoanRules(_Form):
    """What of a loan is judged beside another field (`TOGETHER`)."""

    @field_validator("industry", mode="before", check_fields=False)
    @classmethod
    def _of_the_sector(cls, value: Any, info: ValidationInfo) -> Any:
        """What was chosen stands; left open, the sector decides where it has only one industry."""
        sector = info.data.get("sector")
        if value or sector is None:
            return value or _refuse("请选择划型行业，或先选择所属行业。")
        found = industries(sector)
        return found[0] if len(found) == 1 else _refuse(f"{sector}须选择划型行业：{'、'.join(found)}。")

    _in_order = field_validator("disbursed_on", "due_on", check_fields=False)(_in_order)


TOGETHER = (("sector", "industry"), ("contract_date", "disbursed_on", "due_on"))
"""Fields of a list's row that are judged beside each other; every other is judged alone."""


class LoanForm(_LoanRules):
    """One loan (借据) put up for filing on the bank board. Amounts in 元 or 万元 as named."""

    uscc: Uscc = Field(title="统一社会信用代码")
    firm_name: Line120 = Field(title="企业名称")
    sector: Sector = Field(title="所属行业")
    finance_like: Flag = Field(False, title="类金融机构")
    investment_management: Flag = Field(False, title="投资与资产管理类企业")
    industry: Industry = Field("", title="划型行业", validate_default=True)
    employees: Count = Field(title="从业人员")
    revenue_wan: Wan = Field(title="营业收入")
    assets_wan: Wan = Field(title="资产总额")
    legal_person: Flag = Field(False, title="独立法人")
    town: Town = Field(title="所在镇街（园区）")
    product: Line60 = Field(title="贷款产品")
    purpose: Words200 = Field(title="贷款用途")
    contract_number: Line60 = Field(title="借款合同号")
    receipt_number: Line60 = Field(title="借据号")
    principal: PositiveYuan = Field(title="贷款本金")
    contract_date: Day = Field(title="合同签订日")
    disbursed_on: Day = Field(title="放款日")
    due_on: Day = Field(title="到期日")
    annual_rate_pct: Percent = Field(title="年利率")
    guarantee_method: Security = Field(title="担保方式")
    lender_name: Line120 = Field("", title="贷款银行")
    guarantee_contract_number: Line60 = Field("", title="保证合同号")
    entrust_contract_number: Line60 = Field("", title="委托担保合同号")
    fee_rate_pct: Percent | None = Field(None, title="担保费率")
    national_fund_backed: Flag = Field(False, title="国家融担基金支持贷款")


class GuaranteeLoanForm(LoanForm):
    """One loan on the guarantee board: who lent, and the guarantee's own contracts. Shares come from the agreement."""

    lender_name: Line120 = Field(title="贷款银行")
    guarantee_contract_number: Line60 = Field(title="保证合同号")
    entrust_contract_number: Line60 = Field(title="委托担保合同号")
    fee_rate_pct: Percent = Field(title="担保费率")


class ListedFirmForm(_Form):
    """One firm put forward for the white list; what is given of its size is checked."""

    uscc: Uscc = Field(title="统一社会信用代码")
    firm_name: Line120 = Field(title="企业名称")
    recommended_by: Line60 = Field(title="推荐部门")
    grounds: Line120 = Field("", title="推荐依据")
    town: Town | None = Field(None, title="所在镇街（园区）")
    sector: Sector | None = Field(None, title="所属行业")
    industry: Industry | None = Field(None, title="划型行业")
    employees: Count | None = Field(None, title="从业人员")
    revenue_wan: Wan | None = Field(None, title="营业收入")
    assets_wan: Wan | None = Field(None, title="资产总额")
    declared_size: Size | None = Field(None, title="申报划型")
    valid_to: Day | None = Field(None, title="有效期至")


class FilingForm(_Form):
    """One submission: 1…500 loans of one institution on one board."""

    board: Board
    loans: tuple[LoanForm, ...]


class ClaimForm(_Form):
    """A claim on the bank board, in 元."""

    overdue_since: Day = Field(title="首次逾期日")
    classification: AssetClass = Field(title="五级分类")
    unpaid_principal: PositiveYuan = Field(title="未清偿本金")
    recovered: Yuan = Field(ZERO, title="已追偿金额")
    recovery_costs: Yuan = Field(ZERO, title="追偿费用")
    guarantor_paid: PositiveYuan | None = Field(None, title="代偿金额")
    guarantor_paid_on: Day | None = Field(None, title="代偿日期")
    fund_shares_confirmed: Flag = Field(False, title="国家融担基金、省再担保已分担或确认分担")
    cause: Words1000 = Field(title="损失原因")
    recovery_plan: Words1000 = Field(title="追偿措施")
    requested: PositiveYuan = Field(title="申请补偿金额")
    account_name: Line120 = Field(title="收款户名")
    account_number: AccountNumber = Field(title="收款账号")
    account_bank: Line120 = Field(title="开户银行")

    _in_order = field_validator("overdue_since")(_in_order)

    @field_validator("recovered")
    @classmethod
    def _recovered_of_the_debt(cls, value: Decimal, info: ValidationInfo) -> Decimal:
        unpaid = info.data.get("unpaid_principal")
        if unpaid is not None and value > unpaid:
            raise ValueError(f"已追偿 {value:,.2f} 元大于未清偿本金 {unpaid:,.2f} 元，请核对。")
        return value

    @field_validator("requested")
    @classmethod
    def _asked_of_the_loss(cls, value: Decimal, info: ValidationInfo) -> Decimal:
        unpaid = info.data.get("unpaid_principal")
        if unpaid is not None and value > unpaid:
            raise ValueError(f"申请补偿 {value:,.2f} 元大于未清偿本金 {unpaid:,.2f} 元，请核对。")
        return value


class GuaranteeClaimForm(ClaimForm):
    """A claim on the guarantee board: it follows the guarantor's payment (代偿)."""

    guarantor_paid: PositiveYuan = Field(title="代偿金额")
    guarantor_paid_on: Day = Field(title="代偿日期")

    _paid_in_order = field_validator("guarantor_paid_on")(_in_order)


def parts(form: type[BaseModel]) -> dict[tuple[str, ...], type[BaseModel]]:
    """The form of a list's row cut into what is judged together: the same faults and values as the whole form gives."""
    named = {name: group for group in TOGETHER for name in group}
    rules = next(one for one in form.__mro__ if issubclass(one, BaseModel) and not one.model_fields)
    cut: dict[tuple[str, ...], type[BaseModel]] = {}
    for group in dict.fromkeys(named.get(name, (name,)) for name in form.model_fields):
        fields: dict[str, Any] = {
            name: (form.model_fields[name].annotation, form.model_fields[name])
            for name in group
            if name in form.model_fields
        }
        cut[tuple(fields)] = create_model(form.__name__, __base__=rules, **fields)
    return cut


def loan_form(board: Board) -> type[LoanForm]:
    """The loan form of a board."""
    return GuaranteeLoanForm if board == Board.GUARANTEE else LoanForm


def claim_form(board: Board) -> type[ClaimForm]:
    """The claim form of a board."""
    return GuaranteeClaimForm if board == Board.GUARANTEE else ClaimForm


def read_loan(board: Board, typed: Mapping[str, Any]) -> LoanForm:
    """One loan as typed. Raises `InvalidError` with every fault."""
    return read(loan_form(board), typed)


def read_filing(board: Board, loans: Sequence[Mapping[str, Any]]) -> FilingForm:
    """A filing as typed. Raises `InvalidError` with every fault of every loan (fields "loans.0.principal" …)."""
    if not loans:
        raise InvalidError((FieldFault("loans", "请至少加入一笔贷款再提交。"),))
    if len(loans) > MOST_LOANS:
        raise InvalidError(
            (FieldFault("loans", f"一次最多备案 {MOST_LOANS} 笔，现为 {len(loans)} 笔，请分批提交。"),)
        )
    read_loans: list[LoanForm] = []
    faults: list[FieldFault] = []
    for place, typed in enumerate(loans):
        found, wrong = attempt(loan_form(board), typed, f"loans.{place}.")
        faults += wrong
        if found is not None:
            read_loans.append(found)
    if faults:
        raise InvalidError(tuple(faults))
    return FilingForm(board=board, loans=tuple(read_loans))


def read_claim(board: Board, typed: Mapping[str, Any]) -> ClaimForm:
    """A claim as typed. Raises `InvalidError` with every fault."""
    return read(claim_form(board), typed)
