"""The process diagram: read from a process file, walked along a journal, drawn as an image with links."""

import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

import flows.claim
import flows.filing
import flows.recovery  # noqa: F401 - registers the processes
from flows.kernel import Case, Decision, gate, send_back, until
from flows.kernel.diagram import Chart, UnreadableError, read
from flows.kernel.diagram_path import Walk, follow
from flows.kernel.diagram_svg import draw
from flows.kernel.process import latest
from flows.steps import limits
from models import clock
from models.calendar import seeded_calendar
from models.gates import (
    ACCEPTANCE,
    CLAIM_GATES,
    CORRECTION,
    FILING_GATES,
    FIRST_REVIEW,
    LEADER_APPROVAL,
    MEETING,
    OBJECTION,
    PAYMENT,
    RECOVERY_GATES,
    Gate,
    Outcome,
)
from models.lifecycle import FINAL, Board, Process, State
from models.records.case import CaseRecord, EntryKind, JournalEntry

MONDAY = datetime(2026, 11, 2, 10, 0, tzinfo=clock.SHANGHAI)
CALENDAR = seeded_calendar()


def sample(case: Case) -> State:
    """补偿: a process file in miniature, with everything a real one has."""
    acceptance = corrected(case, ACCEPTANCE)
    if acceptance.refused:
        return State.NOT_ACCEPTED
    first = corrected(case, FIRST_REVIEW)
    leader = gate(case, LEADER_APPROVAL)
    for answer in (leader, first):
        if answer.refused:
            return refused(case)
    if leader.fields.get("meeting"):
        gate(case, MEETING)
    shortage = limits.reserve(case)
    if shortage:
        send_back(case, FIRST_REVIEW, shortage)
    while not until(case, State.PUBLIC_NOTICE, MONDAY):
        if gate(case, OBJECTION).refused:
            return refused(case)
    gate(case, PAYMENT)
    return State.PAID


def corrected(case: Case, asked: Gate) -> Decision:
    answer = gate(case, asked)
    while answer.returned:
        gate(case, CORRECTION)
        answer = gate(case, asked)
    return answer


def refused(case: Case) -> State:
    limits.release(case, "不予补偿")
    return State.CLAIM_REFUSED


def broken(case: Case) -> State:
    ending = State.PAID
    gate(case, PAYMENT)
    return ending


class Journal:
    """Writes entries one working day apart."""

    def __init__(self) -> None:
        self.entries: list[JournalEntry] = []

    def add(
        self, name: str, outcome: Outcome | None = None, opinion: str = "", **fields: Any
    ) -> JournalEntry:
        number = len(self.entries) + 1
        at = clock.start_of(CALENDAR.add_working_days(MONDAY.date(), number).day) + timedelta(hours=9)
        kind = EntryKind.UNTIL if name.startswith("until.") else EntryKind.GATE
        kind = EntryKind.STEP if "." in name and kind is EntryKind.GATE else kind
        entry = JournalEntry(
            id=number, case_id=1, kind=kind, name=name, key=f"{name}#{number}", opened_at=at, budget_days=5
        )
        if outcome is not None:
            entry.finished_at = at
            decision = Decision(
                outcome=outcome, opinion=opinion, fields=fields, person_id=1, person="王立群", at=at
            )
            entry.result = decision.model_dump(mode="json") if kind is EntryKind.GATE else {"value": ""}
        else:
            entry.due_at = at + timedelta(days=7)
        self.entries.append(entry)
        return entry

    def void_after(self, name: str) -> None:
        """What the kernel does when a case is sent back to `name`."""
        start = max(i for i, entry in enumerate(self.entries) if entry.name == name)
        for entry in self.entries[start:]:
            entry.voided_at = entry.opened_at


def case_at(state: State, *, closed: bool = False) -> CaseRecord:
    return CaseRecord(
        id=1, number="BC-2026-0001", process=Process.CLAIM, process_version=1, board=Board.BANK, institution_id=1,
        managing_institution_id=2, subject="示例", amount=Decimal("1.00"), state=state, state_since=MONDAY,
        opened_at=MONDAY, opened_by=1, closed_at=MONDAY + timedelta(days=30) if closed else None,
    )  # fmt: skip


def walked(journal: Journal, state: State, *, closed: bool = False) -> Walk:
    return follow(read(sample), case_at(state, closed=closed), journal.entries, CALENDAR)


def standing(walk: Walk) -> dict[str, str]:
    return {node.key: walk.marks[node.key].standing for node in walk.chart.nodes}


def test_the_chart_is_what_the_process_file_says() -> None:
    chart: Chart = read(sample)
    assert chart.title == "补偿"
    assert [node.key for node in chart.nodes] == [
        "start", "acceptance@/1", "correction@/1", "first_review@/2", "correction@/2", "leader_approval@",
        "meeting@", "limits.reserve@", "until.public_notice@", "objection@", "payment@",
        "end.not_accepted", "end.claim_refused", "end.paid",
    ]  # fmt: skip
    assert set(chart.edges) == {
        ("start", "acceptance@/1"),
        ("acceptance@/1", "correction@/1"),
        ("correction@/1", "acceptance@/1"),
        ("acceptance@/1", "end.not_accepted"),
        ("acceptance@/1", "first_review@/2"),
        ("first_review@/2", "correction@/2"),
        ("correction@/2", "first_review@/2"),
        ("first_review@/2", "leader_approval@"),
        ("leader_approval@", "end.claim_refused"),
        ("leader_approval@", "meeting@"),
        ("leader_approval@", "limits.reserve@"),
        ("meeting@", "limits.reserve@"),
        ("limits.reserve@", "until.public_notice@"),
        ("until.public_notice@", "objection@"),
        ("objection@", "until.public_notice@"),
        ("objection@", "end.claim_refused"),
        ("until.public_notice@", "payment@"),
        ("payment@", "end.paid"),
    }


def test_a_correction_stands_above_the_gate_that_asked_for_it() -> None:
    beside = {node.key: node.beside for node in read(sample).nodes if node.beside}
    assert beside == {"correction@/1": "acceptance@/1", "correction@/2": "first_review@/2"}


@pytest.mark.parametrize(
    ("process", "gates"),
    [(Process.FILING, FILING_GATES), (Process.CLAIM, CLAIM_GATES), (Process.RECOVERY, RECOVERY_GATES)],
)
def test_the_charts_of_the_real_processes_show_every_gate_and_end(
    process: Process, gates: tuple[Gate, ...]
) -> None:
    chart = read(latest(process).function)
    assert {node.name for node in chart.nodes if node.kind == "gate"} == {asked.key for asked in gates}
    ends = {State(node.name) for node in chart.nodes if node.kind == "end"}
    assert ends <= FINAL
    assert len(ends) == {Process.FILING: 2, Process.CLAIM: 3, Process.RECOVERY: 4}[process]
    reached = {target for _, target in chart.edges}
    assert reached == {node.key for node in chart.nodes} - {"start"}


def test_an_end_that_is_no_state_is_reported_with_the_file() -> None:
    with pytest.raises(UnreadableError, match=__name__):
        read(broken)


def test_a_returned_claim_shows_its_round_the_reason_and_how_long_the_clock_stood() -> None:
    journal = Journal()
    journal.add("acceptance", Outcome.RETURN, "缺少放款凭证")
    correction = journal.add("correction", Outcome.APPROVE)
    correction.finished_at = correction.opened_at + timedelta(days=2)  # Wednesday to Friday
    journal.add("acceptance", Outcome.APPROVE)
    journal.add("first_review")
    with clock.at(datetime(2026, 11, 10, 10, 0, tzinfo=clock.SHANGHAI)):
        walk = walked(journal, State.FIRST_REVIEW)
    marks = walk.marks
    assert (marks["acceptance@/1"].standing, marks["acceptance@/1"].note) == ("done", "11-05×2")
    assert marks["correction@/1"].note == "停钟2日"
    assert marks["correction@/2"].standing == "todo"
    assert (marks["first_review@/2"].standing, marks["first_review@/2"].note) == ("now", "第2/5日")
    back = walk.backs["acceptance@/1", "correction@/1"]
    assert (back.count, back.reason) == (1, "缺少放款凭证")
    assert ("correction@/1", "acceptance@/1") in walk.taken
    assert ("acceptance@/1", "first_review@/2") in walk.taken
    assert "受理（2轮）" in walk.story
    assert walk.story.endswith("其后为补偿审批、联席会议表决、预留额度、公示、异议处理、拨付确认")


def test_approvals_that_were_sent_back_are_shown_as_void_until_given_again() -> None:
    journal = Journal()
    journal.add("acceptance", Outcome.APPROVE)
    journal.add("first_review", Outcome.APPROVE)
    journal.add("leader_approval", Outcome.SEND_BACK, "利率凭证存疑", target="first_review")
    journal.void_after("first_review")
    journal.add("first_review")
    walk = walked(journal, State.FIRST_REVIEW)
    assert standing(walk)["leader_approval@"] == "void"
    assert standing(walk)["first_review@/2"] == "now"
    back = walk.backs["leader_approval@", "first_review@/2"]
    assert (back.count, back.reason) == (1, "利率凭证存疑")
    journal.entries[-1].finished_at = journal.entries[-1].opened_at
    journal.add("leader_approval")
    again = walked(journal, State.LEADER_APPROVAL)
    assert standing(again)["leader_approval@"] == "now"
    assert "退回：利率凭证存疑" in draw(again)


def test_a_shortage_sends_the_case_back_by_itself() -> None:
    journal = Journal()
    for name in ("acceptance", "first_review", "leader_approval", "limits.reserve"):
        journal.add(name, Outcome.APPROVE)
    journal.add("send_back.first_review", Outcome.APPROVE).result = {"reason": "年度预算不足"}
    journal.void_after("first_review")
    journal.add("first_review")
    walk = walked(journal, State.FIRST_REVIEW)
    assert walk.backs["limits.reserve@", "first_review@/2"].reason == "年度预算不足"


def test_a_branch_not_taken_is_dashed_once_the_case_is_past_it() -> None:
    journal = Journal()
    for name in ("acceptance", "first_review", "leader_approval", "limits.reserve"):
        journal.add(name, Outcome.APPROVE)
    journal.add("until.public_notice")
    walk = walked(journal, State.PUBLIC_NOTICE)
    assert standing(walk)["meeting@"] == "skip"
    assert standing(walk)["objection@"] == "todo"
    assert ("leader_approval@", "limits.reserve@") in walk.taken
    assert ("leader_approval@", "meeting@") not in walk.taken


def test_a_closed_case_stands_at_its_end_and_nothing_is_to_come() -> None:
    journal = Journal()
    journal.add("acceptance", Outcome.REFUSE, "不属于受理范围")
    walk = walked(journal, State.NOT_ACCEPTED, closed=True)
    assert standing(walk)["end.not_accepted"] == "now"
    assert ("acceptance@/1", "end.not_accepted") in walk.taken
    assert "todo" not in standing(walk).values()


def test_a_withdrawn_case_says_where_it_stood() -> None:
    journal = Journal()
    journal.add("acceptance", Outcome.APPROVE)
    journal.add("first_review").voided_at = MONDAY
    walk = walked(journal, State.WITHDRAWN, closed=True)
    assert walk.marks["first_review@/2"].note == "已撤回"
    assert walk.story.endswith("结果：已撤回")


def test_the_drawing_is_one_labelled_image_with_links_and_nothing_inline() -> None:
    journal = Journal()
    journal.add("acceptance", Outcome.RETURN, '<script>alert("1")</script>')
    journal.add("correction")
    svg = draw(walked(journal, State.CORRECTION))
    root = ET.fromstring(svg)  # noqa: S314 - our own drawing
    image = root.find("g[@role='img']")
    assert image is not None
    assert image.get("aria-label", "").startswith("补偿流程图：")
    assert "style=" not in svg
    assert "<script" not in svg
    assert [link.get("href") for link in root.findall("a")] == ["#r1", "#r2"]
    assert not image.findall(".//a"), "links stand outside the image, or nobody could reach them"
