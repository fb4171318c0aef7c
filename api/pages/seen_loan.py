"""The loan a page is about, and a change of it, for those who may see them."""

from typing import Annotated

from fastapi import Depends
from sqlmodel import Session

from api.auth.db import Db
from api.auth.permit import Permission
from api.auth.refusals import Refused
from api.auth.session import CurrentActor
from models.permissions import may_see_case
from models.records.loan import Loan
from models.records.loan_change import LoanChange


class _LoanInView(Permission):
    def __call__(self, loan_id: int, db: Db, actor: CurrentActor) -> Loan:
        found = db.get(Loan, loan_id) if loan_id < 2**31 else None
        if found is None or not may_see_case(actor, found.institution_id):
            raise Refused(404, "没有找到这笔贷款。")
        return found


SeenLoan = Annotated[Loan, Depends(_LoanInView())]
"""The loan `{loan_id}`; 404 for applicants unless it is their own."""


def change_of(db: Session, loan: Loan, change_id: int) -> LoanChange | None:
    """The change, if it is one of this loan."""
    found = db.get(LoanChange, change_id) if change_id < 2**31 else None
    return found if found is not None and found.loan_id == loan.id else None
