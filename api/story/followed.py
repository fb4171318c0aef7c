"""What happens to filed loans before a claim (后续跟踪): an extension and an anomaly are registered, confirmed, warned of; and
the papers of filings, changes and drafts that both boards together must leave."""

import re
from collections.abc import Iterable
from pathlib import Path

from api.demo.secret import PASSWORD
from api.story.browser import DoorError, Visitor
from api.story.desks import Desk
from api.story.proof import Check, case_of
from api.story.scripts import Script
from api.story.theatre import Theatre
from flows.documents.engine import plain_text
from models.database import session
from models.records import document, person
from models.records.attachment import Blob
from models.records.institution import Institution
from models.records.loan import of_case as loans_of

WHOLE = frozenset(f"D{number:02}" for number in range(7, 28))
"""Filing, change, follow-up, claim, decision, disbursement and notice: D07–D27 of the set of documents."""
WARNING = {
    "standard": "企业正常经营，负责人可以联系",
    "request": "核实停产原因，落实还款来源；预计形成损失的，提前准备追偿方案。",
}


def reviewing(script: Script, filing: str) -> dict[str, str]:
    """What the filing's reviewer types besides the opinion: the loan that is taken out, with the reason."""
    place = script.followed.excluded
    if place is None:
        return {}
    key = str(loan_id(filing, place))
    return {"exclude": key, f"reason-{key}": "国家融担基金确认该笔不属于其支持的贷款。"}


def follow(stage: Theatre, script: Script, desk: Desk, filing: str) -> None:
    """Register, confirm and warn."""
    if script.followed.extended is not None:
        loan = loan_id(filing, script.followed.extended)
        desk.extend(filing, loan)
        _confirm(stage, script, loan)
    if script.followed.anomaly is not None:
        loan = loan_id(filing, script.followed.anomaly)
        desk.report(filing, loan)
        _confirm(stage, script, loan)
        with Visitor(stage.settings.base_url, script.followed.reviewer, PASSWORD) as reviewer:
            reviewer.open(f"/loans/{loan}")
            reviewer.submit(WARNING, having="request")


def _confirm(stage: Theatre, script: Script, loan: int) -> None:
    with Visitor(stage.settings.base_url, script.followed.reviewer, PASSWORD) as reviewer:
        reviewer.open("/loan-changes")
        if f"/loans/{loan}" not in reviewer.page.text:
            raise DoorError(f"/loan-changes: no change of loan {loan}")
        reviewer.open(f"/loans/{loan}")
        reviewer.submit({"verdict": "confirmed", "note": "请持续跟踪。"}, having="verdict")


def loan_id(filing: str, place: int) -> int:
    """The id of a filing's loan by its place (from 0)."""
    with session() as s:
        return loans_of(s, case_of(s, filing).id or 0)[place].id or 0


def prove(script: Script, filing: str) -> list[Check]:
    """The papers of one board's filing."""
    with session() as s:
        made = document.of_case(s, case_of(s, filing).id or 0)
        texts = [plain_text(s.get_one(Blob, paper.sha256).data) for paper in made]
    codes = {paper.code for paper in made}
    left = [paper.code for paper, said in zip(made, texts, strict=True) if re.search(r"\{\{|\}\}|None", said)]
    name = script.board.value
    return [
        Check(f"{name}：备案文书齐全", codes == set(script.followed.documents), "、".join(sorted(codes))),
        Check(f"{name}：备案文书没有未填的位置", not left, "、".join(left) or "全部"),
    ]


def ledger(stage: Theatre, script: Script, out: Path | None) -> str:
    """D12 of the board's applicant, drafted by whoever reviews its filings; the name of the file."""
    with session() as s:
        filer = person.by_login(s, script.filer)
        applicant = s.get_one(Institution, filer.institution_id if filer else 0).code
    with Visitor(stage.settings.base_url, script.followed.reviewer, PASSWORD) as reviewer:
        data = reviewer.download(f"/drafts/D12/file?of={applicant}")
    if script.loans[script.claimed]["firm_name"] not in plain_text(data):
        raise DoorError("/drafts/D12: the claimed loan is not in the ledger")
    name = f"D12-{script.board.value}-贷款台账.docx"
    if out is not None:
        (out / name).write_bytes(data)
    return name


def whole_set(codes: Iterable[str]) -> Check:
    """Every kind of D07–D27 was made; R and C forms count for their kind."""
    missing = sorted(WHOLE - {code[:3] for code in codes})
    return Check(
        "文书 D07–D27 全部出具", not missing, "缺 " + "、".join(missing) if missing else f"{len(WHOLE)} 种"
    )
