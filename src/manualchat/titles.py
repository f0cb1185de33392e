"""What a manual is called: what users ask for it by, and every one of its pages is about."""

from __future__ import annotations

import re

from manualchat.model import Page

_LONGEST = 80  # characters of each part
_WORD = re.compile(r"[가-힣]{2}|[A-Za-z]{4}|\d")
_LETTER = re.compile(r"[^\W\d_]")
# What programs put into a PDF's title by themselves
_NO_TITLE = re.compile(
    r"^\s*$|^untitled|^제목 ?없음|^microsoft|\.(docx?|hwpx?|pptx?|xlsx?|indd|ai|pdf)$",
    re.IGNORECASE,
)
# Korean law has the plate of an appliance say what it is, and manuals repeat the plate.
_PLATE = re.compile(r"모\s?델|형\s?식|정격|소비\s?전력")
_PRODUCT = re.compile(
    r"[•·▪○●-]? ?(?:품 ?명|제 ?품 ?명|기기의 명칭|제품의 명칭)(?: ?[:：\t] ?| )"
    r"(?P<name>[^\t:：]{2,30}?)"
    r"(?: ?\t.*| (?:사이즈|규격|크기|모델|형식|정격|전원|용량|제조|소비).*)?"
)
_LINE = 200  # characters; the plate's lines are short, and a hostile page's may be anything
# What stands beside it where the table's labels are a row: not a name
_LABEL = re.compile(r"보증|규격|수량|단위|모델|형식|구입|고객|비고|용도|코드|번호")


def document_title(metadata: str, first: Page) -> str:
    """What a manual calls itself: its cover's headline, then its metadata's title.

    Makers seldom fill the metadata in, or put only a model code there; but the
    cover says "초음파 가습기", which no other page repeats and every user asks for.
    """
    headings = [first.text[b.start : b.end] for b in first.blocks if b.kind == "heading"]
    if first.method == "ocr":  # a logo is read as "/ ~ i ani l"
        headings = [h for h in headings if not _is_crumbs(h)]
    lines = headings or [line for line in first.text.split("\n") if len(_LETTER.findall(line)) > 3]
    cover = " ".join(" ".join(lines[:2]).split())[:_LONGEST]
    stated = "" if _NO_TITLE.search(metadata) else " ".join(metadata.split())[:_LONGEST]
    return " · ".join(dict.fromkeys(part for part in (cover, stated) if part))


def _is_crumbs(line: str) -> bool:
    """Whether most of what OCR made of a line is no word."""
    parts = line.split()
    return 2 * sum(bool(_WORD.search(part)) for part in parts) < len(parts)


def product_name(page: Page) -> str:
    """What the plate says the product is ("품명: 전기 온풍기"), if it stands on this page."""
    if not _PLATE.search(page.text):
        return ""
    for line in page.text.splitlines():
        written = re.sub(r"[^\S\t]+", " ", line[:_LINE]).strip()
        found = _PRODUCT.fullmatch(written)
        name = found["name"].strip() if found else ""
        if len(_LETTER.findall(name)) > 1 and not _LABEL.search(name):
            return name
    return ""


def with_product(title: str, product: str) -> str:
    """`title` with the product's name, where that says more."""
    if "".join(product.split()) in "".join(title.split()):
        return title
    return f"{title} · {product}" if title else product
