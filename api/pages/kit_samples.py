"""One invented case for the kit page: its checks, calculation, answers, timeline and fields."""

from datetime import date
from decimal import Decimal

from markupsafe import Markup

from api.pages import case_views as case
from api.pages import form_views as form
from api.pages import views

CLAUSE = views.ClauseView(
    "三（四）",
    "单家企业补偿限额1000万元，贷款利率不超过LPR+150BP，贷款期限不超过3年。出现风险损失时，以银行机构当年实际发放的纳入"
    "风险补偿范围的贷款本金总额的2%为限，对银行机构承担损失给予最高80%的补偿，具体比例结合贷款规模分等级设定。",
    version="P-2026.03",
    since=date(2026, 3, 1),
)
BUDGET_CLAUSE = views.ClauseView("三（一）", "示例文字，条款原文由参数库提供。", version="P-2026.03")


def _clock(words: str, tone: views.Tone, cells: str, note: str = "", due: str = "") -> views.WorkingDays:
    """Cells by letter: u used, n today, p paused, l left, x over."""
    names: dict[str, views.Cell] = {"u": "used", "n": "today", "p": "paused", "l": "left", "x": "over"}
    return views.WorkingDays(words, tone, tuple(names[c] for c in cells), note, due)


SOON = _clock("余 1 工作日", "soon", "uuunl")
BIG = _clock(
    "余 1 工作日", "soon", "upppppuunl", "限 5 工作日，今天第 4 日；补正停钟 5 日", "11月24日（周二）截止"
)
CLOCKS = (
    _clock("余 4 工作日", "idle", "nllll"),
    _clock("余 2 工作日", "soon", "uunll"),
    _clock("今日截止", "soon", "uuuun"),
    _clock("逾期 2 工作日", "late", "uuuuuxx"),
    _clock("已停钟 4 日", "stop", "upppp"),
    _clock("待定：2027 年日历未公布", "idle", "llll"),
)
METER = case.MeterView(*map(Decimal, ("18940000.00", "3120000.00", "3885888.00", "25728000.00")))
ENTERPRISE = case.MeterView(*map(Decimal, ("1500000.00", "0.00", "3668000.00", "10000000.00")))
BUDGET = case.MeterView(*map(Decimal, ("38260000.00", "7415000.00", "3668000.00", "60000000.00")))

CHECKS = (
    case.CheckView(
        "fail",
        "申请金额超出银行年度限额余额",
        "申请 3,885,888.00，余额 3,668,000.00，超 217,888.00 元",
        CLAUSE,
    ),
    case.CheckView(
        "person",
        "法定代表人备案后变更",
        "李国栋 → 李思远（2026-05-06），请确认债务主体未变",
        sources=(views.Link("备案表 ⇄ 营业执照", "#source"),),
        verify_href="/kit/verify",
        key="firm.representative",
    ),
    case.CheckView(
        "person",
        "用途凭证合计少于放款额",
        "7,420,000.00 / 8,000,000.00，差 580,000.00 元待说明",
        sources=(views.Link("发票 3 张", "#source"),),
        verified="陈嘉敏 11-23 10:02 已核实",
    ),
    case.CheckView("pass", "主体名称四处一致"),
    case.CheckView("pass", "白名单，放款日有效"),
    case.CheckView("pass", "利率 ≤ 4.60%", clause=CLAUSE),
)


def _line(number: int, label: str, how: str, amount: str, **more: object) -> case.CalcLineView:
    return case.CalcLineView(str(number), label, how, Decimal(amount), **more)  # type: ignore[arg-type]


CALCULATION = (
    _line(1, "贷款本金", "借据", "8000000.00"),
    _line(2, "减：已归还本金", "还本付息明细", "1200000.00"),
    _line(3, "减：追偿净所得", "350,000.00 − 费用 26,480.00", "323520.00"),
    _line(4, "银行承担损失", "1 − 2 − 3", "6476480.00", kind="sum", clause=CLAUSE),
    _line(5, "按比例 60%", "单笔 500–1000 万元档", "3885888.00", clause=CLAUSE, tag=views.Tag("示例值")),
    _line(6, "企业限额余额", "1000 万元", "8500000.00", kind="limit", clause=CLAUSE, meter=ENTERPRISE),
    _line(
        7,
        "银行年度限额余额",
        "2025 年 2%",
        "3668000.00",
        kind="limit",
        clause=CLAUSE,
        binding=True,
        meter=METER,
    ),
    _line(
        8,
        "年度预算余额",
        "2026 年 6000 万元",
        "14325000.00",
        kind="limit",
        clause=BUDGET_CLAUSE,
        meter=BUDGET,
    ),
    _line(9, "建议补偿", "5、6、7、8 取最小", "3668000.00", kind="result"),
)


def _row(number: str, firm: str, gate: str, amount: str, **more: object) -> views.TaskRowView:
    return views.TaskRowView(
        number,
        f"#{number}",
        firm,
        number,
        gate,
        "莞邑银行",
        Decimal(amount),
        "未认领",
        SOON,
        **more,  # type: ignore[arg-type]
    )


QUEUE = (
    views.QueueGroup(
        "余 1–2 工作日",
        3,
        (
            _row(
                "BC-2026-0187",
                "东莞市砺锋精密模具有限公司",
                "补偿 · 初审",
                "3885888.00",
                tags=(views.Tag("补正回来", "act"), views.Tag("限额不足", "soon")),
                changed=True,
                current=True,
            ),
            _row(
                "BA-2026-01388",
                "东莞市铭扬五金制品有限公司",
                "备案 · 经办审核",
                "5000000.00",
                pickable=True,
                picked=True,
                kind="filing_review",
            ),
            _row(
                "BA-2026-01389",
                "3 笔贷款",
                "备案 · 经办审核",
                "9200000.00",
                pickable=True,
                kind="filing_review",
            ),
        ),
        "soon",
    ),
    views.QueueGroup("已停钟（等银行补正）", 3, tone="stop", href="#open"),
)
PEEK = case.PeekView(
    "BC-2026-0187 · 补偿 · 初审（第 2 次送达）",
    "东莞市砺锋精密模具有限公司",
    BIG,
    "测算建议",
    Decimal("3668000.00"),
    "申请",
    Decimal("3885888.00"),
    CHECKS[:3],
    case.ChangesView(
        "11-11 16:42 以来",
        2,
        (
            case.Change("内容", "追偿净所得", "323,520.00 元", "（空）"),
            case.Change("材料", "新增执行裁定", "执行裁定书.pdf", links=(views.Link("打开", "#file"),)),
        ),
    ),
    (
        views.Link("打开办理", "#task", primary=True, key="↵"),
        views.Link("转办", "#pass"),
        views.Link("关注", "#star", "star"),
    ),
)
DECISION = form.DecisionForm(
    action="/kit/answer",
    shown="示例",
    idempotency_key="kit",
    phrases=("资料齐全", "因限额核减", "需说明用途"),
    draft_saved="草稿 14:20 已存",
    duties="你未办理过本案其他环节，与莞邑银行、砺锋精密无回避关系。",
    verbs=(views.Link("转办", "#pass"), views.Link("加签", "#add")),
    answers=(
        form.AnswerOption(
            "approve",
            "同意，报送复核",
            "建议补偿 3,668,000.00 元",
            "提交：同意，报送复核",
            opinion="经核，资料齐全，因银行年度限额不足核减 217,888.00 元，建议补偿 3,668,000.00 元。",
            opinion_hint="同意时选填",
            blocked="还有 1 项需人工核实，核实后可提交。",
            next_steps=("生成《初审意见书》并取得文号", "转复核，3 工作日，11月26日前"),
        ),
        form.AnswerOption(
            "return",
            "退回补正",
            "列明全部问题；停钟，限银行 5 工作日",
            "提交：退回补正 2 项",
            negative=True,
            requires_opinion=True,
            opinion_hint="必填，写入通知书",
            opinion="请就差额作出说明，并提供变更登记材料。",
            todo=(
                form.TodoItem("todo", "usage", "用途凭证差额 580,000.00 元的说明及凭证", seen_before=True),
                form.TodoItem("todo", "change", "法定代表人变更的市场监管登记通知书"),
            ),
            note=views.Note("soon", "", "第 2 次退回，一处上次退回时已可见。", "history"),
            next_steps=("《材料补正通知书》经门户、邮件、接口送达", "初审时限停钟，余 1 工作日保留"),
            next_tone="stop",
        ),
        form.AnswerOption(
            "refuse",
            "建议不予补偿",
            "须选条款、写理由；仍须复核",
            "提交：建议不予补偿",
            negative=True,
            requires_opinion=True,
            opinion_hint="必填，写入意见书",
            fields=(
                form.FieldView(
                    "依据条款",
                    "clause",
                    type="select",
                    required=True,
                    options=(form.Option("3.4", "三（四）利率、期限、贷款类型、限额"),),
                ),
            ),
            next_steps=("转复核，3 工作日；最终由市工信局决定", "此时不通知银行"),
            next_tone="late",
        ),
    ),
)
PAPER = Markup(
    '<div class="in"><h1>东莞市中小微企业融资风险补偿<br>项目初审意见书</h1><p class="no"><span class="ph">　文号提交时取得　</span></p>'
    '<p class="to">市工业和信息化局：</p><p>示例正文。建议补偿人民币<span class="hl">叁佰陆拾陆万捌仟元整</span>。</p></div>'
)
TIMELINE = (
    case.TimelineItem("11-19 09:00", Markup("<b>公示开始</b>　市工信局网站，至 11月25日"), "act", now=True),
    case.TimelineItem(
        "11-17 16:30",
        Markup("分管领导 <b>苏明哲</b> 同意"),
        "ok",
        opinion="同意。公示后按程序办理。",
        used="用时 4/5 日",
    ),
    case.TimelineItem("11-02 10:02", Markup("科室 <b>梁启文</b> 退回初审"), "soon"),
    case.TimelineItem(
        "",
        Markup(""),
        fold_label="展开第 1 轮 1 条（已作废的同意仍在）",
        fold=(case.TimelineItem("10-30 09:00", Markup("初审 <b>王立群</b> 同意"), "ok"),),
    ),
    case.TimelineItem("10-20 – 10-23", Markup("<b>停钟 4 工作日</b>，银行补正 2 项后重报"), "stop"),
)
