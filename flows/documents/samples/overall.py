"""Sample reports on the scheme as a whole."""

from datetime import date
from decimal import Decimal

from flows.documents import contexts as c
from flows.documents.samples import facts as f

_BANK = c.ReportGroup(
    label=f.BANK, claims=3, claimed=Decimal("9400000"), approved=Decimal("6400000"), paid=Decimal("4000000"),
    returned=Decimal("450000"), bar="████",
)  # fmt: skip
_GUARANTOR = _BANK.model_copy(
    update={"label": f.GUARANTOR, "claims": 1, "claimed": Decimal("1000000.00"), "bar": "█"}
)
_BUDGET = c.ReportLimit(
    label="2026年度风险补偿预算", ceiling=Decimal("20000000"), paid=Decimal("4000000"),
    reserved=Decimal("2400000"), left=Decimal("13600000"), bar="██",
)  # fmt: skip


def _month(number: int, paid: str, bar: str) -> c.ReportMonth:
    return c.ReportMonth(label=f"2026年{number}月", opened=2, closed=1, paid=Decimal(paid), bar=bar)


def _report(organ: str, number: str, recipient: str, period: str) -> c.OperationReport:
    return c.OperationReport(
        **{**f.common(organ, number, recipient), "case_number": period},
        period=period, starts_on=date(2026, 7, 1), ends_on=date(2026, 9, 30), drawn_on=date(2026, 10, 12),
        filed_loans=126, filed_principal=Decimal("412000000"), claims=4, claimed=Decimal("10400000"),
        approved_cases=2, approved=Decimal("6400000"), refused_cases=1, paid_cases=1, paid=Decimal("4000000"),
        returned_cases=1, returned=Decimal("450000"), undecided_cases=6, undecided=Decimal("15800000"),
        reserved_cases=1, reserved=Decimal("2400000"), gap=Decimal("2200000"),
        boards=(
            _BANK.model_copy(update={"label": "银行板块"}), _GUARANTOR.model_copy(update={"label": "融担板块"}),
        ),
        institutions=(_BANK, _GUARANTOR),
        towns=(_BANK.model_copy(update={"label": "松山湖"}),),
        industries=(_BANK.model_copy(update={"label": "制造业"}),),
        months=(_month(7, "0", ""), _month(8, "4000000", "████"), _month(9, "0", "")),
        limits=(_BUDGET,),
        summary="本期备案平稳增长，补偿申请集中在制造业。",
        problems="个别机构补正超期。",
        plans="加强一次性告知。",
        prepared_by="陈晓", approved_by="周宁",
    )  # fmt: skip


SAMPLES: dict[str, c.DocumentContext] = {
    "D34": _report(f.MANAGING, "计报〔2026〕3号", f.BUREAU, "2026年第3季度"),
    "D35": _report(f.BUREAU, "东工信报〔2026〕1号", "东莞市人民政府", "2026年度"),
}
