"""What an institution is told about a registered loan after its filing (后续跟踪).

`provisional`: the day lies across a year whose working days are not published.
"""

from datetime import date

from flows.delivery.facts import Facts, Line, Words


class LoanChanged(Facts):
    """What was registered for a loan, and what became of it; `anomaly`: it is something seen, and changes nothing."""

    what: Words
    loan: Words
    number: Words
    confirmed: bool
    anomaly: bool = False
    note: Line = ""


class Warned(Facts):
    """The anomaly a 风险提示函 is about, what it asks, by when it is answered."""

    what: Words
    loan: Words
    number: Words
    request: Words
    reply_by: date
    provisional: bool = False


class ReplyOwed(Facts):
    """The 风险提示函 that is not answered yet, what about, and the day it names."""

    what: Words
    loan: Words
    letter: Line = ""
    due_on: date
    provisional: bool = False
