"""公布 and 移出: who is told of a change of the white list; a removal takes two people."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from sqlmodel import Session, col, select

from flows.actions.errors import ConflictError, ForbiddenError, InvalidError
from flows.actions.rules import white_listing
from models import clock, database
from models.records import institution
from models.records.enterprise import stays_of
from models.records.institution import Kind
from models.records.message import Message, MessageKind
from models.records.notice import Channel, Delivery, Notice
from models.records.two_people import Verdict
from models.records.white_list import on_list
from tests.imports import files
from tests.imports.test_white_list import PUBLISHES, TODAY, decided, firm, prepared, rows_of
from tests.seed import actor, seed

CONFIRMS = "lizhiyuan"


@pytest.fixture(autouse=True)
def city(db: Any) -> Iterator[None]:
    with clock.at(TODAY):
        with db() as s:
            seed(s)
        yield


def test_a_firm_is_removed_by_two_people_from_a_day_to_come_and_is_remembered() -> None:
    decided(prepared([firm(1)], name="一", effective_on="2024-03-01", valid_to="2027-12-31"))
    typed = {"since": "2026-11-30", "reason": "发生贷款风险", "document": "东工信函〔2026〕9号"}
    with database.session() as s:
        (stay,) = stays_of(s, [files.uscc(1)])[files.uscc(1)]
        with pytest.raises(ForbiddenError):
            white_listing.remove(s, actor(s, "lujianping"), stay.id or 0, typed)
        with pytest.raises(InvalidError) as refused:
            white_listing.remove(s, actor(s, PUBLISHES), stay.id or 0, typed | {"since": "2026-11-22"})
        assert refused.value.faults[0].message.startswith("移出日最早为 2026-11-23")
        row = white_listing.remove(s, actor(s, PUBLISHES), stay.id or 0, typed)
        with pytest.raises(ConflictError, match="等另一人确认"):
            white_listing.remove(s, actor(s, CONFIRMS), stay.id or 0, typed)
        assert on_list(s, files.uscc(1), date(2026, 11, 30)) is not None, "registered is not removed"
        assert letters(s, "white_list_removed") == []
        for login in (PUBLISHES, "lujianping"):
            with pytest.raises(ForbiddenError):
                white_listing.decide_removal(s, actor(s, login), row.id or 0, Verdict.CONFIRMED)
        white_listing.decide_removal(s, actor(s, CONFIRMS), row.id or 0, Verdict.CONFIRMED)
        with pytest.raises(ConflictError):
            white_listing.decide_removal(s, actor(s, CONFIRMS), row.id or 0, Verdict.REJECTED)
        assert on_list(s, files.uscc(1), date(2026, 11, 29)) is not None
        assert on_list(s, files.uscc(1), date(2026, 11, 30)) is None
        assert (stay.planned_to, stay.removal_reason) == (date(2027, 12, 31), "发生贷款风险")
        with pytest.raises(ConflictError):
            white_listing.remove(s, actor(s, PUBLISHES), stay.id or 0, typed)
        banks, managing = told_to(s, "white_list_removed")
        assert banks == {one.id for one in institution.of_kind(s, Kind.BANK)}, "one notice each"
        assert managing == {one.id for one in institution.of_kind(s, Kind.MANAGING)}
        body = letters(s, "white_list_removed")[0].body
        for words in (
            "2026年11月29日为在名单内的最后一日",
            "发生贷款风险",
            "东工信函〔2026〕9号",
            "因此收到本通知",
        ):
            assert words in body
    number = prepared([firm(1, 推荐依据="再次推荐")], name="二")
    assert rows_of(number)[2] == ("good", [], ["removed_before"])


def test_a_removal_may_be_rejected_or_withdrawn_and_one_whose_day_has_passed_is_not_confirmed() -> None:
    decided(prepared([firm(1)], name="一", effective_on="2024-03-01"))
    typed = {"since": "2026-11-30", "reason": "发生贷款风险", "document": "东工信函〔2026〕9号"}
    with database.session() as s:
        (stay,) = stays_of(s, [files.uscc(1)])[files.uscc(1)]
        key = stay.id or 0
        row = white_listing.remove(s, actor(s, PUBLISHES), key, typed)
        white_listing.decide_removal(s, actor(s, CONFIRMS), row.id or 0, Verdict.REJECTED, "依据不足")
        again = white_listing.remove(s, actor(s, PUBLISHES), key, typed)
        with pytest.raises(ForbiddenError):
            white_listing.decide_removal(s, actor(s, CONFIRMS), again.id or 0, Verdict.WITHDRAWN)
        white_listing.decide_removal(s, actor(s, PUBLISHES), again.id or 0, Verdict.WITHDRAWN)
        late = white_listing.remove(s, actor(s, PUBLISHES), key, typed)
        with (
            clock.at(datetime(2026, 12, 3, 9, tzinfo=clock.SHANGHAI)),
            pytest.raises(ConflictError, match="最早为"),
        ):
            white_listing.decide_removal(s, actor(s, CONFIRMS), late.id or 0, Verdict.CONFIRMED)
        assert (stay.valid_to, letters(s, "white_list_removed")) == (None, [])


def test_a_published_round_is_told_to_every_bank_and_managing_institution_once() -> None:
    decided(prepared([firm(1), firm(2)], name="一", effective_on="2024-03-01"))
    with database.session() as s:
        banks, managing = told_to(s, "white_list_published")
        assert banks == {one.id for one in institution.of_kind(s, Kind.BANK)}
        assert managing == {one.id for one in institution.of_kind(s, Kind.MANAGING)}
        letter = next(one for one in letters(s, "white_list_published") if one.institution_id in banks)
        for words in (
            "白名单“一”已公布，自2024年3月1日起生效",
            "列入2家",
            "/firms.xlsx",
            "你单位是合作银行，因此",
        ):
            assert words in letter.body
        assert letter.case_id is None
        ways = s.exec(select(Delivery.channel).where(Delivery.notice_id == letter.id)).all()
        assert Channel.PORTAL in ways and Channel.EMAIL in ways
        officers = s.exec(select(Message).where(Message.kind == MessageKind.WHITE_LIST)).all()
        assert officers and {one.href.rpartition("/")[0] for one in officers} == {"/white-list/rounds"}
        assert len({one.person_id for one in officers}) == len(officers)


def letters(s: Session, event: str) -> list[Notice]:
    return list(s.exec(select(Notice).where(Notice.event == event).order_by(col(Notice.institution_id))))


def told_to(s: Session, event: str) -> tuple[set[int | None], set[int | None]]:
    """The banks and the managing institutions that were told; each has one notice."""
    keys = [one.institution_id for one in letters(s, event)]
    assert len(keys) == len(set(keys))
    kinds = {one.id: one.kind for one in s.exec(select(institution.Institution))}
    return {k for k in keys if kinds[k] == Kind.BANK}, {k for k in keys if kinds[k] == Kind.MANAGING}
