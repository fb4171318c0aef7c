"""Notices of the managing institution to banks and guarantee companies: D08, D09, D10, D16, D16R."""

from flows.documents.authoring.common import (
    POLICY_ONCE,
    SHORT,
    close,
    day,
    money,
    notice_head,
    objection,
)
from flows.documents.authoring.paper import Paper, amount, head, middle


def correction() -> bytes:
    """D08 材料补正通知书."""
    paper = Paper("材料补正通知书")
    notice_head(paper, f"{SHORT}材料补正通知书")
    paper.p(
        "Body",
        f"你单位报送的{{{{ matter }}}}{{% if about == '补偿' %}}风险补偿申请{{% elif about == '追偿' %}}追偿登记{{% else %}}备案申请{{% endif %}}（{{{{ board|board }}}}，办理编号："
        f"{{{{ case_number }}}}），我单位于{day('received_on')}收到。经审核，申请材料尚有需要补正的事项。"
        f"根据{POLICY_ONCE}和一次性告知的要求，现将全部补正事项一次告知如下"
        "{% if round > 1 %}（本件为第{{ round }}次补正通知）{% endif %}：",
    )
    paper.p("Heading1", "一、补正事项")
    paper.p("BodyKeep", "共{{ faults|length }}项，请逐项补正。")
    with paper.table("Grid", 12, 31, 50, 42, 24) as table:
        table.heads("序号", "所在位置", "存在问题", "补正要求", "依据")
        with table.each("fault in faults"):
            table.row(
                middle("{{ fault.no }}"),
                "{{ fault.where }}",
                "{{ fault.problem }}",
                "{{ fault.remedy }}",
                "{{ fault.clause or '—' }}",
            )
    paper.p("Heading1", "二、补正期限")
    paper.p(
        "Body",
        "{% if from_service %}请自签收本通知书次日起{{ correction_days }}个工作日内通过风险补偿业务系统提交补正材料；"
        f"至{day('correction_due_on')}尚未签收的，期限自本通知书送出次日起算，于该日届满。"
        f"{{% else %}}请自本通知书送出次日起{{{{ correction_days }}}}个工作日内，即于{day('correction_due_on')}"
        "（含当日）前通过风险补偿业务系统提交补正材料。{% endif %}{% if due_provisional %}该日期跨越放假安排尚未公布的"
        "年度，系暂定日期，以放假安排公布后重新计算的日期为准。{% endif %}逾期未补正或者补正后仍不符合要求的，将根据"
        "现有材料依规处理。",
    )
    paper.p("Heading1", "三、办理期限的计算")
    paper.p(
        "Body",
        f"{{{{ stage }}}}期限为{{{{ allowed_days }}}}个工作日，截至{day('stopped_on')}已用"
        "{{ used_days }}个工作日。自该日起停止计算办理期限（停钟），补正所用时间不计入；自收到完整补正"
        "材料之日起恢复计算，剩余期限为{% if used_days > allowed_days %}0个工作日（已超出"
        "{{ used_days - allowed_days }}个工作日）{% else %}{{ allowed_days }}−{{ used_days }}＝"
        "{{ remaining_days }}个工作日{% endif %}。",
    )
    with paper.each("stop in earlier_stops"):
        paper.p(
            "Body",
            f"第{{{{ loop.index }}}}次停钟：{day('stop.from_on')}至{day('stop.to_on')}，计"
            "{{ stop.working_days }}个工作日，未计入已用期限。",
        )
    return close(paper, "特此通知。")


def confirmation() -> bytes:
    """D09 备案确认书."""
    paper = Paper("备案确认书")
    notice_head(paper, f"{SHORT}备案确认书")
    paper.p(
        "Body",
        f"你单位于{day('received_on')}报送的{{{{ board|board }}}}贷款备案申请（办理编号："
        f"{{{{ case_number }}}}）收悉。根据{POLICY_ONCE}，经审核、复核，现对符合条件的贷款予以备案，确认如下：",
    )
    paper.p("Heading1", "一、备案结果")
    paper.p(
        "BodyLeft",
        "准予备案贷款{{ loans|length }}笔，纳入风险补偿范围的贷款本金合计" + money("total_principal") + "。"
        "{% if excluded_count %}同批报送的另外{{ excluded_count }}笔贷款不符合备案条件，另行书面通知。"
        "{% endif %}",
    )
    with paper.table("Grid", 12, 30, 41, 26, 22, 25) as table:
        table.heads(
            "序号",
            "备案编号",
            "借款企业\n统一社会信用代码",
            "借款合同编号\n借据编号",
            "放款日期\n到期日期",
            "贷款本金（元）",
        )
        with table.each("loan in loans"):
            table.row(
                middle("{{ loan.no }}"),
                "{{ loan.filing_number }}",
                "{{ loan.borrower }}\n{{ loan.uscc }}",
                "{{ loan.contract_number }}\n{{ loan.receipt_number }}",
                middle("{{ loan.disbursed_on|iso }}\n{{ loan.due_on|iso }}"),
                amount("{{ loan.principal|yuan }}"),
            )
        table.row(head("合　计", 4), amount("{{ total_principal|yuan }}", 2))
    with paper.when("checks"):
        paper.p("Heading1", "二、审核情况")
        paper.p("BodyKeep", "备案审核适用规则版本：{{ rule_version }}。核对事项如下：")
        with paper.table("Grid", 12, 36, 38, 38, 26, 24) as table:
            table.heads("序号", "核对事项", "核对值", "应当符合", "依据", "结果")
            with table.each("row in checks"):
                table.row(
                    middle("{{ loop.index }}"),
                    "{{ row.label }}",
                    "{{ row.value or '—' }}",
                    "{{ row.expected or '—' }}",
                    "{{ row.clause or '—' }}",
                    middle("{{ row.result|result }}"),
                )
    with paper.when("not checks"):
        paper.p("Heading1", "二、审核情况")
        paper.p("Body", "备案审核适用规则版本：{{ rule_version }}。各项核对事项全部通过。")
    paper.p("Heading1", "三、有关要求")
    paper.p(
        "Body",
        "（一）你单位应当对报送材料的真实性、完整性、合规性负责，按期报送贷款台账；发生展期、变更或者"
        "提前结清的，应当及时办理变更备案。",
    )
    paper.p(
        "Body",
        "（二）发生风险损失拟申请补偿的，以本确认书所列备案编号为申请依据；补偿金额按照放款日适用的规定"
        "审核，本确认书不构成对补偿金额的承诺。",
    )
    return close(paper, "特此通知。")


def refusal() -> bytes:
    """D10 不予备案通知书."""
    paper = Paper("不予备案通知书")
    notice_head(paper, f"{SHORT}不予备案通知书")
    paper.p(
        "Body",
        f"你单位于{day('received_on')}报送的{{{{ board|board }}}}贷款备案申请（办理编号："
        f"{{{{ case_number }}}}）收悉。经审核、复核，其中{{{{ loans|length }}}}笔贷款不符合{POLICY_ONCE}规定的"
        "备案条件，不予备案。现将有关事项通知如下：",
    )
    paper.p("Heading1", "一、不予备案的贷款及理由")
    with paper.table("Grid", 12, 34, 33, 26, 38, 30) as table:
        table.heads(
            "序号", "借款企业", "借款合同编号\n借据编号", "贷款本金（元）", "查明的事实", "不符合的条款"
        )
        with table.each("loan in loans"):
            table.row(
                middle("{{ loan.no }}"),
                "{{ loan.borrower }}",
                "{{ loan.contract_number }}\n{{ loan.receipt_number }}",
                amount("{{ loan.principal|yuan }}"),
                "{{ loan.fact }}",
                "{{ loan.clause }}",
            )
    paper.p("Heading1", "二、补救途径")
    paper.p(
        "Body",
        "{% if remedy %}{{ remedy }}{% else %}不符合条件的情形消除后，你单位可以按规定重新申请备案。{% endif %}"
        "未经备案的贷款，不纳入风险补偿范围。",
    )
    paper.p("Heading1", "三、异议渠道")
    objection(paper, "本通知书")
    return close(paper, "特此通知。", note="")


_CLAIM = (
    "你单位于{{ received_on|cn_date }}报送的{{ loan.borrower }}贷款风险补偿申请（{{ board|board }}，"
    "办理编号：{{ case_number }}，备案编号：{{ loan.filing_number }}）收悉。"
)


def acceptance() -> bytes:
    """D16 受理通知书."""
    paper = Paper("受理通知书")
    notice_head(paper, f"{SHORT}申请受理通知书")
    paper.p("Body", f"{_CLAIM}经核对，材料齐全、符合规定形式，根据{POLICY_ONCE}，决定予以受理。")
    paper.p(
        "BodyLeft",
        f"一、申请补偿金额：{money('claimed')}；补偿与否及补偿金额，以市工业和信息化局的决定为准。",
    )
    paper.p(
        "Body",
        f"二、受理日期：{day('accepted_on')}。初审期限为{{{{ review_days }}}}个工作日，至"
        f"{day('review_due_on')}届满{{% if due_provisional %}}（跨越放假安排尚未公布的年度，系暂定日期）"
        "{% endif %}；补正所用时间不计入。",
    )
    paper.p(
        "Body",
        "三、请继续追偿并配合核查，贷款余额、追偿回款、债务人情况变化的，即书面报告；作出决定前可以书面撤回申请。",
    )
    return close(paper, "特此通知。")


def non_acceptance() -> bytes:
    """D16R 不予受理通知书."""
    paper = Paper("不予受理通知书")
    notice_head(paper, f"{SHORT}申请不予受理通知书")
    paper.p("Body", f"{_CLAIM}经核对，该申请不符合{POLICY_ONCE}规定的受理条件，决定不予受理。")
    paper.p("BodyLeft", f"申请补偿金额：{money('claimed')}。")
    paper.p("Heading1", "一、不予受理的理由")
    with paper.each("reason in reasons"):
        paper.p("Body", "{{ reason.no }}.{{ reason.fact }}（依据：{{ reason.clause }}）")
    paper.p("Heading1", "二、补救途径")
    paper.p(
        "Body",
        "{% if remedy %}{{ remedy }}{% else %}上述情形消除后，你单位可以重新提出申请。{% endif %}",
    )
    paper.p("Heading1", "三、异议渠道")
    objection(paper, "本通知书")
    return close(paper, "特此通知。", note="")


NOTICES = {
    "D08": correction,
    "D09": confirmation,
    "D10": refusal,
    "D16": acceptance,
    "D16R": non_acceptance,
}
