"""Papers about the white list: D04, D05, D06. Drafts, as those of `drafts`."""

from flows.documents.authoring.common import POLICY_ONCE, SHORT, close, day, signature
from flows.documents.authoring.letter import letter_head
from flows.documents.authoring.paper import Paper, Table, head, middle, text
from flows.documents.authoring.redhead import colophon, red_head

_WIDTHS = (12, 46, 42, 22, 34)


def _firms(table: Table, name: str, words: str) -> None:
    table.heads("序号", "企业名称", "统一社会信用代码", "划型", words)
    with table.each(f"row in {name}"):
        table.row(
            middle("{{ row.no }}"),
            "{{ row.firm or '—' }}",
            "{{ row.uscc }}",
            middle("{{ row.size_class or '—' }}"),
            "{% if row.recommended_by %}{{ row.recommended_by }}{% if row.words %}：{% endif %}{% endif %}"
            "{{ row.words }}{% if not row.recommended_by and not row.words %}—{% endif %}",
        )


def summary() -> bytes:
    """D04 白名单审核汇总表."""
    paper = Paper("白名单审核汇总表")
    paper.p("FormTitle", "白名单企业审核汇总表")
    with paper.table("Form", 33, 45, 33, 45) as table:
        table.row(head("审核机构"), "{{ organ_name }}", head("报送单位"), "{{ recipient }}", height=480)
        table.row(head("批次"), "{{ batch }}", head("生效日期"), day("effective_on"), height=480)
        table.row(head("依据文件"), text("{{ source_document }}", 3), height=480)
        table.row(
            head("列入企业"), "{{ added|length }}家", head("移出企业"), "{{ removed|length }}家", height=480
        )
    with paper.when("added"):
        paper.p("FormHead", "一、列入企业")
        with paper.table("Form", *_WIDTHS) as table:
            _firms(table, "added", "推荐部门及依据")
    with paper.when("removed"):
        paper.p("FormHead", "二、移出企业")
        with paper.table("Form", *_WIDTHS) as table:
            _firms(table, "removed", "移出原因")
    paper.p("FormHead", "审核结论")
    with paper.table("Form", 33, 123) as table:
        table.row(
            head("查验情况"),
            "上列企业的统一社会信用代码、名称、有效期和是否重复列入，已由系统逐行查验；信用核查情况由审核人另行注明：",
            height=1200,
        )
        table.row(head("编制"), f"{{{{ prepared_by }}}}　　{day('issued_on')}", height=560)
        table.row(head("复核"), "", height=560)
    return paper.bytes()


def notice() -> bytes:
    """D05 关于公布（调整）白名单的通知."""
    paper = Paper("关于公布白名单的通知")
    red_head(paper)
    paper.p("Title", f"{{{{ organ_name }}}}\n关于公布{SHORT}\n{{{{ batch }}}}白名单的通知")
    paper.p("Space")
    paper.p("To", "{{ recipient }}：")
    paper.p(
        "Body",
        f"根据{POLICY_ONCE}，经行业主管部门推荐和审核，现公布{{{{ batch }}}}白名单，有关事项通知如下：",
    )
    paper.p(
        "Body",
        f"一、本批列入企业{{{{ firms|length }}}}家，自{day('effective_on')}起列入白名单"
        f"{{% if valid_to is not none %}}，有效期至{day('valid_to')}{{% endif %}}。"
        "{% if complete %}本批为全量名单，未列入的企业自同日起移出{% if removed %}，计{{ removed|length }}家{% endif %}。"
        "{% endif %}",
    )
    paper.p(
        "Body",
        "二、贷款是否纳入风险补偿范围，以放款日企业是否在白名单内为准；移出不影响此前已发放并备案的贷款。",
    )
    paper.keep()
    paper.p("BodyKeep", "特此通知。")
    paper.p("Attach", "附件：{{ batch }}白名单企业名单")
    signature(paper)
    paper.p("AnnexMark", "附件")
    paper.p("AnnexTitle", "{{ batch }}白名单企业名单")
    with paper.table("Grid", *_WIDTHS) as table:
        _firms(table, "firms", "推荐部门及依据")
    paper.p("Tail")
    colophon(paper)
    return paper.bytes()


def removal() -> bytes:
    """D06 移出白名单告知函."""
    paper = Paper("移出白名单告知函")
    letter_head(paper, "关于将{{ firm }}\n移出白名单的函")
    paper.p(
        "Body",
        f"根据{POLICY_ONCE}，{{{{ firm }}}}（统一社会信用代码：{{{{ uscc }}}}，{{{{ batch }}}}，{day('listed_from')}起列入）"
        f"的白名单资格至{day('last_day')}终止，现函告如下：",
    )
    paper.p("Body", "一、移出原因：{{ reason }}")
    paper.p(
        "Body",
        f"二、{day('last_day')}及以前发放的贷款，仍按放款日适用的规定备案和补偿；此后发放的不纳入风险补偿范围。",
    )
    return close(paper, "特此函告。")


LISTING = {"D04": summary, "D05": notice, "D06": removal}
