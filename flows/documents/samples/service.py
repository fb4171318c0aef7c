"""A sample of the proof of service."""

from flows.documents import contexts as c
from flows.documents.contexts import DocumentContext
from flows.documents.samples import facts as f

SAMPLES: dict[str, DocumentContext] = {
    "D40": c.ServiceReceipt(
        **f.common(f.MANAGING, None, ""),
        applicant=f.BANK,
        subject=f.FIRM,
        served=(
            c.ServedDocument(
                title="受理通知书",
                number="计受〔2026〕12号",
                sent="2026-11-02 09:31",
                ways=(
                    "门户：2026-11-02 09:31到达，2026-11-02 10:05打开",
                    "邮件risk@bank.example：2026-11-02 09:31到达",
                    "接口：2026-11-02 09:31到达",
                ),
                acknowledged="2026-11-02 10:06\n门户签收，林可",
            ),
            c.ServedDocument(
                title="风险补偿决定通知书",
                number="东工信〔2026〕57号",
                sent="2026-11-16 16:40",
                ways=("门户：2026-11-16 16:40到达，未打开", "邮件risk@bank.example：未到达（邮箱不存在）"),
                chased=("2026-11-18 08:00提醒", "2026-11-23 09:12电话0769-2222 0000，林可接听，已告知"),
                acknowledged="2026-11-23 09:12\n电话送达，陈嘉敏",
            ),
        ),
        prepared_by="陈嘉敏",
    ),
}
