"""Many cases' documents in one zip: at once for a few, in the background for many."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from hashlib import sha256

from sqlmodel import Session, col, func, select

from flows.documents import archive
from flows.documents.bundle import stored
from models import clock, database
from models.records.attachment import Attachment, plain_name
from models.records.case import CaseRecord
from models.records.document import Document, DocumentCase
from models.records.export import Export, ExportPiece, ExportState

AT_ONCE = 300
"""Up to this many documents are packed while they are downloaded."""
PIECE = 4_000_000
_LEASE = timedelta(minutes=2)
_STEP = 50


def papers(s: Session, case_ids: Sequence[int], *, applicant: bool) -> list[tuple[str, str]]:
    """Name in the zip and hash of every document of these cases that the reader may have."""
    own = select(Document, CaseRecord.number).join(CaseRecord, col(CaseRecord.id) == col(Document.case_id))
    shared = (
        select(Document, CaseRecord.number)
        .join(DocumentCase, col(DocumentCase.document_id) == col(Document.id))
        .join(CaseRecord, col(CaseRecord.id) == col(DocumentCase.case_id))
    )
    found = [
        (number, d)
        for query in (own, shared)
        for d, number in s.exec(query.where(col(CaseRecord.id).in_(case_ids)))
        if d.for_applicant or not applicant
    ]
    found.sort(key=lambda one: (one[0], one[1].id or 0))
    return [
        (f"{number}/{d.id:06d}-{d.title}{'-' + d.number if d.number else ''}.docx", d.sha256)
        for number, d in found
    ]


def materials(s: Session, case_ids: Sequence[int]) -> list[tuple[str, str]]:
    """Name in the zip and hash of the files the applicants of these cases handed in, as they stand."""
    query = (
        select(Attachment, CaseRecord.number)
        .join(CaseRecord, col(CaseRecord.id) == col(Attachment.case_id))
        .where(col(Attachment.case_id).in_(case_ids), col(Attachment.replaced_at).is_(None))
        .order_by(col(CaseRecord.number), col(Attachment.id))
    )
    return [(f"{number}/材料/{a.id:06d}-{plain_name(a.filename)}", a.sha256) for a, number in s.exec(query)]


def stream(files: Sequence[tuple[str, str]]) -> Iterator[bytes]:
    """The zip of these files, in a transaction of its own."""
    with database.session() as s:
        yield from archive.stream((name, stored(s, digest)) for name, digest in files)


def pack_waiting() -> int:
    """Pack every waiting download, and those whose packer died; how many were finished."""
    packed = 0
    while (export_id := _take()) is not None:
        _pack(export_id)
        packed += 1
    return packed


def _take() -> int | None:
    with database.session() as s:
        now = clock.wall()
        open_states = (ExportState.WAITING, ExportState.RUNNING)
        query = (
            select(Export)
            .where(
                col(Export.state).in_(open_states),
                func.coalesce(col(Export.lease_until), now) <= now,
            )
            .order_by(col(Export.id))
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        found = s.exec(query).first()
        if found is None:
            return None
        found.state, found.lease_until, found.done = ExportState.RUNNING, now + _LEASE, 0
        return found.id


def _pack(export_id: int) -> None:
    with database.session() as s:
        found = s.get_one(Export, export_id)
        files = papers(s, found.case_ids, applicant=found.applicant)
        if found.materials:
            files = sorted(files + materials(s, found.case_ids))
        for old in s.exec(select(ExportPiece).where(ExportPiece.export_id == export_id)):
            s.delete(old)
        found.total = len(files)
    digest, size, ordinal, held = sha256(), 0, 0, bytearray()
    done = 0
    try:
        for chunk in stream(files):
            digest.update(chunk)
            size += len(chunk)
            held += chunk
            done += 1
            if len(held) >= PIECE or done % _STEP == 0:
                _keep(export_id, ordinal, held, min(done, len(files)))
                ordinal, held = ordinal + bool(held), bytearray()
        _keep(export_id, ordinal, held, len(files))
    except archive.TooMuchError:
        _finish(export_id, ExportState.FAILED, "文件太多，一个压缩包装不下；请缩小筛选范围后再试。")
    else:
        _finish(export_id, ExportState.DONE, "", size, digest.hexdigest())


def _keep(export_id: int, ordinal: int, data: bytearray, done: int) -> None:
    with database.session() as s:
        if data:
            s.add(ExportPiece(export_id=export_id, ordinal=ordinal, data=bytes(data)))
        found = s.get_one(Export, export_id)
        found.done, found.lease_until = done, clock.wall() + _LEASE


def _finish(export_id: int, state: ExportState, fault: str, size: int = 0, digest: str = "") -> None:
    with database.session() as s:
        found = s.get_one(Export, export_id)
        found.state, found.fault, found.size, found.sha256 = state, fault, size, digest
        found.finished_at, found.lease_until = clock.now(), None
