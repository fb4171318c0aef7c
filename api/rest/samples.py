"""Invented examples for the description of the API; a loan, a claim and a recovery that fit together."""

from typing import Any

LOAN = {
    "uscc": "91441900MA4EXMP01P",
    "firm_name": "东莞市示例精密有限公司",
    "sector": "制造业",
    "industry": "工业",
    "employees": 60,
    "revenue_wan": "4200.00",
    "assets_wan": "3000.00",
    "legal_person": True,
    "town": "松山湖",
    "product": "流动资金贷款",
    "purpose": "购买原材料",
    "contract_number": "HT-2026-0001",
    "receipt_number": "JJ-2026-0001",
    "principal": "5000000.00",
    "contract_date": "2026-03-10",
    "disbursed_on": "2026-03-12",
    "due_on": "2027-03-11",
    "annual_rate_pct": "4.35",
    "guarantee_method": "credit",
    "lender_name": "莞邑银行（示例）股份有限公司",
    "guarantee_contract_number": "BZ-2026-0001",
    "entrust_contract_number": "WT-2026-0001",
    "fee_rate_pct": "0.8",
    "national_fund_backed": True,
}
CLAIM = {
    "overdue_since": "2026-05-01",
    "classification": "次级",
    "unpaid_principal": "5000000.00",
    "recovered": "0.00",
    "recovery_costs": "0.00",
    "guarantor_paid": "5000000.00",
    "guarantor_paid_on": "2026-10-01",
    "fund_shares_confirmed": True,
    "cause": "企业停产，无力偿还。",
    "recovery_plan": "已起诉并申请执行，持续追偿。",
    "requested": "1000000.00",
    "account_name": "示例收款户",
    "account_number": "6222000000000001",
    "account_bank": "示例银行东莞分行",
}
RECOVERY: dict[str, Any] = {
    "action": "execution",
    "court_number": "（2026）粤1972执3316号",
    "progress": "法院已划扣首笔款项。",
    "receipts": [{"received_on": "2026-11-20", "amount": "95000.00", "voucher_number": "SK-2026-1120-01"}],
    "costs": [{"amount": "5000.00", "reason": "执行费"}],
}
SLIP = {"returned_on": "2026-11-27", "returned_amount": "18000.00", "slip_number": "FH-2026-0001"}
UPLOAD = "0190f3a2-6b1c-4d2e-8f3a-1c2d3e4f5a6b"
