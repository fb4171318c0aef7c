"""What an enterprise does (行业): the sections of GB/T 4754—2017, by which 三（二） excludes, and which of the size
standard's industries belong to each.

The two lists differ: 物业管理 is an industry of the size standard inside the section 房地产业, and 工业 stands for
three sections.
"""

from enum import StrEnum

from models.policy.size_class import Industry

STANDARD = "GB/T 4754—2017"


class Sector(StrEnum):
    """The 20 sections (门类), A to T."""

    AGRICULTURE = "农、林、牧、渔业"
    MINING = "采矿业"
    MANUFACTURING = "制造业"
    UTILITIES = "电力、热力、燃气及水生产和供应业"
    CONSTRUCTION = "建筑业"
    TRADE = "批发和零售业"
    TRANSPORT = "交通运输、仓储和邮政业"
    HOSPITALITY = "住宿和餐饮业"
    INFORMATION = "信息传输、软件和信息技术服务业"
    FINANCE = "金融业"
    REAL_ESTATE = "房地产业"
    BUSINESS = "租赁和商务服务业"
    SCIENCE = "科学研究和技术服务业"
    ENVIRONMENT = "水利、环境和公共设施管理业"
    RESIDENTS = "居民服务、修理和其他服务业"
    EDUCATION = "教育"
    HEALTH = "卫生和社会工作"
    CULTURE = "文化、体育和娱乐业"
    PUBLIC = "公共管理、社会保障和社会组织"
    INTERNATIONAL = "国际组织"


_INDUSTRIES: dict[Sector, tuple[Industry, ...]] = {
    Sector.AGRICULTURE: (Industry.AGRICULTURE,),
    Sector.MINING: (Industry.INDUSTRY,),
    Sector.MANUFACTURING: (Industry.INDUSTRY,),
    Sector.UTILITIES: (Industry.INDUSTRY,),
    Sector.CONSTRUCTION: (Industry.CONSTRUCTION,),
    Sector.TRADE: (Industry.WHOLESALE, Industry.RETAIL),
    Sector.TRANSPORT: (Industry.TRANSPORT, Industry.STORAGE, Industry.POST),
    Sector.HOSPITALITY: (Industry.LODGING, Industry.CATERING),
    Sector.INFORMATION: (Industry.TELECOM, Industry.SOFTWARE),
    Sector.REAL_ESTATE: (Industry.REAL_ESTATE, Industry.PROPERTY, Industry.OTHER),
    Sector.BUSINESS: (Industry.LEASING,),
}


def industries(sector: Sector) -> tuple[Industry, ...]:
    """The size standard's industries of a section: one where it decides, several where the firm must say which."""
    return _INDUSTRIES.get(sector, (Industry.OTHER,))
