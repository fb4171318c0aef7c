"""Finding by words, narrowing and sorting by columns, saved views: in 待办 and 案件, for those who may see them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from models.gates import Outcome
from models.records import overview, queue, queue_filters, search
from models.records.case import CaseRecord, by_number
from models.records.case_filters import Filters, Show, Sort
from models.records.loan import Loan
from models.records.paging import Cursor
from models.records.queue import Filters as QueueFilters
from models.records.search import CaseWords
from tests import builders
from tests.doors.conftest import Server
from tests.seed import actor

Db = Callable[[], AbstractContextManager[Session]]
MANAGER = "lizhiyuan"


def found(s: Session, words: str, show: Show = Show.ALL) -> set[str]:
    page = overview.cases(s, actor(s, MANAGER), Filters(show, words=words))
    assert page.total == len(page.rows) == overview.count(s, actor(s, MANAGER), Filters(show, words=words))
    return {row.case.number for row in page.rows}


def waiting(s: Session, words: str) -> set[str]:
    rows = queue.open_tasks(s, actor(s, "chenjiamin"), QueueFilters(words=words)).rows
    return {row.task.case_number for row in rows}


def test_a_case_is_found_by_any_part_of_what_people_know_of_it(server: Server, db: Db) -> None:
    plain = builders.filed(contract_number="GY-2026-7788", firm_name="东莞市恒炬精密模具有限公司")
    other = builders.filed(contract_number="DG/55", firm_name="东莞市明ＡＢ电子有限公司")
    with db() as s:
        case = by_number(s, plain)
        assert case is not None
        receipt = s.exec(select(Loan.receipt_number).where(Loan.case_id == case.id)).one()
        for words in ("恒炬", "炬", "恒炬精密模具", plain, plain[-4:], "gy-2026", "7788",
                      receipt, "恒炬 模具", "ＧＹ－2026"):  # fmt: skip
            assert found(s, words) == waiting(s, words) == {plain}, words
        for words in ("莞", "东莞市", "莞邑银行", "有限公司", case.uscc, case.uscc[3:9].lower()):
            assert found(s, words) == waiting(s, words) == {plain, other}, words
        assert found(s, "明ab") == waiting(s, "AB电子") == {other}
        for words in ("炬恒", "恒炬 电子", "恒炬x", "%", "_", "\\", "恒_精", "'; --", "东江"):
            assert found(s, words) == waiting(s, words) == set(), words


def test_what_a_registered_filing_is_found_by_is_among_the_closed_cases(server: Server, db: Db) -> None:
    left = builders.filed(contract_number="HT-7788", firm_name="东莞市恒炬精密模具有限公司")
    number = builders.filed(count=2, contract_number="HT-9900")
    builders.answer(number, "chenjiamin", Outcome.APPROVE)
    builders.answer(number, "zhoubingwen", Outcome.APPROVE)
    with db() as s:
        kept = s.exec(select(CaseRecord.number, CaseWords.part > 0, CaseWords.open).join(CaseRecord)).all()
        assert sorted(kept) == sorted(
            [(left, False, True), (left, True, True), (number, False, False), (number, True, False)]
        )
        assert found(s, "9900") == found(s, f"{number}-02") == {number}
        assert found(s, "9900", Show.OPEN) == set() and found(s, "7788", Show.OPEN) == {left}


def test_words_in_very_many_cases_are_walked_through_and_find_the_same(
    server: Server, db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed = [builders.filed(contract_number=f"C-{n}", firm_name=f"东莞市恒炬{n}号有限公司") for n in range(4)]
    with db() as s:
        few = {words: (found(s, words), waiting(s, words)) for words in ("恒炬", "恒炬 2号", "莞邑", "无此")}
    monkeypatch.setattr(search, "SELDOM", 1)
    monkeypatch.setattr(search, "COUNTED_WALKING", 2)

    def same() -> None:
        with db() as s:
            for words, expected in few.items():
                rows = overview.cases(s, actor(s, MANAGER), Filters(Show.ALL, words=words)).rows
                assert ({row.case.number for row in rows}, waiting(s, words)) == expected, words

    same()
    with db() as s:
        hits = search.find(s, "恒炬")
        assert hits is not None and hits.bits is not None, "too many to be named: a bit each"
    later = builders.filed(contract_number="C-9", firm_name="东莞市另一家有限公司")
    with db() as s:
        assert hits.among(CaseRecord.id) and later not in {
            one.number for one in s.exec(select(CaseRecord).where(*hits.among(CaseRecord.id)))
        }, "a case younger than the search is beyond its bits"
    monkeypatch.setattr(search, "MANY", 1)
    few["莞邑"] = (few["莞邑"][0] | {later}, few["莞邑"][1] | {later})
    same()
    with db() as s:
        many = overview.cases(s, actor(s, MANAGER), Filters(Show.ALL, words="恒炬"))
        assert (many.total, many.exact, many.amount) == (3, False, None)
    assert few["恒炬"][0] == set(filed)
    page = server.client(MANAGER).get("/cases?q=恒炬").text
    assert "2+ 件" in page and "筛选后显示金额合计" in page


def test_what_a_case_is_found_by_follows_its_changes(server: Server, db: Db) -> None:
    number = builders.filed()
    with db() as s:
        case = by_number(s, number)
        assert case is not None
        loan = s.exec(select(Loan).where(Loan.case_id == case.id)).one()
        loan.filing_number, case.subject = "DGBA2026000123", "改名后的公司"
    with db() as s:
        assert found(s, "2026000123") == found(s, "改名后") == waiting(s, "改名后") == {number}
        assert found(s, "改名后", Show.CLOSED) == set()
        case = by_number(s, number)
        assert case is not None
        case.wake_at, case.closed_at = None, case.opened_at
    with db() as s:
        assert found(s, "改名后", Show.CLOSED) == {number} and found(s, "改名后", Show.OPEN) == set()
        s.execute(text("DELETE FROM loans"))
        assert found(s, "2026000123") == set()


def test_a_bank_finds_only_its_own_cases(server: Server, db: Db) -> None:
    number = builders.filed()
    assert number in server.client("linwanyi").get(f"/cases?q={number[-4:]}").text
    assert number not in server.client("luoqiming").get(f"/cases?q={number[-4:]}").text.split("<main")[1]


@pytest.mark.parametrize("sort", list(queue.Sort))
def test_a_queue_in_any_order_is_paged_without_gap_or_repetition(
    server: Server, db: Db, sort: queue.Sort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_filters.Asked.__init__, "__defaults__", (3,))
    for n, principal in enumerate(
        ("3,000,000.00", "1,000,000.00", "2,000,000.00", "1,000,000.00", "500,000.00")
    ):
        builders.filed(contract_number=f"S-{n}", principal=principal)
    client = server.client("chenjiamin")
    monkeypatch.setattr("api.pages.queue.PER_PAGE", 2)
    address, seen, words = f"/queue?tab=mine&sort={sort.value}", [], ""
    while address:
        page = client.get(address).text
        rows = page.split('<table class="queue"')[1].split("</table>")[0]
        seen += [part.split("<")[0] for part in rows.split('<span class="num muted">')[1:]]
        words += page.split('aria-label="分页"><span class="muted num">')[1].split("<")[0] + "；"
        after = page.split('rel="next" href="')
        address = after[1].split('"')[0].replace("&amp;", "&") if len(after) > 1 else ""
    assert len(seen) == len(set(seen)) == 5
    assert words == "第 1–2 件，共 3+ 件；第 3–4 件，共 3+ 件；第 3 件以后，共 3+ 件；"
    with db() as s:
        order = queue.ORDERS[sort]
        tasks = [row.task for row in queue.open_tasks(s, actor(s, "chenjiamin"), sort=sort).rows]
        keys = [(getattr(task, order.column.key), task.id) for task in tasks]
        assert keys == sorted(keys, reverse=order.newest) and [task.case_number for task in tasks] == seen
        assert queue.count_open(s, actor(s, "chenjiamin")) == 4
        held = queue.facets(s, actor(s, "chenjiamin"), QueueFilters(), [])
        assert held.more and held.due == (3,)


def test_a_list_is_narrowed_by_every_column(server: Server, db: Db) -> None:
    small = builders.filed(contract_number="N-1", principal="500,000.00")
    large = builders.filed(contract_number="N-2", principal="8,000,000.00")
    claim = builders.claimed()
    with db() as s:
        cases = {one.number: one for one in s.exec(select(CaseRecord))}
        town, uscc, board = cases[small].town, cases[small].uscc, cases[small].board.value
    reviewer, manager = server.client("chenjiamin"), server.client(MANAGER)

    def listed(client: object, address: str) -> set[str]:
        page = client.get(address).text  # type: ignore[attr-defined]
        main = page.split('id="list"')[1].split("<aside")[0]
        return {number for number in (small, large, claim) if number in main}

    everything = {small, large, claim}
    for query, expected in (
        ("least=800", {large}), ("most=60", {small}), ("least=40&most=60", {small}), ("least=abc", everything),
        (f"town={town}", everything), ("town=石龙镇", set()), (f"firm={uscc.lower()}", everything),
        ("firm=914419000000000000", set()), (f"board={board}", everything), ("board=guarantee", set()),
        ("batch=7", set()), ("batch=-1", everything),
    ):  # fmt: skip
        if "board" not in query:
            assert listed(manager, f"/cases?show=open&{query}") == expected, query
        assert listed(reviewer, f"/queue?tab=mine&{query}") == expected, query
    assert listed(manager, "/cases?show=all&industry=工业&process=claim") <= {claim}
    with db() as s:
        page = overview.cases(s, actor(s, MANAGER), Filters(Show.OPEN), sort=Sort.AMOUNT, limit=1)
        assert page.more and page.last is not None and isinstance(page.last.at, Decimal)
        assert Cursor.parse(str(page.last)) == page.last
        rest = overview.cases(s, actor(s, MANAGER), Filters(Show.OPEN), sort=Sort.AMOUNT, after=page.last)
        assert [row.case.amount for row in rest.rows] == sorted(
            (r.case.amount for r in rest.rows), reverse=True
        )
        assert page.rows[0].case.amount >= rest.rows[0].case.amount and len(rest.rows) == page.total - 1


def test_a_view_is_saved_opened_by_default_replaced_and_removed(server: Server) -> None:
    client, other = server.client("chenjiamin"), server.client("wangliqun")
    query = "tab=mine&town=虎门镇&sort=amount&after=2026-01-01T00:00:00+00:00~5&done=3"
    kept = client.post("/views", data={"place": "queue", "name": " 虎门  大额 ", "query": query})
    assert "town=" in kept.headers["location"] and "after" not in kept.headers["location"]
    page = client.get(kept.headers["location"]).text
    assert "虎门 大额" in page and "设为默认" in page
    assert "虎门 大额" not in other.get("/queue?tab=mine").text
    view = page.split("/views/")[1].split("/")[0]
    assert (
        other.post(f"/views/{view}/opens").status_code
        == other.post(f"/views/{view}/remove").status_code
        == 404
    )
    assert client.get("/queue").status_code == 200
    client.post(f"/views/{view}/opens")
    assert client.get("/queue").headers["location"] == kept.headers["location"]
    assert client.get("/queue?tab=mine").status_code == client.get("/cases").status_code == 200
    again = client.post(
        "/views", data={"place": "queue", "name": "虎门 大额", "query": "tab=team", "opens": "1"}
    )
    assert again.headers["location"] == client.get("/queue").headers["location"] == "/queue?tab=team"
    client.post("/views", data={"place": "cases", "name": "结案", "query": "show=closed", "opens": "1"})
    assert client.get("/cases").headers["location"] == "/cases?show=closed"
    client.post(f"/views/{view}/remove")
    assert client.get("/queue").status_code == 200
    for name, said in (("", "名称"), ("长" * 21, "最多 20 字，现为 21 字")):
        refused = client.post("/views", data={"place": "queue", "name": name, "query": "tab=mine"})
        assert refused.status_code == 422 and said in refused.text
