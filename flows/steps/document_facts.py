"""What several documents say, read from the records: the loan, the calculation, the checks, the opinions."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Literal

from sqlmodel import Session

from flows.documents import contexts
from models import clock
from models.gates import GATES, SIGNING
from models.lifecycle import Board
from models.money import ZERO, round_down_fen
from models.policy.award import Award
from models.policy.facts import AssetClass
from models.policy.lines import Check, Line, Result, Unit
from models.policy.security import SECURITY_NAMES, Security
from models.records import institution, look, person
from models.records.case import CaseRecord
from models.records.claim import Claim
from models.records.loan import Loan
from models.records.task import ADDED_NAMES, Task, TaskState, of_case
from models.roles import PARTY_NAMES

HUNDRED = Decimal(100)
OBJECTION_DAYS = 10


def full_name(s: Session, institution_id: int) -> str:
    """The name an institution has today."""
    return institution.name_on(s, institution_id, clock.today()).name


def contact(s: Session, institution_id: int) -> contexts.Contact:
    """Whom the reader may ask at an institution."""
    home = s.get_one(institution.Institution, institution_id)
    found = institution.contacts(s, institution_id)
    return contexts.Contact(
        person=home.contact_person or (found[0].name if found else "业务经办"),
        phone=home.contact_phone or (found[0].phone if found else "") or "未登记",
        address=home.address,
        email=found[0].email if found else "",
    )


def objection(s: Session, institution_id: int) -> contexts.Objection:
    """Where the reader may object to a decision."""
    return contexts.Objection(
        organ=full_name(s, institution_id), working_days=OBJECTION_DAYS, contact=contact(s, institution_id)
    )


def opened_on(record: CaseRecord) -> date:
    """The day the case was submitted."""
    return clock.local(record.opened_at).date()


def loan_facts(s: Session, loan: Loan) -> contexts.LoanFacts:
    """The loan a claim is about."""
    lender = loan.lender_name or full_name(s, loan.institution_id)
    return contexts.LoanFacts(
        borrower=loan.firm_name,
        uscc=loan.uscc,
        size_class=loan.size_class,
        lender=lender,
        contract_number=loan.contract_number,
        receipt_number=loan.receipt_number,
        guarantee_contract_number=loan.guarantee_contract_number,
        entrustment_contract_number=loan.entrust_contract_number,
        principal=loan.principal,
        disbursed_on=loan.disbursed_on,
        due_on=loan.due_on,
        rate_percent=loan.annual_rate_pct,
        purpose=loan.purpose,
        security=secured(loan),
        filing_number=loan.filing_number or "",
    )


def secured(loan: Loan) -> str:
    """担保方式 as printed."""
    return SECURITY_NAMES[Security(loan.guarantee_method)]


def whole_loss(claimed: Claim) -> Decimal:
    """总体损失: the principal not paid back less what came back after its costs (元)."""
    return claimed.unpaid_principal - max(claimed.recovered - claimed.recovery_costs, ZERO)


def risk_shares(loan: Loan, loss: Decimal | None = None) -> tuple[contexts.RiskShare, ...]:
    """Who bears which part, on the guarantee board; of a known loss (元) also how much, each rounded down."""
    parts = (
        ("合作银行", loan.share_bank),
        ("国家融担基金", loan.share_national),
        ("省再担保机构", loan.share_provincial),
        ("市政府性融担机构", loan.share_city),
        ("其他", loan.share_other),
    )
    return tuple(
        contexts.RiskShare(
            party=party,
            share=Decimal(part) / HUNDRED,
            amount=None if loss is None else round_down_fen(Fraction(loss) * part / 100),
        )
        for party, part in parts
        if part
    )


def award(claimed: Claim) -> Award:
    """The calculation kept with the claim."""
    return Award.model_validate(claimed.award)


def calculation(claimed: Claim) -> tuple[contexts.CalcLine, ...]:
    """The lines of the calculation kept with the claim."""
    return printed_lines(award(claimed).lines)


def printed_lines(calculated: Iterable[Line]) -> tuple[contexts.CalcLine, ...]:
    """Lines as printed: the formula in words (a ratio with its value), then what it starts from and where that stands."""
    lines = []
    for line in calculated:
        amount = (
            line.value.quantize(Decimal("0.01"), rounding="ROUND_DOWN") if line.unit is Unit.YUAN else None
        )
        formula = line.formula if amount is not None else f"{line.formula}：{line.text}"
        basis = f"{formula}。{_data(line)}。" if line.inputs else formula
        lines.append(
            contexts.CalcLine(
                no=line.no,
                label=line.label,
                basis=basis,
                clause=line.clause,
                amount=amount,
                binding=line.binding,
            )
        )
    return tuple(lines)


def _data(line: Line) -> str:
    """“放款本金 1,200,000,000.00 元，已付 20,000,000.00 元［示例银行 2024 年度］；…”: inputs of one source stand together."""
    by_source = groupby(line.inputs, key=lambda given: given.source)
    return "；".join(
        f"{'，'.join(f'{given.name} {given.value}' for given in inputs)}［{source}］"
        for source, inputs in by_source
    )


def asked_lines(claimed: Claim, loan: Loan) -> tuple[contexts.CalcLine, ...]:
    """The applicant's own figures, before the city has calculated."""
    clause = "三（四）" if loan.board == Board.BANK else "三（三）"
    net = claimed.recovered - claimed.recovery_costs
    rows = (
        ("未清偿本金", "借款余额（含银行承担部分）", claimed.unpaid_principal),
        ("追偿净额", "已追偿金额扣除追偿费用", max(net, Decimal("0.00"))),
        ("申请补偿金额", "申报机构申请", claimed.requested),
    )
    return tuple(
        contexts.CalcLine(no=no, label=label, basis=basis, clause=clause, amount=amount)
        for no, (label, basis, amount) in enumerate(rows, start=1)
    )


def check_rows(
    s: Session, case_id: int, loan_id: int, found: Iterable[Check]
) -> tuple[contexts.CheckRow, ...]:
    """Checks of one loan or its claim, with who looked at those that ask for a person."""
    looks = look.by_key(s, case_id)
    return tuple(_check_row(check, looks, loan_id) for check in found)


def _check_row(check: Check, looks: Mapping[look.Key, look.CheckLook], loan_id: int) -> contexts.CheckRow:
    results: dict[Result, Literal["pass", "fail", "human"]] = {
        Result.PASS: "pass",
        Result.FAIL: "fail",
        Result.LOOK: "human",
    }
    seen = looks.get((loan_id, check.code, look.fingerprint(check.model_dump(mode="json"))))
    return contexts.CheckRow(
        label=check.label,
        value=check.value,
        expected=check.expected,
        source=check.source,
        clause=check.clause,
        result=results[check.result],
        looked_by=seen.person_name if seen else "",
        looked_on=clock.local(seen.at).date() if seen else None,
        remark=seen.remark if seen else "",
    )


def opinions(s: Session, case_id: int, gates: tuple[str, ...]) -> tuple[contexts.Opinion, ...]:
    """Every answer given at these gates, void ones included, oldest first."""
    answered = [t for t in of_case(s, case_id) if t.state == TaskState.ANSWERED and t.gate in gates]
    people = [key for t in answered for key in (t.answered_by, t.on_behalf_of) if key]
    names = person.names(s, people)
    return tuple(_opinion(s, task, names) for task in answered)


def _opinion(s: Session, task: Task, names: dict[int, str]) -> contexts.Opinion:
    gate = GATES[task.gate]
    chosen = next((a for a in (SIGNING if task.added else gate.answers) if a.outcome == task.outcome), None)
    signer = names.get(task.answered_by or 0, "")
    return contexts.Opinion(
        gate=f"{gate.title}（{ADDED_NAMES[task.added]}）" if task.added else gate.title,
        organ=full_name(s, task.institution_id) or PARTY_NAMES[gate.party],
        person=f"{signer}（代{names.get(task.on_behalf_of, '')}）" if task.on_behalf_of else signer,
        answer=chosen.label if chosen else "",
        opinion=task.opinion,
        on=clock.local(task.answered_at or task.opened_at).date(),
        voided=task.voided,
    )


def asset_class(claimed: Claim) -> str:
    """五级分类 as printed."""
    return AssetClass(claimed.classification).value if claimed.classification else ""


def account(claimed: Claim) -> contexts.Account:
    """The account compensation is paid to."""
    return contexts.Account(
        name=claimed.account_name, bank=claimed.account_bank, number=claimed.account_number
    )


def masked(name: str) -> str:
    """A firm's name as the public sees it: the first four characters, then ××, then the kind of company."""
    tail = next((t for t in ("股份有限公司", "有限责任公司", "有限公司", "厂", "店") if name.endswith(t)), "")
    return f"{name[:4]}××{tail}"
