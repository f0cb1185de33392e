"""Makes text from a PDF or a model inert wherever Markdown or a terminal shows it.

An answer is plain text with `[n]` marks, but chat front ends render it as
Markdown. A poisoned manual could so plant an image whose address carries data
out, or a link that lies about where it leads. `defang` keeps every visible
character of such text readable and takes the life out of it: no image, no link,
no HTML element, no terminal escape, no invisible or reordering character.
"""

from __future__ import annotations

import re

_ADDRESS = re.compile(
    r"(?:(?:https?|ftp|file|data|javascript|vbscript|mailto|ws|wss|blob|s3)\s*:(?://)?|//(?=[\w.-]+\.\w)|www\.)[^\s<>\"'`“”‘’\u3000|]*[^\s<>\"'`“”‘’\u3000|.,;:!?)\]}]"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    re.IGNORECASE,
)
_REAL_ADDRESS = re.compile(
    r"(?:https?|ftp|file|wss?|s3)://|//|www\.|mailto:|javascript:|vbscript:|data:[a-z]+/|blob:|[^\s@]+@",
    re.I,
)
# Controls but tab and line end, format characters (zero-width, bidirectional, tags:
# Unicode's Cc and Cf), private use and lone surrogates.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e007f\U000f0000-\U0010ffff]"
)
_TAG = re.compile(r"<(?=[a-zA-Z/!?])")
_CODE_SPAN = re.compile(r"(`[^`\n]*`)")
_LINK = re.compile(r"!?\[([^\]\n]*)\]\(\s*<?([^\s)>]*)[^)\n]*\)")
_REMOVED_KO, _REMOVED_EN = "(링크 삭제됨)", "(link removed)"


def defang(text: str) -> str:
    """`text` with nothing live in it. Idempotent; adds white space and backticks only.

    - `![alt](url)` and `[text](url)` fall apart: `[text] (url)`; so do `[id]: url`.
    - An address becomes a code span, which no Markdown renderer links.
    - `<img …>` and other tags lose their bracket to a full-width one.
    - Control, bidirectional, zero-width and tag characters are dropped.
    """
    text = visible(text)
    text = re.sub(r"\](?=[(:\[])", "] ", text)
    text = _TAG.sub("＜", text)
    return _code_addresses(text)


def visible(text: str) -> str:
    """`text` without characters that show nothing or move others about."""
    return _HIDDEN.sub("", text)


def without_foreign_addresses(text: str, sources: str, language: str) -> str:
    """`text` without addresses that do not stand in `sources`, letter by letter.

    A generated answer has no business with an address that no manual prints.
    """
    removed = _REMOVED_KO if language == "ko" else _REMOVED_EN

    # A Markdown link's or image's own words stay; where it led goes, brackets and all.
    text = _LINK.sub(lambda m: m.group() if m.group(2) in sources else m.group(1), text)

    def keep(match: re.Match[str]) -> str:
        if not _REAL_ADDRESS.match(match.group()):
            return match.group()
        return match.group() if match.group() in sources else removed

    return _ADDRESS.sub(keep, text)


def _code_addresses(text: str) -> str:
    if not _ADDRESS.search(text):
        return text
    # A stray backtick would end our code span early: pair them up, or replace them.
    if text.count("`") % 2:
        text = text.replace("`", "ˋ")
    parts = _CODE_SPAN.split(text)
    for index in range(0, len(parts), 2):
        parts[index] = _ADDRESS.sub(_as_code, parts[index])
    return "".join(parts)


def _as_code(match: re.Match[str]) -> str:
    return f"`{match.group()}`" if _REAL_ADDRESS.match(match.group()) else match.group()
