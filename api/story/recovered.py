"""Proves what a recovery came to: the amount, the ledger, the letter, who was told."""

from api.story.proof import Check, Found, case_of, notices
from api.story.scripts import Script
from api.story.theatre import Theatre
from flows.actions.rules.verifying import verify
from flows.documents.engine import plain_text
from models.database import session
from models.lifecycle import STATE_NAMES, State
from models.money import daxie, yuan
from models.records import document, ledger, recovery
from models.records.attachment import Blob
from models.records.ledger import AccountKind

NOTICED = {"recovery_received", "return_demanded", "return_confirmed"}


def prove(stage: Theatre, script: Script, claim: str, number: str) -> list[Check]:
    """Every check of one board's recovery."""
    board = script.board.value
    found = (*_figures(script, claim, number), *_letters(script, number), *notices(stage, number, NOTICED))
    return [Check(f"{board}：追偿 {name}", ok, detail) for name, ok, detail in found]


def _figures(script: Script, claim: str, number: str) -> Found:
    wanted = script.recovery.returned
    with session() as s:
        record = case_of(s, number)
        found = recovery.of_case(s, record.id or 0)
        yield f"{number} 的状态", record.state == State.RETURNED, STATE_NAMES[State(record.state)]
        yield "应返还与到账金额", found.due == wanted == found.returned, f"{found.returned} 应为 {wanted}"
        ratio = (found.share or {}).get("ratio")
        yield "按实际补偿比例", ratio == ("0.50" if script.binding else "0.20"), f"{ratio}"
        back = {
            account.kind: entry.amount
            for entry, account in ledger.entries_of_case(s, case_of(s, claim).id or 0)
            if entry.type == "return"
        }
    refilled = {AccountKind.RECOVERY} | ({AccountKind.ENTERPRISE} if script.binding else set())
    yield "返还入账，只恢复企业限额", back == dict.fromkeys(refilled, wanted), f"{len(back)} 个账户"
    with session() as s:
        differences = verify(s).differences
    yield "台账复核", not differences, "；".join(one.sentence for one in differences) or "全部相符"


def _letters(script: Script, number: str) -> Found:
    with session() as s:
        made = document.of_case(s, case_of(s, number).id or 0)
        words = {d.code: plain_text(s.get_one(Blob, d.sha256).data) for d in made}
    yield "文书齐全", set(words) == {"D28", "D29"}, "、".join(sorted(words))
    said, amount = words.get("D29", ""), script.recovery.returned
    good = yuan(amount) in said and daxie(amount) in said
    yield "返还通知书的金额与大写", good, f"{yuan(amount)} {daxie(amount)}"
