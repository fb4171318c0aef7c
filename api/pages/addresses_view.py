"""What the page of addresses shows: rows, forms and the questions before what cannot be undone."""

from dataclasses import dataclass

from api.pages.form_views import DialogView, FieldView
from api.pages.render import stamp
from api.pages.views import Column, Empty, Tag
from flows.actions.people.addresses import OVERLAP
from models import clock
from models.records.institution import InstitutionContact, WebhookEndpoint

OVERLAP_HOURS = int(OVERLAP.total_seconds() // 3600)
CONTACT_COLUMNS = (
    Column("联系人", "full"),
    Column("邮箱"),
    Column("电话"),
    Column("状态"),
    Column("办理", "act", hidden_label=True),
)
ENDPOINT_COLUMNS = (
    Column("接口地址", "full"),
    Column("状态"),
    Column("密钥"),
    Column("办理", "act", hidden_label=True),
)
NO_CONTACTS = Empty("还没有通知邮箱。", "登记并验证之后，备案和补偿的通知、文书会发到邮箱。", "mail")
NO_ENDPOINTS = Empty("还没有接口地址。", "核心系统要自动接收通知时，在下面登记。", "link")


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact. `waiting`: a code was mailed and is to be typed in; `fault` says why the last one did not hold."""

    id: int
    name: str
    email: str
    phone: str
    tag: Tag
    since: str
    waiting: bool
    fault: str = ""


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """An endpoint. `verifiable` until it is in use, and again while it rests after failures."""

    id: int
    url: str
    tag: Tag
    note: str
    secret: str
    active: bool
    verifiable: bool


def contact_row(one: InstitutionContact, fault: tuple[int, str]) -> ContactRow:
    """A contact as the page shows it; `fault`: whose last code did not hold, and why."""
    tag = Tag("使用中", "ok") if one.active else Tag("待验证", "soon")
    since = f"{stamp(one.verified_at)}验证" if one.active and one.verified_at else ""
    why = fault[1] if fault[0] == one.id else ""
    return ContactRow(one.id or 0, one.name, one.email, one.phone, tag, since, not one.active, why)


def endpoint_row(one: WebhookEndpoint) -> EndpointRow:
    """An endpoint as the page shows it, with what its circuit says."""
    now = clock.wall()
    until = one.old_secret_until
    overlaps = bool(one.old_secret) and until is not None and until > now
    secret = f"新旧密钥同时签名至 {stamp(until)}" if overlaps and until else "已设置"
    tag, note = Tag("使用中", "ok"), f"{stamp(one.verified_at)}验证" if one.verified_at else ""
    if not one.active:
        tag, note = Tag("待验证", "soon"), "通过验证之前不会向它发送通知"
    elif one.paused_until is not None and one.paused_until > now:
        since = f"{stamp(one.failing_since)}起" if one.failing_since else ""
        tag, note = (
            Tag("暂停发送", "late", "alert"),
            f"{since}连续{one.failures}次未送达，{stamp(one.paused_until)}再试",
        )
    elif one.failures:
        tag, note = Tag("不稳定", "soon"), f"最近连续{one.failures}次未送达"
    return EndpointRow(
        one.id or 0, one.url, tag, note, secret, one.active, not one.active or bool(one.failures)
    )


def contact_fields(typed: dict[str, str], errors: dict[str, str]) -> tuple[FieldView, ...]:
    """The form of a new contact, with what was typed and its faults."""

    def value(name: str) -> tuple[str, str]:
        return typed.get(name, ""), errors.get(name, "")

    return (
        FieldView(
            "姓名", "name", *value("name"), "收件人，或“风险管理部”这样的岗位", required=True, maxlength=60
        ),
        FieldView(
            "邮箱", "email", *value("email"), "验证码会立即发到这里", "email", required=True, maxlength=200
        ),
        FieldView(
            "电话", "phone", *value("phone"), "通知久未签收时，受托管理机构打这个电话", "tel", required=True,
            maxlength=40,
        ),
    )  # fmt: skip


def endpoint_fields(typed: dict[str, str], errors: dict[str, str]) -> tuple[FieldView, ...]:
    """The form of a new endpoint."""
    return (
        FieldView(
            "接口地址", "url", typed.get("url", ""), errors.get("url", ""),
            "https:// 开头；不接受指向内部网络的地址，也不跟随跳转",
            required=True, maxlength=500, placeholder="https://hooks.bank.example/fengbu",
        ),
    )  # fmt: skip


def end_contact_dialog(row: ContactRow) -> DialogView:
    """The question before a contact is ended."""
    return DialogView(
        f"end-contact-{row.id}",
        f"停用{row.name}的邮箱",
        f"今后的通知不再发到 {row.email}；已发出的不受影响。",
        "停用",
        action=f"/addresses/contacts/{row.id}/end",
        negative=True,
    )


def endpoint_dialogs(row: EndpointRow) -> tuple[DialogView, ...]:
    """The questions before a secret is rotated and before an endpoint is ended."""
    end = DialogView(
        f"end-endpoint-{row.id}",
        "停用接口地址",
        f"不再向 {row.url} 推送；正在排队的会搁置，可从事件流（/api/v1/events）补取。",
        "停用",
        action=f"/addresses/endpoints/{row.id}/end",
        negative=True,
    )
    change = DialogView(
        f"rotate-endpoint-{row.id}",
        "更换签名密钥",
        f"新密钥只显示一次。{OVERLAP_HOURS}小时内每次推送带新旧两个签名，任何一个相符即可；"
        "如果旧密钥已经泄露，再更换一次，它就立即失效。",
        "更换密钥",
        action=f"/addresses/endpoints/{row.id}/rotate",
    )
    return (change, end) if row.active else (end,)
