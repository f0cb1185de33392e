"""Text of documents, models and users for places where Streamlit reads Markdown."""

from __future__ import annotations

import re

# What could become a picture, a link, HTML, emphasis, a formula, an icon or an
# emoji. No more than that is escaped: labels are also read aloud as they are.
_SIGNS = re.compile(
    r"[\\`*\[\]<~$|@]|:(?=//)|(?<=www)\.|(?<!\w)_|_(?!\w)|:(?=[\w/+-]+:)|(?m:^)\s*(?:#+|[-+>]|\d+[.)])(?=\s)"
)


def plain(text: str) -> str:
    """The text, so that Markdown shows it letter by letter, on one line."""
    return _SIGNS.sub(lambda found: _escaped(found.group()), " ".join(text.split()))


def _escaped(sign: str) -> str:
    # "1." is escaped at its full stop, all else at its only character.
    return f"{sign[:-1]}\\{sign[-1]}" if sign[-1] in ".)" else f"\\{sign}"
