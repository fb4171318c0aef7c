"""Papers under the bureau's red head, their 版记, and the decisions: D23, D24."""

from flows.documents.authoring.common import POLICY, SCHEME, calculation, day, end, money, objection
from flows.documents.authoring.gbt9704 import LEFT
from flows.documents.authoring.paper import Cell, Paper, Run, middle

# Across it is placed on the page, not in the margins: LibreOffice lets a table as wide as the text float only so.
_BOTTOM = (
    '<w:tblpPr w:leftFromText="0" w:rightFromText="0" w:vertAnchor="margin" w:horzAnchor="page"'
    f' w:tblpX="{LEFT}" w:tblpYSpec="bottom"/>'
)


def red_head(paper: Paper) -> None:
    """发文机关标志 with 文件, number and red line: only for 市工信局."""
    with paper.when("organ_name|length <= 11"):
        paper.p("Mark", "{{ organ_name }}文件")
    with paper.when("organ_name|length > 11"):
        paper.p("MarkLong", "{{ organ_name }}文件")
    paper.p("RedNumber", "{{ number or '' }}")


def up_head(paper: Paper, signer: str) -> None:
    """The head of an up-going paper (请示、报告): 签发人 stands beside the number."""
    paper.p("Mark", "{{ organ_name }}文件")
    with paper.table("Signature", 100, 56) as table:
        table.row(
            Cell((("UpNumber", "{{ number or '' }}"),)),
            Cell((("UpSigner", ["签发人：", Run("Kai", signer)]),)),
        )
    paper.p("RedRule")


def colophon(paper: Paper, *, printed_by: str = "{{ organ_name }}", copies: str = "") -> None:
    """版记 at the foot of the last page: copies (`copies` is their label, the names are in cc), printing organ and
    date; 0.35 mm rules outside, 0.25 mm in."""
    with paper.table("ColophonTable", 100, 56, placed=_BOTTOM) as table:
        if copies:
            with table.when("cc"):
                table.row(Cell((("Colophon", f"{copies}：{{{{ cc|join('，') }}}}。"),), 2))
        table.row(
            Cell((("Colophon", printed_by),)),
            Cell((("ColophonRight", f"{day('issued_on')}印发"),)),
        )
    paper.p("Tail")


_PROCEDURE = (
    "你单位于{{ received_on|cn_date }}就{{ loan.borrower }}贷款（备案编号：{{ loan.filing_number }}，借款合同"
    "编号：{{ loan.contract_number }}，借据编号：{{ loan.receipt_number }}）提出的{{ board|board }}风险补偿"
    "申请（办理编号：{{ case_number }}）收悉。经受托管理机构初审、复核，我局审核"
    "{% if meeting %}，{{ meeting }}审议{% endif %}"
    "{% if public_from is not none and public_to is not none %}，并于{{ public_from|cn_date }}至"
    "{{ public_to|cn_date }}向社会公示{% endif %}，"
)
_BASIS = (
    "{% if board == 'guarantee' %}《工作方案》第三部分第（三）项（融担贷款风险补偿）"
    "{% else %}《工作方案》第三部分第（四）项（银行贷款风险补偿）{% endif %}"
)


def _recovery(paper: Paper) -> None:
    paper.p(
        "Body",
        "（一）补偿不免除债务人的清偿责任。你单位应当继续履行追偿职责，妥善管理债权，如实报告追偿进展，"
        "不得怠于追偿。",
    )
    paper.p(
        "Body",
        "（二）追偿所得扣除诉讼、执行、律师代理等合理费用后，用于清偿贷款本金且归属你单位承担损失的部分，"
        "按实际补偿比例{{ effective_ratio|pct }}返还财政资金，累计返还金额以补偿金额为限。",
    )
    paper.p(
        "Body",
        "（三）你单位应当自收到追偿款项之日起{{ return_days }}个工作日内办理返还。隐瞒、截留、挪用或者以"
        "虚假材料取得补偿资金的，依法依规追缴。",
    )


def decision() -> bytes:
    """D23 风险补偿决定通知书."""
    paper = Paper("风险补偿决定通知书")
    red_head(paper)
    paper.p("Title", f"{SCHEME}决定通知书")
    paper.p("Space")
    paper.p("To", "{{ recipient }}：")
    paper.p("Body", f"{_PROCEDURE}根据{POLICY}，决定予以补偿。现将有关事项通知如下：")
    paper.p("Heading1", "一、补偿金额")
    paper.p("BodyLeft", f"核定损失：{money('loss')}。")
    paper.p("BodyLeft", f"补偿金额：{money('amount')}。")
    paper.p("Body", f"补偿依据：{_BASIS}。实际补偿比例（补偿金额÷核定损失）为{{{{ effective_ratio|pct }}}}。")
    paper.p("Heading1", "二、计算过程及依据")
    calculation(paper)
    paper.p("Heading1", "三、资金拨付")
    paper.p(
        "Body",
        "补偿资金由我局按程序函请市财政局拨付至你单位申请时所报账户。请于到账后核对金额，及时报送收款"
        "确认回执，并按规定作账务处理。",
    )
    paper.p("Heading1", "四、追偿与返还义务")
    _recovery(paper)
    paper.p("Heading1", "五、异议渠道")
    objection(paper, "本通知书")
    end(paper, "特此通知。", note="")
    colophon(paper, printed_by="{{ printed_by }}", copies="抄送")
    return paper.bytes()


def reduced() -> bytes:
    """D24 不予（部分）补偿通知书."""
    paper = Paper("不予（部分）补偿通知书")
    red_head(paper)
    paper.p("Title", "中小微企业融资风险{% if amount > 0 %}部分补偿{% else %}不予补偿{% endif %}决定通知书")
    paper.p("Space")
    paper.p("To", "{{ recipient }}：")
    paper.p(
        "Body",
        f"{_PROCEDURE}根据{POLICY}，决定{{% if amount > 0 %}}予以部分补偿{{% else %}}不予补偿{{% endif %}}。"
        "现将有关事项通知如下：",
    )
    paper.p("Heading1", "一、处理决定")
    paper.p("BodyLeft", f"申请补偿金额：{money('claimed')}。")
    paper.p("BodyLeft", f"核定损失：{money('loss')}。")
    with paper.when("amount > 0"):
        paper.p("BodyLeft", f"补偿金额：{money('amount')}。")
        paper.p(
            "Body", f"补偿依据：{_BASIS}。实际补偿比例（补偿金额÷核定损失）为{{{{ effective_ratio|pct }}}}。"
        )
    paper.p("BodyLeft", f"未予补偿金额：{money('(claimed - amount)')}。")
    paper.p("Heading1", "二、理由及依据")
    with paper.table("Grid", 12, 97, 50) as table:
        table.heads("序号", "查明的事实", "依据条款")
        with table.each("reason in reasons"):
            table.row(middle("{{ reason.no }}"), "{{ reason.fact }}", "{{ reason.clause }}")
    paper.p("Heading1", "三、计算过程及依据")
    calculation(paper)
    with paper.when("amount > 0"):
        paper.p("Heading1", "四、追偿与返还义务")
        _recovery(paper)
    paper.p("Heading1", "{% if amount > 0 %}五{% else %}四{% endif %}、异议渠道")
    objection(paper, "本通知书")
    end(paper, "特此通知。", note="")
    colophon(paper, printed_by="{{ printed_by }}", copies="抄送")
    return paper.bytes()


DECISIONS = {"D23": decision, "D24": reduced}
