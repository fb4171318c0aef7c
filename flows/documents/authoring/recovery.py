"""Documents of a recovery: D28 追偿进展报告, D29 追偿返还通知书."""

from flows.documents.authoring.common import (
    POLICY_ONCE,
    SHORT,
    calculation,
    close,
    day,
    money,
    notice_head,
)
from flows.documents.authoring.paper import Paper, amount, head, middle

_LOAN = (
    "{{ borrower }}贷款（借款合同编号：{{ contract_number }}，补偿案件：{{ claim_number }}，决定文号："
    "{{ decision_number }}）"
)


def _receipts(paper: Paper) -> None:
    """What came in and what it cost, with sums."""
    with paper.table("Grid", 14, 44, 56, 42) as table:
        table.heads("序号", "到账日期", "到账凭证号", "回款金额（元）")
        with table.each("row in receipts"):
            table.row(
                middle("{{ row.no }}"),
                middle("{{ row.received_on|cn_date }}"),
                "{{ row.voucher_number }}",
                amount("{{ row.amount|yuan }}"),
            )
        table.row(head("合　计", 3), amount("{{ received|yuan }}"))
    with paper.when("costs"):
        paper.p("BodyKeep", "其间发生的追偿费用：")
        with paper.table("Grid", 14, 100, 42) as table:
            table.heads("序号", "费用事由", "金额（元）")
            with table.each("row in costs"):
                table.row(middle("{{ row.no }}"), "{{ row.reason }}", amount("{{ row.amount|yuan }}"))
            table.row(head("合　计", 2), amount("{{ spent|yuan }}"))


def progress() -> bytes:
    """D28 追偿进展报告."""
    paper = Paper("追偿进展报告")
    notice_head(paper, "追偿进展报告")
    paper.p(
        "Body",
        f"根据{POLICY_ONCE}，现将{_LOAN}的追偿进展情况报告如下：",
    )
    paper.p("Heading1", "一、追偿措施和进展")
    paper.p(
        "Body",
        "追偿措施：{{ action }}{% if court_number %}，案号：{{ court_number }}{% endif %}。{{ progress }}",
    )
    paper.p("Heading1", "二、回款情况")
    paper.p(
        "BodyLeft",
        f"该笔贷款已获得风险补偿{money('compensation')}，拨付日期：{day('paid_on')}。"
        "{% if received_before %}此前累计回款￥{{ received_before|yuan }}，已返还财政资金￥{{ returned_before|yuan }}。"
        "{% else %}此前没有回款。{% endif %}{% if receipts %}本次回款如下：{% else %}报告期内没有新的回款。{% endif %}",
    )
    with paper.when("receipts"):
        _receipts(paper)
    paper.p("Heading1", "三、下一步")
    paper.p("Body", "我单位将继续履行追偿职责，收到的款项按规定登记，扣除合理费用后按比例返还财政资金。")
    return close(paper, "特此报告。")


def notice() -> bytes:
    """D29 追偿返还通知书."""
    paper = Paper("追偿返还通知书")
    notice_head(paper, f"{SHORT}追偿返还通知书")
    paper.p(
        "Body",
        f"你单位登记的{_LOAN}追偿回款（办理编号：{{{{ case_number }}}}）收悉。根据{POLICY_ONCE}和补偿决定，经审核、"
        "复核，现将返还事项通知如下：",
    )
    paper.p("Heading1", "一、回款和费用")
    _receipts(paper)
    paper.p("Heading1", "二、返还金额的计算")
    paper.p("BodyLeft", f"该笔贷款已拨付风险补偿{money('compensation')}，拨付日期：{day('paid_on')}。")
    paper.p(
        "BodyKeep",
        "回款先扣追偿费用，再冲贷款本金；收回的本金按实际补偿比例{{ ratio|pct }}返还，按累计数计算，减去此前已返还的部分。",
    )
    calculation(paper)
    paper.p(
        "BodyLeft",
        "累计应返还￥{{ due_in_all|yuan }}，此前已返还￥{{ returned_before|yuan }}，"
        f"本次应返还{money('due')}。",
    )
    paper.p("Heading1", "三、办理返还")
    with paper.when("due_on is none"):
        paper.p(
            "Body",
            "本次无须返还财政资金。{% if costs_carried %}尚未受偿的追偿费用￥{{ costs_carried|yuan }}结转到以后的回款扣除。"
            "{% endif %}以后收到回款的，仍应当自收到之日起{{ return_days }}个工作日内登记并办理返还。",
        )
    with paper.when("due_on is not none"):
        paper.p(
            "Body",
            f"请于{day('due_on')}（含当日）前将本次应返还的款项一次缴至{{{{ treasury }}}}"
            "{% if account is none %}，收款账户由其另行书面告知{% endif %}，附言注明本案办理编号。"
            "{% if due_provisional %}该日期跨越放假安排尚未公布的年度，系暂定日期。{% endif %}",
        )
        with paper.when("account is not none"), paper.table("Grid", 30, 126) as table:
            table.row(head("账户名称"), "{{ account.name }}")
            table.row(head("开户银行"), "{{ account.bank }}")
            table.row(head("账　　号"), "{{ account.number }}")
    paper.p(
        "Body",
        "{% if due_on is not none %}缴款后请在风险补偿业务系统登记返还回单。{% endif %}"
        "隐瞒、截留、挪用或者拖延返还追偿款的，依照有关规定处理。",
    )
    return close(paper, "特此通知。")


RECOVERY = {"D28": progress, "D29": notice}
