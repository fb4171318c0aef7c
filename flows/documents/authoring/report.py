"""Reports, the public notice and the minutes: D18, D20, D21."""

from flows.documents.authoring.common import (
    POLICY_ONCE,
    SHORT,
    calculation,
    check_rows,
    close,
    contact_line,
    day,
    loan_rows,
    money,
    notice_head,
    signing_places,
    verify,
)
from flows.documents.authoring.paper import Paper, Run, amount, head, middle
from flows.documents.authoring.redhead import colophon


def review_opinion() -> bytes:
    """D18 初审意见书."""
    paper = Paper("初审意见书")
    notice_head(paper, "关于{{ applicant }}\n风险补偿申请的初审意见书")
    paper.p(
        "Body",
        f"根据{POLICY_ONCE}和委托管理职责，我单位对{{{{ applicant }}}}就{{{{ loan.borrower }}}}贷款提出的"
        "{{ board|board }}风险补偿申请（办理编号：{{ case_number }}）进行了初审、复核，现将有关情况报告如下：",
    )
    paper.p("Heading1", "一、申请及受理情况")
    paper.p(
        "BodyLeft",
        f"申请于{day('received_on')}收到，于{day('accepted_on')}受理。申请补偿金额：{money('claimed')}。",
    )
    paper.p("Heading1", "二、贷款及损失情况")
    with paper.table("Grid", 33, 45, 33, 45) as table:
        loan_rows(table)
        table.row(head("首次逾期日期"), day("default_on"), head("核定损失（元）"), "{{ loss|yuan }}")
    paper.p("Heading1", "三、核对情况")
    paper.p(
        "Body",
        "共核对{{ checks_total }}项，其中系统自动核对通过{{ checks_passed }}项{% if human_checks %}，人工核实"
        "{{ human_checks|length }}项，人工核实情况如下：{% else %}。{% endif %}",
    )
    with paper.when("human_checks"), paper.table("Grid", 12, 27, 29, 29, 23, 20, 22) as table:
        check_rows(table, "human_checks")
    paper.p("Heading1", "四、补偿金额测算")
    calculation(paper)
    with paper.when("opinions"):
        paper.p("Heading1", "五、办理意见")
        with paper.table("Grid", 34, 122) as table:
            signing_places(table, 2)
    paper.p("Heading1", "{% if opinions %}六{% else %}五{% endif %}、初审意见")
    paper.p("Body", "{{ opinion }}")
    paper.p("BodyLeft", f"建议补偿金额：{money('proposed')}。")
    with paper.when("dissent"):
        paper.p("Heading1", "{% if opinions %}七{% else %}六{% endif %}、不同意见")
        paper.p("Body", "{{ dissent }}")
    return close(paper, "特此报告。")


def public_notice() -> bytes:
    """D21 补偿项目公示."""
    paper = Paper("补偿项目公示")
    paper.p("Title", f"关于{{{{ batch }}}}\n{SHORT}项目的公示")
    paper.p("Space")
    paper.p(
        "Body",
        f"根据{POLICY_ONCE}，经受托管理机构审核和我局审定，拟对下列{{{{ rows|length }}}}个项目给予风险补偿。"
        "现予公示，接受社会监督。",
    )
    paper.p("BodyLeft", f"拟补偿金额合计：{money('total')}。")
    with paper.table("Grid", 12, 27, 28, 20, 22, 27, 27) as table:
        table.heads("序号", "申请单位", "借款企业", "板块", "放款日期", "贷款本金（元）", "拟补偿金额（元）")
        with table.each("row in rows"):
            table.row(
                middle("{{ row.no }}"),
                "{{ row.applicant }}",
                "{{ row.borrower_shown }}",
                middle("{{ row.board|board }}"),
                middle("{{ row.disbursed_on|iso }}"),
                amount("{{ row.principal|yuan }}"),
                amount("{{ row.amount|yuan }}"),
            )
        table.row(head("合　计", 5), amount("{{ total|yuan }}", 2))
    paper.p("Heading1", "一、公示期")
    paper.p(
        "Body",
        f"{day('starts_on')}至{day('ends_on')}，共{{{{ working_days }}}}个工作日。"
        "{% if due_provisional %}公示期跨越放假安排尚未公布的年度，结束日期系暂定日期，以放假安排公布后重新计算的日期"
        "为准。{% endif %}",
    )
    paper.p("Heading1", "二、异议渠道")
    paper.p(
        "Body",
        "任何单位和个人对公示内容有异议的，可以在公示期内书面向我局提出，说明事实和理由，并提供必要的证明"
        "材料。以单位名义提出的，应当加盖公章；以个人名义提出的，应当署真实姓名并留联系方式。我局对异议人"
        "信息依法保密。",
    )
    paper.p("BodyLeft", f"{contact_line()}。")
    return close(paper, "特此公示。", note="")


def _roll(paper: Paper, label: str, name: str) -> None:
    paper.p(
        "Roll",
        Run("Label", f"{label}："),
        f"{{% for one in {name} %}}{{{{ one.organ }}}}{{{{ one.person }}}}"
        "{% if not loop.last %}，{% endif %}{% endfor %}",
    )


def minutes() -> bytes:
    """D20 联席会议纪要: no addressee, no seal."""
    paper = Paper("联席会议纪要")
    paper.p("MinutesMark", "{{ organ_name }}纪要")
    paper.p("RedNumber", "{{ number or case_number }}")
    paper.p("Title", "{{ session }}纪要")
    paper.p("Space")
    paper.p(
        "Body",
        f"{day('held_on')}，{{{{ chair }}}}主持召开{{{{ session }}}}（{{{{ place }}}}），审议风险补偿事项。会议审议了受托"
        "管理机构的审核情况，各成员单位发表意见并逐项表决。现将议定事项纪要如下：",
    )
    paper.p("Heading1", "一、审议事项")
    paper.p("BodyLeft", f"会议审议{{{{ cases|length }}}}个项目，议定补偿金额合计{money('total')}。")
    with paper.table("Grid", 12, 27, 28, 28, 25, 25, 17) as table:
        table.heads(
            "序号", "办理编号", "申请单位", "借款企业", "提请金额（元）", "议定金额（元）", "同意/反对/弃权"
        )
        with table.each("c in cases"):
            table.row(
                middle("{{ c.no }}"),
                "{{ c.case_number }}",
                "{{ c.applicant }}",
                "{{ c.borrower }}",
                amount("{{ c.proposed|yuan }}"),
                amount("{{ c.resolved|yuan }}"),
                middle("{{ c.votes_for }}/{{ c.votes_against }}/{{ c.votes_abstained }}"),
            )
        table.row(head("合　计", 5), amount("{{ total|yuan }}"), middle("—"))
    paper.p("Heading1", "二、议定事项")
    with paper.each("c in cases"):
        paper.p("Body", "{{ c.no }}.{{ c.applicant }}（{{ c.case_number }}）：{{ c.resolution }}")
    with paper.each("words in resolutions"):
        paper.p("Body", "{{ loop.index + cases|length }}.{{ words }}")
    with paper.when("dissent"):
        paper.p("Heading1", "三、不同意见")
        paper.p("Body", "{{ dissent }}")
    paper.p("Space")
    _roll(paper, "出席", "attendees")
    with paper.when("on_leave"):
        _roll(paper, "请假", "on_leave")
    with paper.when("observers"):
        _roll(paper, "列席", "observers")
    verify(paper)
    colophon(paper, copies="分送")
    return paper.bytes()


REPORTS = {"D18": review_opinion, "D20": minutes, "D21": public_notice}
