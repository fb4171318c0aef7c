"""Attachments: what a file is, its bytes say; disguises, bombs and macros are refused with a sentence."""

import pytest
from sqlmodel import Session, select

from flows.actions import attaching
from flows.actions.attaching import safe_name, store
from flows.actions.errors import InvalidError
from models.records.attachment import Attachment, Blob, current
from models.settings import get_settings
from tests.actions.samples import PDF, file_one, office, png
from tests.seed import actor


@pytest.mark.parametrize(
    ("name", "data", "media"),
    [
        ("合同.pdf", PDF, "application/pdf"),
        ("扫描.PNG", png(), "image/png"),
        ("照片.jpeg", b"\xff\xd8\xff\xe0" + bytes(20), "image/jpeg"),
        ("情况说明.docx", office("word/document.xml"), "wordprocessingml.document"),
        ("流水.xlsx", office("xl/workbook.xml"), "spreadsheetml.sheet"),
    ],
    ids=range(5),
)
def test_a_file_that_is_what_it_says_is_kept(s: Session, name: str, data: bytes, media: str) -> None:
    kept = store(s, "contract", name, data)
    assert kept.media_type.endswith(media) and kept.size == len(data)
    assert s.get_one(Blob, kept.sha256).data == data


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("合同.pdf", b"MZ\x90\x00" + bytes(100), "内容与扩展名不符"),
        ("合同.pdf", png(), "内容是 PNG 文件"),
        ("合同.docx", office("xl/workbook.xml"), "内容是 XLSX 文件"),
        ("合同.docx", b"PK\x03\x04" + bytes(50), "不是可以识别的 DOCX"),
        ("安装.exe", b"MZ\x90\x00", "不是可以上传的类型"),
        ("页面.html", b"<script>", "不是可以上传的类型"),
        ("合同", PDF, "不是可以上传的类型"),
        ("空.pdf", b"", "是空文件"),
        ("炸弹.docx", office("word/document.xml", **{"word/x": bytes(30_000_000)}), "解压后过大"),
        ("宏.docx", office("word/document.xml", **{"word/vbaProject.bin": b"x"}), "含有宏"),
    ],
    ids=range(10),
)
def test_a_disguised_upload_is_refused_and_not_kept(s: Session, name: str, data: bytes, words: str) -> None:
    with pytest.raises(InvalidError) as error:
        store(s, "contract", name, data)
    (fault,) = error.value.faults
    assert fault.field == "materials.contract" and words in fault.message
    assert s.exec(select(Blob)).first() is None


def test_the_size_is_limited(s: Session) -> None:
    with pytest.raises(InvalidError) as error:
        store(s, "contract", "大.pdf", PDF + bytes(get_settings().upload_limit))
    assert "超过 20 MB" in error.value.faults[0].message


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\合同\\借据.pdf", "借据.pdf"),
        ("合同\u202efdp.exe.pdf", "合同fdp.exe.pdf"),
        ('a<b>"c.pdf', "a_b__c.pdf"),
        ("字" * 300 + ".pdf", "字" * 116 + ".pdf"),
        ("", "附件"),
    ],
)
def test_names_are_safe_to_show_and_to_save(given: str, safe: str) -> None:
    assert safe_name(given) == safe


def test_a_replaced_file_stays_on_record(s: Session) -> None:
    bank = actor(s, "linwanyi")
    case = file_one(s, bank)
    attaching.attach(s, bank, case, "contracts", "旧.pdf", PDF)
    attaching.attach(s, bank, case, "contracts", "新.png", png())
    assert [a.filename for a in current(s, case.id or 0)] == ["新.png"]
    assert [a.replaced_at is not None for a in s.exec(select(Attachment).order_by("id"))] == [True, False]
