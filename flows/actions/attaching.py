"""Attachments (附件): bytes kept by content hash, in a material slot of a case. A replaced file stays on record.

What a file is, its bytes say; a name that says otherwise is refused.
"""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath

from sqlmodel import Session

from flows.actions.errors import FieldFault, InvalidError
from flows.documents.text import printable
from models import clock
from models.permissions import Actor
from models.records.attachment import Attachment, current, keep
from models.records.case import CaseRecord
from models.settings import MEGABYTE, get_settings

LONGEST_NAME = 120
MOST_ENTRIES = 5_000
MOST_UNPACKED = 200 * MEGABYTE
MOST_RATIO = 200
"""A zip that unpacks to more than this times its size is a bomb, not a letter."""

_OFFICE = "application/vnd.openxmlformats-officedocument"
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
}
ALLOWED = "PDF、PNG、JPG、DOCX、XLSX"


@dataclass(frozen=True, slots=True)
class Stored:
    """A file whose bytes are kept, not yet part of a case."""

    slot: str
    filename: str
    media_type: str
    size: int
    sha256: str


Upload = Stored | tuple[str, str, str, bytes]
"""A stored file, or (slot, filename, media type as claimed, bytes). The claimed type is not believed."""


def store(s: Session, slot: str, filename: str, data: bytes) -> Stored:
    """Keep the bytes of an upload. Raises `InvalidError` (field "materials.<slot>") for a file that may not be kept."""
    name = safe_name(filename)
    try:
        kind = _kind(name, data)
    except ValueError as error:
        raise InvalidError((FieldFault(f"materials.{slot}", f"“{name}”{error}"),)) from error
    return Stored(slot, name, MEDIA_TYPES[kind], len(data), keep(s, data))


def attach(s: Session, actor: Actor, case: CaseRecord, slot: str, filename: str, data: bytes) -> Attachment:
    """Put a file into a slot of the case; the one that was there is kept as replaced."""
    return attach_stored(s, actor, case, store(s, slot, filename, data))


def attach_stored(s: Session, actor: Actor, case: CaseRecord, stored: Stored) -> Attachment:
    """Put a stored file into its slot of the case."""
    for earlier in current(s, case.id or 0):
        if earlier.slot == stored.slot:
            earlier.replaced_at = clock.now()
    attachment = Attachment(
        case_id=case.id or 0,
        slot=stored.slot,
        filename=stored.filename,
        media_type=stored.media_type,
        size=stored.size,
        sha256=stored.sha256,
        uploaded_by=actor.person_id,
        uploaded_at=clock.now(),
    )
    s.add(attachment)
    s.flush()
    return attachment


def stored_all(s: Session, files: Sequence[Upload]) -> tuple[Stored, ...]:
    """Every upload as a stored file. Raises `InvalidError` with the fault of every refused one."""
    kept: list[Stored] = []
    faults: list[FieldFault] = []
    for file in files:
        if isinstance(file, Stored):
            kept.append(file)
            continue
        slot, filename, _, data = file
        try:
            kept.append(store(s, slot, filename, data))
        except InvalidError as error:
            faults += error.faults
    if faults:
        raise InvalidError(tuple(faults))
    return tuple(kept)


def safe_name(filename: str) -> str:
    """The file's name without a path, without characters that disguise it, short enough to show."""
    base = printable(filename.replace("\\", "/")).rpartition("/")[2]
    base = " ".join("".join("_" if c in '<>:"|?*\n\r\t' else c for c in base).split()).strip(". ")
    path = PurePosixPath(base or "附件")
    suffix = path.suffix[:10]
    return (path.name.removesuffix(path.suffix)[: LONGEST_NAME - len(suffix)] or "附件") + suffix


def _kind(name: str, data: bytes) -> str:
    """pdf, png, jpg, docx or xlsx. Raises ValueError with the rest of a sentence that starts with the name."""
    if not data:
        raise ValueError("是空文件，请重新选择。")
    if len(data) > get_settings().upload_limit:
        most = get_settings().upload_limit // MEGABYTE
        raise ValueError(f"超过 {most} MB，请压缩或拆分后再上传。")
    suffix = PurePosixPath(name).suffix.lower().removeprefix(".")
    named = "jpg" if suffix == "jpeg" else suffix
    if named not in MEDIA_TYPES:
        raise ValueError(f"不是可以上传的类型，请上传 {ALLOWED}。")
    found = _sniff(data)
    if found != named:
        actual = f"是 {found.upper()} 文件" if found else f"不是可以识别的 {named.upper()} 文件"
        raise ValueError(f"的内容与扩展名不符：内容{actual}。请用原程序另存为 {named.upper()} 后再上传。")
    return found


def _sniff(data: bytes) -> str:
    """The kind the bytes say, or "" for none of ours."""
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    return _office(data) if data.startswith(b"PK\x03\x04") else ""


def _office(data: bytes) -> str:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return ""
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_ENTRIES or unpacked > min(MOST_UNPACKED, MOST_RATIO * len(data)):
        raise ValueError("解压后过大，不像普通文件，没有保存。请另存为 PDF 后再上传。")
    names = {entry.filename for entry in entries}
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise ValueError("含有宏，为安全起见不能上传。请另存为不含宏的文件或 PDF。")
    if "[Content_Types].xml" not in names:
        return ""
    return "docx" if "word/document.xml" in names else "xlsx" if "xl/workbook.xml" in names else ""
