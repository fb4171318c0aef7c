"""Who takes part: the role a person holds (岗位), the sides of the process, and who is told that a side is late.

The questions put to them are in `models/gates.py`.
"""

from enum import StrEnum


class Role(StrEnum):
    """What a person may do at their institution (岗位)."""

    FILER = "filer"
    FILER_CHECKER = "filer_checker"
    MANAGING_OFFICER = "managing_officer"
    MANAGING_HEAD = "managing_head"
    BUREAU_OFFICER = "bureau_officer"
    BUREAU_LEADER = "bureau_leader"
    MEETING_MEMBER = "meeting_member"
    FINANCE_OFFICER = "finance_officer"
    FINANCE_TREASURER = "finance_treasurer"
    MANAGER = "manager"
    ADMIN = "admin"
    INSTITUTION_ADMIN = "institution_admin"


APPLICANT_ROLES = frozenset({Role.FILER, Role.FILER_CHECKER, Role.INSTITUTION_ADMIN})
"""Roles of those who file: whoever holds no other sees the cases of their own institution only."""

ROLE_NAMES: dict[Role, str] = {
    Role.FILER: "申报经办",
    Role.FILER_CHECKER: "申报复核",
    Role.MANAGING_OFFICER: "项目审核",
    Role.MANAGING_HEAD: "审核负责人",
    Role.BUREAU_OFFICER: "科室经办",
    Role.BUREAU_LEADER: "分管领导",
    Role.MEETING_MEMBER: "联席会议成员",
    Role.FINANCE_OFFICER: "资金审核",
    Role.FINANCE_TREASURER: "国库拨付",
    Role.MANAGER: "统筹管理",
    Role.ADMIN: "系统管理",
    Role.INSTITUTION_ADMIN: "机构管理",
}


class Party(StrEnum):
    """A lane of the process diagram: the side whose people answer a gate."""

    APPLICANT = "applicant"
    MANAGING = "managing"
    BUREAU = "bureau"
    MEETING = "meeting"
    FINANCE = "finance"


PARTY_NAMES: dict[Party, str] = {
    Party.APPLICANT: "申报机构",
    Party.MANAGING: "受托管理机构",
    Party.BUREAU: "市工信局",
    Party.MEETING: "联席会议",
    Party.FINANCE: "市财政局",
}


ESCALATES: dict[Party, Role] = {
    Party.APPLICANT: Role.MANAGER,
    Party.MANAGING: Role.MANAGING_HEAD,
    Party.BUREAU: Role.BUREAU_LEADER,
    Party.MEETING: Role.BUREAU_LEADER,
    Party.FINANCE: Role.MANAGER,
}
"""Who, besides 统筹管理, is told that a side's task is overdue (逾期上报): to see it, never to answer it."""
