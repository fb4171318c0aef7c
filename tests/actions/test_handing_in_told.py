"""经办/复核: checkers learn of what waits for them, makers of what came back; the city of neither."""

from sqlmodel import Session, select

from flows.actions.maker_checker import handing_in
from models.records.institution import InstitutionContact
from models.records.notice import Delivery, Notice
from models.records.person import by_login
from tests.actions.test_handing_in import CHECKS, FILES, demand, give_role, waiting
from tests.seed import actor


def test_the_checkers_learn_of_what_waits_and_the_maker_of_what_came_back(s: Session) -> None:
    demand(s)
    maker, checker, contact = by_login(s, FILES), by_login(s, CHECKS), "notices@gyb.example"
    assert maker is not None and checker is not None
    maker.email, checker.email = "maker@gyb.example", "checker@gyb.example"
    s.add(InstitutionContact(institution_id=maker.institution_id, name="公共邮箱", email=contact))
    s.flush()
    row = waiting(s)
    assert told(s) == [("submission_prepared", {"portal": [""], "email": ["checker@gyb.example"]})]
    handing_in.give_back(s, actor(s, CHECKS), row.id or 0, "利率与合同不符。")
    (_, back) = told(s)
    assert back == ("submission_returned", {"portal": [""], "email": ["maker@gyb.example"]})
    notice = s.exec(select(Notice).where(Notice.event == "submission_returned")).one()
    assert "利率与合同不符。" in notice.body and f"/bank/prepared/{row.id}" in notice.body
    assert notice.institution_id == maker.institution_id and notice.case_id is None


def test_a_checker_who_prepared_it_is_not_asked_to_check_it(s: Session) -> None:
    demand(s)
    give_role(s, FILES, "filer_checker")
    maker = by_login(s, FILES)
    assert maker is not None
    maker.email = "maker@gyb.example"
    waiting(s)
    assert "maker@gyb.example" not in told(s)[0][1].get("email", [])


def told(s: Session) -> list[tuple[str, dict[str, list[str]]]]:
    """Notices in the order of their writing, each with the addresses it goes to, by channel."""
    found = []
    for one in s.exec(select(Notice).order_by(Notice.created_at, Notice.title)):  # type: ignore[arg-type]
        ways: dict[str, list[str]] = {}
        for way in s.exec(select(Delivery).where(Delivery.notice_id == one.id)):
            ways.setdefault(way.channel.value, []).append(way.address)
        found.append((one.event, ways))
    return found
