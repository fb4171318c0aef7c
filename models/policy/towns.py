"""Where in Dongguan an enterprise is (镇街、园区): 三（二） supports the city's own enterprises."""

from enum import StrEnum


class Town(StrEnum):
    """The 33 places of the city (4 sub-districts, 28 towns, 松山湖), and outside it."""

    GUANCHENG = "莞城街道"
    DONGCHENG = "东城街道"
    NANCHENG = "南城街道"
    WANJIANG = "万江街道"
    SHIJIE = "石碣镇"
    SHILONG = "石龙镇"
    CHASHAN = "茶山镇"
    SHIPAI = "石排镇"
    QISHI = "企石镇"
    HENGLI = "横沥镇"
    QIAOTOU = "桥头镇"
    XIEGANG = "谢岗镇"
    DONGKENG = "东坑镇"
    CHANGPING = "常平镇"
    LIAOBU = "寮步镇"
    ZHANGMUTOU = "樟木头镇"
    DALANG = "大朗镇"
    HUANGJIANG = "黄江镇"
    QINGXI = "清溪镇"
    TANGXIA = "塘厦镇"
    FENGGANG = "凤岗镇"
    DALINGSHAN = "大岭山镇"
    CHANGAN = "长安镇"
    HUMEN = "虎门镇"
    HOUJIE = "厚街镇"
    SHATIAN = "沙田镇"
    DAOJIAO = "道滘镇"
    HONGMEI = "洪梅镇"
    MACHONG = "麻涌镇"
    WANGNIUDUN = "望牛墩镇"
    ZHONGTANG = "中堂镇"
    GAOBU = "高埗镇"
    SONGSHAN_LAKE = "松山湖"
    OUTSIDE = "东莞市以外"


def inside(town: str) -> bool | None:
    """Whether the place is in the city; None for one the list does not know."""
    return None if town not in set(Town) else town != Town.OUTSIDE
