"""The applicant's side of a story: on the pages, or with the API's client and a key made on the page for keys."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from api.client import Fengbu
from api.client.models import Loan, Upload
from api.demo.secret import PASSWORD
from api.story.browser import DoorError, Visitor
from api.story.scripts import Script
from api.story.theatre import Theatre
from models.policy.materials import CLAIM_SLOTS

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
SEALED = PDF + b"%sealed\n"
ACTION = {
    "action": "execution",
    "court_number": "（2026）粤1971执123号（示例）",
    "progress": "法院划扣首笔款项。",
}
EXTENDED = {
    "on": "2026-11-16",
    "new_due_on": "2027-09-11",
    "reason": "下游回款延后，企业经营正常。",
    "document": "展期协议 ZQ-2026-18（示例）",
}
SEEN = {
    "anomaly": "halted",
    "on": "2026-04-20",
    "reason": "企业停产，部分设备被搬离。",
    "measures": "已上门核实并申请财产保全。",
    "document": "现场核查记录（示例）",
}
KEEPERS = {"linwanyi": ("xuqiuyue", "林婉仪"), "tanjunhao": ("ouyimin", "谭俊豪")}
"""Of each filer: who keeps the keys of their institution, and the filer's name on that page."""
FLAGS = {
    "legal_person",
    "national_fund_backed",
    "fund_shares_confirmed",
    "finance_like",
    "investment_management",
}


class Desk(Protocol):
    """What an applicant does in a story. Each returns when the door has answered."""

    def file(self) -> str:
        """File the script's loans; the case's number."""

    def extend(self, filing: str, loan_id: int) -> None:
        """Register an extension (续备案)."""

    def report(self, filing: str, loan_id: int) -> None:
        """Report an anomaly of a loan."""

    def claim(self, filing: str, loan_id: int) -> str:
        """Claim on a registered loan; the case's number."""

    def correct(self, number: str) -> None:
        """Bring what a return asked for and submit again."""

    def confirm(self, number: str, on: date) -> None:
        """Confirm the receipt of the money."""

    def recover(self, claim: str, on: date) -> str:
        """Register what came back; the case's number."""

    def give_back(self, number: str, on: date) -> None:
        """Hand in the slip of the return."""


class PageDesk:
    """The forms of the portal."""

    def __init__(self, stage: Theatre, script: Script) -> None:
        self._stage = stage
        self._script = script

    def _visitor(self) -> Visitor:
        return Visitor(self._stage.settings.base_url, self._script.filer, PASSWORD)

    def file(self) -> str:
        """Loan after loan into the draft, then one submission."""
        with self._visitor() as filer:
            for loan in self._script.loans:
                filer.open("/bank/filings/new")
                filer.submit(loan | {"do": "save"}, having="receipt_number")
            filer.open("/bank/filings/new")
            filer.submit({"do": "submit"}, having="do")
            return _number(filer, "BA")

    def extend(self, filing: str, loan_id: int) -> None:
        """The loan's page."""
        with self._visitor() as filer:
            filer.open(f"/loans/{loan_id}?do=extension")
            filer.submit(EXTENDED, having="new_due_on")

    def report(self, filing: str, loan_id: int) -> None:
        """The loan's page."""
        with self._visitor() as filer:
            filer.open(f"/loans/{loan_id}?do=anomaly")
            filer.submit(SEEN | {"unpaid": self._script.claim["unpaid_principal"]}, having="measures")

    def claim(self, filing: str, loan_id: int) -> str:
        """The claim's form with its materials."""
        with self._visitor() as filer:
            filer.open(f"/bank/claims/new?loan={loan_id}")
            files = {
                f"materials.{slot.key}": (f"{slot.title}.pdf", PDF, "application/pdf")
                for slot in CLAIM_SLOTS[self._script.board]
                if slot.required
            }
            filer.submit(self._script.claim | {"do": "submit"}, having="requested", files=files)
            return _number(filer, "BC")

    def correct(self, number: str) -> None:
        """Another contract, with a note."""
        with self._visitor() as filer:
            filer.open(f"/bank/cases/{number}/correct")
            added = {"materials.contract": ("借款合同（盖章页）.pdf", SEALED, "application/pdf")}
            filer.submit({"do": "submit", "note": "已补传盖章页。"}, having="note", files=added)

    def confirm(self, number: str, on: date) -> None:
        """The receipt's form."""
        with self._visitor() as filer:
            filer.open(f"/bank/cases/{number}/receipt")
            facts = {"received_on": on.isoformat(), "received_amount": str(self._script.paid)}
            filer.submit(facts, having="received_amount")

    def recover(self, claim: str, on: date) -> str:
        """The registration's form with its papers."""
        with self._visitor() as filer:
            filer.open(f"/bank/recoveries/new?claim={claim}")
            told = self._script.recovery
            typed = {
                "receipts.0.received_on": on.isoformat(),
                "receipts.0.amount": told.received,
                "receipts.0.voucher_number": f"SK-{claim}",
                "costs.0.amount": told.spent,
                "costs.0.reason": "执行费",
                **ACTION,
                "do": "submit",
            }
            papers = ("receipt_voucher", "cost_vouchers")
            files = {f"materials.{slot}": (f"{slot}.pdf", PDF, "application/pdf") for slot in papers}
            filer.submit(typed, having="court_number", files=files)
            return _number(filer, "ZC")

    def give_back(self, number: str, on: date) -> None:
        """The slip's form, filled in with what is due."""
        with self._visitor() as filer:
            filer.open(f"/bank/cases/{number}/return")
            slip = {"materials.return_slip": ("返还回单.pdf", PDF, "application/pdf")}
            facts = {"returned_on": on.isoformat(), "slip_number": f"FH-{number}"}
            filer.submit(facts, having="slip_number", files=slip)


class ApiDesk:
    """A core system with the typed client."""

    def __init__(self, stage: Theatre, script: Script) -> None:
        self._script = script
        self.client = Fengbu(stage.settings.base_url, _key(stage, script.filer))

    def file(self) -> str:
        """All loans in one call."""
        return self.client.file([_json(loan) for loan in self._script.loans]).number

    def extend(self, filing: str, loan_id: int) -> None:
        """One call."""
        signed, due = (date.fromisoformat(EXTENDED[name]) for name in ("on", "new_due_on"))
        loan = self._loan(filing, loan_id)
        self.client.extend(loan, signed, due, EXTENDED["reason"], EXTENDED["document"])

    def report(self, filing: str, loan_id: int) -> None:
        """One call."""
        facts = SEEN | {"unpaid": self._script.claim["unpaid_principal"]}
        self.client.report_anomaly(self._loan(filing, loan_id), facts)

    def _loan(self, filing: str, loan_id: int) -> Loan:
        return next(one for one in self.client.loans_of(filing) if one.id == loan_id)

    def claim(self, filing: str, loan_id: int) -> str:
        """Materials first, then the claim on the loan as the API lists it."""
        loan = self._loan(filing, loan_id)
        materials: dict[str, Upload] = {
            slot.key: self.client.upload(PDF, f"{slot.title}.pdf")
            for slot in CLAIM_SLOTS[self._script.board]
            if slot.required
        }
        return self.client.claim(loan, _json(self._script.claim), materials).number

    def correct(self, number: str) -> None:
        """The same facts, another contract."""
        case = self.client.wait_for(number, "correction")
        sealed = {"contract": self.client.upload(SEALED, "借款合同（盖章页）.pdf")}
        self.client.correct(case, claim=_json(self._script.claim), materials=sealed, note="已补传盖章页。")

    def confirm(self, number: str, on: date) -> None:
        """On the case as it was just read."""
        case = self.client.wait_for(number, "receipt")
        paid = case.claim.paid if case.claim else None
        self.client.confirm_receipt(case, on, paid or Decimal(0))

    def recover(self, claim: str, on: date) -> str:
        """Papers first, then the registration."""
        told, paper = self._script.recovery, self.client.upload(PDF, "凭证.pdf")
        receipt = {
            "received_on": on.isoformat(),
            "amount": told.received,
            "voucher_number": f"SK-{claim}",
        }
        facts = {
            **ACTION,
            "receipts": [receipt],
            "costs": [{"amount": told.spent, "reason": "执行费"}],
        }
        papers = {"receipt_voucher": paper, "cost_vouchers": paper}
        return self.client.recover(claim, facts, papers).number

    def give_back(self, number: str, on: date) -> None:
        """What the case says is due."""
        case = self.client.wait_for(number, "return_slip")
        due = case.recovery.due if case.recovery else None
        slip = self.client.upload(PDF, "返还回单.pdf")
        self.client.hand_in_slip(case, on, due or Decimal(0), f"FH-{number}", slip)


def _key(stage: Theatre, filer: str) -> str:
    """The institution's administrator makes a key for the filer's system."""
    keeper, name = KEEPERS[filer]
    with Visitor(stage.settings.base_url, keeper, PASSWORD) as admin:
        page = admin.open("/keys").text
        person = re.search(rf'<option value="(\d+)"[^>]*>{name}</option>', page)
        if person is None:
            raise DoorError(f"/keys: {name} is not offered")
        made = admin.submit({"name": "信贷核心系统", "person_id": person[1]}, having="networks").text
        secret = re.search(r'value="(fb_[^"]+)"', made)
        if secret is None:
            raise DoorError("/keys: no key was shown")
        return secret[1]


def _json(typed: Mapping[str, str]) -> dict[str, Any]:
    """What a person types, as a system sends it."""
    found: dict[str, Any] = dict(typed)
    for name in FLAGS & set(found):
        found[name] = found[name] == "1"
    if "employees" in found:
        found["employees"] = int(found["employees"])
    return found


def _number(visitor: Visitor, prefix: str) -> str:
    found = re.search(rf"{prefix}-\d{{4}}-\d+", f"{visitor.page.url} {visitor.page.text}")
    if found is None:
        raise DoorError(f"{visitor.page.url}: no case number")
    return found[0]
