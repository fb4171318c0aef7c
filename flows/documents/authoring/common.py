"""Passages that several documents share, so that they read the same everywhere."""

from flows.documents.authoring.gbt9704 import LONGEST_ON_AXIS, SIGN_WIDTH, TEXT_WIDTH
from flows.documents.authoring.paper import Cell, Paper, Picture, Run, Table, amount, head, middle, text

POLICY_ONCE = "《东莞市中小微企业融资风险补偿工作方案》（东府办函〔2023〕725号）"
POLICY = POLICY_ONCE.replace("号）", "号，以下简称《工作方案》）")
SCHEME = "东莞市中小微企业融资风险补偿"
_CODE = "{{ verification_code }}"
SHORT = "中小微企业融资风险补偿"  # under the organ's own name, or where the whole would need a second line


def money(name: str) -> str:
    """An amount as decisions write it: the figure, then 大写 (which may be broken at a line's end)."""
    return f"￥{{{{ {name}|yuan }}}}（人民币{{{{ {name}|daxie }}}}）"


def day(name: str) -> str:
    """A date in a sentence."""
    return f"{{{{ {name}|cn_date }}}}"


def telephone(name: str = "contact") -> str:
    """Whom to call."""
    return f"联系人：{{{{ {name}.person }}}}，电话：{{{{ {name}.phone }}}}"


def contact_line(name: str = "contact") -> str:
    """How to reach someone: person, phone, and address and mail where given."""
    return (
        f"{telephone(name)}"
        f"{{% if {name}.address %}}，地址：{{{{ {name}.address }}}}{{% endif %}}"
        f"{{% if {name}.email %}}，电子邮箱：{{{{ {name}.email }}}}{{% endif %}}"
    )


def notice_head(paper: Paper, title: str) -> None:
    """The plain head of a notice: organ, title, number, addressee. No red head (见 redhead)."""
    paper.p("Title", "{{ organ_name }}")
    paper.p("Title", title)
    with paper.when("number"):
        paper.p("Number", "{{ number }}")
    with paper.when("not number"):
        paper.p("Number", "办理编号：{{ case_number }}")
    paper.p("To", "{{ recipient }}：")


def signature(paper: Paper, *, note: str | None = None) -> None:
    """Organ above date, both centred on one axis; a date ends four characters from the right, give or take the
    quarter of one by which dates differ in length. A name too long for that axis has both centred further left.

    The seal goes over them; what is left of it holds the QR code and the code by which anyone may check the letter.
    `note` is the 附注 below, in brackets; whom to call unless given, none if empty.
    """
    note = telephone() if note is None else note
    picture, code = 1134, TEXT_WIDTH - 1134 - SIGN_WIDTH  # 20 mm: the QR code and a little air
    widths = (picture, code, SIGN_WIDTH)
    block = (
        Cell((("Verify", ["{%r if verification_url %}", Picture(18), "{%r endif %}"]),)),
        Cell(
            (
                (
                    "Verify",
                    f"{{% if verification_code %}}办理编号\n{{{{ case_number }}}}\n核验码\n{_CODE}{{% endif %}}",
                ),
            )
        ),
        Cell(
            (
                ("Space", ""),
                ("Cell", f"{{%p if organ_name|length <= {LONGEST_ON_AXIS} %}}"),
                ("Sign", "{{ organ_name }}"),
                ("Sign", day("issued_on")),
                ("Cell", "{%p else %}"),
                ("SignLong", "{{ organ_name }}"),
                ("SignLong", day("issued_on")),
                ("Cell", "{%p endif %}"),
            )
        ),
    )
    if not note:
        with paper.table("Signature", *widths) as table:
            table.row(*block)
        return
    # In one row with the signature: LibreOffice keeps a table's row on one page, but not a table and what follows.
    signed = Table("Signature", widths, TEXT_WIDTH).row(*block)
    with paper.table("Signature", TEXT_WIDTH) as table:
        table.row(Cell((("Note", f"（{note}）"),), above=signed))


def close(paper: Paper, words: str, *, note: str | None = None) -> bytes:
    """The closing phrase and the signature below it; the finished document."""
    end(paper, words, note=note)
    return paper.bytes()


def end(paper: Paper, words: str, *, note: str | None = None) -> None:
    """The closing phrase and the signature, on one page with the last passage of the text."""
    paper.keep()
    paper.p("BodyKeep", words)
    signature(paper, note=note)


def verify(paper: Paper) -> None:
    """The code by which anyone may check that the document is the one that was issued."""
    with paper.when("verification_code"):
        paper.p("Verify", f"办理编号：{{{{ case_number }}}}　核验码：{_CODE}")


CALCULATION_WIDTHS = (10, 26, 73, 20, 27)


def calculation(paper: Paper) -> None:
    """The calculation, a line a step: inputs and formula, clause, amount; the binding limit is named."""
    with paper.table("Grid", *CALCULATION_WIDTHS) as table:
        table.heads("序号", "计算事项", "计算方法及数据", "依据", "金额（元）")
        calculation_rows(table)


def calculation_rows(table: Table) -> None:
    """The lines of a calculation in five columns."""
    with table.each("line in lines"):
        table.row(
            middle("{{ line.no }}"),
            text(["{{ line.label }}", Run("Label", "{% if line.binding %}（起约束）{% endif %}")]),
            "{{ line.basis or '—' }}",
            "{{ line.clause or '—' }}",
            amount("{% if line.amount is none %}—{% else %}{{ line.amount|yuan }}{% endif %}"),
        )


def objection(paper: Paper, subject: str) -> None:
    """Where to object and within how long."""
    paper.p(
        "Body",
        f"对{subject}有异议的，可以自收到{subject}之日起{{{{ objection.working_days }}}}个工作日内，"
        "向{{ objection.organ }}书面提出，并附有关证明材料；逾期未提出的，视为无异议。",
    )
    paper.p("BodyLeft", f"{contact_line('objection.contact')}。")


def loan_rows(table: Table) -> None:
    """The loan in a form of four columns; the guarantee board's contracts where there are any."""
    table.row(head("借款企业"), "{{ loan.borrower }}", head("统一社会信用代码"), "{{ loan.uscc }}")
    table.row(head("企业划型"), "{{ loan.size_class }}", head("备案编号"), "{{ loan.filing_number }}")
    table.row(head("贷款银行"), "{{ loan.lender }}", head("适用板块"), "{{ board|board }}")
    table.row(
        head("借款合同编号"), "{{ loan.contract_number }}", head("借据编号"), "{{ loan.receipt_number }}"
    )
    with table.when("board == 'guarantee'"):
        table.row(
            head("保证合同编号"),
            "{{ loan.guarantee_contract_number or '—' }}",
            head("委托保证合同编号"),
            "{{ loan.entrustment_contract_number or '—' }}",
        )
    table.row(
        head("贷款本金（元）"), "{{ loan.principal|yuan }}", head("年利率"), "{{ loan.rate_percent|percent }}"
    )
    table.row(head("放款日期"), day("loan.disbursed_on"), head("到期日期"), day("loan.due_on"))


def signing_places(table: Table, columns: int) -> None:
    """The chain of opinions, then a place to sign for every gate that has not answered."""
    rest = columns - 1
    with table.each("o in opinions"):
        table.row(
            head("{{ o.organ }}{{ o.gate }}"),
            Cell(
                (
                    (
                        "Cell",
                        [
                            "{% if o.voided %}",
                            Run("Void", "{{ o.answer }}。{{ o.opinion }}"),
                            "（本轮意见已作废）{% else %}{{ o.answer }}。{{ o.opinion }}{% endif %}",
                        ],
                    ),
                    ("CellSign", f"签名：{{{{ o.person }}}}　　{day('o.on')}"),
                ),
                rest,
            ),
            height=1000,
        )


def check_rows(table: Table, name: str = "checks") -> None:
    """Checks in seven columns: what, value found, expected, source, clause, result."""
    table.heads("序号", "核对事项", "核对值", "应当符合", "来源", "依据", "结果")
    with table.each(f"row in {name}"):
        table.row(
            middle("{{ loop.index }}"),
            "{{ row.label }}",
            "{{ row.value or '—' }}{% if row.remark %}\n核实：{{ row.remark }}{% endif %}",
            "{{ row.expected or '—' }}",
            "{{ row.source or '—' }}",
            "{{ row.clause or '—' }}",
            middle(
                "{{ row.result|result }}"
                "{% if row.looked_on is not none %}\n{{ row.looked_by }}\n{{ row.looked_on|iso }}{% endif %}"
            ),
        )


def form_head(paper: Paper, title: str, date_label: str, date_name: str) -> None:
    """A form's title, case number and date."""
    paper.p("FormTitle", title)
    with paper.table("Signature", 90, 66) as table:
        table.row(
            Cell((("FormLine", "办理编号：{{ case_number }}"),)),
            Cell((("FormLineRight", f"{date_label}：{day(date_name)}"),)),
        )


def share_rows(table: Table) -> None:
    """The split of the loss between bank, funds and guarantor, a party a row of four columns."""
    with table.when("shares"):
        table.row(head("风险分担", 4))
    with table.each("s in shares"):
        table.row(
            head("{{ s.party }}"),
            "{{ s.share|pct }}",
            head("分担金额（元）"),
            "{% if s.amount is none %}—{% else %}{{ s.amount|yuan }}{% endif %}",
        )
