"""Papers about a registered loan: D11 and D13 by its institution, D11C and D14 by the managing one."""

from flows.documents.authoring.common import (
    POLICY_ONCE,
    SCHEME,
    SHORT,
    close,
    day,
    form_head,
    loan_rows,
    notice_head,
    verify,
)
from flows.documents.authoring.paper import Cell, Paper, Table, head, middle, text


def change_form() -> bytes:
    """D11 变更（展期）备案表."""
    paper = Paper("变更（展期）备案表")
    form_head(paper, f"{SCHEME}变更备案表", "填报日期", "proposed_on")
    with paper.table("Form", 33, 45, 33, 45) as table:
        table.row(head("申报机构"), "{{ organ_name }}", head("受理机构"), "{{ recipient }}")
        loan_rows(table)
        table.row(head("变更事项"), "{{ what }}", head("变更编号"), "{{ change_number }}")
        table.row(
            head("发生日期"), day("happened_on"), head("首次备案文号"), "{{ first_number or '无文号' }}"
        )
        table.row(head("变更内容", 4), height=480)
        table.row(head("变更项目"), head("变更前"), head("变更后", 2))
        with table.each("one in items"):
            table.row("{{ one.item }}", "{{ one.before or '（空）' }}", text("{{ one.after }}", 2))
        table.row(head("变更原因"), text("{{ reason }}", 3))
        table.row(head("依据文件"), text("{{ source_document }}", 3))
        table.row(
            head("申报机构\n意见"),
            Cell(
                (
                    ("Cell", "上述变更属实，有关文件留存备查，对其真实性承担责任。"),
                    ("Cell", ""),
                    ("CellSeal", "经办人：{{ proposed_by }}　　申报机构（盖章）"),
                    ("CellSeal", day("proposed_on")),
                ),
                3,
            ),
            height=1300,
        )
        with table.when("failing"):
            table.row(
                head("审核提示"),
                text(
                    "变更后下列事项不符合规定，今后申请补偿时按变更后的情况审核：{% for c in failing %}\n{{ loop.index }}．"
                    "{{ c.label }}：{{ c.value }}，应当符合：{{ c.expected }}"
                    "{% if c.clause %}（依据：{{ c.clause }}）{% endif %}{% endfor %}",
                    3,
                ),
            )
        table.row(
            head("受托管理机构\n审核意见"),
            Cell(
                (
                    ("Cell", "经审核，同意变更备案。{{ remark }}"),
                    ("Cell", ""),
                    ("CellSeal", "审核人：{{ confirmed_by }}　　受托管理机构（盖章）"),
                    ("CellSeal", day("confirmed_on")),
                ),
                3,
            ),
            height=1300,
        )
    verify(paper)
    return paper.bytes()


def extension_confirmation() -> bytes:
    """D11C 续备案确认书."""
    paper = Paper("续备案确认书")
    notice_head(paper, f"{SHORT}续备案确认书")
    paper.p(
        "Body",
        f"你单位于{day('proposed_on')}报送的{{{{ loan.borrower }}}}贷款展期（{{{{ board|board }}}}，备案编号："
        f"{{{{ loan.filing_number }}}}）收悉。根据{POLICY_ONCE}，经审核，现予续备案，确认如下：",
    )
    paper.p("Heading1", "一、续备案内容")
    with paper.table("Grid", 33, 45, 33, 45) as table:
        _extension(table)
    paper.p("Heading1", "二、审核情况")
    paper.p(
        "Body",
        f"本笔贷款于{day('happened_on')}签订展期，审核适用规则版本：{{{{ rule_version }}}}。"
        "{% if failing %}展期后下列事项不符合规定，今后申请补偿时按展期后的情况审核：{% else %}展期后贷款期限等事项"
        "经核对符合规定。{% endif %}",
    )
    with paper.when("failing"), paper.table("Grid", 12, 30, 50, 36, 28) as table:
        table.heads("序号", "核对事项", "核对值", "应当符合", "依据")
        with table.each("c in failing"):
            table.row(
                middle("{{ loop.index }}"),
                "{{ c.label }}",
                "{{ c.value or '—' }}",
                "{{ c.expected or '—' }}",
                "{{ c.clause or '—' }}",
            )
    paper.p("Heading1", "三、有关要求")
    paper.p(
        "Body",
        "（一）本确认书与首次备案一并作为申请补偿的依据；补偿金额按照放款日适用的规定审核，本确认书不构成对补偿"
        "金额的承诺。",
    )
    paper.p(
        "Body",
        "（二）你单位应当继续做好贷后管理；再次展期、提前还款或者信息变更的，应当及时办理变更备案。",
    )
    return close(paper, "特此通知。")


def _extension(table: Table) -> None:
    table.row(head("借款企业"), "{{ loan.borrower }}", head("统一社会信用代码"), "{{ loan.uscc }}")
    table.row(
        head("借款合同编号"), "{{ loan.contract_number }}", head("借据编号"), "{{ loan.receipt_number }}"
    )
    table.row(
        head("首次备案编号"),
        "{{ loan.filing_number }}",
        head("首次备案文号"),
        "{{ first_number or '无文号' }}",
    )
    table.row(head("续备案号"), "{{ change_number }}", head("放款日期"), day("loan.disbursed_on"))
    table.row(head("展期前到期日期"), day("due_before"), head("展期后到期日期"), day("due_after"))
    table.row(
        head("贷款本金（元）"), "{{ loan.principal|yuan }}", head("剩余本金（元）"), "{{ outstanding|yuan }}"
    )


def anomaly_report() -> bytes:
    """D13 入库项目异常情况表."""
    paper = Paper("入库项目异常情况表")
    form_head(paper, f"{SHORT}入库项目异常情况表", "填报日期", "proposed_on")
    with paper.table("Form", 33, 45, 33, 45) as table:
        table.row(head("申报机构"), "{{ organ_name }}", head("受理机构"), "{{ recipient }}")
        loan_rows(table)
        table.row(head("异常类型"), "{{ anomaly }}", head("报告编号"), "{{ change_number }}")
        table.row(head("发现日期"), day("happened_on"), head("未还本金（元）"), "{{ unpaid|yuan }}")
        table.row(head("情况说明"), text("{{ reason }}", 3), height=900)
        table.row(head("已采取的措施"), text("{{ measures }}", 3), height=900)
        table.row(head("依据文件"), text("{{ source_document }}", 3))
        table.row(
            head("申报机构\n意见"),
            Cell(
                (
                    ("Cell", "所报情况属实，将继续跟踪处置，情况变化的及时续报。"),
                    ("Cell", ""),
                    ("CellSeal", "经办人：{{ proposed_by }}　　申报机构（盖章）"),
                    ("CellSeal", day("proposed_on")),
                ),
                3,
            ),
            height=1300,
        )
        table.row(
            head("受托管理机构\n核阅意见"),
            Cell(
                (
                    ("Cell", "已核阅。{{ remark }}"),
                    ("Cell", ""),
                    ("CellSeal", "核阅人：{{ confirmed_by }}　　受托管理机构（盖章）"),
                    ("CellSeal", day("confirmed_on")),
                ),
                3,
            ),
            height=1300,
        )
    verify(paper)
    return paper.bytes()


def risk_warning() -> bytes:
    """D14 风险提示函."""
    paper = Paper("风险提示函")
    notice_head(paper, f"{SHORT}项目风险提示函")
    paper.p(
        "Body",
        f"你单位于{day('proposed_on')}报告的{{{{ loan.borrower }}}}贷款（{{{{ board|board }}}}，备案编号："
        f"{{{{ loan.filing_number }}}}）异常情况收悉。根据{POLICY_ONCE}后续跟踪的要求，现将有关风险提示如下：",
    )
    paper.p("Heading1", "一、风险情况")
    with paper.table("Grid", 33, 45, 33, 45) as table:
        table.row(
            head("借款合同编号"), "{{ loan.contract_number }}", head("借据编号"), "{{ loan.receipt_number }}"
        )
        table.row(head("异常类型"), "{{ anomaly }}", head("关注标准"), "{{ standard }}")
        table.row(head("发现日期"), day("happened_on"), head("未还本金（元）"), "{{ unpaid|yuan }}")
        table.row(head("情况说明"), text("{{ reason }}", 3))
        table.row(head("已采取的措施"), text("{{ measures }}", 3))
    paper.p("Heading1", "二、有关要求")
    paper.p("Body", "（一）{{ request }}")
    paper.p(
        "Body",
        f"（二）自本函送出次日起{{{{ reply_days }}}}个工作日内，即于{day('reply_by')}（含当日）前，通过风险补偿业务系统回复处置"
        "情况。{% if due_provisional %}该日期跨越放假安排尚未公布的年度，系暂定日期。{% endif %}本函不影响你单位按照规定申请"
        "风险补偿。",
    )
    return close(paper, "特此函告。")


CHANGES = {
    "D11": change_form,
    "D11C": extension_confirmation,
    "D13": anomaly_report,
    "D14": risk_warning,
}
