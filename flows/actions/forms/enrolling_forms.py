"""What is typed about an institution (机构名录): one form per part of its entry, read strictly."""

import re
import unicodedata
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from flows.actions.errors import FieldFault
from flows.actions.typed import AccountNumber, Day, Line60, Line120, Uscc
from models.lifecycle import BOARD_NAMES, Board
from models.records.institution import KIND_NAMES, Kind
from models.records.institution_change import Part

_CODE = re.compile(r"[A-Z][A-Z0-9]{1,11}")
_PHONE = re.compile(r"[0-9+() -]{5,40}", re.ASCII)
_WORD = re.compile(r"[\u4e00-\u9fff]{1,10}")
WHOLE = 100


def _code(raw: object) -> str:
    text = unicodedata.normalize("NFKC", str(raw)).strip().upper()
    if not _CODE.fullmatch(text):
        raise ValueError("机构代码用 2 至 12 位大写字母和数字，以字母开头，例如 GYB；登记后不能更改。")
    return text


def _phone(raw: object) -> str:
    text = unicodedata.normalize("NFKC", str(raw)).strip()
    if not _PHONE.fullmatch(text):
        raise ValueError("请填写电话号码，例如 0769-2200 0000。")
    return text


def _number_word(raw: object) -> str:
    text = str(raw).strip()
    if not _WORD.fullmatch(text):
        raise ValueError("发文代字用 1 至 10 个汉字，例如 东工信。")
    return text


def _percent(raw: object) -> int:
    text = unicodedata.normalize("NFKC", str(raw)).strip().removesuffix("%")
    if not text.isascii() or not text.isdigit() or int(text[:4]) > WHOLE:
        raise ValueError("请填写 0 至 100 的整数，单位是 %。")
    return int(text)


Phone = Annotated[str, BeforeValidator(_phone)]
Share = Annotated[int, BeforeValidator(_percent)]


class PartForm(BaseModel):
    """A part of an institution's entry as typed. `problems` are faults that need more than one field."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def problems(self) -> tuple[FieldFault, ...]:
        """Faults between fields."""
        return ()


class NameForm(PartForm):
    """What an institution is called from a day on."""

    name: Line120 = Field(title="全称")
    short_name: Annotated[Line60, Field(max_length=40)] = Field(title="简称")
    since: Day = Field(title="启用日")


class AccountForm(PartForm):
    """The account it receives money on from a day on."""

    account_name: Line120 = Field(title="户名")
    account_number: AccountNumber = Field(title="账号")
    bank_name: Line120 = Field(title="开户行")
    since: Day = Field(title="启用日")


class SharesForm(PartForm):
    """二（二）: who bears which part of a loss on the guarantee board, in whole %, for contracts from a day on."""

    bank: Share = Field(title="贷款银行")
    national: Share = Field(title="国家融担基金")
    provincial: Share = Field(title="省再担保")
    city: Share = Field(title="本机构")
    other: Share = Field(default=0, title="其他")
    since: Day = Field(title="启用日")

    def problems(self) -> tuple[FieldFault, ...]:
        """The shares sum to 100 %."""
        total = self.bank + self.national + self.provincial + self.city + self.other
        if total == WHOLE:
            return ()
        return (FieldFault("city", f"各方分担比例合计应为 100%，现为 {total}%。"),)


class ContactForm(PartForm):
    """Whom the readers of its letters may ask, and where it is."""

    contact_person: Line60 = Field(title="联系人或科室")
    contact_phone: Phone = Field(title="电话")
    address: Line120 = Field(default="", title="地址")
    town: Annotated[Line60, Field(max_length=40)] = Field(default="", title="镇街")


class CooperationForm(PartForm):
    """停止合作 from a day on, or, with no day, cooperation again. Loans filed before are not touched."""

    stopped_on: Day | None = Field(default=None, title="停止新增备案日")


class EntryForm(PartForm):
    """A new institution with its first name."""

    code: Annotated[str, BeforeValidator(_code)] = Field(title="机构代码")
    kind: Kind = Field(title="类别")
    name: Line120 = Field(title="全称")
    short_name: Annotated[Line60, Field(max_length=40)] = Field(title="简称")
    since: Day = Field(title="名称启用日")
    uscc: Uscc | None = Field(default=None, title="统一社会信用代码")
    files_board: Board | None = Field(default=None, title="申报板块")
    number_word: Annotated[str, BeforeValidator(_number_word)] = Field(default="", title="发文代字")

    def problems(self) -> tuple[FieldFault, ...]:
        """What an institution of this kind needs, and what it cannot have."""
        found = []
        needs = {Kind.BANK: Board.BANK, Kind.GUARANTOR: Board.GUARANTEE}.get(self.kind)
        kind = KIND_NAMES[self.kind]
        if needs is not None and self.files_board != needs:
            found.append(FieldFault("files_board", f"{kind}在{BOARD_NAMES[needs]}申报，请选择该板块。"))
        if self.files_board is not None and needs is None and self.kind is not Kind.MANAGING:
            found.append(FieldFault("files_board", f"{kind}不办理申报，请留空。"))
        if self.kind is Kind.MANAGING and self.files_board is Board.BANK:
            found.append(FieldFault("files_board", "受托管理机构只能在融担板块兼办申报。"))
        if self.files_board is not None and self.uscc is None:
            found.append(FieldFault("uscc", "办理申报的机构请填写统一社会信用代码。"))
        if self.kind in {Kind.MANAGING, Kind.BUREAU, Kind.FINANCE} and not self.number_word:
            found.append(FieldFault("number_word", f"{kind}出具带文号的文书，请填写发文代字。"))
        return tuple(found)


FORMS: dict[Part, type[PartForm]] = {
    Part.ENTRY: EntryForm,
    Part.NAME: NameForm,
    Part.ACCOUNT: AccountForm,
    Part.SHARES: SharesForm,
    Part.CONTACT: ContactForm,
    Part.COOPERATION: CooperationForm,
}
