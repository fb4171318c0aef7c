"""What was issued stays what it was: numbers without gaps, bytes nobody can change, and a command that proves it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select
from typer.testing import CliRunner

from api.cli import app
from flows.documents import integrity
from models import clock, database
from models.lifecycle import Board
from models.records import numbers
from models.records.attachment import Blob
from models.records.document import Document, DocumentState
from tests.actions import samples
from tests.documents.issuing import issue, reviewed_claim
from tests.seed import actor, seed

Db = Callable[[], AbstractContextManager[Session]]
CONCURRENT = 100


@pytest.fixture(autouse=True)
def people(db: Db) -> Iterator[None]:
    with db() as s:
        seed(s)
    yield


def sentences() -> list[str]:
    with database.session() as s:
        return [f"{d.where}：{d.sentence}" for d in integrity.verify(s).differences]


def tampered(database_url: str, *changes: tuple[str, object]) -> None:
    """What only somebody with the keys to the database can do: triggers off, then the change."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement, key in changes:
            connection.execute(statement.encode(), [key])


def a_claim() -> str:
    with database.session() as s:
        who = actor(s, "linwanyi")
        loan = samples.registered(s, who, Board.BANK, principal="300,000,000.00", employees="300")
        return samples.claim_on(s, who, loan).number


def test_a_hundred_concurrent_issues_some_of_which_fail_leave_no_gap_and_no_duplicate() -> None:
    case = a_claim()
    with database.session() as s:
        issue(s, case, "D15")  # the templates are taken over before the race
    connections = create_engine(database.engine().url, poolclass=NullPool)  # one for each thread
    start = threading.Barrier(CONCURRENT)
    given: list[int] = []

    def one(number: int) -> None:
        start.wait(60)
        try:
            with Session(connections) as s, s.begin():
                serial = issue(s, case, "D16").serial or 0
                if number % 4 == 0:
                    raise RuntimeError("the step fails after its number was taken")
                given.append(serial)
        except RuntimeError:
            pass

    threads = [threading.Thread(target=one, args=(n,)) for n in range(CONCURRENT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    kept = CONCURRENT - CONCURRENT // 4
    assert sorted(given) == list(range(1, kept + 1))
    with database.session() as s:
        found = next(one for one in numbers.series(s) if one.word.endswith("受"))
        assert (found.last, found.used, found.whole) == (kept, kept, True)
        assert {d.number for d, _ in numbers.entries(s, numbers.Wanted(word=found.word))} == {
            f"{found.word}〔{clock.today().year}〕{serial}号" for serial in given
        }
    assert sentences() == []


def test_numbers_begin_again_with_the_year() -> None:
    case = a_claim()
    given = []
    for moment in (datetime(2026, 12, 31, 2, tzinfo=UTC), datetime(2026, 12, 31, 16, tzinfo=UTC)):
        with clock.at(moment), database.session() as s:
            given.append(issue(s, case, "D16").number)
    assert given == ["计受〔2026〕1号", "计受〔2027〕1号"]


CHANGES = (
    "UPDATE blobs SET data = 'x'",
    "DELETE FROM blobs",
    "TRUNCATE blobs CASCADE",
    "UPDATE documents SET sha256 = (SELECT min(sha256) FROM blobs)",
    "UPDATE documents SET number = 'x'",
    "UPDATE documents SET context = '{}'",
    "UPDATE documents SET for_applicant = NOT for_applicant",
    "UPDATE documents SET state = 'void'",
    "UPDATE documents SET state = 'issued' WHERE state = 'superseded'",
    "DELETE FROM documents",
    "UPDATE number_counters SET last = last - 1",
    "UPDATE number_counters SET last = last + 2",
    "DELETE FROM number_counters",
    "INSERT INTO number_counters SELECT organ_id, word, 2099, 7 FROM number_counters LIMIT 1",
    "UPDATE document_templates SET sha256 = (SELECT min(sha256) FROM blobs)",
    "DELETE FROM document_templates",
)


def test_the_database_itself_refuses_to_change_what_was_issued(database_url: str) -> None:
    case = a_claim()
    with database.session() as s:
        issue(s, case, "D16")
        issue(s, case, "D16")
        states = [d.state for d in s.exec(select(Document).order_by(col(Document.id)))]
        assert states == [DocumentState.SUPERSEDED, DocumentState.ISSUED]
    done = []
    with psycopg.connect(database_url) as connection:
        for change in CHANGES:
            try:
                connection.execute(change.encode())
                done.append(change)
            except psycopg.errors.IntegrityError:
                pass
            connection.rollback()
    assert done == []


def test_a_document_is_void_only_after_another_person_approved() -> None:
    case = a_claim()
    with database.session() as s:
        made = issue(s, case, "D16")
        who = actor(s, "chenjiamin").person_id
    with pytest.raises(DBAPIError, match="decided_by_another"), database.session() as s:
        now = clock.now()
        s.add(
            numbers.DocumentVoid(
                document_id=made.id or 0, reason="错", requested_by=who, requested_at=now, approved=True,
                decided_by=who, decided_at=now,
            )
        )  # fmt: skip


def test_every_document_of_a_reviewed_claim_comes_out_again_byte_for_byte() -> None:
    reviewed_claim()
    with database.session() as s:
        report = integrity.verify(s)
        codes = {d.code for d in s.exec(select(Document))}
    assert (report.intact, report.differences) == (True, [])
    assert report.documents >= len(codes) >= 4
    assert report.files > 0 and report.series >= 2


def test_each_way_of_tampering_is_told_in_a_sentence(database_url: str) -> None:
    case = a_claim()
    with database.session() as s:
        first, second, third = (issue(s, case, code) for code in ("D16", "D15", "D16"))
        issue(s, case, "D16")
        blob = s.get_one(Blob, first.sha256)
        assert blob.size > 1000
    tampered(
        database_url,
        ("UPDATE blobs SET data = data || 'x' WHERE sha256 = %s", first.sha256),
        ('UPDATE documents SET context = context || \'{"claimed": "9.00"}\' WHERE id = %s', second.id),
        ("UPDATE documents SET serial = 7 WHERE id = %s", third.id),
    )
    found = sentences()
    for words in (
        "库中文件的内容与登记的 SHA-256 不符",
        "登记的生成资料与其 SHA-256 不符",
        "结果与所发文书不一致",
        "应为“计受〔2026〕7号”",
        "文号登记簿：缺号：2。",
        "文号登记簿：顺序号不在登记的 1 至 3 号之内：7。",
    ):
        assert any(words in sentence for sentence in found), (words, found)


def test_the_command_says_it_in_words_and_in_json_and_by_its_exit_code(database_url: str) -> None:
    case = a_claim()
    with database.session() as s:
        made = issue(s, case, "D16")
    runner = CliRunner()
    good = runner.invoke(app, ["documents", "verify"])
    assert (good.exit_code, "全部相符。" in good.output) == (0, True)
    tampered(database_url, ("DELETE FROM blobs WHERE sha256 = %s", made.sha256))
    bad = runner.invoke(app, ["documents", "verify", "--json"])
    assert bad.exit_code == 1
    told = json.loads(bad.stdout)
    assert told["intact"] is False
    assert told["differences"][0]["sentence"] == "登记的文件不在库中。"
