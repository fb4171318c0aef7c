"""A typed client of the API for banks' and guarantors' systems (`Fengbu`) and reviewers' (`Desk`). Needs httpx and pydantic; nothing of the server.

from api.client import Fengbu

with Fengbu("https://fengbu.example", key) as bank:
    case = bank.file([loan])
"""

from api.client.calls import Fengbu
from api.client.desk import Desk
from api.client.desk_models import Changes, Colleague, Comment, Task
from api.client.models import (
    Batch,
    Case,
    Claim,
    Document,
    Enclosed,
    Event,
    Fault,
    Loan,
    LoanChange,
    Me,
    Notice,
    Submission,
    Upload,
    WarningReply,
)
from api.client.office_models import Handover, Item, Meeting, Member, Recusal, Substitution, Vote
from api.client.transport import AwaitsReleaseError, RefusedError

__all__ = [
    "AwaitsReleaseError",
    "Batch",
    "Case",
    "Changes",
    "Claim",
    "Colleague",
    "Comment",
    "Desk",
    "Document",
    "Enclosed",
    "Event",
    "Fault",
    "Fengbu",
    "Handover",
    "Item",
    "Loan",
    "LoanChange",
    "Me",
    "Meeting",
    "Member",
    "Notice",
    "Recusal",
    "RefusedError",
    "Submission",
    "Substitution",
    "Task",
    "Upload",
    "Vote",
    "WarningReply",
]
