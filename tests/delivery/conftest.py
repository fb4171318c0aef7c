"""A bank with a mailbox and an endpoint, a case of its, and the outbox between."""

from collections.abc import Iterator
from datetime import date

import pytest

from api.story.peers import SmtpPeer, WebhookPeer
from models.lifecycle import Board
from models.records.institution import Institution, InstitutionName, Kind
from models.records.person import Person
from models.settings import get_settings
from tests.delivery.world import Opener, World


@pytest.fixture
def smtp(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpPeer]:
    """The bank's mail server, configured as ours to send through."""
    with SmtpPeer() as peer:
        monkeypatch.setenv("FENGBU_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("FENGBU_SMTP_PORT", str(peer.port))
        get_settings.cache_clear()
        yield peer


@pytest.fixture
def hook() -> Iterator[WebhookPeer]:
    """The bank's webhook endpoint."""
    with WebhookPeer() as peer:
        yield peer


@pytest.fixture(autouse=True)
def loopback_allowed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let webhooks reach the peers of these tests; read settings afresh in each."""
    monkeypatch.setenv("FENGBU_WEBHOOK_ALLOW_PRIVATE", "true")
    get_settings.cache_clear()
    yield
    monkeypatch.undo()
    get_settings.cache_clear()


@pytest.fixture
def world(db: Opener) -> World:
    """莞邑银行, its managing institution, and nobody to write to yet."""
    with db() as s:
        places = [
            Institution(code="guanyi", kind=Kind.BANK, files_board=Board.BANK),
            Institution(code="ecc", kind=Kind.MANAGING),
        ]
        s.add_all(places)
        s.flush()
        bank, managing = (place.id or 0 for place in places)
        person = Person(login="limin", name="李敏", password_hash="-", institution_id=bank)
        s.add(person)
        names = ((bank, "莞邑银行股份有限公司"), (managing, "东莞市电子计算中心"))
        s.add_all(
            InstitutionName(institution_id=i, name=n, short_name=n[:4], valid_from=date(2020, 1, 1))
            for i, n in names
        )
        s.flush()
        return World(db, bank, managing, person.id or 0)
