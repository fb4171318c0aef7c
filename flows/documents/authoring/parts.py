"""The parts of a .docx that all templates share: styles, fonts and settings, written from gbt9704."""

from flows.documents.authoring import gbt9704 as gbt

_CHARACTERS = (
    ("Label", "黑体字", f'<w:rFonts w:ascii="{gbt.LATIN}" w:hAnsi="{gbt.LATIN}" w:eastAsia="{gbt.HEI}"/>'),
    ("Kai", "楷体字", f'<w:rFonts w:ascii="{gbt.LATIN}" w:hAnsi="{gbt.LATIN}" w:eastAsia="{gbt.KAI}"/>'),
    ("Strong", "金额", "<w:b/>"),
    ("Void", "作废", '<w:strike/><w:color w:val="595959"/>'),
)

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def _borders(outer: int, inner: int) -> str:
    sides = (
        ("top", outer),
        ("left", outer),
        ("bottom", outer),
        ("right", outer),
        ("insideH", inner),
        ("insideV", inner),
    )
    lines = "".join(
        f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="000000"/>' for side, size in sides
    )
    return f"<w:tblBorders>{lines}</w:tblBorders>"


_COLOPHON = (
    '<w:tblBorders><w:top w:val="single" w:sz="8" w:space="0" w:color="000000"/>'
    '<w:bottom w:val="single" w:sz="8" w:space="0" w:color="000000"/>'
    '<w:insideH w:val="single" w:sz="6" w:space="0" w:color="000000"/></w:tblBorders>'
)
_MARGIN = (
    '<w:tblCellMar><w:top w:w="{1}" w:type="dxa"/><w:left w:w="{0}" w:type="dxa"/>'
    '<w:bottom w:w="{1}" w:type="dxa"/><w:right w:w="{0}" w:type="dxa"/></w:tblCellMar>'
)
_TABLES = (
    ("Grid", "公文表格", _borders(6, 4) + _MARGIN.format(70, 25)),
    ("Form", "审批表格", _borders(12, 4) + _MARGIN.format(70, 25)),
    ("Signature", "落款表", _MARGIN.format(0, 0)),
    # First and last rule 0.35 mm, the inner one 0.25 mm.
    ("ColophonTable", "版记表", _COLOPHON + _MARGIN.format(0, 0)),
)


def _fonts(east_asia: str) -> str:
    # The year in a title is as heavy as its characters.
    latin = gbt.BIAOSONG if east_asia == gbt.BIAOSONG else gbt.LATIN
    return f'<w:rFonts w:ascii="{latin}" w:hAnsi="{latin}" w:eastAsia="{east_asia}" w:cs="{gbt.LATIN}"/>'


def _paragraph_style(style: gbt.ParagraphStyle) -> str:
    line = f' w:line="{style.line}" w:lineRule="exact"' if style.line else ' w:line="240" w:lineRule="auto"'
    hanging = f'w:hanging="{-style.first}"' if style.first < 0 else f'w:firstLine="{style.first}"'
    properties = (
        ("<w:keepNext/>" if style.keep else "")
        + ("<w:pageBreakBefore/>" if style.new_page else "")
        + style.border
        + f'<w:spacing w:before="{style.before}" w:after="{style.after}"{line}/>'
        + f'<w:ind w:left="{style.left}" w:right="{style.right}" {hanging}/>'
        + f'<w:jc w:val="{style.jc}"/>'
    )
    run = (
        _fonts(style.font)
        + ("<w:b/>" if style.bold else "")
        + (f'<w:color w:val="{style.color}"/>' if style.color else "")
        + f'<w:spacing w:val="{style.squeeze}"/><w:sz w:val="{style.size}"/><w:szCs w:val="{style.size}"/>'
    )
    return (
        f'<w:style w:type="paragraph" w:customStyle="1" w:styleId="{style.id}"><w:name w:val="{style.name}"/>'
        f'<w:basedOn w:val="Normal"/><w:qFormat/><w:pPr>{properties}</w:pPr><w:rPr>{run}</w:rPr></w:style>'
    )


# What office staff reach for when they add a sentence.
_ALWAYS = {"Body", "BodyLeft", "BodyKeep", "Heading1", "Heading2", "PageOdd", "PageEven"}


def styles_xml(named: frozenset[str]) -> bytes:
    """word/styles.xml: the styles a template uses and those of running text; a letter carries no others."""
    kept = named | _ALWAYS
    defaults = (
        f'<w:docDefaults><w:rPrDefault><w:rPr>{_fonts(gbt.FANGSONG)}<w:sz w:val="32"/><w:szCs w:val="32"/>'
        '<w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
        "<w:pPrDefault/></w:docDefaults>"
    )
    basic = (
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
        '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">'
        '<w:name w:val="Default Paragraph Font"/></w:style>'
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/></w:style>'
    )
    paragraphs = "".join(_paragraph_style(style) for style in gbt.STYLES if style.id in kept)
    characters = "".join(
        f'<w:style w:type="character" w:customStyle="1" w:styleId="{key}"><w:name w:val="{name}"/>'
        f"<w:rPr>{run}</w:rPr></w:style>"
        for key, name, run in _CHARACTERS
        if key in kept
    )
    tables = "".join(
        f'<w:style w:type="table" w:customStyle="1" w:styleId="{key}"><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="TableNormal"/><w:tblPr>{properties}</w:tblPr></w:style>'
        for key, name, properties in _TABLES
        if key in kept
    )
    return f"{_HEAD}<w:styles {_W}>{defaults}{basic}{paragraphs}{characters}{tables}</w:styles>".encode()


def font_table_xml() -> bytes:
    """word/fontTable.xml: each font's name and what may stand in for it."""
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/>'
        f'<w:family w:val="{family}"/><w:pitch w:val="{pitch}"/></w:font>'
        for name, (others, family, pitch) in gbt.FONTS.items()
    )
    return f"{_HEAD}<w:fonts {_W}>{fonts}</w:fonts>".encode()


_COLOURS = (
    ("dk1", "000000"),
    ("lt1", "FFFFFF"),
    ("dk2", "444444"),
    ("lt2", "EEEEEE"),
    *((f"accent{n}", "444444") for n in range(1, 7)),
    ("hlink", "0000FF"),
    ("folHlink", "800080"),
)


def theme_xml() -> bytes:
    """word/theme/theme1.xml: the least a validator asks for. No style of ours looks at the theme."""
    colours = "".join(f'<a:{name}><a:srgbClr val="{value}"/></a:{name}>' for name, value in _COLOURS)
    fonts = "".join(
        f'<a:{part}><a:latin typeface="{gbt.LATIN}"/><a:ea typeface="{gbt.FANGSONG}"/><a:cs typeface=""/></a:{part}>'
        for part in ("majorFont", "minorFont")
    )
    fill = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>' * 3
    line = '<a:ln><a:solidFill><a:schemeClr val="phClr"/></a:solidFill></a:ln>' * 3
    effect = "<a:effectStyle><a:effectLst/></a:effectStyle>" * 3
    return (
        f'{_HEAD}<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" name="gongwen">'
        f'<a:themeElements><a:clrScheme name="gongwen">{colours}</a:clrScheme>'
        f'<a:fontScheme name="gongwen">{fonts}</a:fontScheme><a:fmtScheme name="gongwen">'
        f"<a:fillStyleLst>{fill}</a:fillStyleLst><a:lnStyleLst>{line}</a:lnStyleLst>"
        f"<a:effectStyleLst>{effect}</a:effectStyleLst><a:bgFillStyleLst>{fill}</a:bgFillStyleLst>"
        "</a:fmtScheme></a:themeElements></a:theme>"
    ).encode()


def settings_xml() -> bytes:
    """word/settings.xml: page numbers differ on odd and even pages; a line break never stretches a line."""
    modern = (
        '<w:compatSetting w:name="compatibilityMode"'
        ' w:uri="http://schemas.microsoft.com/office/word" w:val="15"/>'
    )
    return (
        f'{_HEAD}<w:settings {_W}><w:zoom w:percent="100"/><w:defaultTabStop w:val="420"/>'
        '<w:evenAndOddHeaders/><w:characterSpacingControl w:val="compressPunctuation"/>'
        f"<w:compat><w:doNotExpandShiftReturn/>{modern}</w:compat>"
        '<w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/></w:settings>'
    ).encode()
