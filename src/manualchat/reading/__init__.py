"""Reading: PDF bytes to pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from manualchat.reading.pdf import PdfReader, read_page_image

__all__ = ["PdfReader", "read_page_image"]


def __getattr__(name: str) -> Any:
    # Lazy: the worker imports this package too, and must start fast.
    if name in __all__:
        from manualchat.reading import pdf

        return getattr(pdf, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
