"""A typed client of the API for banks' and guarantors' systems (`Fengbu`) and reviewers' (`Desk`). Needs httpx and pydantic; nothing of the server.

from api.client import Fengbu

with Fengbu("https://fengbu.example", key) as bank:
    case = bank.file([loan])
"""

from api.client.calls import AwaitsReleaseError, Fengbu, RefusedError
from api.client.desk import Desk
from api.client.models import (
    Batch,
    Case,
    Claim,
    Colleague,
    Comment,
    Document,
    Event,
    Fault,
    Loan,
    Me,
    Notice,
    Submission,
    Task,
    Upload,
)

__all__ = [
    "AwaitsReleaseError",
    "Batch",
    "Case",
    "Claim",
    "Colleague",
    "Comment",
    "Desk",
    "Document",
    "Event",
    "Fault",
    "Fengbu",
    "Loan",
    "Me",
    "Notice",
    "RefusedError",
    "Submission",
    "Task",
    "Upload",
]
