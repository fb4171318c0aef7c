"""Every part of the shared look with invented sample data: what the design is checked against."""

from datetime import date
from decimal import Decimal

from api.pages import case_views as case
from api.pages import form_views as form
from api.pages import kit_forms as forms
from api.pages import kit_samples as samples
from api.pages import views


def kit_view() -> dict[str, object]:
    """Every part with sample data, by the name the kit page uses; names and cases are invented."""
    return {
        "clocks": samples.CLOCKS,
        "clock": samples.BIG,
        "clauses": (samples.CLAUSE, samples.BUDGET_CLAUSE),
        "tabs": (views.Tab("待办", "#q", 27, True), views.Tab("已办", "#d")),
        "picks": (
            views.Tab("全部", "#a", current=True),
            views.Tab("补正回来", "#b", 4),
            views.Tab("环节", "#c", icon="filter"),
        ),
        "queue": samples.QUEUE,
        "peek": samples.PEEK,
        "checks": samples.CHECKS,
        "calculation": samples.CALCULATION,
        "decision": samples.DECISION,
        "paper": samples.PAPER,
        "timeline": samples.TIMELINE,
        "slots": forms.SLOTS,
        "fields": forms.FIELDS,
        "limit": case.LimitView(
            "2025 年发放", samples.METER, "1,286,400,000.00 元 × 2%；在审 388.59 将超出 21.79 万元", "soon"
        ),
        "chart": forms.CHART,
        "thumbs": (
            case.DocThumb("初审意见书", "将生成", current=True, when=("1", "3")),
            case.DocThumb("补正通知书", "将发出", current=True, when=("2",)),
            case.DocThumb("补偿申请函", "莞邑银行", red=True),
        ),
        "facts": (
            case.Fact("信用代码", "91441900MA52L8HX6N", True),
            case.Fact("划型", "小型 · 通用设备制造"),
            case.Fact("贷款", "8,000,000.00 元　4.35%", True),
            case.Fact("逾期", "236 天　次级类", True),
        ),
        "flow": (
            case.FlowItem("10-19", "提交申请", "done"),
            case.FlowItem("今", "公示 · 第 3/5 日", "now"),
            case.FlowItem("", "补偿决定 → 拨付", "todo"),
        ),
        "faults": (
            form.FaultView("材料 5", "#slot", "缺催收材料", "请上传一份；可用本行催收系统导出件"),
            form.FaultView("收款账户", "#acc", "与合作协议登记账户不同", "尾号 0672 → 3318", "soon"),
        ),
        "steps": (
            views.Step("选择贷款", "已备案", "done"),
            views.Step("材料", "4 / 6 齐", "current"),
            views.Step("提交", "复核人提交"),
        ),
        "grid": form.ImportGrid(
            ("B", "C", "H"),
            ("企业名称", "统一社会信用代码", "金额（元）"),
            (
                form.GridRow(
                    7,
                    (
                        form.GridCell("东莞市恒炬照明科技有限公司", kind="nm"),
                        form.GridCell("914419007687214X53", "校验位应为 4，疑末位录错", "bad"),
                        form.GridCell("3,000,000.00", kind="n"),
                    ),
                ),
            ),
        ),
        "kpis": (
            views.Kpi("在办案件", "46", "本月收 23，结 18", "#k1"),
            views.Kpi("逾期", "5", "最长 3 工作日", "#k2", tone="late"),
            views.Kpi("今年已支付", "3,826.00", "178 件结案", "#k3", "万元"),
            views.Kpi("预算余额", "1,432.50", "待定申请 3,306.80 万元", "#k4", "万元", "soon"),
        ),
        "funnel": (
            views.FunnelRow("受理", "#s1", 2, 2, 0, 0, Decimal("5120000.00"), "1.2 日"),
            views.FunnelRow("银行补正", "#s2", 0, 0, 0, 6, Decimal("3124000.00"), "3.5 日"),
            views.FunnelRow("初审", "#s3", 4, 3, 1, 0, Decimal("10268000.00"), "3.8 日"),
        ),
        "asks": (
            views.AskView(
                samples.CLOCKS[1],
                "补正：东莞市丰裕电子有限公司",
                "BC-2026-0191",
                "退回 2 处：催收记录缺 2026年4–6月；征信截图未显示五级分类",
                views.Link("去补正", "#fix", primary=True),
            ),
        ),
        "columns": (
            views.Column("案件", "full"),
            views.Column("现在到哪一步"),
            views.Column("申请（万元）", "wan"),
        ),
        "notes": (
            views.Note(
                "late",
                "这件已由 王立群 于 14:18 办理（同意）。",
                "你写的意见已留在草稿。",
                link=views.Link("看结果", "#r"),
            ),
            views.Note(
                "soon",
                "没有连上服务器，尚未提交。",
                "内容仍在本页，恢复后请再点一次提交。",
                "refresh",
            ),
            views.Note("stop", "不能由你复核。", "你在 11月3日办理过本案初审；请由未参与本案的人办理。"),
            views.Note("ok", "已报送复核。", "文号 计审〔2026〕152号，复核人何志远、周敏。"),
        ),
        "empty": views.Empty(
            "今天的待办办完了",
            "下一件最早 11月26日截止。",
            link=views.Link("看团队里还没人认领的 12 件", "#team"),
        ),
        "dialog": form.DialogView(
            "batch",
            "批量通过 3 件备案？",
            "5 笔贷款，1,720.00 万元，逐件重新核对后分别通过；任一件不符只停该件。通过后转复核，不可撤销批量，可逐件拿回。",
            "通过 3 件",
            "/kit/batch",
        ),
        "pages": views.Pages(1, 50, 317, next_href="#next"),
    }


def kit_frame() -> views.Frame:
    """A reviewer's frame around the kit."""
    return views.Frame(
        nav=(
            views.NavItem("queue", "待办", "inbox", "#queue", 27),
            views.NavItem("cases", "案件", "folders", "#cases"),
            views.NavItem("overview", "总览", "chart", "#overview"),
            views.NavItem("limits", "限额", "gauge", "#limits", phone=False),
            views.NavItem("documents", "文书", "file", "#documents", phone=False),
            views.NavItem("notices", "消息", "bell", "#notices", 2),
            views.NavItem("help", "帮助", "help", "#help", phone=False, end=True),
        ),
        current="queue",
        person=views.Person("陈嘉敏", "电子计算中心 · 项目审核"),
        today=date(2026, 11, 23),
    )
