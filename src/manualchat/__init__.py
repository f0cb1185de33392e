"""manualchat: ask your manuals, get an answer with the page that proves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from manualchat.errors import ManualchatError
    from manualchat.library import Library

__all__ = ["Library", "ManualchatError", "__version__"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Lazy, so that a Lambda function which imports one module pays for one module.
    if name == "Library":
        from manualchat.library import Library

        return Library
    if name == "ManualchatError":
        from manualchat.errors import ManualchatError

        return ManualchatError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
