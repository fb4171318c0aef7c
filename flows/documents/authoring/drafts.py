"""Papers drafted outside a case: D01 and D12 by an institution, D38 to the treasury, D39 to the city government."""

from flows.documents.authoring.common import (
    POLICY_ONCE,
    SCHEME,
    SHORT,
    close,
    contact_line,
    day,
    end,
    money,
)
from flows.documents.authoring.letter import letter_head
from flows.documents.authoring.paper import Cell, Paper, amount, head, middle, text
from flows.documents.authoring.redhead import colophon, up_head


def cooperation_application() -> bytes:
    """D01 合作申请表."""
    paper = Paper("合作申请表")
    paper.p("FormTitle", f"{SCHEME}合作申请表")
    with paper.table("Form", 33, 45, 33, 45) as table:
        table.row(head("申请机构"), text("{{ organ_name }}", 3), height=560)
        table.row(
            head("统一社会信用代码"), "{{ uscc or '' }}", head("适用板块"), "{{ board|board }}", height=560
        )
        table.row(head("联系人及联系方式"), text(contact_line(), 3), height=560)
        table.row(
            head("收款账户"),
            text(
                "{% if account is not none %}{{ account.name }}\n{{ account.bank }}\n{{ account.number }}{% endif %}",
                3,
            ),
            height=900,
        )
        with table.when("shares"):
            table.row(
                head("风险分担"),
                text(
                    "{% for s in shares %}{{ s.party }}{{ s.share|pct }}{% if not loop.last %}，{% endif %}{% endfor %}",
                    3,
                ),
            )
        for label, hint in (
            ("机构资质", "金融许可或融资担保业务经营许可、注册资本、监管评级："),
            ("合作分支范围", "参加合作的分支机构名称、地址、负责人："),
            ("拟合作产品", "产品名称、额度、期限、利率或费率、担保方式："),
            ("风险控制", "准入、审批、贷（保）后管理和追偿制度，近三年不良率或者代偿率："),
        ):
            table.row(head(label), text(hint, 3), height=1200)
        table.row(
            head("承诺"),
            Cell(
                (
                    (
                        "Cell",
                        f"本机构自愿按照{POLICY_ONCE}开展合作，所填内容真实、完整，愿意按期报送数据，接受监督检查和绩效评价。",
                    ),
                    ("Cell", ""),
                    ("CellSeal", "申请机构（盖章）"),
                    ("CellSeal", day("issued_on")),
                ),
                3,
            ),
            height=1900,
        )
    paper.p("FormNote", "注：受理机构为{{ recipient }}；已有数据由系统填入，请核对后补齐其余各栏。")
    return paper.bytes()


def loan_ledger() -> bytes:
    """D12 贷款台账, with the loans on landscape pages so that any number fits."""
    paper = Paper("贷款台账")
    paper.p("FormTitle", f"{SCHEME}贷款台账")
    with paper.table("Form", 33, 45, 33, 45) as table:
        table.row(head("填报机构"), text("{{ organ_name }}", 3), height=560)
        table.row(head("报送单位"), text("{{ recipient }}", 3), height=560)
        table.row(head("适用板块"), "{{ board|board }}", head("数据截止日"), day("as_of"), height=560)
        table.row(
            head("贷款笔数"),
            "{{ rows|length }}笔",
            head("贷款本金合计（元）"),
            "{{ total|yuan }}",
            height=560,
        )
        table.row(
            head("填报说明"),
            text(
                "附表按备案及变更备案登记填列，余额为本金扣除已备案的提前还款（已申请补偿的，为申报的未清偿本金）；请核对余额，"
                "补填逾期本金、逾期起始日和五级分类，发生异常的另附情况说明。",
                3,
            ),
            height=1200,
        )
        table.row(
            head("填报人意见"),
            Cell(
                (
                    ("Cell", "所填数据真实、完整，与贷款档案一致。"),
                    ("Cell", ""),
                    ("CellSeal", "填报人：　　　　　　填报机构（盖章）"),
                    ("CellSeal", "　　年　　月　　日"),
                ),
                3,
            ),
            height=1900,
        )
    paper.p("FormNote", "注：已有数据由系统填入；贷款明细见附表，金额单位为元。")
    paper.turn()
    paper.p("FormTitle", "附表　贷款明细")
    with paper.table("Form", 8, 33, 46, 33, 39, 32, 35, 26, 32, 16, 22) as table:
        table.heads(
            "序号",
            "备案编号",
            "借款企业",
            "借据编号",
            "贷款本金",
            "放款日期\n到期日期",
            "贷款余额",
            "逾期本金",
            "逾期起始日",
            "五级\n分类",
            "备注",
        )
        with table.each("row in rows"):
            table.row(
                middle("{{ row.no }}"),
                "{{ row.filing_number }}",
                "{{ row.borrower }}",
                "{{ row.receipt_number }}",
                amount("{{ row.principal|yuan }}"),
                middle("{{ row.disbursed_on|iso }}\n{{ row.due_on|iso }}"),
                amount("{{ row.outstanding|yuan }}"),
                "",
                middle("{% if row.overdue_since is not none %}{{ row.overdue_since|iso }}{% endif %}"),
                middle("{{ row.asset_class or '' }}"),
                "{{ row.remark or '' }}",
            )
        table.row(head("合　计", 4), amount("{{ total|yuan }}"), head("", 6))
    return paper.bytes()


def deposit_reference() -> bytes:
    """D38 社保基金存放参考意见函."""
    paper = Paper("社保基金存放参考意见函")
    letter_head(paper, "{{ organ_name }}关于{{ year }}年度\n社保基金存放管理参考意见的函")
    paper.p(
        "Body",
        f"根据{POLICY_ONCE}关于将合作银行当年新增批量担保贷款规模等相关指标作为社保基金存放管理参考依据的规定，我局对"
        f"{{{{ year }}}}年度备案的融担板块贷款进行了统计（截至{day('as_of')}），现将有关情况函告如下：",
    )
    paper.p(
        "BodyLeft",
        f"{{{{ rows|length }}}}家银行当年新增融担板块贷款本金合计{money('total')}，按规模排列如下：",
    )
    with paper.table("Grid", 16, 80, 24, 36) as table:
        table.heads("排名", "银行", "笔数", "贷款本金（元）")
        with table.each("row in rows"):
            table.row(
                middle("{{ row.no }}"),
                "{{ row.lender }}",
                middle("{{ row.loans }}"),
                amount("{{ row.principal|yuan }}"),
            )
        table.row(head("合　计", 3), amount("{{ total|yuan }}"))
    paper.p("Body", "以上数据按备案系统登记的放款日期和贷款本金统计，供贵局在社保基金存放管理中参考。")
    return close(paper, "特此函告。")


def budget_request() -> bytes:
    """D39 增加预算的请示: up-going, with 签发人 beside the number; one matter, one addressee."""
    paper = Paper("增加预算的请示")
    up_head(paper, "　　　")
    paper.p("Title", f"{{{{ organ_name }}}}关于增加{{{{ year }}}}年度\n{SHORT}资金预算的请示")
    paper.p("Space")
    paper.p("To", "{{ recipient }}：")
    paper.p(
        "Body",
        f"根据{POLICY_ONCE}总额控制、据实列支的规定，{{{{ year }}}}年度风险补偿资金预算已不足以支付审批通过的补偿项目，"
        "现就增加预算请示如下：",
    )
    paper.p("Heading1", "一、预算使用情况")
    paper.p("BodyLeft", f"{{{{ year }}}}年度预算：{money('budget')}。")
    paper.p(
        "BodyLeft",
        f"截至{day('as_of')}，已拨付￥{{{{ paid|yuan }}}}，已审批待拨付（预留）￥{{{{ reserved|yuan }}}}，余额￥{{{{ left|yuan }}}}。",
    )
    paper.p("Heading1", "二、资金缺口")
    paper.p(
        "BodyLeft",
        f"已审批、因预算余额不足而等待的项目{{{{ rows|length }}}}个，合计{money('total')}；扣除余额，缺口{money('missing')}。明细如下：",
    )
    with paper.table("Grid", 14, 34, 56, 26, 32) as table:
        table.heads("序号", "办理编号", "申请单位", "审批通过日期", "补偿金额（元）")
        with table.each("row in rows"):
            table.row(
                middle("{{ row.no }}"),
                "{{ row.waiting_number }}",
                "{{ row.applicant }}",
                middle("{{ row.since|iso }}"),
                amount("{{ row.amount|yuan }}"),
            )
        table.row(head("合　计", 4), amount("{{ total|yuan }}"))
    paper.p("Heading1", "三、请示事项")
    paper.p(
        "BodyLeft",
        f"恳请同意增加{{{{ year }}}}年度{SHORT}资金预算{money('missing')}。增加后，上述项目按审批通过的先后依次拨付。",
    )
    end(paper, "妥否，请批示。")
    colophon(paper)
    return paper.bytes()


DRAFTS = {"D01": cooperation_application, "D12": loan_ledger, "D38": deposit_reference, "D39": budget_request}
