"""“No” on the way to a route: exceptions that `api.errors` turns into a page, a note or a JSON problem."""

from collections.abc import Mapping

from fastapi import HTTPException

STALE_FORM = 419
"""The page was opened in a session that is over: its token is not today's."""


class Refused(HTTPException):
    """The request is refused with `sentence` (Chinese, for the person at the door)."""

    def __init__(self, status: int, sentence: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, sentence, headers)


class StaleForm(Refused):
    """The form's CSRF token is missing or is not the session's; what was typed is offered again."""

    def __init__(self) -> None:
        super().__init__(
            STALE_FORM, "为了安全，页面已过期，尚未提交。请返回上一页刷新后再提交，已填内容仍在。"
        )


class PasswordDue(Refused):
    """The person's password was set by an administrator, or is too old: it is changed before anything else."""

    def __init__(self) -> None:
        super().__init__(403, "请先修改密码（个人菜单“修改密码”），再办理其他事项。没有保存任何改动。")


class SignInNeeded(Refused):
    """Nobody is signed in, or the session is over (`expired`)."""

    def __init__(self, *, expired: bool) -> None:
        super().__init__(401, "登录已过期，请重新登录。" if expired else "请先登录。")
        self.expired = expired
