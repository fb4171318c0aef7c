"""What banks and guarantee companies apply with: D07, D15. No red head: they sign as what they are."""

from flows.documents.authoring.common import (
    POLICY_ONCE,
    SCHEME,
    calculation,
    day,
    form_head,
    loan_rows,
    money,
    share_rows,
    signature,
    verify,
)
from flows.documents.authoring.paper import Cell, Paper, amount, head, middle, text

_PROMISES = (
    ("Cell", "{%p if not filed_for %}"),
    ("Cell", "一、所报材料和数据真实、完整、合规，与贷款档案一致，对其真实性承担责任；"),
    (
        "Cell",
        "二、{% if board == 'guarantee' %}所报贷款属于国家融资担保基金支持贷款，风险分担比例"
        "与合作协议一致；{% else %}所报贷款为非实物抵押、非担保公司担保贷款，借款企业在放款日"
        "列入白名单，利率和期限符合规定；{% endif %}",
    ),
    ("Cell", "三、同一笔贷款未在其他板块备案，未重复申请同类财政风险补偿；"),
    ("Cell", "四、履行贷后管理和追偿职责，按期报送台账，接受监督检查和绩效评价。"),
    ("Cell", "{%p endif %}"),
)
"""What an applicant promises; who enters loans for another promises only what they know."""


def filing_application() -> bytes:
    """D07 项目备案申请表, with the loans on landscape pages so that any number fits."""
    paper = Paper("项目备案申请表")
    kind = "{% if filed_for %}补录{% else %}申请{% endif %}"
    form_head(paper, f"{SCHEME}项目备案{kind}表", f"{kind}日期", "issued_on")
    with paper.table("Form", 33, 45, 33, 45) as table:
        table.row(head(f"{kind}单位"), text("{{ organ_name }}", 3), height=560)
        with table.when("filed_for"):
            table.row(head("贷款机构"), text("{{ filed_for }}", 3), height=560)
        table.row(head("受理机构"), text("{{ recipient }}", 3), height=560)
        table.row(head("适用板块"), "{{ board|board }}", head("贷款笔数"), "{{ loans|length }}笔", height=560)
        table.row(head("联系人"), "{{ contact.person }}", head("联系电话"), "{{ contact.phone }}", height=560)
        table.row(
            head("贷款本金合计"),
            Cell(
                (
                    ("Cell", "人民币（大写）{{ total_principal|daxie }}"),
                    ("Cell", "￥{{ total_principal|yuan }}"),
                ),
                3,
            ),
            height=800,
        )
        table.row(
            head(f"{kind}事项"),
            text(
                f"根据{POLICY_ONCE}，{{% if filed_for %}}现依据{{{{ source }}}}，补录附表所列{{{{ filed_for }}}}此前已获批准的"
                "贷款。本表由补录单位填制，不是贷款机构的申请。{% else %}现将附表所列贷款报送备案，申请纳入风险补偿"
                "范围。{% endif %}",
                3,
            ),
            height=1000,
        )
        table.row(
            head("承诺"),
            Cell(
                (
                    (
                        "Cell",
                        "{% if filed_for %}补录单位承诺：补录内容与来源文件一致，来源文件存案备查；贷款机构的承诺以其原申报"
                        "材料为准。{% else %}本单位承诺：{% endif %}",
                    ),
                    *_PROMISES,
                    ("Cell", ""),
                    ("CellSeal", f"{kind}单位（盖章）"),
                    ("CellSeal", day("issued_on")),
                ),
                3,
            ),
            height=3000,
        )
    paper.p("FormNote", "注：贷款明细见附表，逐笔借据填报；金额单位为元。")
    verify(paper)
    paper.turn()
    paper.p("FormTitle", "附表　备案贷款明细")
    with paper.table("Form", 8, 52, 38, 26, 34, 33, 27, 27, 26, 36) as table:
        table.heads(
            "序号",
            "借款企业\n统一社会信用代码",
            "行业、划型\n人数/营收/资产",
            "贷款银行",
            "借款合同编号\n借据编号",
            "贷款本金（元）",
            "放款日期\n到期日期",
            "年利率\n参照LPR",
            "贷款用途",
            "担保方式\n风险分担",
        )
        with table.each("loan in loans"):
            table.row(
                middle("{{ loan.no }}"),
                "{{ loan.borrower }}\n{{ loan.uscc }}",
                "{{ loan.industry }}、{{ loan.size_class }}\n"
                "{% if loan.employees is none %}—{% else %}{{ loan.employees }}人{% endif %}\n"
                "{% if loan.revenue is none %}—{% else %}{{ loan.revenue|yuan }}{% endif %}\n"
                "{% if loan.assets is none %}—{% else %}{{ loan.assets|yuan }}{% endif %}",
                "{{ loan.lender }}",
                "{{ loan.contract_number }}\n{{ loan.receipt_number }}",
                amount("{{ loan.principal|yuan }}"),
                middle("{{ loan.disbursed_on|iso }}\n{{ loan.due_on|iso }}"),
                middle(
                    "{{ loan.rate_percent|percent }}\n{% if loan.lpr_percent is none %}—{% else %}"
                    "{{ loan.lpr_percent|percent }}{% endif %}{% if loan.lpr_published_on is not none %}\n"
                    "{{ loan.lpr_published_on|iso }}{% endif %}"
                ),
                "{{ loan.purpose }}",
                "{{ loan.security }}{% for s in loan.shares %}\n{{ s.party }}{{ s.share|pct }}{% endfor %}",
            )
        table.row(head("合　计", 5), amount("{{ total_principal|yuan }}"), head("", 4))
    return paper.bytes()


def claim_application() -> bytes:
    """D15 补偿申请函, with the application form as annex 1."""
    paper = Paper("风险补偿申请函")
    paper.p("Title", f"{{{{ organ_name }}}}\n关于申请{SCHEME}的函")
    with paper.when("number"):
        paper.p("Number", "{{ number }}")
    with paper.when("not number"):
        paper.p("Space")
    paper.p("To", "{{ recipient }}：")
    paper.p(
        "Body",
        "{{ loan.borrower }}（统一社会信用代码：{{ loan.uscc }}）向{{ loan.lender }}所借贷款（备案编号："
        "{{ loan.filing_number }}，借款合同编号：{{ loan.contract_number }}，借据编号："
        f"{{{{ loan.receipt_number }}}}）自{day('default_on')}起发生逾期，已形成风险损失。根据{POLICY_ONCE}，我单位"
        "现申请{{ board|board }}风险补偿，有关情况如下：",
    )
    paper.p("Heading1", "一、损失及申请金额")
    paper.p("BodyLeft", f"未清偿贷款本金：{money('unpaid_principal')}。")
    with paper.when("repaid_on is not none and repaid_amount is not none"):
        paper.p("BodyLeft", f"我单位于{day('repaid_on')}履行代偿，代偿金额：{money('repaid_amount')}。")
    paper.p("BodyLeft", f"我单位承担损失：{money('loss')}。")
    paper.p("BodyLeft", f"申请补偿金额：{money('claimed')}。")
    paper.p("Heading1", "二、损失原因")
    paper.p("Body", "{{ cause }}")
    paper.p("Heading1", "三、追偿情况")
    paper.p("Body", "{{ recovery }}")
    paper.p("Heading1", "四、承诺")
    paper.p(
        "Body",
        "所报材料真实、完整、合规，该笔贷款未重复申请同类财政风险补偿。获得补偿后，我单位将继续履行追偿"
        "职责，追偿所得按规定返还财政资金。如有虚假，愿承担相应法律责任并退回全部补偿资金。",
    )
    paper.keep()
    paper.p("BodyKeep", "请予审核支持为盼。")
    paper.p("Attach", "附件：1.风险补偿申请表")
    paper.p("AttachMore", "2.申请材料（共{{ materials|length }}项，目录见附件1）")
    signature(paper)
    paper.p("AnnexMark", "附件1")
    paper.p("AnnexTitle", "风险补偿申请表")
    with paper.table("Form", 33, 45, 33, 45) as table:
        table.row(head("申请单位"), text("{{ applicant }}", 3))
        loan_rows(table)
        table.row(
            head("贷款用途"), "{{ loan.purpose or '—' }}", head("担保方式"), "{{ loan.security or '—' }}"
        )
        table.row(
            head("首次逾期日期"),
            day("default_on"),
            head("逾期天数、分类"),
            "{{ overdue_days }}天、{{ risk_class or '—' }}",
        )
        with table.when("repaid_on is not none and repaid_amount is not none"):
            table.row(head("代偿日期"), day("repaid_on"), head("代偿金额（元）"), "{{ repaid_amount|yuan }}")
        table.row(
            head("未清偿本金（元）"), "{{ unpaid_principal|yuan }}", head("承担损失（元）"), "{{ loss|yuan }}"
        )
        share_rows(table)
        table.row(
            head("申请补偿金额"),
            text("人民币（大写）{{ claimed|daxie }}　￥{{ claimed|yuan }}", 3),
            height=480,
        )
        table.row(
            head("收款账户"),
            Cell(
                (
                    ("Cell", "账户名称：{{ account.name }}"),
                    ("Cell", "开户银行：{{ account.bank }}"),
                    ("Cell", "账　　号：{{ account.number }}"),
                ),
                3,
            ),
        )
    paper.p("FormHead", "申请单位测算过程：")
    calculation(paper)
    paper.p("FormHead", "申请材料目录：")
    with paper.table("Grid", 12, 97, 50) as table:
        table.heads("序号", "材料名称", "备注")
        with table.each("m in materials"):
            table.row(middle("{{ m.no }}"), "{{ m.title }}", "{{ m.note or '—' }}")
    return paper.bytes()


APPLICATIONS = {"D07": filing_application, "D15": claim_application}
