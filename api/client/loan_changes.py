"""Changes of a registered loan (展期, 提前还款, 法定代表人变更, 更正) and anomalies: registered by its institution, confirmed by
the managing one."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from api.client.models import Enclosed, Loan, LoanChange, Upload
from api.client.transport import Transport


class LoanChanges(Transport):
    """What an institution registers about its loans after their filing."""

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

    def report_anomaly(self, loan: Loan, facts: Mapping[str, Any]) -> LoanChange:
        """异常情况: anomaly, on, unpaid (元), reason, measures, document."""
        return self._post(f"/loans/{loan.id}/anomalies", dict(facts), LoanChange)

    def answer_warning(self, change: LoanChange, words: str, files: Sequence[Upload] = ()) -> LoanChange:
        """回复风险提示函, once, with files uploaded before."""
        body = {"words": words, "attachments": [str(file.id) for file in files]}
        return self._post(f"/loan-changes/{change.id}/reply", body, LoanChange)

    def warning_file(self, file: Enclosed) -> bytes:
        """A file of an answer, as it was uploaded."""
        return self._send("GET", f"/warning-files/{file.id}/content").content

    def withdraw_change(self, change: LoanChange) -> LoanChange:
        """Take back a change that was not decided yet."""
        return self._post(f"/loan-changes/{change.id}/withdrawal", None, LoanChange)

    def changes_of(self, loan: Loan) -> list[LoanChange]:
        """Every change of a loan, oldest first."""
        return list(self._pages(f"/loans/{loan.id}/changes", LoanChange, {}))
