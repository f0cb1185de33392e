"""The chat in the browser (Streamlit)."""

from __future__ import annotations

from pathlib import Path

APP = Path(__file__).parent / "app.py"
