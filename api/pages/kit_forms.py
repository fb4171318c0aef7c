"""What the kit page shows of forms and charts: slots, fields, a chart; names and figures are invented."""

from api.pages import form_views as form
from api.pages import views
from api.pages.kit_samples import CLAUSE

SLOTS = (
    form.SlotView(
        "1",
        "补偿申请表与材料目录",
        "matched",
        files=(form.FileView("补偿申请表_盖章.pdf", "#f", "2 页　11-23 10:06"),),
        upload_name="slot-1",
    ),
    form.SlotView(
        "2",
        "损失情况说明、征信分类",
        "confirm",
        "请确认第 6 页为该笔贷款，五级分类“可疑”",
        files=(form.FileView("征信报告.pdf", "#f"),),
        confirm=views.Link("看第 6 页并确认", "#p6"),
    ),
    form.SlotView(
        "3",
        "还本付息明细、催收材料",
        "missing",
        "已有 2 份；缺催收材料（函件、电话记录、起诉状任一）",
        upload_name="slot-3",
    ),
    form.SlotView("—", "反担保物权利凭证", "na", "银行板块无须提交", clause=CLAUSE),
)
FIELDS = (
    form.FieldView(
        "贷款金额",
        "amount",
        "1,250,000.505",
        "最多两位小数；请写 1,250,000.50 或 1,250,000.51。",
        type="money",
        required=True,
    ),
    form.FieldView("合同签订日", "signed", "2025-03-12", type="date", required=True),
    form.FieldView(
        "诉讼情况",
        "suit",
        type="select",
        options=(form.Option("none", "未起诉"), form.Option("done", "已判决")),
    ),
    form.FieldView("说明", "text", type="textarea"),
    form.FieldView("附件", "file", type="file", accept=".pdf", hint="只收 PDF，每份不超过 20 MB"),
    form.FieldView(
        "担保方式",
        "kind",
        "credit",
        type="radio",
        required=True,
        options=(form.Option("credit", "信用"), form.Option("person", "自然人保证")),
    ),
    form.FieldView("所填内容属实，与盖章件一致", "true", type="checkbox", required=True),
)
CHART = views.Chart(
    "2026 年各月收案与结案件数：共收 212 件，结 178 件",
    {
        "x": [f"{month}月" for month in range(1, 12)],
        "series": [
            {
                "name": "收案",
                "kind": "bar",
                "tone": "plain",
                "data": [11, 14, 18, 21, 19, 22, 20, 24, 23, 17, 23],
            },
            {
                "name": "结案",
                "kind": "line",
                "end": "结案 18",
                "data": [8, 10, 13, 17, 18, 19, 17, 21, 22, 15, 18],
            },
        ],
    },
    "#table",
)
