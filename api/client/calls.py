"""The client of banks and guarantors: file, claim, correct, follow, acknowledge, recover."""

import hashlib
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from api.client.loan_changes import LoanChanges
from api.client.models import Batch, Case, Document, Event, Loan, Me, Notice, Submission, Upload
from api.client.transport import read


class Fengbu(LoanChanges):
    """One institution's way to the API."""

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
        return read(answer, Upload)

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
        """Submit a returned case again: what changes of its loans (by id) or of the claim, or the whole recovery.
        `Case.to_correct` says what was returned; a change of anything else needs a `note`."""
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


def _named(materials: Mapping[str, Upload] | None) -> dict[str, str]:
    return {slot: str(upload.id) for slot, upload in (materials or {}).items()}
