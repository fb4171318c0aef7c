"""What the pages of those who file share: who may enter, fields of the forms, faults, material slots, drafts."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel
from sqlmodel import Session
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from api.auth.db import Db
from api.auth.permit import Permission, check, requires
from api.auth.refusals import Refused
from api.auth.session import CurrentActor
from api.pages.form_views import FieldView, FileView, Option, SlotView
from api.pages.render import fragment, stamp
from api.pages.task_facts import clause_view
from api.pages.views import ClauseView, Tone
from flows.actions.applications import drafting
from flows.actions.attaching import Stored
from flows.actions.errors import FieldFault, InvalidError
from flows.actions.maker_checker import handing_in
from flows.actions.maker_checker.handing_in import Handed
from flows.actions.maker_checker.matter import Matter
from models.lifecycle import Board
from models.permissions import Actor, Verdict, may_file, may_prepare
from models.policy.anomalies import ANOMALY_NAMES, Anomaly
from models.policy.facts import AssetClass
from models.policy.lines import Check, Result
from models.policy.materials import Slot
from models.policy.recovery_checks import ACTION_NAMES, Action
from models.policy.sector import Sector
from models.policy.security import SECURITY_NAMES, Security
from models.policy.size_class import Industry
from models.policy.towns import Town
from models.records import attachment, case, draft
from models.records.case import CaseRecord
from models.records.draft import Draft

FIRM = (
    "uscc", "firm_name", "sector", "industry", "town", "employees", "revenue_wan", "assets_wan", "legal_person",
    "finance_like", "investment_management",
)  # fmt: skip
LOAN = (
    "product", "contract_number", "receipt_number", "principal", "annual_rate_pct", "contract_date", "disbursed_on",
    "due_on", "guarantee_method", "purpose",
)  # fmt: skip
GUARANTEE = (
    "lender_name", "guarantee_contract_number", "entrust_contract_number", "fee_rate_pct", "national_fund_backed",
)  # fmt: skip
LOSS = ("overdue_since", "classification", "unpaid_principal", "recovered", "recovery_costs")
REPAID = ("guarantor_paid", "guarantor_paid_on", "fund_shares_confirmed")
WORDS = ("cause", "recovery_plan")
ACCOUNT = ("requested", "account_name", "account_number", "account_bank")
"""The forms' fields, in the groups they are asked in."""


def _options(values: Iterable[str]) -> tuple[Option, ...]:
    return tuple(Option(value, value) for value in values)


_LOOKS: dict[str, dict[str, Any]] = {
    "uscc": {"maxlength": 24, "hint": "18 位，末位为校验位"},
    "sector": {"type": "select", "options": _options(Sector), "hint": "营业执照主营业务的国民经济行业门类"},
    "industry": {"type": "select", "options": _options(Industry), "hint": "不选时按所属行业推定"},
    "town": {"type": "select", "options": _options(Town)},
    "finance_like": {"type": "checkbox", "hint": "小额贷款、融资租赁、商业保理、典当等"},
    "investment_management": {"type": "checkbox"},
    "employees": {"type": "number", "unit": "人"},
    "revenue_wan": {"type": "money", "unit": "万元", "hint": "上年度"},
    "assets_wan": {"type": "money", "unit": "万元", "hint": "上年末"},
    "legal_person": {"type": "checkbox"},
    "purpose": {"type": "textarea", "rows": 2},
    "principal": {"type": "money"},
    "annual_rate_pct": {"type": "number", "unit": "%", "hint": "合同约定的年化利率"},
    "guarantee_method": {
        "type": "select",
        "options": tuple(Option(key.value, SECURITY_NAMES[key]) for key in Security),
    },
    "fee_rate_pct": {"type": "number", "unit": "%"},
    "national_fund_backed": {"type": "checkbox"},
    "classification": {"type": "select", "options": _options(AssetClass)},
    "unpaid_principal": {"type": "money", "hint": "含银行承担部分，不含利息"},
    "recovered": {"type": "money", "hint": "未发生填 0"},
    "recovery_costs": {"type": "money", "hint": "未发生填 0"},
    "guarantor_paid": {"type": "money"},
    "fund_shares_confirmed": {"type": "checkbox"},
    "cause": {"type": "textarea", "rows": 3},
    "recovery_plan": {"type": "textarea", "rows": 3},
    "action": {
        "type": "select",
        "options": tuple(Option(key.value, ACTION_NAMES[key]) for key in Action),
    },
    "anomaly": {
        "type": "select",
        "options": tuple(Option(key.value, ANOMALY_NAMES[key]) for key in Anomaly),
    },
    "unpaid": {"type": "money", "hint": "发现日的贷款余额"},
    "measures": {"type": "textarea", "rows": 3, "hint": "催收、保全、要求追加担保等"},
    "standard": {"hint": "异常是对照什么判断的"},
    "request": {"type": "textarea", "rows": 3, "hint": "要求机构做什么，写成完整的句子"},
    "court_number": {"hint": "诉讼、执行的填写"},
    "progress": {"type": "textarea", "rows": 4, "hint": "写了就出具追偿进展报告；没有回款时必填"},
    "amount": {"type": "money"},
    "returned_amount": {"type": "money"},
    "repaid": {"type": "money"},
    "requested": {"type": "money", "hint": "不超过未清偿本金；按测算结果与申请金额较低者补偿"},
}
_DATES = {
    "contract_date", "disbursed_on", "due_on", "overdue_since", "guarantor_paid_on", "received_on", "returned_on",
    "on", "new_due_on",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found before submission: where, what, both values; its clause where a rule says so."""

    where: str
    href: str
    what: str
    detail: str = ""
    tone: Tone = "late"
    clause: ClauseView | None = None


def may_apply(actor: Actor) -> Verdict:
    """Whether the actor files for their institution at all."""
    return may_file(actor, actor.files_board or Board.BANK)


Applicant = Annotated[Actor, requires(may_apply)]
"""A filer of a bank or a guarantor; 403 with a sentence for everyone else."""


Insider = Annotated[Actor, requires(may_prepare)]
"""A filer or a checker of a bank or a guarantor."""


class _OwnCase(Permission):
    def __call__(self, number: str, db: Db, actor: CurrentActor) -> CaseRecord:
        found = case.by_number(db, number)
        if found is None or found.institution_id != actor.institution_id:
            raise Refused(404, "没有找到这件案件。")
        check(may_prepare(actor))
        return found


OwnCase = Annotated[CaseRecord, Depends(_OwnCase())]
"""The case `{number}` of the actor's own institution, for its filers and checkers; 404 for anyone else's."""


def board_of(actor: Actor) -> Board:
    """The board the actor's institution files on (`Applicant` has made sure that there is one)."""
    return actor.files_board or Board.BANK


def sent(handed: Handed) -> str:
    """Where a submission leads: to its case, or to what waits for the institution's checker."""
    if handed.waiting is not None:
        return f"/bank/prepared/{handed.waiting.id}"
    return f"/bank/cases/{handed.case.number}/sent" if handed.case else "/bank"


def submitted(
    db: Session,
    actor: Actor,
    draft: Draft,
    matter: Callable[[Sequence[Stored]], Matter],
    again: Callable[[tuple[FieldFault, ...]], Response],
) -> Response:
    """Hand in what the draft holds, made a matter with its files: on to what became of it, or the page again with its
    faults."""
    try:
        handed = handing_in.hand_in(db, actor, matter(drafting.staged(db, draft)))
    except InvalidError as error:
        return again(error.faults)
    drafting.discard(db, draft)
    return RedirectResponse(sent(handed), 303)


def text_of(posted: FormData) -> dict[str, str]:
    """The typed values of a form, as they can be kept and shown again."""
    return drafting.typed({name: value for name, value in posted.multi_items() if name != "csrf_token"})


def field_views(
    form: type[BaseModel], names: Collection[str], typed: Mapping[str, str], errors: Mapping[str, str]
) -> tuple[FieldView, ...]:
    """Fields of a form with what was typed and what is wrong with it."""
    views = []
    for name in names:
        info = form.model_fields[name]
        look: dict[str, Any] = {"type": "date"} if name in _DATES else dict(_LOOKS.get(name, {}))
        look.setdefault("type", "text")
        required = info.is_required() or look["type"] == "checkbox"
        views.append(
            FieldView(
                info.title or name,
                name,
                value=typed.get(name, ""),
                error=errors.get(name, ""),
                required=required,
                **look,
            )
        )
    return tuple(views)


def typed_from(form: type[BaseModel], row: object) -> dict[str, str]:
    """A stored row as it would be typed."""
    return {name: _shown(getattr(row, name)) for name in form.model_fields}


def _shown(value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    if isinstance(value, Decimal):
        cents = value.quantize(Decimal("0.01"))
        return f"{cents:,.2f}" if value.as_tuple().exponent == -2 else f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def wrong_fields(form: type[BaseModel], faults: Iterable[FieldFault]) -> tuple[Finding, ...]:
    """Each fault with the name of its field and a way to it."""
    found = []
    for fault in faults:
        slot = fault.field.startswith("materials.")
        known = form.model_fields.get(fault.field)
        where = "材料" if slot else (known.title if known and known.title else "备案")
        href = "#slots" if slot else f"#{FieldView('', fault.field).id}"
        found.append(Finding(where, href, fault.message))
    return tuple(found)


def check_findings(checks: Iterable[Check], href: str) -> tuple[Finding, ...]:
    """What a rule refuses or wants a person to look at, refusals first."""
    found = []
    for result, tone in ((Result.FAIL, "late"), (Result.LOOK, "soon")):
        for item in checks:
            if item.result is result:
                words = f"{item.value}；要求 {item.expected}。{item.remedy}"
                found.append(Finding(item.label, href, "", words, tone, clause_view(item.clause)))  # type: ignore[arg-type]
    return tuple(found)


def stage_uploads(db: Session, kept: Draft, posted: FormData, slots: Iterable[Slot]) -> list[FieldFault]:
    """Keep every file that was sent with the form; the faults of those that may not be kept."""
    faults: list[FieldFault] = []
    for slot in slots:
        sent = posted.get(f"materials.{slot.key}")
        if not isinstance(sent, UploadFile) or not sent.filename:
            continue
        try:
            drafting.stage(db, kept, slot.key, sent.filename, sent.file.read())
        except InvalidError as error:
            faults += error.faults
    return faults


def after_upload(request: Request, slots: tuple[SlotView, ...], faults: Sequence[FieldFault]) -> HTMLResponse:
    """The list of materials after one file was chosen: kept, or the sentence that says why not."""
    said = faults[0].message if faults else "已上传。"
    return fragment(request, "pages/bank/slots.html", slots=slots, announce=said)


def slot_views(
    db: Session,
    slots: Iterable[Slot],
    kept: Draft | None,
    errors: Mapping[str, str],
    *,
    upload_base: str,
    case_id: int = 0,
) -> tuple[SlotView, ...]:
    """Every slot with the file in force: the newly uploaded one, else (in a correction) the one of the case."""
    files: dict[str, FileView] = {}
    for one in attachment.current(db, case_id) if case_id else ():
        files[one.slot] = FileView(one.filename, f"/attachments/{one.id}", stamp(one.uploaded_at))
    for new in draft.files(db, kept.id or 0) if kept else ():
        note = stamp(new.uploaded_at) + ("　新上传" if case_id else "")
        files[new.slot] = FileView(new.filename, f"/bank/drafts/files/{new.id}", note)
    views = []
    for place, slot in enumerate(slots, start=1):
        file = files.get(slot.key)
        empty = "missing" if slot.required else "na"
        views.append(
            SlotView(
                str(place),
                slot.title,
                "matched" if file else empty,  # type: ignore[arg-type]
                note="" if file else (slot.not_applicable or "请上传一份；多页请合并为一个 PDF"),
                files=(file,) if file else (),
                upload_name=f"materials.{slot.key}",
                upload_href=f"{upload_base}/materials/{slot.key}",
                error=errors.get(f"materials.{slot.key}", ""),
                word="已上传" if file else "",  # matched is said only of what was compared
            )
        )
    return tuple(views)
