"""The extra facts of an answer, read strictly for whoever does not fill in the page's form.

Which facts an answer needs is declared with its gate; here each is read, and every fault is found at once.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flows.actions.errors import FieldFault, InvalidError
from flows.documents.text import printable
from models import clock
from models.gates import Gate, Outcome
from models.lifecycle import State
from models.policy.clauses import all_clauses

LONGEST = 500
VOUCHER = 60
PARTS = ("where", "problem", "remedy", "clause")
REMEDY = "请补正后重新提交。"
DATES = {"voucher_date": "拨付日期", "arrived_on": "到账日期"}


def read_answer(
    gate: Gate, outcome: Outcome, given: Mapping[str, Any], loans: Mapping[str, str]
) -> dict[str, Any]:
    """The facts for `flows.actions.answers.answering.answer`. `loans`: of a filing, id → how it is called.

    `given` may hold target, clause, to_meeting, voucher_number, voucher_date, arrived_on, faults (a list of PARTS, each
    with the places it is `at`) and excluded (loan id → reason). Raises `InvalidError`; a fact the answer has no use for is a fault too.
    """
    chosen = gate.answer(outcome)
    if chosen is None:
        words = "、".join(answer.outcome.value for answer in gate.answers)
        raise InvalidError((FieldFault("outcome", f"{gate.title}没有这种结论；可用：{words}。"),))
    wanted = set(chosen.fields)
    if outcome is Outcome.RETURN and gate.lists_faults:
        wanted.add("faults")
    if gate.state is State.FILING_REVIEW and outcome is Outcome.APPROVE:
        wanted.add("excluded")
    faults = [FieldFault(name, f"“{chosen.label}”没有这一项。") for name in given if name not in wanted]
    fields: dict[str, Any] = {}
    for name in sorted(wanted):
        if name == "faults":
            fields[name] = _listed(given.get(name, ()), faults)
        elif name == "excluded":
            if given.get(name):
                fields[name] = _excluded(given[name], loans, faults)
        elif name == "to_meeting":
            fields[name] = given.get(name) is True
        else:
            fields[name] = str(given.get(name) or "").strip()
            fault = _fault(name, fields[name], gate)
            if fault:
                faults.append(FieldFault(name, fault))
    if faults:
        raise InvalidError(tuple(faults))
    return fields


def _fault(name: str, value: str, gate: Gate) -> str:
    if name == "target":
        known = {state.value for state in gate.send_back_to}
        return "" if value in known else f"请选择退回到哪一环节：{'、'.join(sorted(known))}。"
    if name == "clause":
        return "" if value in {c.id for c in all_clauses()} else "请写明不予补偿所依据的条款，例如 三（四）。"
    if name == "voucher_number":
        return "" if 0 < len(value) <= VOUCHER else f"请填写拨付凭证号，最多 {VOUCHER} 字。"
    if name in DATES:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return f"请填写{DATES[name]}，例如 2026-11-23。"
        return "" if day <= clock.today() else f"{DATES[name]} {value} 晚于今天，请核对。"
    return ""


def _listed(given: Sequence[Mapping[str, Any]], faults: list[FieldFault]) -> list[dict[str, str]]:
    items = []
    for place, one in enumerate(given):
        item = {part: printable(str(one.get(part) or "")).strip() for part in PARTS}
        item["where"] = item["where"] or "申请材料"
        item["remedy"] = item["remedy"] or REMEDY
        if not item["problem"]:
            faults.append(FieldFault(f"faults.{place}.problem", "请写明问题。"))
        faults += [
            FieldFault(f"faults.{place}.{part}", f"最多 {LONGEST} 字，请分成几项写。")
            for part, words in item.items()
            if len(words) > LONGEST
        ]
        items.append(item | ({"at": one["at"]} if one.get("at") else {}))
    if not items:
        faults.append(FieldFault("faults", "请在补正清单中一次列明全部问题，至少一项。"))
    return items


def _excluded(given: Mapping[str, str], loans: Mapping[str, str], faults: list[FieldFault]) -> dict[str, str]:
    excluded = {key: printable(str(reason)).strip() for key, reason in given.items()}
    for key, reason in excluded.items():
        if key not in loans:
            faults.append(FieldFault(f"excluded.{key}", "这件备案没有这笔贷款。"))
        elif not 0 < len(reason) <= LONGEST:
            faults.append(FieldFault(f"excluded.{key}", f"{loans[key]}：剔除须写明理由，最多 {LONGEST} 字。"))
    if loans and len(set(excluded) & set(loans)) == len(loans):
        faults.append(FieldFault("excluded", "已剔除全部贷款；如都不符合条件，请选择“建议不予备案”。"))
    return excluded
