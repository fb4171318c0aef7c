"""Long lists stay what they are however they are read: collected or walked through, joined or looked up, planned anew."""

import gc
import random
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import ARRAY, Text, bindparam, event, text
from sqlmodel import Session, select

from api.runtime import web
from models import clock, database
from models.permissions import Actor
from models.records import overview, queue, search
from models.records.case import CaseRecord, by_number
from models.records.case_filters import Filters, Show, Sort
from models.records.claim import Claim
from models.records.paging import Cursor
from tests import builders
from tests.doors.conftest import Server
from tests.seed import actor

Db = Callable[[], AbstractContextManager[Session]]
MANAGER, BANKER = "lizhiyuan", "linwanyi"


def test_whatever_stands_in_a_row_is_found_by_the_grams_of_the_index(server: Server, db: Db) -> None:
    """A search asks for grams of its words; the index holds those of whole rows. Every part of a row must agree."""
    chance = random.Random(723)  # noqa: S311 - no secret
    rows = ["".join(chance.choices("0123459a-公司莞有 ", k=chance.randrange(1, 24))) for _ in range(400)]
    query = text("SELECT search_grams(w) FROM unnest(:rows) WITH ORDINALITY AS t (w, n) ORDER BY n")
    with db() as s:
        held = s.connection().execute(query.bindparams(bindparam("rows", rows, ARRAY(Text)))).scalars().all()
    for row, grams in zip(rows, held, strict=True):
        for start in range(len(row)):
            for term in search.terms(row[start : start + chance.randrange(1, 9)]):
                assert set(search.grams(term)) <= set(grams), (row, term)
    assert search.grams("bc-2026-07") == ("bc", "202", "026")
    assert search.grams("第12号楼") == ("号楼",)
    assert search.grams("2026") == ("202", "026") and search.grams("x123") == ("123",)
    assert search.grams("莞") == ("莞",) and search.grams("a5") == ("a",)
    assert search.grams("12") == search.grams("-") == ()


def claims(s: Session) -> dict[Show, set[int]]:
    """Some claims beside the one there is, at every stage of being approved and paid; what each list holds."""
    first = by_number(s, builders.claimed())
    assert first is not None
    claim = s.exec(select(Claim).where(Claim.case_id == first.id)).one()
    held: dict[Show, set[int]] = {Show.APPROVED: set(), Show.RESERVED: set(), Show.PAID: set()}
    for n in range(24):
        opened = first.opened_at - timedelta(days=n % 5)
        facts = first.model_dump(exclude={"id"}) | {"number": f"BC-2001-{n:04d}", "opened_at": opened}
        facts |= {"amount": Decimal(n % 4 + 1), "closed_at": opened if n % 6 == 5 else None, "wake_at": None}
        record = CaseRecord(**facts)
        s.add(record)
        s.flush()
        approved, paid = (Decimal(100) if n % 5 else None), n % 3 == 2 and n % 5 != 0
        fields = claim.model_dump(exclude={"id"}) | {
            "case_id": record.id,
            "opened_at": opened,
            "alive": False,
        }
        fields |= {"approved": approved, "paid": approved if paid else None}
        fields |= {"voucher_date": date(2025 + n % 2, 12, 31) if paid else None}
        s.add(Claim(**fields))
        held[Show.APPROVED] |= {record.id} if approved else set()
        held[Show.RESERVED] |= {record.id} if approved and not paid and record.closed_at is None else set()
        held[Show.PAID] |= {record.id} if paid and n % 2 == 0 else set()
    s.flush()
    return {show: {one or 0 for one in ids} for show, ids in held.items()}


def walked(s: Session, reader: Actor, filters: Filters, sort: Sort) -> list[int]:
    """The ids of a list, two a page, forwards; on the way each page is reached from behind as well."""
    seen: list[int] = []
    after: Cursor | None = None
    while True:
        page = overview.cases(s, reader, filters, sort=sort, limit=2, after=after)
        ids = [row.case.id or 0 for row in page.rows]
        assert page.skipped == len(seen)
        if after is not None:
            back = overview.cases(s, reader, filters, sort=sort, limit=2, before=page.first)
            assert [row.case.id for row in back.rows] == seen[-2:]
        seen += ids
        if not page.more:
            return seen
        after = page.last


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("few", [0, 3_000])
def test_lists_of_claims_are_paged_in_order_collected_or_walked(
    server: Server, db: Db, monkeypatch: pytest.MonkeyPatch, few: int, sort: Sort
) -> None:
    monkeypatch.setattr(overview, "FEW", few)
    with db() as s:
        for show, expected in claims(s).items():
            for login in (MANAGER, BANKER):
                reader, filters = actor(s, login), Filters(show, year=2025 if show is Show.PAID else None)
                seen = walked(s, reader, filters, sort)
                assert len(seen) == len(set(seen)) and set(seen) == expected, (show, login)
                cases = [s.get_one(CaseRecord, one) for one in seen]
                keys = [(one.amount if sort is Sort.AMOUNT else one.opened_at, one.id or 0) for one in cases]
                assert keys == sorted(keys, reverse=True)
                assert overview.count(s, reader, filters) == len(expected)
            assert len(expected) > 2


def test_the_counts_beside_the_lists_are_those_of_the_lists(server: Server, db: Db) -> None:
    with db() as s:
        claims(s)
        lists = [Filters(show) for show in Show] + [
            Filters(Show.ALL, at_least=Decimal(3), at_most=Decimal(4))
        ]
        for login in (MANAGER, BANKER):
            reader = actor(s, login)
            assert overview.counts(s, reader, lists) == [
                overview.cases(s, reader, one).total for one in lists
            ]
            for one in (
                *lists,
                Filters(year=2001),
                Filters(Show.ALL, year=clock.today().year),
                Filters(town="石龙镇"),
            ):
                shows = [Show.OPEN, Show.OVERDUE, Show.APPLICANT, Show.CLOSED, Show.ALL, Show.MINE, one.show]
                counts = overview.beside(s, reader, one, shows, overview.count(s, reader, one))
                expected = {show: overview.count(s, reader, replace(one, show=show)) for show in shows}
                assert counts == expected, one
        assert overview.counts(s, reader, []) == []
        assert overview.counts(s, reader, [Filters(Show.ALL)], most=3) == [4]


def test_a_list_is_planned_for_what_is_asked_and_only_in_its_transaction(server: Server, db: Db) -> None:
    def mode(s: Session) -> str:
        return str(s.connection().execute(text("SHOW plan_cache_mode")).scalar_one())

    for ask in (
        queue.count_open,
        overview.cases,
        overview.counts,
        queue.facets,
        queue.open_tasks,
        queue.next_task,
    ):
        more: tuple[Any, ...] = {
            "cases": (Filters(),),
            "counts": ([Filters()],),
            "facets": (queue.Filters(), []),
        }.get(ask.__name__, ())
        with db() as s:
            assert mode(s) == "auto"
            ask(s, actor(s, "chenjiamin"), *more)
            assert mode(s) == "force_custom_plan", ask.__name__


@pytest.mark.parametrize(
    ("login", "address"),
    [
        ("chenjiamin", "/queue?tab=mine"), ("chenjiamin", "/queue?tab=team&sort=amount"), ("chenjiamin", "/queue?q=恒炬"),
        (MANAGER, "/cases?show=open"), (MANAGER, "/cases?q=恒炬"), (BANKER, "/cases?show=all"),
    ],
)  # fmt: skip
def test_a_page_asks_the_database_nothing_twice(server: Server, login: str, address: str) -> None:
    builders.filed(firm_name="东莞市恒炬精密模具有限公司")
    client = server.client(login)
    asked: Counter[str] = Counter()

    def heard(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        if "set_config" not in statement:
            asked[f"{statement} {values}"] += 1

    event.listen(database.engine(), "before_cursor_execute", heard)
    try:
        assert client.get(address).status_code == 200
    finally:
        event.remove(database.engine(), "before_cursor_execute", heard)
    assert [one for one, times in asked.items() if times > 1] == []


def test_what_was_made_at_start_up_is_not_looked_through_for_garbage() -> None:
    before, often = gc.get_freeze_count(), gc.get_threshold()
    try:
        web.application()
        assert gc.get_freeze_count() > before + 100_000
    finally:
        gc.unfreeze()
        gc.set_threshold(*often)
