"""How a loan is secured (担保方式), as filed: on the bank board it decides whether the loan is one of 三（四）."""

from enum import StrEnum


class Security(StrEnum):
    """The ways a loan can be secured."""

    CREDIT = "credit"
    PLEDGE_IP = "pledge_ip"
    RECEIVABLE = "receivable"
    PERSONAL = "personal"
    GUARANTOR = "guarantor"
    MORTGAGE = "mortgage"
    OTHER = "other"


SECURITY_NAMES: dict[Security, str] = {
    Security.CREDIT: "信用",
    Security.PLEDGE_IP: "知识产权质押",
    Security.RECEIVABLE: "应收账款质押",
    Security.PERSONAL: "个人保证",
    Security.GUARANTOR: "融资担保公司担保",
    Security.MORTGAGE: "实物抵押",
    Security.OTHER: "其他",
}
