"""What was typed of a claim against the words of its papers: found on which page, or for a person to look at."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from threading import BoundedSemaphore
from typing import Protocol

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from flows.documents.words import words
from models import clock
from models.lifecycle import Board
from models.policy.materials import CLAIM_SLOTS
from models.policy.paper_checks import SHOWS, Fact, Found, compare, share_differs
from models.records import paper_text
from models.records.attachment import Blob
from models.records.loan import Loan
from models.records.paper_text import PaperText, Reading

PATIENCE = 10
"""Seconds one request reads; what is left is read by the next one that asks."""
_AT_ONCE = BoundedSemaphore(2)
"""Readers of this process: an upload of many files leaves the machine to others as well."""


class File(Protocol):
    """A kept file in a material slot: staged for a draft, or of a case."""

    @property
    def slot(self) -> str: ...
    @property
    def filename(self) -> str: ...
    @property
    def media_type(self) -> str: ...
    @property
    def sha256(self) -> str: ...


class Stated(Protocol):
    """What a claim says: the form that was typed, or the row it became. Amounts in 元."""

    @property
    def unpaid_principal(self) -> Decimal: ...
    @property
    def requested(self) -> Decimal: ...
    @property
    def guarantor_paid(self) -> Decimal | None: ...
    @property
    def account_number(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Compared:
    """One material. `outcome` is None for a file nobody has read yet."""

    slot: str
    title: str
    filename: str
    outcome: Reading | None
    found: tuple[Found, ...]

    @property
    def matched(self) -> bool:
        """Everything it is to show was found in it."""
        return bool(self.found) and all(one.page is not None for one in self.found)

    @property
    def words(self) -> str:
        """What was found on which page, and what was not, with the reason."""
        missing = "、".join(f"{one.label}（{one.value}）" for one in self.found if one.page is None)
        pages: dict[int, list[str]] = {}
        for one in self.found:
            if one.page is not None:
                pages.setdefault(one.page, []).append(one.label)
        there = "；".join(f"第 {page} 页有{'、'.join(labels)}" for page, labels in sorted(pages.items()))
        if self.outcome in _WHY:
            return f"{_WHY[self.outcome]}，请人工核对：{missing}"
        only = "（只读了前面的页）" if self.outcome is Reading.PARTLY and missing else ""
        return "；".join(part for part in (there, f"没有找到{missing}{only}" if missing else "") if part)


_WHY: dict[Reading | None, str] = {
    None: "尚未读取",
    Reading.EMPTY: "扫描件或图片，没有文字",
    Reading.UNREADABLE: "读不出文字（加密、损坏或过大）",
}


def read(s: Session, files: Iterable[File]) -> None:
    """Read the files nobody has read, as far as `PATIENCE` goes; each is read once, whoever uploads it again."""
    wanted = {file.sha256: file for file in files}
    unread = [key for key in wanted if key not in paper_text.of_files(s, wanted)]
    end = time.monotonic() + PATIENCE
    for key in unread:
        left = end - time.monotonic()
        if left <= 0 or not _AT_ONCE.acquire(timeout=left):
            return
        try:
            said = words(s.get_one(Blob, key).data, wanted[key].media_type)
        finally:
            _AT_ONCE.release()
        row = {
            "sha256": key,
            "outcome": Reading(said.outcome),
            "pages": list(said.pages),
            "read_at": clock.wall(),
        }
        s.connection().execute(insert(PaperText).values(row).on_conflict_do_nothing())


def compared(s: Session, loan: Loan, stated: Stated | None, files: Iterable[File]) -> tuple[Compared, ...]:
    """Every material that is to show a fact and has a file, in the order of the slots; without what is `stated` the
    loan's own facts only."""
    board, by_slot = Board(loan.board), {file.slot: file for file in files}
    texts = paper_text.of_files(s, [file.sha256 for file in by_slot.values()])
    facts = _facts(loan, stated)
    found = []
    for slot in CLAIM_SLOTS[board]:
        file = by_slot.get(slot.key)
        if file is None or slot.key not in SHOWS[board]:
            continue
        text = texts.get(file.sha256)
        lines = compare(board, slot.key, facts, text.pages if text else ())
        found.append(Compared(slot.key, slot.title, file.filename, text.outcome if text else None, lines))
    return tuple(found)


def by_fact(compared_: Iterable[Compared]) -> tuple[tuple[str, str, tuple[str, ...], int], ...]:
    """The comparison turned round: each thing that was typed with its value, the places in words, and in how many of
    them it was found."""
    facts: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    for one in compared_:
        for found in one.found:
            facts.setdefault((found.label, found.value), []).append(
                (_place(one, found), found.page is not None)
            )
    return tuple(
        (label, value, tuple(words for words, _ in places), sum(there for _, there in places))
        for (label, value), places in facts.items()
    )


def _place(one: Compared, found: Found) -> str:
    if found.page is not None:
        return f"{one.title}第{found.page}页"
    only = "（只读了前面的页）" if one.outcome is Reading.PARTLY else ""
    return f"{one.title}：{_WHY.get(one.outcome, '未查到')}{only}"


def disagreement(loan: Loan, stated: Stated) -> str:
    """What of the figures themselves does not fit together, in a sentence; "" if all fits."""
    by = share_differs(stated.unpaid_principal, loan.share_bank, stated.guarantor_paid)
    if by is None or loan.share_bank is None:
        return ""
    part = stated.unpaid_principal * (100 - loan.share_bank) / 100
    return (
        f"代偿金额 {stated.guarantor_paid:,.2f} 元与未清偿本金×（100%－银行分担 {loan.share_bank}%）＝{part:,.2f} 元"
        f"相差 {abs(by):,.2f} 元，请核对代偿凭证。"
    )


def _facts(loan: Loan, stated: Stated | None) -> dict[Fact, str | Decimal]:
    found: dict[Fact, str | Decimal] = {
        Fact.DEBTOR: loan.firm_name,
        Fact.USCC: loan.uscc,
        Fact.CONTRACT: loan.contract_number,
        Fact.GUARANTEE: loan.guarantee_contract_number,
        Fact.ENTRUST: loan.entrust_contract_number,
        Fact.PRINCIPAL: loan.principal,
    }
    if stated is not None:
        found |= {
            Fact.UNPAID: stated.unpaid_principal,
            Fact.REQUESTED: stated.requested,
            Fact.ACCOUNT: stated.account_number,
        }
    if stated is not None and stated.guarantor_paid is not None:
        found[Fact.PAID] = stated.guarantor_paid
    return found
