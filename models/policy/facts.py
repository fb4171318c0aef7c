"""The facts of one loan and of one claim: everything a check or a figure depends on.

Amounts are in 元 unless a name says 万元. A fact that is None is unknown: the check that needs it asks a person
to look, it never guesses.
"""

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from models.money import ZERO
from models.policy.errors import MisplacedError
from models.policy.fields import Count, Day, Facts, Flag, Instant, Money, Percent, Ratio, Text, Wan
from models.policy.lpr import Quote
from models.policy.overrides import Override
from models.policy.sector import Sector
from models.policy.size_class import Industry, Size

SHANGHAI = timezone(timedelta(hours=8))


class Board(StrEnum):
    """银行板块 or 融担板块."""

    BANK = "bank"
    GUARANTEE = "guarantee"


class AssetClass(StrEnum):
    """Five-class risk classification of a loan (五级分类)."""

    NORMAL = "正常"
    SPECIAL_MENTION = "关注"
    SUBSTANDARD = "次级"
    DOUBTFUL = "可疑"
    LOSS = "损失"


class Period(Facts):
    """A stay on the white list: from its effective date until (not including) the date of removal."""

    since: Day = Field(title="列入生效日")
    until: Day | None = Field(None, title="移出生效日")

    def covers(self, day: date) -> bool:
        """Whether the firm was on the list on that day."""
        return self.since <= day and (self.until is None or day < self.until)


class Enterprise(Facts):
    """The borrower (企业)."""

    name: Text = Field(title="企业名称")
    uscc: Text = Field(title="统一社会信用代码")
    legal_person: Flag | None = Field(None, title="是否独立法人")
    in_dongguan: Flag | None = Field(None, title="住所（经营场所）是否在东莞")
    sector: Sector | None = Field(None, title="所属行业（国民经济行业门类）")
    finance_like: Flag | None = Field(None, title="是否类金融机构")
    investment_management: Flag | None = Field(None, title="是否投资与资产管理类企业")
    industry: Industry | None = Field(None, title="划型行业")
    employees: Count | None = Field(None, title="从业人员（人）")
    revenue_wan: Wan | None = Field(None, title="营业收入（万元）")
    assets_wan: Wan | None = Field(None, title="资产总额（万元）")
    declared_size: Size | None = Field(None, title="申报划型")
    white_list: tuple[Period, ...] | None = Field(None, title="白名单期间")
    fund_object: Text | None = Field(None, title="国家融担基金支持对象类别")


class Shares(Facts):
    """Risk shares of the agreement, in percent of the loss; they sum to 100."""

    bank: Percent = Field(title="银行")
    national: Percent = Field(title="国家融担基金")
    province: Percent = Field(title="省再担保")
    city: Percent = Field(title="市融担机构")
    other: Percent = Field(Decimal(0), title="其他")

    @model_validator(mode="after")
    def _sum(self) -> "Shares":
        total = self.bank + self.national + self.province + self.city + self.other
        if total != 100:
            raise ValueError(f"各方分险比例合计须为 100%，现为 {total:f}%。")
        return self


class Extension(Facts):
    """An extension (展期): its new maturity, and whether it has its own filing (续备案)."""

    signed_on: Day = Field(title="展期签订日")
    new_maturity: Day = Field(title="展期后到期日")
    filed: Flag = Field(title="是否已续备案")


class Representative(Facts):
    """Another legal representative of the firm (法定代表人变更) since the loan was filed."""

    day: Day = Field(title="变更登记日")
    former: Text = Field(title="原法定代表人")
    successor: Text = Field(title="现法定代表人")
    confirmed: Flag = Field(title="是否已确认")


class Repricing(Facts):
    """A new rate of a floating-rate loan from a date."""

    day: Day = Field(title="重定价日")
    rate_pct: Percent = Field(title="年利率（%）")


class Loan(Facts):
    """One drawdown (借据) of a loan."""

    institution: Text = Field(title="申报机构")
    contract_no: Text = Field(title="借款合同号")
    receipt_no: Text = Field(title="借据号")
    principal: Money = Field(title="贷款本金（元）")
    rate_pct: Percent = Field(title="年利率（%）")
    signed_on: Day = Field(title="合同签订日")
    disbursed_on: Day = Field(title="放款日")
    matures_on: Day = Field(title="到期日")
    filed_on: Day | None = Field(None, title="备案报送日")
    loan_type: Text | None = Field(None, title="贷款类型")
    physical_mortgage: Flag | None = Field(None, title="是否有实物抵押")
    guarantee_company: Flag | None = Field(None, title="是否有担保公司担保")
    national_fund_loan: Flag | None = Field(None, title="是否国家融担基金支持贷款")
    shares: Shares | None = Field(None, title="分险比例（%）")
    extensions: tuple[Extension, ...] = Field((), title="展期")
    repricings: tuple[Repricing, ...] = Field((), title="重定价")
    representatives: tuple[Representative, ...] = Field((), title="法定代表人变更")
    other_board: Flag | None = Field(None, title="是否已入另一板块")
    already_filed: Flag | None = Field(None, title="同一借据是否已备案")
    other_support: Text | None = Field(None, title="其他财政支持")

    @property
    def final_maturity(self) -> date:
        """The maturity after every extension."""
        return max([self.matures_on, *(e.new_maturity for e in self.extensions)])


class RuleFacts(Facts):
    """What every question may bring instead of reading it from the system: rules and quotes."""

    overrides: tuple[Override, ...] = Field((), title="参数调整")
    known_on: Day | None = Field(None, title="按哪一天已知的参数")
    quotes: tuple[Quote, ...] | None = Field(None, title="LPR 报价（不填则用系统报价）")


class FilingFacts(RuleFacts):
    """One loan put up for filing (备案)."""

    board: Board = Field(title="板块")
    enterprise: Enterprise = Field(title="企业")
    loan: Loan = Field(title="贷款")


class Budget(Facts):
    """What is left of a budget year (元): the budget less what is paid and reserved."""

    year: Count = Field(title="预算年度")
    left: Money = Field(title="预算余额（元）")


class _Claim(RuleFacts):
    claim_no: Text = Field(title="申请编号")
    batch: Text | None = Field(None, title="批次")
    enterprise: Enterprise = Field(title="企业")
    loan: Loan = Field(title="贷款")
    accepted_on: Day = Field(title="受理日")
    accepted_at: Instant | None = Field(None, title="受理时间")
    decided_on: Day | None = Field(None, title="决定日（占用预算）")
    unpaid_principal: Money = Field(title="未清偿本金（元）")
    unpaid_interest: Money = Field(ZERO, title="未清偿利息（元）")
    asked: Money | None = Field(None, title="申请补偿金额（元）")
    overdue_days: Count | None = Field(None, title="逾期天数")
    asset_class: AssetClass | None = Field(None, title="五级分类")
    recovery_started: Flag | None = Field(None, title="是否已启动追偿")
    registered: Flag | None = Field(None, title="贷款是否已备案登记")
    claimed_before: Flag | None = Field(None, title="该笔贷款是否已申请过补偿")
    budget: Budget | None = Field(None, title="预算")

    @model_validator(mode="after")
    def _one_day(self) -> "_Claim":
        if self.accepted_at and self.accepted_at.astimezone(SHANGHAI).date() != self.accepted_on:
            raise MisplacedError("accepted_at", "受理时间与受理日不是同一天（北京时间），请核对。")
        return self

    @property
    def order(self) -> tuple[datetime, str]:
        """受理时间, then the claim number: who comes first."""
        return self.accepted_at or datetime.combine(self.accepted_on, time(), SHANGHAI), self.claim_no


class _Used(Facts):
    """What was taken from a limit so far (元)."""

    paid: Money = Field(ZERO, title="已付补偿（元）")
    reserved: Money = Field(ZERO, title="已预留（元）")
    returned: Money = Field(ZERO, title="已返还（元）")
    loss: Money = Field(ZERO, title="已纳入补偿的损失（元）")

    @model_validator(mode="after")
    def _no_more_back_than_out(self) -> Self:
        if self.returned > self.paid:
            raise MisplacedError(
                "returned", f"已返还 {self.returned} 元大于已付补偿 {self.paid} 元，请核对。"
            )
        return self


class EnterprisePrior(_Used):
    """What the enterprise has had so far. Without a bank or year it counts whichever way the cap is read."""

    bank: Text | None = Field(None, title="银行")
    year: Count | None = Field(None, title="受理年度")


class BankYear(_Used):
    """A bank's year under the 2 % cap."""

    year: Count = Field(title="年度")
    lending: Money = Field(title="当年实际发放的纳入范围贷款本金（元）")


class BankClaimFacts(_Claim):
    """A claim on 银行板块, clause 三（四）."""

    board: Literal[Board.BANK] = Field(Board.BANK, title="板块")
    borne_by_others: Money = Field(ZERO, title="由其他方承担的损失（元）")
    ratio: Ratio | None = Field(None, title="已核定的补偿比例")
    ratio_source: Text | None = Field(None, title="补偿比例依据")
    borrower_principal: Money | None = Field(None, title="该企业纳入范围贷款本金合计（元）")
    enterprise_prior: tuple[EnterprisePrior, ...] | None = Field(None, title="该企业此前的补偿")
    bank_years: tuple[BankYear, ...] | None = Field(None, title="该银行各年度")

    @model_validator(mode="after")
    def _consistent(self) -> "BankClaimFacts":
        if self.borne_by_others > self.unpaid_principal + self.unpaid_interest:
            raise MisplacedError("borne_by_others", "由其他方承担的损失大于未清偿本息，请核对。")
        years = [y.year for y in self.bank_years or ()]
        if len(set(years)) != len(years):
            raise MisplacedError("bank_years", "银行年度重复：同一年度只能写一项。")
        return self


class GuaranteeClaimFacts(_Claim):
    """A claim on 融担板块, clause 三（三）."""

    board: Literal[Board.GUARANTEE] = Field(Board.GUARANTEE, title="板块")
    subrogated_on: Day | None = Field(None, title="代偿日")
    submitted_on: Day | None = Field(None, title="申请日")
    guarantor_loss: Money | None = Field(None, title="政府性融担机构承担损失（元）")
    upper_settled: Flag | None = Field(None, title="国家融担基金、省再担保是否已分担或确认")

    @model_validator(mode="after")
    def _shares_known(self) -> "GuaranteeClaimFacts":
        if self.loan.shares is None:
            raise MisplacedError("loan.shares", "融担板块须填写各方分险比例。")
        return self


ClaimFacts = BankClaimFacts | GuaranteeClaimFacts
