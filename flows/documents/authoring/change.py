"""Papers about a change of a registered loan: D11 by its institution, D11C by the managing one."""

from flows.documents.authoring.common import (
    POLICY,
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
        f"{{{{ loan.filing_number }}}}）收悉。根据{POLICY}，经审核，现予续备案，确认如下：",
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
    with paper.when("failing"), paper.table("Grid", 12, 34, 40, 40, 30) as table:
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


CHANGES = {"D11": change_form, "D11C": extension_confirmation}
