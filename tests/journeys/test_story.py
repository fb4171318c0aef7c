"""`fengbu story` as an operator runs it: a real Prefect server, worker, web application, SMTP and webhook peers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FENGBU = [sys.executable, "-c", "from api.cli import app; app()"]
LONGEST = 600
"""Seconds; about 50 on two quiet cores."""


@pytest.mark.xdist_group("prefect")
def test_both_boards_are_played_from_filing_to_return_and_every_check_holds(tmp_path: Path) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FENGBU_", "PREFECT_")) and name != "DATABASE_URL"
    }
    played = subprocess.run(
        [*FENGBU, "story", "--json", "--out", str(tmp_path / "documents")],
        env=environment | {"FENGBU_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert played.returncode == 0, played.stderr[-4000:] + played.stdout[-2000:]
    told = json.loads(played.stdout)
    assert [case["state"] for case in told["cases"]] == ["registered", "paid", "returned"] * 2
    assert not [check for check in told["checks"] if not check["ok"]]
    deciding = {claim["deciding"] for claim in told["limits"]}
    assert deciding == {"ratio", "enterprise.cap", "bank_year.cap", "budget", "guarantee.total_cap"}
    written = {path.name for path in (tmp_path / "documents").iterdir()}
    assert written == {made["file"] for case in told["cases"] for made in case["documents"]} | set(
        told["drafts"]
    )
    (whole,) = [check for check in told["checks"] if check["name"] == "文书 D07–D27 全部出具"]
    assert whole["detail"] == "21 种"
