"""The demonstration's materials: files the doors would take, marked 示例, named on the application by title."""

import pytest
from sqlmodel import Session

from api.demo import papers, play
from flows.actions.attaching import store
from models.database import session
from models.lifecycle import Board
from models.policy.materials import CLAIM_SLOTS
from models.records import attachment, document
from tests.doors.conftest import Server


@pytest.mark.parametrize("board", list(Board))
def test_every_required_material_is_there_and_the_application_lists_titles(
    server: Server, board: Board
) -> None:
    bank = "GYB" if board == Board.BANK else "GHD"
    with session() as s:
        case = play.a_claim(s, board, bank, "2000000.00", "400000.00")
        papers.add_materials(s, play.person(s, play.Role.FILER, bank), case)
        files = attachment.current(s, case.id or 0)
        assert {f.slot for f in files} == {slot.key for slot in CLAIM_SLOTS[board] if slot.required}
        assert all("示例" in f.filename for f in files)
        for file in files:
            data = s.get_one(attachment.Blob, file.sha256).data
            assert store(s, file.slot, file.filename, data).media_type == file.media_type
    play.run_due()
    with session() as s:
        titles = [row["title"] for row in _application(s, case.id or 0)["materials"]]
    assert titles == [slot.title for slot in CLAIM_SLOTS[board] if slot.required]
    page = server.client("chenjiamin").get(f"/cases/{case.number}").text
    assert all(title in page for title in titles)


def _application(s: Session, case_id: int) -> dict[str, list[dict[str, str]]]:
    found = document.latest(s, case_id, "D15")
    assert found is not None
    return found.context
