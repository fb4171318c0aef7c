"""Letters of the bureau in 信函格式: D22, D25, D26."""

from flows.documents.authoring.common import POLICY_ONCE, SHORT, close, day, money, signature
from flows.documents.authoring.paper import Paper, Run, amount, head, middle, text


def letter_head(paper: Paper, title: str) -> None:
    paper.letter()
    paper.p("LetterNumber", "{{ number or '' }}")
    paper.p("Title", title)
    paper.p("Space")
    paper.p("To", "{{ recipient }}：")


def objection_reply() -> bytes:
    """D22 异议处理意见."""
    paper = Paper("异议处理意见")
    letter_head(paper, f"{{{{ organ_name }}}}关于\n{SHORT}项目异议的处理意见")
    paper.p(
        "Body",
        f"你（单位）于{day('received_on')}就《{{{{ notice_title }}}}》提出的异议收悉。"
        "经核查，现将处理意见函复如下：",
    )
    paper.p("Body", Run("Label", "一、异议内容。"), "{{ summary }}")
    paper.p("BodyKeep", Run("Label", "二、核查情况。"), "逐项核查如下：")
    with paper.each("finding in findings"):
        paper.p(
            "Body",
            "{{ finding.no }}.{{ finding.point }}{{ finding.finding }}"
            "{% if finding.basis %}（依据：{{ finding.basis }}）{% endif %}",
        )
    paper.p(
        "Body",
        Run("Label", "三、处理意见。"),
        "{% if outcome == 'upheld' %}异议成立。{% elif outcome == 'partly' %}异议部分成立。"
        "{% else %}异议不成立。{% endif %}{{ conclusion }}",
    )
    return close(paper, "特此函复。")


def payment_letter() -> bytes:
    """D25 关于申请拨付风险补偿资金的函, with the accounts as annex 1."""
    paper = Paper("关于申请拨付风险补偿资金的函")
    letter_head(paper, f"{{{{ organ_name }}}}\n关于申请拨付{{{{ batch }}}}\n{SHORT}资金的函")
    paper.p(
        "Body",
        f"根据{POLICY_ONCE}，经受托管理机构审核、我局审定"
        "{% if public_from is not none and public_to is not none %}，并于{{ public_from|cn_date }}至"
        "{{ public_to|cn_date }}向社会公示{% endif %}，{{ batch }}风险补偿资金已具备拨付条件。现将有关事项"
        "函告如下：",
    )
    paper.p("Heading1", "一、拨付金额")
    paper.p("BodyLeft", f"本批共{{{{ rows|length }}}}笔，补偿资金合计{money('total')}。明细如下：")
    with paper.table("Grid", 10, 66, 46, 34) as table:
        table.heads("序号", "收款单位", "决定文号", "补偿金额（元）")
        with table.each("row in rows"):
            table.row(
                middle("{{ row.no }}"),
                "{{ row.payee }}",
                "{{ row.decision_number }}",
                amount("{{ row.amount|yuan }}"),
            )
        table.row(head("合　计", 3), amount("{{ total|yuan }}"))
    paper.p("Heading1", "二、资金来源")
    paper.p(
        "Body",
        "所需资金在我局{{ budget_year }}年度预算“{{ budget_line }}”中列支，未超出预算总额和预留余额。",
    )
    paper.p("Heading1", "三、拨付方式")
    paper.p(
        "Body",
        "请贵局审核后按国库集中支付有关规定拨付至附件1所列收款账户。收款单位确认到账后，我局将及时与贵局对账。",
    )
    paper.keep()
    paper.p("BodyKeep", "请予支持为盼。")
    paper.p("Attach", "附件：1.收款账户及金额明细表")
    with paper.each("name in attachments"):
        paper.p("AttachMore", "{{ loop.index + 1 }}.{{ name }}")
    signature(paper)
    paper.p("AnnexMark", "附件1")
    paper.p("AnnexTitle", "收款账户及金额明细表")
    with paper.table("Grid", 12, 36, 36, 40, 35) as table:
        table.heads("序号", "账户名称", "开户银行", "账号", "金额（元）")
        with table.each("row in rows"):
            table.row(
                middle("{{ row.no }}"),
                "{{ row.account.name }}",
                "{{ row.account.bank }}",
                "{{ row.account.number }}",
                amount("{{ row.amount|yuan }}"),
            )
        table.row(head("合　计", 4), amount("{{ total|yuan }}"))
    return paper.bytes()


def payment_notice() -> bytes:
    """D26 资金拨付通知书."""
    paper = Paper("资金拨付通知书")
    letter_head(paper, f"{SHORT}资金拨付通知书")
    paper.p(
        "Body",
        "根据风险补偿决定通知书（{{ decision_number }}），现拨付{{ borrower }}贷款（借款合同编号："
        "{{ contract_number }}）风险补偿资金，有关事项通知如下：",
    )
    with paper.table("Grid", 22, 58, 22, 54) as table:
        table.row(head("拨付金额"), text(money("amount"), 3), height=420)
        table.row(
            head("账户名称"),
            "{{ account.name }}",
            head("拨付期限"),
            f"{day('pay_on')}前{{% if due_provisional %}}（暂定）{{% endif %}}",
            height=420,
        )
        table.row(
            head("开户银行"), "{{ account.bank }}", head("账　　号"), "{{ account.number }}", height=420
        )
    paper.p(
        "Body",
        "一、请核对到账金额，自{% if from_service %}签收本通知书（未签收的，自送出）{% else %}本通知书送出{% endif %}次日起"
        "{{ confirm_days }}个工作日内报送收款确认回执。",
    )
    paper.p(
        "Body",
        "二、请继续追偿，净额中归属你单位损失的部分按实际补偿比例{{ effective_ratio|pct }}返还财政资金，"
        "自收款之日起{{ return_days }}个工作日内办理。",
    )
    return close(paper, "特此通知。")


LETTERS = {"D22": objection_reply, "D25": payment_letter, "D26": payment_notice}
