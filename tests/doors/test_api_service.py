"""送达 and 消息 over the API: the phone list, calls, 送达回证; a message read by whom it is for."""

from models import clock, database
from models.records.notice import Notice
from tests import builders
from tests.doors.api import V1, Callers
from tests.doors.conftest import Server
from tests.doors.test_service import NUMBER, served


def test_a_document_is_served_by_telephone_and_its_receipt_is_drawn_up(
    server: Server, callers: Callers
) -> None:
    key = served()
    officer, bank = callers("chenjiamin"), callers("linwanyi")
    assert officer.get(f"{V1}/unserved").json()["items"] == [], "it was sent today"
    with database.session() as s:
        notice = s.get_one(Notice, key)
        notice.reminded_at = notice.escalated_at = clock.now()
    (listed,) = officer.get(f"{V1}/unserved").json()["items"]
    assert (listed["notice"], listed["case"], listed["calls"]) == (str(key), NUMBER, 0)
    said = {"spoke_with": "李敏", "phone": "0769-2222 0000", "reached": False}
    bare = officer.write(f"/unserved/{key}/calls", {"spoke_with": "", "phone": "", "reached": True})
    assert {one["pointer"] for one in bare.json()["faults"]} == {"/spoke_with", "/phone"}
    assert officer.write(f"/unserved/{key}/calls", said).json()["acknowledged_at"] is None
    done = officer.write(f"/unserved/{key}/calls", said | {"reached": True, "words": "已告知"}).json()
    assert (done["acknowledged_via"], done["calls"]) == ("phone", 2)
    assert officer.write(f"/unserved/{key}/calls", said | {"reached": True}).status_code == 409
    assert officer.write(f"/unserved/{key}/receipt", None).json()["code"] == "D40"
    assert bank.get(f"{V1}/unserved").status_code == 403
    assert bank.write(f"/unserved/{key}/calls", said).status_code == 404


def test_a_message_is_read_once_by_whom_it_is_for(server: Server, callers: Callers) -> None:
    number = builders.filed()
    officer, colleague = callers("chenjiamin"), callers("wangliqun")
    to = next(p["id"] for p in officer.get(f"{V1}/colleagues").json()["items"] if p["name"] == "王立群")
    assert officer.write(f"/cases/{number}/copies", {"to": [to], "words": "请阅"}).status_code == 200
    (message,) = colleague.get(f"{V1}/messages", params={"kind": "copy"}).json()["items"]
    assert (message["case"], message["words"], message["read_at"]) == (number, "请阅", None)
    assert officer.write(f"/messages/{message['id']}/read", None).status_code == 404
    first = colleague.write(f"/messages/{message['id']}/read", None).json()["read_at"]
    assert first is not None
    assert colleague.write(f"/messages/{message['id']}/read", None).json()["read_at"] == first
    assert callers("linwanyi").get(f"{V1}/messages").status_code == 403
