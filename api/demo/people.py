"""The demo's institutions and the people who work there.

Public bodies carry the names the policy gives them; banks and guarantors that do not exist carry 示例. Every
person is invented, has one role, and shares one password.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache

from sqlmodel import Session

from flows.actions.people.passwords import hash_password
from models.lifecycle import Board
from models.policy.uscc import check_character
from models.records.institution import (
    Institution,
    InstitutionAccount,
    InstitutionContact,
    InstitutionName,
    Kind,
    ShareAgreement,
)
from models.records.person import Person, PersonRole
from models.roles import Role

FOUNDED = date(2019, 1, 1)
AGREED = date(2024, 1, 1)
"""The policy's first day: share agreements and payee accounts are in force from it."""


@dataclass(frozen=True, slots=True)
class Member:
    """Someone who signs in."""

    login: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Name:
    """What an institution is called from a day on."""

    full: str
    short: str
    since: date = FOUNDED


@dataclass(frozen=True, slots=True)
class Place:
    """An institution with its people. `shares` (%) are bank, national, provincial and city guarantor's parts."""

    code: str
    kind: Kind
    names: tuple[Name, ...]
    people: tuple[Member, ...]
    number_word: str = ""
    files_board: Board | None = None
    first_17: str = ""
    town: str = ""
    payee_bank: str = ""
    payee_account: str = ""
    shares: tuple[tuple[date, int, int, int, int], ...] = ()
    contact: tuple[str, str, str] = ("", "", "")  # person, phone, address for the readers of its letters


PLACES = (
    Place(
        "GXJ",
        Kind.BUREAU,
        (Name("东莞市工业和信息化局", "市工信局"),),
        (
            Member("mozhaohui", "莫兆辉", Role.BUREAU_OFFICER),
            Member("xiechuyun", "谢楚云", Role.BUREAU_OFFICER),
            Member("kuangweijie", "邝伟杰", Role.BUREAU_OFFICER),
            Member("lujianping", "卢建平", Role.BUREAU_LEADER),
            Member("fengxueqin", "冯雪琴", Role.BUREAU_LEADER),
            Member("lizhiyuan", "黎志远", Role.MANAGER),
        ),
        number_word="东工信",
        contact=("中小企业融资服务科（示例）", "0769-0000 1001", "东莞市示例路1号"),
    ),
    Place(
        "CZJ",
        Kind.FINANCE,
        (Name("东莞市财政局", "市财政局"),),
        (
            Member("qiushaofen", "邱少芬", Role.FINANCE_OFFICER),
            Member("yuzongming", "余宗明", Role.FINANCE_OFFICER),
            Member("zhanruolan", "詹若兰", Role.FINANCE_TREASURER),
            Member("guanhaoran", "关浩然", Role.FINANCE_TREASURER),
        ),
        number_word="东财",
        payee_bank="国家金库东莞市中心支库（示例）",
        payee_account="2700 0000 0000 0018",
        contact=("资金监管科（示例）", "0769-0000 1002", "东莞市示例路2号"),
    ),
    Place(
        "DJS",
        Kind.MANAGING,
        (Name("东莞市电子计算中心", "电子计算中心"),),
        (
            Member("chenjiamin", "陈嘉敏", Role.MANAGING_OFFICER),
            Member("wangliqun", "王立群", Role.MANAGING_OFFICER),
            Member("liangzihao", "梁子豪", Role.MANAGING_OFFICER),
            Member("zhoubingwen", "周秉文", Role.MANAGING_HEAD),
            Member("ouyanglan", "欧阳岚", Role.MANAGING_HEAD),
            Member("suwenbo", "苏文博", Role.ADMIN),
        ),
        number_word="计",
        contact=("风险补偿受理窗口（示例）", "0769-0000 1003", "东莞市示例路3号"),
    ),
    Place(
        "KCD",
        Kind.MANAGING,
        (Name("东莞市科创融资担保有限公司", "科创担保"),),
        (
            Member("zengyawen", "曾雅雯", Role.MANAGING_OFFICER),
            Member("pengzhiqiang", "彭志强", Role.MANAGING_OFFICER),
            Member("dengjiahui", "邓嘉慧", Role.MANAGING_OFFICER),
            Member("heyongjian", "何永健", Role.MANAGING_HEAD),
            Member("shenlijuan", "沈丽娟", Role.MANAGING_HEAD),
            Member("hemuqing", "何慕清", Role.INSTITUTION_ADMIN),
            Member("yexiaotong", "叶晓彤", Role.FILER),
            Member("fanguoliang", "范国良", Role.FILER),
        ),
        number_word="科担",
        files_board=Board.GUARANTEE,
        first_17="91441900MA4KCDA01",
        town="松山湖",
        payee_bank="莞邑银行（示例）松山湖支行",
        payee_account="4400 0000 0000 0004",
        shares=((AGREED, 20, 30, 20, 30),),
        contact=("风险补偿业务部（示例）", "0769-0000 1004", "东莞市松山湖示例路4号"),
    ),
    Place(
        "GYB",
        Kind.BANK,
        (Name("莞邑银行股份有限公司（示例）", "莞邑银行（示例）"),),
        (
            Member("xuqiuyue", "许秋月", Role.INSTITUTION_ADMIN),
            Member("linwanyi", "林婉仪", Role.FILER),
            Member("huangzhiheng", "黄志恒", Role.FILER),
            Member("xianruyi", "冼如意", Role.FILER_CHECKER),
        ),
        files_board=Board.BANK,
        first_17="91441900MA4GYBA02",
        town="南城街道",
        payee_bank="莞邑银行（示例）总行营业部",
        payee_account="4400 0000 0000 0001",
        contact=("普惠金融部（示例）", "0769-0000 1005", "东莞市南城街道示例路5号"),
    ),
    Place(
        "DJB",
        Kind.BANK,
        (Name("东江农村商业银行股份有限公司（示例）", "东江农商银行（示例）"),),
        (
            Member("panjiansheng", "潘健生", Role.INSTITUTION_ADMIN),
            Member("luoqiming", "罗启明", Role.FILER),
            Member("yuanshuting", "袁淑婷", Role.FILER),
        ),
        files_board=Board.BANK,
        first_17="91441900MA4DJBA03",
        town="东城街道",
        payee_bank="东江农商银行（示例）营业部",
        payee_account="4400 0000 0000 0002",
        contact=("普惠金融部（示例）", "0769-0000 1006", "东莞市东城街道示例路6号"),
    ),
    Place(
        "GHD",
        Kind.GUARANTOR,
        (Name("东莞市莞惠融资担保有限公司（示例）", "莞惠融资担保（示例）"),),
        (
            Member("ouyimin", "欧毅敏", Role.INSTITUTION_ADMIN),
            Member("tanjunhao", "谭俊豪", Role.FILER),
            Member("zhongmeiling", "钟美玲", Role.FILER),
        ),
        files_board=Board.GUARANTEE,
        first_17="91441900MA4GHDA04",
        town="莞城街道",
        payee_bank="东江农商银行（示例）莞城支行",
        payee_account="4400 0000 0000 0003",
        shares=((AGREED, 20, 20, 20, 40),),
        contact=("风险管理部（示例）", "0769-0000 1007", "东莞市莞城街道示例路7号"),
    ),
    Place(
        "KJJ",
        Kind.MEMBER,
        (Name("东莞市科学技术局", "市科技局"),),
        (Member("songyiming", "宋一鸣", Role.MEETING_MEMBER),),
    ),
    Place(
        "FGJ",
        Kind.MEMBER,
        (Name("东莞市发展和改革局", "市发改局"),),
        (Member("peishuzhen", "裴淑珍", Role.MEETING_MEMBER),),
    ),
    Place(
        "NYJ",
        Kind.MEMBER,
        (Name("东莞市农业农村局", "市农业农村局"),),
        (Member("hongdamin", "洪达民", Role.MEETING_MEMBER),),
    ),
    Place(
        "SJJ",
        Kind.MEMBER,
        (Name("东莞市市场监督管理局", "市市场监管局"),),
        (Member("yanxiuwen", "严秀文", Role.MEETING_MEMBER),),
    ),
    Place(
        "JRB",
        Kind.MEMBER,
        (
            Name("东莞市金融工作局", "市金融工作局"),
            # the first day on which a public page is signed with the new name
            Name("中共东莞市委金融委员会办公室", "市委金融办", date(2025, 6, 30)),
        ),
        (Member("taozhenyu", "陶振宇", Role.MEETING_MEMBER),),
    ),
)


def create_institutions_and_people(session: Session, password: str) -> None:
    """Add every institution of `PLACES` with names, contacts, accounts, shares and people to an empty database.

    All people are demo accounts (`Person.demo`) with this password.
    """
    password_hash = _hash_once(password)
    institutions = [_institution(place) for place in PLACES]
    session.add_all(institutions)
    session.flush()
    for place, institution in zip(PLACES, institutions, strict=True):
        key = institution.id or 0
        session.add_all(_papers(place, key))
        people = [_person(member, place, key, password_hash) for member in place.people]
        session.add_all(people)
        session.flush()
        session.add_all(
            PersonRole(person_id=person.id or 0, role=member.role)
            for person, member in zip(people, place.people, strict=True)
        )
    session.flush()


@cache
def _hash_once(password: str) -> str:
    """Hashing takes tens of milliseconds; the demo's people share a password, so they may share its hash."""
    return hash_password(password)


def _institution(place: Place) -> Institution:
    return Institution(
        code=place.code,
        kind=place.kind,
        files_board=place.files_board,
        uscc=place.first_17 + check_character(place.first_17) if place.first_17 else None,
        number_word=place.number_word,
        town=place.town,
        contact_person=place.contact[0],
        contact_phone=place.contact[1],
        address=place.contact[2],
    )


def _person(member: Member, place: Place, institution_id: int, password_hash: str) -> Person:
    return Person(
        login=member.login,
        name=member.name,
        password_hash=password_hash,
        institution_id=institution_id,
        email=f"{member.login}@{place.code.lower()}.example",
        demo=True,
    )


def _papers(
    place: Place, key: int
) -> list[InstitutionName | InstitutionContact | InstitutionAccount | ShareAgreement]:
    """Names, and for those who file: whom notices go to, where money goes to, who bears which part of a loss."""
    papers: list[InstitutionName | InstitutionContact | InstitutionAccount | ShareAgreement] = [
        InstitutionName(institution_id=key, name=name.full, short_name=name.short, valid_from=name.since)
        for name in place.names
    ]
    if place.files_board is not None:
        first = next(member for member in place.people if member.role == Role.FILER)
        mailbox = f"risk@{place.code.lower()}.example"
        papers.append(
            InstitutionContact(institution_id=key, name=first.name, email=mailbox, phone="0769-0000 0000")
        )
    if place.payee_account:
        papers.append(
            InstitutionAccount(
                institution_id=key,
                account_name=place.names[-1].full,
                account_number=place.payee_account.replace(" ", ""),
                bank_name=place.payee_bank,
                valid_from=AGREED,
            )
        )
    papers += [
        ShareAgreement(
            institution_id=key,
            valid_from=since,
            bank=bank,
            national=national,
            provincial=provincial,
            city=city,
        )
        for since, bank, national, provincial, city in place.shares
    ]
    return papers
