"""拟稿: papers about no single case, written from what the system knows, for the office to sign and number.

Nothing is recorded: a draft becomes a document where the office issues it, in its own document system.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from flows.actions.errors import FieldFault, InvalidError
from flows.actions.papers import composing_ledger
from flows.documents import contexts as c
from flows.documents import versions
from flows.documents.engine import DOCUMENTS, render
from flows.documents.registry import Signer
from flows.steps import document_facts as known
from models import clock
from models.records import institution, ledger, loan, person, waiting, white_list
from models.records.enterprise import WhiteListEntry
from models.records.institution import Institution, Kind, of_kind
from models.records.ledger import AccountKind
from models.records.two_people import Verdict

GOVERNMENT = "东莞市人民政府"
MOST_FIRMS = 2_000  # in a Word table; a longer list goes with the notice as a workbook
CURRENT_YEARS = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing a draft can be about: its key in addresses, and its name."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Composed:
    """A draft: its bytes, and the name of the file."""

    data: bytes
    filename: str


def choices(s: Session, code: str) -> tuple[Choice, ...]:
    """What the draft can be about today; empty when there is nothing to write."""
    return _CHOICES[code](s)


def compose(s: Session, code: str, key: str) -> Composed:
    """The draft of a kind about one of its `choices`, made with the template in force today.

    Raises InvalidError (field "of") for a choice that is not offered, or no longer.
    """
    chosen = next((one for one in choices(s, code) if one.key == key), None)
    if chosen is None:
        raise _no(f"“{DOCUMENTS[code].title}”不能这样拟稿：请从列出的对象里选一个。")
    today = clock.today()
    context = _WRITERS[code](s, key, today)
    rendered = render(code, context, versions.in_force(s, code, today).template)
    return Composed(rendered.data, f"{DOCUMENTS[code].title}-{chosen.label}-拟稿.docx")


def _no(sentence: str) -> InvalidError:
    return InvalidError((FieldFault("of", sentence),), sentence)


def _organ(s: Session, kind: Kind) -> Institution:
    return of_kind(s, kind)[0]


def _from(s: Session, code: str, organ: Institution, recipient: str, today: date) -> dict[str, object]:
    """Organ, place for the number, day and reader."""
    numbered = DOCUMENTS[code].signer is Signer.BUREAU
    letter = "函" if DOCUMENTS[code].genre == "函" else ""
    return {
        "organ_name": known.full_name(s, organ.id or 0),
        "number": f"{organ.number_word}{letter}〔{today.year}〕　　号" if numbered else None,
        "issued_on": today,
        "recipient": recipient,
    }


def _years(s: Session) -> tuple[Choice, ...]:
    this = clock.today().year
    return tuple(Choice(str(year), f"{year}年度") for year in range(this, this - CURRENT_YEARS, -1))


# D01 合作申请表


def _institutions(s: Session) -> tuple[Choice, ...]:
    names = institution.names_on(s, clock.today())
    found = institution.filing_institutions(s)
    return tuple(Choice(one.code, names[one.id or 0].name) for one in found if one.id in names)


def _application(s: Session, key: str, today: date) -> c.DocumentContext:
    applicant = institution.by_code(s, key)
    if applicant is None or applicant.files_board is None:
        raise _no("没有这家申报机构。")
    account = institution.account_on(s, applicant.id or 0, today)
    agreed = (
        institution.shares_on(s, applicant.id or 0, today) if applicant.files_board == "guarantee" else None
    )
    shares = (
        ("银行", agreed.bank), ("国家融担基金", agreed.national), ("省再担保机构", agreed.provincial),
        ("市融担机构", agreed.city), ("其他", agreed.other),
    ) if agreed else ()  # fmt: skip
    receiver = _organ(s, Kind.MANAGING)
    return c.CooperationApplication.model_validate(
        {
            **_from(s, "D01", applicant, known.full_name(s, receiver.id or 0), today),
            "board": applicant.files_board,
            "uscc": applicant.uscc or "",
            "contact": known.contact(s, applicant.id or 0),
            "account": c.Account(
                name=account.account_name, bank=account.bank_name, number=account.account_number
            )
            if account
            else None,
            "shares": tuple(
                c.RiskShare(party=party, share=Decimal(share) / 100) for party, share in shares if share
            ),
        }
    )


# D12 贷款台账


def _ledger(s: Session, key: str, today: date) -> c.DocumentContext:
    applicant = institution.by_code(s, key)
    if applicant is None or applicant.files_board is None:
        raise _no("没有这家申报机构。")
    found = composing_ledger.rows(s, applicant)
    if not found:
        raise _no("这家机构还没有在保的备案贷款，没有可以列的台账。")
    if len(found) > composing_ledger.MOST_LOANS:
        raise _no(
            f"这家机构的备案贷款超过 {composing_ledger.MOST_LOANS} 笔，不宜排成 Word 表格。请从案件清单导出 Excel 作为台账。"
        )
    receiver = _organ(s, Kind.MANAGING)
    common = _from(s, "D12", applicant, known.full_name(s, receiver.id or 0), today)
    return composing_ledger.ledger(common, applicant, found, today)


# D04–D06 白名单


def _published(s: Session) -> tuple[Choice, ...]:
    return tuple(
        Choice(str(one.id), one.name)
        for one in white_list.rounds(s)
        if one.verdict == Verdict.CONFIRMED and one.effects
    )


def _firm(no: int, one: WhiteListEntry, words: str, by: str = "") -> c.ListedFirm:
    return c.ListedFirm(
        no=no, firm=one.firm_name, uscc=one.uscc, size_class=one.size_class, recommended_by=by, words=words
    )


def _added(s: Session, key: str) -> tuple[c.ListedFirm, ...]:
    found = white_list.added_by(s, int(key), MOST_FIRMS + 1)
    if len(found) > MOST_FIRMS:
        raise _no(
            f"这一批超过 {MOST_FIRMS} 家，不宜排成 Word 表格。请把登记时上传的名单表格作为附件，正文另行拟写。"
        )
    return tuple(_firm(no, one, one.grounds, one.recommended_by) for no, one in enumerate(found, 1))


def _left(s: Session, key: str) -> tuple[c.ListedFirm, ...]:
    found = white_list.left_with(s, int(key), MOST_FIRMS)
    return tuple(
        _firm(no, one, one.removal_reason or "未列入本批全量名单") for no, one in enumerate(found, 1)
    )


def _summary(s: Session, key: str, today: date) -> c.DocumentContext:
    row = white_list.of_id(s, int(key))
    bureau = known.full_name(s, _organ(s, Kind.BUREAU).id or 0)
    return c.WhiteListSummary.model_validate(
        {
            **_from(s, "D04", _organ(s, Kind.MANAGING), bureau, today),
            "batch": row.name,
            "source_document": row.source_document,
            "effective_on": row.effective_on,
            "valid_to": row.valid_to,
            "added": _added(s, key),
            "removed": _left(s, key),
            "prepared_by": person.names(s, [row.proposed_by]).get(row.proposed_by, "　"),
        }
    )


def _notice(s: Session, key: str, today: date) -> c.DocumentContext:
    row, bureau = white_list.of_id(s, int(key)), _organ(s, Kind.BUREAU)
    firms = _added(s, key)
    if not firms:
        raise _no("这一批没有新列入的企业，不需要公布。")
    return c.WhiteListNotice.model_validate(
        {
            **_from(s, "D05", bureau, "各合作银行、政府性融资担保机构，各镇街（园区）", today),
            "batch": row.name,
            "effective_on": row.effective_on,
            "valid_to": row.valid_to,
            "complete": row.complete,
            "firms": firms,
            "removed": _left(s, key),
            "contact": known.contact(s, bureau.id or 0),
        }
    )


def _removals(s: Session) -> tuple[Choice, ...]:
    return tuple(Choice(str(one.id), f"{one.firm_name or one.uscc}") for one in white_list.removals(s))


def _removal(s: Session, key: str, today: date) -> c.DocumentContext:
    stay, bureau = s.get_one(WhiteListEntry, int(key)), _organ(s, Kind.BUREAU)
    return c.RemovalLetter.model_validate(
        {
            **_from(s, "D06", bureau, "各合作银行", today),
            "firm": stay.firm_name or stay.uscc,
            "uscc": stay.uscc,
            "batch": stay.batch,
            "listed_from": stay.valid_from,
            "last_day": stay.valid_to,
            "reason": stay.removal_reason,
            "contact": known.contact(s, bureau.id or 0),
        }
    )


# D38, D39


def _deposits(s: Session, key: str, today: date) -> c.DocumentContext:
    bureau, finance = _organ(s, Kind.BUREAU), _organ(s, Kind.FINANCE)
    rows = tuple(
        c.LenderRow(no=no, lender=name, loans=count, principal=total)
        for no, (name, count, total) in enumerate(loan.guaranteed_by_lender(s, int(key)), 1)
    )
    if not rows:
        raise _no(f"{key}年度还没有备案的融担板块贷款，没有可以排列的银行。")
    return c.DepositReference.model_validate(
        {
            **_from(s, "D38", bureau, known.full_name(s, finance.id or 0), today),
            "year": int(key),
            "as_of": today,
            "rows": rows,
            "total": sum((row.principal for row in rows), Decimal("0.00")),
            "contact": known.contact(s, bureau.id or 0),
        }
    )


def _request(s: Session, key: str, today: date) -> c.DocumentContext:
    bureau, names = _organ(s, Kind.BUREAU), institution.names_on(s, today)
    budget = ledger.account(s, AccountKind.BUDGET, key)
    line = [] if budget is None else [pair for pair in waiting.with_cases(s, budget.id) if pair[0].amount > 0]
    needed = sum((wait.amount for wait, _ in line), Decimal("0.00"))
    if budget is None or needed <= budget.left:
        raise _no(f"{key}年度没有因预算余额不足而等待的案件，不需要请示增加预算。")
    return c.BudgetRequest.model_validate(
        {
            **_from(s, "D39", bureau, GOVERNMENT, today),
            "year": int(key),
            "as_of": today,
            "budget": budget.ceiling,
            "paid": budget.paid - budget.returned,
            "reserved": budget.reserved,
            "left": budget.left,
            "rows": tuple(
                c.WaitingRow(
                    no=no,
                    waiting_number=case.number,
                    applicant=names[case.institution_id].name,
                    since=clock.local(wait.since).date(),
                    amount=wait.amount,
                )
                for no, (wait, case) in enumerate(line, 1)
            ),
            "total": needed,
            "missing": needed - budget.left,
            "contact": known.contact(s, bureau.id or 0),
        }
    )


_CHOICES: dict[str, Callable[[Session], tuple[Choice, ...]]] = {
    "D01": _institutions,
    "D04": _published,
    "D05": _published,
    "D06": _removals,
    "D12": _institutions,
    "D38": _years,
    "D39": _years,
}
_WRITERS: dict[str, Callable[[Session, str, date], c.DocumentContext]] = {
    "D01": _application,
    "D04": _summary,
    "D05": _notice,
    "D06": _removal,
    "D12": _ledger,
    "D38": _deposits,
    "D39": _request,
}
