"""机构名录: institutions and their names, accounts, shares and contacts, registered by one person, confirmed by another.

What is dated only ever gains a row with a later day: a document of last year still says what was true then.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from flows.actions import two_people
from flows.actions.errors import ConflictError, FieldFault, InvalidError, NotThereError, permitted
from flows.actions.forms.enrolling_forms import (
    FORMS,
    AccountForm,
    ContactForm,
    CooperationForm,
    EntryForm,
    NameForm,
    PartForm,
    SharesForm,
)
from flows.actions.typed import attempt
from models import clock
from models.lifecycle import Board
from models.permissions import Actor, may_change_reach, may_confirm_institution, may_enroll
from models.records import institution
from models.records.base import Facts
from models.records.institution import (
    Institution,
    InstitutionAccount,
    InstitutionName,
    Kind,
    ShareAgreement,
    by_code,
)
from models.records.institution_change import PART_NAMES, InstitutionChange, Part
from models.records.two_people import Verdict

REACH = frozenset({Part.ACCOUNT, Part.CONTACT})
"""Parts an institution's own administrator may register."""
Dated = InstitutionName | InstitutionAccount | ShareAgreement
_DATED: dict[Part, type[Dated]] = {
    Part.NAME: InstitutionName,
    Part.ACCOUNT: InstitutionAccount,
    Part.SHARES: ShareAgreement,
}
BASIS_LONGEST = 120


def read_part(s: Session, part: Part, home: Institution | None, typed: Mapping[str, Any]) -> PartForm:
    """What was typed, read against what is registered. Raises `InvalidError` with every fault at once."""
    form, faults = attempt(FORMS[part], typed)
    found = list(faults)
    if form is not None:
        found += form.problems()
        found += _entry_faults(s, form) if isinstance(form, EntryForm) else _faults(s, part, home, form)
    if form is None or found:
        raise InvalidError(tuple(found))
    return form


def propose(
    s: Session, actor: Actor, part: Part, home: Institution | None, typed: Mapping[str, Any], basis: str
) -> InstitutionChange:
    """Register a part of an entry, or, with no `home`, a new one. Raises `ForbiddenError`, `ConflictError`,
    `InvalidError` with every fault at its field (`basis` too)."""
    key = home.id or 0 if home else 0
    permitted(may_change_reach(actor, key) if part in REACH else may_enroll(actor))
    words = " ".join(basis.split())
    faults: tuple[FieldFault, ...] = ()
    if not words or len(words) > BASIS_LONGEST or not words.isprintable():
        faults = (FieldFault("basis", f"请写明依据（{BASIS_LONGEST} 字以内），如 合作协议、来函文号。"),)
    try:
        form = read_part(s, part, home, typed)
    except InvalidError as error:
        raise InvalidError((*error.faults, *faults)) from error
    if faults:
        raise InvalidError(faults)
    code = home.code if home else form.code if isinstance(form, EntryForm) else ""
    row = InstitutionChange(
        code=code,
        part=part,
        before=as_kept(s, part, home) if home else None,
        after=form.model_dump(mode="json"),
        basis=words,
        proposed_by=actor.person_id,
        proposed_at=clock.now(),
    )
    try:
        with s.begin_nested():
            s.add(row)
    except IntegrityError as error:
        raise ConflictError(f"{code} 的{PART_NAMES[part]}已有一项待确认的登记，请先处理那一项。") from error
    return row


def decide(s: Session, actor: Actor, change_id: int, verdict: Verdict, note: str = "") -> InstitutionChange:
    """Confirm (it counts from now on), reject, or withdraw one's own. Raises as `two_people.decide`, and
    `ConflictError` where what was registered meanwhile no longer allows it."""

    def confirmed(row: InstitutionChange) -> None:
        part, home = Part(row.part), by_code(s, row.code)
        try:
            form = read_part(s, part, home, row.after)
        except InvalidError as error:
            raise ConflictError(f"现在不能确认：{error.faults[0].message}请不同意后重新登记。") from error
        enter(s, part, home, form)

    return two_people.decide(
        s, actor, InstitutionChange, change_id, verdict, note,
        called="登记", may_confirm=may_confirm_institution, confirmed=confirmed,
    )  # fmt: skip


def enter(s: Session, part: Part, home: Institution | None, form: PartForm) -> Institution:
    """Put a part into the register; the institution it belongs to. Who may is asked before (`decide`, `founding`)."""
    if isinstance(form, EntryForm):
        return _new(s, form)
    if home is None:
        raise NotThereError("没有找到这个机构。")
    if isinstance(form, ContactForm | CooperationForm):
        for name, value in form.model_dump().items():
            setattr(home, name, value)
    else:
        values = form.model_dump()
        s.add(_DATED[part](institution_id=home.id or 0, valid_from=values.pop("since"), **values))
    s.flush()
    return home


def as_kept(s: Session, part: Part, home: Institution) -> Facts | None:
    """A part as it is registered, the newest, in the words of its form; None where there is nothing."""
    rows = history(s, part, home)
    return rows[0] if rows else None


def history(s: Session, part: Part, home: Institution) -> list[Facts]:
    """A part as it was registered through time, newest first, each in the words of its form."""
    fields = FORMS[part].model_fields
    if part not in _DATED:
        return [{name: _plain(getattr(home, name)) for name in fields}]
    return [
        {name: row.valid_from.isoformat() if name == "since" else getattr(row, name) for name in fields}
        for row in _rows(s, part, home)
    ]


def _new(s: Session, form: EntryForm) -> Institution:
    made = Institution(
        code=form.code,
        kind=form.kind,
        files_board=form.files_board,
        uscc=form.uscc,
        number_word=form.number_word,
    )
    s.add(made)
    s.flush()
    name = InstitutionName(
        institution_id=made.id or 0, name=form.name, short_name=form.short_name, valid_from=form.since
    )
    s.add(name)
    s.flush()
    return made


def _entry_faults(s: Session, form: EntryForm) -> list[FieldFault]:
    found = []
    if by_code(s, form.code) is not None:
        found.append(FieldFault("code", f"机构代码 {form.code} 已经登记，请换一个。"))
    if form.uscc and s.exec(select(Institution.id).where(Institution.uscc == form.uscc)).first():
        found.append(FieldFault("uscc", "这个统一社会信用代码已经登记为另一个机构。"))
    named = (InstitutionName.name == form.name) | (InstitutionName.short_name == form.short_name)
    if s.exec(select(InstitutionName.id).where(named)).first():
        found.append(FieldFault("name", "这个全称或简称已经登记为另一个机构。"))
    if form.kind in (Kind.FINANCE, Kind.BUREAU) and institution.of_kind(s, form.kind):
        found.append(FieldFault("kind", "市工业和信息化局、市财政局各只有一个；改名请在该机构登记新名称。"))
    return found


def _faults(s: Session, part: Part, home: Institution | None, form: PartForm) -> list[FieldFault]:
    """Faults against what is registered."""
    if home is None:
        return [FieldFault("code", "没有找到这个机构。")]
    if isinstance(form, SharesForm) and home.files_board != Board.GUARANTEE:
        return [FieldFault("bank", "只有融担板块的申报机构登记分担比例。")]
    if isinstance(form, AccountForm) and home.files_board is None and home.kind is not Kind.FINANCE:
        return [FieldFault("account_number", "只有申报机构和市财政局登记收款账户。")]
    if isinstance(form, CooperationForm):
        return _cooperation_faults(home, form)
    if isinstance(form, NameForm | AccountForm | SharesForm):
        rows = _rows(s, part, home)
        if rows and form.since <= rows[0].valid_from:
            last = rows[0].valid_from.isoformat()
            return [FieldFault("since", f"启用日须晚于现行登记的启用日 {last}：已经生效的登记保留原样。")]
    return []


def _cooperation_faults(home: Institution, form: CooperationForm) -> list[FieldFault]:
    if home.files_board is None:
        return [FieldFault("stopped_on", "这个机构不办理申报，没有合作状态。")]
    if form.stopped_on == home.stopped_on:
        return [FieldFault("stopped_on", "与现在的合作状态相同，无须登记。")]
    if form.stopped_on is not None and form.stopped_on < clock.today():
        return [FieldFault("stopped_on", "停止日不能早于今天：已经提交的备案照常办理。")]
    return []


def _rows(s: Session, part: Part, home: Institution) -> Sequence[Dated]:
    """The dated rows of a part, newest first."""
    table = _DATED[part]
    query = select(table).where(table.institution_id == home.id)
    found: Any = s.exec(query.order_by(col(table.valid_from).desc())).all()
    rows: Sequence[Dated] = found
    return rows


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
