"""The materials of the demonstration's cases: small files that are what their names say, each marked 示例."""

import io
import struct
import zlib
from functools import cache

import xlsxwriter
from sqlmodel import Session

from flows.actions.attaching import attach
from models.gates import Role
from models.lifecycle import Board, Process
from models.permissions import Actor
from models.policy.materials import CLAIM_SLOTS, FILING_SLOTS, Slot
from models.records.case import CaseRecord

BOOKS = frozenset({"collection", "repayment_voucher"})
"""Materials that come as a workbook."""
PICTURES = frozenset({"account", "use_of_loan", "commitment"})
"""Materials that come as a scan."""
MARK = "示例材料，不是真实文件"


def add_materials(s: Session, filer: Actor, case: CaseRecord, *, slots: int = 99) -> int:
    """Put a file into each required slot of a claim, or the first `slots` of a filing; how many."""
    if Role.FILER not in filer.roles:
        raise ValueError("materials come from those who file")
    claim = case.process == Process.CLAIM
    known = CLAIM_SLOTS[Board(case.board)] if claim else FILING_SLOTS[Board(case.board)]
    chosen = [slot for slot in known if slot.required or not claim][:slots]
    for slot in chosen:
        name, data = _file(slot, case)
        attach(s, filer, case, slot.key, name, data)
    return len(chosen)


def _file(slot: Slot, case: CaseRecord) -> tuple[str, bytes]:
    title = slot.title.partition("（")[0].replace("、", "及")
    if slot.key in BOOKS:
        return f"{title}（示例）.xlsx", workbook(title, case.number)
    if slot.key in PICTURES:
        return f"{title}（示例）.png", picture()
    lines = (title, MARK, f"案件编号：{case.number}", f"企业：{case.subject}", f"金额：{case.amount:,.2f} 元")
    return f"{title}（示例）.pdf", pdf(lines)


def pdf(lines: tuple[str, ...]) -> bytes:
    """One A4 page with these lines, in a Chinese font every reader has of its own."""
    size, top = 22, 760
    words = "".join(
        f"BT /F1 {size if n == 0 else 13} Tf 72 {top - n * 34} Td <{line.encode('utf-16-be').hex()}> Tj ET\n"
        for n, line in enumerate(lines)
    ).encode()
    parts = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%s\nendstream\n" % (len(words), words),
        b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UTF16-H/DescendantFonts[6 0 R]>>",
        b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/DW 1000/FontDescriptor 7 0 R"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>>>",
        b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0"
        b"/Ascent 880/Descent -120/CapHeight 880/StemV 93>>",
    )
    out, places = bytearray(b"%PDF-1.5\n"), []
    for number, part in enumerate(parts, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, start)
    return bytes(out)


def workbook(title: str, number: str) -> bytes:
    """A workbook with a few rows."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("明细")
        rows = (
            (f"{title}　{MARK}", ""),
            ("案件编号", number),
            ("日期", "金额（元）"),
            ("2026-06-20", "12,500.00"),
            ("2026-07-20", "12,500.00"),
        )
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
    return out.getvalue()


@cache
def picture() -> bytes:
    """A grey sheet with lines, as a scan looks from afar; one picture for all."""
    wide, high = 210, 297
    rows = bytearray()
    for y in range(high):
        line = 40 < y < 250 and y % 14 < 2
        rows.append(0)
        rows += bytes(120 if line and 20 < x < 190 else 244 for x in range(wide))

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + chunk(b"IEND", b"")
