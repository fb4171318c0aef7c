"""通知送不到: managers, operations and the institution itself see which address fails and what to do."""

from sqlmodel import select

from models import database
from models.records.notice import Channel, Delivery, DeliveryState
from tests.doors.conftest import Server
from tests.doors.test_notices import told


def test_a_parked_notice_is_told_on_every_page_that_can_do_something_until_it_is_sent_again(
    server: Server,
) -> None:
    overview, operations = server.client("lizhiyuan"), server.client("suwenbo")
    bank, keeper = server.client("linwanyi"), server.client("xuqiuyue")
    with database.session() as s:
        told(s)
    assert "通知地址送不到" not in overview.get("/overview").text
    assert "没有送不到的通知地址" in operations.get("/admin").text
    with database.session() as s:
        way = s.exec(select(Delivery).where(Delivery.channel == Channel.EMAIL)).one()
        way.state, way.next_attempt_at = DeliveryState.PARKED, None
        way.last_error = "邮件服务器拒收（550）：no such user"
        address, key = way.address, way.id
    shown = overview.get("/overview").text
    assert "1 个通知地址送不到" in shown and address in shown and "/notices/deliveries?state=parked" in shown
    page = operations.get("/admin").text
    assert address in page and "请与对方核对邮箱" in page and f"/notices/deliveries/{key}" in page
    home = bank.get("/bank").text
    assert f"1 份通知没有送到邮件 {address}" in home and "请登记并验证新的邮箱" in home
    assert "去通知地址" not in home, "the filer is not the keeper of addresses"
    assert address not in server.client("luoqiming").get("/bank").text
    assert "请登记并验证新的邮箱" in keeper.get("/addresses").text
    assert operations.post(f"/notices/deliveries/{key}/resend").status_code == 303
    for client, place in (
        (overview, "/overview"),
        (operations, "/admin"),
        (bank, "/bank"),
        (keeper, "/addresses"),
    ):
        assert "拒收（550）" not in client.get(place).text or place == "/admin"
    assert "没有送不到的通知地址" in operations.get("/admin").text
