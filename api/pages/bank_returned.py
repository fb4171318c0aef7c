"""补正: what was returned stands open on the page; everything else is read, and opened only on purpose.

A field or material that was not returned may be opened one by one (更改); `flows.actions.applications.correcting` then asks why.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from sqlmodel import Session

from api.pages.bank_forms import Finding
from api.pages.form_views import FieldView, SlotView
from api.pages.task_facts import clause_view
from api.pages.views import Tag
from flows.actions.answers import pointing
from flows.actions.answers.pointing import Returned
from flows.actions.errors import FieldFault
from models.lifecycle import Process
from models.records.case import CaseRecord
from models.records.draft import Draft
from models.records.loan import Loan

ROWS = ("receipts", "costs")
"""Places that are lists of rows: their fields are called “receipts.0.amount”."""
OPEN = "open:"
"""How the button says which place is to be opened."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A place that was not returned: what stands there. `files` are (name, address)."""

    name: str
    label: str
    value: str
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LoanRow:
    """A loan of the returned filing."""

    id: int
    item: int
    firm: str
    receipt: str
    tag: Tag | None
    current: bool
    returned: bool

    @classmethod
    def of(cls, loan: Loan, current: bool, returned: bool, changed: bool) -> "LoanRow":
        """The row of a loan; `changed` says that the draft has another value of it."""
        tag = Tag("已更改", "soon", "edit") if changed else None
        return cls(loan.id or 0, loan.item, loan.firm_name, loan.receipt_number, tag, current, returned)


@dataclass(frozen=True, slots=True)
class Focus:
    """Which places of the page are open: those that were returned, opened on purpose, or wrong as they were typed."""

    back: Returned
    opened: frozenset[str]
    loan_id: int = 0

    def open(self, name: str) -> bool:
        """Whether the place can be changed on this page. Of a row: whether its list can."""
        place = name.partition(".")[0] if name.startswith(ROWS) else name
        return self.back.opens(place, self.loan_id) or place in self.opened

    def fields(self, views: Iterable[FieldView]) -> tuple[FieldView, ...]:
        """Those that are open."""
        return tuple(view for view in views if self.open(view.name))

    def slots(self, views: Iterable[SlotView]) -> tuple[SlotView, ...]:
        """The materials that are open."""
        return tuple(view for view in views if self.open(view.upload_name))

    def kept(self, fields: Iterable[FieldView], slots: Iterable[SlotView] = ()) -> tuple[Kept, ...]:
        """The others, as they stand."""
        read = [Kept(view.name, view.label, _said(view)) for view in fields if not self.open(view.name)]
        for slot in slots:
            if not self.open(slot.upload_name):
                files = tuple((one.name, one.href) for one in slot.files)
                read.append(Kept(slot.upload_name, slot.title, "" if files else "没有上传", files))
        return tuple(read)

    def names(self, views: Iterable[FieldView]) -> str:
        """The places whose fields stand open, as the page's form sends them back."""
        names = (v.name.partition(".")[0] if v.name.startswith(ROWS) else v.name for v in self.fields(views))
        return ",".join(dict.fromkeys(names))

    def findings(
        self,
        found: Iterable[Finding],
        views: Iterable[FieldView],
        parts: Mapping[str, Collection[object]],
        slots: Iterable[SlotView],
    ) -> tuple[Finding, ...]:
        """What was found, with ways that lead somewhere: to an open field, a part that shows something, or the rest.

        Whether papers that nobody returned agree with what was typed was looked at before; it is not asked again.
        """
        closed = {f"材料 {slot.ordinal}" for slot in slots if not self.open(slot.upload_name)}
        found = [one for one in found if one.tone == "late" or one.where not in closed]
        anchors = {f"#{view.id}" for view in self.fields(views)} | {
            f"#{name}" for name, has in parts.items() if has
        }
        return tuple(
            one if one.href in anchors and one.where not in closed else replace(one, href="#rest")
            for one in found
        )


def focus(back: Returned, draft: Draft | None, faults: Iterable[FieldFault], loan_id: int = 0) -> Focus:
    """What is open for this draft; `faults` of a refused submission name their fields as the page does."""
    opened = {str(name) for name in (draft.data.get("opened") or ())} if draft else set()
    prefix = f"loans.{loan_id}." if loan_id else ""
    wrong = {
        fault.field.partition(".")[0] if fault.field.startswith(ROWS) else fault.field for fault in faults
    }
    on_page = {
        name.removeprefix(prefix)
        for name in opened
        if not name.startswith("loans.") or name.startswith(prefix)
    }
    return Focus(back, frozenset(on_page | wrong), loan_id)


def merged(stands: Mapping[str, str], posted: Mapping[str, str], shown: str | None) -> dict[str, str]:
    """What was typed in the places that were open, and everything else as it stands. A form that names no places
    (`shown` is None) was whole."""
    if shown is None:
        return dict(posted)
    names = set(shown.split(","))
    kept = {name: value for name, value in stands.items() if name.partition(".")[0] not in names}
    return kept | {name: value for name, value in posted.items() if name.partition(".")[0] in names}


def listed(db: Session, case: CaseRecord, back: Returned, address: str) -> tuple[Finding, ...]:
    """The 补正清单, each item with a way to the first place it names; `address` is the page's own."""
    titles = pointing.places(db, case).titles
    found = []
    for item in back.items:
        clause = str(item.get("clause") or "")
        at = [name for name in item["at"] if isinstance(name, str)]
        names = dict.fromkeys(titles.get(_field(name), "") for name in at)
        where = str(item.get("where") or "申请材料")
        more = "、".join(title for title in names if title and title not in where)
        detail = str(item.get("remedy") or "")
        found.append(
            Finding(
                where,
                _way(case, at[0], address) if at else "#rest",
                str(item.get("problem") or ""),
                f"{detail}（{more}）" if more else detail,
                "late",
                clause_view(clause) if clause else None,
            )
        )
    return tuple(found)


def _field(name: str) -> str:
    return name.split(".", 2)[-1] if name.startswith("loans.") else name


def _way(case: CaseRecord, name: str, address: str) -> str:
    if case.process == Process.FILING and name.startswith("loans."):
        _, loan, *field = name.split(".", 2)
        return f"{address}?loan={loan}#{FieldView('', field[0]).id if field else 'loss'}"
    return f"#{anchor(name)}"


def anchor(name: str) -> str:
    """Where a place stands on the page."""
    if name.startswith("materials."):
        return "slots"
    return "money" if name in ROWS else FieldView("", name).id


def _said(view: FieldView) -> str:
    if view.type == "checkbox":
        return "是" if view.value else "否"
    if not view.value:
        return "（空）"
    label = next((one.label for one in view.options if one.value == view.value), view.value)
    unit = view.unit or ("元" if view.type == "money" else "")
    return f"{label} {unit}".strip() if unit != "%" else f"{label}%"
