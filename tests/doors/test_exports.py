"""Documents of many cases in one zip: at once for a few, packed in the background for many."""

import io
import zipfile
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlmodel import col, select

from flows import forget_calls
from flows.documents import packing
from models import clock, database
from models.records.case import CaseRecord
from models.records.document import Document
from models.records.export import Export, ExportPiece, ExportState
from models.settings import get_settings
from tests import builders
from tests.doors.conftest import Server


@pytest.fixture
def case(server: Server) -> str:
    number = builders.claimed()
    builders.answer(number, "chenjiamin")
    return number


def hashes(data: bytes) -> set[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def issued(number: str, *, own: bool = False) -> set[str]:
    with database.session() as s:
        query = select(Document).join(CaseRecord).where(CaseRecord.number == number)
        return {d.sha256 for d in s.exec(query) if d.for_applicant or not own}


def test_a_cases_documents_come_as_one_zip_and_a_bank_gets_only_its_own(server: Server, case: str) -> None:
    place = f"/cases/{case}/documents.zip"
    assert hashes(server.client("chenjiamin").get(place).content) == issued(case)
    assert hashes(server.client("linwanyi").get(place).content) == issued(case, own=True)
    assert server.client("tanjunhao").get(place).status_code == 404


def test_many_documents_are_packed_in_the_background_with_progress(
    server: Server, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviewer, other = server.client("chenjiamin"), server.client("wangliqun")
    at_once = reviewer.post("/exports", params={"q": case})
    assert hashes(at_once.content) == issued(case)
    monkeypatch.setattr(packing, "AT_ONCE", 0)
    monkeypatch.setattr(packing, "PIECE", 5_000)
    assert reviewer.post("/exports", params={"q": case}).headers["location"] == "/exports"
    assert "排队中" in reviewer.get("/exports").text
    with database.session() as s:
        export_id = s.exec(select(Export.id)).one()
    place = f"/exports/{export_id}/file"
    assert reviewer.get(place).status_code == 409
    assert (packing.pack_waiting(), packing.pack_waiting()) == (1, 0)
    with database.session() as s:
        found = s.get_one(Export, export_id)
        assert (found.state, found.done) == (ExportState.DONE, found.total)
    data = reviewer.get(place).content
    assert (sha256(data).hexdigest(), hashes(data)) == (found.sha256, issued(case))
    assert "可下载" in reviewer.get("/exports").text
    assert other.get(place).status_code == 404


def test_a_packed_download_is_kept_for_its_days_and_no_longer(
    server: Server, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviewer = server.client("chenjiamin")
    monkeypatch.setattr(packing, "AT_ONCE", 0)
    for _ in range(2):
        reviewer.post("/exports", params={"q": case})
    packing.pack_waiting()
    reviewer.post("/exports", params={"q": case})  # waits: never forgotten
    days = timedelta(days=get_settings().export_days)
    with database.session() as s:
        old, young, waiting = s.exec(select(Export).order_by(col(Export.id))).all()
        old.finished_at, young.finished_at = (clock.now() - days - timedelta(minutes=m) for m in (1, -1))
        kept = {young.id, waiting.id}
    assert forget_calls.forget() == 1
    assert forget_calls.forget() == 0
    with database.session() as s:
        assert set(s.exec(select(Export.id))) == kept
        assert set(s.exec(select(ExportPiece.export_id))) == {young.id}


def test_nothing_to_pack_is_a_sentence(server: Server) -> None:
    answer = server.client("chenjiamin").post("/exports", params={"q": "没有这件"})
    assert (answer.status_code, "还没有出具文书" in answer.text) == (422, True)


def test_the_evidence_is_a_button_on_the_case_and_keeps_others_out(server: Server, case: str) -> None:
    reviewer = server.client("chenjiamin")
    assert f"/cases/{case}/evidence" in reviewer.get(f"/cases/{case}").text
    shown = reviewer.get(f"/cases/{case}/evidence").text
    data = reviewer.get(f"/cases/{case}/evidence.zip").content
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert sha256(archive.read("manifest.json")).hexdigest()[:32] in shown
    assert server.client("tanjunhao").get(f"/cases/{case}/evidence.zip").status_code == 404
