"""Word files made into PDF by LibreOffice, where the machine has it.

LibreOffice takes a second or two: never inside a request (see `flows.documents.press`), and many files at a
time in one process. It runs with a profile of its own, no network names to look up and a time limit; what it is
given are documents of ours, never an upload.
"""

import io
import os
import shutil
import signal
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from lxml import etree

_BODY = "word/document.xml"
_FIRST_ROW = etree.XPath(
    "//w:tr[w:trPr/w:tblHeader]/following-sibling::w:tr[1][not(w:trPr/w:tblHeader)]/w:trPr/w:cantSplit",
    namespaces={"w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main"},
)
_FONTS = Path(__file__).with_name("fonts.conf")
MISSING = "本机没有安装 LibreOffice，不能生成 PDF；Word 文件可以照常下载和打印。"


class OfficeFault(Exception):
    """No PDF came out; `str(fault)` says why, in Chinese."""


def program() -> str | None:
    """Where LibreOffice is; None when the machine has none."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def to_pdf(files: Mapping[str, bytes], *, patience: float = 60) -> dict[str, bytes]:
    """Each .docx (by a name without ending, letters and digits) as a PDF.

    Args:
        files: name → bytes of the .docx.
        patience: seconds for all of them together; then the process and its children are ended.

    Raises:
        OfficeFault: LibreOffice is missing, took too long or left out a file.
    """
    soffice = program()
    if soffice is None:
        raise OfficeFault(MISSING)
    with tempfile.TemporaryDirectory(prefix="fengbu-pdf-") as folder:
        home = Path(folder)
        out = home / "pdf"
        sources = []
        for name, data in files.items():
            source = home / f"{name}.docx"
            source.write_bytes(_every_row_printed(data))
            sources.append(str(source))
        command = [
            soffice,
            f"-env:UserInstallation={(home / 'profile').as_uri()}",
            "--headless",
            "--norestore",
            "--nolockcheck",
            "--convert-to",
            "pdf:writer_pdf_Export",
            "--outdir",
            str(out),
            *sources,
        ]
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": folder,
            "LANG": "C.UTF-8",
            "FONTCONFIG_FILE": str(_FONTS),
        }
        _run(command, environment, patience)
        made = {name: out / f"{name}.pdf" for name in files}
        absent = [name for name, pdf in made.items() if not pdf.is_file()]
        if absent:
            raise OfficeFault(
                f"LibreOffice 没有生成 {'、'.join(absent)} 的 PDF。请稍后再试，或者下载 Word 文件打印。"
            )
        return {name: pdf.read_bytes() for name, pdf in made.items()}


def _every_row_printed(data: bytes) -> bytes:
    """The document for LibreOffice's eyes: the first row below a table's heading may break across pages.

    Where just the heading and one row that may not break fit above the end of a page, LibreOffice 7.4 prints none of
    the rows after them.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        root = etree.fromstring(source.read(_BODY))
        whole = _FIRST_ROW(root)
        if not whole:
            return data
        for found in whole:
            found.getparent().remove(found)
        printed = io.BytesIO()
        with zipfile.ZipFile(printed, "w", zipfile.ZIP_DEFLATED) as target:
            for part in source.infolist():
                target.writestr(part, etree.tostring(root) if part.filename == _BODY else source.read(part))
    return printed.getvalue()


def _run(command: list[str], environment: dict[str, str], patience: float) -> None:
    # soffice starts a child that does the work: a session of its own, so that both can be ended.
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        raise OfficeFault(
            f"LibreOffice 在 {patience:.0f} 秒内没有完成转换。请稍后再试，或者下载 Word 文件打印。"
        ) from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
