"""The set of documents the policy's procedure asks for: each has a template, a sample and somebody who makes it."""

import ast

import pytest

from flows.documents import registry
from flows.documents.engine import DOCUMENTS, plain_text, render
from flows.documents.samples import SAMPLES
from flows.documents.template import TEMPLATES
from flows.steps.documents import BUILDERS, SUFFIXES
from tests.house import source

FILED_TO_PAID = [f"D{number:02}" for number in range(7, 28)]
"""备案、变更、贷后、补偿申请、审核、决定、拨付 and the notices between them."""
NEED = {
    "D07": "项目备案申请表", "D08": "材料补正通知书", "D09": "备案确认书", "D10": "不予备案通知书",
    "D11": "变更（展期）备案表", "D12": "贷款台账", "D13": "入库项目异常情况表", "D14": "风险提示函",
    "D15": "风险补偿申请函", "D16": "受理通知书", "D17": "审核工作底稿", "D18": "初审意见书", "D19": "补偿审批表",
    "D20": "联席会议纪要", "D21": "补偿项目公示", "D22": "异议处理意见", "D23": "风险补偿决定通知书",
    "D24": "不予（部分）补偿通知书", "D25": "关于申请拨付风险补偿资金的函", "D26": "资金拨付通知书", "D27": "收款确认回执",
}  # fmt: skip
PROCESSES = ("flows/filing.py", "flows/claim.py", "flows/recovery.py")
ACTIONS = ("flows/steps/document_change.py", "flows/steps/document_service.py")


def called(paths: tuple[str, ...], *names: str) -> set[str]:
    """The codes given to these functions: `documents.draw_up(case, "D09")`, `_issue(s, "D13", …)`."""
    found = set()
    for path in paths:
        for node in ast.walk(ast.parse((source.PROJECT / path).read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "attr", getattr(node.func, "id", "")) in names
            ):
                found |= {
                    one.value for one in node.args if isinstance(one, ast.Constant) and one.value in DOCUMENTS
                }
    return found


BY_PROCESS = called(PROCESSES, "draw_up")
BY_ACTION = called(ACTIONS, "issue", "_issue") | set(registry.DRAFTED)


@pytest.mark.parametrize("code", FILED_TO_PAID)
def test_every_document_from_filing_to_payment_is_there(code: str) -> None:
    kind = DOCUMENTS[code]
    assert kind.title == NEED[code]
    assert (TEMPLATES / kind.template).is_file()
    assert plain_text(render(code, SAMPLES[code]).data)
    assert (code in BY_PROCESS) != (code in BY_ACTION), "one maker each: a line of a process, or an action"
    assert code not in BY_PROCESS or code in BUILDERS
    assert (code in registry.DRAFTED) == (code == "D12"), "only the ledger is a draft the office completes"


def test_every_kind_there_is_has_a_maker_and_every_numbered_one_its_word() -> None:
    reports = {"D34", "D35"}  # flows/actions/papers/reporting.py takes the code from the report's period
    assert BY_PROCESS | BY_ACTION | reports == set(DOCUMENTS) == set(SAMPLES)
    numbered = {code for code, kind in DOCUMENTS.items() if kind.numbered}
    assert numbered == set(SUFFIXES)
