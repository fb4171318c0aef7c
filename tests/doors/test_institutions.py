"""机构名录 at a running server: two people, later days only, what is missing, who sees what."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta

import pytest
from sqlmodel import Session, select

from models import clock
from models.records import institution
from models.records.institution_change import InstitutionChange
from tests.actions import samples
from tests.browser import DESK, PHONE, assert_accessible, chromium
from tests.doors.conftest import Server
from tests.doors.test_bank_stale import text, version

Database = Callable[[], AbstractContextManager[Session]]
REGISTERS, CONFIRMS, OURS = "mozhaohui", "lizhiyuan", "suwenbo"  # 科室经办, 统筹管理, 系统管理
BANK_ADMIN, TREASURER, OFFICER = "xuqiuyue", "zhanruolan", "qiushaofen"
NEW = {
    "code": "HMB", "kind": "bank", "name": "虎门银行股份有限公司（示例）", "short_name": "虎门银行（示例）", "since": "2026-01-01",
    "uscc": "91441900MA4HMBA05U", "files_board": "bank", "basis": "合作协议2026年第3号",
}  # fmt: skip
ACCOUNT = {
    "account_name": "东莞市财政局", "account_number": "4400 0000 1234 5678", "bank_name": "东江农商银行（示例）", "since": "2026-01-05",
    "basis": "东财〔2026〕9号",
}  # fmt: skip


def key(db: Database, code: str) -> int:
    with db() as s:
        found = institution.by_code(s, code)
        assert found is not None
        return found.id or 0


def waiting(db: Database) -> int:
    with db() as s:
        return s.exec(select(InstitutionChange.id).where(InstitutionChange.verdict == None)).one() or 0  # noqa: E711


def form(part: str, **values: str) -> dict[str, str]:
    return {f"{part}_{name}": value for name, value in values.items()}


def decided(server: Server, login: str, change: int, verdict: str) -> int:
    return server.client(login).post(f"/institutions/changes/{change}", data={"verdict": verdict}).status_code


def test_a_new_bank_is_registered_by_one_and_confirmed_by_another(server: Server, db: Database) -> None:
    done = server.client(REGISTERS).post("/institutions", data=form("entry", **NEW))
    assert done.status_code == 303, text(done)
    change = waiting(db)
    page = text(server.client(CONFIRMS).get("/institutions"))
    assert "待另一人确认" in page and "虎门银行" in page and "合作协议2026年第3号" in page
    with db() as s:
        assert institution.by_code(s, "HMB") is None
    assert decided(server, REGISTERS, change, "confirmed") == 403
    assert decided(server, CONFIRMS, change, "confirmed") == 303
    assert decided(server, OURS, change, "confirmed") == 409
    assert decided(server, OURS, 99_999_999_999, "confirmed") == 404
    assert decided(server, OURS, change, "maybe") == 422
    page = text(server.client(CONFIRMS).get("/institutions"))
    for word in ("虎门银行股份有限公司（示例）", "无人员", "无申报经办", "无收款账户"):
        assert word in page
    with db() as s:
        made = institution.by_code(s, "HMB")
        assert made is not None and made.files_board == "bank"
    assert "虎门银行" in text(server.client(OURS).get(f"/people?at={key(db, 'HMB')}"))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"code": "gyb"}, "机构代码 GYB 已经登记"),
        ({"code": "虎门"}, "机构代码用 2 至 12 位大写字母和数字"),
        ({"uscc": "91441900MA4HMBA059"}, "校验位不符"),
        ({"uscc": ""}, "办理申报的机构请填写统一社会信用代码"),
        ({"files_board": "guarantee"}, "合作银行在银行板块申报"),
        ({"kind": "finance", "files_board": ""}, "各只有一个"),
        ({"kind": "bureau", "files_board": "bank"}, "不办理申报，请留空"),
        ({"kind": "x"}, "请从列出的类别中选择"),
        ({"name": "莞邑银行股份有限公司（示例）"}, "已经登记为另一个机构"),
        ({"since": "2026-02-30"}, "没有 2026年2月30日 这一天"),
        ({"basis": " "}, "请写明依据"),
    ],
)
def test_a_wrong_entry_is_kept_in_the_form_with_a_sentence(
    server: Server, wrong: dict[str, str], why: str
) -> None:
    answer = server.client(REGISTERS).post("/institutions", data=form("entry", **(NEW | wrong)))
    assert answer.status_code == 422 and why in text(answer)
    assert "HMB" in answer.text or "code" in wrong


def test_the_account_the_city_is_paid_back_on_is_kept_by_the_treasury(server: Server, db: Database) -> None:
    home = key(db, "CZJ")
    assert f"/institutions/{home}#account" in server.client(TREASURER).get("/limits").text
    assert "2700 0000 0000 0018" in text(server.client(TREASURER).get(f"/institutions/{home}"))
    place = f"/institutions/{home}/account"
    assert server.client(TREASURER).post(place, data=form("account", **ACCOUNT)).status_code == 303
    again = server.client(OFFICER).post(place, data=form("account", **ACCOUNT))
    assert again.status_code == 409 and "已有一项待确认" in text(again)
    change = waiting(db)
    assert decided(server, BANK_ADMIN, change, "confirmed") == 403
    assert decided(server, OFFICER, change, "confirmed") == 303
    with db() as s:
        kept = institution.account_on(s, home, date(2026, 1, 5))
        assert kept is not None and kept.account_number == "4400000012345678"
        before = institution.account_on(s, home, date(2026, 1, 4))
        assert before is not None and before.account_number == "2700000000000018"
    earlier = server.client(TREASURER).post(place, data=form("account", **ACCOUNT | {"since": "2026-01-05"}))
    assert earlier.status_code == 422 and "启用日须晚于现行登记的启用日 2026-01-05" in text(earlier)


def test_a_later_name_leaves_the_earlier_one_to_its_time(server: Server, db: Database) -> None:
    home, since = key(db, "DJB"), clock.today() + timedelta(days=3)
    renamed = {
        "name": "东江银行股份有限公司（示例）", "short_name": "东江银行（示例）", "since": since.isoformat(), "basis": "批复",
    }  # fmt: skip
    server.client(REGISTERS).post(f"/institutions/{home}/name", data=form("name", **renamed))
    assert decided(server, CONFIRMS, waiting(db), "confirmed") == 303
    with db() as s:
        assert institution.name_on(s, home, clock.today()).short_name == "东江农商银行（示例）"
        assert institution.name_on(s, home, since).short_name == "东江银行（示例）"
    page = text(server.client(CONFIRMS).get(f"/institutions/{home}"))
    assert "东江银行股份有限公司" in page and "东江农村商业银行股份有限公司" in page


def test_shares_sum_to_100_and_belong_to_guarantors(server: Server, db: Database) -> None:
    shares = {
        "bank": "20",
        "national": "30",
        "provincial": "20",
        "city": "29",
        "since": "2026-06-01",
        "basis": "协议",
    }
    client = server.client(REGISTERS)
    place = f"/institutions/{key(db, 'GHD')}/shares"
    wrong = client.post(place, data=form("shares", **shares))
    assert wrong.status_code == 422 and "合计应为 100%，现为 99%" in text(wrong)
    assert client.post(place, data=form("shares", **shares | {"other": "1"})).status_code == 303
    bank = client.post(
        f"/institutions/{key(db, 'GYB')}/shares", data=form("shares", **shares | {"other": "1"})
    )
    assert bank.status_code == 422 and "只有融担板块" in text(bank)


def test_a_bank_whose_cooperation_stopped_files_no_new_loan(server: Server, db: Database) -> None:
    home = key(db, "GYB")
    today = clock.today().isoformat()
    past = form("cooperation", stopped_on="2026-01-01", basis="通知")
    assert "停止日不能早于今天" in text(
        server.client(REGISTERS).post(f"/institutions/{home}/cooperation", data=past)
    )
    stop = form("cooperation", stopped_on=today, basis="通知")
    assert server.client(REGISTERS).post(f"/institutions/{home}/cooperation", data=stop).status_code == 303
    assert decided(server, CONFIRMS, waiting(db), "confirmed") == 303
    filer = server.client("linwanyi")
    shown = version(filer.get("/bank/filings/new"))
    answer = filer.post("/bank/filings/new", data=samples.loan() | {"version": shown})
    assert answer.status_code == 409 and f"自 {today} 起停止新增备案" in text(answer)


def test_a_bank_sees_its_own_entry_and_no_other(server: Server, db: Database) -> None:
    own = server.client(BANK_ADMIN)
    home = key(db, "GYB")
    assert own.get("/institutions/own").headers["location"] == f"/institutions/{home}"
    page = text(own.get(f"/institutions/{home}"))
    assert "收款账户" in page and "名录登记" in page
    assert own.get("/institutions").status_code == 403
    assert own.get(f"/institutions/{key(db, 'DJB')}").status_code == 404
    assert own.get("/institutions/99999999999").status_code == 404
    assert server.client("linwanyi").get(f"/institutions/{home}").status_code == 404
    contact = form("contact", contact_person="普惠部", contact_phone="0769-22001234", basis="来函")
    assert own.post(f"/institutions/{home}/contact", data=contact).status_code == 303
    named = form("name", name="x", short_name="x", since="2026-12-31", basis="x")
    refused = own.post(f"/institutions/{home}/name", data=named)
    assert refused.status_code in (403, 409) and "由市工信局科室经办" in text(refused)
    assert own.post(f"/institutions/{home}/entry", data=contact).status_code == 404
    assert decided(server, BANK_ADMIN, waiting(db), "confirmed") == 403
    assert decided(server, BANK_ADMIN, waiting(db), "withdrawn") == 303


def test_the_database_lets_nobody_edit_what_was_registered(db: Database, server: Server) -> None:
    server.client(REGISTERS).post("/institutions", data=form("entry", **NEW))
    with db() as s, pytest.raises(Exception, match="never edited"):
        s.get_one(InstitutionChange, waiting(db)).basis = "别的依据"
        s.flush()


def test_the_pages_are_accessible_and_fit_a_phone(server: Server, db: Database) -> None:
    server.client(REGISTERS).post("/institutions", data=form("entry", **NEW))
    with chromium() as browser:
        for size in (DESK, PHONE):
            context = browser.new_context(viewport=size)  # type: ignore[arg-type]
            person = server.client(CONFIRMS)
            context.add_cookies(
                [{"name": c.name, "value": c.value or "", "url": server.base_url} for c in person.cookies.jar]
            )
            page = context.new_page()
            for place in ("/institutions", f"/institutions/{key(db, 'GHD')}?part=shares"):
                page.goto(server.base_url + place)
                assert_accessible(page)
                assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], place
            context.close()
