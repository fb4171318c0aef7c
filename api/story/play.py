"""Plays the stories through the doors, prints what happened, proves it, and says so with its exit code."""

import json
import re
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from api.demo.secret import PASSWORD
from api.story import followed, limits, proof, recovered
from api.story.browser import DoorError, Visitor
from api.story.desks import ApiDesk, Desk, PageDesk
from api.story.scripts import Answering, Script, scripts
from api.story.theatre import Theatre, theatre
from models import clock
from models.database import session
from models.lifecycle import Board
from models.records.case import by_number
from models.records.claim import of_case as claim_of

PATIENCE = 90.0
"""Seconds a wake-up may take on a busy machine before the story says it did not come."""
ADMIN, FINANCE, TREASURER = "suwenbo", "qiushaofen", "zhanruolan"
RECEIVES, LOOKS_INTO = "mozhaohui", "xiechuyun"
"""Of 市工信局: who registers an objection, and who, without a part in the case so far, decides it."""


@dataclass(slots=True)
class Told:
    """What a story left: its case numbers and the checks made on the way."""

    script: Script
    filing: str = ""
    claim: str = ""
    recovery: str = ""
    checks: list[proof.Check] = field(default_factory=list)


def run(*, board: str | None, out: Path | None, as_json: bool, via: str = "pages") -> int:
    """Play, print, prove; 0 if everything was as it must be, else 1. `via`: the applicants' side, pages or api."""
    began = time.monotonic()
    console = Console(stderr=as_json)
    console.print("正在启动临时系统（数据库、Prefect、工作进程、网页应用）……")
    with theatre() as stage:
        chosen = [s for s in scripts(clock.today()) if board in (None, s.board.value)]
        told = [_tell(stage, script, console, via) for script in chosen]
        for one in told:
            one.checks += proof.prove(stage, one.script, one.filing, one.claim)
            one.checks += followed.prove(one.script, one.filing)
            one.checks += recovered.prove(stage, one.script, one.claim, one.recovery)
        numbers = [number for one in told for number in (one.filing, one.claim, one.recovery)]
        cases = [proof.report(stage, number, out) for number in numbers]
        cut: list[dict[str, Any]] = []
        checks = [check for one in told for check in one.checks]
        drafts = [followed.ledger(stage, one.script, out) for one in told]
        if board is None:
            made = [paper["code"] for case in cases for paper in case["documents"]]
            checks.append(followed.whole_set([*made, *(name[:3] for name in drafts)]))
        if board != Board.GUARANTEE.value:
            console.print("正在演每一项限额核减的补偿……")
            cut, more = limits.tell(stage.database_url)
            checks += more
    good = all(check.ok for check in checks)
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        result = {
            "cases": cases,
            "drafts": drafts,
            "limits": cut,
            "checks": [check.as_dict() for check in checks],
            "seconds": seconds,
        }
        print(json.dumps(result, ensure_ascii=False, default=str))  # noqa: T201 - the one object asked for
    else:
        _print(console, cases, cut, checks, seconds, out)
    return 0 if good else 1


def _tell(stage: Theatre, script: Script, console: Console, via: str) -> Told:
    told = Told(script)
    desk: Desk = ApiDesk(stage, script) if via == "api" else PageDesk(stage, script)
    told.filing = desk.file()
    console.print(f"{told.filing} 已提交备案")
    reviewer, head = (
        ("dengjiahui", "heyongjian") if script.board == Board.GUARANTEE else ("liangzihao", "ouyanglan")
    )
    fields = followed.reviewing(script, told.filing)
    _answer(
        stage,
        told.filing,
        Answering(reviewer, "filing_review", opinion="资料齐全，符合备案条件。", fields=fields),
    )
    _answer(stage, told.filing, Answering(head, "filing_second_review"))
    _wait_for(told.filing, "registered")
    followed.follow(stage, script, desk, told.filing)
    told.claim = desk.claim(told.filing, followed.loan_id(told.filing, script.claimed))
    console.print(f"{told.claim} 已申请补偿")
    for answering in script.first_half:
        _answer(stage, told.claim, answering)
        if answering.answer == "return":
            _wait_for(told.claim, "correction")
            desk.correct(told.claim)
    _wait_for(told.claim, "public_notice")
    if script.objection:
        _object(stage, told.claim, script.objection)
    _past_the_notice(stage, told.claim)
    _wait_for(told.claim, "finance_review")
    _answer(stage, told.claim, Answering(FINANCE, "finance_review"))
    paid_on = clock.today().isoformat()
    voucher = {"voucher_number": f"PZ-{told.claim}", "voucher_date": paid_on}
    _answer(stage, told.claim, Answering(TREASURER, "payment", fields=voucher))
    _wait_for(told.claim, "receipt")
    desk.confirm(told.claim, clock.today())
    _wait_for(told.claim, "paid")
    told.recovery = desk.recover(told.claim, clock.today())
    console.print(f"{told.recovery} 已登记追偿")
    _answer(stage, told.recovery, Answering(script.recovery.reviewer, "recovery_review"))
    _answer(stage, told.recovery, Answering(script.recovery.head, "recovery_second_review"))
    _wait_for(told.recovery, "return_slip")
    desk.give_back(told.recovery, clock.today())
    arrived = {"arrived_on": clock.today().isoformat()}
    _answer(stage, told.recovery, Answering(TREASURER, "return_confirmation", fields=arrived))
    _wait_for(told.recovery, "returned")
    if isinstance(desk, ApiDesk):
        told.checks += proof.by_api(stage, script, desk.client, told.claim)
    return told


def _answer(stage: Theatre, number: str, given: Answering) -> None:
    """Sign in, find the task in the queue by the case's number, answer it on its page."""
    _wait_for(number, given.gate)
    with Visitor(stage.settings.base_url, given.login, PASSWORD) as person:
        page = person.open(f"/queue?q={number}").text
        task = re.search(r"/tasks/(\d+)", page)
        if task is None:
            raise DoorError(f"{given.login}: {number} is not in the queue at {given.gate}")
        if (
            given.gate == "first_review"
        ):  # a browser asks for it by itself: the materials are read and compared
            person.open(f"/tasks/{task[1]}/materials")
        person.open(f"/tasks/{task[1]}")
        while given.answer == "approve" and any("check" in form.names for form in person.forms()):
            person.submit({"remark": "已核对原件。"}, having="check")
        typed = {"answer": given.answer, "opinion": given.opinion, **given.fields}
        person.submit(typed, having="opinion")


def _object(stage: Theatre, number: str, content: str) -> None:
    """市工信局 registers an objection and finds that it is none; the notice goes on."""
    with Visitor(stage.settings.base_url, RECEIVES, PASSWORD) as office:
        office.open(f"/cases/{number}/objection")
        said = {"objector": "东莞市示例商会", "contact": "0769-00000000", "content": content}
        office.submit(said, having="objector")
    found = "经核查，借款企业住所和生产经营场所均在东莞。"
    _answer(stage, number, Answering(LOOKS_INTO, "objection", opinion=found))
    _wait_for(number, "public_notice")


def _past_the_notice(stage: Theatre, number: str) -> None:
    """The administrator moves the demonstration's clock over the notice period."""
    with session() as s:
        record = by_number(s, number)
        ends = claim_of(s, record.id or 0).notice_ends_on if record else None
    if ends is None:
        raise DoorError(f"{number}: no end of the public notice")
    with Visitor(stage.settings.base_url, ADMIN, PASSWORD) as admin:
        admin.open("/admin")
        admin.submit({"day": (ends + timedelta(days=1)).isoformat()}, having="day")
    proof.follow_clock()


def _wait_for(number: str, state: str) -> None:
    """Until the case stands there and nothing is left to do for it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with session() as s:
            record = by_number(s, number)
            if record is not None and record.state == state and record.lease_token is None:
                return
            stands = record.state if record else "nowhere"
        time.sleep(0.02)
    raise DoorError(f"{number} stands at {stands}, not at {state}")


def _print(
    console: Console,
    cases: list[dict[str, Any]],
    cut: list[dict[str, Any]],
    checks: list[proof.Check],
    seconds: float,
    out: Path | None,
) -> None:
    for case in cases:
        table = Table("时间", "事项", "办理", "环节", "结论", title=f"{case['number']} · {case['state']}")
        for row in case["timeline"]:
            table.add_row(row["at"][:16], row["event"], row["by"], row["gate"], row["answer"])
        console.print(table)
        for made in case["documents"]:
            console.print(f"  {made['code']:5} {made['title']}  {made['number'] or ''}")
    for claim in cut:
        table = Table(
            "行", "项目", "算法", "依据", "金额（元）", title=f"{claim['number']} · {claim['name']}"
        )
        for line in claim["lines"]:
            figure = f"[bold]{line['value']} ← 起作用[/]" if line["binding"] else line["value"]
            table.add_row(str(line["no"]), line["label"], line["formula"], line["clause"], figure)
        console.print(table)
    for check in checks:
        mark = "[green]✓[/]" if check.ok else "[red]✗[/]"
        console.print(f"{mark} {check.name}  [dim]{check.detail}[/]")
    place = f"文书写在 {out}，" if out else ""
    console.print(f"{place}{sum(c.ok for c in checks)}/{len(checks)} 项相符，用时 {seconds} 秒。")
