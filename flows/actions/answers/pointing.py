"""Where a 补正清单 points (补正所指): the fields and materials of the application that each of its items is about.

A place is a name: “unpaid_principal”, “materials.contract”, and of one loan of a filing “loans.12.due_on” or, of the
loan as a whole, “loans.12” (by its id). The reviewer chooses places, by name or by the check an item comes from; they
are kept with the answer. A correction shows these places open and everything else as it stands.

四（二）: “各受托管理机构负责资金管理、备案审核、项目审核、后续跟踪等工作”.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from flows.actions.errors import FieldFault, InvalidError
from flows.actions.forms.application_forms import claim_form, loan_form
from flows.actions.forms.recovery_forms import ActionForm
from flows.steps.document_filing import faults as listed_faults
from flows.steps.document_filing import returned_entry
from models.lifecycle import Board, Process
from models.policy.materials import SLIP, SLOTS
from models.records.case import CaseRecord
from models.records.loan import of_case as loans_of

CHECKED: dict[str, tuple[str, ...]] = {
    "enterprise.uscc": ("uscc", "firm_name"),
    "enterprise.in_dongguan": ("town",),
    "enterprise.legal_person": ("legal_person",),
    "enterprise.sector": ("sector", "finance_like", "investment_management"),
    "enterprise.size": ("sector", "industry", "employees", "revenue_wan", "assets_wan"),
    "enterprise.white_list": ("uscc", "firm_name"),
    "enterprise.fund_object": ("sector", "industry", "employees", "revenue_wan", "assets_wan"),
    "filing.in_time": ("disbursed_on",),
    "loan.dates": ("contract_date", "disbursed_on", "due_on"),
    "loan.filed_once": ("contract_number", "receipt_number"),
    "loan.in_policy_term": ("disbursed_on",),
    "loan.national_fund": ("national_fund_backed", "materials.national_fund"),
    "loan.no_guarantee_company": ("guarantee_method",),
    "loan.no_mortgage": ("guarantee_method",),
    "loan.one_board": ("contract_number", "receipt_number"),
    "loan.principal": ("principal",),
    "loan.rate": ("annual_rate_pct", "contract_date"),
    "loan.term": ("disbursed_on", "due_on"),
    "loan.type": ("product", "guarantee_method"),
    "claim.unpaid_within_principal": ("unpaid_principal", "materials.collection"),
    "claim.trigger": (
        "overdue_since", "classification", "materials.loss_statement", "materials.collection",
    ),
    "claim.recovery_started": ("recovery_plan", "materials.collection", "materials.legal_papers"),
    "claim.representative": ("recovery_plan", "materials.debtor", "materials.collection"),
    "claim.subrogated": ("guarantor_paid_on", "materials.repayment_proof", "materials.repayment_voucher"),
    "claim.upper_settled": ("fund_shares_confirmed",),
    "claim.within_days": ("guarantor_paid_on",),
    "loss.agrees_with_shares": ("guarantor_paid", "unpaid_principal", "materials.repayment_voucher"),
    "recovery.after_payment": ("receipts", "materials.receipt_voucher"),
    "recovery.in_time": ("receipts",),
    "recovery.within_loss": ("receipts",),
    "recovery.costs": ("costs", "materials.cost_vouchers"),
    "recovery.court_number": ("court_number", "materials.legal_papers"),
    "recovery.report_in_time": ("progress",),
}  # fmt: skip
"""What an applicant would change so that a check passes. A check without places is about what others keep."""

_ITEM = re.compile(r"第\s*(\d{1,5})\s*笔")
_ORDINAL = re.compile(r"材料\s*(\d{1,2})(?!\d)")
_APART = re.compile(r"[\s、，,；;：:／/（）()]+")
_GENERAL = {"申请材料", "材料", "附件", "备案材料", "贷款"}
MOST_OFFERED = 60
_SHORTEST = 3  # characters of a word that may stand for a longer title


@dataclass(frozen=True, slots=True)
class Places:
    """The places of an application: titles by name, in the order of the form, and a filing's loans by item."""

    titles: Mapping[str, str]
    loans: Mapping[int, int] = field(default_factory=dict)  # item → id

    def known(self, name: str) -> bool:
        """Whether the application has this place."""
        if not name.startswith("loans."):
            return name in self.titles
        key, _, rest = name.removeprefix("loans.").partition(".")
        known = key in {str(one) for one in self.loans.values()}
        return known and (not rest or (rest in self.titles and not rest.startswith("materials.")))

    def offered(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What a reviewer may point at, by group, as `named` understands it; a filing of many loans by the first ones."""
        papers = tuple(title for name, title in self.titles.items() if name.startswith("materials."))
        fields = tuple(title for name, title in self.titles.items() if not name.startswith("materials."))
        loans = tuple(f"第 {item} 笔" for item in sorted(self.loans)[:MOST_OFFERED])
        groups = (("材料", papers), ("栏目", fields), ("贷款", loans if len(loans) > 1 else ()))
        return tuple((name, of) for name, of in groups if of)

    def named(self, words: str) -> tuple[str, ...]:
        """The places that free words name, by titles or parts of them: “第 2 笔 年利率”, “材料 3”, “代偿证明”."""
        loans = [self.loans[int(item)] for item in _ITEM.findall(words) if int(item) in self.loans]
        slots = [name for name in self.titles if name.startswith("materials.")]
        found = [slots[int(n) - 1] for n in _ORDINAL.findall(words) if 0 < int(n) <= len(slots)]
        rest = _ITEM.sub(" ", words)
        for name, title in self.titles.items():
            if title in rest or any(self._means(word, title) for word in _APART.split(rest)):
                found.append(name)
        return _of_loans(loans, found) if loans else tuple(dict.fromkeys(found))

    def mentioned(self, words: str) -> tuple[str, ...]:
        """The materials that prose speaks of by title or part of it: “缺借款合同”."""
        pieces = {
            name: [one for one in _APART.split(title) if len(one) >= _SHORTEST and one not in _GENERAL]
            for name, title in self.titles.items()
            if name.startswith("materials.")
        }
        return tuple(name for name, of in pieces.items() if any(one in words for one in of))

    @staticmethod
    def _means(word: str, title: str) -> bool:
        return len(word) >= _SHORTEST and word not in _GENERAL and word in title


@dataclass(frozen=True, slots=True)
class Returned:
    """What was returned: the items with the places of each (`at`), and all places together."""

    items: tuple[dict[str, Any], ...]
    points: frozenset[str]

    def opens(self, name: str, loan_id: int = 0) -> bool:
        """Whether the place is to be corrected. A return that names no place leaves all of them open."""
        of_loan = {f"loans.{loan_id}", f"loans.{loan_id}.{name}"}
        return not self.points or name in self.points or bool(of_loan & self.points)

    @property
    def exact(self) -> bool:
        """Whether every item names its places: then a change elsewhere goes beyond what was returned."""
        return all(item["at"] for item in self.items)

    @property
    def loans(self) -> frozenset[int]:
        """The loans that are named, by id."""
        return frozenset(int(name.split(".")[1]) for name in self.points if name.startswith("loans."))


def places(s: Session, record: CaseRecord) -> Places:
    """The places of a case's application."""
    process, board = Process(record.process), Board(record.board)
    if process is Process.RECOVERY:
        forms = {name: info.title or name for name, info in ActionForm.model_fields.items()}
        titles = {"receipts": "回款", "costs": "追偿费用"} | forms
    else:
        form = claim_form(board) if process is Process.CLAIM else loan_form(board)
        titles = {name: info.title or name for name, info in form.model_fields.items()}
    titles |= {f"materials.{slot.key}": slot.title for slot in SLOTS[process][board] if slot.key != SLIP.key}
    rows = loans_of(s, record.id or 0) if process is Process.FILING else ()
    return Places(titles, {row.item: row.id or 0 for row in rows})


def of_check(code: str, loan_id: int = 0) -> tuple[str, ...]:
    """The places a check is about; `loan_id` for a loan of a filing."""
    found = CHECKED.get(code, ())
    return _of_loans((loan_id,), found) if loan_id else found


def pointed(s: Session, record: CaseRecord, items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The items of a 补正清单 with the places of each: those given (`at`), else those its words name.

    Raises `InvalidError` for a place this application does not have, unless it comes from a check: one rule may
    concern facts that only the other board, or only the filing, states.
    """
    known, found, faults = places(s, record), [], list[FieldFault]()
    for number, item in enumerate(items):
        at = [str(name) for name in item.get("at") or ()]
        wrong = [name for name in at if not known.known(name)]
        if wrong and not item.get("check"):
            said = f"这件申请没有“{wrong[0][:60]}”这一栏或这份材料。"
            faults.append(FieldFault(f"faults.{number}.points", said))
        at = [name for name in at if known.known(name)] or list(_by_words(known, item))
        kept = {key: value for key, value in item.items() if key not in ("at", "check")}
        found.append(kept | ({"at": at} if at else {}))
    if faults:
        raise InvalidError(tuple(faults))
    return found


def returned(s: Session, record: CaseRecord) -> Returned:
    """What the last return of the case lists; places that the case no longer has are left out."""
    known = places(s, record)
    items = []
    for item in listed_faults(returned_entry(s, record.id or 0)):
        given = item["at"] if "at" in item else _by_words(known, item)
        items.append(item | {"at": [name for name in given if known.known(name)]})
    return Returned(tuple(items), frozenset(name for item in items for name in item["at"]))


def _by_words(known: Places, item: Mapping[str, Any]) -> tuple[str, ...]:
    return known.named(str(item.get("where") or "")) or known.mentioned(str(item.get("problem") or ""))


def pointer(process: Process, name: str) -> str:
    """A place as a JSON pointer into the body of a correction."""
    inside = name.startswith(("loans.", "materials."))
    return "/" + (name if inside or process is Process.FILING else f"{process}.{name}").replace(".", "/")


def place(process: Process, written: str) -> str:
    """The place a JSON pointer names, the other way round; unknown ones stay what they are."""
    return written.removeprefix("/").replace("/", ".").removeprefix(f"{process}.")


def _of_loans(loans: Iterable[int], names: Sequence[str]) -> tuple[str, ...]:
    fields = [name for name in names if not name.startswith("materials.")]
    papers = [name for name in names if name.startswith("materials.")]
    found = [f"loans.{loan}.{name}" for loan in loans for name in fields]
    found += [f"loans.{loan}" for loan in loans] if not names else []
    return tuple(dict.fromkeys([*found, *papers]))
