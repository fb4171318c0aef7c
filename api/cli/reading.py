"""Files named on the command line: what they hold, or a sentence that says why it cannot be read."""

from pathlib import Path


def unread(file: object, error: OSError | UnicodeDecodeError) -> str:
    """Why a file that was named cannot be read (as text), and what to do about it."""
    if isinstance(error, UnicodeDecodeError):
        return f"{file} 不是 UTF-8 编码的文本文件，请另存为 UTF-8 后再试。"
    if isinstance(error, FileNotFoundError):
        return f"没有名为 {file} 的文件，请核对路径。"
    if isinstance(error, IsADirectoryError):
        return f"{file} 是文件夹，请写出其中的文件。"
    return f"读不到文件 {file}，请核对读取权限。"


def contents(file: Path) -> bytes:
    """The file, read one byte beyond the limit of uploads at most: a larger one is refused and never fills the memory."""
    from models.settings import get_settings

    with file.open("rb") as opened:
        return opened.read(get_settings().upload_limit + 1)
