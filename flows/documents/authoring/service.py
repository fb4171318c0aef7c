"""The proof of service: D40."""

from flows.documents.authoring.common import SCHEME, day, form_head, verify
from flows.documents.authoring.paper import Cell, Paper, head, text

_WAYS = "{% for w in d.ways %}{{ w }}{% if not loop.last %}\n{% endif %}{% endfor %}"
_CHASED = "{% if d.chased %}{% for w in d.chased %}{{ w }}{% if not loop.last %}\n{% endif %}{% endfor %}{% else %}—{% endif %}"


def service_receipt() -> bytes:
    """D40 送达回证."""
    paper = Paper("送达回证")
    form_head(paper, f"{SCHEME}送达回证", "制作日期", "issued_on")
    with paper.table("Form", 28, 128) as table:
        table.row(head("送达单位"), "{{ organ_name }}", height=480)
        table.row(head("受送达人"), "{{ applicant }}", height=480)
        table.row(head("案件事项"), "{{ subject }}", height=480)
    paper.p("FormHead", "送达经过（时间为北京时间）")
    with paper.table("Form", 32, 20, 46, 30, 28) as table:
        table.heads("文书及文号", "送出", "各途径到达、打开", "提醒、通话", "签收")
        with table.each("d in served"):
            table.row("{{ d.title }}\n{{ d.number }}", "{{ d.sent }}", _WAYS, _CHASED, "{{ d.acknowledged }}")
    with paper.table("Form", 28, 128) as table:
        table.row(
            head("说明"),
            text(
                "以上时间由系统在事件发生时记录，不能修改；签收以第一次为准。对方系统接收，指受送达人登记并经验证的"
                "接口答复已收到。"
            ),
            height=560,
        )
        table.row(
            head("送达人"),
            Cell(
                (
                    ("CellSeal", "{{ prepared_by }}（盖章）"),
                    ("CellSeal", day("issued_on")),
                )
            ),
            height=1100,
        )
    verify(paper)
    return paper.bytes()


SERVICE = {"D40": service_receipt}
