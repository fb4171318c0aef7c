"""GB/T 9704-2012 as Word settings: page, grid, fonts, styles.

The numbers are the standard's (or measured so that Word and LibreOffice both give its 22 lines of 28
characters); every template is built on them, so a change here reaches every document.
"""

from dataclasses import dataclass, replace

# Page, in twips (1/1440 inch): A4, 天头 37 mm, 地脚 35 mm, 订口 28 mm, right 26 mm → 版心 156 × 225 mm.
PAGE = (11906, 16838)
TOP, BOTTOM, LEFT, RIGHT = 2098, 1984, 1588, 1474
TEXT_WIDTH = PAGE[0] - LEFT - RIGHT
LANDSCAPE_WIDTH = PAGE[1] - TOP - BOTTOM
FOOTER = 1134  # 20 mm: a letter's lower red line stands there
PAGE_NUMBER = 113  # and lifts the page number to 7 mm below the 版心
HEADER = 1574  # a letter's mark: its ink begins 30 mm from the top of the page
# 225 mm / 22 lines = 28.99 pt; a full 29 pt overflows and Word drops to 21 lines, so 28.95 pt.
LINE = 579
# 28 characters of 16 pt are 448 pt, the 版心 is 442.2 pt: every run is squeezed by 0.25 pt.
SQUEEZE = -5
CHAR = 320  # one 3号 character (16 pt) in twips
# 信函格式: the red lines are 170 mm wide, centred on the page: 8 mm and 6 mm outside the 版心.
LETTER_LEFT, LETTER_RIGHT = -454, -340

LATIN = "Times New Roman"
FANGSONG, KAI, BIAOSONG, HEI, SONG = "仿宋_GB2312", "楷体_GB2312", "方正小标宋简体", "黑体", "宋体"
RED = "FF0000"

# Fonts are named, not shipped; where the named one is missing the next of these is used.
FONTS = {
    FANGSONG: ("仿宋,FangSong,朱雀仿宋,Noto Serif CJK SC", "modern", "fixed"),
    KAI: ("楷体,KaiTi,霞鹜文楷,Noto Serif CJK SC", "modern", "fixed"),
    BIAOSONG: ("小标宋,方正小标宋_GBK,宋体,SimSun,Noto Serif CJK SC", "auto", "variable"),
    HEI: ("SimHei,Noto Sans CJK SC", "modern", "fixed"),
    SONG: ("SimSun,Noto Serif CJK SC", "auto", "variable"),
}


@dataclass(frozen=True)
class ParagraphStyle:
    """A paragraph style. Sizes in half points, indents and spacing in twips; `line` 0 means single."""

    id: str
    name: str
    font: str = FANGSONG
    size: int = 32
    jc: str = "both"
    first: int = 0
    left: int = 0
    right: int = 0
    line: int = LINE
    before: int = 0
    after: int = 0
    squeeze: int = SQUEEZE
    color: str = ""
    bold: bool = False
    keep: bool = False
    new_page: bool = False
    border: str = ""


# The signature: its axis stands four characters and half a date like 2026年1月15日 from the right.
AXIS = 2470
SIGN_WIDTH = 6010
LONGEST_ON_AXIS = 14
"""Characters of an organ's name that fit on the axis; a longer one is centred in SIGN_WIDTH."""

_RULE = '<w:pBdr><w:bottom w:val="{0}" w:sz="{1}" w:space="{2}" w:color="' + RED + '"/></w:pBdr>'
# 五号 on 16 pt: what stands in tables.
_CELL = ParagraphStyle("Cell", "单元格", size=21, jc="left", line=320, squeeze=0)

STYLES = (
    # 正文 and its headings: all 3号, two characters in, no bold.
    ParagraphStyle("Body", "公文正文", first=2 * CHAR),
    # A long amount cannot be broken; in a justified line it would leave gaps.
    ParagraphStyle("BodyLeft", "公文正文（含金额）", jc="left", first=2 * CHAR),
    ParagraphStyle("BodyKeep", "公文正文（与下段同页）", first=2 * CHAR, keep=True),
    ParagraphStyle("Heading1", "一级标题", font=HEI, first=2 * CHAR, keep=True),
    ParagraphStyle("Heading2", "二级标题", font=KAI, first=2 * CHAR, keep=True),
    ParagraphStyle("To", "主送机关", jc="left", keep=True),
    ParagraphStyle("Title", "公文标题", font=BIAOSONG, size=44, jc="center", line=680, squeeze=0, keep=True),
    ParagraphStyle("Number", "发文字号", jc="center", before=180, after=LINE, keep=True),
    # 附件说明: names hang under the first one's first character.
    ParagraphStyle("Attach", "附件说明", jc="left", left=6 * CHAR, first=-4 * CHAR, before=LINE, keep=True),
    ParagraphStyle("AttachMore", "附件说明（续）", jc="left", left=6 * CHAR, first=-CHAR, keep=True),
    ParagraphStyle("Sign", "落款", jc="center", left=SIGN_WIDTH - 2 * AXIS, keep=True),
    ParagraphStyle("SignLong", "落款（长名称）", jc="center", keep=True),
    ParagraphStyle("Note", "附注", jc="left", first=2 * CHAR),
    ParagraphStyle("Verify", "核验码", size=18, jc="left", line=0, squeeze=0, keep=True),
    ParagraphStyle("Space", "空行", keep=True),
    ParagraphStyle("Tail", "文末", size=2, line=20, squeeze=0),
    # 红头: mark 35 mm below the top of the 版心, 发文字号 two lines below it, the line 4 mm below that.
    ParagraphStyle(
        "Mark",
        "发文机关标志",
        font=BIAOSONG,
        size=72,
        jc="distribute",
        line=1000,
        before=1805,
        squeeze=0,
        color=RED,
        keep=True,
    ),
    ParagraphStyle(
        "MarkLong",
        "发文机关标志（长）",
        font=BIAOSONG,
        size=52,
        jc="center",
        line=840,
        before=1865,
        squeeze=0,
        color=RED,
        keep=True,
    ),
    ParagraphStyle(
        "RedNumber",
        "发文字号（红线）",
        jc="center",
        before=1005,  # with the air in both lines: two lines below the mark
        after=2 * LINE,
        keep=True,
        border=_RULE.format("single", 12, 5),
    ),
    # 上行文: number and 签发人 on one line, the red line below both.
    ParagraphStyle("UpNumber", "发文字号（上行）", jc="left", left=CHAR, before=1005, keep=True),
    ParagraphStyle("UpSigner", "签发人", jc="right", right=CHAR, before=1005, keep=True),
    ParagraphStyle(
        "RedRule",
        "红线",
        size=2,
        line=20,
        squeeze=0,
        after=2 * LINE,
        keep=True,
        border=_RULE.format("single", 12, 5),
    ),
    # 信函格式: mark 30 mm from the top of the page, thick-thin line 4 mm below it.
    ParagraphStyle(
        "LetterMark",
        "发文机关标志（信函）",
        font=BIAOSONG,
        size=84,
        jc="center",
        line=1060,
        squeeze=0,
        color=RED,
        left=LETTER_LEFT,
        right=LETTER_RIGHT,
        border=_RULE.format("thickThinSmallGap", 24, 5),
    ),
    ParagraphStyle(
        "LetterMarkLong",
        "发文机关标志（信函长）",
        font=BIAOSONG,
        size=56,
        jc="center",
        line=1060,
        squeeze=0,
        color=RED,
        left=LETTER_LEFT,
        right=LETTER_RIGHT,
        border=_RULE.format("thickThinSmallGap", 24, 5),
    ),
    ParagraphStyle(
        "LetterFoot",
        "信函红线",
        size=2,
        line=20,
        squeeze=0,
        left=LETTER_LEFT,
        right=LETTER_RIGHT,
        border=_RULE.format("thinThickSmallGap", 24, 0),
    ),
    ParagraphStyle("LetterNumber", "发文字号（信函）", jc="right", after=2 * LINE, keep=True),
    # Two lines of 22 pt are enough for the meeting's long name.
    ParagraphStyle(
        "MinutesMark",
        "纪要标志",
        font=BIAOSONG,
        size=60,
        jc="center",
        line=880,
        before=1786,
        squeeze=0,
        color=RED,
        keep=True,
    ),
    ParagraphStyle("Roll", "参会人员", jc="left", left=5 * CHAR, first=-3 * CHAR),
    # Forms and tables: 五号 on 16 pt.
    ParagraphStyle(
        "FormTitle",
        "表格标题",
        font=BIAOSONG,
        size=40,
        jc="center",
        line=640,
        squeeze=0,
        after=100,
        keep=True,
    ),
    ParagraphStyle("FormLine", "表头行", size=24, jc="left", line=440, squeeze=0),
    ParagraphStyle("FormLineRight", "表头行（右）", size=24, jc="right", line=440, squeeze=0),
    ParagraphStyle("FormHead", "表题", size=21, jc="left", line=380, squeeze=0, keep=True),
    ParagraphStyle("FormNote", "表注", size=21, jc="left", line=360, squeeze=0),
    _CELL,
    replace(_CELL, id="CellCenter", name="单元格（居中）", jc="center"),
    replace(_CELL, id="CellNumber", name="单元格（金额）", jc="right"),
    replace(_CELL, id="CellHead", name="单元格（表头）", font=HEI, jc="center"),
    replace(_CELL, id="CellSign", name="单元格（签名）", jc="right"),
    # The seal goes over what stands here: room for half of it at the right.
    replace(_CELL, id="CellSeal", name="单元格（盖章）", jc="right", right=1134),
    ParagraphStyle("AnnexMark", "附件标识", font=HEI, jc="left", new_page=True, keep=True),
    ParagraphStyle(
        "AnnexTitle",
        "附件标题",
        font=BIAOSONG,
        size=44,
        jc="center",
        line=680,
        squeeze=0,
        before=LINE,
        after=240,
        keep=True,
    ),
    ParagraphStyle("Colophon", "版记", size=28, jc="left", line=440, squeeze=0, left=280, right=280),
    ParagraphStyle("ColophonRight", "版记（右）", size=28, jc="right", line=440, squeeze=0, right=280),
    ParagraphStyle(
        "PageOdd",
        "页码（单页）",
        font=SONG,
        size=28,
        jc="right",
        line=0,
        squeeze=0,
        right=CHAR,
        after=PAGE_NUMBER,
    ),
    ParagraphStyle(
        "PageEven",
        "页码（双页）",
        font=SONG,
        size=28,
        jc="left",
        line=0,
        squeeze=0,
        left=CHAR,
        after=PAGE_NUMBER,
    ),
)
