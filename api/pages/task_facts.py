"""What a reviewer judges by: the facts as filed, the checks, the calculation, earlier opinions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from markupsafe import Markup
from sqlmodel import Session

from api.pages.case_views import CalcLineView, CheckView, Fact, MeterView, TimelineItem
from api.pages.render import day, pct, stamp, wan, yuan
from api.pages.views import ClauseView, Link, Tone
from flows.actions.answers import sitting
from flows.actions.loans import changing
from models import clock
from models.gates import Outcome
from models.lifecycle import BOARD_NAMES
from models.policy import clauses
from models.policy.award import Award
from models.policy.errors import PolicyError
from models.policy.limits import NAMES as LIMITS
from models.policy.lines import Check, Line, Result, Unit, percent_text
from models.policy.security import SECURITY_NAMES, Security
from models.records import check_words, institution, loan_change, loan_import, opinion_file, person
from models.records.case import ORIGIN_NAMES, CaseRecord, Origin
from models.records.claim import Claim
from models.records.loan import Loan
from models.records.loan_import import LoanImport
from models.records.opinion_file import OpinionFile
from models.records.task import ADDED_NAMES, Task, TaskState


def clause_view(ref: str, version: str = "") -> ClauseView | None:
    """The clause behind a citation; None for a reference the policy's text does not have."""
    try:
        found = clauses.clause(ref)
    except PolicyError:
        return None
    return ClauseView(ref, found.text, found.document, version)


def checks_of(db: Session, loan: Loan) -> list[Check]:
    """The checks of a filed loan as the policy returned them."""
    return [Check.model_validate(item) for item in check_words.whole(db, loan.checks)]


def check_views(found: Iterable[Check]) -> tuple[CheckView, ...]:
    """Failed ones first, then those a person must judge, then the passed."""
    order = {Result.FAIL: 0, Result.LOOK: 1, Result.PASS: 2}
    return tuple(_check(item) for item in sorted(found, key=lambda c: order[c.result]))


def _check(item: Check) -> CheckView:
    if item.result is Result.PASS:
        return CheckView("pass", item.label, item.value, clause_view(item.clause), key=item.code)
    words = f"{item.source}：{item.value}" if item.source else item.value
    words += f"；要求{item.expected}" if item.expected else ""
    words = f"{words.rstrip('。')}。{item.remedy}"
    return CheckView(
        "fail" if item.result is Result.FAIL else "person",
        item.label,
        words,
        clause_view(item.clause),
        key=item.code,
    )


@dataclass(frozen=True, slots=True)
class Calculation:
    """The award line by line, and what stands below it."""

    lines: tuple[CalcLineView, ...]
    foot: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, str, str], ...]  # (line and name, value, where it comes from)

    @property
    def metered(self) -> bool:
        """Whether a bar is drawn, which needs its legend."""
        return any(line.meter for line in self.lines)


def award_of(claim: Claim | None) -> Award | None:
    """The award the policy computed for a claim, once it has."""
    if claim is None or not claim.award:
        return None
    # kept with the facts it was computed from
    return Award.model_validate({name: claim.award[name] for name in Award.model_fields})


def calculation(award: Award) -> Calculation:
    """Every line with its formula, and what each line starts from; ratios are written as such."""
    foot = [("实际比例", pct(award.effective_ratio))]
    if award.over_limit:
        waits = "（待额度）" if award.over_limit_deferred else ""
        foot.append((f"超限未补偿{waits}", yuan(award.over_limit)))
    sources = tuple(
        (f"{line.no} {item.name}", item.value, item.source) for line in award.lines for item in line.inputs
    )
    return Calculation(tuple(_line(line, award) for line in award.lines), tuple(foot), sources)


def _line(line: Line, award: Award) -> CalcLineView:
    meter = _meter(line, award) if line.code in LIMITS else None
    limit = line.code in LIMITS or line.code.endswith("_cap")
    return CalcLineView(
        str(line.no),
        line.label,
        line.formula if meter is None else f"{wan(meter.total)} 万元",
        line.value if line.unit is Unit.YUAN and line.value == round(line.value, 2) else line.text,
        "result" if line.code == "payable" else "limit" if limit else "line",
        clause_view(line.clause, award.parameter_version),
        binding=line.code == award.binding,
        meter=meter,
    )


def _meter(line: Line, award: Award) -> MeterView | None:
    """The bar of a limit, from the balances the line was computed with; None where it names none."""
    given = {item.name: item.value.removesuffix(" 元").replace(",", "") for item in line.inputs}
    try:
        paid, held, back = (Decimal(given.get(name, "0")) for name in ("已付", "已预留", "已返还"))
    except InvalidOperation:
        return None
    total = line.value + paid + held - back
    if "已付" not in given or not total:
        return None
    return MeterView(paid - back, held, min(award.payable, line.value), total)


def claim_facts(db: Session, case: CaseRecord, claim: Claim, loan: Loan) -> tuple[Fact, ...]:
    """The loan and its loss, as the applicant stated them."""
    overdue = (clock.local(case.opened_at).date() - claim.overdue_since).days
    facts = [
        *loan_facts(loan),
        Fact("备案号", loan.filing_number or "—", num=True, href=f"/loans/{loan.id}"),
        Fact("逾期", f"{overdue} 天　{claim.classification}类", num=True),
        Fact("未清偿本金", f"{yuan(claim.unpaid_principal)} 元", num=True),
        Fact("已追偿", f"{yuan(claim.recovered)} 元，费用 {yuan(claim.recovery_costs)} 元", num=True),
    ]
    if changes := loan_change.of_loans(db, [loan.id or 0]).get(loan.id or 0):
        facts.append(Fact("贷款变更", changing.in_words(changes), num=True, href=f"/loans/{loan.id}"))
    if claim.guarantor_paid is not None:
        paid_on = day(claim.guarantor_paid_on)
        facts.append(Fact("代偿", f"{yuan(claim.guarantor_paid)} 元　{paid_on}", num=True))
    facts.append(Fact("申请补偿", f"{yuan(claim.requested)} 元", num=True))
    if claim.approved is not None:
        facts.append(Fact("核定金额", f"{yuan(claim.approved)} 元", num=True))
    elif claim.calculated is not None:
        facts.append(Fact("测算金额", f"{yuan(claim.calculated)} 元", num=True))
    return (
        *facts,
        Fact("收款账户", f"{claim.account_name}　{claim.account_bank}　{claim.account_number}"),
        origin(db, case),
        Fact("损失原因", claim.cause),
        Fact("追偿措施", claim.recovery_plan),
    )


def loan_facts(loan: Loan) -> list[Fact]:
    """One loan in the reviewer's words."""
    rate = f"　{percent_text(loan.annual_rate_pct)}"
    facts = [
        Fact("企业", loan.firm_name),
        Fact("信用代码", loan.uscc, num=True),
        Fact("行业", _business(loan)),
        Fact("划型", f"{loan.size_class} · {loan.industry}"),
        Fact("所在镇街", loan.town or "—"),
        Fact("借据", loan.receipt_number, num=True),
        Fact("合同", loan.contract_number, num=True),
        Fact("贷款", f"{yuan(loan.principal)} 元{rate}", num=True),
        Fact("期限", f"{day(loan.disbursed_on)} 至 {day(loan.due_on)}", num=True),
        Fact("担保方式", SECURITY_NAMES[Security(loan.guarantee_method)]),
    ]
    if loan.lender_name:
        facts.append(Fact("放款银行", loan.lender_name))
    return facts


def _business(loan: Loan) -> str:
    marks = (("类金融", loan.finance_like), ("投资与资产管理", loan.investment_management))
    return " · ".join([loan.sector or "未填报", *(word for word, yes in marks if yes)])


def origin(db: Session, case: CaseRecord) -> Fact:
    """By which door the case came in: who entered it from what, where it was not the applicant at a page."""
    words = ORIGIN_NAMES[Origin(case.origin)]
    found = loan_import.origin_of(db, case.id or 0)
    if found is not None and found.backfilled:
        by = institution.name_on(db, found.entered_by_institution_id, clock.local(case.opened_at).date()).name
        words = f"{words}：{by}依据{found.source_document}填制，非申报机构自行申请"
    elif found is not None:
        words = f"{words}：{db.get_one(LoanImport, found.import_id).filename}"
    return Fact("来源", words)


def filing_facts(db: Session, case: CaseRecord, loans: Sequence[Loan]) -> tuple[Fact, ...]:
    """A submission as a whole; its loans are listed below."""
    name = institution.name_on(db, case.institution_id, clock.local(case.opened_at).date()).name
    firms = {loan.uscc for loan in loans}
    dates = sorted(loan.disbursed_on for loan in loans)
    return (
        Fact("申报机构", name),
        Fact("板块", BOARD_NAMES[case.board]),
        Fact("笔数", f"{len(loans)} 笔，{len(firms)} 户企业", num=True),
        Fact("本金合计", f"{yuan(case.amount)} 元（{wan(case.amount)} 万元）", num=True),
        Fact("放款日", f"{day(dates[0])} 至 {day(dates[-1])}" if dates else "—", num=True),
        Fact("提交", stamp(case.opened_at), num=True),
        origin(db, case),
    )


def opinions(db: Session, tasks: Sequence[Task]) -> tuple[TimelineItem, ...]:
    """Earlier answers of the case, latest first; void ones stay visible."""
    told = [t for t in tasks if t.state == TaskState.ANSWERED and t.answered_at and t.outcome]
    who = person.names(db, [key for t in told for key in (t.answered_by, t.on_behalf_of) if key])
    files = opinion_file.of_tasks(db, [t.id or 0 for t in told])
    return tuple(_opinion(t, signed(t, who), file_links(files.get(t.id or 0, ()))) for t in reversed(told))


def file_links(files: Sequence[OpinionFile]) -> tuple[Link, ...]:
    """The files that came with an opinion or a remark."""
    return tuple(Link(one.filename, f"/opinion-files/{one.id}/preview") for one in files)


def signed(task: Task, names: Mapping[int, str]) -> str:
    """Whose answer it is: “李明”, or “李明（代王强）”."""
    name = names.get(task.answered_by or 0, "")
    return f"{name}（代{names.get(task.on_behalf_of, '')}）" if task.on_behalf_of else name


def _opinion(task: Task, name: str, files: tuple[Link, ...]) -> TimelineItem:
    gate = sitting.asked(task)
    answer = gate.answer(task.outcome) if task.outcome else None
    tones: dict[Outcome, Tone] = {Outcome.APPROVE: "ok", Outcome.REFUSE: "late"}
    void = "（已作废）" if task.voided else ""
    added = f"（{ADDED_NAMES[task.added]}）" if task.added else ""
    body = Markup("{}{} <b>{}</b>　{}{}").format(
        gate.title, added, name, answer.label if answer else "", void
    )
    tone: Tone = "idle" if task.voided else tones.get(task.outcome or Outcome.APPROVE, "soon")
    return TimelineItem(stamp(task.answered_at), body, tone, opinion=task.opinion, files=files)
