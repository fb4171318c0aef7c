"""What a reviewer of a recovery judges by: what came in, what it cost, what was paid, how the return is worked out."""

from sqlmodel import Session

from api.pages.case_views import CalcLineView, Fact
from api.pages.render import day, pct, yuan
from api.pages.task_facts import Calculation, clause_view, origin
from models.money import ZERO
from models.policy.lines import Unit
from models.policy.recovery import RecoveryShare
from models.policy.recovery_checks import ACTION_NAMES, Action
from models.records import recovery
from models.records.case import CaseRecord
from models.records.loan import Loan
from models.records.recovery import Recovery


def facts(db: Session, case: CaseRecord, found: Recovery, loan: Loan) -> tuple[Fact, ...]:
    """The compensated loan and the registration, as the applicant stated it."""
    return (
        Fact("企业", loan.firm_name),
        Fact("信用代码", loan.uscc, num=True),
        Fact("借据", loan.receipt_number, num=True, href=f"/loans/{loan.id}"),
        *of_claim(db, case),
        *stated(db, case, found),
        origin(db, case),
    )


def of_claim(db: Session, case: CaseRecord) -> tuple[Fact, ...]:
    """The claim it belongs to: what was paid, and what came back before."""
    claim, before = recovery.claim_of(db, case), recovery.earlier(db, case)
    number = db.get_one(CaseRecord, claim.case_id).number
    came = sum((one.amount for one in before.receipts), ZERO)
    return (
        Fact("补偿案件", number, num=True, href=f"/cases/{number}"),
        Fact("已付补偿", f"{yuan(claim.paid)} 元（{day(claim.voucher_date)}）", num=True),
        Fact("此前回款", f"{yuan(came)} 元，已返还 {yuan(before.returned)} 元", num=True),
    )


def stated(db: Session, case: CaseRecord, found: Recovery) -> tuple[Fact, ...]:
    """Receipts, costs, what brought them, and what became of the return."""
    own = [case.id or 0]
    facts = [
        Fact(
            f"回款 {one.item}",
            f"{yuan(one.amount)} 元　{day(one.received_on)}　凭证 {one.voucher_number}",
            num=True,
        )
        for one in recovery.receipts_of(db, own)
    ]
    facts += [
        Fact(f"费用 {one.item}", f"{yuan(one.amount)} 元　{one.reason}", num=True)
        for one in recovery.costs_of(db, own)
    ]
    action = ACTION_NAMES[Action(found.action)]
    facts.append(Fact("追偿措施", f"{action}　{found.court_number}".strip()))
    if found.progress:
        facts.append(Fact("追偿进展", found.progress))
    if found.due_on is not None:
        facts.append(Fact("返还期限", day(found.due_on), num=True))
    return tuple(facts)


def calculation(found: Recovery) -> Calculation | None:
    """A22 line by line; None for a report without money."""
    if found.share is None:
        return None
    share = RecoveryShare.model_validate(found.share)
    lines = tuple(
        CalcLineView(
            str(line.no),
            line.label,
            line.formula,
            line.value if line.unit is Unit.YUAN else line.text,
            "result" if line.binding else "line",
            clause_view(line.clause, share.parameter_version),
        )
        for line in share.lines
    )
    foot = [("返还比例", pct(share.ratio))]
    if share.costs_carried:
        foot.append(("结转费用", yuan(share.costs_carried)))
    if share.interest:
        foot.append(("计作利息", yuan(share.interest)))
    sources = tuple(
        (f"{line.no} {item.name}", item.value, item.source) for line in share.lines for item in line.inputs
    )
    return Calculation(lines, tuple(foot), sources)
