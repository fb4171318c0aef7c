"""Sets the stage for a story: institutions, people, reference data and a white list; peers as addresses.

Run as ``python -m api.story.stage WEBHOOK_URL`` on the story's own database. Everything after this goes through
the doors.
"""

import sys
from datetime import date
from decimal import Decimal

from sqlmodel import select

from api.demo.play import seed, uscc
from api.story.peers import SECRET
from models.database import session
from models.records.enterprise import WhiteListEntry
from models.records.institution import WebhookEndpoint, filing_institutions
from models.records.ledger import AccountKind, LedgerAccount

FIRMS = range(1, 10)
BUDGET = Decimal("60000000.00")


def set_up(webhook_url: str) -> None:
    """Write what a city has before the first filing."""
    with session() as s:
        seed(s, str(BUDGET))
        for number in FIRMS:
            s.add(
                WhiteListEntry(
                    uscc=uscc(number), batch="2024-1", recommended_by="市科技局", valid_from=date(2024, 1, 1)
                )
            )
        for home in filing_institutions(s):
            s.add(WebhookEndpoint(institution_id=home.id or 0, url=webhook_url, secret=SECRET))
        if s.exec(select(LedgerAccount).where(LedgerAccount.kind == AccountKind.BUDGET)).first() is None:
            raise RuntimeError("no budget for this year")


if __name__ == "__main__":
    set_up(sys.argv[1])
