import json
import os
from pathlib import Path

from api.client import Fengbu  # httpx + pydantic; retries with the same Idempotency-Key

MATERIALS = ("application", "credit_approval", "contract", "loss_statement", "collection", "commitment")
DAY = 86_400

with Fengbu(os.environ["FENGBU_URL"], os.environ["FENGBU_KEY"]) as bank:
    filing = bank.file([json.loads(Path("loan.json").read_bytes())])
    bank.wait_for(filing.number, "registered", patience=30 * DAY)
    (loan,) = bank.loans_of(filing)

    files = {slot: bank.upload(Path(f"{slot}.pdf")) for slot in MATERIALS}  # checked by SHA-256 on arrival
    claim = bank.claim(loan, json.loads(Path("claim.json").read_bytes()), files)

    case = bank.wait_for(claim.number, "receipt", "claim_refused", patience=90 * DAY)
    if case.claim is not None and case.claim.paid is not None:
        bank.confirm_receipt(case, bank.me().now.date(), case.claim.paid)
    for document in bank.documents(claim.number):
        Path(document.filename).write_bytes(bank.download(document))  # compared with its hash

    place = Path("events.txt")  # how far we have read: nothing is ever missed or repeated
    events, after = bank.events(place.read_text() if place.exists() else "")
    place.write_text(after)
