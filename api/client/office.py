"""The typed client for what the office does besides its tasks: sessions of the joint meeting, changes of loans, 代理, 回避."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from api.client.calls import Fengbu
from api.client.desk_models import Colleague
from api.client.models import Case, LoanChange
from api.client.office_models import Handover, Item, Meeting, Recusal, Substitution


class Office(Fengbu):
    """What acts on a session, a change or a case names it as it was last read; RefusedError 412 otherwise."""

    # -- 联席会议 ---------------------------------------------------------------------------------------------

    def meetings(self) -> Iterator[Meeting]:
        """The newest sessions."""
        return self._pages("/meetings", Meeting, {})

    def meeting(self, meeting: Meeting | int) -> Meeting:
        """A session as it stands: agenda, votes, attendance."""
        return self._get(f"/meetings/{meeting if isinstance(meeting, int) else meeting.id}", Meeting)

    def meeting_candidates(self) -> Iterator[Case]:
        """Cases that wait for the meeting and stand on no agenda."""
        return self._pages("/meeting-candidates", Case, {})

    def convene(self, held_on: date, place: str) -> Meeting:
        """召集."""
        return self._post("/meetings", {"held_on": held_on.isoformat(), "place": place}, Meeting)

    def put_on(self, meeting: Meeting, *numbers: str) -> Meeting:
        """列入议程: all of these cases, or none."""
        return self._post(f"/meetings/{meeting.id}/items", {"cases": list(numbers)}, Meeting)

    def take_off(self, meeting: Meeting, item: Item) -> Meeting:
        """撤下议程."""
        return self._post(f"/meetings/{meeting.id}/items/{item.id}/removal", None, Meeting)

    def call(self, meeting: Meeting) -> Meeting:
        """发会议通知."""
        return self._post(f"/meetings/{meeting.id}/call", None, Meeting)

    def cancel(self, meeting: Meeting) -> Meeting:
        """取消会议."""
        return self._post(f"/meetings/{meeting.id}/cancellation", None, Meeting, seen=self._seen(meeting))

    def record(
        self,
        meeting: Meeting,
        *,
        present: Sequence[int],
        leave: Sequence[int] = (),
        chair: int | None = None,
        observers: Sequence[tuple[str, str]] = (),
        resolutions: Sequence[str] = (),
        wordings: Mapping[int, str] | None = None,
    ) -> Meeting:
        """会议记录: members by id, observers as (organ, name), words added to an item's resolution by its id."""
        seen = self._seen(meeting)
        body: dict[str, Any] = {
            "held_on": seen.held_on.isoformat(),
            "place": seen.place,
            "present": list(present),
            "leave": list(leave),
            "observers": [{"organ": organ, "name": name} for organ, name in observers],
            "resolutions": list(resolutions),
            "wordings": {str(key): words for key, words in (wordings or {}).items()},
        }
        if chair is not None:
            body["chair"] = chair
        return self._post(f"/meetings/{meeting.id}/record", body, Meeting, seen=seen)

    def vote(self, meeting: Meeting, item: Item, outcome: str, opinion: str = "") -> Meeting:
        """表决: approve or refuse, for oneself; what was shown with the item is named."""
        body = {"outcome": outcome, "opinion": opinion, "shown": item.shown}
        return self._post(f"/meetings/{meeting.id}/items/{item.id}/vote", body, Meeting)

    def conclude(self, meeting: Meeting) -> Meeting:
        """议定: count, issue the 纪要, give each case its result (`said`)."""
        return self._post(f"/meetings/{meeting.id}/conclusion", None, Meeting, seen=self._seen(meeting))

    def meeting_materials(self, meeting: Meeting) -> bytes:
        """材料包: a zip, one folder a case."""
        return self._send("GET", f"/meetings/{meeting.id}/materials").content

    # -- 变更, 异议, 待额度 -----------------------------------------------------------------------------------

    def waiting_changes(self) -> Iterator[LoanChange]:
        """Changes of loans that wait for a decision, earliest deadline first."""
        return self._pages("/loan-changes", LoanChange, {})

    def decide_change(self, change: LoanChange, verdict: str, note: str = "") -> LoanChange:
        """confirmed or rejected."""
        seen = change if change.etag else self._get(f"/loan-changes/{change.id}", LoanChange)
        body = {"verdict": verdict, "note": note}
        return self._post(f"/loan-changes/{change.id}/decision", body, LoanChange, seen=seen)

    def warn(self, change: LoanChange, standard: str, request: str) -> LoanChange:
        """风险提示函 about a confirmed anomaly: what it is measured against, what is asked."""
        body = {"standard": standard, "request": request}
        return self._post(f"/loan-changes/{change.id}/warning", body, LoanChange)

    def object_to(self, case: Case, objector: str, contact: str, content: str) -> Case:
        """登记公示异议."""
        body = {"objector": objector, "contact": contact, "content": content}
        return self._post(f"/cases/{case.number}/objections", body, Case, seen=case)

    def recalculate(self, case: Case, reason: str) -> Case:
        """待额度案件退回重新测算."""
        return self._post(f"/cases/{case.number}/recalculation", {"reason": reason}, Case, seen=case)

    # -- 代理, 回避, 移交 -------------------------------------------------------------------------------------

    def substitutions(self) -> list[Substitution]:
        """代理 in force or to come."""
        return list(self._pages("/substitutions", Substitution, {}))

    def substitute(
        self, person: int, substitute: Colleague, starts_on: date, ends_on: date, reason: str
    ) -> Substitution:
        """登记代理."""
        days = {"starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat()}
        body = {"person": person, "substitute": substitute.id, "reason": reason, **days}
        return self._post("/substitutions", body, Substitution)

    def end_substitution(self, substitution: Substitution) -> Substitution:
        """结束代理."""
        return self._post(f"/substitutions/{substitution.id}/end", None, Substitution)

    def recusals(self) -> list[Recusal]:
        """回避 in force."""
        return list(self._pages("/recusals", Recusal, {}))

    def recuse(self, person: int, reason: str, *, institution: str = "", uscc: str = "") -> Recusal:
        """登记回避: of an institution (its code) or of a firm."""
        body = {"person": person, "reason": reason, "institution": institution, "uscc": uscc}
        return self._post("/recusals", body, Recusal)

    def end_recusal(self, recusal: Recusal) -> Recusal:
        """解除回避."""
        return self._post(f"/recusals/{recusal.id}/end", None, Recusal)

    def hand_over(self, person: int, to: Colleague) -> Handover:
        """移交."""
        return self._post("/handovers", {"person": person, "to": to.id}, Handover)

    def _seen(self, meeting: Meeting) -> Meeting:
        return meeting if meeting.etag else self.meeting(meeting)
