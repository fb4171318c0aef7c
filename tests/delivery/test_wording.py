"""What a notice says, for every event, and what no firm's name can make it say."""

from datetime import date
from typing import Any

import pytest
from jinja2.exceptions import UndefinedError
from pydantic import ValidationError

from flows.delivery import wording
from flows.delivery.events import EVENT_NAMES, EVENTS, NoticeContext, context_of
from flows.delivery.wording import TEMPLATES, word

CASE = {
    "number": "BC-2026-0187",
    "process": "claim",
    "board": "bank",
    "state": "acceptance",
    "subject": "东莞市松湖精密有限公司",
    "applicant": "莞邑银行股份有限公司",
    "managing": "东莞市电子计算中心",
    "amount": "1250000.00",
    "decided_amount": None,
    "link": "https://fengbu.example/cases/BC-2026-0187",
}
OFFICE = {
    "to": "宋一鸣",
    "topic": "2026年第3次会议",
    "link": "https://fengbu.example/meetings/3",
    "why": "你是联席会议成员",
}
ITEM = {
    "number": "BC-2026-0187",
    "subject": "东莞市松湖精密有限公司",
    "applicant": "莞邑银行股份有限公司",
    "proposed": "1000000.00",
}
LETTER = {
    "code": "D23",
    "title": "风险补偿决定通知书",
    "number": "东工信函〔2026〕12号",
    "filename": "a.docx",
    "sha256": "0" * 64,
}
FAULT = {
    "where": "第2笔·年利率",
    "problem": "利率4.65%高于合同日上限4.50%。",
    "remedy": "更正或说明。",
    "clause": "三（四）",
}
DUE = date(2026, 11, 30)
OWED = {"what": "欠息", "loan": "示例 JJ-1", "letter": "计险〔2026〕1号", "due_on": DUE}
FACTS: dict[str, dict[str, Any]] = {
    "filing_received": {"loans": 12},
    "filing_backfilled": {"loans": 12, "by": "东莞市电子计算中心", "source": "东工信〔2024〕18号备案清单"},
    "filing_returned": {
        "stage": "经办审核",
        "items": [FAULT, {"problem": "缺借款合同。"}],
        "due_on": DUE,
        "days": 5,
    },
    "filing_registered": {"registered": 10, "excluded": 2},
    "filing_refused": {"reason": "企业不在白名单内。", "clause": "三（四）"},
    "claim_received": {},
    "claim_accepted": {},
    "claim_returned": {"stage": "受理", "items": [FAULT], "due_on": DUE, "days": 5, "provisional": True},
    "claim_not_accepted": {"reason": "贷款未备案。"},
    "claim_announced": {
        "amount": "1000000",
        "starts_on": date(2026, 11, 23),
        "ends_on": DUE,
        "days": 5,
        "provisional": True,
    },
    "claim_decided": {"amount": "1000000"},
    "document_unacknowledged": {"title": "受理通知书", "number": "计受〔2026〕3号", "sent_on": DUE},
    "claim_partly_refused": {
        "requested": "1250000",
        "amount": "1000000",
        "reason": "超出单家企业限额。",
        "clause": "三（四）",
    },
    "claim_refused": {"reason": "贷款用途不符。", "clause": "三（四）"},
    "claim_paid": {
        "amount": "1000000",
        "voucher_number": "PZ-88",
        "voucher_date": date(2026, 11, 20),
        "due_on": DUE,
    },
    "receipt_confirmed": {"amount": "1000000", "received_on": date(2026, 11, 21)},
    "case_withdrawn": {"by": "李敏"},
    "loan_change_decided": {
        "what": "展期（续备案）",
        "loan": "东莞市示例精密有限公司 JJ-1",
        "number": "BA-1-变1",
        "confirmed": False,
        "note": "请补展期协议",
    },
    "risk_warned": {
        "what": "欠息",
        "loan": "东莞市示例精密有限公司 JJ-1",
        "number": "BA-1-变2",
        "request": "落实还款来源。",
        "reply_by": DUE,
        "provisional": True,
    },
    "warning_reply_due": OWED | {"provisional": True},
    "warning_reply_overdue": OWED,
    "recovery_received": {"claim": "BC-2026-0187", "receipts": 1},
    "recovery_returned": {"stage": "追偿审核", "items": [FAULT], "due_on": DUE, "days": 5},
    "recovery_refused": {"reason": "到账凭证与回款不符。", "clause": "四（二）"},
    "progress_noted": {},
    "nothing_to_return": {},
    "return_demanded": {"amount": "450000", "due_on": DUE, "provisional": True},
    "return_not_found": {"reason": "未查到该笔款项。"},
    "return_confirmed": {"amount": "450000", "arrived_on": date(2026, 11, 25)},
    "correction_overdue": {"due_on": DUE},
    "receipt_overdue": {"due_on": DUE},
    "return_overdue": {"due_on": DUE},
    "progress_overdue": {"due_on": DUE},
    "meeting_called": {
        "held_on": DUE,
        "place": "市工信局三楼会议室",
        "items": [ITEM, ITEM],
        "materials": "https://fengbu.example/meetings/3/materials.zip",
    },
    "meeting_agenda_changed": {
        "held_on": DUE,
        "place": "市工信局三楼会议室",
        "moved": True,
        "added": [ITEM],
        "removed": ["BC-2026-0009"],
        "items": 4,
    },
    "meeting_cancelled": {
        "held_on": DUE,
        "place": "市工信局三楼会议室",
        "items": [],
        "materials": "https://fengbu.example/meetings/3/materials.zip",
    },
    "meeting_concluded": {
        "held_on": DUE,
        "items": [{"number": "BC-2026-0187", "subject": "松湖精密", "result": "通过"}],
    },
    "white_list_published": {
        "batch": "2026年第四批",
        "effective_on": DUE,
        "valid_to": None,
        "source_document": "东工信〔2026〕30号",
        "added": 120,
        "left": 3,
    },
    "white_list_removed": {
        "firm": "东莞市松湖精密有限公司",
        "uscc": "91441900MA4UXXXX0X",
        "batch": "2026年第四批",
        "last_day": DUE,
        "reason": "被列为失信被执行人",
        "source_document": "东工信函〔2026〕31号",
    },
    "submission_prepared": {"title": "补偿申请：松湖精密", "amount": "1680000", "by": "林婉仪"},
    "submission_returned": {"title": "补偿申请：松湖精密", "by": "冼如意", "reason": "利率与合同不符。"},
}
ABOUT_OFFICE = {event for event in FACTS if event.startswith(("meeting_", "white_list_", "submission_"))}
SAYS = {
    "filing_backfilled": ("东莞市电子计算中心依据东工信〔2024〕18号备案清单", "共12笔", "仍须由"),
    "filing_received": ("共12笔", "￥1,250,000.00元（大写：壹佰贰拾伍万元整）"),
    "filing_returned": (
        "共2项",
        "1. 第2笔·年利率：利率4.65%高于合同日上限4.50%。",
        "缺借款合同。",
        "2026年11月30日",
        "停钟",
        "5个工作日",
    ),
    "filing_registered": ("登记10笔，剔除2笔",),
    "filing_refused": ("不予备案", "企业不在白名单内。", "依据三（四）"),
    "claim_received": ("申请金额￥1,250,000.00元",),
    "claim_accepted": ("已予受理",),
    "claim_returned": ("停钟", "暂定", "共1项"),
    "claim_not_accepted": ("不予受理", "贷款未备案。"),
    "claim_announced": ("2026年11月23日至2026年11月30日，共5个工作日", "结束日期暂定", "壹佰万元整"),
    "document_unacknowledged": ("《受理通知书》（计受〔2026〕3号）至今没有签收", "电话联系"),
    "claim_decided": ("￥1,000,000.00元（大写：壹佰万元整）", "决定文号：东工信函〔2026〕12号"),
    "claim_partly_refused": ("￥1,250,000.00元", "￥1,000,000.00元", "超出单家企业限额。"),
    "claim_refused": ("不予补偿", "贷款用途不符。", "依据三（四）"),
    "claim_paid": ("PZ-88", "2026年11月20日", "确认到账"),
    "receipt_confirmed": ("2026年11月21日", "本案办结"),
    "case_withdrawn": ("由李敏撤回",),
    "loan_change_decided": ("展期（续备案）", "BA-1-变1", "不予确认", "请补展期协议"),
    "risk_warned": ("欠息", "BA-1-变2", "落实还款来源。", "2026年11月30日前", "暂定"),
    "warning_reply_due": ("计险〔2026〕1号", "欠息", "2026年11月30日（暂定）前回复"),
    "warning_reply_overdue": ("计险〔2026〕1号", "2026年11月30日前回复", "逾期仍可回复"),
    "correction_overdue": ("2026年11月30日", "尚未重新提交"),
    "receipt_overdue": ("2026年11月30日", "尚未确认"),
    "recovery_received": ("本次回款￥1,250,000.00元", "可以撤回"),
    "recovery_returned": ("追偿登记在追偿审核环节", "停钟", "共1项"),
    "recovery_refused": ("不予认定", "到账凭证与回款不符。", "依据四（二）"),
    "progress_noted": ("已阅并存档", "继续追偿"),
    "nothing_to_return": ("本次应返还0.00元", "无须返还"),
    "return_demanded": ("￥450,000.00元（大写：肆拾伍万元整）", "2026年11月30日", "暂定", "返还回单"),
    "return_not_found": ("退回", "未查到该笔款项。", "不因此顺延"),
    "return_confirmed": ("￥450,000.00元", "2026年11月25日到账", "本案办结"),
    "return_overdue": ("2026年11月30日", "尚未登记返还回单"),
    "progress_overdue": ("2026年11月30日", "追偿进展报告"),
    "meeting_called": (
        "2026年11月30日在市工信局三楼会议室召开",
        "议程共2件：",
        "BC-2026-0187，东莞市松湖精密有限公司（莞邑银行股份有限公司），建议补偿￥1,000,000.00元",
        "materials.zip",
    ),
    "meeting_agenda_changed": (
        "会议改在2026年11月30日",
        "新列入议程1件：",
        "撤下议程：BC-2026-0009",
        "共4件",
    ),
    "meeting_cancelled": ("原定于2026年11月30日", "已取消", "已投的票仍然有效"),
    "meeting_concluded": ("会议纪要（东工信函〔2026〕12号）已出具", "BC-2026-0187，松湖精密：通过"),
    "white_list_published": ("列入120家，移出3家", "2026年11月30日起生效", "东工信〔2026〕30号"),
    "submission_prepared": ("林婉仪经办的“补偿申请：松湖精密”", "￥1,680,000.00元", "尚未报出"),
    "submission_returned": ("被冼如意退回经办", "利率与合同不符。", "取回修改"),
    "white_list_removed": ("2026年11月30日为在名单内的最后一日", "失信被执行人", "此前发放的贷款不受影响"),
}


def context(event: str, **case: str) -> NoticeContext:
    about = {"case": None, "office": OFFICE} if event in ABOUT_OFFICE else {"case": {**CASE, **case}}
    return context_of(event, {**about, "document": LETTER, "details": FACTS[event]})


def test_every_event_has_a_name_facts_and_a_folder() -> None:
    folders = {path.name for path in TEMPLATES.iterdir() if path.is_dir() and path.name[0] != "_"}
    assert set(EVENTS) == set(EVENT_NAMES) == set(FACTS) == folders


@pytest.mark.parametrize("event", EVENTS)
def test_a_notice_says_what_happened_to_which_case_and_why_one_receives_it(event: str) -> None:
    words = word(event, context(event))
    case = ("BC-2026-0187", CASE["link"], "莞邑银行股份有限公司", "你单位是本案的申报机构，因此收到本通知")
    office = (OFFICE["topic"], OFFICE["link"], OFFICE["to"], "你是联席会议成员，因此收到本通知")
    about = office if event in ABOUT_OFFICE else case
    for said in (*SAYS[event], *about):
        assert said in words.text
    assert "BC-2026-0187" in words.title or event in ABOUT_OFFICE
    assert "\n" not in words.title
    assert words.html.count("<html") == words.html.count("</html>") == 1
    assert "None" not in words.text + words.html + words.title
    for said in SAYS[event]:
        assert said.split("：", 1)[-1] in words.html


@pytest.mark.parametrize("event", EVENTS)
def test_no_spaces_between_characters_and_digits(event: str) -> None:
    import re

    words = word(event, context(event))
    assert not re.search(r"[\u4e00-\u9fff] +[0-9]|[0-9] +[\u4e00-\u9fff]", words.title + words.text)


def test_paragraphs_stay_apart_in_plain_text() -> None:
    assert "。\n\n资金拨付后另行通知。" in word("claim_decided", context("claim_decided")).text
    assert "。\n\n案件编号：" in word("filing_registered", context("filing_registered")).text
    for event in EVENTS:
        assert "\n\n\n" not in word(event, context(event)).text


def test_a_name_with_markup_and_line_breaks_stays_one_name() -> None:
    words = word(
        "claim_accepted", context("claim_accepted", subject="甲<img src=x>\r\nBcc: all@x.example\u202e乙")
    )
    assert "<img" not in words.html
    assert "甲&lt;img src=x&gt; Bcc: all@x.example 乙" in words.html
    assert "\r" not in words.title
    assert "\nBcc" not in words.text
    assert "\u202e" not in words.text + words.title + words.html


def test_missing_and_misspelt_facts_are_errors_not_blanks() -> None:
    with pytest.raises(ValidationError):
        context_of("claim_decided", {"case": CASE, "document": None, "details": {}})
    with pytest.raises(ValidationError):
        context_of(
            "claim_decided", {"case": CASE, "document": None, "details": {"amount": "1", "amonut": "1"}}
        )
    with pytest.raises(ValidationError):
        context_of("claim_decided", {"case": CASE, "document": None, "details": {"amount": "1.005"}})
    with pytest.raises(KeyError):
        context_of("claim_exploded", {"case": CASE, "document": None, "details": {}})
    with pytest.raises(UndefinedError):
        wording._environment().from_string("{{ case.numbre }}").render(case=context("claim_accepted").case)


def test_the_context_survives_storage_and_the_wording_with_it() -> None:
    for event in EVENTS:
        first = context(event)
        again = context_of(event, first.model_dump(mode="json"))
        assert again == first
        assert word(event, again) == word(event, first)


def test_the_hash_changes_with_the_shared_letter(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    import shutil

    before = wording.template_sha256("claim_paid")
    shutil.copytree(TEMPLATES, tmp_path / "emails")
    (tmp_path / "emails" / "_letter.txt").write_text("changed")
    monkeypatch.setattr(wording, "TEMPLATES", tmp_path / "emails")
    assert wording.template_sha256.__wrapped__("claim_paid") != before
    assert wording.template_sha256.__wrapped__("claim_paid") != wording.template_sha256.__wrapped__(
        "claim_refused"
    )
