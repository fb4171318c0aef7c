"""Reports on the scheme as a whole: D34 quarterly, plainly signed; D35 annual, under the bureau's red head."""

from flows.documents.authoring.common import POLICY_ONCE, SCHEME, SHORT, day, end, money, notice_head
from flows.documents.authoring.paper import Paper, amount, middle
from flows.documents.authoring.redhead import colophon, up_head


def quarterly() -> bytes:
    """D34 季度运行情况报告 of a managing institution to the bureau."""
    paper = Paper("季度运行情况报告")
    notice_head(paper, f"关于{{{{ period }}}}\n{SHORT}运行情况的报告")
    _report(paper)
    end(paper, "特此报告。", note="起草：{{ prepared_by }}，签发：{{ approved_by }}")
    return paper.bytes()


def annual() -> bytes:
    """D35 年度工作报告 of the bureau to the city government."""
    paper = Paper("年度工作报告")
    up_head(paper, "{{ approved_by }}")
    paper.p("Title", f"关于{{{{ period }}}}\n{SCHEME}工作的报告")
    paper.p("Space")
    paper.p("To", "{{ recipient }}：")
    _report(paper)
    end(paper, "特此报告。", note="起草：{{ prepared_by }}")
    colophon(paper)
    return paper.bytes()


def _report(paper: Paper) -> None:
    paper.p(
        "Body",
        f"根据{POLICY_ONCE}，现将{day('starts_on')}至{day('ends_on')}运行情况报告如下（数据取自系统台账，截至"
        f"{day('drawn_on')}）：",
    )
    paper.p("Heading1", "一、总体情况")
    paper.p("Body", "{{ summary }}")
    paper.p("Heading1", "二、主要数据")
    with paper.table("Grid", 60, 28, 68) as table:
        table.heads("项目", "数量", "金额（元）")
        for label, count, unit, name in _SUMS:
            table.row(label, middle(f"{{{{ {count} }}}}{unit}"), amount(f"{{{{ {name}|yuan }}}}"))
        table.row("不予补偿、不予受理", middle("{{ refused_cases }}件"), amount("—"))
    paper.p(
        "BodyLeft",
        "待定申请如全部按申请金额核定，当年预算尚缺" + money("gap") + "。",
    )
    paper.p("Heading1", "三、逐月情况")
    with paper.table("Grid", 30, 24, 24, 38, 40) as table:
        table.heads("月份", "收案（件）", "结案（件）", "支付（元）", "支付图示")
        with table.each("row in months"):
            table.row(
                middle("{{ row.label }}"), middle("{{ row.opened }}"), middle("{{ row.closed }}"),
                amount("{{ row.paid|yuan }}"), "{{ row.bar or '—' }}",
            )  # fmt: skip
    paper.p("Heading1", "四、分类情况")
    paper.p(
        "Body",
        "件数、申请、核定按期内提出的补偿申请统计；支付按凭证日期、返还按入账日期计入发生的时期，与申请在哪一年提出无关。",
    )
    for number, (name, title) in enumerate(_GROUPS, start=1):
        with paper.when(name):
            paper.p("Heading2", f"{_NUMERALS[number]}{title}")
            with paper.table("Grid", 28, 11, 26, 26, 25, 23, 17) as table:
                table.heads(
                    "名称",
                    "件数",
                    "申请（元）",
                    "核定（元）",
                    "支付（元）",
                    "返还（元）",
                    "图示",
                )
                with table.each(f"row in {name}"):
                    table.row(
                        "{{ row.label }}", middle("{{ row.claims }}"), amount("{{ row.claimed|yuan }}"),
                        amount("{{ row.approved|yuan }}"), amount("{{ row.paid|yuan }}"),
                        amount("{{ row.returned|yuan }}"),
                        "{{ row.bar or '—' }}",
                    )  # fmt: skip
    with paper.when("limits"):
        paper.p("Heading1", "五、额度使用情况")
        with paper.table("Grid", 34, 28, 25, 25, 27, 17) as table:
            table.heads("限额", "额度（元）", "已付（元）", "预留（元）", "余额（元）", "已用")
            with table.each("row in limits"):
                table.row(
                    "{{ row.label }}", amount("{{ row.ceiling|yuan }}"), amount("{{ row.paid|yuan }}"),
                    amount("{{ row.reserved|yuan }}"), amount("{{ row.left|yuan }}"), "{{ row.bar or '—' }}",
                )  # fmt: skip
    with paper.when("problems"):
        paper.p("Heading1", "{% if limits %}六{% else %}五{% endif %}、存在问题")
        paper.p("Body", "{{ problems }}")
    with paper.when("plans"):
        paper.p(
            "Heading1",
            "{% if limits and problems %}七{% elif limits or problems %}六{% else %}五{% endif %}、下一步工作",
        )
        paper.p("Body", "{{ plans }}")


_SUMS = (
    ("新增备案贷款", "filed_loans", "笔", "filed_principal"),
    ("期内补偿申请", "claims", "件", "claimed"),
    ("其中：已核定", "approved_cases", "件", "approved"),
    ("期内支付", "paid_cases", "件", "paid"),
    ("期内追偿返还", "returned_cases", "件", "returned"),
    ("截至取数日待定申请", "undecided_cases", "件", "undecided"),
    ("截至取数日已预留待支付", "reserved_cases", "件", "reserved"),
)
_GROUPS = (
    ("boards", "按板块"), ("institutions", "按申报机构"), ("towns", "按镇街（园区）"), ("industries", "按行业"),
)  # fmt: skip
_NUMERALS = {1: "（一）", 2: "（二）", 3: "（三）", 4: "（四）"}

OVERALL = {"D34": quarterly, "D35": annual}
