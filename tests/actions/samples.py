"""What an applicant types and uploads, as a browser sends it: text, and bytes that are what their names say."""

import io
import struct
import zipfile
import zlib

from sqlmodel import Session

from flows.actions.applications import claiming, filing
from flows.actions.forms.application_forms import read_claim, read_filing
from models import clock
from models.gates import CORRECTION, Gate, Outcome
from models.lifecycle import Board
from models.permissions import Actor
from models.policy.materials import CLAIM_SLOTS
from models.policy.uscc import check_character
from models.records.case import CaseRecord, EntryKind, JournalEntry
from models.records.loan import Loan, LoanState, of_case
from models.records.task import Task

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
FIRST_17 = "91441900MA5ABC123"
USCC = FIRST_17 + check_character(FIRST_17)
FILES = {
    board: [(s.key, f"{s.key}.pdf", "application/pdf", PDF) for s in CLAIM_SLOTS[board] if s.required]
    for board in Board
}


def png() -> bytes:
    """A picture of one pixel."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\x00\x00")) + chunk(b"IEND", b"")


def office(main: str, **more: bytes) -> bytes:
    """A zip with the parts that make it a Word file (`word/document.xml`) or a workbook."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in {"[Content_Types].xml": b"<Types/>", main: b"<x/>", **more}.items():
            archive.writestr(
                zipfile.ZipInfo(name), body, zipfile.ZIP_DEFLATED
            )  # a fixed date: same bytes each time
    return out.getvalue()


def loan(board: Board = Board.BANK, **changes: str) -> dict[str, str]:
    """One loan as typed."""
    typed = {
        "uscc": USCC,
        "firm_name": "东莞市德润包装材料有限公司",
        "sector": "制造业",
        "industry": "工业",
        "employees": "86",
        "revenue_wan": "3860",
        "assets_wan": "2150.50",
        "legal_person": "1",
        "town": "厚街镇",
        "product": "科创信用贷",
        "purpose": "购买原材料",
        "contract_number": "GY-2025-0614",
        "receipt_number": "GY-2025-0614-01",
        "principal": "3,000,000.00",
        "contract_date": "2025-06-12",
        "disbursed_on": "2025-06-14",
        "due_on": "2026-06-13",
        "annual_rate_pct": "4.20",
        "guarantee_method": "credit",
    }
    if board == Board.GUARANTEE:
        typed |= {
            "guarantee_method": "guarantor",
            "lender_name": "东江农村商业银行股份有限公司（示例）",
            "guarantee_contract_number": "BZ-2025-0614",
            "entrust_contract_number": "WB-2025-0614",
            "fee_rate_pct": "0.8",
            "national_fund_backed": "1",
        }
    return typed | changes


def claim(board: Board = Board.BANK, **changes: str) -> dict[str, str]:
    """A claim as typed."""
    typed = {
        "overdue_since": "2026-06-14",
        "classification": "可疑",
        "unpaid_principal": "2,400,000.00",
        "recovered": "0",
        "recovery_costs": "0",
        "cause": "主要客户停产，货款无法收回。",
        "recovery_plan": "已起诉并申请财产保全。",
        "requested": "1,680,000.00",
        "account_name": "莞邑银行股份有限公司（示例）",
        "account_number": "4400 0000 0000 0001",
        "account_bank": "莞邑银行（示例）总行营业部",
    }
    if board == Board.GUARANTEE:
        typed |= {
            "guarantor_paid": "1,920,000.00",
            "guarantor_paid_on": "2026-09-20",
            "fund_shares_confirmed": "1",
            "requested": "480,000.00",
        }
    return typed | changes


def file_one(s: Session, actor: Actor, board: Board = Board.BANK, **changes: str) -> CaseRecord:
    """One loan filed."""
    return filing.submit(s, actor, read_filing(board, [loan(board, **changes)]))


def registered(s: Session, actor: Actor, board: Board = Board.BANK, **changes: str) -> Loan:
    """One loan filed and registered, as the process does at its end."""
    record = file_one(s, actor, board, **changes)
    (row,) = of_case(s, record.id or 0)
    row.state, row.filing_number, row.registered_at = LoanState.REGISTERED, f"{record.number}-01", clock.now()
    s.flush()
    return row


def claim_on(s: Session, actor: Actor, row: Loan, **changes: str) -> CaseRecord:
    """A claim on a registered loan, with every material."""
    board = Board(row.board)
    return claiming.submit(s, actor, read_claim(board, claim(board, **changes)), row.id or 0, FILES[board])


def returned(s: Session, record: CaseRecord, *faults: dict[str, object]) -> None:
    """An answered round that returned the case with this 补正清单."""
    result = {"outcome": Outcome.RETURN, "opinion": "请补正。", "fields": {"faults": list(faults)}}
    entry = JournalEntry(
        case_id=record.id or 0,
        kind=EntryKind.GATE,
        name="acceptance",
        key=f"acceptance#{clock.now().isoformat()}",
        opened_at=clock.now(),
        result=result,
    )
    s.add(entry)
    s.flush()


def waiting_at(s: Session, record: CaseRecord, asked: Gate) -> Task:
    """Put the case at a gate of its applicant, as the kernel does, a correction after a return; its open task."""
    if asked is CORRECTION:
        returned(s, record, {"where": "申请材料", "problem": "须更正"})
    entry = JournalEntry(
        case_id=record.id or 0,
        kind=EntryKind.GATE,
        name=asked.key,
        key=f"{asked.key}#1",
        opened_at=clock.now(),
    )
    s.add(entry)
    s.flush()
    task = Task(
        case_id=record.id or 0,
        entry_id=entry.id or 0,
        gate=asked.key,
        duty=asked.duty_key,
        process=record.process,
        board=record.board,
        institution_id=record.institution_id,
        role=asked.role,
        applicant_id=record.institution_id,
        subject=record.subject,
        case_number=record.number,
        amount=record.amount,
        opened_at=clock.now(),
        due_at=clock.now(),
    )
    s.add(task)
    record.state = asked.state
    s.flush()
    return task
