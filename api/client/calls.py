"""The client: every call retried safely, every refusal an exception with its code and its faults."""

import hashlib
import random
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import uuid4

import httpx

from api.client.models import (
    Answer,
    Batch,
    Case,
    Document,
    Event,
    Fault,
    Loan,
    LoanChange,
    Me,
    Notice,
    Submission,
    Upload,
)

A = TypeVar("A", bound=Answer)
TRIES = 6
LONGEST_PAUSE = 30.0
AGAIN = {408, 429, 500, 502, 503, 504}


class RefusedError(Exception):
    """The API said no. `code` is stable, `detail` a Chinese sentence, `faults` what to correct and where."""

    def __init__(self, status: int, code: str, detail: str, faults: Sequence[Fault], request_id: str) -> None:
        listed = "".join(f"\n  {fault.pointer}: {fault.detail}" for fault in faults)
        super().__init__(f"{status} {code}: {detail}{listed}")
        self.status = status
        self.code = code
        self.detail = detail
        self.faults = tuple(faults)
        self.request_id = request_id


class AwaitsReleaseError(Exception):
    """The institution works by 经办/复核: all was checked and kept, and `submission` waits for a colleague on the portal.
    Ask `Fengbu.submission` until its `state` is released (then it has its `case_number`) or returned."""

    def __init__(self, submission: Submission) -> None:
        super().__init__(f"submission {submission.id} waits for a checker")
        self.submission = submission


class Fengbu:
    """One institution's way to the API. Writes carry an `Idempotency-Key` that stays the same over retries, so a
    call that was cut off is never done twice."""

    def __init__(self, base_url: str, key: str, *, timeout: float = 30.0) -> None:
        self._http = httpx.Client(
            base_url=f"{base_url.rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {key}", "User-Agent": "fengbu-client/1"},
            timeout=timeout,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def me(self) -> Me:
        """Whom the key acts for."""
        return self._get("/me", Me)

    # -- doing ------------------------------------------------------------------------------------------------

    def upload(self, file: Path | bytes, filename: str = "") -> Upload:
        """Upload a file; its digest is checked on arrival."""
        data = file if isinstance(file, bytes) else file.read_bytes()
        name = filename or (file.name if isinstance(file, Path) else "")
        digest = b64encode(hashlib.sha256(data).digest()).decode()
        answer = self._send(
            "POST",
            "/uploads",
            params={"filename": name},
            content=data,
            headers={"Content-Digest": f"sha-256=:{digest}:", "Content-Type": "application/octet-stream"},
        )
        return _read(answer, Upload)

    def file(self, loans: Sequence[Mapping[str, Any]], materials: Mapping[str, Upload] | None = None) -> Case:
        """File 1…500 loans as one case."""
        body = {"loans": [dict(loan) for loan in loans], "materials": _named(materials)}
        return self._post("/filings", body, Case)

    def file_batch(self, loans: Sequence[Mapping[str, Any]]) -> Batch:
        """Hand in up to 10,000 loans; follow them with `batch`."""
        return self._post("/filing-batches", {"loans": [dict(loan) for loan in loans]}, Batch)

    def batch(self, batch: Batch) -> Batch:
        """How far a batch is."""
        return self._get(f"/filing-batches/{batch.id}", Batch)

    def claim(self, loan: Loan, facts: Mapping[str, Any], materials: Mapping[str, Upload]) -> Case:
        """Claim on a registered loan."""
        body = {"loan_id": loan.id, "claim": dict(facts), "materials": _named(materials)}
        return self._post("/claims", body, Case)

    def correct(
        self,
        case: Case,
        *,
        loans: Mapping[int, Mapping[str, Any]] | None = None,
        claim: Mapping[str, Any] | None = None,
        recovery: Mapping[str, Any] | None = None,
        materials: Mapping[str, Upload] | None = None,
        note: str = "",
    ) -> Case:
        """Submit a returned case again: changed loans (by id) of a filing, or the whole claim or recovery."""
        body: dict[str, Any] = {"materials": _named(materials), "note": note}
        if loans:
            body["loans"] = {str(key): dict(loan) for key, loan in loans.items()}
        if claim is not None:
            body["claim"] = dict(claim)
        if recovery is not None:
            body["recovery"] = dict(recovery)
        return self._post(f"/cases/{case.number}/corrections", body, Case, seen=case)

    def withdraw(self, case: Case, reason: str) -> Case:
        """Take a case back before it is decided."""
        return self._post(f"/cases/{case.number}/withdrawal", {"reason": reason}, Case, seen=case)

    def confirm_receipt(self, case: Case, received_on: date, amount: Decimal) -> Case:
        """Confirm what arrived."""
        body = {"received_on": received_on.isoformat(), "received_amount": f"{amount:.2f}"}
        return self._post(f"/cases/{case.number}/receipt", body, Case, seen=case)

    def recover(
        self, claim: Case | str, facts: Mapping[str, Any], materials: Mapping[str, Upload] | None = None
    ) -> Case:
        """Register what came back of a paid claim: receipts, costs, what brought it, how it goes on."""
        number = claim if isinstance(claim, str) else claim.number
        body = {"claim_number": number, "recovery": dict(facts), "materials": _named(materials)}
        return self._post("/recoveries", body, Case)

    def hand_in_slip(
        self, case: Case, returned_on: date, amount: Decimal, slip_number: str, slip: Upload
    ) -> Case:
        """State what was returned to the treasury, with its slip."""
        stated = {"returned_on": returned_on.isoformat(), "returned_amount": f"{amount:.2f}"}
        body = {**stated, "slip_number": slip_number, "materials": _named({"return_slip": slip})}
        return self._post(f"/cases/{case.number}/return-slip", body, Case, seen=case)

    def extend(self, loan: Loan, signed_on: date, new_due_on: date, reason: str, document: str) -> LoanChange:
        """展期（续备案）: registered now, counts once the managing institution has confirmed it."""
        days = {"on": signed_on.isoformat(), "new_due_on": new_due_on.isoformat()}
        body = {**days, "reason": reason, "document": document}
        return self._post(f"/loans/{loan.id}/extensions", body, LoanChange)

    def prepay(self, loan: Loan, on: date, repaid: Decimal, reason: str, document: str) -> LoanChange:
        """提前还款, 元."""
        body = {"on": on.isoformat(), "repaid": f"{repaid:.2f}", "reason": reason, "document": document}
        return self._post(f"/loans/{loan.id}/prepayments", body, LoanChange)

    def change_representative(
        self, loan: Loan, on: date, former: str, successor: str, reason: str, document: str
    ) -> LoanChange:
        """法定代表人变更 of the borrower, as the registry has it since `on`."""
        names = {"on": on.isoformat(), "former": former, "successor": successor}
        body = names | {"reason": reason, "document": document}
        return self._post(f"/loans/{loan.id}/representatives", body, LoanChange)

    def correct_loan(
        self, loan: Loan, corrected: Mapping[str, Any], reason: str, document: str
    ) -> LoanChange:
        """更正: only the fields that were wrong."""
        body = {"corrected": dict(corrected), "reason": reason, "document": document}
        return self._post(f"/loans/{loan.id}/corrections", body, LoanChange)

    def withdraw_change(self, change: LoanChange) -> LoanChange:
        """Take back a change that was not decided yet."""
        return self._post(f"/loan-changes/{change.id}/withdrawal", None, LoanChange)

    def changes_of(self, loan: Loan) -> list[LoanChange]:
        """Every change of a loan, oldest first."""
        return list(self._pages(f"/loans/{loan.id}/changes", LoanChange, {}))

    def acknowledge(self, notice: Notice) -> Notice:
        """Say that a notice was taken note of."""
        return self._post(f"/notices/{notice.id}/acknowledgement", None, Notice)

    # -- asking -----------------------------------------------------------------------------------------------

    def case(self, number: str) -> Case:
        """A case as it stands."""
        return self._get(f"/cases/{number}", Case)

    def cases(self, **filters: str) -> Iterator[Case]:
        """Cases, newest first; filters process, state, open, uscc."""
        return self._pages("/cases", Case, filters)

    def submission(self, submission: Submission) -> Submission:
        """What waits for the institution's checker, as it stands now."""
        return self._get(f"/submissions/{submission.id}", Submission)

    def loans(self, **filters: str) -> Iterator[Loan]:
        """Loans, newest first; filters state, uscc, contract_number, receipt_number."""
        return self._pages("/loans", Loan, filters)

    def loans_of(self, case: Case | str) -> list[Loan]:
        """The loans of a filing."""
        number = case if isinstance(case, str) else case.number
        return list(self._pages(f"/cases/{number}/loans", Loan, {}))

    def documents(self, case: Case | str) -> list[Document]:
        """The documents of a case."""
        number = case if isinstance(case, str) else case.number
        return list(self._pages(f"/cases/{number}/documents", Document, {}))

    def download(self, document: Document) -> bytes:
        """The document's bytes. ValueError if they are not those that were issued."""
        data = self._send("GET", f"/documents/{document.id}/content").content
        if hashlib.sha256(data).hexdigest() != document.sha256:
            raise ValueError(f"document {document.id}: the bytes do not have the hash it was issued with")
        return data

    def notices(self, *, unread: bool = False) -> Iterator[Notice]:
        """The inbox, newest first."""
        return self._pages("/notices", Notice, {"unread": "true"} if unread else {})

    def events(self, after: str = "") -> tuple[list[Event], str]:
        """What happened since `after`, and the next `after` to keep. Read until the list is empty."""
        found: list[Event] = []
        more = True
        while more:
            said = self._send("GET", "/events", params={"after": after}).json()
            found += [Event.model_validate(item) for item in said["items"]]
            after, more = said["next"], said["more"]
        return found, after

    def wait_for(self, number: str, *states: str, patience: float = 60.0) -> Case:
        """The case once it stands at one of `states`. TimeoutError after `patience` seconds."""
        end = time.monotonic() + patience
        pause = 0.1
        while True:
            found = self.case(number)
            if found.state in states:
                return found
            if time.monotonic() + pause > end:
                raise TimeoutError(f"{number} stands at {found.state}, not at {' or '.join(states)}")
            time.sleep(pause)
            pause = min(pause * 1.5, 2.0)

    # -- travelling -------------------------------------------------------------------------------------------

    def _get(self, path: str, kind: type[A], asked: Mapping[str, str] | None = None) -> A:
        return _read(self._send("GET", path, params=asked), kind)

    def _post(self, path: str, body: Any, kind: type[A], *, seen: Answer | None = None) -> A:
        headers = {"If-Match": seen.etag} if seen is not None else {}
        given = {} if body is None else {"json": body}
        return _read(self._send("POST", path, headers=headers, **given), kind)

    def _pages(self, path: str, kind: type[A], filters: Mapping[str, str]) -> Iterator[A]:
        after: str | None = ""
        while after is not None:
            said = self._send("GET", path, params={**filters, **({"after": after} if after else {})}).json()
            for item in said["items"]:
                yield kind.model_validate(item)
            after = said["next"]

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """One call, tried again with the same key after a cut connection, 429 or 5xx."""
        headers = dict(request.pop("headers", {}))
        if method != "GET":
            headers["Idempotency-Key"] = str(uuid4())
        for attempt in range(1, TRIES + 1):
            answer: httpx.Response | None = None
            try:
                answer = self._http.request(method, path, headers=headers, **request)
            except httpx.TransportError:
                if attempt == TRIES:
                    raise
            if answer is not None and (answer.status_code not in AGAIN or attempt == TRIES):
                return _accepted(answer)
            time.sleep(_pause(attempt, answer))
        raise AssertionError("the last try returns or raises")


def _pause(attempt: int, answer: httpx.Response | None) -> float:
    asked = answer.headers.get("Retry-After", "") if answer is not None else ""
    if asked.isascii() and asked.isdigit():
        return min(float(asked), LONGEST_PAUSE)
    backed_off: float = min(0.2 * 2**attempt, LONGEST_PAUSE) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
    return backed_off


def _accepted(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        said = answer.json()
    except ValueError:
        said = {}
    faults = [Fault.model_validate(item) for item in said.get("faults", ())]
    raise RefusedError(
        answer.status_code, said.get("code", ""), said.get("detail", ""), faults, said.get("request_id", "")
    )


def _read(answer: httpx.Response, kind: type[A]) -> A:
    if kind is Case and answer.status_code == httpx.codes.ACCEPTED:
        raise AwaitsReleaseError(Submission.model_validate_json(answer.content))
    found = kind.model_validate_json(answer.content)
    found._etag = answer.headers.get("ETag", "")
    return found


def _named(materials: Mapping[str, Upload] | None) -> dict[str, str]:
    return {slot: str(upload.id) for slot, upload in (materials or {}).items()}
