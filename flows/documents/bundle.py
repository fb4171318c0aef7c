"""证据包: everything about one case in one zip that can be checked without this system.

Only what the database holds goes in, nothing of the moment it is made: the same case gives the same bytes.
The manifest names every file with its hash; `verify.py` inside checks it with plain Python, offline.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from flows.documents import archive
from models import database
from models.lifecycle import Process
from models.policy.lines import Line
from models.records import attachment, ledger, notice, opinion_file, recovery, task
from models.records import claim as claims
from models.records.attachment import Attachment, Blob
from models.records.case import CaseRecord, journal_of
from models.records.document import Document, about
from models.records.institution import name_on
from models.records.numbers import DocumentVoid

VERIFIER = Path(__file__).with_name("verifier.py")
STATES = {"issued": "有效", "superseded": "已被替代", "void": "已作废"}
READ_ME = """{case}　{subject}　证据包

文书/　　　　　已出具的文书，逐份原样
材料/　　　　　申报机构上传的材料
文书登记.json　每份文书的文号、日期、状态、SHA-256、核验网址和生成资料
经过.txt　　　　案件经过；经过.json 为同样内容的数据
{more}manifest.json　清单：每个文件的大小和 SHA-256
verify.py　　　离线核验程序，只需要 Python 3.8 以上：python verify.py

清单指纹（manifest.json 的 SHA-256）与系统再次导出的一致，即说明导出后案件没有变化、证据包没有被替换。
"""
MORE = """意见附件/　　　办理意见、批注所附的文件（如有）
测算.txt　　　　补偿或返还测算逐行；测算.json 为同样内容的数据
审计摘录.json　办理记录、表决、限额台账、通知送达、作废记录
"""


@dataclass(frozen=True, slots=True)
class Item:
    """One file: kept here (`data`), or in the database by its hash."""

    path: str
    title: str
    sha256: str
    size: int
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A case's evidence, ready to be written. `fingerprint` is the manifest's SHA-256."""

    filename: str
    fingerprint: str
    items: tuple[Item, ...]

    def write(self) -> Iterator[bytes]:
        """The zip, a file at a time, in a transaction of its own."""
        with database.session() as s:
            yield from archive.stream((item.path, item.data or stored(s, item.sha256)) for item in self.items)


@dataclass(frozen=True, slots=True)
class Told:
    """An event in words, for 经过."""

    at: str
    who: str
    text: str


def stored(s: Session, digest: str) -> bytes:
    """Kept bytes, which then leave memory again."""
    kept = s.get_one(Blob, digest)
    data = kept.data
    s.expunge(kept)
    return data


def collect(s: Session, case: CaseRecord, told: Sequence[Told], *, applicant: bool) -> Bundle:
    """The evidence of a case. An applicant gets its own materials and the documents that are for it, no more."""
    papers = [d for d in _documents(s, case) if d.for_applicant or not applicant]
    items = [
        *(
            Item(_paper(n, d), d.title, d.sha256, _size(s, d.sha256))
            for n, d in enumerate(papers, start=1)
        ),
        *_materials(s, case),
        _json("案件.json", "案件概况", _case(s, case)),
        _json("文书登记.json", "文书登记", [_registered(n, d) for n, d in enumerate(papers, start=1)]),
        _json("经过.json", "案件经过", [{"at": one.at, "who": one.who, "text": one.text} for one in told]),
        _text("经过.txt", "案件经过", "".join(f"{one.at}　{one.who or '系统'}　{one.text}\n" for one in told)),
        _text("说明.txt", "说明", READ_ME.format(case=case.number, subject=case.subject, more="" if applicant else MORE)),
        Item("verify.py", "离线核验程序", *_measured(VERIFIER.read_bytes())),
    ]  # fmt: skip
    if not applicant:
        items += [
            *_calculation(s, case),
            *_enclosed(s, case),
            _json("审计摘录.json", "审计摘录", _audit(s, case)),
        ]
    items.sort(key=lambda item: item.path)
    listed = [{"path": i.path, "title": i.title, "size": i.size, "sha256": i.sha256} for i in items]
    manifest = _json(
        "manifest.json", "清单", {"format": "fengbu-evidence/1", "case": case.number, "files": listed}
    )
    seal = _text("manifest.sha256", "清单指纹", f"{manifest.sha256}  manifest.json\n")
    return Bundle(f"{case.number}-证据包.zip", manifest.sha256, (manifest, seal, *items))


def _documents(s: Session, case: CaseRecord) -> Sequence[Document]:
    return s.exec(select(Document).where(about(case.id or 0)).order_by(col(Document.id))).all()


def _paper(n: int, d: Document) -> str:
    number = f"-{d.number}" if d.number else ""
    return f"文书/{n:02d}-{d.title}{number}.docx"


def _materials(s: Session, case: CaseRecord) -> Iterator[Item]:
    """Every file that was ever handed in; one that was replaced says so."""
    query = select(Attachment).where(Attachment.case_id == case.id).order_by(col(Attachment.id))
    for n, one in enumerate(s.exec(query), start=1):
        shelf = "材料" if one.replaced_at is None else "材料/已被更换"
        yield Item(
            f"{shelf}/{n:02d}-{attachment.plain_name(one.filename)}", one.filename, one.sha256, one.size
        )


def _enclosed(s: Session, case: CaseRecord) -> Iterator[Item]:
    """What reviewers added to their opinions and remarks."""
    for n, one in enumerate(opinion_file.of_case(s, case.id or 0), start=1):
        yield Item(
            f"意见附件/{n:02d}-{attachment.plain_name(one.filename)}", one.filename, one.sha256, one.size
        )


def _registered(n: int, d: Document) -> dict[str, Any]:
    return {
        "file": _paper(n, d), "code": d.code, "title": d.title, "number": d.number, "issued_on": d.issued_on,
        "state": STATES[d.state], "sha256": d.sha256, "template_version": d.template_version,
        "template_sha256": d.template_sha256, "verify": d.context.get("verification_url"), "context": d.context,
    }  # fmt: skip


def _case(s: Session, case: CaseRecord) -> dict[str, Any]:
    names = {
        "申报机构": name_on(s, case.institution_id, case.opened_at.date()).name,
        "受托管理机构": name_on(s, case.managing_institution_id, case.opened_at.date()).name,
    }
    return {
        **names,
        **_row(case, "number process process_version board subject uscc amount opened_at closed_at"),
    }


def _calculation(s: Session, case: CaseRecord) -> Iterator[Item]:
    if case.process == Process.RECOVERY:
        yield from _return(s, case)
    if case.process != Process.CLAIM:
        return
    claim = claims.of_case(s, case.id or 0)
    if not claim.award:
        return
    figures = _row(
        claim, "unpaid_principal recovered recovery_costs requested calculated approved paid received"
    )
    yield _json("测算.json", "补偿测算", {"figures": figures, "award": claim.award, "checks": claim.checks})
    lines = _told(claim.award)
    totals = f"申请 {claim.requested} 元　测算 {claim.calculated} 元　核定 {claim.approved or '—'} 元"
    yield _text("测算.txt", "补偿测算", "\n".join([*lines, totals]) + "\n")


def _told(calculated: dict[str, Any]) -> list[str]:
    """The lines of a calculation in words."""
    told = [Line.model_validate(line) for line in calculated.get("lines", [])]
    return [
        f"{line.no}　{line.label}：{line.text}　＝{line.formula}〔{line.clause}〕{'　起约束' if line.binding else ''}"
        for line in told
    ]


def _return(s: Session, case: CaseRecord) -> Iterator[Item]:
    """What came back, and how the return was worked out."""
    found, own = recovery.of_case(s, case.id or 0), [case.id or 0]
    stated = {
        "claim": s.get_one(CaseRecord, case.about_id).number,
        **_row(
            found,
            "action court_number progress due due_on slip_on slip_amount slip_number arrived_on returned",
        ),
        "receipts": [_row(one, "received_on amount voucher_number") for one in recovery.receipts_of(s, own)],
        "costs": [_row(one, "amount reason") for one in recovery.costs_of(s, own)],
    }
    yield _json("测算.json", "返还测算", {"figures": stated, "share": found.share, "checks": found.checks})
    totals = f"本次应返还 {found.due if found.due is not None else '—'} 元　已到账 {found.returned or '—'} 元"
    yield _text("测算.txt", "返还测算", "\n".join([*_told(found.share or {}), totals]) + "\n")


def _audit(s: Session, case: CaseRecord) -> dict[str, Any]:
    key = case.id or 0
    query = select(DocumentVoid).join(Document, col(Document.id) == col(DocumentVoid.document_id))
    voids = s.exec(query.where(about(key)).order_by(col(DocumentVoid.id)))
    participations = select(task.Participation).where(task.Participation.case_id == key)
    return {
        "journal": [_row(e, "id kind key round opened_at finished_at due_at result voided_at") for e in journal_of(s, key)],
        "answers": [
            _row(t, "gate duty round seat state opened_at due_at answered_at answered_by on_behalf_of outcome opinion fields shown_hash voided")
            for t in task.of_case(s, key)
        ],
        "opinion_files": [
            _row(f, "filename sha256 task_id comment_id uploaded_by uploaded_at given_at")
            for f in opinion_file.of_case(s, key)
        ],
        "duties": [_row(p, "person_id duty gate at") for p in s.exec(participations.order_by(col(task.Participation.person_id)))],
        "ledger": [
            {"account": account.label, **_row(entry, "at type amount memo left_after")}
            for entry, account in ledger.entries_of_case(s, key)
        ],
        "notices": sorted(
            (
                {"title": one.title, "event": one.event, "channel": d.channel.value, "address": d.address,
                 "state": d.state.value, "delivered_at": d.delivered_at, "opened_at": d.opened_at, "delivery": d.id}
                for one, d in notice.of_case(s, key)
            ),
            key=lambda row: int(row["delivery"] or 0),
        ),
        "voids": [_row(v, "document_id reason requested_by requested_at approved decided_by decided_at opinion") for v in voids],
    }  # fmt: skip


def _row(record: SQLModel, names: str) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names.split()}


def _size(s: Session, digest: str) -> int:
    return s.exec(select(Blob.size).where(Blob.sha256 == digest)).one()


def _json(path: str, title: str, value: Any) -> Item:
    return _text(path, title, json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n")


def _text(path: str, title: str, text: str) -> Item:
    return Item(path, title, *_measured(text.encode()))


def _measured(data: bytes) -> tuple[str, int, bytes]:
    return sha256(data).hexdigest(), len(data), data
