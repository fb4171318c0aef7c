"""Working on an import piece by piece, under a lease: a kill loses the piece in hand and nothing else."""

import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import uuid4

import structlog
from sqlalchemy import text
from sqlmodel import Session, select

from flows.actions.applications.importing import forget_rows
from flows.actions.errors import ActionRefusedError
from flows.importing import filing_rows, staging, white_rows
from flows.importing.columns import listing_of
from flows.importing.rows import Reader, Staged
from flows.importing.sheets import Book, UnreadableError, opened
from models import clock
from models.database import session
from models.records.attachment import Blob
from models.records.loan_import import ImportKind, ImportState, LoanImport
from models.records.reference import sync_clock
from models.settings import get_settings

log = structlog.get_logger(__name__)
PIECE = 2_000
MOST_ATTEMPTS = 4
GIVE_WAY = 0.0005  # seconds
Progress = Callable[[LoanImport], None]


class LostError(Exception):
    """Someone else works on the import now, or it is over."""


def due() -> list[tuple[int, int, bool]]:
    """Imports that wait for work: id, size of the file, and whether they have waited for more than a minute."""
    with session() as s:
        sync_clock(s)
        query = text("""
        SELECT id, size, COALESCE(submitted_at, uploaded_at) < :late AS late FROM loan_imports
        WHERE state IN ('queued', 'reading', 'submitting') AND (lease_until IS NULL OR lease_until < :now)
        ORDER BY id""")
        late = clock.now() - timedelta(minutes=1)
        rows = s.connection().execute(query, {"now": clock.wall(), "late": late})
        return [(row.id, row.size, row.late) for row in rows]


def work(import_id: int, progress: Progress | None = None) -> ImportState | None:
    """Carry an import as far as it goes; where it stands then, None if it was not ours to work on."""
    token = _claim(import_id)
    if token is None:
        return None
    try:
        state = _state(import_id, token)
        if state in (ImportState.QUEUED, ImportState.READING):
            _read(import_id, token, progress)
        elif state is ImportState.SUBMITTING:
            while _file_some(import_id, token, progress):
                pass
    except LostError:
        return None
    except UnreadableError as error:
        _refuse(import_id, token, error.sentences)
    except Exception as error:
        log.exception("import_failed", id=import_id)
        _failed(import_id, token, error)
        raise
    with session() as s:
        return ImportState(s.get_one(LoanImport, import_id).state)


def _claim(import_id: int) -> str | None:
    token = uuid4().hex
    values = {"id": import_id, "token": token, "now": clock.wall(), "until": _lease()}
    query = text("""
    UPDATE loan_imports SET lease_token = :token, lease_until = :until
    WHERE id = :id AND state IN ('queued', 'reading', 'submitting') AND (lease_until IS NULL OR lease_until < :now)
    RETURNING id""")
    with session() as s:
        return token if s.connection().execute(query, values).first() else None


def _lease() -> object:
    """Longer than any piece takes on a busy machine."""
    return clock.wall() + timedelta(seconds=max(get_settings().lease_seconds, 15) * 2)


@contextmanager
def _piece(import_id: int, token: str) -> Iterator[tuple[Session, LoanImport]]:
    """One transaction that holds the import's row and the lease. Raises `LostError` before anything is written."""
    with session() as s:
        sync_clock(s)
        query = select(LoanImport).where(LoanImport.id == import_id).with_for_update()
        found = s.exec(query).one()
        if found.lease_token != token:
            raise LostError
        found.lease_until = _lease()  # type: ignore[assignment]
        yield s, found


def _not_the_last(s: Session) -> None:
    """Commit without waiting for the disk: a piece lost to a power failure is worked on again, and the last one waits for
    all of them. What others commit about a filing waits for it, too."""
    s.connection().execute(text("SET LOCAL synchronous_commit = off"))


def _state(import_id: int, token: str) -> ImportState:
    with _piece(import_id, token) as (_, found):
        if found.state == ImportState.QUEUED:
            found.state = ImportState.READING
        return ImportState(found.state)


def _read(import_id: int, token: str, progress: Progress | None) -> None:
    with _piece(import_id, token) as (s, found):
        listing, filename, done = listing_of(found), found.filename, found.last_row
        rows_of = white_rows if found.kind == ImportKind.WHITE_LIST else staging
        data = s.get_one(Blob, found.sha256).data
    began = clock.wall()

    def keep(book: Book, piece: list[Staged], ready: Any, before: Future[None] | None) -> None:
        if before is not None:
            before.result()  # what was not kept is followed by nothing
        with _piece(import_id, token) as (s, found):
            _not_the_last(s)
            _describe(found, book)
            rows_of.keep(s, found, ready, clock.today())
            found.rows += len(piece)
            found.last_row = piece[-1].number
        _report(progress, found)

    # Pieces are read and made ready while the database checks those before, two at most.
    with opened(listing, filename, data) as book, ThreadPoolExecutor(1) as keeper, _two_at_a_time():
        del data
        rows = (row for row in book.rows if row[0] > done)
        reader = Reader(listing, book.heading.places)
        kept: list[Future[None]] = []
        while piece := [reader.read(number, cells) for number, cells in islice(rows, PIECE)]:
            with session() as s:
                ready = rows_of.ready(s, found, piece)
            for waiting in kept[:-1]:
                waiting.result()
            kept = kept[-1:]
            kept.append(keeper.submit(keep, book, piece, ready, kept[-1] if kept else None))
        for waiting in kept:
            waiting.result()
    with _piece(import_id, token) as (s, found):
        _describe(found, book)
        if not found.rows:
            raise UnreadableError(f"没有数据行：列名下面没有填写任何{listing.noun}。")
        rows_of.finish(s, found)
        found.state, found.checked_at = ImportState.CHECKED, clock.now()
        found.seconds = Decimal(str(round((clock.wall() - began).total_seconds(), 1)))
        _rest(found)
    _report(progress, found)


@contextmanager
def _two_at_a_time() -> Iterator[None]:
    """One thread reads rows while another asks the database about those before: a sixth of the time is won by this.

    Who computes gives way within half a millisecond, not five: every answer of the database waits for that.
    Rows refer to nothing that refers to them: they are not looked through for garbage.
    """
    before = sys.getswitchinterval()
    gc.disable()
    sys.setswitchinterval(GIVE_WAY)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
        gc.enable()


def _describe(found: LoanImport, book: Book) -> None:
    found.sheet, found.headings, found.notes = book.sheet[:120], book.titles, book.notes
    found.header_row, found.rows_expected = book.heading.row, max(book.expected - book.heading.row, 0)


def _file_some(import_id: int, token: str, progress: Progress | None) -> bool:
    with _piece(import_id, token) as (s, found):
        try:
            publishing = found.kind == ImportKind.WHITE_LIST
            more = white_rows.publish(s, found) if publishing else filing_rows.file_some(s, found)
        except ActionRefusedError as error:
            found.state, found.notes = ImportState.CHECKED, [*found.notes, error.sentence]
            _take_back(s, found)
            _rest(found)
            return False
        if more:
            _not_the_last(s)
        else:
            s.flush()
            counted = s.connection().execute(text(staging.COUNTED), {"import": import_id}).mappings().one()
            for name in ("good", "bad", "known", "faults"):
                setattr(found, name, counted[name])
            found.state = ImportState.SUBMITTED
            _rest(found)
    _report(progress, found)
    return more


def _take_back(s: Session, found: LoanImport) -> None:
    """A white list round that could not be published waits for its publication again."""
    if found.kind == ImportKind.WHITE_LIST:
        white_rows.reopen(s, found)


def _rest(found: LoanImport) -> None:
    found.lease_token, found.lease_until, found.attempts = None, None, 0


def _refuse(import_id: int, token: str, sentences: Sequence[str]) -> None:
    with _piece(import_id, token) as (s, found):
        forget_rows(s, found)
        found.state, found.notes = ImportState.REFUSED, list(sentences)
        _rest(found)


def _failed(import_id: int, token: str, error: Exception) -> None:
    """Try again soon; what keeps failing stops, with the reason for those who run the system."""
    with _piece(import_id, token) as (s, found):
        found.attempts += 1
        found.lease_token = None
        found.lease_until = clock.wall() + timedelta(seconds=5 * found.attempts)
        if found.attempts >= MOST_ATTEMPTS:
            submitting = found.state == ImportState.SUBMITTING
            _take_back(s, found)
            found.state = ImportState.CHECKED if submitting else ImportState.REFUSED
            word = "提交" if submitting else "查验"
            found.notes = [
                f"{word}多次中断，已停止。请联系系统管理（{type(error).__name__}）；已完成的部分不受影响。"
            ]
            _rest(found)


def _report(progress: Progress | None, found: LoanImport) -> None:
    if progress is not None:
        progress(found)
