"""Where a 补正清单 points: by check, by name, by words; and what a correction may change without saying why."""

import pytest
from sqlmodel import Session

from flows.actions.answers import pointing
from flows.actions.applications import correcting
from flows.actions.colleagues import visiting
from flows.actions.errors import InvalidError
from flows.actions.forms.application_forms import read_claim, read_loan
from models.gates import CORRECTION
from models.lifecycle import Board, Process
from models.policy.materials import SLOTS
from models.records.loan import of_case
from models.records.timeline import of_case as events_of
from tests.actions.samples import claim, claim_on, file_one, loan, png, registered, returned, waiting_at
from tests.seed import actor


def test_every_place_of_a_check_is_a_place_of_some_application(s: Session) -> None:
    who = actor(s, "linwanyi")
    known = dict(pointing.places(s, file_one(s, who, receipt_number="JJ-1")).titles)
    known |= pointing.places(s, claim_on(s, who, registered(s, who, receipt_number="JJ-2"))).titles
    slots = {f"materials.{one.key}" for of in SLOTS.values() for board in Board for one in of[board]}
    recovery = {"receipts", "costs", "court_number", "progress"}
    named = {name for places in pointing.CHECKED.values() for name in places}
    assert named <= set(known) | slots | recovery


@pytest.mark.parametrize(
    ("words", "places"),
    [
        ("未清偿本金", ("unpaid_principal",)),
        ("材料 3", ("materials.contract",)),
        ("催收材料", ("materials.collection",)),
        ("未清偿本金、还本付息明细", ("unpaid_principal", "materials.collection")),
        ("申请材料", ()),
        ("其他", ()),
    ],
)
def test_words_name_the_places_of_a_claim(s: Session, words: str, places: tuple[str, ...]) -> None:
    who = actor(s, "linwanyi")
    assert pointing.places(s, claim_on(s, who, registered(s, who))).named(words) == places


def test_words_name_a_loan_and_its_fields(s: Session) -> None:
    record = file_one(s, actor(s, "linwanyi"))
    (row,) = of_case(s, record.id or 0)
    known = pointing.places(s, record)
    assert known.named("第 1 笔 年利率") == (f"loans.{row.id}.annual_rate_pct",)
    assert known.named("第1笔 东莞市德润包装材料有限公司") == (f"loans.{row.id}",)
    assert known.named("第 9 笔") == ()
    assert pointing.of_check("loan.term", 7) == ("loans.7.disbursed_on", "loans.7.due_on")


def test_a_return_keeps_the_places_it_names_and_refuses_others(s: Session) -> None:
    who = actor(s, "linwanyi")
    record = claim_on(s, who, registered(s, who))
    kept = pointing.pointed(
        s,
        record,
        [
            {"where": "", "problem": "金额不符", "at": ["requested"]},
            {
                "where": "还本付息明细",
                "problem": "缺页",
                "at": ("overdue_since", "uscc"),
                "check": "|claim.trigger",
            },
            {"where": "申请材料", "problem": "缺催收材料"},
            {"where": "申请材料", "problem": "请说明情况"},
        ],
    )
    assert [one.get("at") for one in kept] == [
        ["requested"],
        ["overdue_since"],
        ["materials.collection"],
        None,
    ]
    assert "check" not in kept[1]
    with pytest.raises(InvalidError) as refused:
        pointing.pointed(s, record, [{"problem": "x", "at": ["annual_rate_pct"]}])
    assert refused.value.faults[0].field == "faults.0.points"


def test_pointers_lead_into_the_body_of_a_correction_and_back() -> None:
    for process, name, written in (
        (Process.CLAIM, "requested", "/claim/requested"),
        (Process.CLAIM, "materials.contract", "/materials/contract"),
        (Process.RECOVERY, "receipts", "/recovery/receipts"),
        (Process.FILING, "loans.12.due_on", "/loans/12/due_on"),
        (Process.FILING, "loans.12", "/loans/12"),
    ):
        assert pointing.pointer(process, name) == written
        assert pointing.place(process, written) == name


def test_a_change_beyond_what_was_returned_needs_a_reason_and_is_marked(s: Session) -> None:
    who, reviewer = actor(s, "linwanyi"), actor(s, "chenjiamin")
    record = claim_on(s, who, registered(s, who))
    visiting.visit_case(s, reviewer, record)
    waiting_at(s, record, CORRECTION)
    returned(s, record, {"problem": "金额不符", "at": ["requested"]})
    form = read_claim(Board.BANK, claim(requested="1,600,000.00", cause="另一原因"))
    with pytest.raises(InvalidError) as refused, s.begin_nested():
        correcting.correct_claim(s, who, record.number, form, [("collection", "催收.png", "", png())])
    assert refused.value.faults[0].field == "note"
    assert "“损失原因”、材料“还本付息明细" in refused.value.faults[0].message
    correcting.correct_claim(s, who, record.number, form, note="原因写错了。")
    event = next(e for e in events_of(s, record.id or 0) if e.event == "correction_resubmitted")
    assert [(one["what"], one.get("beyond")) for one in event.data["changed"]] == [
        ("损失原因", "退回范围以外"),
        ("申请补偿金额", None),
    ]
    told = visiting.unseen(s, reviewer, record)
    assert told is not None
    assert {one.label for one in told.fields} >= {"损失原因（退回范围以外）", "申请补偿金额"}


def test_what_was_returned_is_changed_without_a_word(s: Session) -> None:
    who = actor(s, "linwanyi")
    record = file_one(s, who)
    (row,) = of_case(s, record.id or 0)
    waiting_at(s, record, CORRECTION)
    returned(s, record, {"problem": "利率", "at": [f"loans.{row.id}.annual_rate_pct"]})
    form = read_loan(Board.BANK, loan(annual_rate_pct="4.00"))
    correcting.correct_filing(s, who, record.number, {row.id or 0: form})
    assert row.annual_rate_pct == form.annual_rate_pct
