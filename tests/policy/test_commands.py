"""`fengbu policy …`: JSON in and out, one question or many, and a sentence for whatever cannot be answered."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from api.cli import app
from models.policy import strict_yaml
from tests.policy.test_stories import EXAMPLES


def ask(command: str, question: Any, tmp_path: Path) -> tuple[int, Any]:
    path = tmp_path / "question.jsonl"
    path.write_text(json.dumps(question, ensure_ascii=False), encoding="utf-8")
    result = CliRunner().invoke(app, ["policy", command, str(path)])
    return result.exit_code, json.loads(result.stdout)


def test_the_doors(tmp_path: Path) -> None:
    assert ask("daxie", {"amount": "325.04"}, tmp_path)[1]["daxie"] == "叁佰贰拾伍元零肆分"
    assert ask("uscc", {"uscc": "91441900MA4UQ5DY16"}, tmp_path)[1]["expected"] == "5"
    assert ask("days", {"start": "2026-09-30", "days": 1}, tmp_path)[1]["day"] == "2026-10-08"
    assert ask("term", {"disbursed_on": "2024-02-29"}, tmp_path)[1]["latest_maturity"] == "2027-02-28"
    assert ask("rate", {"signed_on": "2024-10-21", "rate_pct": "4.61"}, tmp_path)[1]["result"] == "fail"
    size = {"industry": "工业", "on": "2025-01-01", "employees": 20, "revenue_wan": "300"}
    assert ask("size", size, tmp_path)[1]["size"] == "小型"
    for command, question, said in (
        ("days", {"start": "2026-09-30"}, "须且仅须填写一项"),
        ("days", {"start": "2026-09-30", "end": "2026-09-29"}, "早于起始日"),
        ("days", {"start": "2026-09-30", "days": True}, "整数"),
        ("days", {"start": "9999-12-30", "days": 10}, "超出可计算的范围"),
        ("size", {**size, "employees": -1}, "整数"),
        ("term", {"disbursed_on": "2024-02-29", "matures_on": "2024-02-28"}, "早于放款日"),
        ("recovery", {"compensation": "2.00", "loss": "1.00", "receipts": [ONE]}, "大于损失"),
    ):
        code, answer = ask(command, question, tmp_path)
        assert code == 2 and said in answer["error"], question


ONE = {"received_on": "2026-01-05", "amount": "1.00"}


def test_a_bad_line_is_named_and_does_not_stop_the_others() -> None:
    """Blank lines are no questions, but they count: the number is that of the line in the file."""
    lines = '{"amount": "0.05"}\n\n{"amount": 1.5}\nno json\n{"amount": "1.001"}\n{"amount": "15.00"}\n'
    result = CliRunner().invoke(app, ["policy", "daxie", "-"], input=lines)
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 2
    assert [answer.get("line") for answer in answers] == [None, 3, 4, 5, None]
    assert (answers[0]["daxie"], answers[-1]["daxie"]) == ("伍分", "壹拾伍元整")


def test_many_claims_are_explained_in_words_and_a_bad_one_does_not_stop_the_others(tmp_path: Path) -> None:
    path = tmp_path / "claims.jsonl"
    good = json.dumps(strict_yaml.read(EXAMPLES / "bank.yaml"), default=str, ensure_ascii=False)
    path.write_text(f'{good}\n{{"board": "both"}}\n{good}\n', encoding="utf-8")
    result = CliRunner().invoke(app, ["policy", "explain", str(path)])
    assert result.exit_code == 2
    assert result.stdout.count("应补偿 4,000,000.00 元") == 2
    assert "第 2 行没有测算" in result.stderr
    for said in (
        "claim.trigger",
        "银行年度补偿限额比例 2%；来源：三（四），东府办函〔2023〕725号",
        "bank_year.cap",
    ):
        assert said in result.stdout


def test_a_source_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    other = tmp_path / "gb.yaml"
    other.write_bytes("board: 银行".encode("gb18030"))
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(1_000_000_000)
    for source, said in (
        (tmp_path, "是文件夹"),
        (tmp_path / "没有", "没有名为"),
        (other, "另存为 UTF-8"),
        (large, "过大"),
    ):
        result = CliRunner().invoke(app, ["policy", "explain", str(source)])
        assert result.exit_code == 2 and said in result.stderr, source


def test_explain_at_the_command_line() -> None:
    for name, payable in (("bank", "4000000.00"), ("guarantee", "150000.04")):
        result = CliRunner().invoke(app, ["policy", "explain", str(EXAMPLES / f"{name}.yaml"), "--json"])
        assert json.loads(result.stdout)[0]["payable"] == payable
    assert CliRunner().invoke(app, ["policy", "explain", "no-such-file"]).exit_code == 2
