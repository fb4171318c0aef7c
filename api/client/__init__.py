"""A typed client of the API for banks' and guarantors' systems. Needs httpx and pydantic; nothing of the server.

from api.client import Fengbu

with Fengbu("https://fengbu.example", key) as bank:
    case = bank.file([loan])
"""

from api.client.calls import Fengbu, RefusedError
from api.client.models import Batch, Case, Claim, Document, Event, Fault, Loan, Me, Notice, Upload

__all__ = [
    "Batch",
    "Case",
    "Claim",
    "Document",
    "Event",
    "Fault",
    "Fengbu",
    "Loan",
    "Me",
    "Notice",
    "RefusedError",
    "Upload",
]
