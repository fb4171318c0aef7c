"""Proves a played story: states, figures, documents, numbers, notices. Reads the database and the doors, writes nothing."""

import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session

from api.client import Fengbu
from api.demo.secret import PASSWORD
from api.story.browser import Visitor
from api.story.scripts import Script
from api.story.theatre import Theatre
from flows.documents.engine import plain_text
from models import clock
from models.database import session
from models.gates import GATES
from models.lifecycle import STATE_NAMES, Process, State
from models.money import daxie, yuan
from models.records import document, ledger, notice, recovery, timeline
from models.records.attachment import Blob
from models.records.case import CaseRecord, by_number
from models.records.claim import of_case as claim_of
from models.records.notice import Channel, DeliveryState
from models.records.reference import ClockSetting

NOTICED = {
    "claim_received",
    "claim_accepted",
    "claim_announced",
    "claim_decided",
    "claim_paid",
    "receipt_confirmed",
}
_WAIT = 300  # looks at the outbox, 0.1 s apart


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def follow_clock() -> None:
    """Let this process's clock agree with the story's."""
    with session() as s:
        setting = s.get(ClockSetting, 1)
        clock.set_offset(timedelta(seconds=setting.offset_seconds if setting else 0))


def prove(stage: Theatre, script: Script, filing: str, claim: str) -> list[Check]:
    """Every check of one board's story."""
    board = script.board.value
    return [
        Check(f"{board}：{name}", ok, detail)
        for name, ok, detail in (
            *_states(filing, claim),
            *_figures(script, claim),
            *_documents(stage, script, claim),
            *notices(stage, claim, NOTICED),
        )
    ]


Found = Iterator[tuple[str, bool, str]]


def by_api(stage: Theatre, script: Script, client: Fengbu, claim: str) -> list[Check]:
    """What a core system sees of its case: the same facts, documents and events, none missing, none twice."""
    board = script.board.value
    return [
        Check(f"{board}：接口 {name}", ok, detail)
        for name, ok, detail in _by_api(stage, script, client, claim)
    ]


def _by_api(stage: Theatre, script: Script, client: Fengbu, claim: str) -> Found:
    case = client.case(claim)
    paid = case.claim.paid if case.claim else None
    yield "案件的状态与金额", case.state == State.PAID and paid == script.paid, f"{case.state_name} {paid}"
    documents = client.documents(claim)
    sizes = [len(client.download(one)) for one in documents]
    yield "文书下载并核对哈希", bool(sizes) and min(sizes) > 1000, f"{len(sizes)} 份"
    events, after = client.events()
    mine = [event for event in events if event.data["case"] == claim]
    yield "事件流没有缺漏", {event.type for event in mine} >= NOTICED, f"{len(mine)} 个"
    places = [event.position for event in events]
    yield "事件流的次序", places == list(range(1, len(places) + 1)), f"1–{len(places)}"
    yield "续取没有重复", client.events(after)[0] == [], f"after={after}"
    wanted = {str(event.id) for event in mine}
    for _ in range(_WAIT):
        if wanted <= (hooked := {call.id for call in stage.hooks.accepted}):
            break
        time.sleep(0.1)
    yield "推送与事件流编号相同", wanted <= hooked, f"{len(wanted & hooked)}/{len(wanted)}"


def _states(filing: str, claim: str) -> Found:
    with session() as s:
        for number, wanted in ((filing, State.REGISTERED), (claim, State.PAID)):
            record = case_of(s, number)
            yield f"{number} 的状态", record.state == wanted, STATE_NAMES[State(record.state)]


def _figures(script: Script, claim: str) -> Found:
    with session() as s:
        record = case_of(s, claim)
        claimed = claim_of(s, record.id or 0)
        yield "核定金额", claimed.approved == script.paid, f"{claimed.approved} 应为 {script.paid}"
        yield "已付与到账金额", claimed.paid == script.paid == claimed.received, f"{claimed.paid}"
        binding = (claimed.award or {}).get("binding") or ""
        yield "起约束的限额", binding == script.binding, binding or "无"
        moved = ledger.entries_of_case(s, record.id or 0)
        settled = [entry.amount for entry, _ in moved if entry.type == "settle"]
        yield "台账支出", bool(settled) and set(settled) == {script.paid}, f"{len(settled)} 个账户"


def _documents(stage: Theatre, script: Script, claim: str) -> Found:
    with session() as s:
        record = case_of(s, claim)
        made = document.of_case(s, record.id or 0)
        texts = {d.id: plain_text(s.get_one(Blob, d.sha256).data) for d in made}
    codes = {d.code for d in made}
    yield "文书齐全", codes == set(script.documents), "、".join(sorted(codes))
    decision = next((texts[d.id] for d in made if d.code == "D23"), "")
    amounts = yuan(script.paid) in decision and daxie(script.paid) in decision
    yield "决定通知书的金额与大写", amounts, f"{yuan(script.paid)} {daxie(script.paid)}"
    plain = [d.code for d in made if d.number and d.number not in texts[d.id]]
    yield "文号印在文书上", not plain, "、".join(plain) or "全部"
    left = [d.code for d in made if re.search(r"\{\{|\}\}|None|Undefined", texts[d.id])]
    yield "没有未填的位置", not left, "、".join(left) or "全部"
    with Visitor(stage.settings.base_url, script.filer, PASSWORD) as filer:
        readable = [d for d in made if d.for_applicant]
        same = all(len(filer.download(f"/documents/{d.id}")) > 1000 for d in readable)
    yield "申报机构可以下载给它的文书", same, f"{len(readable)} 份"


def notices(stage: Theatre, claim: str, wanted_events: set[str]) -> Found:
    """That a case's applicant was told, by every way there is."""
    for _ in range(_WAIT):
        with session() as s:
            rows = notice.of_case(s, case_of(s, claim).id or 0)
        if all(d.state != DeliveryState.PENDING for _, d in rows):
            break
        time.sleep(0.1)
    events = {n.event for n, _ in rows}
    missing = "、".join(sorted(wanted_events - events))
    yield "该发的通知都已发出", events >= wanted_events, missing or f"{len(events)} 种"
    undelivered = [
        f"{n.event}/{d.channel}:{d.last_error}" for n, d in rows if d.state != DeliveryState.DELIVERED
    ]
    yield "全部送达", not undelivered, "；".join(undelivered) or f"{len(rows)} 次"
    hooked = {call.id for call in stage.hooks.accepted}
    wanted = {str(n.id) for n, d in rows if d.channel == Channel.WEBHOOK}
    yield "接口收到并验签", bool(wanted) and wanted <= hooked, f"{len(wanted & hooked)}/{len(wanted)}"
    mails = [m for m in stage.mail.mails if _mentions(m, claim)]
    sent = len([d for _, d in rows if d.channel == Channel.EMAIL])
    yield "邮件收到", sent > 0 and len(mails) >= sent, f"{len(mails)}/{sent}"


def _mentions(mail: Any, words: str) -> bool:
    body = mail.get_body(("plain",))
    return body is not None and words in body.get_content()


def report(stage: Theatre, number: str, out: Path | None) -> dict[str, Any]:
    """One case as `--json` prints it; its documents are written to `out`."""
    with session() as s:
        record = case_of(s, number)
        made = document.of_case(s, record.id or 0)
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            for d in made:
                (out / _name(d)).write_bytes(s.get_one(Blob, d.sha256).data)
        amounts = _amounts(s, record)
        return {
            "number": record.number,
            "process": record.process.value,
            "board": record.board.value,
            "state": record.state.value,
            "timeline": [_line(event) for event in timeline.of_case(s, record.id or 0)],
            "documents": [
                {"code": d.code, "number": d.number, "title": d.title, "file": _name(d), "sha256": d.sha256}
                for d in made
            ],
            "notices": [
                {"event": n.event, "channel": d.channel.value, "status": d.state.value}
                for n, d in notice.of_case(s, record.id or 0)
            ],
            "amounts": {name: str(amount) for name, amount in amounts.items()},
        }


def _amounts(s: Session, record: CaseRecord) -> dict[str, Any]:
    if record.process == Process.FILING:
        return {"filed": record.amount}
    if record.process == Process.RECOVERY:
        found = recovery.of_case(s, record.id or 0)
        return {"received": record.amount, "due": found.due, "returned": found.returned}
    claimed = claim_of(s, record.id or 0)
    names = ("requested", "calculated", "approved", "paid", "received")
    return {name: getattr(claimed, name) for name in names}


def _line(event: timeline.Event) -> dict[str, str]:
    gate = GATES[event.gate].title if event.gate in GATES else ""
    what = event.data.get("title") or event.data.get("number") or ""
    return {
        "at": clock.local(event.at).isoformat(timespec="seconds"),
        "event": f"{event.event} {what}".strip(),
        "by": event.person_name or "系统",
        "gate": gate,
        "answer": str(event.data.get("label", "")),
    }


def _name(made: document.Document) -> str:
    return f"{made.id:04d}-{made.code}-{made.filename}"


def case_of(s: Session, number: str) -> CaseRecord:
    """The case; LookupError if there is none."""
    found = by_number(s, number)
    if found is None:
        raise LookupError(number)
    return found
