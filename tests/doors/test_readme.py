"""The bank integrator's guide: README prints what docs/examples holds, and what it holds works against the server."""

import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from api.demo import play
from api.rest.samples import CLAIM, LOAN
from flows.delivery.webhook import signed
from models import clock, database
from models.policy.materials import CLAIM_SLOTS, Board
from models.records import case as cases
from models.records.case import CaseRecord
from models.records.enterprise import WhiteListEntry
from tests import builders
from tests.doors.api import PDF, issue
from tests.doors.conftest import Server
from tests.kernel.stage import TO_NOTICE

PROJECT = Path(__file__).parents[2]
EXAMPLES = PROJECT / "docs/examples"
README = (PROJECT / "README.md").read_text(encoding="utf-8")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"type":"claim_decided","data":{"amount":"1000000.00","subject":"东莞市示例精密有限公司"}}'


def block(language: str, file: str) -> str:
    """The block of README that shares the first line of an example file."""
    first = (EXAMPLES / file).read_text(encoding="utf-8").splitlines()[0]
    blocks: list[str] = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    (found,) = [one for one in blocks if one.startswith(first)]
    return found


@pytest.mark.parametrize(
    ("language", "file"), [("python", "bank.py"), ("python", "verify.py"), ("java", "Verify.java")]
)
def test_the_readme_prints_the_examples_word_for_word(language: str, file: str) -> None:
    assert block(language, file) == (EXAMPLES / file).read_text(encoding="utf-8")


def test_the_examples_data_are_what_the_description_of_the_api_shows() -> None:
    for name, sample in (("loan", LOAN), ("claim", CLAIM)):
        data = json.loads((EXAMPLES / f"{name}.json").read_bytes())
        assert data == {key: sample[key] for key in data}
    script = (EXAMPLES / "bank.py").read_text(encoding="utf-8")
    required = [slot.key for slot in CLAIM_SLOTS[Board.BANK] if slot.required]
    assert all(f'"{slot}"' in script for slot in required)


def until(look: Callable[[], str | None], script: subprocess.Popen[str]) -> str:
    """What `look` finds once it does, while the script runs."""
    end = time.monotonic() + 60
    while (found := look()) is None:
        assert script.poll() is None, script.communicate()[1]
        assert time.monotonic() < end, "the script did not come this far"
        time.sleep(0.05)
    return found


def number_of(prefix: str) -> str | None:
    """The newest case of a kind."""
    with database.session() as s:
        query = select(CaseRecord.number).where(col(CaseRecord.number).startswith(prefix))
        return s.exec(query.order_by(col(CaseRecord.id).desc())).first()


def test_the_banks_script_runs_as_it_is_printed(server: Server, tmp_path: Path) -> None:
    """The bank's side is the script; the reviewers are the test, as they would be people."""
    (tmp_path / "bank.py").write_text(block("python", "bank.py"), encoding="utf-8")
    for name in ("loan.json", "claim.json"):
        shutil.copy(EXAMPLES / name, tmp_path)
    for slot in CLAIM_SLOTS[Board.BANK]:
        (tmp_path / f"{slot.key}.pdf").write_bytes(PDF + slot.key.encode())
    with database.session() as s:
        play.give_budget(s, "60000000.00")
        s.add(
            WhiteListEntry(
                uscc=LOAN["uscc"], batch="2024-1", recommended_by="市科技局", valid_from=date(2024, 1, 1)
            )
        )
    builders.registered(
        contract_number="GY-ROOM", receipt_number="GY-ROOM-1", principal="300,000,000.00", employees="300"
    )
    known = number_of("BA")
    _, key = issue("linwanyi")
    env = os.environ | {"FENGBU_URL": server.base_url, "FENGBU_KEY": key, "PYTHONPATH": str(PROJECT)}
    script = subprocess.Popen(
        [sys.executable, "bank.py"], cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True
    )
    try:
        filing = until(lambda: None if number_of("BA") == known else number_of("BA"), script)
        play.run_due()
        for gate in ("filing_review", "filing_second_review"):
            play.do(filing, gate)
        claim = until(lambda: number_of("BC"), script)
        play.run_due()
        for gate in TO_NOTICE:
            play.do(claim, gate)
        clock.set_offset(timedelta(days=14))
        play.run_due()
        play.do(claim, "finance_review")
        play.do(claim, "payment", voucher_number="PZ-1", voucher_date=clock.today().isoformat())
        _, errors = script.communicate(timeout=60)
    finally:
        script.kill()
        script.wait()
    assert script.returncode == 0, errors
    play.run_due()
    with database.session() as s:
        record = cases.by_number(s, claim)
        assert record is not None and record.state == "paid"
    papers = [one.name for one in tmp_path.glob("*.docx")]
    assert any("决定通知书" in name for name in papers) and any("受理通知书" in name for name in papers)
    assert int((tmp_path / "events.txt").read_text()) >= 4


def headers(body: str, at: datetime | None = None) -> dict[str, str]:
    """The headers our sender puts on a webhook, or would have at another time."""
    found, _ = signed("msg-1", body, [SECRET])
    if at is None:
        return found
    stamp = str(int(at.timestamp()))
    return found | {"webhook-timestamp": stamp, "webhook-signature": Webhook(SECRET).sign("msg-1", at, body)}


def test_the_python_example_takes_what_we_sign_and_nothing_else() -> None:
    def verified(body: str, given: dict[str, str]) -> object:
        names: dict[str, object] = {"secret": SECRET, "body": body, "headers": given}
        exec(block("python", "verify.py"), names)  # noqa: S102 - our own README
        return names["event"]

    assert verified(BODY, headers(BODY)) == json.loads(BODY)
    old = clock.wall() - timedelta(minutes=6)
    for body, given in (
        (BODY.replace("1000000", "9000000"), headers(BODY)),
        (BODY, headers(BODY, old)),
        (BODY, headers(BODY) | {"webhook-signature": "v1,AAAA"}),
    ):
        with pytest.raises(WebhookVerificationError):
            verified(body, given)


def test_the_java_example_computes_what_the_standards_library_computes() -> None:
    """No Java here: its steps, read from the block itself, are done on a vector of the library's."""
    java = block("java", "Verify.java")
    (prefix,) = re.findall(r"secret\.substring\((\d+)\)", java)
    (label,) = re.findall(r'startsWith\("([^"]+)"\)', java)
    (skipped,) = re.findall(r"s\.substring\((\d+)\)", java)
    (patience,) = re.findall(r"<= (\d+)", java)
    assert 'Mac.getInstance("HmacSHA256")' in java and "StandardCharsets.UTF_8" in java
    assert '(id + "." + timestamp + "." + body)' in java and "MessageDigest.isEqual" in java
    assert re.search(r'signature\.split\(" "\)', java) and "getEpochSecond()" in java
    assert (len("whsec_"), label, int(skipped), int(patience)) == (int(prefix), "v1,", len(label), 300)

    moment = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    signature = Webhook(SECRET).sign("msg-1", moment, BODY)
    key = base64.b64decode(SECRET[int(prefix) :])
    content = f"msg-1.{int(moment.timestamp())}.{BODY}".encode()
    ours = hmac.new(key, content, hashlib.sha256).digest()
    several = f"v1,{base64.b64encode(b'another').decode()} {signature}"  # two secrets sign during a rotation
    theirs = [base64.b64decode(s[int(skipped) :]) for s in several.split(" ") if s.startswith(label)]
    assert any(hmac.compare_digest(ours, one) for one in theirs)
