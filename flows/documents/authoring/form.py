"""Internal forms and the receipt: D17, D19, D27."""

from flows.documents.authoring.common import (
    CALCULATION_WIDTHS,
    SCHEME,
    calculation_rows,
    check_rows,
    day,
    form_head,
    loan_rows,
    share_rows,
    signing_places,
    verify,
)
from flows.documents.authoring.paper import Cell, Paper, amount, head, middle, text


def working_paper() -> bytes:
    """D17 审核工作底稿."""
    paper = Paper("审核工作底稿")
    form_head(paper, f"{SCHEME}审核工作底稿", "受理日期", "accepted_on")
    with paper.table("Form", 33, 45, 33, 45) as table:
        table.row(head("审核机构"), "{{ organ_name }}", head("申请单位"), "{{ applicant }}")
        loan_rows(table)
    paper.p("FormHead", "一、核对记录（每项列明核对值、来源和依据）")
    with paper.table("Form", 12, 21, 40, 24, 19, 19, 21) as table:
        check_rows(table)
    with paper.when("papers"):
        paper.p("FormHead", "二、材料与填报核对（系统读取上传材料的文字，逐项比对）")
        with paper.table("Form", 12, 32, 40, 52, 20) as table:
            table.heads("序号", "填报事项", "填报值", "来源（材料及页码）", "结果")
            with table.each("row in papers"):
                table.row(
                    middle("{{ loop.index }}"),
                    "{{ row.fact }}",
                    "{{ row.value }}",
                    "{% for place in row.places %}{{ place }}{% if not loop.last %}\n{% endif %}{% endfor %}",
                    middle(
                        "{% if row.agreement == 'all' %}一致{% elif row.agreement == 'some' %}部分一致，余人工核对"
                        "{% else %}人工核对{% endif %}"
                    ),
                )
        paper.p(
            "FormNote",
            "注：未读到或者未查到的，不表示不一致，由审核人核对原件。{% if disagreement %}{{ disagreement }}{% endif %}",
        )
    paper.p("FormHead", "{% if papers %}三{% else %}二{% endif %}、补偿金额测算")
    with paper.table("Form", *CALCULATION_WIDTHS) as table:
        table.heads("序号", "计算事项", "计算方法及数据", "依据", "金额（元）")
        calculation_rows(table)
        table.row(
            head("测算补偿金额", 2),
            text("人民币（大写）{{ proposed|daxie }}", 2),
            amount("{{ proposed|yuan }}"),
            height=480,
        )
    paper.p("FormHead", "{% if papers %}四{% else %}三{% endif %}、审核结论")
    with paper.table("Form", 30, 126) as table:
        table.row(head("审核结论"), "{{ conclusion }}", height=900)
        table.row(head("编制"), f"{{{{ prepared_by }}}}　　{day('prepared_on')}", height=480)
        table.row(
            head("复核"),
            "{% if checked_by %}{{ checked_by }}　　{% endif %}"
            "{% if checked_on is not none %}{{ checked_on|cn_date }}{% endif %}",
            height=480,
        )
    verify(paper)
    return paper.bytes()


def approval_form() -> bytes:
    """D19 补偿审批表."""
    paper = Paper("补偿审批表")
    form_head(paper, f"{SCHEME}审批表", "受理日期", "accepted_on")
    with paper.table("Form", 33, 45, 33, 45) as table:
        table.row(head("申请单位"), "{{ applicant }}", head("审批单位"), "{{ organ_name }}")
        loan_rows(table)
        table.row(
            head("首次逾期日期"), day("default_on"), head("未清偿本金（元）"), "{{ unpaid_principal|yuan }}"
        )
        table.row(head("损失原因"), text("{{ cause }}", 3))
        table.row(head("追偿方案"), text("{{ recovery }}", 3))
        with table.when("human_checks"):
            table.row(
                head("人工核实"),
                text(
                    "{% for c in human_checks %}{{ loop.index }}．{{ c.label }}：{{ c.value }}"
                    "{% if c.remark %}（{{ c.remark }}）{% endif %}，"
                    "{% if c.looked_on is none %}未核实{% else %}{{ c.looked_by }}{{ c.looked_on|iso }}核实{% endif %}"
                    "{% if not loop.last %}\n{% endif %}{% endfor %}",
                    3,
                ),
            )
        share_rows(table)
        table.row(head("补偿金额计算", 4), height=480)
        # The calculation's five columns in this table's four: number and label share one.
        table.row(head("计算事项"), head("计算方法及数据"), head("依据"), head("金额（元）"))
        with table.each("line in lines"):
            table.row(
                "{{ line.no }}.{{ line.label }}{% if line.binding %}（起约束）{% endif %}",
                "{{ line.basis or '—' }}",
                "{{ line.clause or '—' }}",
                amount("{% if line.amount is none %}—{% else %}{{ line.amount|yuan }}{% endif %}"),
            )
        table.row(head("核定损失（元）"), text("{{ loss|yuan }}", 3))
        table.row(
            head("核定补偿金额"),
            text("人民币（大写）{{ amount|daxie }}　　￥{{ amount|yuan }}", 3),
            height=560,
        )
        table.row(head("审核结论"), text("{{ conclusion }}", 3), height=560)
        signing_places(table, 4)
        with table.each("gate in pending"):
            table.row(
                head("{{ gate }}"),
                Cell((("Cell", ""), ("CellSign", "签名（盖章）：　　　　　　　　　　年　　月　　日")), 3),
                height=1000,
            )
    paper.p("FormNote", "注：本表随案归档；退回后重新办理的，原意见标明作废并保留。")
    verify(paper)
    return paper.bytes()


def receipt_confirmation() -> bytes:
    """D27 收款确认回执."""
    paper = Paper("收款确认回执")
    form_head(paper, f"{SCHEME}资金收款确认回执", "填报日期", "issued_on")
    with paper.table("Form", 34, 122) as table:
        table.row(head("收款单位"), "{{ organ_name }}", height=560)
        table.row(head("报送单位"), "{{ recipient }}", height=560)
        table.row(head("决定文号"), "{{ decision_number }}", height=560)
        table.row(head("拨付通知书文号"), "{{ notice_number }}", height=560)
        table.row(head("借款企业"), "{{ borrower }}", height=560)
        table.row(head("借款合同编号"), "{{ contract_number }}", height=560)
        table.row(
            head("到账金额"),
            Cell((("Cell", "人民币（大写）{{ amount|daxie }}"), ("Cell", "￥{{ amount|yuan }}"))),
            height=800,
        )
        table.row(head("到账日期"), day("received_on"), height=560)
        table.row(
            head("收款账户"),
            Cell(
                (
                    ("Cell", "账户名称：{{ account.name }}"),
                    ("Cell", "开户银行：{{ account.bank }}"),
                    ("Cell", "账　　号：{{ account.number }}"),
                )
            ),
            height=1100,
        )
        table.row(head("入账凭证号"), "{{ voucher_number }}", height=560)
        table.row(head("备注"), "{{ remark or '无' }}", height=560)
        table.row(
            head("确认意见"),
            Cell(
                (
                    (
                        "Cell",
                        "上述风险补偿资金已足额到账，金额、账户核对无误。本单位将继续履行追偿职责，"
                        "追偿所得按规定返还财政资金。",
                    ),
                    ("Cell", ""),
                    ("CellSeal", "经办人：{{ handled_by }}　　收款单位（盖章）"),
                    ("CellSeal", day("issued_on")),
                )
            ),
            height=2200,
        )
    verify(paper)
    return paper.bytes()


FORMS = {"D17": working_paper, "D19": approval_form, "D27": receipt_confirmation}
