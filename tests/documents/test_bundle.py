"""The evidence bundle of a case: the same bytes each time, and every damage to it is found offline."""

import ast
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from hashlib import sha256
from pathlib import Path

import pytest
from sqlmodel import Session, select
from typer.testing import CliRunner

from api.cli import app
from api.pages.evidence import evidence
from flows.actions.attaching import attach
from flows.documents.bundle import VERIFIER
from models import database
from models.records.case import CaseRecord
from models.records.document import Document
from tests.documents.issuing import reviewed_claim
from tests.seed import actor, seed

Db = Callable[[], AbstractContextManager[Session]]
PDF = b"%PDF-1.4 " + b"x" * 100
PYTHON = (sys.executable, "-I", "-S")
"""Without site-packages: the verifier stands on the standard library alone."""


@pytest.fixture(scope="module")
def made() -> dict[bool, bytes]:
    """The bundles, made once."""
    return {}


@pytest.fixture(autouse=True)
def case(db: Db, made: dict[bool, bytes], tmp_path: Path) -> Iterator[None]:
    if not made:
        with db() as s:
            seed(s)
        number = reviewed_claim()
        with database.session() as s:
            found = s.exec(select(CaseRecord).where(CaseRecord.number == number)).one()
            attach(s, actor(s, "linwanyi"), found, "contract", "合同:一.pdf", PDF)
            attach(s, actor(s, "linwanyi"), found, "contract", "合同二.pdf", PDF + b"2")
        for applicant in (False, True):
            with database.session() as s:
                found = s.exec(select(CaseRecord).where(CaseRecord.number == number)).one()
                first, again = (evidence(s, found, applicant=applicant) for _ in range(2))
            made[applicant] = b"".join(first.write())
            assert made[applicant] == b"".join(again.write())
            assert first.fingerprint == sha256(files(made[applicant])["manifest.json"]).hexdigest()
        with database.session() as s:
            papers = s.exec(select(Document)).all()
            inside = files(made[False])
            assert {d.sha256 for d in papers} == {
                sha256(data).hexdigest() for name, data in inside.items() if name.startswith("文书/")
            }
            own = files(made[True])
            assert {d.sha256 for d in papers if d.for_applicant} == {
                sha256(data).hexdigest() for name, data in own.items() if name.startswith("文书/")
            }
            assert any(not d.for_applicant for d in papers)
        written = tmp_path / "out.zip"
        out = CliRunner().invoke(app, ["documents", "bundle", number, "--out", str(written)])
        assert (out.exit_code, written.read_bytes() == made[False]) == (0, True)
        assert sha256(files(made[False])["manifest.json"]).hexdigest() in out.output
        assert CliRunner().invoke(app, ["documents", "bundle", "BC-1999-1"]).exit_code == 2
    yield


def files(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def run(place: Path, *more: str, script: Path | None = None) -> tuple[int, str]:
    command = [*PYTHON, str(script or place / "verify.py"), *([str(place)] if script else []), *more]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


def unpack(parts: dict[str, bytes], place: Path) -> Path:
    for name, data in parts.items():
        target = place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return place


def test_a_whole_bundle_is_intact_unpacked_and_zipped(made: dict[bool, bytes], tmp_path: Path) -> None:
    for applicant, data in made.items():
        folder = unpack(files(data), tmp_path / str(applicant))
        code, said = run(folder)
        assert (code, "结论：完好" in said) == (0, True), said
        packed = tmp_path / f"{applicant}.zip"
        packed.write_bytes(data)
        fingerprint = sha256(files(data)["manifest.json"]).hexdigest()
        code, said = run(packed, "--fingerprint", fingerprint, script=folder / "verify.py")
        assert (code, "与你给出的一致" in said) == (0, True), said
        code, said = run(packed, "--fingerprint", "0" * 64, script=folder / "verify.py")
        assert (code, "可能被替换" in said) == (1, True), said


def test_the_applicants_bundle_holds_nothing_of_the_review(made: dict[bool, bytes]) -> None:
    inside = files(made[True])
    assert not {"审计摘录.json", "测算.json", "测算.txt"} & inside.keys()
    everything = b"".join(data for name, data in inside.items() if not name.endswith(".docx")).decode()
    for staff in ("陈嘉敏", "王立群", "周秉文"):
        assert staff not in everything
    assert {"审计摘录.json", "测算.json", "测算.txt"} <= files(made[False]).keys()


def test_it_reads_without_the_system(made: dict[bool, bytes]) -> None:
    inside = files(made[False])
    assert "申请" in inside["测算.txt"].decode() and "〔三（四）〕" in inside["测算.txt"].decode()
    story = inside["经过.txt"].decode()
    assert "受理通知书" in story and "陈嘉敏" in story and "{{" not in story and "<" not in story
    audit = json.loads(inside["审计摘录.json"])
    assert audit["answers"] and audit["journal"] and audit["duties"]
    shelves = sorted(name for name in inside if name.startswith("材料/"))
    assert [name.rpartition("/")[2][3:] for name in shelves][-2:] != []
    assert any(name.startswith("材料/已被更换/") and "合同_一.pdf" in name for name in shelves)


def paper(parts: dict[str, bytes]) -> str:
    return next(name for name in sorted(parts) if name.startswith("文书/"))


def changed(parts: dict[str, bytes]) -> None:
    parts[paper(parts)] += b" "


def flipped(parts: dict[str, bytes]) -> None:
    data = bytearray(parts[paper(parts)])
    data[200] ^= 1
    parts[paper(parts)] = bytes(data)


def missing(parts: dict[str, bytes]) -> None:
    del parts[next(name for name in parts if name.startswith("材料/"))]


def added(parts: dict[str, bytes]) -> None:
    parts["材料/99-补充.pdf"] = PDF


def rewritten(parts: dict[str, bytes]) -> None:
    """Somebody changes a figure and the manifest with it, but not the seal."""
    parts["测算.txt"] = parts["测算.txt"].replace("申请".encode(), "核定".encode())
    manifest = json.loads(parts["manifest.json"])
    for item in manifest["files"]:
        if item["path"] == "测算.txt":
            item |= {"size": len(parts["测算.txt"]), "sha256": sha256(parts["测算.txt"]).hexdigest()}
    parts["manifest.json"] = json.dumps(manifest, ensure_ascii=False).encode()


def swapped(parts: dict[str, bytes]) -> None:
    """A document is exchanged, in the manifest and under its seal too: the register still knows."""
    name = paper(parts)
    parts[name] += b" "
    manifest = json.loads(parts["manifest.json"])
    for item in manifest["files"]:
        if item["path"] == name:
            item |= {"size": len(parts[name]), "sha256": sha256(parts[name]).hexdigest()}
    parts["manifest.json"] = json.dumps(manifest, ensure_ascii=False).encode()
    parts["manifest.sha256"] = f"{sha256(parts['manifest.json']).hexdigest()}  manifest.json\n".encode()


def unsealed(parts: dict[str, bytes]) -> None:
    del parts["manifest.sha256"]


def no_manifest(parts: dict[str, bytes]) -> None:
    del parts["manifest.json"]


def garbled(parts: dict[str, bytes]) -> None:
    parts["manifest.json"] = parts["manifest.json"][: len(parts["manifest.json"]) // 2]


DAMAGES = {
    "one byte more": (changed, 1, "改动：文书/"),
    "one bit": (flipped, 1, "改动：文书/"),
    "a file gone": (missing, 1, "缺失：材料/"),
    "a file added": (added, 1, "多出：材料/99-补充.pdf"),
    "a figure and the manifest": (rewritten, 1, "改动：manifest.json"),
    "a document, manifest and seal": (swapped, 1, "与登记簿中的 SHA-256 不同"),
    "the seal gone": (unsealed, 1, "缺失：manifest.sha256"),
    "no manifest": (no_manifest, 2, "没有找到 manifest.json"),
    "half a manifest": (garbled, 2, "已损坏"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_every_damage_is_found(made: dict[bool, bytes], tmp_path: Path, name: str) -> None:
    damage, wanted, sentence = DAMAGES[name]
    parts = files(made[False])
    damage(parts)
    code, said = run(unpack(parts, tmp_path))
    assert (code, sentence in said, "结论：完好" in said) == (wanted, True, False), said


def test_a_broken_zip_is_named(made: dict[bool, bytes], tmp_path: Path) -> None:
    script = unpack({"verify.py": files(made[False])["verify.py"]}, tmp_path) / "verify.py"
    cut = tmp_path / "cut.zip"
    cut.write_bytes(made[False][:-300])
    code, said = run(cut, script=script)
    assert (code, "打不开" in said or "没有找到 manifest.json" in said) == (2, True), said
    hit = bytearray(made[False])
    hit[made[False].index(b"PK\x03\x04", 40) + 400] ^= 0xFF
    (tmp_path / "hit.zip").write_bytes(bytes(hit))
    code, said = run(tmp_path / "hit.zip", script=script)
    assert (code, "结论：不完好" in said or "已损坏" in said) in ((1, True), (2, True)), said


def test_the_verifier_needs_no_newer_python_than_3_8() -> None:
    ast.parse(VERIFIER.read_text(encoding="utf-8"), feature_version=(3, 8))
