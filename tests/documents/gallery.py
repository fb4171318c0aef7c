"""`python -m tests.documents.gallery [FOLDER]`: the pictures of documents in README.md, printed by LibreOffice.

From the samples, so the figures are the golden ones of the policy and the names invented.
"""

import sys
from pathlib import Path

import pypdfium2
from PIL import Image, ImageOps

from flows.documents import office
from flows.documents.engine import render
from flows.documents.samples import SAMPLES

# picture → the pages it shows, (document, page) from left to right
PICTURES = {
    "paper-decision": (("D23", 0), ("D23", 1), ("D23", 2)),
    "paper-letters": (("D26", 0), ("D22", 0), ("D16", 0)),
    "paper-forms": (("D19", 0), ("D17", 0), ("D27", 0)),
    "paper-notices": (("D09", 0), ("D21", 0), ("D25", 0)),
}
_PAGE = (560, 792)
_GAP, _GREY = 14, (214, 214, 214)


def main(folder: Path) -> None:
    """Write the pictures, a row of pages each."""
    codes = {code for pages in PICTURES.values() for code, _ in pages}
    printed = office.to_pdf({code: render(code, SAMPLES[code]).data for code in sorted(codes)})
    for name, pages in PICTURES.items():
        width = len(pages) * (_PAGE[0] + _GAP) + _GAP
        sheet = Image.new("RGB", (width, _PAGE[1] + 2 * _GAP), _GREY)
        for place, (code, number) in enumerate(pages):
            page = pypdfium2.PdfDocument(printed[code])[number].render(scale=2).to_pil().convert("RGB")
            fitted = ImageOps.fit(page, _PAGE, Image.Resampling.LANCZOS)
            sheet.paste(fitted, (_GAP + place * (_PAGE[0] + _GAP), _GAP))
        # 40 colours are enough for black, red and their edges, and make a third of the file.
        sheet.quantize(40).save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))
