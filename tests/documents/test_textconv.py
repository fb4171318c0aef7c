"""Whoever reviews a changed template sees sentences, not "binary files differ"."""

import shutil
import subprocess
import sys
from pathlib import Path

from flows.documents.engine import render
from flows.documents.samples import SAMPLES

ROOT = Path(__file__).parents[2]


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=审核", "-c", "user.email=a@example.org")
    return subprocess.run(
        ["git", "-C", str(folder), *who, *words], check=True, capture_output=True, text=True
    ).stdout


def test_git_shows_which_sentence_of_a_letter_changed(tmp_path: Path) -> None:
    shutil.copy(ROOT / ".gitattributes", tmp_path)
    git(tmp_path, "init", "-q")
    git(
        tmp_path,
        "config",
        "diff.docx.textconv",
        f"PYTHONPATH={ROOT} {sys.executable} -m flows.documents.textconv",
    )
    sample = SAMPLES["D22"]
    letter = tmp_path / "异议处理意见.docx"
    letter.write_bytes(render("D22", sample).data)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    letter.write_bytes(render("D22", sample.model_copy(update={"conclusion": "终止办理。"})).data)
    shown = git(tmp_path, "diff")
    changed = [line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in {"+++", "---"}]
    assert changed == [
        "-三、处理意见。异议不成立。维持公示内容，继续办理。",
        "+三、处理意见。异议不成立。终止办理。",
    ]
    letter.write_bytes(b"no zip at all")
    assert "不是可以读取的 Word 文件" in git(tmp_path, "diff")
