"""Filing in batches (批次): thousands of loans, first all checked, then filed case by case.

Each part is one transaction that also says how far the batch is: a worker that dies leaves a batch another one goes
on with, and no loan is filed twice.
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from flows.actions.applications import filing
from flows.actions.errors import ActionRefusedError, CheckerRequiredError, FieldFault, InvalidError, permitted
from flows.actions.forms.application_forms import MOST_LOANS as PER_CASE
from flows.actions.forms.application_forms import FilingForm, LoanForm, loan_form
from flows.actions.typed import attempt
from models import clock
from models.database import notify
from models.lifecycle import Board
from models.permissions import Actor, may_file
from models.records import person
from models.records.attachment import Blob
from models.records.filing_batch import BATCH_CHANNEL, BatchState, FilingBatch, waiting
from models.records.institution import Institution
from models.records.loan import Loan, LoanState

MOST_LOANS = 10_000
MOST_FAULTS = 1_000
MOST_ATTEMPTS = 5
LEASE = timedelta(minutes=2)
"""How long a part may take; a batch whose worker died is taken up again after it."""


def submit(s: Session, actor: Actor, board: Board, total: int, data: bytes) -> FilingBatch:
    """Take a batch: `data` is the JSON array of its loans as sent. Raises `ForbiddenError`, `CheckerRequiredError`."""
    permitted(may_file(actor, board))
    if s.get_one(Institution, actor.institution_id).checker_since is not None:
        raise CheckerRequiredError(
            "你单位启用了申报复核，批次不能直接提交。请用 POST /filings（每次最多 500 笔，答 202 待复核），"
            "或在网页“批量备案”上传清单，由复核人放行。"
        )
    digest = sha256(data).hexdigest()
    kept = insert(Blob).values(sha256=digest, size=len(data), data=data)
    s.connection().execute(kept.on_conflict_do_nothing())
    batch = FilingBatch(
        institution_id=actor.institution_id,
        person_id=actor.person_id,
        board=board,
        sha256=digest,
        total=total,
        received_at=clock.now(),
    )
    s.add(batch)
    s.flush()
    notify(s, BATCH_CHANNEL, str(batch.id))
    return batch


def take(s: Session) -> FilingBatch | None:
    """The oldest batch nobody works on, now leased to the caller; None if there is none."""
    batch = waiting(s, clock.wall())
    if batch is None:
        return None
    if batch.attempts == MOST_ATTEMPTS:
        _end(batch, [FieldFault("loans", "系统多次没有办完这一批，已停止。请联系系统管理岗位后重新提交。")])
        return take(s)
    batch.state, batch.lease_until = BatchState.WORKING, clock.wall() + LEASE
    batch.attempts += 1
    return batch


def go_on(s: Session, batch: FilingBatch) -> bool:
    """The next part of a leased batch: its check, or the next case. Whether there is more to do."""
    batch.lease_until = clock.wall() + LEASE
    actor = _actor(s, batch)
    board, stated = Board(batch.board), _stated(s, batch)
    if actor is None or not may_file(actor, board):
        return _end(batch, [FieldFault("loans", "提交人已不在岗或不再有备案权限，请由在岗经办重新提交。")])
    if batch.checked < batch.total:
        faults = check(s, actor, board, stated)
        batch.checked = batch.total
        return True if not faults else _end(batch, faults)
    start = batch.filed + len(batch.faults)
    forms = [_read(board, place, stated) for place in range(start, min(start + PER_CASE, batch.total))]
    _file(s, actor, batch, start, forms)
    done = batch.filed + len(batch.faults) >= batch.total
    return not done or _end(batch, [])


def check(s: Session, actor: Actor, board: Board, stated: Sequence[dict[str, Any]]) -> list[FieldFault]:
    """Every fault of every loan, duplicates included (fields "loans.0.principal" …)."""
    faults: list[FieldFault] = []
    first: dict[tuple[str, str], int] = {}
    for place, typed in enumerate(stated):
        form, wrong = attempt(loan_form(board), typed, f"loans.{place}.")
        faults += wrong
        if form is None:
            continue
        key = (form.contract_number, form.receipt_number)
        if key in first:
            said = f"与第 {first[key] + 1} 笔的合同号、借据号相同，同一借据只能备案一次。"
            faults.append(FieldFault(f"loans.{place}.receipt_number", said))
        first.setdefault(key, place)
    return faults + _filed_before(s, actor.institution_id, first)


def _filed_before(s: Session, institution_id: int, places: dict[tuple[str, str], int]) -> list[FieldFault]:
    """A fault for each loan the institution has filed already; one question for all of them."""
    query = select(Loan.contract_number, Loan.receipt_number).where(
        Loan.institution_id == institution_id,
        col(Loan.contract_number).in_({contract for contract, _ in places}),
        col(Loan.state).in_((LoanState.FILED, LoanState.REGISTERED)),
    )
    said = "该借据已由你单位备案，不能重复备案；展期请办理续备案。"
    return [
        FieldFault(f"loans.{places[key]}.receipt_number", said)
        for key in sorted({(contract, receipt) for contract, receipt in s.exec(query)} & set(places))
    ]


def _file(s: Session, actor: Actor, batch: FilingBatch, start: int, forms: list[LoanForm]) -> None:
    """One case of the next loans. What somebody filed since the check is left out and listed."""
    places = list(range(start, start + len(forms)))
    taken = {int(f.field.split(".")[1]) for f in filing.duplicates(s, actor.institution_id, forms)}
    left = [form for n, form in enumerate(forms) if n not in taken]
    said = "检查之后同一借据已由你单位另一笔提交备案，这一笔没有提交。"
    batch.faults = [
        *batch.faults,
        *({"field": f"loans.{places[n]}.receipt_number", "message": said} for n in sorted(taken)),
    ]
    if left:
        record = filing.submit(s, actor, FilingForm(board=Board(batch.board), loans=tuple(left)))
        batch.cases = [*batch.cases, record.number]
        batch.filed += len(left)


def _read(board: Board, place: int, stated: Sequence[dict[str, Any]]) -> LoanForm:
    form, faults = attempt(loan_form(board), stated[place], f"loans.{place}.")
    if form is None:  # checked before; only a change of the rules in between can bring it here
        raise InvalidError(faults)
    return form


def fail(s: Session, batch: FilingBatch, error: ActionRefusedError) -> None:
    """End a batch that cannot be filed, with the reason; what was filed stays filed."""
    faults = error.faults if isinstance(error, InvalidError) else (FieldFault("loans", error.sentence),)
    _end(batch, list(faults))


def _end(batch: FilingBatch, faults: list[FieldFault]) -> bool:
    listed = [{"field": fault.field, "message": fault.message} for fault in faults[:MOST_FAULTS]]
    batch.faults = [*batch.faults, *listed]
    batch.state = BatchState.REFUSED if faults and not batch.filed else BatchState.DONE
    batch.finished_at, batch.lease_until = clock.now(), None
    return False


def _stated(s: Session, batch: FilingBatch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(s.get_one(Blob, batch.sha256).data)
    return found


def _actor(s: Session, batch: FilingBatch) -> Actor | None:
    who = s.get_one(person.Person, batch.person_id)
    home = s.get_one(Institution, batch.institution_id)
    if not who.active or not home.active or who.institution_id != home.id:
        return None
    return Actor(
        batch.person_id,
        who.name,
        home.id or 0,
        person.roles_of(s, batch.person_id),
        home.files_board,
        by_key=True,
    )
