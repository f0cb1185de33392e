"""What a file really is, told from its first bytes, whatever its name says."""

from __future__ import annotations

from collections.abc import Mapping

Phrase = Mapping[str, str]  # "en" and "ko"

_HEAD = 1024  # PDF viewers look for the header in this much

_MAGIC: tuple[tuple[bytes, Phrase], ...] = (
    (b"\x89PNG\r\n\x1a\n", {"en": "a PNG image", "ko": "PNG 이미지"}),
    (b"\xff\xd8\xff", {"en": "a JPEG image", "ko": "JPEG 이미지"}),
    (b"GIF8", {"en": "a GIF image", "ko": "GIF 이미지"}),
    (b"BM", {"en": "a BMP image", "ko": "BMP 이미지"}),
    (b"II*\x00", {"en": "a TIFF image", "ko": "TIFF 이미지"}),
    (b"MM\x00*", {"en": "a TIFF image", "ko": "TIFF 이미지"}),
    (b"\x1f\x8b", {"en": "a gzip archive", "ko": "gzip 압축 파일"}),
    (b"7z\xbc\xaf\x27\x1c", {"en": "a 7z archive", "ko": "7z 압축 파일"}),
    (b"Rar!", {"en": "a RAR archive", "ko": "RAR 압축 파일"}),
    (b"BZh", {"en": "a bzip2 archive", "ko": "bzip2 압축 파일"}),
    (b"\xfd7zXZ", {"en": "an xz archive", "ko": "xz 압축 파일"}),
    (b"\xd0\xcf\x11\xe0", {"en": "an HWP or old Office document", "ko": "HWP 또는 옛 Office 문서"}),
    (b"HWP Document File", {"en": "an HWP document", "ko": "HWP 문서"}),
    (b"{\\rtf", {"en": "an RTF document", "ko": "RTF 문서"}),
    (b"%!PS", {"en": "PostScript", "ko": "PostScript"}),
    (b"\x7fELF", {"en": "a program", "ko": "실행 파일"}),
    (b"MZ", {"en": "a program", "ko": "실행 파일"}),
)
_ZIP_INSIDE: tuple[tuple[bytes, Phrase], ...] = (
    (b"application/hwp+zip", {"en": "an HWPX document", "ko": "HWPX 문서"}),
    (b"word/", {"en": "a Word document", "ko": "Word 문서"}),
    (b"xl/", {"en": "an Excel workbook", "ko": "Excel 통합 문서"}),
    (b"ppt/", {"en": "a PowerPoint presentation", "ko": "PowerPoint 프레젠테이션"}),
    (b"application/epub+zip", {"en": "an EPUB book", "ko": "EPUB 전자책"}),
)
_ZIP: Phrase = {"en": "a ZIP archive", "ko": "ZIP 압축 파일"}
_HTML: Phrase = {"en": "an HTML page", "ko": "HTML 웹 페이지"}
_XML: Phrase = {"en": "XML", "ko": "XML"}
_JSON: Phrase = {"en": "JSON", "ko": "JSON"}
_TEXT: Phrase = {"en": "plain text", "ko": "일반 텍스트"}


def not_a_pdf(head: bytes) -> Phrase | None:
    """What these first bytes (4 KB are plenty) are, or None when they may be a PDF.

    Bytes that are nothing known may be a PDF without its header: the engine
    repairs those, so it gets to try.
    """
    if b"%PDF-" in head[:_HEAD]:
        return None
    for magic, phrase in _MAGIC:
        if head.startswith(magic):
            return phrase
    if head.startswith(b"PK\x03\x04"):
        return next((phrase for inside, phrase in _ZIP_INSIDE if inside in head), _ZIP)
    return _text(head)


def _text(head: bytes) -> Phrase | None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:_HEAD].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) or b"<html" in start:
        return _HTML
    if b"%pdf" in start or b" obj" in start or b"trailer" in start:
        return None
    if start.startswith(b"<?xml"):
        return _XML
    if start.startswith((b"{", b"[")) and b'"' in start:
        return _JSON
    printable = sum(byte >= 32 or byte in b"\t\r\n\f" for byte in head)
    return _TEXT if printable == len(head) else None
