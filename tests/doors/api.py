"""Callers of the API for tests: keys on the seeded database, and the loans and claims they send."""

import hashlib
from base64 import b64encode
from collections.abc import Callable
from uuid import uuid4

import httpx

from api.demo.play import uscc
from flows.actions.people import keys
from models import database
from models.lifecycle import Board
from models.permissions import Actor
from models.policy.materials import CLAIM_SLOTS
from models.records import person
from models.records.api_key import Scope
from models.roles import Role

V1 = "/api/v1"
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
ALL = tuple(Scope)


def issue(login: str, scopes: tuple[Scope, ...] = ALL, networks: str = "", days: int = 30) -> tuple[int, str]:
    """A key that acts for `login`: its id and its secret text."""
    with database.session() as db:
        who = person.by_login(db, login)
        assert who is not None, login
        admin = Actor(who.id or 0, who.name, who.institution_id, frozenset({Role.ADMIN}))
        form = keys.KeyForm.model_validate(
            {
                "name": "核心系统",
                "person_id": who.id,
                "scopes": list(scopes),
                "days": days,
                "networks": networks,
            }
        )
        key, text = keys.create(db, admin, who.institution_id, form)
        return key.id or 0, text


class Api(httpx.Client):
    """A core system: sends its key, and a new `Idempotency-Key` with each write unless told which."""

    def write(self, path: str, body: object, *, word: str = "", seen: str | None = None) -> httpx.Response:
        """POST JSON."""
        headers = {"Idempotency-Key": word or str(uuid4())}
        if seen is not None:
            headers["If-Match"] = seen
        return self.post(V1 + path, json=body, headers=headers)

    def see(self, path: str) -> tuple[dict, str]:
        """GET a resource: what it says, and its ETag."""
        answer = self.get(V1 + path)
        assert answer.status_code == 200, answer.text
        return answer.json(), answer.headers["etag"]

    def upload(self, data: bytes = PDF, name: str = "合同.pdf", **headers: str) -> httpx.Response:
        """Upload a file."""
        given = {"Idempotency-Key": str(uuid4()), "Content-Digest": digest(data)} | headers
        return self.post(f"{V1}/uploads", params={"filename": name}, content=data, headers=given)

    def materials(self, board: Board) -> dict[str, str]:
        """Every required material of a claim, uploaded."""
        sent = self.upload().json()["id"]
        return {slot.key: sent for slot in CLAIM_SLOTS[board] if slot.required}


def digest(data: bytes) -> str:
    """The `Content-Digest` of some bytes."""
    return f"sha-256=:{b64encode(hashlib.sha256(data).digest()).decode()}:"


Callers = Callable[..., Api]


def loan(number: int = 1, **changes: object) -> dict[str, object]:
    """A loan of the bank board as a core system sends it."""
    return {
        "uscc": uscc(number),
        "firm_name": f"东莞市示例第{number}精密有限公司",
        "sector": "制造业",
        "industry": "工业",
        "employees": 60,
        "revenue_wan": "4200.00",
        "assets_wan": "3000.00",
        "legal_person": True,
        "town": "松山湖",
        "product": "流动资金贷款",
        "purpose": "购买原材料",
        "contract_number": f"HT-2026-{number}",
        "receipt_number": f"JJ-2026-{number}",
        "principal": "5000000.00",
        "contract_date": "2026-03-10",
        "disbursed_on": "2026-03-12",
        "due_on": "2027-03-11",
        "annual_rate_pct": "4.35",
        "guarantee_method": "credit",
    } | changes


def claim(**changes: object) -> dict[str, object]:
    """A claim of the bank board as a core system sends it."""
    return {
        "overdue_since": "2026-05-01",
        "classification": "次级",
        "unpaid_principal": "5000000.00",
        "cause": "企业停产，无力偿还。",
        "recovery_plan": "已起诉并申请执行，持续追偿。",
        "requested": "1000000.00",
        "account_name": "示例收款户",
        "account_number": "6222000000000001",
        "account_bank": "示例银行东莞分行",
    } | changes
